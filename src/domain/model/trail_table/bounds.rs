//! What every query is bounded by.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::names::{AccountId, RegionName};

/// A file of records lies under the day on which it was delivered, which may be the next one.
const DELIVERED_WITHIN: TimeDelta = TimeDelta::hours(1);
/// No search is for more days.
const MOST: u64 = 31;

/// The days under which records of a time lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailDays {
    first: NaiveDate,
    last: NaiveDate,
}

impl TrailDays {
    /// Those for records of this time; none where it ends before it begins, or spans more than a month.
    pub fn of(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Self> {
        let first = from.date_naive();
        let last = to.checked_add_signed(DELIVERED_WITHIN)?.date_naive();
        let most = first.checked_add_days(Days::new(MOST))?;
        (from <= to && last <= most).then_some(Self { first, last })
    }

    /// Each of them.
    pub(super) fn each(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.first.iter_days().take_while(|day| *day <= self.last)
    }
}

/// What every query is bounded by: one account, one region, some days. There is none without all three.
///
/// ```
/// use stacktrail::domain::model::trail_table::{AccountId, QueryBounds, RegionName, TrailDays};
///
/// let account = AccountId::parse("123456789012")?;
/// let region = RegionName::parse("eu-west-1")?;
/// let noon = "2026-05-04T12:00:00Z".parse()?;
/// let days = TrailDays::of(noon, noon).ok_or("no days")?;
/// let bounds = QueryBounds::new(account, region, days);
/// # let _ = bounds;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Without the days:
///
/// ```compile_fail,E0061
/// use stacktrail::domain::model::trail_table::{AccountId, QueryBounds, RegionName, TrailDays};
///
/// let account = AccountId::parse("123456789012")?;
/// let region = RegionName::parse("eu-west-1")?;
/// let bounds = QueryBounds::new(account, region);
/// # let _ = bounds;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// With any text as the account:
///
/// ```compile_fail,E0308
/// use stacktrail::domain::model::trail_table::{AccountId, QueryBounds, RegionName, TrailDays};
///
/// let region = RegionName::parse("eu-west-1")?;
/// let noon = "2026-05-04T12:00:00Z".parse()?;
/// let days = TrailDays::of(noon, noon).ok_or("no days")?;
/// let bounds = QueryBounds::new("%", region, days);
/// # let _ = bounds;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// With a region alone, and the rest left to chance:
///
/// ```compile_fail,E0451
/// use stacktrail::domain::model::trail_table::{QueryBounds, RegionName};
///
/// let bounds = QueryBounds { region: RegionName::parse("eu-west-1")?, ..unreachable!() };
/// # let _ = bounds;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryBounds {
    pub(super) account: AccountId,
    pub(super) region: RegionName,
    pub(super) days: TrailDays,
}

impl QueryBounds {
    /// All three.
    pub fn new(account: AccountId, region: RegionName, days: TrailDays) -> Self {
        Self {
            account,
            region,
            days,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Option<Vec<String>> {
        let days = TrailDays::of(from.parse().unwrap(), to.parse().unwrap())?;
        Some(days.each().map(|day| day.to_string()).collect())
    }

    #[test]
    fn days_are_those_under_which_the_records_lie() {
        let one = days("2026-05-04T12:00:00Z", "2026-05-04T12:10:00Z").unwrap();
        assert_eq!(one, ["2026-05-04"]);
        let late = days("2026-12-31T23:30:00Z", "2026-12-31T23:31:00Z").unwrap();
        assert_eq!(late, ["2026-12-31", "2027-01-01"], "delivered on the next day");
        assert_eq!(days("2026-05-04T12:00:00Z", "2026-05-03T12:00:00Z"), None);
        assert_eq!(days("2026-05-04T12:00:00Z", "2026-08-04T12:00:00Z"), None);
    }
}
