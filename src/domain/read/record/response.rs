//! The error of a call, wherever in the record it stands.
//!
//! Most services write `errorCode` and `errorMessage`; some put the text, or all of it, into
//! `responseElements`.

use serde_json::Value;

use super::values::{member, text, text_of};

/// How much of an answer is looked through.
const NODES: usize = 4_000;

/// Error code and message.
pub(super) fn error(record: &Value) -> (Option<String>, Option<String>) {
    let code = text(record, &["errorCode"]);
    let message = text(record, &["errorMessage"]);
    if code.is_some() && message.is_some() {
        return (code, message);
    }
    if code.is_none()
        && message.is_none()
        && let Some(ended) = member(record, &["serviceEventDetails"]).and_then(ended_badly)
    {
        return ended;
    }
    let Some(answer) = member(record, &["responseElements"]) else {
        return (code, message);
    };
    let found = in_answer(answer, code.is_some() || message.is_some());
    (code.or(found.code), message.or(found.message))
}

/// What a service says of its own work, such as Control Tower of an account: that it failed, and why.
fn ended_badly(details: &Value) -> Option<(Option<String>, Option<String>)> {
    let members = details.as_object()?;
    let state = text(details, &["state"]).or_else(|| text(details, &["status"]));
    if let Some(state) = state.filter(|state| state.ends_with("FAILED")) {
        let said = text(details, &["message"]).or_else(|| text(details, &["statusMessage"]));
        return Some((Some(state), said));
    }
    members
        .values()
        .filter(|inner| inner.is_object())
        .find_map(ended_badly)
}

#[derive(Default)]
struct Found {
    code: Option<String>,
    message: Option<String>,
}

/// What an answer says of an error. When the call is `known` to have failed, a bare `message` is its text;
/// else only words that nothing but an error uses count.
fn in_answer(answer: &Value, known: bool) -> Found {
    if let Value::String(words) = answer {
        // Some answers are JSON inside a text.
        if let Ok(inner @ Value::Object(_)) = serde_json::from_str::<Value>(words) {
            return in_answer(&inner, known);
        }
        return Found {
            code: None,
            message: known.then(|| text_of(answer)).flatten(),
        };
    }
    let mut left = NODES;
    let mut found = Found::default();
    search(answer, known, &mut left, &mut found, 0);
    found
}

fn search(value: &Value, known: bool, left: &mut usize, found: &mut Found, depth: usize) {
    if *left == 0 || depth > 12 || (found.code.is_some() && found.message.is_some()) {
        return;
    }
    *left -= 1;
    match value {
        Value::Object(members) => {
            collect_from(value, known, depth, found);
            for (_, inner) in members {
                if inner.is_object() || inner.is_array() {
                    search(inner, known, left, found, depth + 1);
                }
            }
        }
        Value::Array(items) => {
            for inner in items {
                search(inner, known, left, found, depth + 1);
            }
        }
        _ => {}
    }
}

const CODES: [&str; 8] = [
    "errorCode",
    "ErrorCode",
    "error_code",
    "__type",
    "errorType",
    "exceptionName",
    "failureCode",
    "FailureCode",
];
const MESSAGES: [&str; 10] = [
    "errorMessage",
    "ErrorMessage",
    "error_message",
    "failureReason",
    "FailureReason",
    "failureMessage",
    "FailureMessage",
    "stateReasonMessage",
    "errorDetails",
    "errorDescription",
];
/// Words that stand in good answers too: they count only beside a sign of an error.
const PLAIN_MESSAGES: [&str; 5] = ["message", "Message", "reason", "statusMessage", "Reason"];
const PLAIN_CODES: [&str; 2] = ["code", "Code"];
const ERRORS: [&str; 3] = ["error", "Error", "fault"];
const LISTS: [&str; 8] = [
    "Problems",
    "problems",
    "errors",
    "Errors",
    "failures",
    "Failures",
    "failedEntries",
    "FailedEntries",
];

fn collect_from(value: &Value, known: bool, depth: usize, found: &mut Found) {
    let message = text(value, &MESSAGES);
    // A number alone is a setting: CloudFront's own page for a 404.
    let code = text(value, &CODES)
        .filter(|code| known || message.is_some() || !code.bytes().all(|byte| byte.is_ascii_digit()));
    let signed = code.is_some() || message.is_some() || (known && depth <= 1);
    if found.code.is_none() {
        found.code = code.or_else(|| {
            signed
                .then(|| text(value, &PLAIN_CODES))
                .flatten()
                .filter(|_| !known)
        });
    }
    if found.message.is_none() {
        found.message = message.or_else(|| signed.then(|| text(value, &PLAIN_MESSAGES)).flatten());
    }
    for inner in ERRORS.iter().filter_map(|key| value.get(key)) {
        match inner {
            Value::Object(_) => {
                found.code = found
                    .code
                    .take()
                    .or_else(|| text(inner, &CODES).or_else(|| text(inner, &PLAIN_CODES)));
                found.message = found
                    .message
                    .take()
                    .or_else(|| text(inner, &MESSAGES).or_else(|| text(inner, &PLAIN_MESSAGES)));
            }
            Value::String(_) if found.message.is_none() => found.message = text_of(inner),
            Value::Array(_) if found.message.is_none() => {
                if let Some((code, message)) = listed(inner) {
                    found.code = found.code.take().or(code);
                    found.message = Some(message);
                }
            }
            _ => {}
        }
    }
    if found.message.is_none() {
        let listed = LISTS.iter().filter_map(|key| value.get(key)).find_map(listed);
        if let Some((code, message)) = listed {
            found.code = found.code.take().or(code);
            found.message = Some(message);
        }
    }
}

/// The texts of a list of problems, joined; the code of the first that has one.
fn listed(list: &Value) -> Option<(Option<String>, String)> {
    let items: Vec<&Value> = match list {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => match members.get("items").or_else(|| members.get("item")) {
            Some(Value::Array(items)) => items.iter().collect(),
            Some(single) => vec![single],
            None => vec![list],
        },
        _ => return None,
    };
    let words: Vec<String> = items.iter().take(20).filter_map(|item| words_of(item)).collect();
    if words.is_empty() {
        return None;
    }
    let code = items
        .iter()
        .find_map(|item| text(item, &CODES).or_else(|| text(item, &PLAIN_CODES)));
    Some((code, words.join("; ")))
}

fn words_of(item: &Value) -> Option<String> {
    text_of(item)
        .or_else(|| text(item, &MESSAGES))
        .or_else(|| text(item, &PLAIN_MESSAGES))
        .or_else(|| member(item, &ERRORS).and_then(words_of))
}
