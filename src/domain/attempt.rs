//! Attempts: an operation together with the rollback that it caused.
//!
//! A person says "the deployment" and means both. The cuts are made at the root stack's own events;
//! everything else, nested stacks included, falls into the attempt by its operation id or by its time.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::StackEvent;
use super::reason;
use super::session::Session;
use super::status::{Operation, Phase, Status};

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
    operations: HashMap<String, usize>,
}

impl Attempts {
    /// Cuts a session into its attempts.
    pub fn of(session: &Session) -> Self {
        let mut attempts = Self::default();
        let Some(history) = session.root_history() else {
            return attempts;
        };
        let mut previous: Option<&StackEvent> = None;
        for event in history.own_events() {
            if attempts.list.is_empty() || begins_anew(previous, event) {
                attempts.begin(event);
            }
            attempts.extend(event);
            previous = Some(event);
        }
        attempts
    }

    fn begin(&mut self, event: &StackEvent) {
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
            operation: operation_begun(&event.status),
            started_at: event.at,
            ended_at: None,
            outcome: Outcome::InProgress,
            status: event.status.clone(),
            rollback_at: None,
        });
    }

    fn extend(&mut self, event: &StackEvent) {
        let index = self.list.len().saturating_sub(1);
        let Some(attempt) = self.list.last_mut() else {
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

    /// The newest attempt.
    pub fn last(&self) -> Option<&Attempt> {
        self.list.last()
    }

    /// The attempt of that number.
    pub fn get(&self, number: u32) -> Option<&Attempt> {
        self.list.iter().find(|attempt| attempt.number == number)
    }

    /// The number of the attempt that an event belongs to; 0 when no attempt is known.
    pub fn number_of(&self, event: &StackEvent) -> u32 {
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
