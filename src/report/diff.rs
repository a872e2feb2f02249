//! Two attempts compared: the same failure or a new one, and what became slower.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::svg::lasting;
use crate::domain::attempt::{Attempt, Outcome};
use crate::domain::diagnosis::{Diagnosis, Finding};
use crate::domain::session::Session;
use crate::domain::stack::StackId;
use crate::domain::status::{Operation, Phase};
use crate::domain::text::one_line;

/// So much longer than before is slower, if it is this many times as long as well.
const NOTICEABLE: TimeDelta = TimeDelta::seconds(5);
/// See [`NOTICEABLE`]: three halves.
const TIMES: (i32, i32) = (3, 2);

/// How a failure of the later attempt stands to those of the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The same resource failed for another reason.
    OtherReason,
    /// It did not fail before.
    New,
    /// The same resource failed for the same reason.
    Same,
    /// It failed before and no longer does.
    Gone,
}

impl Change {
    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::OtherReason => "fails for another reason",
            Self::New => "new failure",
            Self::Same => "same failure",
            Self::Gone => "no longer fails",
        }
    }
}

/// One root failure in both attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureChange {
    /// What became of it.
    pub change: Change,
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
pub struct DurationChange {
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
pub struct Side {
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
pub struct Comparison {
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

/// Compares two attempts of a session.
pub fn compare(session: &Session, diagnosis: &Diagnosis, before: &Attempt, after: &Attempt) -> Comparison {
    let took_before = durations(session, diagnosis, before);
    let took_after = durations(session, diagnosis, after);
    let mut slower = Vec::new();
    let mut faster = Vec::new();
    for ((stack_name, logical_id, operation), after) in &took_after {
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
    let mut changes = Vec::new();
    for finding in &later {
        let known: Vec<_> = earlier
            .iter()
            .filter(|other| is_about_same(other, finding))
            .collect();
        let same = known.iter().find(|other| has_same_reason(other, finding));
        let change = match (known.is_empty(), same) {
            (true, _) => Change::New,
            (false, Some(_)) => Change::Same,
            (false, None) => Change::OtherReason,
        };
        let before = same.or_else(|| known.first()).map(|other| said(other));
        changes.push(change_of(finding, change, before, Some(said(finding))));
    }
    for finding in &earlier {
        if !later.iter().any(|other| is_about_same(other, finding)) {
            changes.push(change_of(finding, Change::Gone, Some(said(finding)), None));
        }
    }
    changes.sort_by_key(|change| change.change);
    changes
}

fn change_of(
    finding: &Finding,
    change: Change,
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

/// What is said of a failure, in one line: the likeliest cause, else the reason.
fn said(finding: &Finding) -> String {
    let cause = finding.assessment.causes.first();
    let said = cause.map(|cause| cause.claim.as_str());
    let said = said.or_else(|| finding.failure.reason());
    said.unwrap_or("no reason given").to_owned()
}

/// Nested stacks get another id with every creation: what lasts is the name without what CloudFormation
/// appends to it.
fn lasting_name(stack: &StackId) -> &str {
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

/// How long each resource was in each operation, by stack and name.
fn durations(
    session: &Session,
    diagnosis: &Diagnosis,
    attempt: &Attempt,
) -> BTreeMap<(String, String, &'static str), TimeDelta> {
    let mut durations = BTreeMap::new();
    for (stack, history) in session.stacks() {
        let mut begun: BTreeMap<(&str, &'static str), DateTime<Utc>> = BTreeMap::new();
        for seen in history.events() {
            let event = seen.event.as_ref();
            if diagnosis.attempts.number_of(event) != attempt.number {
                continue;
            }
            let key = (event.logical_id.as_str(), event.status.operation().label());
            match event.status.phase() {
                Phase::InProgress | Phase::Idle => {
                    begun.entry(key).or_insert(event.at);
                }
                Phase::Complete | Phase::Failed | Phase::Unknown => {
                    if let Some(from) = begun.get(&key) {
                        let key = (lasting_name(stack).to_owned(), key.0.to_owned(), key.1);
                        durations.insert(key, event.at - *from);
                    }
                }
            }
        }
    }
    durations
}

/// So many rows of each kind are told to people; the JSON form has all.
const MOST: usize = 10;

impl Comparison {
    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for side in [&self.before, &self.after] {
            let took = side.duration_ms.map_or_else(
                || "not ended".to_owned(),
                |ms| lasting(TimeDelta::milliseconds(ms)),
            );
            let _ = writeln!(
                out,
                "attempt {}  {}  {}  {took}",
                side.attempt,
                side.operation.label(),
                side.outcome.label()
            );
        }
        self.tell_failures(&mut out);
        for (title, changes) in [("slower", &self.slower), ("faster", &self.faster)] {
            if changes.is_empty() {
                continue;
            }
            let _ = writeln!(out, "\n{title}:");
            for change in changes.iter().take(MOST) {
                let _ = writeln!(
                    out,
                    "  {}  {} in {}",
                    format_args!(
                        "{} → {}",
                        lasting(TimeDelta::milliseconds(change.before_ms)),
                        lasting(TimeDelta::milliseconds(change.after_ms))
                    ),
                    one_line(&change.logical_id),
                    one_line(&change.stack_name)
                );
            }
            if changes.len() > MOST {
                let _ = writeln!(out, "  and {} more", changes.len() - MOST);
            }
        }
        out
    }

    fn tell_failures(&self, out: &mut String) {
        if self.failures.is_empty() {
            out.push_str("\nneither has a failure of its own\n");
        }
        for failure in &self.failures {
            let _ = writeln!(
                out,
                "\n{}: {} in {}",
                failure.change.label(),
                one_line(&failure.logical_id),
                one_line(&failure.stack_name)
            );
            match (&failure.before, &failure.after) {
                (Some(before), Some(after)) if before != after => {
                    let _ = writeln!(
                        out,
                        "  before: {}\n  now:    {}",
                        one_line(before),
                        one_line(after)
                    );
                }
                (_, Some(said)) | (Some(said), None) => {
                    let _ = writeln!(out, "  {}", one_line(said));
                }
                (None, None) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{EventExtras, StackEvent};
    use crate::domain::fact::{Fact, Recorded};
    use crate::domain::status::Status;

    fn session(events: &[(i64, &str, &str, Option<&str>)]) -> Session {
        let root = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap();
        let event =
            |(index, (at, name, status, reason)): (usize, &(i64, &str, &str, Option<&str>))| StackEvent {
                stack_id: root.clone(),
                event_id: format!("e{index}"),
                at: DateTime::from_timestamp(1_800_000_000 + at, 0).unwrap(),
                logical_id: (*name).to_owned(),
                physical_id: (*name == "shop").then(|| root.to_string()),
                resource_type: if *name == "shop" {
                    "AWS::CloudFormation::Stack"
                } else {
                    "AWS::S3::Bucket"
                }
                .to_owned(),
                status: Status::new(status),
                reason: reason.map(ToOwned::to_owned),
                operation_id: None,
                extras: EventExtras::default(),
            };
        let events = events.iter().enumerate().map(event).collect();
        Session::replay_owned(
            root.clone(),
            [Recorded {
                observed_at: DateTime::from_timestamp(1_900_000_000, 0).unwrap(),
                fact: Fact::StackEventsSeen {
                    stack_id: root.clone(),
                    events,
                },
            }],
        )
    }

    #[test]
    fn failures_and_times_are_compared() {
        let session = session(&[
            (0, "shop", "UPDATE_IN_PROGRESS", None),
            (1, "A", "UPDATE_IN_PROGRESS", None),
            (
                2,
                "A",
                "UPDATE_FAILED",
                Some("Name bucket-1f taken (Request ID: 1f2e)"),
            ),
            (1, "B", "UPDATE_IN_PROGRESS", None),
            (3, "B", "UPDATE_FAILED", Some("too large")),
            (1, "C", "UPDATE_IN_PROGRESS", None),
            (4, "C", "UPDATE_COMPLETE", None),
            (5, "shop", "UPDATE_ROLLBACK_IN_PROGRESS", None),
            (6, "shop", "UPDATE_ROLLBACK_COMPLETE", None),
            (100, "shop", "UPDATE_IN_PROGRESS", None),
            (101, "A", "UPDATE_IN_PROGRESS", None),
            (
                102,
                "A",
                "UPDATE_FAILED",
                Some("Name bucket-9a taken (Request ID: 9c8d)"),
            ),
            (101, "C", "UPDATE_IN_PROGRESS", None),
            (161, "C", "UPDATE_COMPLETE", None),
            (162, "D", "UPDATE_FAILED", Some("new")),
            (165, "shop", "UPDATE_ROLLBACK_IN_PROGRESS", None),
            (166, "shop", "UPDATE_ROLLBACK_COMPLETE", None),
        ]);
        let diagnosis = Diagnosis::of(&session);
        let [before, after] = diagnosis.attempts.list() else {
            panic!("two attempts");
        };
        let comparison = compare(&session, &diagnosis, before, after);
        let changes: Vec<_> = comparison
            .failures
            .iter()
            .map(|failure| (failure.logical_id.as_str(), failure.change))
            .collect();
        assert_eq!(
            changes,
            [("D", Change::New), ("A", Change::Same), ("B", Change::Gone)]
        );
        let slower: Vec<_> = comparison
            .slower
            .iter()
            .map(|change| (change.logical_id.as_str(), change.before_ms, change.after_ms))
            .collect();
        assert_eq!(slower, [("C", 3_000, 60_000)]);
        assert!(
            comparison.text().contains("same failure: A in shop"),
            "{}",
            comparison.text()
        );
    }
}
