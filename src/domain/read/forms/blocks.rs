//! Several blocks that somebody copied from several places, with words of his own between them: each is read by itself.

use super::fences::Fenced;
use super::prose;
use crate::domain::read::event_listing;

/// So many blocks are read.
const MOST: usize = 6;

/// The blocks between fences in which an error is told, where there are several and nothing around them tells one.
pub(super) fn told(text: &str) -> Option<Vec<String>> {
    let Fenced { mut blocks, around } = Fenced::read(text)?;
    if blocks.is_empty() {
        return paragraphs(text);
    }
    let spoken = around.lines().any(|line| line.split_whitespace().count() > 2);
    blocks.retain(|block| prose::has_error(block) && !prose::only_speaks(block));
    (spoken && (2..=MOST).contains(&blocks.len()) && !prose::has_error(&around)).then_some(blocks)
}

/// The status that stands alone above the words of a block.
pub(super) fn status_above(block: &str) -> Option<String> {
    let mut lines = block.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let alone = first.ends_with("_FAILED") && !first.contains(' ') && event_listing::names_status(first);
    (alone && lines.next().is_some()).then(|| first.to_owned())
}

/// How CloudFormation begins its own sentences.
const OWN: [&str; 7] = [
    "Embedded stack arn:",
    "Nested change set arn:",
    "was not successfully ",
    "The following resource(s) failed to ",
    "Resource handler returned message: ",
    "Received response status [FAILED] ",
    "CloudFormation did not receive a response ",
];

/// The paragraphs that CloudFormation's own sentences begin, where somebody copied several and wrote around them.
fn paragraphs(text: &str) -> Option<Vec<String>> {
    if !event_listing::rows(text).is_empty() {
        return None;
    }
    let mut own: Vec<String> = Vec::new();
    let mut spoken = false;
    for paragraph in text.split("\n\n").map(str::trim).filter(|one| !one.is_empty()) {
        let lead = announced(paragraph);
        spoken |= lead.is_some();
        let paragraph = lead.unwrap_or(paragraph);
        if OWN.iter().any(|start| {
            paragraph
                .trim_start_matches(['"', '`', '>', ' '])
                .starts_with(start)
        }) {
            if !own.iter().any(|one| one == paragraph) {
                own.push(paragraph.to_owned());
            }
        } else if prose::has_error(paragraph) {
            return None;
        } else {
            spoken |= paragraph.split_whitespace().count() > 3;
        }
    }
    (spoken && (2..=MOST).contains(&own.len())).then_some(own)
}

/// What stands below the words that announce it: `It then fails with:` on the line above.
fn announced(paragraph: &str) -> Option<&str> {
    let (lead, rest) = paragraph.split_once('\n')?;
    let rest = rest.trim();
    let own = OWN.iter().any(|start| rest.starts_with(start));
    (own && lead.trim_end().ends_with(':')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn blocks_with_errors_are_told_apart() {
        let text =
            "The deployment says\n```\nError: one\n```\nand in the log I found\n```\nKeyError: 'two'\n```\n";
        assert_eq!(
            told(text),
            Some(vec!["Error: one\n".to_owned(), "KeyError: 'two'\n".to_owned()])
        );
    }

    #[test]
    fn sentences_of_cloudformation_in_paragraphs_are_told_apart() {
        let text = "It comes with this:\n\nEmbedded stack arn:x was not successfully created: The following resource(s) failed to \
                    create: [A].\n\nAnd next one comes with this:\n\nThe following resource(s) failed to create: [B, C].\n\nWhy is that?";
        assert_eq!(told(text).map(|blocks| blocks.len()), Some(2));
    }

    #[test]
    fn a_sum_below_the_words_that_announce_it_is_one() {
        let text = "First it ends with:\nwas not successfully created: The following resource(s) failed to create: [A].\n\nThen \
                    the rollback says:\n\nwas not successfully deleted: The following resource(s) failed to delete: [B].\n";
        let found = told(text).unwrap_or_default();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|block| block.starts_with("was not")));
    }

    #[test]
    fn a_status_alone_stands_above_its_words() {
        assert_eq!(
            status_above("  DELETE_FAILED\n  It is in use\n").as_deref(),
            Some("DELETE_FAILED")
        );
        for other in [
            "DELETE_FAILED\n",
            "DELETE_FAILED | Jobs\nIt is in use",
            "It is in use\nDELETE_FAILED",
        ] {
            assert_eq!(status_above(other), None, "{other}");
        }
    }

    #[test]
    fn the_last_block_may_have_been_cut() {
        let text = "It says this\n```\nError: one\n```\nand then it says\n```\nError: two\n";
        assert_eq!(told(text).map(|blocks| blocks.len()), Some(2));
    }

    /// What would tempt it: one block, a template, and an error around them.
    #[rstest]
    #[case("It says this\n```\nError: one\n```\nand that is all\n```\nsome words\n```\n")]
    #[case("It says this\n```\nError: one\n```\nof the template below\n```\nType: AWS::SQS::Queue\n```\n")]
    #[case("Error: zero\n```\nError: one\n```\nand then it says\n```\nError: two\n```\n")]
    #[case("It says:\n\nThe following resource(s) failed to create: [B, C].\n\nWhy is that?")]
    #[case(
        "1:02:03 AM | CREATE_FAILED | AWS::SQS::Queue | Jobs\n\nResource handler returned message: \"a b\"\n\nThe following resource(s) \
         failed to create: [Jobs].\n\nand that is all of it"
    )]
    fn other_texts_are_one(#[case] text: &str) {
        assert_eq!(told(text), None);
    }
}
