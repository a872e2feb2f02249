//! What stands between fences, and what around them.

/// A text with fences, taken apart.
pub(super) struct Fenced {
    /// What each pair of fences encloses.
    pub(super) blocks: Vec<String>,
    /// What stands around them; a block between two of its lines leaves an empty one.
    pub(super) around: String,
}

impl Fenced {
    /// Takes a text apart; nothing where a fence stands on the line of what it encloses.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (mut blocks, mut around, mut open) = (Vec::<String>::new(), String::new(), false);
        for line in text.lines() {
            let bare = line.trim();
            if bare.starts_with("```") {
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
        Some(Self { blocks, around })
    }
}

/// So many words behind a fence are no language.
const LANGUAGE: usize = 2;

/// The text with each fence alone on its line, where one stands on the line of what it encloses.
pub(super) fn on_their_lines(text: &str) -> Option<String> {
    if !text.contains(FENCE) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let (mut open, mut moved) = (false, false);
    for line in text.lines() {
        let bare = line.trim();
        let opened = bare.strip_prefix(FENCE).filter(|_| !open);
        let inside = opened.and_then(|rest| rest.strip_suffix(FENCE)).map(str::trim);
        let parts: [&str; 3] = if let Some(words) = inside.filter(|words| is_enclosed(words)) {
            [FENCE, words, FENCE]
        } else if let Some(words) =
            opened.filter(|words| words.split_whitespace().count() > LANGUAGE && !words.contains(FENCE))
        {
            open = true;
            [FENCE, words.trim_start(), ""]
        } else if let Some(words) = bare
            .strip_suffix(FENCE)
            .filter(|words| open && is_enclosed(words))
        {
            open = false;
            ["", words, FENCE]
        } else {
            open ^= bare.starts_with(FENCE);
            out.push_str(line);
            out.push('\n');
            continue;
        };
        moved = true;
        for part in parts.iter().filter(|part| !part.is_empty()) {
            out.push_str(part);
            out.push('\n');
        }
    }
    if !text.ends_with('\n') {
        out.pop();
    }
    moved.then_some(out)
}

const FENCE: &str = "```";

fn is_enclosed(words: &str) -> bool {
    !words.trim().is_empty() && !words.contains('`')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "It says\n```Error: no```\nand so on",
        "It says\n```\nError: no\n```\nand so on"
    )]
    #[case(
        "```An error occurred (A)\nwhen```\nand",
        "```\nAn error occurred (A)\nwhen\n```\nand"
    )]
    #[case("```\nError: no```", "```\nError: no\n```")]
    fn a_fence_gets_a_line_of_its_own(#[case] text: &str, #[case] apart: &str) {
        assert_eq!(on_their_lines(text).as_deref(), Some(apart));
    }

    /// What would tempt it: languages, ticks within a sentence, and fences that stand well.
    #[rstest]
    #[case("``` shell\n$ run\n```")]
    #[case("```json\n{}\n```\nand")]
    #[case("```one``` or ```two```")]
    #[case("It fails with ```Error: no``` here")]
    #[case("It fails with ```Error: no```")]
    #[case("Error: no")]
    fn other_texts_are_left_alone(#[case] text: &str) {
        assert_eq!(on_their_lines(text), None);
    }
}
