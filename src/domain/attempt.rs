//! Attempts: an operation together with the rollback that it caused.
//!
//! A person says "the deployment" and means both. The cuts are made at the root stack's own events;
//! everything else, nested stacks included, falls into the attempt by its operation id or by its time.
//!
//! A change set that could not be made is an attempt, too, of the operation `create-change-set`: nothing was
//! deployed and the stack has no event of it. Where the stack was made for it and waits for review, that
//! waiting is the same attempt.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::event::StackEvent;
use super::reason;
use super::session::{Session, StackHistory};
use super::status::{Operation, Phase, Status};

/// The status of a change set that could not be made.
pub const CHANGE_SET_FAILED: &str = "FAILED";
/// The detailed status of a stack whose operation was refused before anything was called.
const VALIDATION_FAILED: &str = "VALIDATION_FAILED";
/// How far the time of a change set and of the review that it began may be apart.
const REVIEW_SLACK: TimeDelta = TimeDelta::seconds(30);

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The change set that it would begin with has not been executed: nothing was deployed.
    NotExecuted,
    /// It has not ended, and nothing has failed.
    InProgress,
    /// It has not ended, and something has failed already.
    Failing,
    /// It failed or was cancelled, and is being put back.
    RollingBack,
    /// It did what was asked.
    Succeeded,
    /// It failed and was left as it is.
    Failed,
    /// It failed and was put back (or, for a creation with on-failure DELETE, removed).
    RolledBack,
    /// It failed and could not be put back.
    RollbackFailed,
    /// Another operation cut it short, or began before its end was seen.
    Interrupted,
}

impl Outcome {
    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotExecuted => "not executed",
            Self::InProgress => "in progress",
            Self::Failing => "failing",
            Self::RollingBack => "rolling back",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// It did not do what was asked, or is known not to: whether it has ended or not.
    pub fn is_failure(self) -> bool {
        match self {
            Self::Failing
            | Self::RollingBack
            | Self::Failed
            | Self::RolledBack
            | Self::RollbackFailed
            | Self::Interrupted => true,
            Self::NotExecuted | Self::InProgress | Self::Succeeded => false,
        }
    }

    /// What a stack's status alone says of its last operation.
    pub fn of_status(status: &Status) -> Self {
        outcome(operation_begun(status), status)
    }

    /// It has not ended.
    pub fn is_moving(self) -> bool {
        matches!(self, Self::InProgress | Self::Failing | Self::RollingBack)
    }
}

/// Why the stack turned to rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
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
    /// When the stack was put into review by the change set that it began with.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// When the rollback began, if it did.
    pub rollback_at: Option<DateTime<Utc>>,
    /// Why it began.
    pub turn: Option<Turn>,
    /// When a rollback that had failed was taken up again, each time.
    pub continued_at: Vec<DateTime<Utc>>,
    /// What a continued rollback left as it was, as `ContinueUpdateRollback` names it.
    pub skipped: Vec<String>,
    /// Which operation began before this one had come to its end.
    pub cut_short: Option<CutShort>,
    /// CloudFormation refused it before anything was called (early validation).
    pub is_refused: bool,
}

impl Attempt {
    /// Takes in the stack's next own event.
    fn take(&mut self, event: &StackEvent) {
        if event.status.phase() == Phase::Idle {
            self.reviewed_at.get_or_insert(event.at);
        } else if self.outcome == Outcome::NotExecuted {
            // Only the execution says what is done, and is when it begins.
            self.operation = operation_begun(&event.status);
            self.started_at = event.at;
        }
        self.is_refused |= event.extras.detailed_status.as_deref() == Some(VALIDATION_FAILED);
        self.take_rollback(event);
        self.status = event.status.clone();
        self.outcome = outcome(self.operation, &event.status);
        let settled = event.status.is_settled() && event.status.phase() != Phase::Idle;
        self.ended_at = settled.then_some(event.at);
    }

