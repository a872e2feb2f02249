//! Patterns that stand in the code.

use regex::Regex;

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
    Regex::new(text).expect("the pattern is valid")
}
