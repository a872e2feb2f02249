//! What each stack of a session did to its resources in one attempt. Nothing of folds or filters.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::RowState;
use crate::app::words;
use crate::domain::attempt::{Attempt, Attempts};
use crate::domain::event::StackEvent;
use crate::domain::session::{Session, StackHistory};
use crate::domain::stabilising::is_stabilising;
use crate::domain::stack::StackId;
use crate::domain::status::{Operation, Phase, Status};

/// The stacks of a session. Only those with new events are read again.
#[derive(Debug, Default)]
pub(super) struct Forest {
    stacks: BTreeMap<StackId, Trunk>,
    parents: HashMap<StackId, (StackId, String)>,
}

/// One stack and what it was read from.
#[derive(Debug)]
struct Trunk {
    read_from: Edition,
    own: Option<Item>,
    items: Vec<Item>,
}

/// What a stack was read from: nothing has to be read again as long as it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edition {
    events: usize,
    attempts: usize,
    attempt: Option<u32>,
    started_at: Option<DateTime<Utc>>,
    rollback_at: Option<DateTime<Utc>>,
}

/// A resource, or a stack itself, in one attempt.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) logical_id: String,
    pub(super) resource_type: String,
    pub(super) status: Status,
    pub(super) started_at: DateTime<Utc>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) undone: Option<Phase>,
    pub(super) child: Option<StackId>,
    /// Configured, or complete by Express Mode, and perhaps not yet available.
    pub(super) stabilising: bool,
}

impl Item {
    fn new(event: &StackEvent, undoing: bool) -> Self {
        let mut item = Self {
            logical_id: event.logical_id.clone(),
            resource_type: event.resource_type.clone(),
            status: event.status.clone(),
            started_at: event.at,
            ended_at: None,
            undone: None,
            child: None,
            stabilising: false,
        };
        item.take(event, undoing);
        item.ended_at = ended(event);
        item
    }

    fn take(&mut self, event: &StackEvent, undoing: bool) {
        self.status = event.status.clone();
        self.stabilising = is_stabilising(event);
        self.child = event.nested_stack().or_else(|| self.child.take());
        let phase = event.status.phase();
        if undoing {
            self.undone = Some(phase);
        }
        if !undoing || self.ended_at.is_none() {
            self.ended_at = ended(event);
        }
    }

    pub(super) fn state(&self) -> (RowState, String) {
        let mut word = words::status_word(&self.status);
        if self.stabilising {
            word.push_str(", stabilising");
        }
        match (self.undone, self.status.phase()) {
            (_, Phase::Failed) => (RowState::Failed, word),
            (Some(Phase::InProgress), _) => (RowState::Undoing, "rolling back".to_owned()),
            (Some(Phase::Complete), _) => (RowState::Undone, "rolled back".to_owned()),
            (_, Phase::InProgress) => (RowState::Working, word),
            (_, Phase::Complete) => (RowState::Done, word),
            (_, Phase::Idle | Phase::Unknown) => (RowState::Other, word),
        }
    }
}

impl Forest {
    /// Reads what is new.
    pub(super) fn read(&mut self, session: &Session, attempts: &Attempts, attempt: Option<&Attempt>) {
        for (id, history) in session.stacks() {
            let edition = Edition {
                events: history.events().len(),
                attempts: attempts.list().len(),
                attempt: attempt.map(|attempt| attempt.number),
                started_at: attempt.map(|attempt| attempt.started_at),
                rollback_at: attempt.and_then(|attempt| attempt.rollback_at),
            };
            let known = self.stacks.get(id).map(|trunk| trunk.read_from);
            if known != Some(edition) {
                let trunk = Trunk::read(edition, history, attempts, attempt);
                self.adopt(id, &trunk);
                self.stacks.insert(id.clone(), trunk);
            }
        }
    }

    fn adopt(&mut self, id: &StackId, trunk: &Trunk) {
        for item in &trunk.items {
            if let Some(child) = &item.child {
                self.parents
                    .insert(child.clone(), (id.clone(), item.logical_id.clone()));
            }
        }
    }

    pub(super) fn items(&self, stack: &StackId) -> &[Item] {
        self.stacks.get(stack).map_or(&[], |trunk| &trunk.items)
    }

    pub(super) fn own(&self, stack: &StackId) -> Option<&Item> {
        self.stacks.get(stack).and_then(|trunk| trunk.own.as_ref())
    }

    /// The resource that a nested stack is, as far as the attempt tells.
    pub(super) fn parent(&self, stack: &StackId) -> Option<(StackId, String)> {
        self.parents.get(stack).cloned()
    }

    /// Stacks that took part and whose parent did not name them (yet).
    pub(super) fn orphans(&self, root: &StackId) -> Vec<StackId> {
        let named: HashSet<&StackId> = self
            .stacks
            .values()
            .flat_map(|trunk| trunk.items.iter().filter_map(|item| item.child.as_ref()))
            .collect();
        self.stacks
            .iter()
            .filter(|(id, trunk)| {
                *id != root && !named.contains(id) && (trunk.own.is_some() || !trunk.items.is_empty())
            })
            .map(|(id, _)| id.clone())
            .collect()
    }
}

impl Trunk {
    fn read(
        edition: Edition,
        history: &StackHistory,
        attempts: &Attempts,
        attempt: Option<&Attempt>,
    ) -> Self {
        let mut trunk = Self {
            read_from: edition,
            own: None,
            items: Vec::new(),
        };
        let number = attempt.map_or(0, |attempt| attempt.number);
        let mut places: HashMap<&str, usize> = HashMap::new();
        for event in history.events().iter().map(|seen| seen.event.as_ref()) {
            if attempts.number_of(event) != number {
                continue;
            }
            let undoing = attempt.is_some_and(|attempt| is_undoing(attempt, event));
            if event.is_about_stack() {
                if let Some(own) = &mut trunk.own {
                    own.take(event, undoing);
                } else {
                    trunk.own = Some(Item::new(event, undoing));
                }
                continue;
            }
            let known = places.get(event.logical_id.as_str()).copied();
            if let Some(item) = known.and_then(|place| trunk.items.get_mut(place)) {
                item.take(event, undoing);
            } else {
                places.insert(&event.logical_id, trunk.items.len());
                trunk.items.push(Item::new(event, undoing));
            }
        }
        trunk
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
