//! What a report says of a failure and of a cause, and in which order: put together once for every form. How it is
//! written is the form's own; a part that is new asks each of them for its words.

use crate::app::layout::words;
use crate::domain::explain::cause::{
    Cause, EvidenceId, MatchedLine, MatchedRecord, PolicyStatement, RefutedRecord,
};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;

/// One thing that is said of a failure, below its name.
pub(super) enum FailurePart<'a> {
    /// The reason, or that none is given.
    Reason(&'a str),
    /// How many others failed only because of it, and their names.
    Followers { count: String, names: String },
    /// Why it failed, the likeliest cause first.
    Causes(&'a [Cause]),
    /// The newest log lines, of so many.
    Lines { newest: &'a [MatchedLine], all: usize },
    /// The first of the trail's records, of so many.
    Records { first: &'a [MatchedRecord], all: usize },
    /// Records that tempt and were refuted.
    Refuted(&'a [RefutedRecord]),
    /// How the search of the trail stands.
    Trail,
    /// What the trail cannot show here.
    Hidden(&'a str),
}

/// What is said of a failure, with at most so many lines and records.
pub(super) fn of_failure<'a>(
    finding: &'a Finding,
    diagnosis: &Diagnosis,
    most: usize,
) -> Vec<FailurePart<'a>> {
    let assessment = &finding.assessment;
    let mut parts = vec![FailurePart::Reason(words::reason(&finding.failure))];
    let followers = words::followers(finding, diagnosis);
    parts.extend(followers.map(|(count, names)| FailurePart::Followers { count, names }));
    if !assessment.causes.is_empty() {
        parts.push(FailurePart::Causes(&assessment.causes));
    }
    let all = assessment.lines.len();
    if let Some(newest) = assessment.lines.get(all.saturating_sub(most)..)
        && all > 0
    {
        parts.push(FailurePart::Lines { newest, all });
    }
    let all = assessment.records.len();
    if let Some(first) = assessment.records.get(..all.min(most))
        && all > 0
    {
        parts.push(FailurePart::Records { first, all });
    }
    if !assessment.refuted.is_empty() {
        parts.push(FailurePart::Refuted(&assessment.refuted));
    }
    parts.push(FailurePart::Trail);
    parts.extend(
        assessment
            .blind_spots
            .iter()
            .map(|spot| FailurePart::Hidden(spot)),
    );
    parts
}

/// One thing that is said of a cause, below its claim.
pub(super) enum CausePart<'a> {
    /// What it led to.
    Effect(&'a str),
    /// Why it is believed, and what that rests on.
    Grounds {
        why: &'a [String],
        evidence: &'a [EvidenceId],
    },
    /// What to do.
    Next(String),
    /// The IAM statement that would allow what was denied.
    Statement(&'a PolicyStatement),
}

/// What is said of a cause.
pub(super) fn of_cause(cause: &Cause) -> impl Iterator<Item = CausePart<'_>> {
    let effect = cause.effect.as_deref().map(CausePart::Effect);
    let (why, evidence) = (cause.why.as_slice(), cause.evidence.as_slice());
    let has_grounds = !why.is_empty() || !evidence.is_empty();
    let grounds = has_grounds.then_some(CausePart::Grounds { why, evidence });
    let next = cause.next_step.as_ref().map(|step| CausePart::Next(step.text()));
    let statement = cause.statement.as_ref().map(CausePart::Statement);
    effect.into_iter().chain(grounds).chain(next).chain(statement)
}
