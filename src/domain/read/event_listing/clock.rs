//! The times that tools print before an event: with a date or without, on twelve hours or twenty-four.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

/// A time as a line has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    date: Option<NaiveDate>,
    time: NaiveTime,
    /// Minutes east of UTC.
    offset: i64,
}

impl Moment {
    /// On the day that the line names, else on `day`.
    pub(super) fn on(self, day: NaiveDate) -> DateTime<Utc> {
        let local = self.date.unwrap_or(day).and_time(self.time).and_utc();
        let shift = TimeDelta::try_minutes(self.offset).unwrap_or_default();
        local.checked_sub_signed(shift).unwrap_or(local)
    }

    /// Only the hour is told, not the day.
    pub(super) fn lacks_day(self) -> bool {
        self.date.is_none()
    }
}

/// The time that a text begins with, and what follows it.
pub(super) fn leading_moment(text: &str) -> Option<(Moment, &str)> {
    let text = text.trim_start();
    let text = text.strip_prefix('[').unwrap_or(text);
    let (date, rest) = date(text).map_or((None, text), |(date, rest)| (Some(date), rest));
    let (time, rest) = time(rest)?;
    let (offset, rest) = offset(rest);
    Some((
        Moment { date, time, offset },
        rest.strip_prefix(']').unwrap_or(rest),
    ))
}

fn date(text: &str) -> Option<(NaiveDate, &str)> {
    let (day, rest) = text.split_at_checked(10)?;
    let date = ["%Y-%m-%d", "%Y/%m/%d"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(day, format).ok())?;
    rest.strip_prefix(['T', ' ']).map(|rest| (date, rest))
}

/// Up to `most` digits at the beginning of a text.
fn number(text: &str, most: usize) -> Option<(u32, &str)> {
    let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(length)?;
    digits.parse().ok().map(|number| (number, rest))
}

fn time(text: &str) -> Option<(NaiveTime, &str)> {
    let (hour, rest) = number(text, 2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (micros, rest) = match rest
        .strip_prefix(['.', ','])
        .and_then(|rest| number(rest, 6).map(|found| (rest, found)))
    {
        Some((digits, (fraction, after))) => {
            let length = digits.len() - after.len();
            let scale = 10_u32.pow(6_u32.saturating_sub(u32::try_from(length).unwrap_or(6)));
            (
                fraction * scale,
                after.trim_start_matches(|c: char| c.is_ascii_digit()),
            )
        }
        None => (0, rest),
    };
    let half = rest.trim_start();
    let halves = [("am", 0), ("pm", 12)];
    let found = halves.iter().find(|(name, _)| {
        half.get(..2).is_some_and(|word| word.eq_ignore_ascii_case(name))
            && !half
                .get(2..)
                .unwrap_or_default()
                .starts_with(char::is_alphanumeric)
    });
    let (hour, rest) = match found {
        Some((_, later)) => (hour % 12 + later, half.get(2..)?),
        None => (hour, rest),
    };
    Some((NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?, rest))
}

/// `Z`, `+00:00`, `UTC-0700`, `UTC+10`, `GMT+0500`, in minutes.
fn offset(text: &str) -> (i64, &str) {
    let trimmed = text.trim_start();
    if let Some(rest) = trimmed.strip_prefix('Z') {
        return (0, rest);
    }
    let zone = ["UTC", "GMT"].iter().find_map(|name| trimmed.strip_prefix(name));
    let signed = zone.unwrap_or(text);
    let (sign, digits) = match (signed.strip_prefix('+'), signed.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return (0, zone.unwrap_or(text)),
    };
    let Some((hours, rest)) = number(digits, 2) else {
        return (0, zone.unwrap_or(text));
    };
    let (minutes, rest) = number(rest.strip_prefix(':').unwrap_or(rest), 2).unwrap_or((0, rest));
    (sign * (i64::from(hours) * 60 + i64::from(minutes)), rest)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2025-08-12T13:48:17.935000+00:00| x", "2025-08-12T13:48:17.935Z", "| x")]
    #[case("2025-10-08 13:03:05 UTC-0700", "2025-10-08T20:03:05Z", "")]
    #[case("21:07:41 UTC+10 CREATE", "2000-01-01T11:07:41Z", " CREATE")]
    #[case("[11:48:36] New", "2000-01-01T11:48:36Z", " New")]
    #[case("5:36:37 PM | x", "2000-01-01T17:36:37Z", " | x")]
    #[case("12:01:02am CREATE", "2000-01-01T00:01:02Z", " CREATE")]
    #[case("2021-11-09 09:50:48 [x]", "2021-11-09T09:50:48Z", " [x]")]
    fn the_times_of_tools_are_read(#[case] text: &str, #[case] at: &str, #[case] rest: &str) {
        let day = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
        let (moment, after) = leading_moment(text).unwrap();
        assert_eq!((moment.on(day), after), (at.parse().unwrap(), rest));
    }

    #[rstest]
    #[case("12:99:00")]
    #[case("1.2.3")]
    #[case("CREATE_FAILED")]
    #[case("")]
    fn other_numbers_are_no_time(#[case] text: &str) {
        assert_eq!(leading_moment(text), None);
    }
}
