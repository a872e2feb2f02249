//! A session as a post for an incident page or a pull request, in the Markdown that GitHub reads: one sentence
//! first, then where and when, why with its evidence, who did what, and the other deployments.
//!
//! ```
//! use stacktrail::domain::investigate::diagnosis::Diagnosis;
//! use stacktrail::domain::session::from_listing;
//! use stacktrail::report::markdown;
//!
//! let listing = r#"[
//!   {"StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0", "EventId": "0", "StackName": "shop",
//!    "LogicalResourceId": "shop", "ResourceType": "AWS::CloudFormation::Stack", "ResourceStatus": "CREATE_IN_PROGRESS",
//!    "PhysicalResourceId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0",
//!    "Timestamp": "2026-05-04T11:59:50Z"},
//!   {"StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0", "EventId": "1", "StackName": "shop",
//!    "LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue", "ResourceStatus": "CREATE_FAILED",
//!    "ResourceStatusReason": "Queue name is too long", "Timestamp": "2026-05-04T12:00:00Z"}
//! ]"#;
//! let session = from_listing::read(listing)?;
//! let now = "2026-05-04T12:20:00Z".parse()?;
//! let page = markdown::page(&session, &Diagnosis::of(&session), None, now);
//! assert!(page.starts_with("# shop"));
//! assert!(page.contains("Queue name is too long"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Foreign text stands in code wherever it can; elsewhere every sign that Markdown, HTML or a forge would
//! take for more than a sign is escaped.

pub(super) mod markup;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use self::markup::{block, code, plain};
use super::parts::{self, CausePart, FailurePart};
use crate::app::AppState;
use crate::app::layout::words::{self, lasting, moment};
use crate::domain::conclude::{outputs, verdict};
use crate::domain::deployment::attempt::Attempt;
use crate::domain::explain::cause::{Cause, MatchedLine, MatchedRecord, PolicyStatement, RefutedRecord};
use crate::domain::investigate::case_file::CaseFile;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::read::text::{CleanText, one_line};
use crate::domain::session::{Session, StackHistory};

/// So many log lines and records are shown of a failure.
const MOST: usize = 12;
/// How far what belongs to an item of a numbered list stands from the margin.
const ITEM: usize = 3;

/// A report but for what a person noted: that is not among the facts.
#[derive(Debug, Clone)]
pub struct MarkdownReport {
    /// What comes before the note.
    head: String,
    rest: String,
}

impl MarkdownReport {
    /// The report of the session that is shown, as it stands at a moment of it; none where none is.
    pub fn of_shown(app: &AppState, at: DateTime<Utc>) -> Option<Self> {
        let watched = app.shown()?;
        Some(Self::of(&watched.session, &watched.diagnosis, at))
    }

