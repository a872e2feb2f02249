//! Faults in a row, and when to ask again.

use chrono::{DateTime, Utc};

use crate::domain::model::status::Status;

/// Faults in a row.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) times: u32,
    /// That they last is on record.
    pub(super) recorded: bool,
    /// ... and by this run, with this prospect: that they are for good.
    pub(super) prospect: Option<bool>,
    /// The status that was told of meanwhile.
    pub(super) told: Option<Status>,
}

impl Faults {
    pub(super) fn again(&mut self, now: DateTime<Utc>) -> (DateTime<Utc>, u32) {
        self.times = self.times.saturating_add(1);
        (*self.since.get_or_insert(now), self.times)
    }
}

/// A number in 0..1 that differs between programs and moments: nothing secret rests on it.
pub(super) fn jitter(now: DateTime<Utc>, salt: u32) -> f64 {
    let mixed = now
        .timestamp_subsec_micros()
        .wrapping_mul(2_654_435_761)
        .wrapping_add(salt.wrapping_mul(40_503));
    f64::from(mixed % 1_000) / 1_000.0
}
