//! Two attempts compared: the same failure or a new one, and what became slower.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase};
use crate::domain::session::Session;

/// So much longer than before is slower, if it is this many times as long as well.
const NOTICEABLE: TimeDelta = TimeDelta::seconds(5);
/// See [`NOTICEABLE`]: three halves.
const TIMES: (i32, i32) = (3, 2);

/// How a failure of the later attempt stands to those of the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Recurrence {
    /// The same resource failed for another reason.
    OtherReason,
    /// It did not fail before.
    New,
    /// The same resource failed for the same reason.
    Same,
    /// It failed before and no longer does.
    Gone,
    /// It failed in one of two operations that do not do the same, so nothing became better or worse.
    Apart,
}

impl Recurrence {
    /// The words shown to people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::OtherReason => "fails for another reason",
            Self::New => "new failure",
            Self::Same => "same failure",
            Self::Gone => "no longer fails",
            Self::Apart => "failed in one of them",
        }
    }
}

/// One root failure in both attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FailureChange {
    /// What became of it.
    pub change: Recurrence,
    /// The stack's name.
    pub stack_name: String,
    /// The resource.
    pub logical_id: String,
    /// The reason in the earlier attempt.
    pub before: Option<String>,
    /// The reason in the later attempt.
    pub after: Option<String>,
}

/// How long one resource took in both attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DurationChange {
    /// The stack's name.
    pub stack_name: String,
    /// The resource; the stack's own name for the stack.
    pub logical_id: String,
    /// Milliseconds in the earlier attempt.
    pub before_ms: i64,
    /// Milliseconds in the later attempt.
    pub after_ms: i64,
}

/// An attempt as a comparison names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Side {
    /// Its number.
    pub attempt: u32,
    /// What was asked for.
    pub operation: Operation,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i64>,
}

/// Two attempts compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Comparison {
    /// The earlier one.
    pub before: Side,
    /// The later one.
    pub after: Side,
    /// The root failures, what is worse first.
    pub failures: Vec<FailureChange>,
    /// What became slower, most first.
    pub slower: Vec<DurationChange>,
    /// What became faster, most first.
    pub faster: Vec<DurationChange>,
}

/// What an attempt is compared with: the last one before it that did the same; else the one before.
pub(crate) fn before<'a>(list: &'a [Attempt], after: &Attempt) -> Option<&'a Attempt> {
    let earlier = || list.iter().rev().filter(|one| one.number < after.number);
    let alike = earlier().find(|one| one.operation == after.operation);
    alike.or_else(|| earlier().next())
}

/// Compares two attempts of a session.
pub(crate) fn compare(
    session: &Session,
    diagnosis: &Diagnosis,
    before: &Attempt,
    after: &Attempt,
) -> Comparison {
    let took = |attempt: &Attempt| -> BTreeMap<ResourceChangeKey, TimeDelta> {
        let lasted = durations(session, diagnosis, attempt).into_iter();
        lasted.map(|(doing, lasted)| (doing, lasted.took)).collect()
    };
    let (took_before, took_after) = (took(before), took(after));
    let mut slower = Vec::new();
    let mut faster = Vec::new();
    for ((stack_name, logical_id, operation), after) in &took_after {
        // How long it took to put something back says nothing of what was asked for.
        if *operation == Operation::Rollback.label() {
            continue;
        }
        let key = (stack_name.clone(), logical_id.clone(), *operation);
        let Some(before) = took_before.get(&key) else {
            continue;
        };
        let change = DurationChange {
            stack_name: stack_name.clone(),
            logical_id: logical_id.clone(),
            before_ms: before.num_milliseconds(),
            after_ms: after.num_milliseconds(),
        };
        if is_longer(*before, *after) {
            slower.push(change);
        } else if is_longer(*after, *before) {
            faster.push(change);
        }
    }
    let weight = |change: &DurationChange| std::cmp::Reverse((change.after_ms - change.before_ms).abs());
    slower.sort_by_key(weight);
    faster.sort_by_key(weight);
    Comparison {
        before: side(before),
        after: side(after),
        failures: failures(diagnosis, before, after),
        slower,
        faster,
    }
}

fn side(attempt: &Attempt) -> Side {
    Side {
        attempt: attempt.number,
        operation: attempt.operation,
        outcome: attempt.outcome,
        duration_ms: attempt
            .ended_at
            .map(|ended| (ended - attempt.started_at).num_milliseconds()),
    }
}

/// One brings resources and the other takes them away: what fails in one is not asked of the other.
fn are_apart(before: Operation, after: Operation) -> bool {
    (before == Operation::Delete) != (after == Operation::Delete)
}

impl Comparison {
    /// That the two did different things, if they did.
    pub(crate) fn apart(&self) -> Option<String> {
        let (before, after) = (self.before.operation, self.after.operation);
        are_apart(before, after).then(|| {
            format!(
                "different operations, {} and {}: what fails in one is not asked of the other",
                before.label(),
                after.label()
            )
        })
    }
}

fn is_longer(before: TimeDelta, after: TimeDelta) -> bool {
    after - before >= NOTICEABLE && after * TIMES.1 >= before * TIMES.0
}

