//! Which moments are taken for true, and how far a calendar reaches here.
//!
//! `chrono` knows years from -262143 to 262142, and adding to the last of them panics. Nothing that this program
//! reads of happened in such a year: whatever comes in from outside passes through here, so that every rule
//! may add and subtract minutes without looking.

use chrono::{DateTime, Utc};

/// The first moment that is kept: 0001-01-01T00:00:00Z.
const FIRST: i64 = -62_135_596_800;
/// The last moment that is kept: 9999-12-31T23:59:59Z.
const LAST: i64 = 253_402_300_799;
/// No service of AWS answered before 2006.
const AWS_BEGAN: i64 = 1_136_073_600;
/// No record of today is of the year 2100 or later: such a time is damaged, not early.
const TOO_LATE: i64 = 4_102_444_800;

/// The moment, or the nearest that is kept.
pub(crate) fn bounded(at: DateTime<Utc>) -> DateTime<Utc> {
    let nearest = at.timestamp().clamp(FIRST, LAST);
    if nearest == at.timestamp() {
        return at;
    }
    DateTime::from_timestamp(nearest, 0).unwrap_or_default()
}

/// Whether the moment is one that is kept as it is.
pub(crate) fn is_bounded(at: DateTime<Utc>) -> bool {
    (FIRST..=LAST).contains(&at.timestamp())
}

/// Whether AWS may have meant this moment as the time of something that happened.
pub(crate) fn is_plausible(at: DateTime<Utc>) -> bool {
    (AWS_BEGAN..TOO_LATE).contains(&at.timestamp())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn moment(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn old_and_early_moments_are_plausible_and_absent_or_absurd_ones_are_not() {
        // Stacks of CloudFormation's first year, a clock that is ahead, a time without a fraction.
        for good in [
            "2011-02-25T08:00:00Z",
            "2006-03-14T00:00:00Z",
            "2031-01-01T00:00:00.000Z",
            "2026-11-26T16:00:00.001Z",
        ] {
            assert!(is_plausible(moment(good)), "{good}");
        }
        for bad in [
            DateTime::UNIX_EPOCH,
            moment("1970-01-01T00:00:00.001Z"),
            moment("0001-01-01T00:00:00Z"),
            moment("2926-11-26T16:00:00Z"),
            DateTime::<Utc>::MIN_UTC,
            DateTime::<Utc>::MAX_UTC,
        ] {
            assert!(!is_plausible(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_bounded_can_be_added_to() {
        let years = TimeDelta::days(365 * 1_000);
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(!is_bounded(end));
            let kept = bounded(end);
            assert!(is_bounded(kept));
            assert!(kept.checked_add_signed(years).is_some() && kept.checked_sub_signed(years).is_some());
        }
        let now = moment("2026-11-26T16:00:00.123Z");
        assert_eq!((bounded(now), is_bounded(now)), (now, true));
    }
}
