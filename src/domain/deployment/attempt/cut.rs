//! Cutting a session into its attempts.

use std::collections::{BTreeSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::outcome::operation_begun;
use super::{
    Attempt, Attempts, CHANGE_SET_FAILED, CutShort, Outcome, RetainedResource, is_begin, skippable_name,
};
use crate::domain::model::event::StackEvent;
use crate::domain::model::status::{Operation, Phase, Status};
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;
use crate::domain::session::{Session, StackHistory};

/// How far the time of a change set and of the review that it began may be apart.
const REVIEW_SLACK: TimeDelta = TimeDelta::seconds(30);

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
                    attempts.add_change_set(change_set);
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
            attempts.add_change_set(change_set);
        }
        attempts.mark_failing(session);
        attempts.collect_skipped(session);
        attempts.collect_kept(session);
        attempts
    }

    /// An operation that goes on although something in it has failed for good cannot succeed any more.
    fn mark_failing(&mut self, session: &Session) {
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
    fn collect_skipped(&mut self, session: &Session) {
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

    /// What was to be deleted and was kept.
    fn collect_kept(&mut self, session: &Session) {
        let mut kept: BTreeSet<(u32, RetainedResource)> = BTreeSet::new();
        for (stack_id, history) in session.stacks() {
            for event in history.kept_events() {
                let resource = RetainedResource {
                    stack_id: stack_id.clone(),
                    logical_id: event.logical_id.clone(),
                    physical_id: event.physical_id.clone().filter(|id| !id.is_empty()),
                };
                kept.insert((self.number_of(event), resource));
            }
        }
        for attempt in &mut self.list {
            let own = kept.iter().filter(|(number, _)| *number == attempt.number);
            attempt.kept = own.map(|(_, resource)| resource.clone()).collect();
        }
    }

    /// A change set that could not be made. It ends the review that the stack was made for; any other is an
    /// attempt of its own.
    fn add_change_set(&mut self, failed: FailedChangeSet) {
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
            is_begin_known: is_begin(status),
            ended_at: None,
            outcome: Outcome::InProgress,
            status: status.clone(),
            reviewed_at: None,
            rollback_at: None,
            turn: None,
            continued_at: Vec::new(),
            skipped: Vec::new(),
            kept: Vec::new(),
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
        attempt.apply(event);
    }
}

/// The root stack's change sets that could not be made, oldest first.
fn failed_change_sets(session: &Session) -> Vec<FailedChangeSet> {
    let validations = session.validation();
    let mut failed: Vec<_> = validations
        .change_sets()
        .filter(|one| one.stack_id == *session.root() && one.has_failed())
        .map(|one| FailedChangeSet {
            asked_at: one.created_at,
            failed_at: validations.failed_at(one),
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
        && event
            .reason
            .as_deref()
            .is_some_and(|text| reason::cascade(text).is_some())
}

/// Whether a failed event tells of what was asked for, and not of what is removed after it. A deletion that was
/// stopped may be one of the rollback that this one cut short.
fn is_part_of(operation: Operation, event: &StackEvent) -> bool {
    match event.status.operation() {
        Operation::Delete => operation == Operation::Delete && !is_stopped(event),
        Operation::Rollback => false,
        _ => operation != Operation::Delete,
    }
}

/// It did not fail, it was stopped.
fn is_stopped(event: &StackEvent) -> bool {
    let text = event.reason.as_deref().unwrap_or_default();
    let follows = reason::cascade(text);
    follows == Some(CascadeKind::Cancelled)
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
