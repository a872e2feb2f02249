//! Foreign text within a page: harmless, and markup no more.

use crate::domain::read::text::{harmless, one_line};

/// A text on one line, harmless within the page, between quotation marks too.
pub(super) fn escaped(text: &str) -> String {
    escape(&one_line(text))
}

/// A text of several lines, harmless within the page.
pub(super) fn escaped_lines(text: &str) -> String {
    escape(&harmless(text))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
