//! All events of all stacks in one order, with what is asked of each again and again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use memchr::memmem::Finder;

use crate::domain::attempt::Attempts;
use crate::domain::event::StackEvent;
use crate::domain::session::{SeenEvent, Session};
use crate::domain::stack::StackId;

/// The events of a session, oldest first.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: Vec<Entry>,
    /// How many events of each stack were read, and the last of them.
    read: HashMap<StackId, (usize, Arc<StackEvent>)>,
    /// Where the events are kept: those of the entries, which keep them there.
    places: HashSet<usize>,
    /// How many attempts and operations the numbers were given by.
    numbered_by: (usize, usize),
}

#[derive(Debug)]
struct Entry {
    event: Arc<StackEvent>,
    attempt: u32,
    /// What a filter looks at, in small letters.
    text: String,
}

impl Entry {
    fn new(event: &Arc<StackEvent>, attempts: &Attempts) -> Self {
        let reason = event.reason.as_deref().unwrap_or_default();
        let text = [
            event.logical_id.as_str(),
            event.status.as_str(),
            &event.resource_type,
            reason,
        ];
        Self {
            attempt: attempts.number_of(event),
            text: text.join("\n").to_lowercase(),
            event: Arc::clone(event),
        }
    }
}

/// Where an event is kept.
fn place_of(event: &Arc<StackEvent>) -> usize {
    Arc::as_ptr(event).addr()
}

impl Journal {
    /// Takes in what is new.
    pub(super) fn read(&mut self, session: &Session, attempts: &Attempts) {
        let mut new = Vec::new();
        for (id, history) in session.stacks() {
            let events = history.events();
            let Some(fresh) = self.fresh(id, events) else {
                return self.read_anew(session, attempts);
            };
            new.extend(fresh.iter().map(|event| Entry::new(event, attempts)));
            if let Some(last) = events.last().filter(|_| !fresh.is_empty()) {
                self.read
                    .insert(id.clone(), (events.len(), Arc::clone(&last.event)));
            }
        }
        self.add(new);
        let numbered_by = (attempts.list().len(), attempts.operations());
        if self.numbered_by != numbered_by {
            for entry in &mut self.entries {
                entry.attempt = attempts.number_of(&entry.event);
            }
            self.numbered_by = numbered_by;
        }
    }

    /// The events of a stack that are not known. Nearly always they are the last ones, or among the last. None
    /// when these are not the events that were read before.
    fn fresh(&self, id: &StackId, events: &[SeenEvent]) -> Option<Vec<Arc<StackEvent>>> {
        let Some((read, last)) = self.read.get(id) else {
            return Some(events.iter().map(|seen| Arc::clone(&seen.event)).collect());
        };
        let expected = events.len().checked_sub(*read)?;
        let mut fresh = Vec::new();
        let mut met = false;
        for event in events.iter().rev().map(|seen| &seen.event) {
            if met && fresh.len() == expected {
                break;
            }
            if Arc::ptr_eq(event, last) {
                met = true;
            } else if !self.places.contains(&place_of(event)) {
                fresh.push(Arc::clone(event));
            }
        }
        (met && fresh.len() == expected).then_some(fresh)
    }

    /// The session is another one, or knows less than before.
    fn read_anew(&mut self, session: &Session, attempts: &Attempts) {
        *self = Self::default();
        self.read(session, attempts);
    }

    /// What is live comes at the end, or nearly.
    fn add(&mut self, mut new: Vec<Entry>) {
        new.sort_by(|a, b| a.event.order().cmp(&b.event.order()));
        self.places.extend(new.iter().map(|entry| place_of(&entry.event)));
        let Some(first) = new.first() else { return };
        let from = self.place(&first.event);
        let among = from < self.entries.len();
        self.entries.extend(new);
        if among {
            let tail = self.entries.get_mut(from..).unwrap_or_default();
            tail.sort_by(|a, b| a.event.order().cmp(&b.event.order()));
        }
    }

    fn place(&self, event: &StackEvent) -> usize {
        self.entries
            .partition_point(|known| known.event.order() < event.order())
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn event(&self, index: usize) -> Option<&Arc<StackEvent>> {
        self.entries.get(index).map(|entry| &entry.event)
    }

    /// The number of an event's attempt.
    pub(super) fn attempt(&self, index: usize) -> u32 {
        self.entries.get(index).map_or(0, |entry| entry.attempt)
    }

    /// Whether an event holds a text, given in small letters.
    pub(super) fn has(&self, index: usize, wanted: &Finder<'_>) -> bool {
        self.entries
            .get(index)
            .is_some_and(|entry| wanted.find(entry.text.as_bytes()).is_some())
    }

    /// What names an event.
    pub(super) fn key(&self, index: usize) -> Option<(StackId, String)> {
        let event = self.event(index)?;
        Some((event.stack_id.clone(), event.event_id.clone()))
    }

    /// The place of an event.
    pub(super) fn find(&self, event: &StackEvent) -> Option<usize> {
        let place = self.place(event);
        let known = self.event(place)?;
        (known.event_id == event.event_id && known.stack_id == event.stack_id).then_some(place)
    }

    /// The later event says again what the earlier did, of the same resource.
    pub(super) fn repeats(&self, earlier: usize, later: usize) -> bool {
        let (Some(earlier), Some(later)) = (self.event(earlier), self.event(later)) else {
            return false;
        };
        earlier.logical_id == later.logical_id
            && earlier.status == later.status
            && earlier.stack_id == later.stack_id
            && (earlier.reason == later.reason || earlier.reason.is_none())
    }
}
