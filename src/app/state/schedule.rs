//! Which inquiries are due, and when to look again: the schedule of the investigations.
//!
//! The sources plan; this keeps two of a kind from running at once, and waits after trouble.

mod once;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use self::once::Once;
use super::effect::Effect;
use crate::domain::investigate::cadence;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{Inquiry, Source};
use crate::domain::session::Session;

/// A source may make up its mind because time has passed: a plan is made anew after this long at the latest,
/// whenever something wakes the program.
const PLAN_HOLDS: TimeDelta = TimeDelta::seconds(5);

/// When inquiries are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asking {
    /// Whenever they fall due.
    #[default]
    ByTheClock,
    /// What can be asked now, and nothing twice.
    Once,
}

/// The inquiries of one session.
#[derive(Debug, Default)]
pub struct Schedule {
    in_flight: HashSet<String>,
    /// When each was asked for the last time, in this run.
    asked: HashMap<String, DateTime<Utc>>,
    next: Option<DateTime<Utc>>,
    plan: Plan,
    once: Once,
}

/// Whether the sources have planned with all that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Plan {
    /// Something came since.
    #[default]
    Outdated,
    /// At this moment, with all that was known: nothing will change before something falls due.
    Made(DateTime<Utc>, Asking),
}

impl Schedule {
    /// An inquiry has come to its end.
    pub fn ended(&mut self, key: &str) {
        self.in_flight.remove(key);
        self.plan = Plan::Outdated;
    }

    /// Something is known that was not when the sources last planned.
    pub fn replan(&mut self) {
        self.plan = Plan::Outdated;
    }

    /// The inquiries under way.
    pub fn in_flight(&self) -> &HashSet<String> {
        &self.in_flight
    }

    /// Whether this is being asked.
    pub fn is_asking(&self, key: &str) -> bool {
        self.in_flight.contains(key)
    }

    /// When something falls due next.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.next
    }

    /// Whatever is due now, most pressing first.
    pub fn due(
        &mut self,
        (sources, asking): (&[Arc<dyn Source>], Asking),
        session: &Session,
        diagnosis: &Diagnosis,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let fallen_due = self.next.is_some_and(|next| next <= now);
        let still_good = matches!(
            self.plan,
            Plan::Made(at, by) if by == asking && now - at < PLAN_HOLDS && now >= at
        );
        if still_good && !fallen_due {
            return Vec::new();
        }
        self.plan = Plan::Made(now, asking);
        let all = sources
            .iter()
            .flat_map(|source| {
                let planned = source.plan(session, diagnosis, now).into_iter();
                planned.map(move |inquiry| (source, inquiry))
            })
            .filter(|(_, inquiry)| !self.in_flight.contains(&inquiry.key));
        let mut planned: Vec<Inquiry> = match asking {
            Asking::ByTheClock => all
                .map(|(source, inquiry)| self.rested(source.as_ref(), session, inquiry, now))
                .collect(),
            Asking::Once => {
                let all = all.map(|(_, inquiry)| inquiry).collect();
                self.once.filter(all, session, now)
            }
        };
        planned.sort_by(|a, b| (a.due, a.priority, &a.key).cmp(&(b.due, b.priority, &b.key)));
        self.next = planned.iter().map(|inquiry| inquiry.due).find(|due| *due > now);
        planned.retain(|inquiry| inquiry.due <= now);
        planned.sort_by(|a, b| (a.priority, a.due, &a.key).cmp(&(b.priority, b.due, &b.key)));
        let root = session.root();
        for inquiry in &planned {
            self.asked.insert(inquiry.key.clone(), now);
        }
        planned
            .into_iter()
            .filter(|inquiry| self.in_flight.insert(inquiry.key.clone()))
            .inspect(|inquiry| self.once.ask(&inquiry.key))
            .map(|inquiry| Effect::Inquire {
                root: root.clone(),
                inquiry,
            })
            .collect()
    }
}

impl Schedule {
    /// Not sooner than its source wants it again, nor than trouble allows.
    fn rested(
        &self,
        source: &dyn Source,
        session: &Session,
        mut inquiry: Inquiry,
        now: DateTime<Utc>,
    ) -> Inquiry {
        let trouble = trouble_in_a_row(session, &inquiry);
        if let Some((at, pause)) = trouble {
            inquiry.due = inquiry.due.max(at + pause);
        }
        if let Some(asked) = self.asked.get(&inquiry.key).filter(|asked| **asked <= now) {
            let rest = source.rest(&inquiry, session, now);
            let pause = trouble.map_or(TimeDelta::zero(), |(_, pause)| pause);
            inquiry.due = inquiry.due.max(*asked + rest.max(pause));
        }
        inquiry
    }
}

/// A source that could not be asked is left alone for a while, longer each time: when that was, and how long.
fn trouble_in_a_row(session: &Session, inquiry: &Inquiry) -> Option<(DateTime<Utc>, TimeDelta)> {
    let key = (inquiry.source.clone(), inquiry.key.clone());
    let trouble = session.source_failures().get(&key)?;
    let (at, fault) = trouble.times.last_key_value()?;
    let answered = session.answered(&inquiry.source, &inquiry.key);
    if answered.is_some_and(|answered| answered >= *at) {
        return None;
    }
    // Only failures in a row count: those of the last quarter of an hour.
    let recent = trouble.times.range(*at - TimeDelta::minutes(15)..).count();
    let times = u32::try_from(recent).unwrap_or(u32::MAX);
    Some((*at, cadence::after_inquiry(fault.kind, times)))
}
