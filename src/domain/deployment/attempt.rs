//! Attempts: an operation together with the rollback that it caused.
//!
//! A person says "the deployment" and means both. The cuts are made at the root stack's own events;
//! everything else, nested stacks included, falls into the attempt by its operation id or by its time.
//!
//! A change set that could not be made is an attempt, too, of the operation `create-change-set`: nothing was
//! deployed and the stack has no event of it. Where the stack was made for it and waits for review, that
//! waiting is the same attempt.

mod cut;
mod outcome;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use self::outcome::{operation_begun, outcome};
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase, Status};
use crate::domain::read::reason;
use crate::domain::session::Session;

pub use self::outcome::Outcome;

/// The status of a change set that could not be made.
pub const CHANGE_SET_FAILED: &str = "FAILED";
/// The detailed status of a stack whose operation was refused before anything was called.
const VALIDATION_FAILED: &str = "VALIDATION_FAILED";

/// Why the stack turned to rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollbackTrigger {
    /// Something failed, by the stack's own words.
    Failure,
    /// Somebody asked for it in mid-operation: `CancelUpdateStack`.
    Cancelled,
    /// Somebody asked for it after the operation had failed and was left as it was: `RollbackStack`.
    Requested,
    /// The stack does not say.
    Untold,
}

/// What cut an attempt short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutShort {
    /// When the other operation began.
    pub at: DateTime<Utc>,
    /// The other operation.
    pub by: Operation,
}

/// A resource that was taken out of its stack and left as it is: by its `DeletionPolicy`, or because somebody
/// asked for that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RetainedResource {
    /// The stack that had it.
    pub stack_id: StackId,
    /// Its name there.
    pub logical_id: String,
    /// Its name in the account.
    pub physical_id: Option<String>,
}

/// One deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its place in the session, from 1.
    pub number: u32,
    /// What was asked for.
    pub operation: Operation,
    /// When the stack said that it began; its first event that is known where that is not.
    pub started_at: DateTime<Utc>,
    /// Its first event says that it began. A listing may begin in its midst.
    pub is_begin_known: bool,
    /// When the stack settled.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Outcome,
    /// The stack's newest status within it.
    pub status: Status,
    /// When the stack was put into review by the change set that it began with.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// When the rollback began, if it did.
    pub rollback_at: Option<DateTime<Utc>>,
    /// Why it began.
    pub turn: Option<RollbackTrigger>,
    /// When a rollback that had failed was taken up again, each time.
    pub continued_at: Vec<DateTime<Utc>>,
    /// What a continued rollback left as it was, as `ContinueUpdateRollback` names it.
    pub skipped: Vec<String>,
    /// What was to be deleted and was kept (`DELETE_SKIPPED`).
    pub kept: Vec<RetainedResource>,
    /// Which operation began before this one had come to its end.
    pub cut_short: Option<CutShort>,
    /// CloudFormation refused it before anything was called (early validation).
    pub is_refused: bool,
}

/// Whether an event of such an attempt is part of putting things back. What a creation still makes after it has
/// turned back is not; a deletion takes away what it was asked to.
pub(crate) fn is_undoing(
    operation: Operation,
    rollback_at: Option<DateTime<Utc>>,
    event: &StackEvent,
) -> bool {
    let after = rollback_at.is_some_and(|at| at <= event.at);
    let forward = operation == Operation::Create && event.status.operation() == Operation::Create;
    after && operation != Operation::Delete && !forward
}

/// Whether an attempt begins with such a status of its stack. Any other is of its midst or its end.
pub(super) fn is_begin(status: &Status) -> bool {
    let begins = status.is_in_progress() && !status.is_rollback() && !status.is_cleanup();
    begins || status.phase() == Phase::Idle || status.as_str() == CHANGE_SET_FAILED
}

impl Attempt {
    /// The event is part of putting back what the attempt had done.
    pub fn is_undoing(&self, event: &StackEvent) -> bool {
        is_undoing(self.operation, self.rollback_at, event)
    }

    /// Takes in the stack's next own event.
    fn apply(&mut self, event: &StackEvent) {
        if event.status.phase() == Phase::Idle {
            self.reviewed_at.get_or_insert(event.at);
        } else if self.outcome == Outcome::NotExecuted {
            // Only the execution says what is done, and is when it begins.
            self.operation = operation_begun(&event.status);
            self.started_at = event.at;
            self.is_begin_known = is_begin(&event.status);
        }
        self.is_refused |= event.extras.detailed_status.as_deref() == Some(VALIDATION_FAILED);
        self.apply_rollback(event);
        self.status = event.status.clone();
        self.outcome = outcome(self.operation, &event.status);
        let settled = event.status.is_settled() && event.status.phase() != Phase::Idle;
        self.ended_at = settled.then_some(event.at);
    }

    fn apply_rollback(&mut self, event: &StackEvent) {
        let undoing = event.status.is_rollback()
            || (self.operation != Operation::Delete && event.status.operation() == Operation::Delete);
        if !undoing {
            return;
        }
        let again = self.outcome == Outcome::RollbackFailed && event.status.is_in_progress();
        if self.rollback_at.is_none() {
            self.rollback_at = Some(event.at);
            // Where the history begins with it, nothing is known of what was before.
            let before = (self.status != event.status).then_some(&self.status);
            self.turn = Some(turn_of(before, event));
        } else if again && !event.status.is_cleanup() {
            self.continued_at.push(event.at);
        }
    }

