//! Finds records in whatever holds them: a log file's `Records`, a page of `LookupEvents`, a log group's
//! events, an `EventBridge` event, a list, or a record inside a text inside any of these.

use serde_json::Value;

use crate::domain::model::trail::TrailRecord;
use crate::domain::read::json_stream::{CutAt, Documents, closed};

/// How deep records may lie.
const DEPTH: usize = 8;
/// Envelopes whose members a record inside them inherits: an `EventBridge` event, a `LookupEvents` entry.
const ENVELOPES: [&str; 2] = ["detail", "CloudTrailEvent"];

impl TrailRecord {
    /// The record in whose middle a text ends, with the members that are complete; none where that does not name the
    /// call.
    pub fn read_cut(text: &str) -> Option<Self> {
        let start = text.find(['{', '['])?;
        let whole: Value = serde_json::from_str(&closed(text.get(start..)?, CutAt::Member)?).ok()?;
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
