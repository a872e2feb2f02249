//! A resource, or a stack itself, in one attempt.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::changes::ResourceChange;
use crate::app::layout::tree::{Mark, RowState, TreeColumns, Undoing};
use crate::app::layout::words;
use crate::clean;
use crate::domain::deployment::stabilising::is_stabilising;
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase};
use crate::domain::read::text::{Clean, columns, one_line};

/// A resource, or a stack itself, in one attempt: what its events say one after the other.
#[derive(Debug, Clone)]
pub(in crate::app::layout::tree) struct ResourceProgress {
    /// The first event and the newest one.
    first: Arc<StackEvent>,
    last: Arc<StackEvent>,
    by_itself: RowState,
    stabilising: bool,
    /// Its failure.
    pub(super) mark: Option<Mark>,
    ended_at: Option<DateTime<Utc>>,
    undone: Option<Phase>,
    undo: Option<Undoing>,
    child: Option<StackId>,
    /// The columns of its name.
    name_columns: u16,
    /// Those of its shortened type.
    kind_columns: u16,
    /// Its shortened type and its newest status, by numbers.
    kind: u32,
    status: u32,
    /// What was done to it, and how long that took: read for all at once whenever something moves.
    done: Option<(ResourceChange, TimeDelta)>,
}

impl ResourceProgress {
    pub(super) fn new(event: &Arc<StackEvent>, undoing: bool, (kind, status): (u32, u32)) -> Self {
        let width = |text: &str| u16::try_from(columns(&one_line(text))).unwrap_or(u16::MAX);
        let mut item = Self {
            first: Arc::clone(event),
            last: Arc::clone(event),
            by_itself: RowState::Other,
            stabilising: false,
            mark: None,
            ended_at: None,
            undone: None,
            undo: None,
            child: None,
            name_columns: width(&event.logical_id),
            kind_columns: width(words::short_type(&event.resource_type)),
            kind,
            status,
            done: None,
        };
        item.follow(event, undoing);
        item.ended_at = ended(event);
        item.done = item.what_was_done();
        item
    }

    /// Takes in the next event; false when a later one was taken in before.
    pub(super) fn apply(&mut self, event: &Arc<StackEvent>, undoing: bool, status: u32) -> bool {
        if event.order() < self.last.order() {
            return false;
        }
        self.last = Arc::clone(event);
        self.status = status;
        self.follow(event, undoing);
        self.done = self.what_was_done();
        true
    }

    fn follow(&mut self, event: &StackEvent, undoing: bool) {
        self.stabilising = is_stabilising(event);
        self.child = event.nested_stack().or_else(|| self.child.take());
        let phase = event.status.phase();
        if undoing {
            self.undone = Some(phase);
            let began = self.undo.map_or(event.at, |undo| undo.began);
            self.undo = Some(Undoing {
                began,
                ended: ended(event),
            });
        }
        // What an update put another in the place of is done with before the old one goes.
        let cleans_up = self.replaces(event);
        if !(undoing || cleans_up) || self.ended_at.is_none() {
            self.ended_at = ended(event);
        }
        self.by_itself = match (self.undone, phase) {
            (_, Phase::Failed) => RowState::Failed,
            (Some(Phase::InProgress), _) => RowState::Undoing,
            (Some(Phase::Complete), _) => RowState::Undone,
            (_, Phase::InProgress) => RowState::Working,
            (_, Phase::Complete) => RowState::Done,
            (_, Phase::Idle | Phase::Unknown) => RowState::Other,
        };
    }

    /// The event takes away what an update has put another in the place of.
    fn replaces(&self, event: &StackEvent) -> bool {
        self.operation() == Operation::Update
            && event.status.operation() == Operation::Delete
            && self.undone.is_none()
    }

    /// An update has put another one in its place.
    fn is_replaced(&self) -> bool {
        let another = match (&self.first.physical_id, &self.last.physical_id) {
            (Some(before), Some(after)) => !before.is_empty() && before != after,
            _ => false,
        };
        let updated =
            self.operation() == Operation::Update && self.last.status.operation() == Operation::Update;
        self.replaces(&self.last)
            || (updated && another && self.undone.is_none() && self.by_itself == RowState::Done)
    }