    fn take_rollback(&mut self, event: &StackEvent) {
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

    /// How long it took, or takes until `now`.
    pub fn duration(&self, now: DateTime<Utc>) -> TimeDelta {
        self.ended_at.unwrap_or(now) - self.started_at
    }

    /// Somebody or something stepped in, so that its outcome does not say it all.
    pub fn has_story(&self) -> bool {
        self.cut_short.is_some()
            || !self.continued_at.is_empty()
            || matches!(self.turn, Some(Turn::Cancelled | Turn::Requested))
            || self.is_refused
            || self.is_removal()
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
        attempts.take_failures(session);
        attempts.take_skipped(session);
        attempts
    }

    /// An operation that goes on although something in it has failed for good cannot succeed any more.
    fn take_failures(&mut self, session: &Session) {
        let Some(last) = self.list.last() else { return };
        if last.outcome != Outcome::InProgress {
            return;
        }
        let (number, operation) = (last.number, last.operation);
        let failing = session.stacks().any(|(_, history)| {
            let failed = history.telling_events().filter(|event| event.status.is_failed());
            failed
                .filter(|event| self.number_of(event) == number && is_part_of(operation, event))
                .any(|event| is_last_word(history, event))
        });
        if let Some(last) = self.list.last_mut().filter(|_| failing) {
            last.outcome = Outcome::Failing;
        }
    }

    /// What continued rollbacks left as it was.
    fn take_skipped(&mut self, session: &Session) {
        let continued = |attempt: &Attempt| !attempt.continued_at.is_empty();
        if !self.list.iter().any(continued) {
            return;
        }
        let mut skipped: BTreeSet<(u32, String)> = BTreeSet::new();
        for (_, history) in session.stacks() {
            for failed in history.telling_events().filter(|event| event.status.is_failed()) {
                let story = history.story(&failed.logical_id);
                let left = story.filter(|event| event.reason.as_deref().is_some_and(tells_skipped));
                skipped.extend(left.map(|event| (self.number_of(event), skippable_name(session, event))));
            }
        }
        for attempt in self.list.iter_mut().filter(|attempt| continued(attempt)) {
            let own = skipped.iter().filter(|(number, _)| *number == attempt.number);
            attempt.skipped = own.map(|(_, name)| name.clone()).collect();
        }
    }

    /// A change set that could not be made. It ends the review that the stack was made for; any other is an
    /// attempt of its own.
    fn take_change_set(&mut self, failed: FailedChangeSet) {
        let status = Status::new(CHANGE_SET_FAILED);
        let reviewing = self
            .list
            .last()
            .is_some_and(|last| last.outcome == Outcome::NotExecuted);
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
            && last.outcome.is_moving()
        {
            last.outcome = Outcome::Interrupted;
            last.ended_at = Some(started_at);
            last.cut_short = Some(CutShort {
                at: started_at,
                by: operation,
            });
        } else if let Some(last) = self.list.last_mut()
            && last.outcome == Outcome::NotExecuted
        {
            last.ended_at = Some(started_at);
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
            reviewed_at: None,
            rollback_at: None,
            turn: None,
            continued_at: Vec::new(),
            skipped: Vec::new(),
            cut_short: None,
            is_refused: false,
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
        attempt.take(event);
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
        let index = by_operation.unwrap_or_else(|| self.index_by_time(event));
        self.list.get(index).map_or(0, |attempt| attempt.number)
    }
}

impl Attempts {
    /// The place of the attempt in whose time an event lies. A deletion makes and changes nothing: what is
    /// told of that in its time is the end of what it cut short.
    fn index_by_time(&self, event: &StackEvent) -> usize {
        let after = self
            .list
            .partition_point(|attempt| attempt.started_at <= event.at);
        let index = after.saturating_sub(1);
        let makes = matches!(
            event.status.operation(),
            Operation::Create | Operation::Update | Operation::Import
        );
        let cut_short = |index: usize| self.list.get(index).is_some_and(|one| one.cut_short.is_some());
        let deletes = |index: usize| {
            let attempt = self.list.get(index);
            attempt.is_some_and(|attempt| attempt.operation == Operation::Delete)
        };
        match index.checked_sub(1) {
            Some(before) if makes && deletes(index) && cut_short(before) => before,
            _ => index,
        }
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

/// Why the stack turned to rollback, by its status before and by its own words.
fn turn_of(before: Option<&Status>, event: &StackEvent) -> Turn {
    let text = event.reason.as_deref().unwrap_or_default().trim();
    let asked_for = reason::is_request(text);
    match before {
        _ if text.is_empty() => Turn::Untold,
        _ if !asked_for => Turn::Failure,
        None => Turn::Untold,
        Some(before) if before.is_failed() => Turn::Requested,
        Some(_) => Turn::Cancelled,
    }
}

/// Whether a failed event tells of what was asked for, and not of what is removed after it.
fn is_part_of(operation: Operation, event: &StackEvent) -> bool {
    match event.status.operation() {
        Operation::Delete => operation == Operation::Delete,
        Operation::Rollback => false,
        _ => true,
    }
}

/// Nothing was told of the same resource, or of the stack itself, since: what was tried again and went well
/// has not failed.
fn is_last_word(history: &StackHistory, event: &StackEvent) -> bool {
    let newest = if event.is_about_stack() {
        history.own_events().next_back()
    } else {
        history.story(&event.logical_id).next_back()
    };
    newest.is_none_or(|newest| newest.order() <= event.order())
}

/// A continued rollback left the resource as it was.
fn tells_skipped(reason: &str) -> bool {
    reason
        .trim()
        .to_ascii_lowercase()
        .starts_with("resource skipped during")
}

/// A resource as `ContinueUpdateRollback` wants it named: with the nested stack's name before it.
pub fn skippable_name(session: &Session, event: &StackEvent) -> String {
    if event.stack_id == *session.root() {
        event.logical_id.clone()
    } else {
        format!("{}.{}", event.stack_id.name(), event.logical_id)
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
    let undoing =
        status.is_rollback() || (status.operation() == Operation::Delete && operation != Operation::Delete);
    match (status.phase(), undoing) {
        (Phase::Idle, _) => Outcome::NotExecuted,
        (Phase::InProgress, true) => Outcome::RollingBack,
        (Phase::InProgress, false) | (Phase::Unknown, _) => Outcome::InProgress,
        (Phase::Complete, true) => Outcome::RolledBack,
        (Phase::Failed, true) => Outcome::RollbackFailed,
        (Phase::Complete, false) => Outcome::Succeeded,
        (Phase::Failed, false) => Outcome::Failed,
    }
}