    fn of(session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Self {
        let case = CaseFile { session, diagnosis };
        let mut head = String::new();
        summary(&mut head, case);
        place(&mut head, case);
        let rest = rest(case, now);
        Self { head, rest }
    }

    /// The whole report, with what a person noted.
    pub fn with(&self, note: Option<&str>) -> CleanText {
        CleanText::of(&self.page(note))
    }

    fn page(&self, note: Option<&str>) -> String {
        let note = note.map_or_else(String::new, |note| format!("\n{}\n", plain(note)));
        format!("{}{note}{}", self.head, self.rest)
    }
}

/// The report of a session as it stands at `now`.
pub fn page(session: &Session, diagnosis: &Diagnosis, note: Option<&str>, now: DateTime<Utc>) -> String {
    MarkdownReport::of(session, diagnosis, now).page(note)
}

/// What comes behind the summary, the place and the note.
fn rest(case: CaseFile<'_>, now: DateTime<Utc>) -> String {
    let CaseFile { session, diagnosis } = case;
    let mut out = String::new();
    if let Some(said) = diagnosis.silence(session) {
        let _ = writeln!(out, "\n{said}");
    } else if session.is_incomplete() {
        let _ = writeln!(out, "\n{}", words::INCOMPLETE);
    }
    left_behind(&mut out, case);
    // What it is about comes first.
    let judged = diagnosis.headline_attempt().map(|attempt| attempt.number);
    let others = diagnosis.attempts.list().iter().rev();
    let others = others
        .map(|attempt| attempt.number)
        .filter(|number| Some(*number) != judged);
    for number in judged.into_iter().chain(others) {
        if let Some(attempt) = diagnosis.attempts.get(number) {
            failures(&mut out, attempt, case, now);
        }
    }
    actors(&mut out, diagnosis);
    attempts(&mut out, diagnosis);
    let seen = session.last_seen().unwrap_or(now);
    let _ = writeln!(
        out,
        "\nRecorded by stacktrail, last seen {}. Every time is UTC.",
        moment(seen)
    );
    out
}

/// What became of it and why, in a sentence.
fn summary(out: &mut String, case: CaseFile<'_>) {
    let CaseFile { session, diagnosis } = case;
    let root = session.root();
    let status = session.root_history().and_then(StackHistory::status);
    let Some(attempt) = diagnosis.headline_attempt() else {
        let status = status.map_or("unknown", |status| status.as_str());
        let _ = writeln!(out, "# {}: {}", plain(root.name()), plain(status));
        return;
    };
    let told = diagnosis.headline(attempt, &verdict::utc);
    let _ = write!(
        out,
        "# {name}: {}\n\n**{name}: {}.**",
        attempt.outcome.label(),
        plain(&told),
        name = plain(root.name()),
    );
    let because: Vec<String> = words::because(diagnosis, attempt)
        .iter()
        .map(|one| plain(one))
        .collect();
    if !because.is_empty() {
        let _ = write!(out, " {}.", because.join("; "));
    }
    out.push('\n');
}

/// Where it happened, and when.
fn place(out: &mut String, case: CaseFile<'_>) {
    let CaseFile { session, diagnosis } = case;
    let root = session.root();
    let status = session.root_history().and_then(StackHistory::status);
    let gone = if session.gone_since().is_some() {
        words::GONE
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "\n- Account: {}, region: {}\n- Stack: {}, {}{gone}",
        plain(root.account()),
        plain(root.region()),
        code(root.as_str()),
        code(status.map_or("unknown", |status| status.as_str())),
    );
    let Some(attempt) = diagnosis.headline_attempt() else {
        return;
    };
    let _ = writeln!(
        out,
        "- Operation: {}, {}",
        attempt.operation.label(),
        words::span(attempt)
    );
    for finding in words::roots_of(diagnosis, attempt) {
        let _ = writeln!(
            out,
            "- Failed: {} at {}",
            code(&words::path(session, &finding.failure)),
            moment(finding.failure.failed_at())
        );
    }
    if let Some(step) = diagnosis.way_out(session, attempt) {
        let _ = writeln!(out, "- Next: {}", plain(&step));
    }
}

fn attempts(out: &mut String, diagnosis: &Diagnosis) {
    out.push_str("\n## Deployments\n\n| # | operation | outcome | began (UTC) | took | failures |\n|--:|---|---|---|---|--:|\n");
    for attempt in diagnosis.attempts.list() {
        let took = attempt.took().map_or_else(|| "…".to_owned(), lasting);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {took} | {} |",
            attempt.number,
            attempt.operation.label(),
            attempt.outcome.label(),
            attempt.started_at.format("%Y-%m-%d %H:%M:%S"),
            words::roots_of(diagnosis, attempt).count(),
        );
    }
}

fn actors(out: &mut String, diagnosis: &Diagnosis) {
    if diagnosis.told_actors().next().is_none() {
        return;
    }
    out.push_str("\n## Who did what\n\n");
    for actor in diagnosis.told_actors() {
        let _ = writeln!(
            out,
            "- {}: {} (CloudTrail record {})",
            moment(actor.at),
            plain(&actor.story),
            code(&actor.event_id)
        );
    }
}

/// The outputs of the stack, each value whole: it is there to be taken.
fn left_behind(out: &mut String, case: CaseFile<'_>) {
    let told = outputs::of_session(case.session, case.diagnosis);
    if told.is_empty() {
        return;
    }
    out.push_str("\n## Outputs\n\n");
    for output in told {
        let (key, value) = (code(&output.key), &output.value);
        // A line of code would change a bar and a line's end.
        let is_line = !value.is_empty() && !value.contains(['|', '\n', '\r']);
        let _ = if is_line {
            writeln!(out, "- {key}: {}", code(value))
        } else {
            writeln!(out, "- {key}:\n\n{}\n", block(value, "text", 2))
        };
    }
}

/// What failed in a deployment, if anything did.
fn failures(out: &mut String, attempt: &Attempt, case: CaseFile<'_>, now: DateTime<Utc>) {
    let mut findings = words::roots_of(case.diagnosis, attempt).peekable();
    if findings.peek().is_none() {
        return;
    }
    let _ = writeln!(
        out,
        "\n## Deployment {}: {}, {}",
        attempt.number,
        attempt.operation.label(),
        attempt.outcome.label()
    );
    for finding in findings {
        failure(out, finding, case, now);
    }
}

