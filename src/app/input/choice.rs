//! What can be chosen in the palette: not only what a key says, but also where to go and how it looks.

use super::intent::Intent;
use crate::domain::model::stack::StackId;

/// The themes by their names, as `theme = "…"` of the settings has them.
pub const THEMES: [&str; 6] = [
    "colour-blind-safe",
    "dark",
    "light",
    "high-contrast",
    "sixteen",
    "none",
];

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// What a key says.
    Does(Intent),
    /// Another theme.
    Theme(&'static str),
    /// Another way to tell moments.
    Clock(ZoneChoice),
    /// A stack or a session.
    Opens(KnownStack),
}

/// How moments can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneChoice {
    /// By the person's own clock.
    Local,
    /// In UTC.
    Utc,
    /// Since the deployment began.
    Relative,
    /// So many seconds east of Greenwich.
    East(i32),
}

/// A stack that can be gone to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownStack {
    /// The stack.
    pub root: StackId,
    /// What a person called its session.
    pub label: Option<String>,
    /// There is a session of it.
    pub recorded: bool,
}

impl ZoneChoice {
    /// The zone that somebody typed: `+02:00`, `utc-3`, `UTC+5:30`.
    pub fn typed(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let text = ["utc", "gmt", "time zone", "timezone", "zone"]
            .iter()
            .find_map(|word| text.strip_prefix(word))
            .unwrap_or(&text)
            .trim();
        let (sign, digits) = match text.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let known = (0..=14).contains(&hours) && (0..60).contains(&minutes);
        known.then_some(Self::East(sign * (hours * 3_600 + minutes * 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_typed_as_people_write_it() {
        for (text, seconds) in [
            ("+02:00", 7_200),
            ("utc-3", -10_800),
            ("UTC +5:30", 19_800),
            ("zone +1", 3_600),
        ] {
            assert_eq!(ZoneChoice::typed(text), Some(ZoneChoice::East(seconds)), "{text}");
        }
        for text in ["", "utc", "+", "+25", "+1:99", "2", "+x", "é"] {
            assert_eq!(ZoneChoice::typed(text), None, "{text}");
        }
    }
}
