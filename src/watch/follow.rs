//! Follows one target: finds the stack, tails it and everything nested in it, notices that it is gone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use super::cursor::{Cursor, Known};
use super::report::Report;
use crate::domain::cadence::{self, Activity};
use crate::domain::event::StackEvent;
use crate::domain::fact::{Fact, Recorded};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::link::{Link, Origin};
use crate::domain::promise::is_poisoned;
use crate::domain::reading::{self, Mark};
use crate::domain::stack::{StackDescription, StackId, StackTarget};
use crate::domain::status::{Operation, Phase, Status};
use crate::ports::{Batch, Clock, Page, SaveState, Saved, StackSource};

/// A stack that is waited for is looked for this often.
const WAIT_FOR_STACK: TimeDelta = TimeDelta::seconds(2);
/// After its deletion, the name is looked up this often to see whether another stack has taken it.
const LOOK_FOR_SUCCESSOR: TimeDelta = TimeDelta::seconds(5);
/// Events of a deleted stack may still come for this long.
const LATE_EVENTS: TimeDelta = TimeDelta::minutes(2);
/// How often a stack is asked for its status while it does not show its events.
const LOOK_AT_STATUS: TimeDelta = TimeDelta::seconds(5);
/// What may pass by itself is taken for lasting after so many faults in a row.
const LASTING: u32 = 3;
/// A stack in a status that is not known, of which nothing was heard for so long, is not taken to move.
const UNHEARD: TimeDelta = TimeDelta::minutes(5);
/// Nested stacks that may report themselves before anybody listens.
const FOUND_CAPACITY: usize = 64;

/// Follows targets. Cheap to clone; all clones share the budget.
#[derive(Clone)]
pub struct Follower {
    /// Where stacks are read.
    pub stacks: Arc<dyn StackSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The one budget for all stacks.
    pub budget: Budget,
    /// Where facts go.
    pub facts: mpsc::Sender<Batch>,
    /// Where facts go that are saved already.
    pub saved: mpsc::Sender<Saved>,
    /// What earlier runs saved.
    pub past: Arc<dyn Past>,
    /// Where the state of CloudFormation goes.
    pub reports: mpsc::Sender<Report>,
    /// Ends everything.
    pub stop: CancellationToken,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").finish_non_exhaustive()
    }
}

/// What earlier runs saved.
#[async_trait]
pub trait Past: Send + Sync {
    /// Every saved fact of a root stack's session, in the order of its journal.
    async fn of(&self, root: &StackId) -> Vec<Recorded>;

    /// What earlier sessions of the stack's account tell of how long its trail takes, as facts.
    async fn delays(&self, root: &StackId) -> Vec<Fact>;
}

/// What a session's tails share.
struct Tail {
    follower: Follower,
    root: StackId,
    stack: StackId,
    origin: Origin,
    poke: Arc<Notify>,
    found: mpsc::Sender<Found>,
    /// No mark is older than those that were saved, even if the clock was set back since.
    marked_at: Option<DateTime<Utc>>,
    /// It is on record that its events cannot be read.
    unreadable: bool,
    /// Its own newest event that is known from before.
    newest: Option<StackEvent>,
}

/// Where the reading of a stack stands.
struct Reading {
    cursor: Cursor,
    faults: Faults,
    /// Those of pages below the newest, which are asked for beside it.
    below: Faults,
    /// Its own newest event.
    own: Option<StackEvent>,
    last_news: DateTime<Utc>,
    /// When the newest of its events happened.
    newest: Option<DateTime<Utc>>,
    /// How long its turn can wait while others are read.
    patience: TimeDelta,
}

