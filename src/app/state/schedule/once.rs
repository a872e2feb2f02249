//! Asking once: what can be asked now is asked and answered, and nothing is waited for that is asked again by
//! the clock. Who made the calls on the stack is asked as soon as the trail may tell. A call that did not work for a passing reason is tried a few times more.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::investigate::cadence;
use crate::domain::investigate::inquiry::{Inquiry, TrailQuestion};
use crate::domain::investigate::plan;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::domain::session::Session;

/// An inquiry is made so often before it counts as not to be answered ...
const TRIES: u32 = 4;
/// ... and so often where each try costs the whole time-out.
const SLOW_TRIES: u32 = 2;
/// A source that has failed so often in a region is not asked for anything else there.
const ENOUGH: usize = 6;
/// Nobody waits longer than this for the next try.
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(4);

/// What was asked in this run.
#[derive(Debug, Default)]
pub(super) struct Once {
    begun: Option<DateTime<Utc>>,
    asked: HashMap<String, u32>,
}

impl Once {
    /// Leaves what is to be asked now, and what is to be tried again, with the time of that.
    pub(super) fn filter(
        &mut self,
        planned: Vec<Inquiry>,
        session: &Session,
        now: DateTime<Utc>,
    ) -> Vec<Inquiry> {
        let begun = *self.begun.get_or_insert(now);
        // Where AWS's clock is ahead, its present is that of the newest event.
        let newest = session.root_history().and_then(|history| history.events().last());
        let present = newest.map_or(now, |seen| seen.event.at.max(now));
        let run = Run { session, begun };
        let due: HashSet<(SourceId, String)> = planned
            .iter()
            .filter(|one| one.due <= present && !self.asked.contains_key(&one.key))
            .map(|one| (one.source.clone(), one.region.clone()))
            .collect();
        let left = planned.into_iter().filter_map(|mut inquiry| {
            let tries = self.asked.get(&inquiry.key).copied().unwrap_or(0);
            // What matters most comes first, and shows that the trail can be read.
            let comes_first = || due.contains(&(inquiry.source.clone(), inquiry.region.clone()));
            inquiry.due = match tries {
                0 if inquiry.due <= present => now,
                0 if run.may_tell(&inquiry, present) && !comes_first() => now,
                0 => return None,
                _ if inquiry.due > present => return None,
                _ => run.again(&inquiry, tries)?,
            };
            (!run.is_hopeless(&inquiry)).then_some(inquiry)
        });
        left.collect()
    }

    /// An inquiry goes out.
    pub(super) fn ask(&mut self, key: &str) {
        *self.asked.entry(key.to_owned()).or_default() += 1;
    }
}

/// The troubles of this run: those of earlier ones say nothing about it.
struct Run<'s> {
    session: &'s Session,
    begun: DateTime<Utc>,
}

impl<'s> Run<'s> {
    /// The last trouble with an inquiry that was not answered since.
    fn trouble(&self, inquiry: &Inquiry) -> Option<(DateTime<Utc>, &'s Fault)> {
        let key = (inquiry.source.clone(), inquiry.key.clone());
        let failure = self.session.source_failures().get(&key)?;
        let (at, fault) = failure.times.last_key_value()?;
        let answered = match inquiry.question.get::<TrailQuestion>() {
            Some(asked) => self.session.trail().last_answer(&asked.search).map(|(at, _)| at),
            None => self.session.answered(&inquiry.source, &inquiry.key),
        };
        let is_new = *at >= self.begun && answered.is_none_or(|answered| answered < *at);
        is_new.then_some((*at, fault))
    }

    /// Whether the trail may know already who made a call on the stack.
    fn may_tell(&self, inquiry: &Inquiry, present: DateTime<Utc>) -> bool {
        let asked = inquiry.question.get::<TrailQuestion>();
        let from = asked.and_then(|asked| plan::may_tell_from(self.session, &asked.search));
        let mut troubles = self.session.source_troubles().into_iter();
        let is_troubled = troubles.any(|trouble| {
            let is_there = *trouble.source == inquiry.source && trouble.failure.region == inquiry.region;
            is_there && trouble.failure.times.range(self.begun..).next().is_some()
        });
        from.is_some_and(|from| from <= present) && !is_troubled
    }

    /// When something that was asked so often is tried again; never if it was answered or is refused.
    fn again(&self, inquiry: &Inquiry, tries: u32) -> Option<DateTime<Utc>> {
        let (at, fault) = self.trouble(inquiry)?;
        let most = if fault.kind == FaultKind::TimedOut {
            SLOW_TRIES
        } else {
            TRIES
        };
        let pause = cadence::after_fault(fault.kind, tries, 0.0).min(LONGEST_PAUSE);
        (fault.kind.is_passing() && tries < most).then(|| at + pause)
    }

    /// The source has shown that it cannot be read there.
    fn is_hopeless(&self, inquiry: &Inquiry) -> bool {
        let of_source =
            self.session.source_troubles().into_iter().filter(|trouble| {
                *trouble.source == inquiry.source && trouble.failure.region == inquiry.region
            });
        let faults = || {
            let times = of_source
                .clone()
                .flat_map(|trouble| trouble.failure.times.range(self.begun..));
            times.map(|(_, fault)| fault)
        };
        // A trail is allowed or denied as a whole; a log group may be denied by itself.
        let whole = self.session.sources().is_trail(&inquiry.source);
        let denied = whole && faults().any(|fault| fault.kind == FaultKind::Denied);
        denied || faults().filter(|fault| fault.kind.is_passing()).count() >= ENOUGH
    }
}

#[cfg(test)]
mod tests;
