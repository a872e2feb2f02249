//! How soon a queue brings what the trail records, where a watch listens to one.
//!
//! Nobody promises that either, so nothing is expected of a queue before it was seen at work here; then the countdown is
//! its own. What it did not bring by then the trail may still tell, and the countdown is the trail's again.

use chrono::{DateTime, TimeDelta, Utc};

use super::DelayEstimate;
use crate::domain::model::source::SourceId;
use crate::domain::session::Session;

/// Fewer sightings teach nothing: one may be luck.
const FEWEST: usize = 3;

/// First sighting minus event time of the calls of which a queue told first, among those made since `since`: what lay
/// in the queue when the watch began says nothing of how soon it comes.
pub fn delays(session: &Session, region: &str, since: DateTime<Utc>) -> Vec<TimeDelta> {
    let most = session.sources().trail().delivery.give_up * 2;
    let seen = session.trail().records().values();
    seen.filter(|seen| seen.source == SourceId::QUEUE && seen.record.region == region)
        .filter(|seen| seen.record.at >= since)
        .map(|seen| seen.observed_at - seen.record.at)
        .filter(|delay| (TimeDelta::zero()..=most).contains(delay))
        .collect()
}

/// Since when a session's stack is watched.
fn since(session: &Session) -> Option<DateTime<Utc>> {
    let history = session.root_history()?;
    history
        .own_events()
        .filter_map(|event| history.seen_at(event))
        .min()
}

/// What a queue is expected to do, taught by what it did in this session and, where this watch listens to one, in
/// earlier ones of the account. None where that is too little.
pub fn estimate(session: &Session, region: &str) -> Option<DelayEstimate> {
    // Most listen to none.
    let has_told = session.trail().watermark(&SourceId::QUEUE, region).is_some();
    let since = has_told.then(|| since(session)).flatten();
    let mut known = since.map_or_else(Vec::new, |since| delays(session, region, since));
    let earlier = session.trail().earlier_pushed_delays(region).iter();
    known.extend(earlier.map(|seconds| TimeDelta::seconds(i64::from(*seconds))));
    known.sort_unstable();
    let last = known.len().saturating_sub(1);
    Some(DelayEstimate {
        earliest: *known.get(last / 10)?,
        typical: *known.get(last / 2)?,
        // Rounded up: of a few, all.
        latest: *known.get((last * 19).div_ceil(20))?,
        learned_from: known.len(),
    })
    .filter(|estimate| estimate.learned_from >= FEWEST)
}

/// The wait for what a queue brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushedWait {
    /// Half has come by then.
    pub expected_at: DateTime<Utc>,
    /// What has not come by then will hardly come this way.
    pub latest_at: DateTime<Utc>,
}

impl PushedWait {
    /// The wait for the record of what happened at `since`; none where no queue was seen at work.
    pub(super) fn of(session: &Session, region: &str, since: DateTime<Utc>) -> Option<Self> {
        let estimate = estimate(session, region)?;
        Some(Self {
            expected_at: since.checked_add_signed(estimate.typical)?,
            latest_at: since.checked_add_signed(estimate.latest)?,
        })
    }
}
