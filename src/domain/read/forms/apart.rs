//! Several texts that were pasted one after the other: where one ends and the next begins.
//!
//! What belongs together names the same things: a stack, a resource, a request. Between two blocks of lines that a blank
//! line parts, and over which no name goes, a border may run. Whether it does is for whoever reads both sides to say.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason;

/// A longer text is a log.
const LONGEST: usize = 256 * 1024;
/// A shorter word names nothing by itself.
const NAME: usize = 5;
/// More blocks than these are the paragraphs of a log or of a page.
const MOST: usize = 60;

/// The stretches of a text over whose borders no name goes; one where it is one text.
pub(super) fn stretches(text: &str) -> Vec<&str> {
    if text.len() > LONGEST {
        return vec![text];
    }
    sections(text).into_iter().flat_map(within).collect()
}

/// The parts of a text between the rules that somebody drew: lines of one sign, with an empty line on both sides.
fn sections(text: &str) -> Vec<&str> {
    let is_rule = |line: &str| {
        let line = line.trim();
        RULES
            .iter()
            .any(|sign| line.len() > 3 && line.chars().all(|c| c == *sign))
    };
    let mut found = Vec::new();
    let (mut begin, mut at, mut blank) = (0, 0, true);
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        at += line.len();
        let follows = lines.peek().is_none_or(|next| next.trim().is_empty());
        if blank && follows && is_rule(line) {
            found.extend(text.get(begin..at));
            begin = at;
        }
        blank = line.trim().is_empty();
    }
    found.extend(
        text.get(begin..)
            .filter(|rest| !rest.trim().is_empty() || begin == 0),
    );
    found
}

/// What people draw a rule with.
const RULES: [char; 5] = ['-', '=', '*', '_', '─'];

/// The stretches of a part without a rule.
fn within(text: &str) -> Vec<&str> {
    let blocks = blocks(text);
    if !(2..=MOST).contains(&blocks.len()) {
        return vec![text];
    }
    // Up to which block something goes that the blocks before name.
    let mut last: HashMap<&str, usize> = HashMap::new();
    for (number, block) in blocks.iter().enumerate() {
        for name in names(block) {
            last.insert(name, number);
        }
    }
    let mut found: Vec<&str> = Vec::new();
    let (mut begin, mut at, mut reach) = (0, 0, 0);
    for (number, block) in blocks.iter().enumerate() {
        at += block.len();
        let goes = names(block).filter_map(|name| last.get(name).copied()).max();
        reach = reach.max(goes.unwrap_or_default());
        // What leads up to something belongs to it.
        let leads = block.trim_end().ends_with(':');
        if reach <= number && !leads {
            found.extend(text.get(begin..at));
            begin = at;
        }
    }
    found.extend(text.get(begin..).filter(|rest| !rest.trim().is_empty()));
    found
}

/// The blocks between blank lines, with the blank lines behind them; a document and a fenced part are each of one piece.
fn blocks(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let (mut begin, mut at) = (0, 0);
    let (mut blank, mut fenced) = (false, false);
    // Whether the line before ends like a document: what follows it at once is the next of many.
    let mut closed = false;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let line = rest.get(..end).unwrap_or(rest);
        let document = (!fenced && !closed).then(|| document(rest)).flatten();
        let is_blank = line.trim().is_empty();
        if !is_blank && !fenced && (blank || document.is_some()) && at > begin {
            found.extend(text.get(begin..at));
            begin = at;
        }
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        blank = is_blank && !fenced;
        closed = line.trim_end().ends_with(['}', ']']) && document.is_none();
        at += document.unwrap_or(end);
        // Behind a document another text may follow at once.
        blank |= document.is_some();
    }
    found.extend(text.get(begin..).filter(|rest| !rest.is_empty()));
    found
}

/// How long the document is that begins here, with the end of its last line; none where none of several lines or members does.
fn document(text: &str) -> Option<usize> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = stream.next()?.ok()?;
    let end = stream.byte_offset();
    let holds = value.is_object() || value.as_array()?.iter().any(Value::is_object);
    let rest = text.get(end..)?;
    let line = rest.find('\n').map_or(rest.len(), |at| at + 1);
    // A line of many is no text of its own: `{…}\n{…}`.
    let follows = rest.get(line..)?.trim_start_matches(['\r', ' ']);
    let alone = rest.get(..line)?.trim().is_empty() && !follows.starts_with(['{', '[']);
    (holds && alone).then_some(end + line)
}

/// A word, with what ends a part of a type behind it.
static WORD: LazyLock<Regex> = LazyLock::new(|| pattern("[A-Za-z0-9][A-Za-z0-9_-]*(?:::[A-Za-z0-9]+)*"));

/// The words of a block that are written like names; a type and the key of a member are none.
fn names(block: &str) -> impl Iterator<Item = &str> {
    let seen: HashSet<&str> = WORD
        .find_iter(block)
        .filter(|word| {
            !block
                .get(word.end()..)
                .is_some_and(|rest| rest.starts_with("\":") || rest.starts_with("\" :"))
        })
        .map(|word| word.as_str().trim_end_matches(['-', '_']))
        .filter(|word| is_name(word))
        .collect();
    seen.into_iter()
}

