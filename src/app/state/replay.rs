//! Plays a saved journal again: the same facts, in their order, at the pace at which they came or faster. Long waits
//! are shortened here: to seconds for whoever looks on, to half an hour of the story for everybody.
//!
//! Pure: it is told the time and says which facts are due. What they fold to is the business of whoever
//! takes them.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::{Fact, Recorded};

/// The speeds that a person steps through.
const SPEEDS: [i32; 10] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600];

/// Nobody was watching for longer than this: the wait is played no longer. CloudTrail's twenty minutes are.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(30);

/// Where nothing comes for longer, whoever watches waits no longer than this.
const LONGEST_GAP: TimeDelta = TimeDelta::seconds(2);

/// A story is played in about so much time, if nobody says how fast.
const FITTING: TimeDelta = TimeDelta::seconds(45);

/// How many seconds of the story pass in one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(i32);

impl Speed {
    /// The pace at which it happened.
    pub const ORIGINAL: Self = Self(1);

    /// So many times as fast, from 1 to 600.
    pub fn new(times: i32) -> Self {
        Self(times.clamp(1, 600))
    }

    /// The slowest of the steps at which a story is played in three quarters of a minute.
    pub fn fitting(facts: &[Recorded]) -> Self {
        let waits = waits(facts);
        let fits = |speed: &i32| {
            let played = waits.iter().map(|wait| *(wait.min(&(LONGEST_GAP * *speed))));
            played.sum::<TimeDelta>() <= FITTING * *speed
        };
        Self(SPEEDS.into_iter().find(fits).unwrap_or(600))
    }

    /// How many times as fast.
    pub fn times(self) -> i32 {
        self.0
    }

    /// The next faster step.
    #[must_use]
    pub fn faster(self) -> Self {
        let next = SPEEDS.into_iter().find(|speed| *speed > self.0);
        Self(next.unwrap_or(self.0))
    }

    /// The next slower step.
    #[must_use]
    pub fn slower(self) -> Self {
        let next = SPEEDS.into_iter().rev().find(|speed| *speed < self.0);
        Self(next.unwrap_or(self.0))
    }
}