    /// What was done to it and how long that took, once it is done; nothing of a stack, which is what was done to what
    /// it holds.
    fn what_was_done(&self) -> Option<(ResourceChange, TimeDelta)> {
        if self.by_itself != RowState::Done || self.child.is_some() {
            return None;
        }
        let kept = self.last.status.as_str() == "DELETE_SKIPPED";
        let change = match self.operation() {
            _ if self.is_replaced() => ResourceChange::Replaced,
            Operation::Create => ResourceChange::Created,
            Operation::Import => ResourceChange::Imported,
            Operation::Update => ResourceChange::Updated,
            Operation::Delete if kept => ResourceChange::Kept,
            Operation::Delete => ResourceChange::Deleted,
            _ => return None,
        };
        Some((change, self.ended_at? - self.first.at))
    }

    /// What was done to it and how long that took, unless it failed.
    pub(in crate::app::layout::tree) fn done(&self) -> Option<(ResourceChange, TimeDelta)> {
        self.done.filter(|_| self.mark.is_none())
    }

    /// The event that it began with.
    pub(super) fn begun_by(&self) -> &StackEvent {
        &self.first
    }

    pub(in crate::app::layout::tree) fn logical_id(&self) -> &str {
        &self.first.logical_id
    }

    /// Its newest event says so; what a hook says of it says nothing of that.
    pub(super) fn is_under_way(&self) -> bool {
        self.child.is_none() && (self.last.status.is_in_progress() || self.last.extras.hook.is_some())
    }

    /// Its type, shortened.
    pub(in crate::app::layout::tree) fn kind(&self) -> &str {
        words::short_type(&self.first.resource_type)
    }

    /// How it stands, its failures considered.
    pub(in crate::app::layout::tree) fn state(&self) -> RowState {
        match self.mark {
            Some(mark) if mark.is_root => RowState::Failed,
            Some(_) => RowState::Cascade,
            None => self.by_itself,
        }
    }

    /// How it stands by its own events alone.
    pub(in crate::app::layout::tree) fn state_by_itself(&self) -> RowState {
        self.by_itself
    }

    pub(in crate::app::layout::tree) fn mark(&self) -> Option<Mark> {
        self.mark
    }

    pub(in crate::app::layout::tree) fn started_at(&self) -> DateTime<Utc> {
        self.first.at
    }

    pub(in crate::app::layout::tree) fn changed_at(&self) -> DateTime<Utc> {
        self.last.at
    }

    pub(in crate::app::layout::tree) fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.ended_at
    }

    pub(in crate::app::layout::tree) fn undone(&self) -> Option<Phase> {
        self.undone
    }

    /// When it was put back, and when that ended.
    pub(in crate::app::layout::tree) fn undo(&self) -> Option<Undoing> {
        self.undo
    }

    /// What was done to it first.
    pub(in crate::app::layout::tree) fn operation(&self) -> Operation {
        self.first.status.operation()
    }

    /// The nested stack that it is.
    pub(in crate::app::layout::tree) fn child(&self) -> Option<&StackId> {
        self.child.as_ref()
    }

    /// Configured, or complete by Express Mode, and perhaps not yet available.
    pub(in crate::app::layout::tree) fn is_stabilising(&self) -> bool {
        self.stabilising
    }

    pub(in crate::app::layout::tree) fn columns(&self) -> TreeColumns {
        TreeColumns {
            name: self.name_columns.into(),
            kind: self.kind_columns.into(),
        }
    }

    /// The numbers of its type, and of its newest status where the word for that says how it stands.
    pub(super) fn words(&self) -> (u32, Option<u32>) {
        let undone = matches!(self.by_itself, RowState::Undoing | RowState::Undone);
        let by_status = self.mark.is_none() && !undone && !self.stabilising && !self.is_replaced();
        (self.kind, by_status.then_some(self.status))
    }

    /// Its status in a word or two.
    pub(in crate::app::layout::tree) fn status_word(&self) -> Clean {
        words::status_word(&self.last.status)
    }

    /// Its state by its own events in a word or two.
    pub(in crate::app::layout::tree) fn word(&self) -> Clean {
        match self.by_itself {
            RowState::Undoing => "rolling back".into(),
            RowState::Undone => "rolled back".into(),
            RowState::Done if self.is_replaced() => ResourceChange::Replaced.label().into(),
            RowState::Working if self.is_replaced() => "deleting old".into(),
            _ if self.stabilising => clean!("{}, stabilising", self.status_word()),
            _ => self.status_word(),
        }
    }
}

fn ended(event: &StackEvent) -> Option<DateTime<Utc>> {
    (event.status.phase() != Phase::InProgress).then_some(event.at)
}
