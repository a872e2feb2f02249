//! Times as the JSON protocols write them: seconds with a fraction, or whole milliseconds.
//!
//! Everything else about JSON is `serde_json`'s.

use chrono::{DateTime, TimeDelta, Utc};

/// Seconds since 1970, as CloudTrail and ECS send them.
pub(super) fn epoch_seconds(at: DateTime<Utc>) -> f64 {
    let seconds = u32::try_from(at.timestamp()).unwrap_or(0);
    f64::from(seconds) + f64::from(at.timestamp_subsec_millis()) / 1000.0
}

/// The moment that a client means by so many seconds.
pub(super) fn moment_from_seconds(seconds: f64) -> Option<DateTime<Utc>> {
    let since = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::from_std(since).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_go_there_and_back() {
        let at = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1_790_000_000_250);
        assert_eq!(moment_from_seconds(epoch_seconds(at)), Some(at));
        assert_eq!(moment_from_seconds(f64::NAN), None);
        assert_eq!(moment_from_seconds(-1.0), None);
    }
}
