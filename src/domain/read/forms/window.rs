//! Words that a window's edge broke, put together where what comes out is a known whole: a code, a handler's code, an
//! action, a type, or a name that stands elsewhere in the text.

use std::collections::HashSet;

use crate::domain::read::reason;

/// A shorter line was not broken by the edge of a window.
const EDGE: usize = 60;
/// A shorter word may be any.
const NAME: usize = 8;
/// A longer text is a log.
const LONGEST: usize = 256 * 1024;

/// How the names of errors end.
const ENDS: [&str; 4] = ["Exception", "Error", "Fault", "Failure"];

/// With what stands behind an action goes on.
const BEHIND: [&str; 14] = [
    "on", "because", "with", "as", "and", "or", "in", "for", "to", "when", "by", "from", "using", "but",
];

/// The text with each broken word whole on its first line; none where none is broken.
pub(super) fn mended(text: &str) -> Option<String> {
    if text.len() > LONGEST || !text.lines().any(|line| line.len() >= EDGE) {
        return None;
    }
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let mut names: Option<HashSet<&str>> = None;
    let mut found = false;
    for at in 1..lines.len() {
        let (Some(above), Some(below)) = (lines.get(at - 1), lines.get(at)) else {
            break;
        };
        let Some((left, right)) = halves(above, below) else {
            continue;
        };
        let whole = format!("{left}{right}");
        // In a pane whose lines are all full the lines are put together by that.
        let full = |line: &String| line.trim_end().len() == above.trim_end().len();
        if at > 1 && lines.get(at - 2).is_some_and(full) {
            continue;
        }
        let known = is_code(left, right)
            || is_handler(above, left, &whole)
            || is_action(above, left, right)
            || (is_named(left, right, &whole)
                && names.get_or_insert_with(|| words(text)).contains(whole.as_str()));
        if !known {
            continue;
        }
        let part = right.len();
        let rest = below.trim_start();
        // What ends the word stays with it.
        let stops = rest.get(part..).unwrap_or_default();
        let stops = stops.len()
            - stops
                .trim_start_matches([':', ',', ')', ';', '.', '\'', '"', ']'])
                .len();
        let (moved, rest) = rest.split_at(part + stops);
        let (moved, rest) = (
            format!("{}{moved}", above.trim_end()),
            rest.trim_start().to_owned(),
        );
        found = true;
        if let Some(above) = lines.get_mut(at - 1) {
            *above = moved;
        }
        if let Some(below) = lines.get_mut(at) {
            *below = rest;
        }
    }
    found.then(|| lines.join("\n"))
}

/// A narrower window is none.
const NARROWEST: usize = 72;
/// A line that is shorter by less than this was broken at a blank.
const NEAR: usize = 12;
/// The widths that windows have.
const WIDTHS: [usize; 6] = [80, 100, 120, 132, 160, 200];

/// The text with the lines put together that a window broke at its edge, wherever that was; none where it broke none.
pub(super) fn unwrapped(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let mut joined = vec![false; lines.len()];
    let mut begin = 0;
    for end in 0..=lines.len() {
        let stops = lines
            .get(end)
            .is_none_or(|line| line.trim().is_empty() || line.trim_start().starts_with("```"));
        if stops {
            mark(
                lines.get(begin..end).unwrap_or_default(),
                joined.get_mut(begin..end).unwrap_or_default(),
            );
            begin = end + 1;
        }
    }
    if !joined.contains(&true) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    for (at, line) in lines.iter().enumerate() {
        out.push_str(line);
        if !joined.get(at).copied().unwrap_or_default() && at + 1 < lines.len() {
            out.push('\n');
        }
    }
    Some(out)
}

/// Marks which lines of a block go on on the next.
fn mark(lines: &[&str], joined: &mut [bool]) {
    let length = |line: &&str| line.chars().count();
    let widest = lines.iter().map(length).max().unwrap_or_default();
    if widest < NARROWEST {
        return;
    }
    // What goes on below a line that is not quite full was broken at a blank, by whoever wrote it.
    let near = lines
        .iter()
        .zip(lines.iter().skip(1))
        .filter(|(line, next)| (widest - NEAR..widest).contains(&length(line)) && goes_on(line, next))
        .count();
    let broken: Vec<usize> = lines
        .iter()
        .zip(lines.iter().skip(1))
        .enumerate()
        .filter(|(_, (line, next))| length(line) == widest && goes_on(line, next))
        .map(|(at, _)| at)
        .collect();
    let usual = WIDTHS.contains(&widest);
    let enough = match broken.len() {
        0 | 1 => false,
        2 => usual && near == 0,
        many => near * 2 < many,
    };
    if enough {
        for at in broken {
            if let Some(line) = joined.get_mut(at) {
                *line = true;
            }
        }
    }
}

