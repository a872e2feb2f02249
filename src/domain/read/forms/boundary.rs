//! Where a sentence ends in a log: what a tool prints below it is no part of it.

/// A longer line was not broken by a terminal.
const WIDEST: usize = 160;

/// Says whether a line tells of an error: then it belongs to the sentence before it.
pub(super) type Speaks = fn(&str) -> bool;

/// The lines of the sentence that a text begins with.
pub(super) fn sentence_of(text: &str, speaks: Speaks) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let kept = lines.get(..length(&lines, speaks)).unwrap_or_default();
    kept.join("\n")
}

/// The lines of the reason of a row: they end where a service has closed its brackets, or a tool says something else.
pub(crate) fn of_row(text: &str) -> &str {
    let mut open = Brackets::default();
    let mut end = 0;
    let mut last = "";
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        let closed = open.told && !open.is_open() && last.ends_with([')', '"']);
        let anew = closed && !bare.starts_with([';', ',', ':', ')', '(']);
        if end > 0 && !bare.is_empty() && (anew || is_printed_by_a_tool(bare)) {
            break;
        }
        open.read_line(bare);
        if !bare.is_empty() {
            last = bare;
        }
        end += line.len();
    }
    text.get(..end).unwrap_or(text).trim_end()
}

/// How many of these lines belong to the sentence that the first of them begins.
pub(super) fn length(lines: &[&str], speaks: Speaks) -> usize {
    let Some(first) = lines.iter().position(|line| !line.trim().is_empty()) else {
        return lines.len();
    };
    let mut open = Brackets::default();
    let mut last = "";
    for (number, line) in lines.iter().enumerate().skip(first) {
        let line = line.trim();
        let sums = |line: &str| line.trim().starts_with("The following resource(s) failed to ");
        let sum = sums(line)
            && !last.ends_with(':')
            && !open.is_open()
            && !lines.get(first).is_some_and(|line| sums(line));
        let anew = sum || is_printed_by_a_tool(line) || (!speaks(line) && ends(last, line, open));
        if number > first && anew {
            return number;
        }
        open.read_line(line);
        last = line;
    }
    lines.len()
}

/// Whether a sentence has ended with its last line, and another thing begins.
fn ends(last: &str, next: &str, open: Brackets) -> bool {
    if open.is_open() {
        return false;
    }
    // `2 errors occurred:`, and each on a line of its own.
    if last.ends_with("occurred:") || (last.starts_with("* ") && next.starts_with("* ")) {
        return false;
    }
    // CloudFormation's own words, which a terminal broke after their first sentence.
    if next.starts_with("Message returned:") {
        return false;
    }
    if open.told && last.ends_with([')', '"']) {
        return !next.starts_with([';', ',', ':', ')', '(']);
    }
    let goes_on =
        next.starts_with(|c: char| c.is_lowercase() || matches!(c, '(' | ')' | ';' | ',' | ':' | '"'));
    let ended = last.ends_with(['.', ')', ']', '"', '!']);
    let long = last.chars().count() > WIDEST;
    (ended || long) && (!goes_on || is_labelled(next))
}

/// `shop: deploying…`, `make[1]: …`: somebody else speaks.
fn is_labelled(line: &str) -> bool {
    let label = line.split(' ').next().and_then(|word| word.strip_suffix(':'));
    label.is_some_and(|name| !name.is_empty() && !name.contains(')'))
}

/// What no sentence goes on with.
fn is_printed_by_a_tool(line: &str) -> bool {
    const STARTS: [&str; 27] = [
        "> ",
        "$ ",
        "# ",
        "##",
        "==",
        "--",
        "✨",
        "❌",
        "✅",
        "⏳",
        "🛑",
        "[ℹ]",
        "[✔]",
        "[✖]",
        "[!]",
        "npm ",
        "yarn ",
        "make: ",
        "make[",
        "Run ",
        "[INFO]",
        "INFO ",
        "INFO:",
        "DEBUG",
        "WARN",
        "Post job cleanup",
        "Done in ",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
        || is_exit(line)
        || is_progress(line)
        || is_mark(line)
        || is_share(line)
}

/// `[10%] start: Publishing shop`: how far cdk's publisher has come.
fn is_share(line: &str) -> bool {
    let inside = line.strip_prefix('[').and_then(|rest| rest.split_once("%] "));
    inside.is_some_and(|(share, rest)| {
        share.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ')
            && rest.split(": ").next().is_some_and(|word| !word.contains(' '))
    })
}

/// What a runner says of a step that failed: only that it did.
pub(super) fn is_exit(line: &str) -> bool {
    const LABELS: [&str; 6] = ["Error: ", "ERROR: ", "error: ", "##[error]", "error ", "fatal: "];
    const STARTS: [&str; 13] = [
        "Process completed with exit code",
        "Process exited with code",
        "The process '",
        "The command '/bin/",
        "script returned exit code",
        "Job failed: exit",
        "Command failed with exit code",
        "Command failed with exit status",
        "Command did not exit successfully",
        "Subprocess exited with error",
        "Exited with code",
        "exit status ",
        "exit code ",
    ];
    let line = line.trim();
    let bare = LABELS
        .iter()
        .find_map(|label| line.strip_prefix(label))
        .unwrap_or(line);
    // `Terraform exited with code 1.`, `Bash exited with code '1'.`
    let exited = bare
        .split_once(" exited with code ")
        .is_some_and(|(who, _)| !who.contains(' '));
    exited
        || matches!(bare, "exit 1" | "exit 2")
        || STARTS.iter().any(|start| bare.starts_with(start))
        || (line.contains(" Error ") && line.starts_with("make") && line.contains("***"))
}

/// `:x:  shop failed`, as a chat writes what was a picture; `…`, where somebody left lines out.
fn is_mark(line: &str) -> bool {
    let named = line
        .strip_prefix(':')
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        });
    named || matches!(line, "..." | "…")
}

