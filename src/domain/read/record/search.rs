//! Finds records in whatever holds them: a log file's `Records`, a page of `LookupEvents`, a log group's
//! events, an `EventBridge` event, a list, or a record inside a text inside any of these.

use serde_json::Value;

use crate::domain::model::trail::TrailRecord;
use crate::domain::read::json_stream::Documents;

/// How deep records may lie.
const DEPTH: usize = 8;
/// Envelopes whose members a record inside them inherits: an `EventBridge` event, a `LookupEvents` entry.
const ENVELOPES: [&str; 2] = ["detail", "CloudTrailEvent"];

impl TrailRecord {
    /// The record in whose middle a text ends, with the members that are complete; none where that does not name the
    /// call.
    pub fn read_cut(text: &str) -> Option<Self> {
        let start = text.find(['{', '['])?;
        let whole: Value = serde_json::from_str(&until_last_member(text.get(start..)?)?).ok()?;
        let record = last_record(&whole)?;
        Self::read_all(&record.to_string()).pop()
    }

    /// Every record in `text`, in its order; none when it is no JSON or holds no record.
    pub fn read_all(text: &str) -> Vec<Self> {
        let mut found = Vec::new();
        for value in Documents::read(text)
            .map(|documents| documents.values)
            .unwrap_or_default()
        {
            search(&value, &mut found, 0);
        }
        found
    }
}

fn search(value: &Value, found: &mut Vec<TrailRecord>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    match value {
        Value::Object(members) => {
            let enveloped = ENVELOPES.iter().any(|key| members.contains_key(*key));
            let is_record = ["eventName", "eventSource"]
                .iter()
                .any(|key| super::values::member(value, &[key]).is_some());
            if (is_record || enveloped)
                && let Ok(record) = TrailRecord::read(&value.to_string())
            {
                found.push(record);
                return;
            }
            for inner in members.values() {
                search(inner, found, depth + 1);
            }
        }
        Value::Array(items) => {
            for inner in items {
                search(inner, found, depth + 1);
            }
        }
        Value::String(text) if text.contains("eventName") || text.contains("eventSource") => {
            for inner in Documents::read(text)
                .map(|documents| documents.values)
                .unwrap_or_default()
            {
                search(&inner, found, depth + 1);
            }
        }
        _ => {}
    }
}

/// A document that was cut, up to the last member that is complete, with its brackets closed.
fn until_last_member(text: &str) -> Option<String> {
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    let mut whole: Option<(usize, String)> = None;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                open.pop()?;
            }
            ',' => whole = Some((at, open.iter().rev().collect())),
            _ => {}
        }
    }
    let (end, closing) = whole.filter(|_| !open.is_empty())?;
    Some(text.get(..end)?.to_owned() + &closing)
}

/// The last record, which is where a document ends.
fn last_record(value: &Value) -> Option<&Value> {
    match value {
        Value::Array(items) => last_record(items.last()?),
        Value::Object(members)
            if members.contains_key("eventName") && members.contains_key("eventSource") =>
        {
            Some(value)
        }
        Value::Object(members) => members.values().find_map(last_record),
        _ => None,
    }
}
