//! Follows one target: finds the stack, tails it and everything nested in it, notices that it is gone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::cursor::{Cursor, KnownEvent};
use super::faults::Faults;
use super::follower::Follower;
use super::push::Poke;
use super::tail::{Found, Tail, newest_own};
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::Fact;
use crate::domain::model::promise::is_poisoned;
use crate::domain::model::source_status::{Origin, SourceStatus};
use crate::domain::model::stack::{StackDescription, StackId, StackTarget};
use crate::domain::session::reading;
use crate::domain::session::reading::ReadMarker;
use crate::ports::{SaveState, Saved};

/// A stack that is waited for is looked for this often.
const WAIT_FOR_STACK: TimeDelta = TimeDelta::seconds(2);
/// After its deletion, the name is looked up this often to see whether another stack has taken it.
const LOOK_FOR_SUCCESSOR: TimeDelta = TimeDelta::seconds(5);
/// Nested stacks that may report themselves before anybody listens.
const FOUND_CAPACITY: usize = 64;

impl Follower {
    /// Follows the target until told to stop: waits for it, tails it, and goes on with the stack that takes
    /// its name after it was deleted.
    pub async fn follow(self, target: StackTarget) {
        let stop = self.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.follow_on(target) => {}
        }
    }

    async fn follow_on(self, target: StackTarget) {
        let mut next = self.wait_for(&target).await;
        loop {
            let id = next.id.clone();
            tracing::info!(region = id.region(), "follows a stack");
            let known = self.recall(&id).await;
            let mut begun = vec![Fact::StackDescribed { stack: next }];
            begun.extend(self.past.delays(&id).await);
            self.send(&id, begun).await;
            let successor = self.follow_session(&id, known).await;
            let replaced = Fact::StackReplaced {
                stack_id: id.clone(),
                by: successor.id.clone(),
            };
            self.send(&id, vec![replaced]).await;
            next = successor;
        }
    }

    /// Brings back what earlier runs saved of this stack, and tells which events are known from there.
    async fn recall(&self, root: &StackId) -> HashMap<StackId, Remembered> {
        let facts = self.past.of(root).await;
        let mut known: HashMap<StackId, Remembered> = HashMap::new();
        for recorded in &facts {
            if let Fact::StackEventsSeen { stack_id, events } = &recorded.fact {
                known.entry(stack_id.clone()).or_default().add(events);
                // A nested stack of which nothing was read before the end.
                for nested in events.iter().filter_map(StackEvent::nested_stack) {
                    known.entry(nested).or_default();
                }
            } else if let Fact::StackRead { stack_id } = &recorded.fact {
                known.entry(stack_id.clone()).or_default();
            } else if let Some((stack_id, readable)) = reading::readability(&recorded.fact) {
                known.entry(stack_id.clone()).or_default().unreadable = !readable;
            } else if let Some((mark, stack_id, at)) = ReadMarker::of(&recorded.fact) {
                known.entry(stack_id.clone()).or_default().pass(mark, at);
            }
        }
        if !facts.is_empty() {
            let saved = Saved {
                root: root.clone(),
                facts: facts.into(),
                ends: Vec::new(),
                state: SaveState::Saved,
            };
            // A closed channel means that the program is leaving.
            let _ = self.saved.send(saved).await;
        }
        known
    }

    /// Returns once the target exists.
    async fn wait_for(&self, target: &StackTarget) -> StackDescription {
        let since = self.clock.now();
        let origin = Origin::target(target.as_str());
        loop {
            let found = self.describe(target.as_str(), &origin).await;
            let link = match &found {
                Some(_) => SourceStatus::Answering { at: self.clock.now() },
                None => SourceStatus::Absent { since },
            };
            self.report(&origin, link).await;
            match found {
                Some(found) => return found,
                None => self.pause(WAIT_FOR_STACK).await,
            }
        }
    }

    /// Asks until there is an answer, which the caller tells of. Every trouble shows, and passes by itself.
    async fn describe(&self, name_or_id: &str, origin: &Origin) -> Option<StackDescription> {
        let mut faults = Faults::default();
        loop {
            self.budget.acquire().await;
            let answer = self.stacks.describe(name_or_id).await;
            self.budget.observe(&answer);
            match answer {
                Ok(found) => return found,
                Err(fault) => self.endure(origin, &mut faults, fault).await,
            }
        }
    }

    /// Tails a root stack and all that is nested in it. Returns the stack that took its place.
    async fn follow_session(
        &self,
        root: &StackId,
        mut known: HashMap<StackId, Remembered>,
    ) -> StackDescription {
        let (found, mut founds) = mpsc::channel(FOUND_CAPACITY);
        let mut tails: JoinSet<()> = JoinSet::new();
        let mut pokes: HashMap<StackId, Arc<Poke>> = HashMap::new();
        let known_stacks: Vec<StackId> = known.keys().cloned().collect();
        let mut start = |stack: &StackId, tails: &mut JoinSet<()>| match pokes.get(stack) {
            Some(poke) => poke.notify(),
            None => {
                let poke = self.push.poke(stack);
                pokes.insert(stack.clone(), Arc::clone(&poke));
                let remembered = known.remove(stack).unwrap_or_default();
                let tail = Tail {
                    follower: self.clone(),
                    root: root.clone(),
                    stack: stack.clone(),
                    origin: Origin::stack(stack),
                    poke,
                    found: found.clone(),
                    marked_at: remembered.marked_at,
                    unreadable: remembered.unreadable,
                    newest: remembered.newest.clone(),
                };
                tails.spawn(tail.run(remembered.cursor()));
            }
        };
        start(root, &mut tails);
        // Nested stacks that are known from before may have events that nobody saw.
        let remembered: Vec<StackId> = known_stacks.into_iter().filter(|stack| stack != root).collect();
        for stack in &remembered {
            start(stack, &mut tails);
        }
        let successor = self.await_successor(root);
        tokio::pin!(successor);
        let mut deleted = false;
        loop {
            tokio::select! {
                found = founds.recv() => match found {
                    Some(Found::Nested(stack)) => start(&stack, &mut tails),
                    Some(Found::Deleted) => deleted = true,
                    None => std::future::pending().await,
                },
                successor = &mut successor, if deleted => return successor,
            }
        }
    }

    /// After the deletion the name tells whether the stack is gone, and whether another has taken it.
    async fn await_successor(&self, root: &StackId) -> StackDescription {
        let mut gone = false;
        let origin = Origin::target(root.name());
        loop {
            let found = self.describe(root.name(), &origin).await;
            self.report(&origin, SourceStatus::Answering { at: self.clock.now() })
                .await;
            match found {
                Some(other) if other.id != *root => return other,
                None if !gone => {
                    gone = true;
                    self.send(
                        root,
                        vec![Fact::StackGone {
                            stack_id: root.clone(),
                        }],
                    )
                    .await;
                }
                Some(_) | None => {}
            }
            self.pause(LOOK_FOR_SUCCESSOR).await;
        }
    }
}

/// What earlier runs saved of one stack.
#[derive(Debug, Default)]
struct Remembered {
    known: HashMap<String, KnownEvent>,
    /// Those that were read on a way down of which no end is known.
    doubtful: HashSet<String>,
    on_the_way: bool,
    marked_at: Option<DateTime<Utc>>,
    /// Its events could not be read.
    unreadable: bool,
    newest: Option<StackEvent>,
}

impl Remembered {
    fn add(&mut self, events: &[StackEvent]) {
        // What an older version took out of a damaged answer is read again.
        let events = || events.iter().filter(|event| !is_poisoned(event));
        self.newest = newest_own(events(), self.newest.take());
        for event in events() {
            self.known.insert(event.event_id.clone(), KnownEvent::of(event));
            if self.on_the_way {
                self.doubtful.insert(event.event_id.clone());
            }
        }
    }

    fn pass(&mut self, mark: ReadMarker, at: DateTime<Utc>) {
        self.marked_at = self.marked_at.max(Some(at));
        self.on_the_way = mark == ReadMarker::Begun;
        if mark == ReadMarker::Ended {
            self.doubtful.clear();
        }
    }

    fn cursor(self) -> Cursor {
        Cursor::knowing(self.known, self.doubtful, self.on_the_way)
    }
}
