//! Text that only the sanitiser makes.

use std::fmt::{self, Display};
use std::ops::{Deref, Range};

use super::sanitise::{Tabs, sanitise};

/// Text on one line that may be shown anywhere: nothing in it is obeyed, hides or reorders.
///
/// Made from any text by [`From`], which keeps the spaces at its ends, or by [`Clean::line`], which does not.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clean(String);

/// Text of several lines that may be shown anywhere.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CleanText(String);

/// What may be drawn on a screen as it is: clean text, and the words of this program itself.
pub trait Shown: sealed::Sealed {
    /// The text.
    fn shown(&self) -> &str;

    /// The text cut to at most `limit` columns, with `…` where something is missing.
    fn cut_to(&self, limit: usize) -> Clean {
        Clean(super::ellipsis(self.shown(), limit))
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Clean {}
    impl Sealed for &super::Clean {}
    impl Sealed for &'static str {}
}

impl Shown for Clean {
    fn shown(&self) -> &str {
        &self.0
    }
}

impl Shown for &Clean {
    fn shown(&self) -> &str {
        &self.0
    }
}

impl Shown for &'static str {
    fn shown(&self) -> &str {
        self
    }
}

/// Formats as `format!` does, and makes the outcome [`Clean`]: a line break in a part cannot begin a line.
#[macro_export]
macro_rules! clean {
    ($($part:tt)*) => {
        $crate::domain::read::text::Clean::from(format!($($part)*))
    };
}

/// What leads on to the word behind it.
const LEADING: [&str; 6] = [" and", " by", " in", " of", " on", " to"];

impl Clean {
    /// The text on one line, without spaces at its ends; line breaks become single spaces.
    pub fn line(text: &str) -> Self {
        let plain = sanitise(text, Tabs::Spaced);
        if !plain.contains('\n') {
            return Self(plain.trim().to_owned());
        }
        let lines = plain.split('\n').map(str::trim);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        Self(lines.join(" "))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Cut to at most `limit` columns, with `…` where something is missing.
    #[must_use]
    pub fn cut(&self, limit: usize) -> Self {
        Self(super::ellipsis(&self.0, limit))
    }

    /// Cut behind a whole word where that leaves at least half of the room in use.
    #[must_use]
    pub fn cut_at_word(&self, limit: usize) -> Self {
        let first = self.wrap(limit.saturating_sub(1)).into_iter().next();
        match first {
            Some(head)
                if super::columns(&self.0) > limit
                    && (limit / 2..limit).contains(&super::columns(&head.0)) =>
            {
                let head = head.0.trim_end_matches([' ', ',', ';', ':']);
                // A word that only leads on to what was cut is no news.
                let leading = LEADING.iter().find_map(|word| head.strip_suffix(word));
                Self(format!("{}…", leading.unwrap_or(head)))
            }
            _ => self.cut(limit),
        }
    }

    /// Broken into lines of at most `limit` columns, at spaces where that is possible.
    pub fn wrap(&self, limit: usize) -> Vec<Self> {
        super::wrap(&self.0, limit).into_iter().map(Self).collect()
    }

    /// With another text behind it.
    pub fn push(&mut self, more: &impl Shown) {
        self.0.push_str(more.shown());
    }

    /// With this part of another behind it; nothing where that is no part.
    pub fn push_part(&mut self, whole: &Self, part: Range<usize>) {
        self.0.push_str(whole.0.get(part).unwrap_or_default());
    }

    /// This part of it; nothing where that is no part.
    #[must_use]
    pub fn part(&self, part: Range<usize>) -> Self {
        Self(self.0.get(part).unwrap_or_default().to_owned())
    }

    /// One after the other, with `between` in between.
    pub fn join<'a>(parts: impl IntoIterator<Item = &'a Self>, between: &'static str) -> Self {
        let parts: Vec<&str> = parts.into_iter().map(Self::as_str).collect();
        Self(parts.join(between))
    }
}

impl CleanText {
    /// The text without anything harmful. Line breaks stay.
    pub fn of(text: &str) -> Self {
        Self(sanitise(text, Tabs::Spaced).into_owned())
    }