/// What a move through the journal asks of the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayMove<'a> {
    /// Take these in as well.
    On(&'a [Recorded]),
    /// Begin anew with these: the move went back.
    Anew(&'a [Recorded]),
}

/// A journal being played.
#[derive(Debug)]
pub struct Player {
    facts: Vec<Recorded>,
    /// How long each fact was waited for.
    waits: Vec<TimeDelta>,
    /// A wait of the story takes no longer than this for whoever watches.
    gap: Option<TimeDelta>,
    /// When each fact comes, counted from the first; never falling, long waits shortened.
    offsets: Vec<TimeDelta>,
    /// How many facts have been played.
    played: usize,
    /// How far the story had come at `since`.
    reached: TimeDelta,
    since: DateTime<Utc>,
    speed: Speed,
    paused: bool,
}

impl Player {
    /// A player at the beginning of the journal, playing.
    pub fn new(facts: Vec<Recorded>, speed: Speed, now: DateTime<Utc>) -> Self {
        let mut player = Self {
            waits: waits(&facts),
            facts,
            gap: None,
            offsets: Vec::new(),
            played: 0,
            reached: TimeDelta::zero(),
            since: now,
            speed,
            paused: false,
        };
        player.lay_out();
        player
    }

    /// A player for somebody who looks on: where nothing comes for long, the wait is shortened.
    #[must_use]
    pub fn shortened(facts: Vec<Recorded>, speed: Speed, now: DateTime<Utc>) -> Self {
        let mut player = Self::new(facts, speed, now);
        player.gap = Some(LONGEST_GAP);
        player.lay_out();
        player
    }

    /// Says when each fact comes.
    fn lay_out(&mut self) {
        let longest = self
            .gap
            .map_or(LONGEST_WAIT, |gap| (gap * self.speed.0).min(LONGEST_WAIT));
        let mut offset = TimeDelta::zero();
        self.offsets.clear();
        for wait in &self.waits {
            offset += (*wait).min(longest);
            self.offsets.push(offset);
        }
    }

    fn offset_of_last(&self) -> TimeDelta {
        let last = self.played.checked_sub(1).and_then(|last| self.offsets.get(last));
        last.copied().unwrap_or_default()
    }

    /// The facts that are due now and were not before.
    pub fn due(&mut self, now: DateTime<Utc>) -> &[Recorded] {
        let reached = self.reached_at(now);
        let to = self.offsets.partition_point(|offset| *offset <= reached);
        let to = if self.paused {
            self.played
        } else {
            to.max(self.played)
        };
        self.advance(to)
    }

    /// When the next fact is due; none while paused and after the last.
    pub fn next_due(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.offsets.get(self.played).filter(|_| !self.paused)?;
        let left = (*next - self.reached_at(now)).max(TimeDelta::zero());
        let nanoseconds = left.num_nanoseconds().unwrap_or(i64::MAX);
        let times = i64::from(self.speed.0);
        // Rounded up, so that it is due when the moment has come.
        let wait = nanoseconds / times + i64::from(nanoseconds % times > 0);
        now.checked_add_signed(TimeDelta::nanoseconds(wait))
    }

    /// Stops the time of the story, or lets it go on.
    pub fn toggle(&mut self, now: DateTime<Utc>) {
        self.settle(now);
        self.paused = !self.paused;
    }

    /// Changes the speed.
    pub fn set_speed(&mut self, speed: Speed, now: DateTime<Utc>) {
        self.settle(now);
        self.speed = speed;
        // The waits are others now: as far into this one as before, if it is that long.
        let since_last = self.reached - self.offset_of_last();
        self.lay_out();
        let last = self.offset_of_last();
        let next = self.offsets.get(self.played).copied().unwrap_or(last);
        self.reached = (last + since_last).min(next).max(last);
    }

    /// Plays the next fact alone, and pauses.
    pub fn step(&mut self, now: DateTime<Utc>) -> &[Recorded] {
        let from = self.played;
        let to = from.saturating_add(1).min(self.facts.len());
        self.jump(to, now);
        self.paused = true;
        self.slice(from..to)
    }

    /// Plays up to the next fact that tells of a failure; stays where it is if there is none.
    pub fn next_failure(&mut self, now: DateTime<Utc>) -> &[Recorded] {
        let rest = self.facts.get(self.played..).unwrap_or_default();
        let found = rest.iter().position(tells_of_failure);
        let from = self.played;
        let Some(index) = found else {
            return &[];
        };
        let to = from + index + 1;
        self.jump(to, now);
        self.slice(from..to)
    }

    /// What failed in the fact that was played last, in its order.
    pub fn failed_last(&self) -> impl Iterator<Item = &StackEvent> {
        let last = self.played.checked_sub(1).and_then(|last| self.facts.get(last));
        let events = match last.map(|recorded| &recorded.fact) {
            Some(Fact::StackEventsSeen { events, .. }) => events.as_slice(),
            _ => &[],
        };
        events.iter().filter(|event| event.status.is_failed())
    }

    /// Goes back by one fact, and pauses. The first fact stays: before it there is nothing to look at.
    pub fn step_back(&mut self, now: DateTime<Utc>) {
        self.settle(now);
        self.played = self.played.saturating_sub(1).max(1).min(self.facts.len());
        let last = self.played.checked_sub(1).and_then(|last| self.offsets.get(last));
        self.reached = last.copied().unwrap_or_default();
        self.paused = true;
    }

    /// Stops the time of the story.
    pub fn pause(&mut self, now: DateTime<Utc>) {
        self.settle(now);
        self.paused = true;
    }

    /// How many facts have been played.
    pub fn played(&self) -> usize {
        self.played
    }

    /// The whole journal.
    pub fn facts(&self) -> &[Recorded] {
        &self.facts
    }

    /// How far the story has come, without the waits that are left out.
    pub fn reached(&self, now: DateTime<Utc>) -> TimeDelta {
        self.reached_at(now)
    }

    /// Where on the bar something failed, in thousandths, each place once.
    pub fn failures(&self) -> Vec<u16> {
        let length = self.length().num_milliseconds().max(1);
        let failed = self.facts.iter().zip(&self.offsets);
        let mut places: Vec<u16> = failed
            .filter(|(recorded, _)| tells_of_failure(recorded))
            .map(|(_, offset)| offset.num_milliseconds().saturating_mul(1_000) / length)
            .map(|place| u16::try_from(place).unwrap_or(1_000))
            .collect();
        places.dedup();
        places
    }

    /// Goes to a place of the bar, in thousandths of the story.
    pub fn scrub(&mut self, thousandths: u16, now: DateTime<Utc>) -> ReplayMove<'_> {
        let wanted = self.length() * i32::from(thousandths.min(1_000)) / 1_000;
        let to = self.offsets.partition_point(|offset| *offset <= wanted);
        let from = self.played;
        self.played = to;
        self.reached = wanted;
        self.since = now;
        if to < from {
            ReplayMove::Anew(self.slice(0..to))
        } else {
            ReplayMove::On(self.slice(from..to))
        }
    }

    /// How far the story has come, in thousandths.
    pub fn progress(&self, now: DateTime<Utc>) -> u16 {
        let length = self.length().num_milliseconds().max(1);
        let reached = self.reached_at(now).num_milliseconds().clamp(0, length);
        u16::try_from(reached.saturating_mul(1_000) / length).unwrap_or(1_000)
    }

    /// The moment of the story: what the clock showed then.
    pub fn moment(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let last = self.played.saturating_sub(1);
        let (recorded, offset) = self.facts.get(last).zip(self.offsets.get(last))?;
        let since_last = (self.reached_at(now) - *offset).max(TimeDelta::zero());
        recorded.observed_at.checked_add_signed(since_last)
    }

    /// When the story ends, by its own clock.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.facts.last().map(|last| last.observed_at)
    }

    /// Everything has been played.
    pub fn is_over(&self) -> bool {
        self.played == self.facts.len()
    }

    /// The time of the story stands still.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The speed.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// How long the story is, without the waits that are left out.
    pub fn length(&self) -> TimeDelta {
        self.offsets.last().copied().unwrap_or_default()
    }

    fn reached_at(&self, now: DateTime<Utc>) -> TimeDelta {
        if self.paused {
            return self.reached;
        }
        let passed = (now - self.since).max(TimeDelta::zero());
        let passed = passed.checked_mul(self.speed.0).unwrap_or(TimeDelta::MAX);
        self.reached
            .checked_add(&passed)
            .map_or_else(|| self.length(), |reached| reached.min(self.length()))
    }

    fn settle(&mut self, now: DateTime<Utc>) {
        self.reached = self.reached_at(now);
        self.since = now;
    }

    fn advance(&mut self, to: usize) -> &[Recorded] {
        let from = std::mem::replace(&mut self.played, to);
        self.slice(from..to)
    }

    /// Goes on to just after a fact.
    fn jump(&mut self, to: usize, now: DateTime<Utc>) {
        self.settle(now);
        if let Some(offset) = to.checked_sub(1).and_then(|last| self.offsets.get(last)) {
            self.reached = self.reached.max(*offset);
        }
        self.played = to;
    }

    fn slice(&self, range: Range<usize>) -> &[Recorded] {
        self.facts.get(range).unwrap_or_default()
    }
}

/// How long each fact was waited for. A clock that was set back makes no time run backwards, and nobody was watching
/// in a very long wait.
fn waits(facts: &[Recorded]) -> Vec<TimeDelta> {
    let mut before: Option<DateTime<Utc>> = None;
    let waits = facts.iter().map(|recorded| {
        let wait = before.map_or(TimeDelta::zero(), |before| recorded.observed_at - before);
        before = before.max(Some(recorded.observed_at));
        wait.clamp(TimeDelta::zero(), LONGEST_WAIT)
    });
    waits.collect()
}

fn tells_of_failure(recorded: &Recorded) -> bool {
    match &recorded.fact {
        Fact::StackEventsSeen { events, .. } => events.iter().any(|event| event.status.is_failed()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
