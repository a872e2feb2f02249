//! Attempts: an operation together with the rollback that it caused.
//!
//! A person says "the deployment" and means both. The cuts are made at the root stack's own events;
//! everything else, nested stacks included, falls into the attempt by its operation id or by its time.
//!
//! A change set that could not be made is an attempt, too, of the operation `create-change-set`: nothing was
//! deployed and the stack has no event of it. Where the stack was made for it and waits for review, that
//! waiting is the same attempt.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::event::StackEvent;
use super::reason;
use super::session::Session;
use super::status::{Operation, Phase, Status};

/// The status of a change set that could not be made.
pub const CHANGE_SET_FAILED: &str = "FAILED";
/// How far the time of a change set and of the review that it began may be apart.
const REVIEW_SLACK: TimeDelta = TimeDelta::seconds(30);

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has not ended.
    InProgress,
    /// It did what was asked.
    Succeeded,
    /// It failed and was left as it is.
    Failed,
    /// It failed and was put back (or, for a creation with on-failure DELETE, removed).
    RolledBack,
    /// It failed and could not be put back.
    RollbackFailed,
    /// Another operation began before its end was seen.
    Interrupted,
}

impl Outcome {
    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::InProgress => "in progress",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// It ended, and not as wanted.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::RolledBack | Self::RollbackFailed)
    }
}

/// One deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its place in the session, from 1.
    pub number: u32,
    /// What was asked for.
    pub operation: Operation,
    /// When the stack said that it began.
    pub started_at: DateTime<Utc>,
    /// When the stack settled.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Outcome,
    /// The stack's newest status within it.
    pub status: Status,
    /// When the rollback began, if it did.
    pub rollback_at: Option<DateTime<Utc>>,
}

/// The attempts of a session, and which event belongs to which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempts {
    list: Vec<Attempt>,
    operations: BTreeMap<Arc<str>, usize>,
    change_sets: BTreeMap<String, usize>,
}

/// A change set that could not be made.
struct FailedChangeSet {
    asked_at: DateTime<Utc>,
    failed_at: DateTime<Utc>,
    id: String,
}

impl FailedChangeSet {
    /// Asked for before an event of the stack. A stack that is made for a change set waits for review from
    /// the same moment, which the two tell a little differently.
    fn is_before(&self, event: &StackEvent) -> bool {
        let slack = match event.status.phase() {
            Phase::Idle => REVIEW_SLACK,
            _ => TimeDelta::zero(),
        };
        self.asked_at
            .checked_add_signed(slack)
            .is_some_and(|asked_at| asked_at < event.at)
    }
}

impl Attempts {
    /// Cuts a session into its attempts.
    pub fn of(session: &Session) -> Self {
        let mut attempts = Self::default();
        let Some(history) = session.root_history() else {
            return attempts;
        };
        let mut failed: VecDeque<FailedChangeSet> = failed_change_sets(session).into();
        let mut previous: Option<&StackEvent> = None;
        for event in history.own_events() {
            while let Some(change_set) = failed.pop_front_if(|one| one.is_before(event)) {
                // Older than everything that is known of the stack: no part of this story.
                if previous.is_some() {
                    attempts.take_change_set(change_set);
                }
            }
            if attempts.list.is_empty()
                || begins_anew(previous, event)
                || attempts.is_begun_after_change_set(event)
            {
                attempts.begin(event);
            }
            attempts.extend(event);
            previous = Some(event);
        }
        for change_set in failed {
            attempts.take_change_set(change_set);
        }
        attempts
    }

    /// A change set that could not be made. It ends the review that the stack was made for; any other is an
    /// attempt of its own.
    fn take_change_set(&mut self, failed: FailedChangeSet) {
        let status = Status::new(CHANGE_SET_FAILED);
        let reviewing = self
            .list
            .last()
            .is_some_and(|last| last.status.phase() == Phase::Idle);
        if !reviewing {
            self.begin_with(Operation::CreateChangeSet, failed.asked_at, &status);
        }
        let index = self.list.len().saturating_sub(1);
        if let Some(attempt) = self.list.last_mut() {
            attempt.operation = Operation::CreateChangeSet;
            attempt.status = status;
            attempt.outcome = Outcome::Failed;
            attempt.ended_at = Some(failed.failed_at.max(attempt.started_at));
        }
        self.change_sets.insert(failed.id, index);
    }

    /// After a change set that failed, whatever the stack begins is another attempt.
    fn is_begun_after_change_set(&self, event: &StackEvent) -> bool {
        let after = self
            .list
            .last()
            .is_some_and(|last| last.operation == Operation::CreateChangeSet);
        let begins =
            event.status.is_in_progress() && !event.status.is_rollback() && !event.status.is_cleanup();
        after && begins
    }

    fn begin(&mut self, event: &StackEvent) {
        self.begin_with(operation_begun(&event.status), event.at, &event.status);
    }

