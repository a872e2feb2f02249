//! What each stack of a session did to its resources in one attempt. Nothing of folds or filters.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::RowState;
use crate::app::words;
use crate::domain::attempt::{Attempt, Attempts};
use crate::domain::event::StackEvent;
use crate::domain::session::{Session, StackHistory};
use crate::domain::stabilising::is_stabilising;
use crate::domain::stack::StackId;
use crate::domain::status::{Operation, Phase, Status};
use crate::domain::text::{columns, one_line};

/// The stacks of a session. Only new events are read.
#[derive(Debug, Default)]
pub(super) struct Forest {
    stacks: Vec<(StackId, Trunk)>,
    places: HashMap<StackId, usize>,
    parents: HashMap<StackId, (StackId, String)>,
}

/// One stack and what it was read from.
#[derive(Debug)]
struct Trunk {
    edition: Edition,
    /// So many events were read, and this was the last of them.
    read: usize,
    last: Option<Arc<StackEvent>>,
    own: Option<Item>,
    items: Vec<Item>,
    places: HashMap<String, usize>,
}

/// What a stack was read for: everything has to be read again when that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edition {
    attempts: usize,
    operations: usize,
    attempt: Option<u32>,
    operation: Option<Operation>,
    started_at: Option<DateTime<Utc>>,
    rollback_at: Option<DateTime<Utc>>,
}

/// A resource, or a stack itself, in one attempt.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) logical_id: String,
    pub(super) resource_type: String,
    pub(super) status: Status,
    pub(super) state: RowState,
    pub(super) started_at: DateTime<Utc>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) changed_at: DateTime<Utc>,
    pub(super) undone: Option<Phase>,
    /// When it was put back, and when that ended.
    pub(super) undo: Option<(DateTime<Utc>, Option<DateTime<Utc>>)>,
    /// What was done to it first.
    pub(super) operation: Operation,
    pub(super) child: Option<StackId>,
    /// Configured, or complete by Express Mode, and perhaps not yet available.
    pub(super) stabilising: bool,
    /// The columns of its name and of its shortened type.
    pub(super) columns: (usize, usize),
    /// Its name and type in small letters, for the filter.
    pub(super) wanted_as: String,
}

impl Item {
    fn new(event: &StackEvent, undoing: bool) -> Self {
        let kind = words::short_type(&event.resource_type);
        let mut item = Self {
            logical_id: event.logical_id.clone(),
            resource_type: event.resource_type.clone(),
            status: event.status.clone(),
            state: RowState::Other,
            started_at: event.at,
            ended_at: None,
            changed_at: event.at,
            undone: None,
            undo: None,
            operation: event.status.operation(),
            child: None,
            stabilising: false,
            columns: (columns(&one_line(&event.logical_id)), columns(&one_line(kind))),
            wanted_as: format!("{}\n{kind}", event.logical_id).to_lowercase(),
        };
        item.take(event, undoing);
        item.ended_at = ended(event);
        item
    }

    fn take(&mut self, event: &StackEvent, undoing: bool) {
        self.status = event.status.clone();
        self.stabilising = is_stabilising(event);
        self.changed_at = self.changed_at.max(event.at);
        self.child = event.nested_stack().or_else(|| self.child.take());
        let phase = event.status.phase();
        if undoing {
            self.undone = Some(phase);
            let from = self.undo.map_or(event.at, |(from, _)| from);
            self.undo = Some((from, ended(event)));
        }
        if !undoing || self.ended_at.is_none() {
            self.ended_at = ended(event);
        }
        self.state = match (self.undone, phase) {
            (_, Phase::Failed) => RowState::Failed,
            (Some(Phase::InProgress), _) => RowState::Undoing,
            (Some(Phase::Complete), _) => RowState::Undone,
            (_, Phase::InProgress) => RowState::Working,
            (_, Phase::Complete) => RowState::Done,
            (_, Phase::Idle | Phase::Unknown) => RowState::Other,
        };
    }

    /// Its state in a word or two.
    pub(super) fn word(&self) -> String {
        match self.state {
            RowState::Undoing => "rolling back".to_owned(),
            RowState::Undone => "rolled back".to_owned(),
            _ if self.stabilising => format!("{}, stabilising", words::status_word(&self.status)),
            _ => words::status_word(&self.status),
        }
    }
}

impl Forest {
    /// Reads what is new.
    pub(super) fn read(&mut self, session: &Session, attempts: &Attempts, attempt: Option<&Attempt>) {
        let edition = Edition {
            attempts: attempts.list().len(),
            operations: attempts.operations(),
            attempt: attempt.map(|attempt| attempt.number),
            operation: attempt.map(|attempt| attempt.operation),
            started_at: attempt.map(|attempt| attempt.started_at),
            rollback_at: attempt.and_then(|attempt| attempt.rollback_at),
        };
        for (id, history) in session.stacks() {
            let place = self.place_of(id, &edition);
            let Some((_, trunk)) = self.stacks.get_mut(place) else {
                continue;
            };
            let adopted = trunk.read(&edition, history, attempts, attempt);
            for (child, logical_id) in adopted {
                self.parents.insert(child, (id.clone(), logical_id));
            }
        }
    }