fn failure(out: &mut String, finding: &Finding, case: CaseFile<'_>, now: DateTime<Utc>) {
    let CaseFile { session, diagnosis } = case;
    let failure = &finding.failure;
    let _ = writeln!(
        out,
        "\n### {} ({})\n\n{} at {}{}, {}:",
        code(&failure.event.logical_id),
        code(&failure.event.resource_type),
        code(failure.event.status.as_str()),
        moment(failure.failed_at()),
        words::during(failure),
        code(&words::path(session, failure)),
    );
    for part in parts::of_failure(finding, diagnosis, MOST) {
        match part {
            FailurePart::Reason(reason) => {
                let _ = writeln!(out, "\n{}", block(reason, "text", 0));
            }
            FailurePart::Followers { count, names } => {
                let _ = writeln!(out, "\n{count}: {}", plain(&names));
            }
            FailurePart::Causes(causes) => {
                let _ = writeln!(out, "\n#### Why");
                for one in causes {
                    cause(out, one, finding, session);
                }
            }
            FailurePart::Lines { newest, all } => lines(out, newest, all),
            FailurePart::Records { first, all } => records(out, first, all),
            FailurePart::Refuted(records) => refuted(out, records),
            FailurePart::Trail => {
                let standing = diagnosis.standing(finding, session, now);
                if let Some(said) = words::trail(session, finding, standing.trail, now) {
                    let _ = writeln!(out, "\n{said}");
                }
            }
            FailurePart::Hidden(spot) => {
                let _ = writeln!(out, "\nNot visible here: {}", plain(spot));
            }
        }
    }
}

fn cause(out: &mut String, cause: &Cause, finding: &Finding, session: &Session) {
    let _ = writeln!(
        out,
        "\n{}. **{}** (confidence: {})\n",
        cause.rank,
        plain(&cause.claim),
        cause.confidence.label()
    );
    for part in parts::of_cause(cause) {
        match part {
            CausePart::Effect(effect) => {
                let _ = writeln!(out, "   - {}", plain(effect));
            }
            CausePart::Grounds { why, evidence } => {
                for why in why {
                    let _ = writeln!(out, "   - why: {}", plain(why));
                }
                for one in evidence {
                    let said = plain(&words::evidence(one, finding, session));
                    let _ = writeln!(out, "   - evidence: {said} ({})", code(&one.to_string()));
                }
            }
            CausePart::Next(step) => {
                let _ = writeln!(out, "   - next: {}", plain(&step));
            }
            CausePart::Statement(one) => statement(out, one),
        }
    }
}

fn statement(out: &mut String, statement: &PolicyStatement) {
    let to = statement.attach_to.as_deref();
    let to = to.map_or_else(String::new, |to| format!(", for {}", code(to)));
    let json = block(&statement.json, "json", ITEM);
    let _ = writeln!(out, "\n   IAM statement{to}:\n\n{json}");
    if let Some(warning) = &statement.warning {
        let _ = writeln!(out, "\n   Careful: {}", plain(warning));
    }
}

/// What it is not, folded.
fn refuted(out: &mut String, refuted: &[RefutedRecord]) {
    let _ = writeln!(
        out,
        "\n<details><summary>What it is not: {} examined and refuted</summary>\n\n| time (UTC) | call | by | error | refuted by | record |\n|---|---|---|---|---|---|",
        words::count(refuted.len(), "record")
    );
    for one in refuted {
        let record = &one.record;
        let again = if one.count > 1 {
            format!(" ×{}", one.count)
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "| {} | {}{again} | {} | {} | {} | {} |",
            record.at.format("%Y-%m-%d %H:%M:%S"),
            plain(&record.action()),
            plain(&record.caller()),
            plain(record.error().unwrap_or_default()),
            plain(&one.why),
            code(&record.event_id)
        );
    }
    let _ = writeln!(out, "\n</details>");
}

fn lines(out: &mut String, newest: &[MatchedLine], all: usize) {
    let shown: Vec<String> = newest
        .iter()
        .map(|matched| {
            let line = &matched.line;
            format!("{}  {}", line.at.format("%H:%M:%SZ"), one_line(&line.message))
        })
        .collect();
    let count = words::shown_of(shown.len(), all);
    let _ = writeln!(
        out,
        "\n#### Log lines ({count}, UTC)\n\n{}",
        block(&shown.join("\n"), "text", 0)
    );
}

fn records(out: &mut String, first: &[MatchedRecord], all: usize) {
    let count = words::shown_of(first.len(), all);
    let _ = writeln!(
        out,
        "\n#### CloudTrail records ({count})\n\n| time (UTC) | call | by | error | confidence | record |\n|---|---|---|---|---|---|"
    );
    for matched in first {
        let record = &matched.record;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            record.at.format("%Y-%m-%d %H:%M:%S"),
            plain(&record.action()),
            plain(&record.caller()),
            plain(record.error().unwrap_or_default()),
            matched.confidence.label(),
            code(&record.event_id)
        );
    }
}