/// What a tail tells its session.
enum Found {
    /// A nested stack, or news of one.
    Nested(StackId),
    /// The root stack was deleted.
    Deleted,
}

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
                known.entry(stack_id.clone()).or_default().take(events);
                // A nested stack of which nothing was read before the end.
                for nested in events.iter().filter_map(StackEvent::nested_stack) {
                    known.entry(nested).or_default();
                }
            } else if let Some((stack_id, readable)) = reading::readability(&recorded.fact) {
                known.entry(stack_id).or_default().unreadable = !readable;
            } else if let Some((mark, stack_id)) = Mark::of(&recorded.fact) {
                known
                    .entry(stack_id)
                    .or_default()
                    .pass(mark, recorded.observed_at);
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
                Some(_) => Link::Answering { at: self.clock.now() },
                None => Link::Absent { since },
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
            self.budget.turn().await;
            let answer = self.stacks.describe(name_or_id).await;
            self.budget.learn(&answer);
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
        let mut pokes: HashMap<StackId, Arc<Notify>> = HashMap::new();
        let known_stacks: Vec<StackId> = known.keys().cloned().collect();
        let mut start = |stack: &StackId, tails: &mut JoinSet<()>| match pokes.get(stack) {
            Some(poke) => poke.notify_one(),
            None => {
                let poke = Arc::new(Notify::new());
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
            self.report(&origin, Link::Answering { at: self.clock.now() })
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

    async fn endure(&self, origin: &Origin, faults: &mut Faults, fault: Fault) {
        let (since, retry_at) = self.count(faults, &fault);
        let link = Link::Troubled {
            since,
            fault,
            retry_at,
        };
        self.report(origin, link).await;
        self.clock.sleep_until(retry_at).await;
    }

    /// Takes a fault into account: since when there are faults, and when to ask again.
    fn count(&self, faults: &mut Faults, fault: &Fault) -> (DateTime<Utc>, DateTime<Utc>) {
        let now = self.clock.now();
        let (since, times) = faults.again(now);
        let pause = cadence::after_fault(fault.kind, times, jitter(now, times));
        let again = pause.num_seconds();
        tracing::warn!(kind = ?fault.kind, times, "CloudFormation does not answer; again in {again} s");
        (since, now + pause)
    }

    async fn pause(&self, pause: TimeDelta) {
        self.clock.sleep(pause.to_std().unwrap_or_default()).await;
    }

    async fn send(&self, root: &StackId, facts: Vec<Fact>) {
        let observed_at = self.clock.now();
        let facts = facts
            .into_iter()
            .map(|fact| Recorded { observed_at, fact })
            .collect();
        // A closed channel means that the program is leaving.
        let _ = self
            .facts
            .send(Batch {
                root: root.clone(),
                facts,
                ends: None,
            })
            .await;
    }

    async fn report(&self, origin: &Origin, link: Link) {
        let origin = origin.clone();
        let _ = self.reports.send(Report { origin, link }).await;
    }
}

/// What earlier runs saved of one stack.
#[derive(Debug, Default)]
struct Remembered {
    known: HashMap<String, Known>,
    /// Those that were read on a way down of which no end is known.
    doubtful: HashSet<String>,
    on_the_way: bool,
    marked_at: Option<DateTime<Utc>>,
    /// Its events could not be read.
    unreadable: bool,
    newest: Option<StackEvent>,
}

impl Remembered {
    fn take(&mut self, events: &[StackEvent]) {
        // What an older version took out of a damaged answer is read again.
        let events = || events.iter().filter(|event| !is_poisoned(event));
        self.newest = newest_own(events(), self.newest.take());
        for event in events() {
            self.known.insert(event.event_id.clone(), Known::of(event));
            if self.on_the_way {
                self.doubtful.insert(event.event_id.clone());
            }
        }
    }

    fn pass(&mut self, mark: Mark, at: DateTime<Utc>) {
        self.marked_at = self.marked_at.max(Some(at));
        self.on_the_way = mark == Mark::Begun;
        if mark == Mark::Ended {
            self.doubtful.clear();
        }
    }

    fn cursor(self) -> Cursor {
        Cursor::knowing(self.known, self.doubtful, self.on_the_way)
    }
}

/// Faults in a row.
#[derive(Debug, Default)]
struct Faults {
    since: Option<DateTime<Utc>>,
    times: u32,
    /// That they last is on record.
    recorded: bool,
    /// The status that was told of meanwhile.
    told: Option<Status>,
}

impl Faults {
    fn again(&mut self, now: DateTime<Utc>) -> (DateTime<Utc>, u32) {
        self.times = self.times.saturating_add(1);
        (*self.since.get_or_insert(now), self.times)
    }
}

/// A number in 0..1 that differs between programs and moments: nothing secret rests on it.
fn jitter(now: DateTime<Utc>, salt: u32) -> f64 {
    let mixed = now
        .timestamp_subsec_micros()
        .wrapping_mul(2_654_435_761)
        .wrapping_add(salt.wrapping_mul(40_503));
    f64::from(mixed % 1_000) / 1_000.0
}

impl Tail {
    async fn run(self, cursor: Cursor) {
        let mut reading = Reading {
            cursor,
            faults: Faults {
                recorded: self.unreadable,
                ..Faults::default()
            },
            below: Faults::default(),
            own: self.newest.clone(),
            last_news: self.follower.clock.now(),
            newest: None,
            patience: cadence::UNREAD_PATIENCE,
        };
        while self.read(&mut reading).await {}
    }

    /// Reads one page and waits until it is time for another; false when nothing can come any more.
    async fn read(&self, reading: &mut Reading) -> bool {
        let Some(page) = self.page(reading).await else {
            return true;
        };
        let is_below = reading.cursor.is_below();
        let now = self.follower.clock.now();
        let step = reading.cursor.take(page.items, page.next, now);
        if !step.new.is_empty() {
            reading.last_news = now;
            reading.own = newest_own(&step.new, reading.own.take());
            let newest = step.new.iter().map(|event| event.at).max();
            reading.newest = reading.newest.max(newest);
        }
        self.pass_on(step.new, step.mark).await;
        if let Some(astray) = step.astray {
            let action = "cloudformation:DescribeStackEvents";
            let fault = Fault::new(action, FaultKind::Malformed, astray.words());
            self.park(reading, fault).await;
            return true;
        }
        self.answered(reading, is_below, now).await;
        if step.urgent {
            reading.patience = TimeDelta::zero();
            return true;
        }
        self.rest(reading, now).await
    }

    /// Asks for the page that is next; nothing when it cannot be read, after a while.
    async fn page(&self, reading: &mut Reading) -> Option<Page<StackEvent>> {
        let follower = &self.follower;
        follower.budget.turn_within(reading.patience).await;
        let token = reading.cursor.page(follower.clock.now());
        let answer = follower.stacks.events(&self.stack, token).await;
        follower.budget.learn(&answer);
        match answer {
            Ok(page) => return Some(page),
            Err(fault) if reading.cursor.is_below() && spoils_one_page(fault.kind) => {
                self.park(reading, fault).await;
            }
            Err(fault) => {
                if !fault.kind.is_passing() {
                    reading.cursor.failed(follower.clock.now());
                }
                self.endure(&mut reading.faults, fault).await;
            }
        }
        None
    }

    /// A page below the newest cannot be read: it is asked for later, and the newest is read meanwhile.
    async fn park(&self, reading: &mut Reading, fault: Fault) {
        let follower = &self.follower;
        let (since, retry_at) = follower.count(&mut reading.below, &fault);
        reading.cursor.park(retry_at);
        let lasting = hides_events(&fault, reading.below.times);
        if lasting && !std::mem::replace(&mut reading.faults.recorded, true) {
            let failed = reading::unreadable(&self.stack, fault.clone());
            follower.send(&self.root, vec![failed]).await;
        }
        let link = Link::Troubled {
            since,
            fault,
            retry_at,
        };
        follower.report(&self.origin, link).await;
        follower.pause(cadence::MOVING).await;
    }

    /// A page was read. What the newest says tells nothing of one below it that cannot be read.
    async fn answered(&self, reading: &mut Reading, is_below: bool, now: DateTime<Utc>) {
        if is_below {
            reading.below = Faults::default();
        }
        let faults = std::mem::take(&mut reading.faults);
        if reading.cursor.is_parked() {
            reading.faults.recorded = faults.recorded;
        } else {
            self.tell_readable(faults, now).await;
        }
    }

    /// Waits until the stack is worth reading again; false when nothing can come any more.
    async fn rest(&self, reading: &mut Reading, now: DateTime<Utc>) -> bool {
        let quiet_for = now - reading.last_news;
        let status = reading.own.as_ref().map(|event| &event.status);
        let settled = status.is_some_and(|status| !moves(status, quiet_for));
        let activity = Activity { settled, quiet_for };
        if is_deleted(status) {
            if self.stack == self.root {
                let _ = self.found.send(Found::Deleted).await;
            }
            // Nothing can happen to a deleted stack any more, but for events that were late.
            if quiet_for > LATE_EVENTS {
                return false;
            }
        }
        if settled {
            reading.cursor.hurry_audit();
        }
        let newest = reading.newest.unwrap_or(reading.last_news);
        reading.patience = cadence::patience(settled, now - newest);
        tokio::select! {
            () = self.follower.pause(cadence::next_poll(activity, jitter(now, 0))) => {}
            () = self.poke.notified() => {
                reading.patience = TimeDelta::zero();
                self.follower.pause(TimeDelta::milliseconds(200)).await;
            }
        }
        true
    }

    /// Waits after a fault. While the root does not show its events it is asked how it stands, which may be
    /// allowed: the verdict need not be lost with the events.
    async fn endure(&self, faults: &mut Faults, fault: Fault) {
        let follower = &self.follower;
        let hidden = hides_events(&fault, faults.times + 1);
        if hidden && !std::mem::replace(&mut faults.recorded, true) {
            let failed = reading::unreadable(&self.stack, fault.clone());
            follower.send(&self.root, vec![failed]).await;
        }
        if self.stack != self.root || !hidden {
            return follower.endure(&self.origin, faults, fault).await;
        }
        let (since, retry_at) = follower.count(faults, &fault);
        loop {
            let link = self.look_at_status(faults, (since, retry_at), &fault).await;
            follower.report(&self.origin, link).await;
            let left = retry_at - follower.clock.now();
            if left <= TimeDelta::zero() {
                return;
            }
            follower.pause(left.min(LOOK_AT_STATUS)).await;
        }
    }

    /// Says that the stack's events can be read; puts it on record where they could not.
    async fn tell_readable(&self, before: Faults, at: DateTime<Utc>) {
        if before.recorded {
            let readable = reading::readable(&self.stack, at);
            self.follower.send(&self.root, vec![readable]).await;
        }
        let answering = Link::Answering { at };
        self.follower.report(&self.origin, answering).await;
    }

    /// Asks how the stack stands, and tells it if that is news.
    async fn look_at_status(
        &self,
        faults: &mut Faults,
        (since, retry_at): (DateTime<Utc>, DateTime<Utc>),
        fault: &Fault,
    ) -> Link {
        let follower = &self.follower;
        follower.budget.turn().await;
        let answer = follower.stacks.describe(self.stack.as_str()).await;
        follower.budget.learn(&answer);
        let Ok(Some(stack)) = answer else {
            return Link::Troubled {
                since,
                fault: fault.clone(),
                retry_at,
            };
        };
        if faults.told.as_ref() != Some(&stack.status) {
            faults.told = Some(stack.status.clone());
            let deleted = is_deleted(Some(&stack.status));
            let described = vec![Fact::StackDescribed { stack }];
            follower.send(&self.root, described).await;
            if deleted {
                let _ = self.found.send(Found::Deleted).await;
            }
        }
        Link::StatusOnly {
            at: follower.clock.now(),
            since,
            fault: fault.clone(),
        }
    }

    /// Sends new events on, a mark of the beginning before them and one of the end behind them, then tells of
    /// the nested stacks that they name.
    async fn pass_on(&self, events: Vec<StackEvent>, mark: Option<Mark>) {
        if events.is_empty() && mark.is_none() {
            return;
        }
        let mut nested: Vec<StackId> = Vec::new();
        for child in events.iter().filter_map(StackEvent::nested_stack) {
            if child != self.stack && !nested.contains(&child) {
                nested.push(child);
            }
        }
        tracing::debug!(events = events.len(), nested = nested.len(), "new events");
        let seen = (!events.is_empty()).then(|| Fact::StackEventsSeen {
            stack_id: self.stack.clone(),
            events,
        });
        let now = self.follower.clock.now();
        let at = self.marked_at.map_or(now, |marked_at| marked_at.max(now));
        let marked = mark.map(|mark| mark.fact(&self.stack, at));
        let facts = match mark {
            Some(Mark::Begun) => [marked, seen],
            Some(Mark::Ended) | None => [seen, marked],
        };
        self.follower
            .send(&self.root, facts.into_iter().flatten().collect())
            .await;
        for child in nested {
            let _ = self.found.send(Found::Nested(child)).await;
        }
    }
}

/// Trouble that may concern the one page that was asked for; who is throttled asks nothing else meanwhile.
fn spoils_one_page(kind: FaultKind) -> bool {
    kind.is_passing() && kind != FaultKind::Throttled
}

/// The newest event of the stack itself, whatever order pages come in.
fn newest_own<'e>(
    events: impl IntoIterator<Item = &'e StackEvent>,
    before: Option<StackEvent>,
) -> Option<StackEvent> {
    let own = events.into_iter().filter(|event| event.is_about_stack()).cloned();
    own.chain(before).max_by(|a, b| a.order().cmp(&b.order()))
}

fn moves(status: &Status, quiet_for: TimeDelta) -> bool {
    match status.phase() {
        Phase::InProgress => true,
        Phase::Unknown => quiet_for < UNHEARD,
        Phase::Idle | Phase::Complete | Phase::Failed => false,
    }
}

/// A fault of the events alone, as far as can be told: it is worth asking for the status.
fn hides_events(fault: &Fault, times: u32) -> bool {
    let of_everything = matches!(
        fault.kind,
        FaultKind::Throttled | FaultKind::Network | FaultKind::Expired | FaultKind::NoCredentials
    );
    !of_everything && (!fault.kind.is_passing() || times >= LASTING)
}

fn is_deleted(status: Option<&Status>) -> bool {
    status.is_some_and(|status| status.phase() == Phase::Complete && status.operation() == Operation::Delete)
}
