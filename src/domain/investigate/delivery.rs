//! The countdown: when the trail should have its records.
//!
//! AWS says that CloudTrail delivers within an average of about five minutes and guarantees nothing. So an
//! expectation is a band, it learns from what was seen here, and it ends quietly.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::model::trail::TrailSearch;
use crate::domain::session::Session;

/// When a region's trail usually has its records, counted from the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelayEstimate {
    /// Nearly nothing comes before this.
    pub earliest: TimeDelta,
    /// Half has come by then.
    pub typical: TimeDelta,
    /// Nearly everything has come by then.
    pub latest: TimeDelta,
    /// How many records taught it; none means that it is the prior.
    pub learned_from: usize,
}

/// Looking ends this long after the failure: "nothing recorded, here is where we looked".
pub const GIVE_UP: TimeDelta = TimeDelta::minutes(20);

/// What a trail is expected to do before anything was seen here.
pub const PRIOR: DelayEstimate = DelayEstimate {
    earliest: TimeDelta::minutes(2),
    typical: TimeDelta::minutes(5),
    latest: TimeDelta::minutes(15),
    learned_from: 0,
};

/// How many sightings the prior weighs as much as.
const PRIOR_WEIGHT: i32 = 4;

impl DelayEstimate {
    /// The band that these delays (first sighting minus event time) teach. The prior fades as they grow in
    /// number. The order of the delays does not matter.
    pub fn learned(delays: &[TimeDelta]) -> Self {
        let mut sorted: Vec<TimeDelta> = delays
            .iter()
            .copied()
            .filter(|delay| (TimeDelta::zero()..=GIVE_UP * 2).contains(delay))
            .collect();
        if sorted.is_empty() {
            return PRIOR;
        }
        sorted.sort_unstable();
        let count = i32::try_from(sorted.len()).unwrap_or(i32::MAX / 2);
        let blend = |prior: TimeDelta, seen: TimeDelta| {
            (prior * PRIOR_WEIGHT + seen * count.min(1_000)) / (PRIOR_WEIGHT + count.min(1_000))
        };
        let at = |percent: usize| {
            let index = (sorted.len().saturating_sub(1)) * percent / 100;
            sorted.get(index).copied().unwrap_or(PRIOR.typical)
        };
        Self {
            earliest: blend(PRIOR.earliest, at(10)),
            typical: blend(PRIOR.typical, at(50)),
            latest: blend(PRIOR.latest, at(95)),
            learned_from: sorted.len(),
        }
    }

    /// The band for a region, taught by a session's own sightings and by those of earlier sessions of the
    /// same account that the session was told of.
    pub fn of(session: &Session, region: &str) -> Self {
        let mut delays = delays(session, region);
        let earlier = session.trail().earlier_delays(region).iter();
        delays.extend(earlier.map(|seconds| TimeDelta::seconds(i64::from(*seconds))));
        Self::learned(&delays)
    }

    /// The band in words: "usually 2 to 15 min", and "usually 2 to 9 min here" once it was taught by what was
    /// seen in this account.
    pub fn label(&self) -> String {
        let minutes = |delta: TimeDelta| ((delta.num_seconds() + 30) / 60).max(1);
        let here = if self.learned_from > 0 { " here" } else { "" };
        let (earliest, latest) = (minutes(self.earliest), minutes(self.latest));
        if earliest == latest {
            format!("usually {latest} min{here}")
        } else {
            format!("usually {earliest} to {latest} min{here}")
        }
    }
}

/// First sighting minus event time of the records that a session saw come.
///
/// Only records first seen while the trail was being watched teach anything, that is by a search that had
/// been answered without them before: one found an hour after its call was there long before.
pub fn delays(session: &Session, region: &str) -> Vec<TimeDelta> {
    let again: Vec<(&TrailSearch, DateTime<Utc>)> = session
        .trail()
        .answers()
        .iter()
        .filter(|(search, _)| search.region == region)
        .flat_map(|(search, answers)| answers.keys().skip(1).map(move |at| (search, *at)))
        .collect();
    if again.is_empty() {
        return Vec::new();
    }
    session
        .trail()
        .records()
        .values()
        .filter(|seen| {
            again.iter().any(|(search, at)| {
                *at == seen.observed_at && (search.from..=search.to).contains(&seen.record.at)
            })
        })
        .map(|seen| seen.observed_at - seen.record.at)
        .filter(|delay| (TimeDelta::zero()..=GIVE_UP * 2).contains(delay))
        .collect()
}

/// How the wait for a failure's records stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryWait {
    /// When the records are expected: the end of the countdown.
    pub expected_at: DateTime<Utc>,
    /// Nearly nothing comes before.
    pub earliest_at: DateTime<Utc>,
    /// Looking begins.
    pub look_from: DateTime<Utc>,
    /// Looking ends.
    pub give_up_at: DateTime<Utc>,
    /// The region has already delivered records that are newer than the failure.
    pub passed: bool,
}

impl DeliveryWait {
    /// The wait for the records of a failure at `failed_at`, given the band and the event time of the
    /// newest record that the region has delivered.
    pub fn new(failed_at: DateTime<Utc>, band: &DelayEstimate, watermark: Option<DateTime<Utc>>) -> Self {
        let add = |delta| {
            failed_at
                .checked_add_signed(delta)
                .unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        Self {
            expected_at: add(band.typical),
            earliest_at: add(band.earliest),
            look_from: add(band.earliest / 4),
            give_up_at: add(GIVE_UP),
            passed: watermark.is_some_and(|newest| newest > failed_at),
        }
    }

    /// What is left of the countdown; nothing once it is over.
    pub fn left(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let left = self.expected_at - now;
        (left > TimeDelta::zero()).then_some(left)
    }

    /// Looking makes no sense any more.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        now >= self.give_up_at
    }
}

#[cfg(test)]
mod tests;
