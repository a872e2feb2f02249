//! Patterns that stand in the code.
//!
//! What they look for, machines write: names, codes, sentences, numbers. So a word, a digit and the end of a word are
//! ASCII's. The letters of all scripts would make a pattern that counts them (`\w{4,60}`) a hundred times as large to
//! compile, which every start pays, and one letter beyond ASCII would send the matcher its slow way.

use regex::{Regex, RegexSet, RegexSetBuilder};

/// Room for a set's states; with less the matcher gives up and goes on state by state.
const AUTOMATON_BYTES: usize = 16 * 1024 * 1024;

/// Compiles a constant of the program.
///
/// # Panics
///
/// It is no pattern: tests compile each.
#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, and the tests compile them"
)]
pub(crate) fn pattern(text: &'static str) -> Regex {
    Regex::new(&ascii(text)).expect("the pattern is valid")
}

/// What the first group that took part holds, match by match.
pub(crate) fn told<'t>(pattern: &Regex, text: &'t str) -> impl Iterator<Item = &'t str> {
    let matches = pattern.captures_iter(text);
    matches.filter_map(|found| found.iter().skip(1).flatten().next().map(|part| part.as_str()))
}

/// What all of them are; none where two differ, or there is none.
pub(crate) fn agreed<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Option<T> {
    let mut all = all.into_iter();
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// What a pattern finds, where it is always the same.
pub(crate) fn only(pattern: &Regex, text: &str) -> Option<String> {
    agreed(told(pattern, text)).map(str::to_owned)
}

/// Compiles constants of the program that are asked together.
///
/// # Panics
///
/// One is no pattern: tests compile each.
#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, and the tests compile them"
)]
pub(crate) fn patterns(texts: &[&'static str]) -> RegexSet {
    RegexSetBuilder::new(texts.iter().map(|text| ascii(text)))
        .dfa_size_limit(AUTOMATON_BYTES)
        .build()
        .expect("the patterns are valid")
}

/// The pattern with `\w`, `\d` and `\b` as ASCII has them, and `\W` and `\D` as what is left. In a class, where they
/// can't be told apart from what stands beside them, `\W` and `\D` stay as they are.
fn ascii(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 32);
    let mut classes = 0_usize;
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => {
                let escaped = rest.next();
                match (escaped, classes) {
                    (Some('w'), 0) => out.push_str("[0-9A-Za-z_]"),
                    (Some('w'), _) => out.push_str("0-9A-Za-z_"),
                    (Some('d'), 0) => out.push_str("[0-9]"),
                    (Some('d'), _) => out.push_str("0-9"),
                    (Some('W'), 0) => out.push_str("[^0-9A-Za-z_]"),
                    (Some('D'), 0) => out.push_str("[^0-9]"),
                    (Some('b'), 0) => out.push_str(r"(?-u:\b)"),
                    _ => out.extend(std::iter::once('\\').chain(escaped)),
                }
                continue;
            }
            '[' => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            _ => {}
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{ascii, pattern, patterns};

    #[test]
    fn words_and_digits_are_those_of_machines() {
        for (given, wanted) in [
            (r"^\w+: \d{3}\b", r"^[0-9A-Za-z_]+: [0-9]{3}(?-u:\b)"),
            (r"[^\w\n]{0,12}[\d.-]", r"[^0-9A-Za-z_\n]{0,12}[0-9.-]"),
            (r"\W\D[\W]", r"[^0-9A-Za-z_][^0-9][\W]"),
            (r"[\[\w]\w", r"[\[0-9A-Za-z_][0-9A-Za-z_]"),
            (r"\\w\[\d\]", r"\\w\[[0-9]\]"),
            (r"\s\S\p{Ll}\x{41}", r"\s\S\p{Ll}\x{41}"),
        ] {
            assert_eq!(ascii(given), wanted);
        }
    }

    #[test]
    fn a_letter_of_another_script_ends_a_word() {
        assert!(pattern(r"\bError\b").is_match("失敗Error失敗"));
        assert!(!pattern(r"^\w+$").is_match("größe"));
        assert!(!pattern(r"\d").is_match("٣"));
        assert!(patterns(&["a", r"^[^\w\n]{0,3}x"]).matches("é·x").matched(1));
    }
}