/// Whether what stands below a full line can be the rest of it, and is no line of its own.
fn goes_on(line: &str, next: &str) -> bool {
    let framed = line.ends_with(['|', '│', '┤', '╮', '╯', '+', '─', '=', '{', '['])
        || line.ends_with("  ")
        || line.ends_with("--");
    let mark = next.starts_with([
        '|', '│', '├', '╰', '└', '+', '>', '#', '❌', '✘', '✔', '✅', '⏳', '{', '}', '\t',
    ]);
    let item = ["- ", "* ", "• ", "  "]
        .iter()
        .any(|start| next.starts_with(start));
    let timed = next
        .split([' ', 'T', '['])
        .find(|word| !word.is_empty())
        .is_some_and(|word| {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            digits > 2
                && word.contains([':', '/', '-'])
                && word
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b":/-.,Z]".contains(&b))
        });
    // Two lines that begin alike are two of a kind.
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let alike = first(line) == first(next);
    !(framed || mark || item || timed || alike)
}

/// The last word of a line that may end at an edge, and the first of the next.
fn halves<'l>(above: &'l str, below: &'l str) -> Option<(&'l str, &'l str)> {
    let above = above.trim_end();
    if above.len() < EDGE {
        return None;
    }
    let begin = above.rfind(|c| !is_part(c)).map_or(0, |at| {
        at + above
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(1, char::len_utf8)
    });
    let left = above.get(begin..)?;
    let below = below.trim_start();
    let end = below.find(|c| !is_part(c)).unwrap_or(below.len());
    let right = below.get(..end)?.trim_end_matches([':', '.']);
    (!left.is_empty() && !right.is_empty()).then_some((left, right))
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '.')
}

/// `NotUpdatableE` and `xception`
fn is_code(left: &str, right: &str) -> bool {
    let class = left.rsplit(['.', ':']).next().unwrap_or_default();
    let named = class.starts_with(|c: char| c.is_ascii_uppercase())
        && class.bytes().all(|byte| byte.is_ascii_alphanumeric());
    named
        && right.starts_with(|c: char| c.is_ascii_lowercase())
        && ENDS.iter().any(|end| {
            let begun = end.strip_suffix(right).filter(|begun| !begun.is_empty());
            let stem = begun.and_then(|begun| class.strip_suffix(begun));
            stem.is_some_and(|stem| stem.len() > 2 && stem.ends_with(|c: char| !c.is_ascii_uppercase()))
        })
}

/// `HandlerErrorCode: AlreadyE` and `xists`
fn is_handler(above: &str, left: &str, whole: &str) -> bool {
    let stands = above
        .trim_end()
        .strip_suffix(left)
        .is_some_and(|before| before.trim_end().ends_with("HandlerErrorCode:"));
    stands && reason::is_handler_code(whole)
}

/// `perform: iam:CreateServ` and `iceLinkedRole`
fn is_action(above: &str, left: &str, right: &str) -> bool {
    let asked = above
        .trim_end()
        .strip_suffix(left)
        .is_some_and(|before| before.trim_end().ends_with("to perform:"));
    let action = left.split_once(':').is_some_and(|(service, name)| {
        service
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && name.starts_with(|c: char| c.is_ascii_uppercase())
    });
    let letters = right.starts_with(|c: char| c.is_ascii_lowercase())
        && right.bytes().all(|byte| byte.is_ascii_alphabetic());
    asked && action && letters && !BEHIND.contains(&right)
}

/// Both halves together are written like a name, and not like two words.
fn is_named(left: &str, right: &str, whole: &str) -> bool {
    let signs = whole
        .bytes()
        .any(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b':')
        || whole
            .chars()
            .zip(whole.chars().skip(1))
            .any(|(one, next)| one.is_ascii_lowercase() && next.is_ascii_uppercase());
    whole.len() >= NAME && signs && left.len() > 1 && !right.is_empty()
}

