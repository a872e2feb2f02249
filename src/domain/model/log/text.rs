//! What a log line says, without the frame that its runtime put around it.
//!
//! Lambda's runtimes write `TIME⇥REQUEST⇥LEVEL⇥TEXT` (Node.js), `[LEVEL]⇥TIME⇥REQUEST⇥TEXT` (Python) or one
//! JSON object a line (the JSON log format, and most logging libraries). The frame is known from elsewhere:
//! the line's own time, the invocation.

use std::borrow::Cow;

use serde_json::Value;

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Only for those who look for it: traces, the runtime's own lines.
    Quiet,
    /// As usual.
    Info,
    /// Something is not as it should be.
    Warning,
    /// Something went wrong.
    Error,
}

/// A log line, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogText<'a> {
    /// How loud it is, where it says so.
    pub level: Option<Severity>,
    /// What it says, without its frame. The whole line where it has no frame that is known.
    pub text: Cow<'a, str>,
    /// The further members of a JSON line, in their order: name and value.
    pub members: Vec<(String, String)>,
}

/// A JSON line longer than this is shown as it is: reading it would not make it readable.
const LONGEST_JSON: usize = 64 * 1024;
/// So many members are told apart.
const MOST_MEMBERS: usize = 24;

/// Names of the member that holds what is said, most usual first.
const SAID: [&str; 6] = ["message", "msg", "errorMessage", "log", "event", "error"];
/// Names of the member that holds the level.
const LEVELS: [&str; 4] = ["level", "levelname", "severity", "log_level"];
/// Members that say what is known from elsewhere.
const FRAME: [&str; 10] = [
    "timestamp",
    "time",
    "asctime",
    "ts",
    "@timestamp",
    "requestId",
    "aws_request_id",
    "function_request_id",
    "AWSRequestId",
    "cold_start",
];

impl<'a> LogText<'a> {
    /// Reads a line. Any text is safe.
    pub fn read(message: &'a str) -> Self {
        let trimmed = message.trim();
        if trimmed.starts_with('{')
            && trimmed.len() <= LONGEST_JSON
            && let Ok(Value::Object(members)) = serde_json::from_str(trimmed)
        {
            return Self::of_json(trimmed, &members);
        }
        if RUNTIME_LINES.iter().any(|begin| trimmed.starts_with(begin)) {
            return Self {
                level: Some(Severity::Quiet),
                text: Cow::Borrowed(trimmed),
                members: Vec::new(),
            };
        }
        let (level, text) = unframed(trimmed);
        Self {
            level,
            text: Cow::Borrowed(text),
            members: Vec::new(),
        }
    }

    fn of_json(line: &'a str, members: &serde_json::Map<String, Value>) -> Self {
        let named = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| members.get(*name).map(|value| ((*name).to_owned(), value)))
        };
        let level = named(&LEVELS).and_then(|(_, value)| value.as_str().and_then(level));
        let platform = members
            .get("type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.starts_with("platform."));
        let Some((said_by, said)) = named(&SAID).filter(|_| !platform) else {
            return Self {
                level: level.or_else(|| platform.then_some(Severity::Quiet)),
                text: Cow::Borrowed(line),
                members: Vec::new(),
            };
        };
        let rest = members
            .iter()
            .filter(|(name, value)| {
                **name != said_by
                    && !LEVELS.contains(&name.as_str())
                    && !FRAME.contains(&name.as_str())
                    && !value.is_null()
            })
            .take(MOST_MEMBERS)
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect();
        Self {
            level,
            text: Cow::Owned(plain(said)),
            members: rest,
        }
    }
}

/// The line is the service's own, around an invocation: nothing that the function said.
pub fn is_of_runtime(line: &str) -> bool {
    RUNTIME_LINES.iter().any(|known| line.starts_with(known))
}

/// Lines that the service writes around an invocation.
const RUNTIME_LINES: [&str; 5] = [
    "START RequestId:",
    "END RequestId:",
    "REPORT RequestId:",
    "INIT_START ",
    "XRAY TraceId:",
];

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// The level and the text behind level, time and request id, in whichever order they stand at the beginning.
fn unframed(line: &str) -> (Option<Severity>, &str) {
    let mut found = None;
    let mut rest = line;
    // A frame has three parts; a fourth round would eat words of the text.
    for _ in 0..3 {
        let Some((part, after)) = first_part(rest) else {
            break;
        };
        if let Some(level) = bracketed(part).or_else(|| loud(part)).filter(|_| found.is_none()) {
            found = Some(level);
        } else if !(is_time(part) || is_request_id(part)) {
            break;
        }
        rest = after;
    }
    (found, rest)
}

