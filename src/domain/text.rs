//! Makes foreign text harmless before it is shown, and fits text into columns.
//!
//! The archive keeps every byte; only what reaches a terminal or a page goes through here.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// One line of text without escape sequences, control characters or characters that reorder others.
///
/// Line breaks and tabs become single spaces.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in harmless(text).split('\n') {
        let line = line.trim();
        if !line.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(line);
        }
    }
    out
}

/// Text without escape sequences, control characters or characters that reorder others. Line breaks stay,
/// a tab becomes two spaces.
pub fn harmless(text: &str) -> String {
    let plain = if text.contains(['\u{1b}', '\u{9b}', '\u{90}', '\u{9d}']) {
        String::from_utf8_lossy(&strip_ansi_escapes::strip(text)).into_owned()
    } else {
        text.to_owned()
    };
    let mut out = String::with_capacity(plain.len());
    let mut characters = plain.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => out.push('\n'),
            '\t' => out.push_str("  "),
            control if control.is_control() => out.push('\u{fffd}'),
            hidden if is_reordering_or_hidden(hidden) => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

/// Characters that change the order of others or that nobody can see.
fn is_reordering_or_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{ad}' | '\u{180e}'
    )
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

    #[test]
    fn hostile_text_becomes_harmless() {
        assert_eq!(harmless("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x"), "red x");
        assert_eq!(one_line("a\r\nb\tc\n\n  d"), "a b  c d");
        assert_eq!(harmless("user\u{202e}gpj.exe"), "user\u{fffd}gpj.exe");
        assert_eq!(harmless("bell\u{7}"), "bell\u{fffd}");
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left(text in any::<String>()) {
            let shown = harmless(&text);
            prop_assert!(!shown.chars().any(|c| c != '\n' && (c.is_control() || is_reordering_or_hidden(c))));
        }

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
