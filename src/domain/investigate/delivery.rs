//! The countdown: when the trail should have its records.
//!
//! A trail declares how late its records come (AWS says of CloudTrail: within an average of about five minutes, and
//! guarantees nothing). So an expectation is a range, it learns from what was seen here, and it ends quietly.

pub mod pushed;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::model::source::trail_backend::DeliveryPrior;
use crate::domain::model::trail::TrailSearch;
use crate::domain::session::Session;
use pushed::PushedWait;

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

/// Evidence that declares nothing else is waited for so long after a failure: "nothing recorded, here is where we
/// looked". How long a trail is looked at, it declares.
pub const GIVE_UP: TimeDelta = TimeDelta::minutes(20);

/// How many sightings the prior weighs as much as.
const PRIOR_WEIGHT: i32 = 4;

impl DelayEstimate {
    /// What a trail is expected to do before anything was seen here.
    pub const fn prior(of: &DeliveryPrior) -> Self {
        Self {
            earliest: of.earliest,
            typical: of.typical,
            latest: of.latest,
            learned_from: 0,
        }
    }

    /// The estimate that these delays (first sighting minus event time) teach. The prior fades as they grow in
    /// number. The order of the delays does not matter.
    pub fn learned(delays: &[TimeDelta], prior: &DeliveryPrior) -> Self {
        let mut sorted: Vec<TimeDelta> = delays
            .iter()
            .copied()
            .filter(|delay| (TimeDelta::zero()..=prior.give_up * 2).contains(delay))
            .collect();
        if sorted.is_empty() {
            return Self::prior(prior);
        }
        sorted.sort_unstable();
        let count = i32::try_from(sorted.len()).unwrap_or(i32::MAX / 2);
        let blend = |expected: TimeDelta, seen: TimeDelta| {
            (expected * PRIOR_WEIGHT + seen * count.min(1_000)) / (PRIOR_WEIGHT + count.min(1_000))
        };
        let at = |percent: usize| {
            let index = (sorted.len().saturating_sub(1)) * percent / 100;
            sorted.get(index).copied().unwrap_or(prior.typical)
        };
        Self {
            earliest: blend(prior.earliest, at(10)),
            typical: blend(prior.typical, at(50)),
            latest: blend(prior.latest, at(95)),
            learned_from: sorted.len(),
        }
    }

    /// The estimate for a region, taught by a session's own sightings and by those of earlier sessions of the
    /// same account that the session was told of.
    pub fn of(session: &Session, region: &str) -> Self {
        let mut delays = delays(session, region);
        let earlier = session.trail().earlier_delays(region).iter();
        delays.extend(earlier.map(|seconds| TimeDelta::seconds(i64::from(*seconds))));
        Self::learned(&delays, &session.sources().trail().delivery)
    }

    /// The estimate in words: "usually 2 to 15 min", and "usually 2 to 9 min here" once it was taught by what was
    /// seen in this account. What comes within a minute and a half is told in seconds.
    pub fn label(&self) -> String {
        let is_short = self.latest < TimeDelta::seconds(90);
        let (second, unit) = if is_short { (1, "s") } else { (60, "min") };
        let rounded = |delta: TimeDelta| ((delta.num_seconds() + second / 2) / second).max(1);
        let here = if self.learned_from > 0 { " here" } else { "" };
        let (earliest, latest) = (rounded(self.earliest), rounded(self.latest));
        if earliest == latest {
            format!("usually {latest} {unit}{here}")
        } else {
            format!("usually {earliest} to {latest} {unit}{here}")
        }
    }
}

/// First sighting minus event time of the records that a session saw come.
///
/// Only records first seen while the trail was being watched teach anything, that is by a search that had
/// been answered without them before: one found an hour after its call was there long before. What another trail than
/// the one that is asked delivered says nothing of this one.
pub fn delays(session: &Session, region: &str) -> Vec<TimeDelta> {
    let trail = session.sources().trail();
    let again: Vec<(&TrailSearch, DateTime<Utc>)> = session
        .trail()
        .answers()
        .iter()
        .filter(|(search, _)| search.region == region)
        .flat_map(|(search, answers)| {
            let own = answers
                .iter()
                .filter(|(_, answer)| answer.source == trail.source.id);
            own.skip(1).map(move |(at, _)| (search, *at))
        })
        .collect();
    if again.is_empty() {
        return Vec::new();
    }
    let most = trail.delivery.give_up * 2;
    session
        .trail()
        .records()
        .values()
        .filter(|seen| seen.source == trail.source.id)
        .filter(|seen| {
            again.iter().any(|(search, at)| {
                *at == seen.observed_at && (search.from..=search.to).contains(&seen.record.at)
            })
        })
        .map(|seen| seen.observed_at - seen.record.at)
        .filter(|delay| (TimeDelta::zero()..=most).contains(delay))
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
    /// A queue is expected to bring them sooner.
    pub pushed: Option<PushedWait>,
}

impl DeliveryWait {
    /// The wait for the records of a region, counted from `since`, as the session's trail declares it and its
    /// records have taught.
    pub fn of(session: &Session, region: &str, since: DateTime<Utc>) -> Self {
        let estimate = DelayEstimate::of(session, region);
        let trail = session.sources().trail();
        let watermark = session.trail().watermark(&trail.source.id, region);
        let wait = Self::new(since, &estimate, trail.delivery.give_up, watermark);
        let pushed = PushedWait::of(session, region, since);
        Self {
            pushed: pushed.filter(|pushed| pushed.latest_at < wait.expected_at),
            ..wait
        }
    }

    /// The wait for the records of a failure at `failed_at`, given the estimate and the event time of the
    /// newest record that the region has delivered.
    fn new(
        failed_at: DateTime<Utc>,
        estimate: &DelayEstimate,
        give_up: TimeDelta,
        watermark: Option<DateTime<Utc>>,
    ) -> Self {
        let add = |delta| {
            failed_at
                .checked_add_signed(delta)
                .unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        Self {
            expected_at: add(estimate.typical),
            earliest_at: add(estimate.earliest),
            look_from: add(estimate.earliest / 4),
            give_up_at: add(give_up),
            passed: watermark.is_some_and(|newest| newest > failed_at),
            pushed: None,
        }
    }

    /// The records are expected from a queue yet.
    pub fn is_pushed(&self, now: DateTime<Utc>) -> bool {
        self.pushed.is_some_and(|pushed| now < pushed.latest_at)
    }

    /// The end of the countdown as it stands at a moment: a queue's, until what it brings has come or does not come.
    pub fn expected(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let pushed = self.pushed.filter(|_| self.is_pushed(now));
        pushed.map_or(self.expected_at, |pushed| pushed.expected_at)
    }

    /// What is left of the countdown; nothing once it is over.
    pub fn left(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let left = self.expected(now) - now;
        (left > TimeDelta::zero()).then_some(left)
    }

    /// Looking makes no sense any more.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        now >= self.give_up_at
    }
}

#[cfg(test)]
mod tests;
