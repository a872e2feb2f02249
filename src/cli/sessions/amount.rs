//! Ages and sizes as people write them.

use chrono::TimeDelta;

use crate::app::layout::words;

/// `90d`, `12w`, `36h`.
pub(in crate::cli) fn age(text: &str) -> Result<TimeDelta, String> {
    let refuse = || format!("`{text}` is no age; write it as 90d, 12w or 36h");
    let (number, unit) = apart(text);
    let number: i64 = number.parse().ok().ok_or_else(refuse)?;
    let age = match unit.as_str() {
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        "w" => TimeDelta::try_weeks(number),
        _ => None,
    };
    age.ok_or_else(refuse)
}

/// `500MB`, `2GB`, `1000000`.
pub(in crate::cli) fn bytes(text: &str) -> Result<u64, String> {
    let refuse = || format!("`{text}` is no size; write it as 500MB or 2GB");
    let (number, unit) = apart(text);
    let number: u64 = number.parse().ok().ok_or_else(refuse)?;
    let factor: u64 = match unit.as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        _ => return Err(refuse()),
    };
    number.checked_mul(factor).ok_or_else(refuse)
}

fn apart(text: &str) -> (&str, String) {
    let text = text.trim();
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim().to_ascii_lowercase())
}

/// A size for people.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            let tenths = bytes / (unit / 10);
            return format!("{}.{} {name}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} B")
}

/// How long ago, for people.
pub(super) fn ago(age: TimeDelta) -> String {
    match words::age(age).as_str() {
        "now" => "now".to_owned(),
        age => format!("{age} ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_are_read_as_people_write_them() {
        assert_eq!(age("90d"), Ok(TimeDelta::days(90)));
        assert_eq!(age(" 2w"), Ok(TimeDelta::days(14)));
        assert_eq!(age("36h"), Ok(TimeDelta::hours(36)));
        assert_eq!(bytes("500MB"), Ok(500_000_000));
        assert_eq!(bytes("2 gb"), Ok(2_000_000_000));
        assert_eq!(bytes("17"), Ok(17));
        for bad in [
            "",
            "d",
            "-1d",
            "1y",
            "99999999999999999999d",
            "9223372036854775807w",
        ] {
            assert!(age(bad).is_err(), "{bad}");
        }
        for bad in ["", "MB", "1TB", "99999999999999999999", "18446744073709551615kB"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_and_ages_are_told_shortly() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_250), "1.2 kB");
        assert_eq!(size(41_000_000), "41.0 MB");
        assert_eq!(ago(TimeDelta::seconds(-5)), "now");
        assert_eq!(ago(TimeDelta::minutes(61)), "1 h ago");
        assert_eq!(ago(TimeDelta::days(40)), "40 d ago");
    }
}