    /// How long it took; none where it has not ended, or its begin is not known.
    pub fn took(&self) -> Option<TimeDelta> {
        let ended = self.ended_at.filter(|_| self.is_begin_known)?;
        Some(ended - self.started_at)
    }

    /// How long it took, or takes until `now`.
    pub fn duration(&self, now: DateTime<Utc>) -> TimeDelta {
        self.ended_at.unwrap_or(now) - self.started_at
    }

    /// Somebody or something stepped in, so that its outcome does not say it all.
    pub fn has_story(&self) -> bool {
        self.cut_short.is_some() || self.is_changed_by_somebody() || self.is_refused || self.is_removal()
    }

    /// Somebody cut it short, cancelled it, or took its rollback up again.
    pub fn is_changed_by_somebody(&self) -> bool {
        let turned = matches!(
            self.turn,
            Some(RollbackTrigger::Cancelled | RollbackTrigger::Requested)
        );
        turned || self.is_cut_short_by_deletion() || !self.continued_at.is_empty()
    }

    /// A deletion began before it had come to its end.
    pub fn is_cut_short_by_deletion(&self) -> bool {
        self.cut_short.is_some_and(|cut| cut.by == Operation::Delete)
    }

    /// How often its rollback had been taken up again by then.
    pub fn continued_by(&self, at: DateTime<Utc>) -> usize {
        self.continued_at.iter().filter(|again| **again <= at).count()
    }

    /// It is a deletion that CloudFormation was asked for should the creation fail.
    pub fn is_removal(&self) -> bool {
        self.operation != Operation::Delete && self.status.operation() == Operation::Delete
    }
}

/// The attempts of a session, and which event belongs to which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempts {
    list: Vec<Attempt>,
    operations: BTreeMap<Arc<str>, usize>,
    change_sets: BTreeMap<String, usize>,
}

impl Attempts {
    /// The attempts, oldest first.
    pub fn list(&self) -> &[Attempt] {
        &self.list
    }

    /// Whether these give every event the same number.
    pub fn number_alike(&self, other: &Self) -> bool {
        // All that numbering looks at: the beginnings, and what a deletion cut short.
        let of = |attempt: &Attempt| {
            let deletes = attempt.operation == Operation::Delete;
            (
                attempt.number,
                attempt.started_at,
                deletes,
                attempt.cut_short.is_some(),
            )
        };
        let (list, others) = (self.list.iter().map(of), other.list.iter().map(of));
        self.operations == other.operations && list.eq(others)
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

    /// The events of one attempt, stack by stack: those of nested stacks are of the attempt that made them.
    pub fn events_of<'s>(
        &self,
        session: &'s Session,
        attempt: &Attempt,
    ) -> impl Iterator<Item = (&'s StackId, impl Iterator<Item = &'s StackEvent>)> {
        let number = attempt.number;
        session.stacks().map(move |(stack, history)| {
            let events = history.events().iter().map(|seen| seen.event.as_ref());
            let of_attempt = events.filter(move |event| self.number_of(event) == number);
            (stack, of_attempt)
        })
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
        let index = by_operation.unwrap_or_else(|| self.index_by_time(event));
        let index = self.before_deletion(index, event).unwrap_or(index);
        self.list.get(index).map_or(0, |attempt| attempt.number)
    }
}

impl Attempts {
    /// The place of the attempt in whose time an event lies.
    fn index_by_time(&self, event: &StackEvent) -> usize {
        let after = self
            .list
            .partition_point(|attempt| attempt.started_at <= event.at);
        after.saturating_sub(1)
    }

    /// A deletion makes and changes nothing: what is told of that in its time, or under its operation's id, is
    /// the end of what it cut short.
    fn before_deletion(&self, index: usize, event: &StackEvent) -> Option<usize> {
        let makes = matches!(
            event.status.operation(),
            Operation::Create | Operation::Update | Operation::Import
        );
        let before = index.checked_sub(1)?;
        let deletes = self.list.get(index)?.operation == Operation::Delete;
        let cut_short = self.list.get(before)?.cut_short.is_some();
        (makes && deletes && cut_short).then_some(before)
    }
}

/// Why the stack turned to rollback, by its status before and by its own words.
fn turn_of(before: Option<&Status>, event: &StackEvent) -> RollbackTrigger {
    let text = event.reason.as_deref().unwrap_or_default().trim();
    let asked_for = reason::is_request(text);
    match before {
        _ if text.is_empty() => RollbackTrigger::Untold,
        _ if !asked_for => RollbackTrigger::Failure,
        None => RollbackTrigger::Untold,
        Some(before) if before.is_failed() => RollbackTrigger::Requested,
        Some(_) => RollbackTrigger::Cancelled,
    }
}

/// A resource as `ContinueUpdateRollback` wants it named: with the nested stack's name before it.
pub fn skippable_name(session: &Session, event: &StackEvent) -> String {
    if event.stack_id == *session.root() {
        event.logical_id.clone()
    } else {
        format!("{}.{}", event.stack_id.name(), event.logical_id)
    }
}

#[cfg(test)]
mod tests;
