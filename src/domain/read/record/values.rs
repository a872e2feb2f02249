//! Tolerant reading of JSON members: numbers for texts, texts for truths, times in any format.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;

/// A member by its name, in whatever case it is written: Athena and CloudTrail Lake print lower case only.
fn named<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get(key).or_else(|| {
        let members = value.as_object()?;
        let found = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value)
    })
}

/// The first of these members that is there and is not null.
pub(super) fn member<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter()
        .find_map(|key| named(value, key).filter(|found| !found.is_null()))
}

/// The first of these members as a text that is not empty.
pub(super) fn text(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| named(value, key).and_then(text_of))
}

/// A value as a text; none when there is nothing in it, or when it is a list or an object.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let meant = text.trim();
            (!meant.is_empty() && meant != "null").then(|| text.clone())
        }
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value as yes or no.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        _ => None,
    }
}

/// A value as a moment: RFC 3339, with a space for the `T`, without a zone (then UTC), the console's words,
/// or seconds or milliseconds since 1970.
pub(super) fn time_of(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => time_in(text.trim()),
        Value::Number(number) => {
            let seconds = number.as_f64()?;
            epoch(seconds)
        }
        _ => None,
    }
}

fn time_in(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    if let Ok(time) = DateTime::parse_from_rfc2822(text) {
        return Some(time.to_utc());
    }
    for zoned in [
        "%Y-%m-%d %H:%M:%S%.f%:z",
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M:%S%.f %z",
    ] {
        if let Ok(time) = DateTime::parse_from_str(text, zoned) {
            return Some(time.to_utc());
        }
    }
    let bare = text.trim_end_matches("UTC").trim_end_matches('Z').trim_end();
    let formats = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y%m%dT%H%M%S",
        "%b %d, %Y, %I:%M:%S %p",
        "%b %d, %Y %I:%M:%S %p",
        "%a %b %d %H:%M:%S %Y",
        "%Y/%m/%d %H:%M:%S%.f",
    ];
    let naive = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(bare, format).ok());
    if let Some(naive) = naive {
        return Some(naive.and_utc());
    }
    text.parse::<f64>().ok().and_then(epoch)
}

/// Seconds, or milliseconds where seconds would lie beyond the year 5138.
fn epoch(number: f64) -> Option<DateTime<Utc>> {
    if !number.is_finite() || number <= 0.0 {
        return None;
    }
    let seconds = if number >= 1e11 { number / 1000.0 } else { number };
    let span = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    // To the millisecond: a float holds no more.
    let span = std::time::Duration::from_millis(u64::try_from(span.as_millis()).ok()?);
    DateTime::UNIX_EPOCH.checked_add_signed(chrono::TimeDelta::from_std(span).ok()?)
}

/// What an id begins with that is made of the content.
const DERIVED: &str = "content-";

/// Whether an id was made of a record's content, because the record tells none.
pub fn is_derived(id: &str) -> bool {
    id.starts_with(DERIVED)
}

/// An id made of the content alone, the same wherever and whenever it is made (FNV-1a, 64 bits, twice with
/// different beginnings).
pub(super) fn derived_id(raw: &str) -> String {
    let hash = |start: u64| {
        raw.bytes().fold(start, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    };
    format!(
        "{DERIVED}{:016x}{:016x}",
        hash(0xcbf2_9ce4_8422_2325),
        hash(0x6c62_272e_07bb_0142)
    )
}