/// The words of a text, each once.
fn words(text: &str) -> HashSet<&str> {
    text.split(|c| !is_part(c))
        .map(|word| word.trim_end_matches([':', '.']))
        .filter(|word| word.len() >= NAME)
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const LEAD: &str = "operation error Sqs: CreateQueue, https response error StatusCode: 400, ";

    #[rstest]
    #[case(
        "QueueNotUpdatableE\nxception: no patch",
        "QueueNotUpdatableException:\nno patch"
    )]
    #[case(
        "(HandlerErrorCode: AlreadyE\n  xists)",
        "(HandlerErrorCode: AlreadyExists)\n"
    )]
    #[case(
        "is not authorized to perform: iam:CreateServ\niceLinkedRole on x",
        "is not authorized to perform: iam:CreateServiceLinkedRole\non x"
    )]
    #[case(
        "at JobsQueueA1B2\nC3D4 and JobsQueueA1B2C3D4",
        "at JobsQueueA1B2C3D4\nand JobsQueueA1B2C3D4"
    )]
    fn a_broken_word_is_whole_again(#[case] broken: &str, #[case] whole: &str) {
        assert_eq!(
            mended(&format!("{LEAD}{broken}")).as_deref(),
            Some(format!("{LEAD}{whole}").as_str())
        );
    }

    /// What would tempt it: whole words at the edge, a code that is cut for good, an action that ends there, a short line.
    #[rstest]
    #[case("QueueNotUpdatableException\nor it is not there")]
    #[case("the Error\nor it is not there")]
    #[case("QueueNotUpdatableE\n\nxception")]
    #[case("is not authorized to perform: iam:CreateRole\non x")]
    #[case("is not authorized to perform: iam:CreateRole\nSo it is missing")]
    #[case("(HandlerErrorCode: NotFound\nin it)")]
    #[case("at JobsQueueA1B2\nC3D4 and so on")]
    #[case("of the queue\nJobs-1 and the queue")]
    fn other_lines_are_left_alone(#[case] text: &str) {
        assert_eq!(mended(&format!("{LEAD}{text}")), None);
    }

    /// A text as a window of a width shows it.
    fn wrapped(text: &str, width: usize) -> String {
        let mut out = String::new();
        for line in text.split('\n') {
            let characters: Vec<char> = line.chars().collect();
            for part in characters.chunks(width) {
                out.extend(part);
                out.push('\n');
            }
        }
        out
    }

    const ROWS: &str = "1:02:03 PM | CREATE_FAILED        | AWS::SQS::Queue      | Shop/Jobs/Resource (ShopJobsA1B2C3D4) Resource handler \
        returned message: \"It is not there (Service: Sqs, Status Code: 400, Request ID: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010)\" \
        (RequestToken: 0a1b2c3d-aaaa-4bbb-8ccc-000000000011, HandlerErrorCode: InvalidRequest)\n1:02:04 PM | ROLLBACK_IN_PROGRESS \
        | AWS::CloudFormation::Stack | shop-stack-of-the-jobs The following resource(s) failed to create: [ShopJobsA1B2C3D4]\n";

    #[rstest]
    #[case(80)]
    #[case(97)]
    #[case(120)]
    fn lines_that_a_window_broke_are_whole_again(#[case] width: usize) {
        assert_eq!(unwrapped(&wrapped(ROWS, width)).as_deref(), Some(ROWS));
    }

    /// What would tempt it: words that were wrapped at blanks, rows of one length, boxes, and rows that begin alike.
    #[test]
    fn lines_of_one_length_are_left_alone() {
        let prose = "We deploy it each day, and since monday it ends with a sentence that says nothing to\nus, though the same template \
                     was deployed to another account a week ago, without anything\nbeing changed in it, and now it is said that the queue \
                     of the jobs is not there, which it is\nas the console shows. What is it that is meant?";
        let row = "10:02:03 | CREATE_COMPLETE | AWS::SQS::Queue | the queue of the jobs of the shop of one";
        let box_row =
            "│ the queue of the jobs of the shop that was made by somebody else before all of us   │";
        let start = "START RequestId: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010 Version: $LATEST of the shop's";
        for text in [
            prose.to_owned(),
            [row; 4].join("\n"),
            [box_row; 4].join("\n"),
            [start; 4].join("\n"),
        ] {
            assert_eq!(unwrapped(&text), None, "{text}");
        }
    }

    #[test]
    fn a_short_line_was_not_broken() {
        assert_eq!(mended("QueueNotUpdatableE\nxception: no"), None);
    }
}
