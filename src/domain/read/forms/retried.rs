//! What a tool tried again until it went well: each such line tells of no failure.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::read::pattern::pattern;

/// That it will be tried again, or which try it was and of how many.
static RETRIES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:retrying|will retry|will be retried|sleeping for ~?\d+|(?:try|attempt|retry) (\d+)(?: of | ?/ ?)(\d+))\b",
    )
});

/// That a thing went well.
static WELL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:successfully|succeeded|deployed|apply complete)\b|^\W*done\b|✅|✔|\b(?:CREATE|UPDATE)_COMPLETE\b",
    )
});

/// The text without the tries before the last line that says that it went well; none where there are none. The last try of
/// all is none that was tried again.
pub(super) fn without(text: &str) -> Option<String> {
    if !RETRIES.is_match(text) {
        return None;
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let well = lines
        .iter()
        .rposition(|line| WELL.is_match(line) && !RETRIES.is_match(line))?;
    let kept: Vec<&str> = lines
        .iter()
        .enumerate()
        .filter(|(index, line)| *index > well || !is_try(line))
        .map(|(_, line)| *line)
        .collect();
    (kept.len() < lines.len()).then(|| kept.join("\n"))
}

fn is_try(line: &str) -> bool {
    RETRIES.captures(line).is_some_and(|found| {
        let number = |index: usize| found.get(index).map(|digits| digits.as_str());
        number(1).is_none() || number(1) != number(2)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn what_was_tried_again_and_went_well_is_left_out() {
        let text = "Recoverable error occurred (An update is in progress), sleeping for ~6 seconds. Try 1 of 4\n\
                    Throttling: Rate exceeded, retrying\nSuccessfully deployed function: one";
        assert_eq!(
            without(text).as_deref(),
            Some("Successfully deployed function: one")
        );
    }

    /// What would tempt it: the last try, what comes after, and what never went well.
    #[rstest]
    #[case("Access denied, attempt 3 of 3\nCleaned up successfully")]
    #[case("Deployed a\nThrottling: Rate exceeded, retrying\nError: gave up")]
    #[case("Throttling: Rate exceeded, retrying\nError: gave up")]
    #[case("Access denied\nSuccessfully deployed")]
    fn other_lines_stay(#[case] text: &str) {
        assert_eq!(without(text), None);
    }
}
