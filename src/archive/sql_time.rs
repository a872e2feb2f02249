//! Moments as SQLite values.

use chrono::{DateTime, Utc};
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef};

use crate::domain::model::moment::is_bounded;

/// A moment as an integer: nanoseconds since 1970. The few that no integer can say (before 1678, after
/// 2262, within a leap second) become text, seconds and nanoseconds, so that every moment comes back exactly. One that cannot be (see
/// [`is_bounded`]) is an error when it is read: a damaged row, or one of an old import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp(pub(super) DateTime<Utc>);

const SECOND: u32 = 1_000_000_000;

impl ToSql for Stamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let in_leap_second = self.0.timestamp_subsec_nanos() >= SECOND;
        let value = match self.0.timestamp_nanos_opt() {
            Some(nanoseconds) if !in_leap_second => Value::Integer(nanoseconds),
            _ => Value::Text(format!(
                "{} {}",
                self.0.timestamp(),
                self.0.timestamp_subsec_nanos()
            )),
        };
        Ok(ToSqlOutput::Owned(value))
    }
}

impl FromSql for Stamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let at = Self::as_written(value).filter(|at| is_bounded(*at));
        at.map(Self).ok_or(FromSqlError::InvalidType)
    }
}

impl Stamp {
    /// The moment as it was written, whether it can be or not; none where there is none.
    pub(super) fn as_written(value: ValueRef<'_>) -> Option<DateTime<Utc>> {
        match value {
            ValueRef::Integer(nanoseconds) => Some(DateTime::from_timestamp_nanos(nanoseconds)),
            ValueRef::Text(_) => apart(value.as_str().ok()?),
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => None,
        }
    }
}

/// Seconds since 1970 and nanoseconds, with a space between them.
fn apart(text: &str) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = text.split_once(' ')?;
    DateTime::from_timestamp(seconds.parse().ok()?, nanoseconds.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_that_can_be_comes_back_exactly() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for text in [
            "1970-01-01T00:00:00Z",
            "2026-11-22T12:03:41.123456789Z",
            "1969-12-31T23:59:59.999999999Z",
            "1066-10-14T09:00:00.000000001Z",
            "9999-12-31T23:59:59.5Z",
            "2016-12-31T23:59:60.25Z",
        ] {
            let moment = DateTime::parse_from_rfc3339(text).unwrap().to_utc();
            let read: Stamp = connection
                .query_row("SELECT ?1", [Stamp(moment)], |row| row.get(0))
                .unwrap();
            assert_eq!(read.0, moment, "{text}");
        }
        for moment in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let read: rusqlite::Result<Stamp> =
                connection.query_row("SELECT ?1", [Stamp(moment)], |row| row.get(0));
            assert!(read.is_err(), "{read:?}");
        }
    }
}