    fn place_of(&mut self, id: &StackId, edition: &Edition) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        let place = self.stacks.len();
        self.places.insert(id.clone(), place);
        self.stacks.push((id.clone(), Trunk::new(edition.clone())));
        place
    }

    /// The place of a stack, which stays the same.
    pub(super) fn place(&self, stack: &StackId) -> Option<usize> {
        self.places.get(stack).copied()
    }

    /// The stack at a place.
    pub(super) fn stack(&self, place: usize) -> Option<&StackId> {
        self.stacks.get(place).map(|(id, _)| id)
    }

    /// How many stacks there are.
    pub(super) fn len(&self) -> usize {
        self.stacks.len()
    }

    pub(super) fn items(&self, place: usize) -> &[Item] {
        self.stacks.get(place).map_or(&[], |(_, trunk)| &trunk.items)
    }

    /// The place of a resource among those of its stack.
    pub(super) fn item_of(&self, place: usize, logical_id: &str) -> Option<usize> {
        self.stacks.get(place)?.1.places.get(logical_id).copied()
    }

    pub(super) fn own(&self, place: usize) -> Option<&Item> {
        self.stacks.get(place).and_then(|(_, trunk)| trunk.own.as_ref())
    }

    /// The resource that a nested stack is, as far as the attempt tells.
    pub(super) fn parent(&self, stack: &StackId) -> Option<&(StackId, String)> {
        self.parents.get(stack)
    }

    /// Stacks that took part and whose parent did not name them (yet), in the order of their ids.
    pub(super) fn orphans(&self, root: &StackId) -> Vec<usize> {
        let named: HashSet<&StackId> = self
            .stacks
            .iter()
            .flat_map(|(_, trunk)| trunk.items.iter().filter_map(|item| item.child.as_ref()))
            .collect();
        let mut orphans: Vec<(&StackId, usize)> = self
            .stacks
            .iter()
            .enumerate()
            .filter(|(_, (id, trunk))| {
                id != root && !named.contains(id) && (trunk.own.is_some() || !trunk.items.is_empty())
            })
            .map(|(place, (id, _))| (id, place))
            .collect();
        orphans.sort();
        orphans.into_iter().map(|(_, place)| place).collect()
    }
}

impl Trunk {
    fn new(edition: Edition) -> Self {
        Self {
            edition,
            read: 0,
            last: None,
            own: None,
            items: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Reads on where it stopped, or from the beginning when something came before that. Says which nested
    /// stacks were named.
    fn read(
        &mut self,
        edition: &Edition,
        history: &StackHistory,
        attempts: &Attempts,
        attempt: Option<&Attempt>,
    ) -> Vec<(StackId, String)> {
        if self.edition != *edition || !self.is_continued_by(history) {
            *self = Self::new(edition.clone());
        }
        let mut adopted = Vec::new();
        let number = attempt.map_or(0, |attempt| attempt.number);
        for seen in history.events().get(self.read..).unwrap_or_default() {
            let event = seen.event.as_ref();
            if attempts.number_of(event) == number {
                let undoing = attempt.is_some_and(|attempt| is_undoing(attempt, event));
                self.take(event, undoing, &mut adopted);
            }
            self.last = Some(Arc::clone(&seen.event));
        }
        self.read = history.events().len();
        adopted
    }

    /// Events are only ever added: the last one read is still in its place if none came before it.
    fn is_continued_by(&self, history: &StackHistory) -> bool {
        let Some(last) = &self.last else { return true };
        let place = self.read.checked_sub(1);
        let now = place.and_then(|place| history.events().get(place));
        now.is_some_and(|seen| Arc::ptr_eq(&seen.event, last))
    }

    fn take(&mut self, event: &StackEvent, undoing: bool, adopted: &mut Vec<(StackId, String)>) {
        if event.is_about_stack() {
            match &mut self.own {
                Some(own) => own.take(event, undoing),
                own => *own = Some(Item::new(event, undoing)),
            }
            return;
        }
        let known = self.places.get(event.logical_id.as_str()).copied();
        if let Some(item) = known.and_then(|place| self.items.get_mut(place)) {
            item.take(event, undoing);
        } else {
            self.places.insert(event.logical_id.clone(), self.items.len());
            self.items.push(Item::new(event, undoing));
        }
        if let Some(child) = event.nested_stack() {
            adopted.push((child, event.logical_id.clone()));
        }
    }
}

fn ended(event: &StackEvent) -> Option<DateTime<Utc>> {
    (event.status.phase() != Phase::InProgress).then_some(event.at)
}

/// The event is part of putting things back.
fn is_undoing(attempt: &Attempt, event: &StackEvent) -> bool {
    let after = attempt.rollback_at.is_some_and(|at| at <= event.at);
    let forward = attempt.operation == Operation::Create && event.status.operation() == Operation::Create;
    after && attempt.operation != Operation::Delete && !forward
}