/// What forms, services and tools write in every text.
const EVERYWHERE: [&str; 48] = [
    "CloudFormation",
    "StackEvents",
    "OperationEvents",
    "LogicalResourceId",
    "PhysicalResourceId",
    "ResourceType",
    "ResourceStatus",
    "ResourceStatusReason",
    "ResourceProperties",
    "ClientRequestToken",
    "StackName",
    "StackId",
    "StackStatus",
    "StackStatusReason",
    "EventId",
    "RequestToken",
    "HandlerErrorCode",
    "StatusCode",
    "RequestID",
    "RequestId",
    "ErrorCode",
    "eventName",
    "eventSource",
    "eventTime",
    "eventID",
    "requestID",
    "errorCode",
    "errorMessage",
    "userIdentity",
    "awsRegion",
    "requestParameters",
    "CreateStack",
    "UpdateStack",
    "DeleteStack",
    "CreateChangeSet",
    "DescribeStacks",
    "DescribeStackEvents",
    "assumed-role",
    "identity-based",
    "resource-based",
    "permissions-boundary",
    "describe-stack-events",
    "stack-name",
    "GitHub",
    "DynamoDB",
    "CloudTrail",
    "CloudFront",
    "ElastiCache",
];

/// Whether a word is the name of one thing: letters and digits, a hump, or parts that hyphens join.
fn is_name(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let hump = || {
        let mut pairs = word.chars().zip(word.chars().skip(1));
        pairs.any(|(one, next)| one.is_ascii_lowercase() && next.is_ascii_uppercase())
    };
    let signs = (digits > 0 && letters > 1) || word.contains('-') || hump();
    word.len() >= NAME
        && signs
        && letters > 1
        && !word.contains("::")
        && !is_call(word)
        && !is_time(word)
        && !is_region(word)
        && !["Exception", "Error", "Fault"]
            .iter()
            .any(|end| word.ends_with(end))
        && !EVERYWHERE.contains(&word)
        && !reason::is_handler_code(word)
        && !event_listing::names_status(word)
}

/// `CreateQueue`: the name of a call, which many things are made with.
fn is_call(word: &str) -> bool {
    const VERBS: [&str; 16] = [
        "Create", "Update", "Delete", "Put", "Get", "Describe", "List", "Modify", "Attach", "Detach",
        "Register", "Tag", "Start", "Stop", "Assume", "Pass",
    ];
    let letters = word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let begins = |verb: &&str| {
        word.strip_prefix(*verb)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    letters && VERBS.iter().any(begins)
}

/// `2026-05-04T12`
fn is_time(word: &str) -> bool {
    word.bytes().take(4).all(|byte| byte.is_ascii_digit()) && word.as_bytes().get(4) == Some(&b'-')
}

/// `eu-west-1`
fn is_region(word: &str) -> bool {
    let mut parts = word.split('-');
    let first = parts.next().is_some_and(|first| first.len() == 2);
    let last = word
        .rsplit('-')
        .next()
        .is_some_and(|last| last.len() < 3 && last.bytes().all(|b| b.is_ascii_digit()));
    first && last && word.split('-').count() > 2
}

/// Whether a text holds a name as a word of its own.
pub(super) fn holds(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let behind = text.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part) && !behind.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ROWS: &str = "1:02:03 AM | CREATE_FAILED | AWS::SQS::Queue | JobsA1 it is there\n1:02:04 AM | CREATE_FAILED | AWS::SNS::Topic | \
                        NewsB2 Resource creation cancelled\n";
    const ERROR: &str = "Error: creating SQS Queue (mail-in): https response error StatusCode: 400, RequestID: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010\n";
    const EVENTS: &str = "{\n  \"StackName\": \"shop-web\",\n\n  \"Status\": \"CREATE_FAILED\"\n}\n";

    #[rstest]
    #[case(&[ROWS, "\n", ERROR], 2)]
    #[case(&[EVENTS, ERROR], 2)]
    #[case(&[ERROR, EVENTS], 2)]
    #[case(&[ROWS, "\n", EVENTS, ERROR], 3)]
    // What names what the other names, what leads up to something, rows below each other, lines of documents.
    #[case(&[ROWS, "\nThe queue JobsA1 is not there\n"], 1)]
    #[case(&["It says this:\n\n", ERROR], 1)]
    #[case(&[ROWS, ERROR], 1)]
    #[case(&["{\"a\": {}}\n{\"b\": {}}\n"], 1)]
    #[case(&["```\n", ROWS, "\n", ERROR, "```\n"], 1)]
    // A rule parts what the same names go over; one below a heading or in a table does not.
    #[case(&[ROWS, "\n-----\n", "\nThe queue JobsA1 is not there\n"], 4)]
    #[case(&[ROWS, "\nQueues\n-----\nThe queue JobsA1 is not there\n"], 1)]
    #[case(&[ROWS, "-----\n", "\nThe queue JobsA1 is not there\n"], 1)]
    // A name that goes over another text holds it.
    #[case(&[ROWS, "\n", ERROR, "\n", "NewsB2 is mine\n"], 1)]
    fn texts_are_parted_where_no_name_goes_over(#[case] texts: &[&str], #[case] count: usize) {
        let whole = texts.concat();
        let found = stretches(&whole);
        assert_eq!(found.len(), count, "{found:?}");
        assert_eq!(found.concat().trim(), whole.trim());
    }

    #[rstest]
    #[case("JobsA1", true)]
    #[case("shop-web", true)]
    #[case("i-0a1b2c", true)]
    #[case("eu-west-1", false)]
    #[case("2026-05-04T12", false)]
    #[case("AccessDeniedException", false)]
    #[case("CREATE_FAILED", false)]
    #[case("AlreadyExists", false)]
    #[case("deployment", false)]
    #[case("111122223333", false)]
    #[case("CreateQueue", false)]
    #[case("CreateQueue0A1B", true)]
    fn names_are_told_from_other_words(#[case] word: &str, #[case] name: bool) {
        assert_eq!(is_name(word), name);
    }

    #[test]
    fn a_name_is_held_as_a_whole_word() {
        assert!(holds("the stack shop/1 is", "shop"));
        assert!(!holds("the stack shop-web is", "shop"));
    }
}