    /// The text of a file for programs, such as a shell's completions: tabs stay, too.
    pub fn file(text: &str) -> Self {
        Self(sanitise(text, Tabs::Kept).into_owned())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// With this line at its end.
    pub fn line(&mut self, line: impl Into<Clean>) {
        self.0.push_str(&line.into().0);
        self.0.push('\n');
    }

    /// With an empty line at its end.
    pub fn blank(&mut self) {
        self.0.push('\n');
    }

    /// With another text at its end.
    pub fn push(&mut self, more: &Self) {
        self.0.push_str(&more.0);
    }

    /// Its lines, each of them clean.
    pub fn clean_lines(&self) -> impl Iterator<Item = Clean> {
        self.0.lines().map(|line| Clean(line.to_owned()))
    }
}

impl From<&str> for Clean {
    fn from(text: &str) -> Self {
        if text.trim().len() == text.len() {
            return Self::line(text);
        }
        let line = Self::line(text);
        let lead = text.len() - text.trim_start_matches(' ').len();
        if line.is_empty() {
            return Self(" ".repeat(lead));
        }
        let trail = text.len() - text.trim_end_matches(' ').len();
        Self(format!("{:lead$}{line}{:trail$}", "", ""))
    }
}

impl From<String> for Clean {
    fn from(text: String) -> Self {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Self(text);
        }
        Self::from(text.as_str())
    }
}

impl From<&String> for Clean {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Self> for Clean {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

impl From<Clean> for CleanText {
    fn from(text: Clean) -> Self {
        Self(text.0)
    }
}

impl FromIterator<Clean> for CleanText {
    /// One line each.
    fn from_iter<I: IntoIterator<Item = Clean>>(lines: I) -> Self {
        let lines: Vec<String> = lines.into_iter().map(|line| line.0).collect();
        Self(lines.join("\n"))
    }
}

/// What both kinds can do alike.
macro_rules! reads_as_text {
    ($kind:ty) => {
        impl Deref for $kind {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $kind {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl PartialEq<str> for $kind {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $kind {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl From<$kind> for String {
            fn from(text: $kind) -> Self {
                text.0
            }
        }
    };
}

reads_as_text!(Clean);
reads_as_text!(CleanText);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(Clean::line("a\r\nb\tc\n\n  d "), "a b  c d");
        assert_eq!(Clean::from("  set\t\noff\n"), "  set off");
        assert_eq!(Clean::from(" \u{1b}[2Ja ".to_owned()), " a ");
        assert_eq!(Clean::from("  "), "  ");
        assert_eq!(clean!("{}: {}", "X\n✘ forged", 1), "X ✘ forged: 1");
    }

    #[test]
    fn a_sentence_is_cut_behind_a_word_and_a_long_word_where_it_must() {
        let cut = |text: &str, limit| Clean::line(text).cut_at_word(limit).to_string();
        let story = "create failed and was rolled back; deleted afterwards";
        assert_eq!(cut(story, 53), story);
        assert_eq!(cut(story, 52), "create failed and was rolled back; deleted…");
        assert_eq!(cut(story, 40), "create failed and was rolled back…");
        assert_eq!(
            cut("in arn:aws:s3:::a-bucket-of-a-long-name", 20),
            "in arn:aws:s3:::a-…"
        );
        for limit in 0..60 {
            assert!(
                super::super::columns(&cut(story, limit)) <= limit,
                "{limit}: {}",
                cut(story, limit)
            );
        }
    }

    #[test]
    fn a_text_grows_line_by_line() {
        let mut text = CleanText::default();
        text.line("a\nb");
        text.blank();
        text.push(&CleanText::of("c\u{7}\nd"));
        assert_eq!(text, "a b\n\nc\u{fffd}\nd");
        assert_eq!(text.clean_lines().count(), 4);
    }

    #[test]
    fn parts_stay_clean() {
        let whole = Clean::from("one two");
        let mut part = Clean::default();
        part.push_part(&whole, 4..7);
        part.push_part(&whole, 6..99);
        part.push(&"!");
        assert_eq!(part, "two!");
        assert_eq!(whole.cut(4), "one…");
        assert_eq!(Clean::join(&whole.wrap(3), "/"), "one/two");
    }
}
