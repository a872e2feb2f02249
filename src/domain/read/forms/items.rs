//! The items of a list that somebody numbered, where each quotes an error of its own.
//!
//! An item with items of its own below it sums them up, and is none.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::read::pattern::pattern;

/// A longer text is a log.
const LONGEST: usize = 32 * 1024;
/// So many items are read.
const MOST: usize = 8;

/// An item of a numbered list, `1.2. the environment then fails with error …`: its number, and what it quotes in backticks.
static ITEM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^[ \t>]*(\d{1,2}(?:\.\d{1,2})*)[.)] (?:[^\n`]|`\w+`){0,200}\b(?:with|due to|because of|says?|gives?|got|get) (?:(?:the|an?|this|following|status|reason|error|errors|message) ?){1,4}:? ?`([^`\n]{16,800})`",
    )
});

/// What the items quote, where there are several.
pub(super) fn quoted(text: &str) -> Vec<String> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    let items: Vec<(&str, &str)> = ITEM
        .captures_iter(text)
        .filter_map(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str())))
        .take(MOST)
        .collect();
    if items.len() < 2 {
        return Vec::new();
    }
    let sums_up = |number: &str| {
        items
            .iter()
            .any(|(other, _)| other.starts_with(&format!("{number}.")))
    };
    items
        .iter()
        .filter(|(number, _)| !sums_up(number))
        .map(|(_, words)| (*words).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_items_quote_is_told() {
        let text = "1. it failed due to error `Attribute: Url was not found for resource: B.` Below it:\n1.1. `Balancer` failed to create with \
                    reason `VPC vpc-0a1b has no internet gateway`\n1.2. then it fails with error `WaitCondition timed out.`\n";
        assert_eq!(
            quoted(text),
            ["VPC vpc-0a1b has no internet gateway", "WaitCondition timed out."]
        );
        let plain = "1) deploy gives the error `Queue jobs is there already`\n2) deleting it gives `The bucket is not empty at all`\n";
        assert!(quoted(plain).is_empty());
        let two = "1) deploy gives the error `Queue jobs is there already`\n2) deleting it says the error: `The bucket is not empty at all`\n";
        assert_eq!(quoted(two).len(), 2);
    }

    /// What would tempt it: steps with commands, and one item alone.
    #[test]
    fn steps_are_no_errors() {
        assert!(
            quoted("1. run `cdk deploy --all --verbose`\n2. see `cdk.out/manifest.json there`\n").is_empty()
        );
        assert!(quoted("1. it fails with the error `Queue jobs is there already`\n").is_empty());
    }
}
