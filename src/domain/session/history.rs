//! What is known of one stack: its events, each once, and what is asked of them again and again.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::fast::RandomState;

use super::seen_event::SeenEvent;
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::{StackDescription, StackId, StackOutput};
use crate::domain::model::status::Status;
use crate::domain::session::event_index;
use crate::domain::session::event_index::{CreatedNames, EventIndex};

/// What is known of one stack.
#[derive(Debug, Clone, Default)]
pub struct StackHistory {
    description: Option<(DateTime<Utc>, StackDescription)>,
    /// What was told last of its outputs, and the status that it was told with.
    outputs: Option<(DateTime<Utc>, Status, Vec<StackOutput>)>,
    events: Vec<SeenEvent>,
    /// The same events in the order in which they came.
    arrived: Vec<Arc<StackEvent>>,
    known: HashSet<ById, RandomState>,
    digest: EventIndex,
    /// What events said before they were corrected, by their ids.
    superseded: BTreeMap<String, Vec<Arc<StackEvent>>>,
    /// How often what was known of an event was put right.
    corrections: usize,
}

/// An event in a set of those of one stack, by the id that it has there.
#[derive(Debug, Clone)]
struct ById(Arc<StackEvent>);

impl Borrow<str> for ById {
    fn borrow(&self) -> &str {
        &self.0.event_id
    }
}

impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.event_id.as_str().hash(state);
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.event_id == other.0.event_id
    }
}

impl Eq for ById {}

impl StackHistory {
    pub(super) fn describe(&mut self, at: DateTime<Utc>, stack: &StackDescription) {
        let newer = self.description.as_ref().is_none_or(|(known_at, known)| {
            (*known_at, &known.status, &known.deleted_at) < (at, &stack.status, &stack.deleted_at)
        });
        if newer {
            self.description = Some((at, stack.clone()));
        }
        // A listing tells nothing of outputs, which is not that there are none.
        if let Some(outputs) = &stack.outputs {
            let known = self.outputs.as_ref();
            let known = known.map(|(at, status, outputs)| (*at, status, outputs));
            if known < Some((at, &stack.status, outputs)) {
                self.outputs = Some((at, stack.status.clone(), outputs.clone()));
            }
        }
    }

    /// Takes new events in and returns the nested stacks that they name.
    pub(super) fn apply(
        &mut self,
        at: DateTime<Utc>,
        events: impl IntoIterator<Item = StackEvent>,
    ) -> Vec<StackId> {
        let mut nested = Vec::new();
        let mut new: Vec<SeenEvent> = Vec::new();
        let mut again: Vec<Arc<StackEvent>> = Vec::new();
        for event in events {
            let event = Arc::new(event);
            if self.known.insert(ById(Arc::clone(&event))) {
                nested.extend(event.nested_stack());
                new.push(SeenEvent {
                    event,
                    observed_at: at,
                    said_at: at,
                });
            } else {
                again.push(event);
            }
        }
        new.sort_by(|a, b| a.event.order().cmp(&b.event.order()));
        self.digest.apply(&new, &self.events);
        self.arrived
            .extend(new.iter().map(|seen| Arc::clone(&seen.event)));
        event_index::merge(&mut self.events, new, |seen| &seen.event);
        for event in again {
            if self.see_again(at, &event) {
                nested.extend(event.nested_stack());
            }
        }
        nested
    }

    /// The first sight of an event counts for when it was seen, and the last for what it says, whatever the order
    /// in which facts come. Returns whether it says something else than what was known.
    fn see_again(&mut self, at: DateTime<Utc>, event: &Arc<StackEvent>) -> bool {
        let Some(ById(known)) = self.known.get(event.event_id.as_str()) else {
            return false;
        };
        let order = known.order();
        let found = self
            .events
            .binary_search_by(|seen| seen.event.order().cmp(&order));
        let Some((index, seen)) = found
            .ok()
            .and_then(|index| Some((index, self.events.get_mut(index)?)))
        else {
            return false;
        };
        seen.observed_at = seen.observed_at.min(at);
        if seen.event.says_the_same(event) {
            seen.said_at = seen.said_at.max(at);
            return false;
        }
        if event.is_last_word(at, &seen.event, seen.said_at) {
            let corrected = SeenEvent {
                event: Arc::clone(event),
                observed_at: seen.observed_at,
                said_at: at,
            };
            self.correct(index, corrected);
        } else {
            self.supersede(Arc::clone(event));
        }
        true
    }

    /// Puts what an event says now in the place of what it said. That is rare, and everything that was made of the
    /// events is made anew.
    fn correct(&mut self, index: usize, corrected: SeenEvent) {
        let was = self.events.remove(index).event;
        let event = Arc::clone(&corrected.event);
        self.known.remove(was.event_id.as_str());
        self.known.insert(ById(Arc::clone(&event)));
        for arrived in &mut self.arrived {
            if Arc::ptr_eq(arrived, &was) {
                *arrived = Arc::clone(&event);
            }
        }
        event_index::merge(&mut self.events, vec![corrected], |seen| &seen.event);
        self.digest = EventIndex::default();
        self.digest.apply(&self.events, &[]);
        self.corrections += 1;
        self.supersede(was);
        if let Some(said) = self.superseded.get_mut(event.event_id.as_str()) {
            said.retain(|said| !said.says_the_same(&event));
        }
    }

