//! A session played again on the screen: the player, and the fold that follows it in both directions.
//!
//! Going on means to fold in what comes next. Going back means to begin at the nearest fold that was kept on
//! the way and to go on from there, so that it is quick however long the story is.

use std::cmp::Ordering;
use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::replay::{Player, Speed};
use crate::app::input::intent::Playing;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::session::Session;

/// A fold is kept after so many events: few enough to fold again between two frames.
const STRIDE: usize = 4_000;
/// One press goes so many thousandths along the bar.
const LEAP: u16 = 50;

/// What became of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionChange {
    /// It is as it was.
    None,
    /// More was folded in.
    On,
    /// It was folded anew: it knows less than before.
    Back,
}

/// A session being played.
#[derive(Debug)]
pub struct Playback {
    player: Player,
    folded: usize,
    /// Events folded in since the last fold that was kept.
    since_kept: usize,
    /// Folds on the way, each with the number of facts in it; the first is empty.
    kept: Vec<(usize, Session)>,
    failures: Vec<u16>,
    /// How many events of stacks are known after each fact.
    events: Vec<usize>,
}

impl Playback {
    /// A playback at the beginning of the journal, playing. Nothing is folded into the empty session yet.
    pub fn new(empty: Session, facts: Vec<Recorded>, speed: Speed, now: DateTime<Utc>) -> Self {
        let player = Player::shortened(facts, speed, now);
        Self {
            failures: player.failures(),
            events: known_events(player.facts()),
            player,
            kept: vec![(0, empty)],
            folded: 0,
            since_kept: 0,
        }
    }

    /// Folds in what is due.
    pub fn go_on(&mut self, session: &mut Session, now: DateTime<Utc>) -> SessionChange {
        self.player.due(now);
        self.follow(session)
    }

    /// Does what the person wants.
    pub fn apply_intent(
        &mut self,
        playing: Playing,
        session: &mut Session,
        now: DateTime<Utc>,
    ) -> SessionChange {
        let player = &mut self.player;
        match playing {
            Playing::Toggle if player.is_over() => {
                player.scrub(0, now);
                if player.is_paused() {
                    player.toggle(now);
                }
            }
            Playing::Toggle => player.toggle(now),
            Playing::StepForward => {
                player.step(now);
            }
            Playing::StepBack => player.step_back(now),
            Playing::Faster | Playing::Slower => {
                let speed = player.speed();
                let faster = playing == Playing::Faster;
                player.set_speed(if faster { speed.faster() } else { speed.slower() }, now);
                self.failures = player.failures();
            }
            Playing::NextFailure => {
                if !player.next_failure(now).is_empty() {
                    player.pause(now);
                }
            }
            Playing::Back => {
                player.scrub(player.progress(now).saturating_sub(LEAP), now);
            }
            Playing::Forward => {
                player.scrub(player.progress(now).saturating_add(LEAP).min(1_000), now);
            }
            Playing::Start => {
                player.scrub(0, now);
            }
            Playing::End => {
                player.scrub(1_000, now);
            }
        }
        self.follow(session)
    }

    /// Goes to a place of the bar, in thousandths.
    pub fn seek(&mut self, thousandths: u16, session: &mut Session, now: DateTime<Utc>) -> SessionChange {
        self.player.scrub(thousandths.min(1_000), now);
        self.follow(session)
    }

    /// Brings the fold to where the player is.
    fn follow(&mut self, session: &mut Session) -> SessionChange {
        let to = self.player.played();
        let change = match to.cmp(&self.folded) {
            Ordering::Equal => return SessionChange::None,
            Ordering::Greater => SessionChange::On,
            Ordering::Less => SessionChange::Back,
        };
        if change == SessionChange::Back {
            let nearest = self.kept.iter().rev().find(|(facts, _)| *facts <= to);
            let Some((facts, kept)) = nearest else {
                return SessionChange::None;
            };
            session.clone_from(kept);
            self.folded = *facts;
            self.since_kept = 0;
        }
        for recorded in self.player.facts().get(self.folded..to).unwrap_or_default() {
            session.apply(recorded);
            self.folded += 1;
            self.since_kept += weight(recorded);
            let new = self.kept.last().is_some_and(|(facts, _)| *facts < self.folded);
            if self.since_kept >= STRIDE && new {
                self.kept.push((self.folded, session.clone()));
                self.since_kept = 0;
            }
        }
        change
    }

    /// The player.
    pub fn player(&self) -> &Player {
        &self.player
    }

    /// Where on the bar something failed, in thousandths.
    pub fn failures(&self) -> &[u16] {
        &self.failures
    }

    /// How many events of stacks have come, and how many there are.
    pub fn events(&self) -> (usize, usize) {
        let come = self.player.played().checked_sub(1);
        let come = come.and_then(|last| self.events.get(last));
        let all = self.events.last();
        (come.copied().unwrap_or(0), all.copied().unwrap_or(0))
    }

    /// The story goes on by itself.
    pub fn is_moving(&self) -> bool {
        !self.player.is_paused() && !self.player.is_over()
    }
}

/// How many events are known after each fact: what is read twice is one.
fn known_events(facts: &[Recorded]) -> Vec<usize> {
    let mut known = HashSet::new();
    let count = |recorded: &Recorded| {
        if let Fact::StackEventsSeen { events, .. } = &recorded.fact {
            known.extend(
                events
                    .iter()
                    .map(|event| (event.stack_id.clone(), event.event_id.clone())),
            );
        }
        known.len()
    };
    facts.iter().map(count).collect()
}

fn weight(recorded: &Recorded) -> usize {
    match &recorded.fact {
        Fact::StackEventsSeen { events, .. } => events.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
