//! What stands between fences.

use super::super::fences::Fenced;
use super::super::prose;
use super::super::wrapped::joined;
use crate::domain::model::category::Category;
use crate::domain::read::reason::ReasonFacts;

/// So many lines are one sentence that was wrapped.
const FEW: usize = 6;

/// What stands between fences where somebody wrote around it: that is what a tool said. None where it is something else,
/// as a template is.
pub(super) fn quoted(text: &str) -> Option<String> {
    let Fenced {
        mut blocks, around, ..
    } = Fenced::read(text)?;
    let around = !around.trim().is_empty();
    // What somebody quotes beside an error is what he ran.
    if blocks.iter().any(|block| prose::has_error(block)) {
        blocks.retain(|block| prose::has_error(block) || is_statement(block));
    }
    // Two blocks are no one sentence.
    let inside = blocks.join("\n");
    let few = inside.lines().filter(|line| !line.trim().is_empty()).count() <= FEW;
    let told =
        prose::has_error(&inside) && (few || !prose::has_error(text.split("```").next().unwrap_or_default()));
    (around && !inside.trim().is_empty() && told && !prose::only_speaks(&inside)).then_some(inside)
}

/// A block of a sentence, of which something is known.
fn is_statement(block: &str) -> bool {
    let said = joined(block.trim());
    let asks = block.lines().any(|line| line.trim_end().ends_with('?'));
    !asks
        && said.split_whitespace().count() > 3
        && ReasonFacts::read(&said, None, None).category != Category::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_an_error_is_not_quoted_with_it() {
        let text = "It ends with this\n```\nError: no such stack\n```\nand my image is\n```\nFROM alpine:3\n";
        assert_eq!(quoted(text).as_deref(), Some("Error: no such stack\n"));
    }

    #[test]
    fn what_a_tool_asks_is_no_statement() {
        let text = "It ends with\n```\nError: no such stack\n```\nand then\n```\nDo you want to destroy it?\n  There is no undo.\n```\n";
        assert_eq!(quoted(text).as_deref(), Some("Error: no such stack\n"));
    }

    #[test]
    fn a_sum_and_its_cause_in_blocks_of_their_own_are_kept() {
        let text = "It ends with\n```\nThe following resource(s) failed to create: [A].\n```\n```\nThe attribute A.B must be a readonly \
                    one\n```\n";
        assert!(quoted(text).is_none_or(|inside| inside.contains("readonly")));
    }

    /// What would tempt it: a template alone, and an error with nothing around it.
    #[test]
    fn other_blocks_are_none() {
        assert_eq!(quoted("My template\n```\nType: AWS::SQS::Queue\n```\n"), None);
        assert_eq!(quoted("```\nError: no such stack\n```\n"), None);
    }
}
