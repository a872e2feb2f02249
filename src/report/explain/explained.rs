//! What was given, in the forms in which it can be answered.

use super::{Explanation, markdown, optional, row, trail};
use crate::clean;
use crate::domain::read::record::TrailDigest;
use crate::domain::read::text::{CleanText, columns};
use crate::report::fold::fold;

/// So wide is the column of names.
const NAMES: usize = 15;

/// What was given to be explained.
#[derive(Debug, Clone, Copy)]
pub enum Explained<'t> {
    /// A text of whatever form.
    Text(&'t str),
    /// A heap of records, which may end in the middle.
    Records(&'t TrailDigest, bool),
}

/// What is said of where it came from.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    /// The file's name, where there are several.
    pub file: Option<String>,
    /// What could not be read of it, and why.
    pub notes: Vec<String>,
}

impl Explained<'_> {
    /// For people, folded where a width is given.
    pub fn text(&self, heading: &Heading, width: Option<usize>) -> CleanText {
        let mut rows = CleanText::default();
        optional(&mut rows, "file", heading.file.as_deref());
        for note in &heading.notes {
            row(&mut rows, "note", note);
        }
        let mut out = laid_out(rows, width);
        match self {
            Self::Text(text) => out.push(&super::text(text, width)),
            Self::Records(digest, cut) => {
                let mut rows = CleanText::default();
                super::note_cut(&mut rows, *cut);
                trail::told(&mut rows, digest);
                out.push(&laid_out(rows, width));
            }
        }
        out
    }

    /// For programs.
    pub fn document(&self, heading: &Heading) -> Explanation {
        let explanation = match self {
            Self::Text(text) => Explanation::of(text),
            Self::Records(digest, cut) => Explanation::of_records(digest, *cut),
        };
        explanation.headed(heading)
    }

    /// For a pull request or a page.
    pub fn markdown(&self, heading: &Heading) -> CleanText {
        markdown::page(&self.document(heading))
    }
}

/// Rows of a name and a value, folded where they are wider than the terminal: the value below itself, and never inside
/// of an id, an ARN, an action or brackets.
pub(super) fn laid_out(rows: CleanText, width: Option<usize>) -> CleanText {
    let Some(width) = width else {
        return rows;
    };
    let mut out = CleanText::default();
    for line in rows.clean_lines() {
        match line.split_at_checked(NAMES) {
            Some((name, value)) if columns(&line) > width && !value.starts_with(' ') => {
                let room = width.saturating_sub(NAMES).max(20);
                for (index, part) in fold(value, room).into_iter().enumerate() {
                    let name = if index == 0 { name } else { "" };
                    out.line(clean!("{name:<NAMES$}{part}"));
                }
            }
            _ => {
                out.line(line);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What people copy out of an answer, and what stands around it.
    fn words() -> impl Strategy<Value = Vec<String>> {
        let word = prop_oneof![
            4 => "[a-z]{1,12}[.,]?",
            1 => "arn:aws:iam::[0-9]{12}:role/[a-z/-]{1,60}",
            1 => "[a-z0-9]{2,12}:[A-Z][A-Za-z]{3,30}",
            1 => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            1 => "\\[[A-Za-z]{1,8}(, [A-Za-z]{1,8}){0,6}\\]",
            1 => "/aws/lambda/[A-Za-z0-9-]{1,40}",
            1 => "(失敗|Ärger|e\u{301}té|🛑)",
        ];
        prop::collection::vec(word, 1..40)
    }

    proptest! {
        #[test]
        fn nothing_is_broken_inside_of_a_word_at_any_width(
            name in "[a-z][a-z ]{0,12}[a-z]",
            words in words(),
            width in 20_usize..240,
        ) {
            let value = words.join(" ");
            let mut rows = CleanText::default();
            row(&mut rows, &name, &value);
            let piped = laid_out(rows.clone(), None);
            prop_assert_eq!(&piped, &rows, "a pipe gets whole lines");
            let out = laid_out(rows, Some(width)).to_string();
            for word in &words {
                prop_assert!(out.lines().any(|line| line.contains(word.as_str())), "{word} is broken in {out}");
            }
            for line in out.lines() {
                let (_, told) = line.split_at_checked(NAMES).unwrap();
                let one = words.iter().any(|word| word == told);
                prop_assert!(columns(line) <= width.max(NAMES + 20) || one, "{line} is wider than {width}");
            }
            let again: Vec<&str> = out.lines().map(|line| line.split_at_checked(NAMES).unwrap().1).collect();
            prop_assert_eq!(again.join(" "), value, "nothing is lost");
        }

        #[test]
        fn an_answer_is_the_same_at_any_width(reason in words(), width in 40_usize..200, listed in any::<bool>()) {
            let mut text = format!(
                "User: arn:aws:iam::111122223333:user/dev is not authorized to perform: sqs:CreateQueue on resource: x because \
                 no identity-based policy allows the sqs:CreateQueue action {}", reason.join(" ")
            );
            if listed {
                let event = serde_json::json!({"LogicalResourceId": "Jobs", "ResourceType": "AWS::SQS::Queue",
                    "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": text, "Timestamp": "2026-05-04T12:00:00Z"});
                text = serde_json::json!({"StackEvents": [event]}).to_string();
            }
            let flat = |text: CleanText| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let heading = Heading { file: Some("a/b.json".to_owned()), notes: vec![reason.join(" ")] };
            let explained = Explained::Text(&text);
            prop_assert_eq!(
                flat(explained.text(&heading, Some(width))),
                flat(explained.text(&heading, None))
            );
        }
    }
}
