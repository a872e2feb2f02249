//! Long lines folded for a terminal: at spaces only, so that what is copied stays whole.

use crate::domain::read::text::columns;

/// The text in lines of at most `width` columns where that is possible: never inside a word (an id, an ARN,
/// an action) and never inside brackets.
pub(super) fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for piece in pieces(text) {
        let wide = columns(piece);
        if used > 0 && used + 1 + wide > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(piece);
        used += wide;
    }
    lines.push(line);
    lines
}

/// The words of a text; what stands in square brackets belongs to one.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let last = text.rfind(']');
    let (mut from, mut depth) = (0, 0_usize);
    for (at, character) in text.char_indices() {
        match character {
            // One that is never closed is no bracket.
            '[' if last.is_some_and(|last| at < last) => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 => {
                pieces.extend(text.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    pieces.extend(text.get(from..));
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_arn_an_action_and_a_bracket_stay_whole() {
        let arn = "arn:aws:iam::123456789012:role/service-role/shop-prod-SetupFunctionRole-1ABCDEF";
        let text = format!("User: {arn} is not authorized to perform: s3:CreateBucket [certain, by its id]");
        let lines = fold(&text, 40);
        for whole in [arn, "s3:CreateBucket", "[certain, by its id]"] {
            assert!(
                lines.iter().any(|line| line.contains(whole)),
                "{whole}: {lines:?}"
            );
        }
        assert!(lines.len() > 2, "{lines:?}");
    }

    #[test]
    fn a_bracket_that_is_never_closed_is_none() {
        assert_eq!(fold("a [b c", 3), ["a", "[b", "c"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_only_what_cannot_be_folded_is_wide(text in "[a-c\\[\\] ]{0,60}", width in 1_usize..30) {
            let lines = fold(&text, width);
            let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&lines.join(" ")), words(&text));
            for line in &lines {
                prop_assert!(columns(line) <= width || pieces(line).len() == 1, "{:?}", line);
            }
        }
    }
}
