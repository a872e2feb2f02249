//! Several blocks that somebody copied from several places, with words of his own between them: each is read by itself.

use super::prose;

/// So many blocks are read.
const MOST: usize = 6;

/// The blocks between fences in which an error is told, where there are several and nothing around them tells one.
pub(super) fn told(text: &str) -> Option<Vec<String>> {
    let mut blocks: Vec<String> = Vec::new();
    let mut around = String::new();
    let mut open = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with("```") {
            // A fence on the line of what it encloses.
            if bare.len() > 3 && bare.contains(' ') {
                return None;
            }
            open = !open;
            if open {
                blocks.push(String::new());
            } else {
                around.push('\n');
            }
            continue;
        }
        let place = if open { blocks.last_mut()? } else { &mut around };
        place.push_str(line);
        place.push('\n');
    }
    let spoken = around.lines().any(|line| line.split_whitespace().count() > 2);
    blocks.retain(|block| prose::has_error(block) && !prose::only_speaks(block));
    (!open && spoken && (2..=MOST).contains(&blocks.len()) && !prose::has_error(&around)).then_some(blocks)
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

    /// What would tempt it: one block, a template, an error around them, and a block without an end.
    #[rstest]
    #[case("It says this\n```\nError: one\n```\nand that is all\n```\nsome words\n```\n")]
    #[case("It says this\n```\nError: one\n```\nof the template below\n```\nType: AWS::SQS::Queue\n```\n")]
    #[case("Error: zero\n```\nError: one\n```\nand then it says\n```\nError: two\n```\n")]
    #[case("It says this\n```\nError: one\n```\nand then it says\n```\nError: two\n")]
    fn other_texts_are_one(#[case] text: &str) {
        assert_eq!(told(text), None);
    }
}
