//! Tails one stack: reads its events page by page, at its turn, and says how that goes.

mod outputs;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;

use self::outputs::OutputsRead;
use super::cursor::Cursor;
use super::faults::{Faults, jitter};
use super::follower::Follower;
use super::push::{Poke, Trust};
use crate::domain::investigate::cadence;
use crate::domain::investigate::cadence::Activity;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source_status::{Origin, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase, Status};
use crate::domain::session::reading;
use crate::domain::session::reading::ReadMarker;
use crate::ports::Page;

/// Events of a deleted stack may still come for this long.
const LATE_EVENTS: TimeDelta = TimeDelta::minutes(2);
/// An older page that could not be read for so long is not waited for any more once the stack is deleted.
const DEFERRED: TimeDelta = TimeDelta::minutes(15);
/// How often a stack is asked for its status while it does not show its events.
const LOOK_AT_STATUS: TimeDelta = TimeDelta::seconds(5);
/// What may pass by itself is taken for lasting after so many faults in a row.
const LASTING: u32 = 3;
/// A stack in a status that is not known, of which nothing was heard for so long, is not taken to move.
const UNHEARD: TimeDelta = TimeDelta::minutes(5);

/// What a session's tails share.
pub(super) struct Tail {
    pub(super) follower: Follower,
    pub(super) root: StackId,
    pub(super) stack: StackId,
    pub(super) origin: Origin,
    pub(super) poke: Arc<Poke>,
    pub(super) found: mpsc::Sender<Found>,
    /// No mark is older than those that were saved, even if the clock was set back since.
    pub(super) marked_at: Option<DateTime<Utc>>,
    /// It is on record that its events cannot be read.
    pub(super) unreadable: bool,
    /// Its own newest event that is known from before.
    pub(super) newest: Option<StackEvent>,
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
    max_wait: TimeDelta,
    /// Whether a queue tells of everything that comes new.
    trust: Trust,
    /// When the last mark was made.
    marked_at: Option<DateTime<Utc>>,
    outputs: OutputsRead,
}

/// What a tail tells its session.
pub(super) enum Found {
    /// A nested stack, or news of one.
    Nested(StackId),
    /// The root stack was deleted.
    Deleted,
}