    fn supersede(&mut self, event: Arc<StackEvent>) {
        let said = self.superseded.entry(event.event_id.clone()).or_default();
        if !said.contains(&event) {
            said.push(event);
        }
    }

    /// The newest description.
    pub fn description(&self) -> Option<&StackDescription> {
        self.description.as_ref().map(|(_, description)| description)
    }

    /// Its events, oldest first.
    pub fn events(&self) -> &[SeenEvent] {
        &self.events
    }

    /// Its events in the order in which they came: whoever keeps something of them reads on where it stopped.
    pub fn arrived(&self) -> &[Arc<StackEvent>] {
        &self.arrived
    }

    /// What an event was said to be before it was corrected; nothing for nearly all.
    pub fn superseded(&self, event_id: &str) -> &[Arc<StackEvent>] {
        self.superseded.get(event_id).map_or(&[], Vec::as_slice)
    }

    /// How often an event has been corrected: whoever keeps something of the events begins anew when this grows.
    pub fn corrections(&self) -> usize {
        self.corrections
    }

    /// The event of this id, as it reads now.
    pub fn event(&self, event_id: &str) -> Option<&Arc<StackEvent>> {
        self.known.get(event_id).map(|ById(event)| event)
    }

    /// Whether the event is known.
    pub fn knows(&self, event_id: &str) -> bool {
        self.known.contains(event_id)
    }

    /// The stack's own events, oldest first.
    pub fn own_events(&self) -> impl DoubleEndedIterator<Item = &StackEvent> {
        self.digest.own.iter().map(AsRef::as_ref)
    }

    /// The events that are looked for among all others, oldest first: failures, custom resources and whatever
    /// else has a `ServiceToken`, verdicts of hooks, ECS services, log groups, and
    /// what a source asks about though it did not fail.
    pub fn telling_events(&self) -> impl DoubleEndedIterator<Item = &StackEvent> {
        self.digest.telling.iter().map(AsRef::as_ref)
    }

    /// The events of what was to be deleted and was kept, oldest first.
    pub fn kept_events(&self) -> impl DoubleEndedIterator<Item = &StackEvent> {
        self.digest.kept.iter().map(AsRef::as_ref)
    }

    /// All events of a resource that failed at any time, oldest first; none of any other.
    pub fn story(&self, logical_id: &str) -> impl DoubleEndedIterator<Item = &StackEvent> {
        let story = self.digest.stories.get(logical_id);
        story.into_iter().flatten().map(AsRef::as_ref)
    }

    /// The names of what the stack made that may call others.
    pub fn made(&self) -> &Arc<CreatedNames> {
        &self.digest.made
    }

    /// When an event was first seen here.
    pub fn seen_at(&self, event: &StackEvent) -> Option<DateTime<Utc>> {
        let order = event.order();
        let found = self
            .events
            .binary_search_by(|seen| seen.event.order().cmp(&order));
        let seen = self.events.get(found.ok()?)?;
        Some(seen.observed_at)
    }

    /// A description that was given after all of the stack's own events came, with the moment at which it was
    /// given. Where events cannot be read any more it is what is known.
    ///
    /// The newest event need not be the one that came last: a clock may have been set back in between.
    pub fn described_since(&self) -> Option<(DateTime<Utc>, &StackDescription)> {
        let (at, description) = self.description.as_ref()?;
        let newest = self.own_events().next_back();
        let last = self.own_events().filter_map(|event| self.seen_at(event)).max();
        let follows = newest.is_none_or(|event| description.status.can_follow(&event.status));
        (follows && last < Some(*at)).then_some((*at, description))
    }

    /// Its outputs as they stand; nothing where they are not known, as after an event of the stack itself that came
    /// since they were told: until something has ended, a stack tells the outputs of before.
    pub fn outputs(&self) -> Option<&[StackOutput]> {
        let (at, status, outputs) = self.outputs.as_ref()?;
        let newest = self.own_events().next_back();
        let last = self.own_events().filter_map(|event| self.seen_at(event)).max();
        let stands = newest.is_none_or(|event| event.status == *status) && last <= Some(*at);
        (stands && status.is_settled()).then_some(outputs)
    }

    /// The stack's status by its own newest event, or as it was described if that was later.
    pub fn status(&self) -> Option<&Status> {
        let by_event = self.own_events().next_back().map(|event| &event.status);
        let described = self.description().map(|description| &description.status);
        if by_event == described {
            return by_event;
        }
        let since = self.described_since();
        since.map(|(_, description)| &description.status).or(by_event)
    }
}

#[cfg(test)]
mod tests;
