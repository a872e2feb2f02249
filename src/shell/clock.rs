//! Which time is told: the wall's, or for tests and demonstrations another one.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

use super::duration;
use crate::ports::ScaledClock;

/// A clock other than the wall's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockSpec {
    /// How many seconds pass in one of the wall's.
    pub speed: f64,
    /// When it starts.
    pub start: Option<DateTime<Utc>>,
    /// The machine's sleep.
    pub sleep: Option<MachineSleep>,
}

/// A machine that falls asleep and wakes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineSleep {
    /// After how much of the clock's time.
    pub after: TimeDelta,
    /// How long it sleeps.
    pub lasts: TimeDelta,
}

impl ClockSpec {
    /// The clock, started now.
    pub fn start(self) -> ScaledClock {
        ScaledClock::new(self.speed, self.start)
    }
}

/// `SPEED[@START][~AFTER+SLEPT]`, such as `15@2026-01-02T03:04:05Z~90s+3h`.
pub(crate) fn parse(text: &str) -> Result<ClockSpec, String> {
    let (text, sleep) = match text.split_once('~') {
        Some((text, sleep)) => (text, Some(parse_sleep(sleep)?)),
        None => (text, None),
    };
    let (speed, start) = match text.split_once('@') {
        Some((speed, start)) => (speed, Some(start)),
        None => (text, None),
    };
    let speed = parse_speed(speed)?;
    let start = start
        .map(|text| DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)))
        .transpose()
        .map_err(|error| format!("the start is not in RFC 3339: {error}"))?;
    // What waits by a clock at the end of the calendar would wait for ever.
    if start.is_some_and(|start| !(1970..9000).contains(&start.year())) {
        return Err("the start must lie between the years 1970 and 9000".to_owned());
    }
    Ok(ClockSpec { speed, start, sleep })
}

/// How many seconds pass in one: no more than leave the calendar some days of the wall's.
pub(crate) fn parse_speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text
        .parse()
        .map_err(|error| format!("`{text}` is not a number: {error}"))?;
    if (1e-6..=1e6).contains(&speed) {
        Ok(speed)
    } else {
        Err("the speed must be above 0 and at most 1000000".to_owned())
    }
}

/// `90s+3h`: after ninety seconds, for three hours.
fn parse_sleep(text: &str) -> Result<MachineSleep, String> {
    let (after, slept) = text
        .split_once('+')
        .ok_or_else(|| format!("`{text}` is no sleep; write it as 90s+3h"))?;
    Ok(MachineSleep {
        after: duration::parse(after)?,
        lasts: duration::parse(slept)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_a_speed_and_perhaps_a_start_and_a_sleep() {
        let plain = ClockSpec {
            speed: 60.0,
            start: None,
            sleep: None,
        };
        assert_eq!(parse("60"), Ok(plain));
        let from = parse("1@2026-01-02T03:04:05Z").unwrap().start.unwrap();
        assert_eq!(from.to_rfc3339(), "2026-01-02T03:04:05+00:00");
        let night = MachineSleep {
            after: TimeDelta::seconds(90),
            lasts: TimeDelta::hours(3),
        };
        assert_eq!(parse("60~90s+3h").unwrap().sleep, Some(night));
        for bad in [
            "",
            "x",
            "0",
            "-1",
            "1@yesterday",
            "inf",
            "NaN",
            "1e18",
            "1e-300",
            "1@9999-12-31T23:59:59Z",
            "1@0000-01-01T00:00:00Z",
            "1~3h",
            "1~+",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
