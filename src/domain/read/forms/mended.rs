//! What copying and printing put into the middle of what a line says, taken out again: frames of a program, breaks, cells.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::domain::read::pattern::pattern;

/// The steps, in their order.
const STEPS: [fn(&str) -> Option<String>; 3] = [with_request, with_whole_stack, with_label_lines];

/// The text without them; none where it has none.
pub(super) fn text(text: &str) -> Option<String> {
    STEPS.iter().fold(None, |mended: Option<String>, step| {
        step(mended.as_deref().unwrap_or(text)).or(mended)
    })
}

/// `| 21:58:12 UTC+0100 | CREATE_FAILED |`: where a row begins.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:\|[ \t]*)+((?:\d{4}-\d\d-\d\d )?\d{1,2}:\d\d:\d\d(?: [AP]M)?(?: UTC[+-]\d{4})?[ \t]*\|[ \t]*(?:CREATE|UPDATE|DELETE|ROLLBACK|IMPORT)_[A-Z_]+[ \t]*\|)",
    )
});

/// Rows of a table that were copied onto one line, each on its own again; none where no line holds two.
pub(super) fn rows(text: &str) -> Option<String> {
    let flat = |line: &str| ROW.find_iter(line).nth(1).is_some();
    if !text.lines().any(flat) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut goes_on = false;
    for line in text.lines() {
        // A window breaks such a line wherever it ends, also within a word.
        let broken = goes_on && !line.trim().is_empty() && !line.starts_with('|');
        if !broken && !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line);
        goes_on = flat(line) || broken;
    }
    out.push('\n');
    Some(ROW.replace_all(&out, "\n| $1").into_owned())
}

/// A frame of a program, with the number that a viewer puts before it.
static FRAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?:\d{1,7} *\| *)?(?:at (?:[\w$.<>\[\]@/\\:-]+ )*(?:\(.*\)|\S+:\d+:\d+)|\S+\.\w{2,4}:\d+:\d+)",
    )
});

/// The request with which a function's answer ends.
static REQUEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"\(RequestId: [0-9a-f]{8}-[0-9a-f-]{27}\)\s*$"));

const ANSWER: &str = "Received response status [FAILED] from custom resource. Message returned: ";

/// So many frames stand between a function's words and its request.
const FRAMES: usize = 40;

/// A function's words with the request that stands behind its frames, and without them.
fn with_request(text: &str) -> Option<String> {
    if !text.contains(ANSWER) || !text.contains("(RequestId: ") {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    let (mut at, mut changed) = (0, false);
    while let Some(line) = lines.get(at) {
        at += 1;
        let told = line.contains(ANSWER) && !line.contains("(RequestId: ");
        match told.then(|| request_below(&lines, at)).flatten() {
            Some((words, last)) => {
                out.push(format!("{} {words}", line.trim_end()));
                (at, changed) = (last + 1, true);
            }
            None => out.push((*line).to_owned()),
        }
    }
    changed.then(|| whole(&out, text))
}

/// The request behind frames alone that begin at a line, with the line on which it stands.
fn request_below<'t>(lines: &[&'t str], from: usize) -> Option<(&'t str, usize)> {
    for (index, line) in lines.iter().enumerate().skip(from).take(FRAMES) {
        let found = REQUEST.find(line);
        let bare = line
            .trim()
            .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '|'));
        let alone = found.is_some() && bare.starts_with("(RequestId: ");
        if line.trim().is_empty() && lines.get(index + 1).is_some_and(|next| FRAME.is_match(next)) {
            continue;
        }
        if !alone && !FRAME.is_match(line) {
            return None;
        }
        if let Some(found) = found {
            return Some((found.as_str().trim(), index));
        }
    }
    None
}

/// `Stack:arn:…` at the end of a line, and its state on the next.
static BROKEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(Stack:arn:aws[\w-]*:cloudformation:[\w-]+:\d{12}:stack/[\w-]+/[\w-]+)[ \t]*\r?\n[ \t]*(is in [A-Z_]+ state)",
    )
});
static BEFORE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(\[?ValidationError\]?:)[ \t]*\r?\n[ \t]*(Stack:arn:aws)"));

/// What `CloudFormation` says of a stack on one line, where a hand has broken it.
fn with_whole_stack(text: &str) -> Option<String> {
    if !BROKEN.is_match(text) {
        return None;
    }
    let joined = BROKEN.replace_all(text, "$1 $2");
    Some(BEFORE.replace_all(&joined, "$1 $2").into_owned())
}

/// `Logical ID: | Jobs Status: | CREATE_FAILED | - | Status reason: the reason`: a console's page that Markdown has put into
/// one row of cells.
static PAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^[|* ]*(Logical ID|Resource|Logical Id): ?\|? *([\w-]+)[ |]*(?:Type: ?\|? *([\w:]+)[ |]*)?Status: ?\|? *([A-Z_]+)[ |-]*(?:Type: ?\|? *([\w:]+)[ |-]*)?(?:Status reason: ?\|? *(.*?))?[ |]*$",
    )
});

