//! Makes foreign text harmless before it is shown, and fits text into columns.
//!
//! The archive keeps every byte. What reaches a terminal, its title, a clipboard or a page is a [`Clean`], a
//! [`CleanText`] or a [`json::Json`]: types that only the sanitiser makes and that only they are taken where
//! text leaves the program. Any text can be turned into one, none without going through the sanitiser.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

mod clean;
pub mod json;
mod sanitise;
mod sought;
mod word;

pub use clean::{Clean, CleanText, Shown};
pub use sought::Sought;
pub use word::{holds_word, is_word};

/// One line of text without escape sequences, control characters or characters that reorder others.
///
/// Line breaks and tabs become single spaces.
pub fn one_line(text: &str) -> Clean {
    Clean::line(text)
}

/// Text without escape sequences, control characters or characters that reorder others. Line breaks stay,
/// a tab becomes two spaces.
pub fn harmless(text: &str) -> CleanText {
    CleanText::of(text)
}

/// How many columns the text takes in a terminal.
///
/// Counted as it is drawn, one grapheme after the other: some scripts measure differently as a whole.
pub fn columns(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.graphemes(true).map(UnicodeWidthStr::width).sum()
    }
}

/// The text cut to at most `limit` columns, with `…` where something is missing.
pub fn ellipsis(text: &str, limit: usize) -> String {
    if columns(text) <= limit {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let width = columns(grapheme);
        if used + width + 1 > limit {
            break;
        }
        used += width;
        out.push_str(grapheme);
    }
    if limit > 0 {
        out.push('…');
    }
    out
}

/// The text broken into lines of at most `limit` columns, at spaces where that is possible.
pub fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_word_bounds() {
            let width = columns(word);
            if used + width > limit && used > 0 {
                lines.push(line.trim_end().to_owned());
                line = String::new();
                used = 0;
                if word.trim().is_empty() {
                    continue;
                }
            }
            if width <= limit {
                line.push_str(word);
                used += width;
                continue;
            }
            for grapheme in word.graphemes(true) {
                let width = columns(grapheme);
                if used + width > limit && used > 0 {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(grapheme);
                used += width;
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_are_counted_as_they_are_drawn() {
        let text = "\u{ac00}\u{bc7}\u{16f51}";
        let drawn: usize = text.graphemes(true).map(columns).sum();
        assert_eq!(columns(text), drawn);
        assert_eq!((columns("abc"), columns("漢字"), columns("e\u{301}")), (3, 4, 1));
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(text in any::<String>(), limit in 0_usize..40) {
            let text = one_line(&text);
            prop_assert!(columns(&ellipsis(&text, limit)) <= limit);
        }

        #[test]
        fn wrapping_keeps_within_the_limit(text in "[a-zA-Z0-9 /:.-]{0,200}", limit in 1_usize..40) {
            for line in wrap(&text, limit) {
                prop_assert!(columns(&line) <= limit);
            }
        }
    }
}
