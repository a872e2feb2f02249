//! The times of a scenario: offsets from its start, written `12:34.5` or `1:02:03`, and the lines that begin with one.
//!
//! No calendar here: an offset becomes a moment only when a world is laid out.

use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;

/// A time counted from the scenario's start; negative before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Offset(TimeDelta);

/// Two offsets, written `00:05..01:10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OffsetRange {
    /// Where it begins.
    pub from: Offset,
    /// Where it ends.
    pub to: Offset,
}

/// A moment and a text, written `00:41.2 text`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct TimedLine {
    /// When it was written.
    pub(super) at: Offset,
    /// Everything after the first blank.
    pub(super) text: String,
}

/// One stack event, written `00:14+00:04 CREATE_COMPLETE/DETAIL reason`: the part after `+` is how long it
/// stays unseen, the part after `/` is the detailed status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct EventLine {
    /// The event's own time.
    pub(super) at: Offset,
    /// How long after its own time readers first see it.
    pub(super) visible_after: Offset,
    /// For example `CREATE_FAILED`.
    pub(super) status: String,
    /// For example `CONFIGURATION_COMPLETE`.
    pub(super) detailed_status: Option<String>,
    /// The status reason.
    pub(super) reason: Option<String>,
}

/// A time that nobody can read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("read `{0}` as a time: write minutes and seconds as `12:34.5`, or hours too as `1:02:03`")]
pub struct OffsetError(String);

/// A line that is not a time followed by what belongs there.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LineError {
    /// The time in front is wrong.
    #[error(transparent)]
    Offset(#[from] OffsetError),
    /// The status is missing or not in capitals.
    #[error("read `{0}` as an event: write `00:14.0 CREATE_COMPLETE`, then the reason if there is one")]
    Event(String),
    /// There are not two times.
    #[error("read `{0}` as a span: write `00:05..01:10`, the earlier time first")]
    Span(String),
}

impl Offset {
    /// The start itself.
    pub const ZERO: Self = Self(TimeDelta::zero());

    /// An offset of so many milliseconds.
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self(TimeDelta::milliseconds(milliseconds))
    }

    /// The same as a signed difference.
    pub const fn delta(self) -> TimeDelta {
        self.0
    }

    /// The same as a length of time; zero if it lies before the start.
    pub fn duration(self) -> Duration {
        self.0.to_std().unwrap_or(Duration::ZERO)
    }

    /// In milliseconds.
    pub const fn millis(self) -> i64 {
        self.0.num_milliseconds()
    }

    /// This offset moved by another one.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.checked_add(&other.0).unwrap_or(TimeDelta::MAX))
    }
}

impl FromStr for Offset {
    type Err = OffsetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || OffsetError(text.to_owned());
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (clock, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let mut parts = clock.split(':');
        let numbers = (parts.next(), parts.next(), parts.next(), parts.next());
        let (hours, minutes, seconds) = match numbers {
            (Some(hours), Some(minutes), Some(seconds), None) => (hours, minutes, seconds),
            (Some(minutes), Some(seconds), None, None) => ("0", minutes, seconds),
            _ => return Err(wrong()),
        };
        let number = |part: &str| {
            part.parse::<u32>()
                .map(i64::from)
                .map_err(|_not_a_number| wrong())
        };
        let seconds = number(seconds)?;
        if seconds > 59 || fraction.len() > 3 {
            return Err(wrong());
        }
        let fraction = number(&format!("{fraction:0<3}"))?;
        let whole = (number(hours)? * 60 + number(minutes)?) * 60 + seconds;
        let milliseconds = whole * 1000 + fraction;
        Ok(Self::from_millis(if negative {
            -milliseconds
        } else {
            milliseconds
        }))
    }
}

impl FromStr for OffsetRange {
    type Err = LineError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (from, to) = text
            .split_once("..")
            .ok_or_else(|| LineError::Span(text.to_owned()))?;
        let span = Self {
            from: from.parse()?,
            to: to.parse()?,
        };
        if span.to < span.from {
            Err(LineError::Span(text.to_owned()))
        } else {
            Ok(span)
        }
    }
}

impl FromStr for TimedLine {
    type Err = LineError;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let (at, text) = line.split_once(' ').unwrap_or((line, ""));
        Ok(Self {
            at: at.parse()?,
            text: text.to_owned(),
        })
    }
}

impl FromStr for EventLine {
    type Err = LineError;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let (time, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (at, delay) = time.split_once('+').unwrap_or((time, "00:00"));
        let (status, reason) = rest
            .trim_start()
            .split_once(' ')
            .unwrap_or_else(|| (rest.trim(), ""));
        let (status, detail) = status
            .split_once('/')
            .map_or((status, None), |(status, detail)| (status, Some(detail)));
        let capitals = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|letter| letter.is_ascii_uppercase() || letter == '_')
        };
        if !capitals(status) {
            return Err(LineError::Event(line.to_owned()));
        }
        Ok(Self {
            at: at.parse()?,
            visible_after: delay.parse()?,
            status: status.to_owned(),
            detailed_status: detail.map(str::to_owned),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
        })
    }
}

macro_rules! read_from_text {
    ($($kind:ty => $error:ty),* $(,)?) => {$(
        impl TryFrom<String> for $kind {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    )*};
}

read_from_text!(Offset => OffsetError, OffsetRange => LineError, TimedLine => LineError, EventLine => LineError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_minutes_and_seconds_or_hours_too() {
        assert_eq!("00:03.2".parse(), Ok(Offset::from_millis(3_200)));
        assert_eq!("35:12".parse(), Ok(Offset::from_millis(2_112_000)));
        assert_eq!("1:02:03.045".parse(), Ok(Offset::from_millis(3_723_045)));
        assert_eq!("-72:00:00".parse(), Ok(Offset::from_millis(-259_200_000)));
        for wrong in ["", "12", "1:2:3:4", "00:61", "00:01.2345", "ab:cd", "00:-1"] {
            assert!(wrong.parse::<Offset>().is_err(), "{wrong} should not be a time");
        }
    }

    #[test]
    fn an_event_line_holds_delay_detail_and_reason() {
        let line: EventLine = "00:14+00:04 CREATE_COMPLETE/CONFIGURATION_COMPLETE all is well"
            .parse()
            .unwrap();
        assert_eq!(line.at, Offset::from_millis(14_000));
        assert_eq!(line.visible_after, Offset::from_millis(4_000));
        assert_eq!(line.status, "CREATE_COMPLETE");
        assert_eq!(line.detailed_status.as_deref(), Some("CONFIGURATION_COMPLETE"));
        assert_eq!(line.reason.as_deref(), Some("all is well"));
        assert!("00:14 not a status".parse::<EventLine>().is_err());
        assert!("01:00..00:30".parse::<OffsetRange>().is_err());
    }
}