/// `3/9 | 1:02:03 AM | CREATE_COMPLETE | …`
fn is_progress(line: &str) -> bool {
    line.split_once(" | ").is_some_and(|(head, _)| {
        let counted = head.trim().split_once('/');
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        counted.is_some_and(|(done, all)| number(done) && number(all))
    })
}

/// What is open at the end of a line.
#[derive(Debug, Clone, Copy, Default)]
struct Brackets {
    round: usize,
    square: usize,
    quoted: bool,
    /// The brackets with which a service or a handler ends what it says have been seen.
    told: bool,
}

impl Brackets {
    fn read_line(&mut self, line: &str) {
        let ends = ["RequestToken: ", "HandlerErrorCode: ", "Request ID: "];
        self.told |= ends.iter().any(|end| line.contains(end));
        for character in line.chars() {
            match character {
                '(' => self.round += 1,
                ')' => self.round = self.round.saturating_sub(1),
                '[' => self.square += 1,
                ']' => self.square = self.square.saturating_sub(1),
                '"' => self.quoted = !self.quoted,
                _ => {}
            }
        }
    }

    fn is_open(self) -> bool {
        self.round + self.square > 0 || self.quoted
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn speaks(line: &str) -> bool {
        line.contains("not authorized")
    }

    #[rstest]
    #[case::complete(
        "X is not there (RequestToken: 1-2, HandlerErrorCode: NotFound)",
        "Waiting for stack create/update to complete"
    )]
    #[case::small_letters(
        "X is not there (RequestToken: 1-2, HandlerErrorCode: NotFound)",
        "step 1 took 12 ms"
    )]
    #[case::a_list("Requires capabilities : [CAPABILITY_IAM]", "Post job cleanup.")]
    #[case::a_command("Requires capabilities : [CAPABILITY_IAM]", "> cdk deploy --all")]
    #[case::a_label("jobs already exists.", "shop: deploying... [1/1]")]
    #[case::a_package_manager("jobs already exists", "npm ERR! code ELIFECYCLE")]
    #[case::a_picture("jobs already exists", ":x:  shop failed: the stack is in ROLLBACK_COMPLETE")]
    #[case::published(
        "No bucket named 'shop'. Is it there?",
        "[10%] start: Publishing 0a1b:current"
    )]
    #[case::summed("It did not stabilize", "The following resource(s) failed to create: [Jobs].")]
    #[case::eksctl("jobs already exists.", "[ℹ]  1 error(s) occurred")]
    #[case::left_out("jobs already exists", "...")]
    #[case::progress(
        "jobs already exists",
        "1/9 | 1:01:30 AM | CREATE_COMPLETE | AWS::IAM::Role | Role (RoleB2)"
    )]
    fn what_a_tool_prints_below_is_no_part_of_it(#[case] sentence: &str, #[case] below: &str) {
        assert_eq!(
            sentence_of(&format!("{sentence}\n{below}\n{below}"), speaks),
            sentence
        );
    }

    /// What would tempt it: a sentence that was wrapped, and two of them.
    #[rstest]
    #[case::in_a_bracket("X is not there (Service: Sqs, Status\nCode: 404)")]
    #[case::in_a_quotation("message: \"It is not there.\nTry another.\" (HandlerErrorCode: NotFound)")]
    #[case::in_a_stream("It failed (RequestToken: 1-2)\n; see the details in CloudWatch Log Stream: x")]
    #[case::in_small_letters("It is not there (yet)\nand never was")]
    #[case::another_that_tells("It could not be made.\nUser: x is not authorized to perform: a:B")]
    #[case::without_an_end("The role of the function was not\nAllowed to do it")]
    #[case::a_member("An error occurred while\nStatus: it failed")]
    fn a_sentence_that_was_wrapped_is_whole(#[case] text: &str) {
        assert_eq!(sentence_of(text, speaks), text);
    }
}
