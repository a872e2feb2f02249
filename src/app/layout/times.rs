//! How moments are told: by the clock of the person, in UTC, or counted from the beginning of the attempt.

use chrono::{DateTime, FixedOffset, Offset as _, Utc};

use super::words;
use crate::domain::conclude::hanging::SAME_DAY;

/// How moments are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeStyle {
    /// By the person's own clock.
    #[default]
    Local,
    /// As the records have it.
    Utc,
    /// Since the attempt began.
    Relative,
}

impl TimeStyle {
    /// The next one of the round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Local => Self::Utc,
            Self::Utc => Self::Relative,
            Self::Relative => Self::Local,
        }
    }

    /// What it does, in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Local => "local time",
            Self::Utc => "UTC",
            Self::Relative => "time since the deployment began",
        }
    }
}

/// Everything needed to tell a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How.
    pub style: TimeStyle,
    /// The person's zone.
    pub zone: FixedOffset,
    /// When the attempt began.
    pub origin: Option<DateTime<Utc>>,
}

impl Times {
    /// The day and the time, which need a clock however moments are told: `2026-11-22 12:03`.
    pub fn day(&self, at: DateTime<Utc>) -> String {
        match self.style {
            TimeStyle::Local | TimeStyle::Relative => words::day_and_time(at, self.zone),
            TimeStyle::Utc => words::day_and_time(at, Utc.fix()),
        }
    }

    /// A moment in eight columns: `12:03:41`, `+0:04:12`.
    pub fn text(&self, at: DateTime<Utc>) -> String {
        match (self.style, self.origin) {
            (TimeStyle::Local, _) | (TimeStyle::Relative, None) => words::time_of_day(at, self.zone),
            (TimeStyle::Utc, _) => words::time_of_day(at, Utc.fix()),
            (TimeStyle::Relative, Some(origin)) => {
                let since = at - origin;
                let sign = if since < chrono::TimeDelta::zero() {
                    '-'
                } else {
                    '+'
                };
                let seconds = since.num_seconds().abs();
                let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
                format!("{sign}{hours}:{minutes:02}:{:02}", seconds % 60)
            }
        }
    }

    /// A moment that is still to come: with its day where it is that far away.
    pub(crate) fn ahead(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        if at - now < SAME_DAY {
            self.text(at)
        } else {
            self.day(at)
        }
    }

    /// The same with its milliseconds.
    pub fn exact(&self, at: DateTime<Utc>) -> String {
        match (self.style, self.origin) {
            (TimeStyle::Local, _) | (TimeStyle::Relative, None) => words::exact_time(at, self.zone),
            (TimeStyle::Utc, _) => words::exact_time(at, Utc.fix()),
            (TimeStyle::Relative, Some(_)) => {
                format!("{}.{:03}", self.text(at), at.timestamp_subsec_millis())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_three_ways() {
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        let zone = FixedOffset::east_opt(7_200).unwrap();
        let told = |style: TimeStyle, seconds| {
            let times = Times {
                style,
                zone,
                origin: Some(at(0)),
            };
            times.text(at(seconds))
        };
        assert_eq!(told(TimeStyle::Local, 0), "10:00:00");
        assert_eq!(told(TimeStyle::Utc, 0), "08:00:00");
        assert_eq!(told(TimeStyle::Relative, 3_672), "+1:01:12");
        assert_eq!(told(TimeStyle::Relative, -5), "-0:00:05");
        let day = |style| {
            let origin = Some(at(0));
            Times { style, zone, origin }.day(at(0))
        };
        assert_eq!(day(TimeStyle::Local), "2027-01-15 10:00");
        assert_eq!(day(TimeStyle::Utc), "2027-01-15 08:00");
        assert_eq!(day(TimeStyle::Relative), day(TimeStyle::Local));
    }

    /// What would tempt it: the time of day alone, of a moment three days away.
    #[test]
    fn what_is_days_away_is_told_with_its_day() {
        let at = |hours: i64| DateTime::from_timestamp(1_800_000_000 + 3_600 * hours, 0).unwrap();
        let times = Times {
            style: TimeStyle::Utc,
            zone: Utc.fix(),
            origin: None,
        };
        assert_eq!(times.ahead(at(1), at(0)), "09:00:00");
        assert_eq!(times.ahead(at(72), at(0)), "2027-01-18 08:00");
    }
}
