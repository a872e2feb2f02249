//! Durations as people write them: `90s`, `6m`, `1h30m`.

use chrono::TimeDelta;

/// The units, in the order in which they stand.
const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a duration; `0` needs no unit.
///
/// # Errors
/// What is wrong with it, and how to write one.
pub(crate) fn parse(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("`{text}` is no duration; write it as 90s, 6m or 1h30m");
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(TimeDelta::zero());
    }
    let mut seconds = 0_i64;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(end);
        let number: i64 = number.parse().ok().ok_or_else(wrong)?;
        let mut letters = tail.chars();
        let letter = letters.next().ok_or_else(wrong)?;
        // Each unit stands once, the larger before the smaller.
        let (_, worth) = units.find(|(name, _)| *name == letter).ok_or_else(wrong)?;
        seconds = number
            .checked_mul(*worth)
            .and_then(|more| seconds.checked_add(more))
            .ok_or_else(wrong)?;
        rest = letters.as_str();
    }
    if text.trim().is_empty() {
        return Err(wrong());
    }
    TimeDelta::try_seconds(seconds)
        // A moment that far ahead must still be a date.
        .filter(|duration| *duration <= TimeDelta::days(36_500))
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("90s", 90),
            ("6m", 360),
            ("1h30m", 5_400),
            ("1h5s", 3_605),
            ("2d", 172_800),
            ("0", 0),
            ("0s", 0),
            (" 10s ", 10),
        ] {
            assert_eq!(parse(text), Ok(TimeDelta::seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn what_could_be_meant_in_two_ways_is_refused() {
        for text in [
            "",
            " ",
            "10",
            "s",
            "m5",
            "-1s",
            "1.5h",
            "5s1m",
            "1m1m",
            "1 h",
            "1w",
            "1M",
            "99999999999999999999s",
            "9223372036854775807d",
            "40000d",
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains("90s, 6m or 1h30m"), "{text}: {said}");
        }
    }
}