fn with_label_lines(text: &str) -> Option<String> {
    let is_row = |found: &Captures<'_>| found.get(0).is_some_and(|row| row.as_str().contains('|'));
    if !PAGE.captures_iter(text).any(|found| is_row(&found)) {
        return None;
    }
    let told = PAGE.replace_all(text, |found: &Captures<'_>| {
        if !is_row(found) {
            return found
                .get(0)
                .map_or_else(String::new, |row| row.as_str().to_owned());
        }
        let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
        let kind = if part(3).is_empty() { part(5) } else { part(3) };
        let mut row = format!("| {} | {} |", part(4), part(2));
        if !kind.is_empty() {
            row = format!("{row} {kind} |");
        }
        format!("{row} {} |", part(6))
    });
    Some(told.into_owned())
}

fn whole(lines: &[String], text: &str) -> String {
    let mut whole = lines.join("\n");
    if text.ends_with('\n') {
        whole.push('\n');
    }
    whole
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ID: &str = "(RequestId: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010)";

    #[rstest]
    #[case("at f (/var/a.js:1:2)\nat Request.<anonymous> (/var/b.js:3:4) ")]
    #[case("431 | at f (/var/a.js:1:2)\n432 | at async R.handler (/var/c.js:1:15) ")]
    #[case("    at f (/var/a.js:1:2)\n381 | ")]
    #[case("\n431 | at f (/var/a.js:1:2) ")]
    fn a_request_behind_frames_belongs_to_the_words_above_them(#[case] frames: &str) {
        let told = text(&format!("{ANSWER}no\n{frames}{ID}\nthe next\n"));
        assert_eq!(
            told.as_deref(),
            Some(format!("{ANSWER}no {ID}\nthe next\n").as_str())
        );
    }

    /// What would tempt it: words between, a request of its own, and no answer above.
    #[rstest]
    #[case(format!("{ANSWER}no\nanother line\nat f (/a.js:1:2) {ID}\n"))]
    #[case(format!("{ANSWER}no {ID}\nat f (/a.js:1:2) (RequestId: 0a1b2c3d-aaaa-4bbb-8ccc-000000000011)\n"))]
    #[case(format!("Error: no\nat f (/a.js:1:2) {ID}\n"))]
    #[case(format!("{ANSWER}no\n\nIt was {ID}\n"))]
    fn another_request_does_not(#[case] given: String) {
        assert_eq!(text(&given), None);
    }

    #[test]
    fn rows_on_one_line_are_parted() {
        let told = rows(
            "|   | 21:58:12 UTC+0100 | DELETE_COMPLETE | AWS::IAM::Role | Role |   |   | 21:58:06 UTC+0100 | ROLLBACK_IN_PROGRESS | AWS::CloudFormation::Stack | shop | failed to cr\neate: [Jobs]. |   |  \
             21:58:04 UTC+0100 | CREATE_FAILED | AWS::SQS::Queue | Jobs | it is there |\n",
        );
        let told: Vec<String> = told
            .iter()
            .flat_map(|text| text.lines())
            .map(str::to_owned)
            .collect();
        assert_eq!(
            told.iter()
                .map(|line| line.trim_end())
                .filter(|line| !line.is_empty())
                .collect::<Vec<_>>(),
            [
                "| 21:58:12 UTC+0100 | DELETE_COMPLETE | AWS::IAM::Role | Role",
                "| 21:58:06 UTC+0100 | ROLLBACK_IN_PROGRESS | AWS::CloudFormation::Stack | shop | failed to create: [Jobs].",
                "| 21:58:04 UTC+0100 | CREATE_FAILED | AWS::SQS::Queue | Jobs | it is there |",
            ]
        );
        // Rows on their own lines, and one that speaks of a time.
        assert_eq!(
            rows("| 21:58:06 | CREATE_FAILED | A |\n| 21:58:07 | CREATE_FAILED | B |\n"),
            None
        );
        assert_eq!(
            rows("| 21:58:06 | CREATE_FAILED | A | it ended | 21:58:07 |\n"),
            None
        );
    }

    #[test]
    fn a_stack_and_its_state_stand_on_one_line() {
        let arn = "Stack:arn:aws:cloudformation:eu-west-2:111122223333:stack/shop/0a1b";
        let told = text(&format!(
            "shop failed: Error [ValidationError]: \n{arn}\n is in ROLLBACK_COMPLETE state and\n"
        ));
        assert_eq!(
            told.as_deref(),
            Some(
                format!("shop failed: Error [ValidationError]: {arn} is in ROLLBACK_COMPLETE state and\n")
                    .as_str()
            )
        );
        assert_eq!(text(&format!("{arn}\nIt is in ROLLBACK_COMPLETE state\n")), None);
    }

    #[test]
    fn a_page_in_cells_is_a_row() {
        let told = text(
            "Logical ID: | Jobs Status: | CREATE_FAILED | - | Status reason: it is there\n-- | -- | -- | --\n",
        );
        assert_eq!(
            told.as_deref(),
            Some("| CREATE_FAILED | Jobs | it is there |\n-- | -- | -- | --\n")
        );
        assert_eq!(
            text("Logical ID: Jobs\nStatus: CREATE_FAILED\nStatus reason: it is there\n"),
            None
        );
    }
}