    fn begin_with(&mut self, operation: Operation, started_at: DateTime<Utc>, status: &Status) {
        if let Some(last) = self.list.last_mut()
            && last.outcome == Outcome::InProgress
        {
            last.outcome = Outcome::Interrupted;
        }
        let number = u32::try_from(self.list.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        self.list.push(Attempt {
            number,
            operation,
            started_at,
            ended_at: None,
            outcome: Outcome::InProgress,
            status: status.clone(),
            rollback_at: None,
        });
    }

    fn extend(&mut self, event: &StackEvent) {
        // A change set that failed has come to its end: what is left to say is about the operation before it.
        let open = |attempt: &Attempt| attempt.operation != Operation::CreateChangeSet;
        let Some(index) = self.list.iter().rposition(open) else {
            return;
        };
        let Some(attempt) = self.list.get_mut(index) else {
            return;
        };
        if let Some(operation) = &event.operation_id {
            self.operations.entry(operation.clone()).or_insert(index);
        }
        attempt.status = event.status.clone();
        let undoing = event.status.is_rollback()
            || (attempt.operation != Operation::Delete && event.status.operation() == Operation::Delete);
        if undoing && attempt.rollback_at.is_none() {
            attempt.rollback_at = Some(event.at);
        }
        attempt.outcome = outcome(attempt.operation, &event.status);
        let settled = event.status.is_settled() && event.status.phase() != Phase::Idle;
        attempt.ended_at = settled.then_some(event.at);
    }

    /// The attempts, oldest first.
    pub fn list(&self) -> &[Attempt] {
        &self.list
    }

    /// Whether these give every event the same number.
    pub fn number_alike(&self, other: &Self) -> bool {
        let starts = |attempts: &Self| -> Vec<_> {
            let list = attempts.list.iter();
            list.map(|attempt| (attempt.number, attempt.started_at)).collect()
        };
        self.operations == other.operations && starts(self) == starts(other)
    }

    /// The newest attempt.
    pub fn last(&self) -> Option<&Attempt> {
        self.list.last()
    }

    /// The attempt of that number.
    pub fn get(&self, number: u32) -> Option<&Attempt> {
        self.list.iter().find(|attempt| attempt.number == number)
    }

    /// The number of the attempt that a failed change set is; none for one that is no part of this story.
    pub fn number_of_change_set(&self, id: &str) -> Option<u32> {
        let index = self.change_sets.get(id)?;
        self.list.get(*index).map(|attempt| attempt.number)
    }

    /// The number of the attempt that an event belongs to; 0 when no attempt is known.
    pub fn number_of(&self, event: &StackEvent) -> u32 {
        if let [only] = self.list.as_slice() {
            return only.number;
        }
        let by_operation = event
            .operation_id
            .as_ref()
            .and_then(|id| self.operations.get(id).copied());
        let by_time = || {
            let after = self
                .list
                .partition_point(|attempt| attempt.started_at <= event.at);
            after.saturating_sub(1)
        };
        let index = by_operation.unwrap_or_else(by_time);
        self.list.get(index).map_or(0, |attempt| attempt.number)
    }
}

/// The root stack's change sets that could not be made, oldest first.
fn failed_change_sets(session: &Session) -> Vec<FailedChangeSet> {
    let book = session.validation();
    let mut failed: Vec<_> = book
        .change_sets()
        .filter(|one| one.stack_id == *session.root() && one.has_failed())
        .map(|one| FailedChangeSet {
            asked_at: one.created_at,
            failed_at: book.failed_at(one),
            id: one.id.clone(),
        })
        .collect();
    failed.sort_by(|a, b| (a.asked_at, &a.id).cmp(&(b.asked_at, &b.id)));
    failed
}

/// Whether this own event of the stack begins another attempt.
fn begins_anew(previous: Option<&StackEvent>, event: &StackEvent) -> bool {
    let Some(previous) = previous else { return true };
    let status = &event.status;
    if status.is_rollback() || status.is_cleanup() {
        return false;
    }
    match status.phase() {
        Phase::Idle => previous.status.phase() != Phase::Idle,
        Phase::InProgress => {
            let after_review =
                previous.status.phase() == Phase::Idle && status.operation() != Operation::Delete;
            let told_apart = match (&previous.operation_id, &event.operation_id) {
                (Some(before), Some(now)) => before != now,
                _ => false,
            };
            let repeated = previous.status == *status && !told_apart;
            let deleted_on_failure =
                status.operation() == Operation::Delete && removes_failed_creation(previous, event);
            !(after_review || repeated || deleted_on_failure)
        }
        Phase::Complete | Phase::Failed | Phase::Unknown => false,
    }
}

/// On-failure DELETE: the stack goes straight from creating to deleting, and says which resources failed.
fn removes_failed_creation(previous: &StackEvent, event: &StackEvent) -> bool {
    let creating = previous.status.operation() == Operation::Create
        && (previous.status.is_in_progress() || previous.status.is_failed());
    creating
        && event.reason.as_deref().is_some_and(|text| {
            reason::cascade(text, Some(&event.resource_type), Some(event.status.as_str())).is_some()
        })
}

fn operation_begun(status: &Status) -> Operation {
    match status.operation() {
        Operation::Rollback if status.as_str().starts_with("UPDATE_") => Operation::Update,
        Operation::Rollback if status.as_str().starts_with("IMPORT_") => Operation::Import,
        Operation::Rollback => Operation::Create,
        other => other,
    }
}

fn outcome(operation: Operation, status: &Status) -> Outcome {
    if status.is_cleanup() {
        return if status.is_rollback() {
            Outcome::RolledBack
        } else {
            Outcome::Succeeded
        };
    }
    match (status.phase(), status.is_rollback()) {
        (Phase::Idle | Phase::InProgress | Phase::Unknown, _) => Outcome::InProgress,
        (Phase::Complete, true) => Outcome::RolledBack,
        (Phase::Failed, true) => Outcome::RollbackFailed,
        (Phase::Complete, false)
            if status.operation() == Operation::Delete && operation != Operation::Delete =>
        {
            Outcome::RolledBack
        }
        (Phase::Complete, false) => Outcome::Succeeded,
        (Phase::Failed, false) => Outcome::Failed,
    }
}