impl Tail {
    pub(super) async fn run(self, cursor: Cursor) {
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
            max_wait: cadence::UNREAD_MAX_WAIT,
            trust: Trust::default(),
            marked_at: self.marked_at,
            outputs: OutputsRead::after(self.newest.as_ref()),
        };
        while self.read(&mut reading).await {}
    }

    /// Reads one page and waits until it is time for another; false when nothing can come any more.
    async fn read(&self, reading: &mut Reading) -> bool {
        let Some((page, told)) = self.page(reading).await else {
            return true;
        };
        let is_below = reading.cursor.is_below();
        let now = self.follower.clock.now();
        let step = reading.cursor.apply_page(page.items, page.next, now);
        reading.trust.read(told, !step.new.is_empty());
        if !step.new.is_empty() {
            reading.last_news = now;
            reading.own = newest_own(&step.new, reading.own.take());
            let newest = step.new.iter().map(|event| event.at).max();
            reading.newest = reading.newest.max(newest);
        }
        let marked = step.mark.map(|mark| {
            let at = ReadMarker::time_after(reading.marked_at, now);
            reading.marked_at = Some(at);
            (mark, mark.fact(&self.stack, at))
        });
        self.pass_on(step.new, marked).await;
        if let Some(astray) = step.astray {
            let action = "cloudformation:DescribeStackEvents";
            let fault = Fault::new(action, FaultKind::Malformed, astray.words());
            self.defer(reading, fault).await;
            return true;
        }
        self.answered(reading, is_below, now).await;
        if step.urgent {
            reading.max_wait = TimeDelta::zero();
            return true;
        }
        outputs::read(self, reading).await;
        self.rest(reading, now).await
    }

    /// Asks for the page that is next, and how often a queue had told of the stack by then; nothing when it cannot be
    /// read, after a while.
    async fn page(&self, reading: &mut Reading) -> Option<(Page<StackEvent>, u64)> {
        let follower = &self.follower;
        tokio::select! {
            () = follower.budget.turn_within(reading.max_wait) => {}
            // Its parent has news of it.
            () = self.poke.notified() => follower.budget.acquire().await,
        }
        // What is told from here on may be missing in the answer.
        let told = self.poke.told();
        let token = reading.cursor.page(follower.clock.now());
        let answer = follower.stacks.events(&self.stack, token).await;
        follower.budget.observe(&answer);
        match answer {
            Ok(page) => return Some((page, told)),
            Err(fault) if reading.cursor.is_below() && spoils_one_page(fault.kind) => {
                self.defer(reading, fault).await;
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
    async fn defer(&self, reading: &mut Reading, fault: Fault) {
        let follower = &self.follower;
        let (since, retry_at) = follower.count(&mut reading.below, &fault);
        reading.cursor.defer(retry_at);
        let lasting = hides_events(&fault, reading.below.times);
        if lasting {
            self.tell_unreadable(&mut reading.faults, &fault).await;
        }
        let link = SourceStatus::Troubled {
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
        if reading.cursor.is_deferred() {
            reading.faults.recorded = faults.recorded;
            reading.faults.prospect = faults.prospect;
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
        // Whoever goes on with the successor would lose what is still to be read below.
        let below = reading.below.since.filter(|_| reading.cursor.is_deferred());
        let awaits_more = below.is_some_and(|since| now - since < DEFERRED);
        if is_deleted(status) && !awaits_more {
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
        // The root tells of all others.
        reading.max_wait = if self.stack == self.root {
            TimeDelta::zero()
        } else {
            cadence::max_wait(settled, now - newest)
        };
        let pause = reading.trust.pause(cadence::next_poll(activity, jitter(now, 0)));
        tokio::select! {
            () = self.follower.pause(pause) => {}
            () = self.poke.notified() => {
                reading.max_wait = TimeDelta::zero();
                let since = self.follower.clock.now() - now;
                self.follower.pause(cadence::after_poke(since)).await;
            }
        }
        true
    }

    /// Waits after a fault. While the root does not show its events it is asked how it stands, which may be
    /// allowed: the verdict need not be lost with the events.
    async fn endure(&self, faults: &mut Faults, fault: Fault) {
        let follower = &self.follower;
        let hidden = hides_events(&fault, faults.times + 1);
        if hidden {
            self.tell_unreadable(faults, &fault).await;
        }
        if self.stack != self.root || !hidden {
            return follower.endure(&self.origin, faults, fault).await;
        }
        let (since, retry_at) = follower.count(faults, &fault);
        loop {
            let link = self.look_at_status(faults, since, retry_at, &fault).await;
            follower.report(&self.origin, link).await;
            let left = retry_at - follower.clock.now();
            if left <= TimeDelta::zero() {
                return;
            }
            follower.pause(left.min(LOOK_AT_STATUS)).await;
        }
    }

    /// Puts on record that the stack's events cannot be read, and again when it turns out to be for good, or not.
    async fn tell_unreadable(&self, faults: &mut Faults, fault: &Fault) {
        let prospect = Some(fault.kind.is_for_good());
        faults.recorded = true;
        if std::mem::replace(&mut faults.prospect, prospect) != prospect {
            let failed = reading::unreadable(&self.stack, fault.clone());
            self.follower.send(&self.root, vec![failed]).await;
        }
    }

    /// Says that the stack's events can be read; puts it on record where they could not.
    async fn tell_readable(&self, before: Faults, at: DateTime<Utc>) {
        if before.recorded {
            let readable = reading::readable(&self.stack, at);
            self.follower.send(&self.root, vec![readable]).await;
        }
        let answering = SourceStatus::Answering { at };
        self.follower.report(&self.origin, answering).await;
    }

    /// Asks how the stack stands, and tells it if that is news.
    async fn look_at_status(
        &self,
        faults: &mut Faults,
        since: DateTime<Utc>,
        retry_at: DateTime<Utc>,
        fault: &Fault,
    ) -> SourceStatus {
        let follower = &self.follower;
        follower.budget.acquire().await;
        let answer = follower.stacks.describe(self.stack.as_str()).await;
        follower.budget.observe(&answer);
        let Ok(Some(stack)) = answer else {
            return SourceStatus::Troubled {
                since,
                fault: fault.clone(),
                retry_at,
            };
        };
        let deleted = is_deleted(Some(&stack.status));
        if faults.told.as_ref() != Some(&stack.status) {
            faults.told = Some(stack.status.clone());
            let described = vec![Fact::StackDescribed { stack }];
            follower.send(&self.root, described).await;
        }
        // Events that may still come are waited for before anybody goes on with the successor.
        if deleted && fault.kind.is_for_good() {
            let _ = self.found.send(Found::Deleted).await;
        }
        SourceStatus::StatusOnly {
            at: follower.clock.now(),
            since,
            fault: fault.clone(),
        }
    }

    /// Sends new events on, a mark of the beginning before them and one of the end behind them, then tells of
    /// the nested stacks that they name.
    async fn pass_on(&self, events: Vec<StackEvent>, marked: Option<(ReadMarker, Fact)>) {
        if events.is_empty() && marked.is_none() {
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
        let facts = match marked {
            Some((ReadMarker::Begun, mark)) => [Some(mark), seen],
            Some((ReadMarker::Ended, mark)) => [seen, Some(mark)],
            None => [seen, None],
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
pub(super) fn newest_own<'e>(
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
