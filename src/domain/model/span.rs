//! Spans between two moments, in words: the one way in which it is said how long before or after something else
//! something was.

use chrono::TimeDelta;

/// A span in the largest unit that says it well, rounded: `0.4 s`, `2 s`, `14 minutes`, `3 hours`, `2 days`. What
/// runs backwards counts as nothing.
pub(crate) fn span(span: TimeDelta) -> String {
    let milliseconds = span.num_milliseconds().max(0);
    let seconds = milliseconds.saturating_add(500) / 1_000;
    if milliseconds < 59_950 {
        let tenths = (milliseconds + 50) / 100;
        return match tenths % 10 {
            0 => format!("{}s", tenths / 10),
            tenth => format!("{}.{tenth}s", tenths / 10),
        };
    }
    let (count, unit) = match seconds {
        ..=119 => return format!("1m {:02}s", seconds.saturating_sub(60)),
        120..=7_199 => ((seconds + 30) / 60, "minutes"),
        7_200..=172_799 => ((seconds + 1_800) / 3_600, "hours"),
        _ => ((seconds + 43_200) / 86_400, "days"),
    };
    format!("{count} {unit}")
}

/// How long after a record of the trail something was. The trail tells whole seconds, so that the call may have
/// been made up to a second later than its record says: `about 2s` for 2.6, and no tenths.
pub(crate) fn span_since_record(after: TimeDelta) -> String {
    match after.num_milliseconds().max(0) {
        ..=999 => "less than a second".to_owned(),
        1_000..=1_999 => "about a second".to_owned(),
        milliseconds @ 2_000..=59_949 => format!("about {}s", milliseconds / 1_000),
        _ => span(after),
    }
}

/// How much later than a record of the trail something was; where it was before that, these words.
pub(crate) fn later_than_record(after: TimeDelta, before: &str) -> String {
    if after < TimeDelta::zero() {
        before.to_owned()
    } else {
        format!("{} later", span_since_record(after))
    }
}

/// How much later something was: `2.6s later`; where nothing lies between the two, these words.
pub(crate) fn later(after: TimeDelta, at_once: &str) -> String {
    if is_none(after) {
        at_once.to_owned()
    } else {
        format!("{} later", span(after))
    }
}

/// Nothing that could be told lies between the two moments.
pub(crate) fn is_none(between: TimeDelta) -> bool {
    between < TimeDelta::milliseconds(50)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_rounded_and_told_in_one_unit() {
        for (milliseconds, said) in [
            (-5_000, "0s"),
            (49, "0s"),
            (50, "0.1s"),
            (1_000, "1s"),
            (2_600, "2.6s"),
            (2_649, "2.6s"),
            (2_650, "2.7s"),
            (2_960, "3s"),
            (59_949, "59.9s"),
            (59_950, "1m 00s"),
            (119_499, "1m 59s"),
            (119_500, "2 minutes"),
            (840_000, "14 minutes"),
            (7_200_000, "2 hours"),
            (172_800_000, "2 days"),
        ] {
            assert_eq!(
                span(TimeDelta::milliseconds(milliseconds)),
                said,
                "{milliseconds}"
            );
        }
    }

    #[test]
    fn what_follows_a_record_is_told_without_tenths_that_the_record_does_not_have() {
        for (milliseconds, said) in [
            (0, "less than a second"),
            (900, "less than a second"),
            (1_000, "about a second"),
            (1_900, "about a second"),
            (2_600, "about 2s"),
            (59_949, "about 59s"),
            (59_950, "1m 00s"),
            (840_000, "14 minutes"),
        ] {
            assert_eq!(span_since_record(TimeDelta::milliseconds(milliseconds)), said);
        }
    }

    #[test]
    fn what_follows_at_once_is_told_without_a_number() {
        let later = |milliseconds| later(TimeDelta::milliseconds(milliseconds), "at once");
        assert_eq!(later(-900), "at once");
        assert_eq!(later(0), "at once");
        assert_eq!(later(2_600), "2.6s later");
        assert_eq!(later(300_000), "5 minutes later");
    }

    #[test]
    fn no_span_reads_as_longer_than_a_longer_one() {
        let seconds = |text: &str| -> f64 {
            if let Some(seconds) = text.strip_prefix("1m ") {
                return 60.0 + seconds.trim_end_matches('s').parse::<f64>().unwrap();
            }
            if let Ok(seconds) = text.trim_end_matches('s').parse::<f64>() {
                return seconds;
            }
            let (number, unit) = text.split_once(' ').unwrap();
            let unit = match unit {
                "minutes" => 60.0,
                "hours" => 3_600.0,
                _ => 86_400.0,
            };
            number.parse::<f64>().unwrap() * unit
        };
        let mut before = 0.0;
        for milliseconds in (0..400_000_000).step_by(9_973) {
            let told = seconds(&span(TimeDelta::milliseconds(milliseconds)));
            assert!(told >= before, "{milliseconds}");
            before = told;
        }
    }
}