fn failures(diagnosis: &Diagnosis, before: &Attempt, after: &Attempt) -> Vec<FailureChange> {
    let of = |attempt: &Attempt| -> Vec<&Finding> {
        let number = attempt.number;
        diagnosis
            .roots()
            .filter(|finding| finding.failure.attempt == number)
            .collect()
    };
    let (earlier, later) = (of(before), of(after));
    let apart = are_apart(before.operation, after.operation);
    let mut changes = Vec::new();
    for finding in &later {
        let known: Vec<_> = earlier
            .iter()
            .filter(|other| is_about_same(other, finding))
            .collect();
        let same = known.iter().find(|other| has_same_reason(other, finding));
        let change = match (known.is_empty(), same) {
            (true, _) if apart => Recurrence::Apart,
            (true, _) => Recurrence::New,
            (false, Some(_)) => Recurrence::Same,
            (false, None) => Recurrence::OtherReason,
        };
        let before = same
            .or_else(|| known.first())
            .map(|other| other.said().to_owned());
        changes.push(change_of(
            finding,
            change,
            before,
            Some(finding.said().to_owned()),
        ));
    }
    for finding in &earlier {
        if !later.iter().any(|other| is_about_same(other, finding)) {
            let change = if apart {
                Recurrence::Apart
            } else {
                Recurrence::Gone
            };
            changes.push(change_of(finding, change, Some(finding.said().to_owned()), None));
        }
    }
    changes.sort_by_key(|change| change.change);
    changes
}

fn change_of(
    finding: &Finding,
    change: Recurrence,
    before: Option<String>,
    after: Option<String>,
) -> FailureChange {
    FailureChange {
        change,
        stack_name: finding.failure.key.stack_id.name().to_owned(),
        logical_id: finding.failure.event.logical_id.clone(),
        before,
        after,
    }
}

/// Nested stacks get another id with every creation: what lasts is the name without what CloudFormation
/// appends to it.
pub(crate) fn lasting_name(stack: &StackId) -> &str {
    let name = stack.name();
    match name.rsplit_once('-') {
        Some((stem, end))
            if (10..=14).contains(&end.len())
                && end.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) =>
        {
            stem
        }
        _ => name,
    }
}

fn is_about_same(a: &Finding, b: &Finding) -> bool {
    let (a, b) = (&a.failure, &b.failure);
    a.event.logical_id == b.event.logical_id
        && lasting_name(&a.key.stack_id) == lasting_name(&b.key.stack_id)
        && a.during == b.during
}

/// The same, but for what is different every time: ids, times, names with random ends.
fn has_same_reason(a: &Finding, b: &Finding) -> bool {
    let (first, second) = (&a.failure.facts, &b.failure.facts);
    let told_apart = (
        &first.error_code,
        &first.denied_action,
        first.category,
        first.status_code,
    ) != (
        &second.error_code,
        &second.denied_action,
        second.category,
        second.status_code,
    );
    let reasons = [a, b].map(|finding| general(finding.failure.reason().unwrap_or_default()));
    let coded = first.error_code.is_some() || first.denied_action.is_some();
    let [first, second] = reasons;
    !told_apart && (coded || first == second)
}

/// A reason without every word that holds a digit.
fn general(reason: &str) -> String {
    let words = reason.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    let lasting = words.filter(|word| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit()));
    lasting.collect::<Vec<_>>().join(" ")
}

/// Names what one attempt did to a resource so that another attempt's can be found: the stack's lasting name,
/// the resource's name, the operation.
pub(crate) type ResourceChangeKey = (String, String, &'static str);

/// How long each resource usually is in each operation: the median over the attempts before this one, of the
/// times that it went well. How soon it fails says nothing of how long it takes.
pub(crate) fn usual(
    session: &Session,
    diagnosis: &Diagnosis,
    attempt: &Attempt,
) -> BTreeMap<ResourceChangeKey, Usual> {
    let mut all: BTreeMap<ResourceChangeKey, Vec<TimeDelta>> = BTreeMap::new();
    let before = diagnosis.attempts.list().iter();
    for earlier in before.filter(|earlier| earlier.number < attempt.number) {
        let lasted = durations(session, diagnosis, earlier).into_iter();
        for (doing, lasted) in lasted.filter(|(_, lasted)| lasted.went_well) {
            all.entry(doing).or_default().push(lasted.took);
        }
    }
    all.into_iter()
        .filter_map(|(doing, mut times)| {
            times.sort_unstable();
            let took = *times.get(times.len() / 2)?;
            let attempts = times.len();
            Some((doing, Usual { took, attempts }))
        })
        .collect()
}

/// How long something usually takes, and from how many attempts that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// The median.
    pub took: TimeDelta,
    /// So many attempts did it.
    pub attempts: usize,
}

/// How long something took, and whether it went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lasted {
    took: TimeDelta,
    went_well: bool,
}

/// How long each resource was in each operation, by stack and name.
fn durations(
    session: &Session,
    diagnosis: &Diagnosis,
    attempt: &Attempt,
) -> BTreeMap<ResourceChangeKey, Lasted> {
    let mut durations = BTreeMap::new();
    for (stack, events) in diagnosis.attempts.events_of(session, attempt) {
        let mut begun: BTreeMap<(&str, &'static str), DateTime<Utc>> = BTreeMap::new();
        for event in events {
            let operation = if attempt.is_undoing(event) {
                Operation::Rollback
            } else {
                event.status.operation()
            };
            let key = (event.logical_id.as_str(), operation.label());
            match event.status.phase() {
                Phase::InProgress | Phase::Idle => {
                    begun.entry(key).or_insert(event.at);
                }
                Phase::Complete | Phase::Failed | Phase::Unknown => {
                    if let Some(from) = begun.get(&key) {
                        let key = (lasting_name(stack).to_owned(), key.0.to_owned(), key.1);
                        let lasted = Lasted {
                            took: event.at - *from,
                            went_well: event.status.phase() == Phase::Complete,
                        };
                        durations.insert(key, lasted);
                    }
                }
            }
        }
    }
    durations
}

#[cfg(test)]
mod tests;
