//! From when to when a query reads.

use chrono::{DateTime, TimeDelta, Utc};

/// No query is for more.
const LONGEST: TimeDelta = TimeDelta::days(31);

/// From when to when a query reads, both ends with it: a month at most.
///
/// There is none that is open at an end:
///
/// ```compile_fail,E0061
/// use stacktrail::domain::model::trail_query::QueryWindow;
///
/// let since = QueryWindow::of("2026-05-04T12:00:00Z".parse()?);
/// # let _ = since;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryWindow {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl QueryWindow {
    /// The window; none where it ends before it begins, or spans more than a month.
    pub fn of(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Self> {
        (from <= to && to - from <= LONGEST).then_some(Self { from, to })
    }

    /// Its beginning.
    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    /// Its end.
    pub fn to(&self) -> DateTime<Utc> {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_two_ends_and_is_no_longer_than_a_month() {
        let at = |days: i64| DateTime::UNIX_EPOCH + TimeDelta::days(days);
        assert!(QueryWindow::of(at(1), at(1)).is_some());
        assert!(QueryWindow::of(at(1), at(32)).is_some());
        assert_eq!(QueryWindow::of(at(2), at(1)), None);
        assert_eq!(QueryWindow::of(at(1), at(33)), None);
        assert_eq!(
            QueryWindow::of(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC),
            None
        );
    }
}