/// What stands before the first gap, and what follows it. Nothing where nothing follows.
fn first_part(text: &str) -> Option<(&str, &str)> {
    let (part, after) = text.split_once(['\t', ' '])?;
    let after = after.trim_start();
    (!after.is_empty()).then_some((part, after))
}

/// `[ERROR]` or `ERROR:`.
fn bracketed(part: &str) -> Option<Severity> {
    let inner = part
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .or_else(|| part.strip_suffix(':').filter(|word| *word == word.to_uppercase()))?;
    level(inner)
}

/// A level in capitals, as a runtime writes it; a sentence may begin with `Error`.
fn loud(part: &str) -> Option<Severity> {
    let capitals = part.chars().all(|letter| letter.is_ascii_uppercase());
    capitals.then(|| level(part)).flatten()
}

fn level(word: &str) -> Option<Severity> {
    match word.to_ascii_uppercase().as_str() {
        "TRACE" | "DEBUG" | "VERBOSE" | "SILLY" => Some(Severity::Quiet),
        "INFO" | "NOTICE" | "INFORMATION" => Some(Severity::Info),
        "WARN" | "WARNING" => Some(Severity::Warning),
        "ERROR" | "ERR" | "FATAL" | "CRITICAL" | "PANIC" | "EMERGENCY" | "ALERT" => Some(Severity::Error),
        _ => None,
    }
}

fn is_time(part: &str) -> bool {
    part.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(part).is_ok()
}

fn is_request_id(part: &str) -> bool {
    part.len() == 36
        && part.char_indices().all(|(at, letter)| match at {
            8 | 13 | 18 | 23 => letter == '-',
            _ => letter.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::node(
        "2026-11-25T18:33:21.035Z\t94eb01ed-ffd4-40c3-8918-befc6cbea3a5\tERROR\tno bucket for you",
        Some(Severity::Error),
        "no bucket for you"
    )]
    #[case::python(
        "[ERROR]\t2026-11-25T18:33:21.035Z\t94eb01ed-ffd4-40c3-8918-befc6cbea3a5\tno bucket for you",
        Some(Severity::Error),
        "no bucket for you"
    )]
    #[case::python_raised("[ERROR] KeyError: 'Name'", Some(Severity::Error), "KeyError: 'Name'")]
    #[case::logging_library("WARNING: slow today", Some(Severity::Warning), "slow today")]
    #[case::no_frame("the bucket is missing", None, "the bucket is missing")]
    #[case::a_sentence_is_no_level("Error while reading", None, "Error while reading")]
    #[case::level_alone("ERROR", None, "ERROR")]
    #[case::level_twice("ERROR ERROR burning", Some(Severity::Error), "ERROR burning")]
    #[case::runtime(
        "START RequestId: 94eb01ed Version: 1",
        Some(Severity::Quiet),
        "START RequestId: 94eb01ed Version: 1"
    )]
    fn the_frame_is_taken_off(#[case] line: &str, #[case] level: Option<Severity>, #[case] text: &str) {
        let read = LogText::read(line);
        assert_eq!((read.level, &*read.text), (level, text));
        assert_eq!(read.members, []);
    }

    #[test]
    fn a_json_line_says_its_message_and_keeps_the_rest() {
        let line = r#"{"timestamp":"2026-11-25T18:33:21Z","level":"ERROR","requestId":"r","message":"no","bucket":"b","tries":3,"gone":null}"#;
        let read = LogText::read(line);
        assert_eq!((read.level, &*read.text), (Some(Severity::Error), "no"));
        let members: Vec<_> = read
            .members
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(members, [("bucket", "b"), ("tries", "3")]);
    }

    #[test]
    fn a_platform_line_and_an_object_without_words_stay_whole() {
        for line in [
            r#"{"time":"t","type":"platform.report","record":{"status":"error"}}"#,
            r#"{"bucket":"b"}"#,
            r#"{"message":"cut"#,
        ] {
            assert_eq!(LogText::read(line).text, line);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_safe_and_nothing_is_made_up(line in any::<String>()) {
            let read = LogText::read(&line);
            if let Cow::Borrowed(text) = read.text {
                prop_assert!(line.ends_with(text) || line.trim_end().ends_with(text));
            }
        }
    }
}
