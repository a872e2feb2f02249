//! The few lines of YAML that `--output yaml` prints for an event: flat members, texts over several lines.

use serde_json::{Map, Value};

const MEMBERS: [&str; 14] = [
    "ClientRequestToken",
    "DetailedStatus",
    "EventId",
    "HookStatusReason",
    "LogicalResourceId",
    "OperationId",
    "PhysicalResourceId",
    "ResourceProperties",
    "ResourceStatus",
    "ResourceStatusReason",
    "ResourceType",
    "StackId",
    "StackName",
    "Timestamp",
];

/// The events of a YAML listing, each as the JSON that it stands for.
pub(super) fn read(text: &str) -> Vec<Value> {
    let mut events: Vec<Map<String, Value>> = Vec::new();
    let mut current: Option<(&str, String)> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let (first, rest) = trimmed
            .strip_prefix("- ")
            .map_or((false, trimmed), |rest| (true, rest));
        let member = rest
            .split_once(':')
            .filter(|(key, value)| MEMBERS.contains(key) && (value.is_empty() || value.starts_with(' ')));
        if let Some((key, value)) = member {
            keep(&mut events, current.take());
            if first || events.is_empty() {
                events.push(Map::new());
            }
            current = Some((key, value.trim().to_owned()));
        } else if let Some((_, value)) = &mut current {
            value.push(' ');
            value.push_str(trimmed.trim_end());
        }
    }
    keep(&mut events, current);
    events.into_iter().map(Value::Object).collect()
}

fn keep(events: &mut [Map<String, Value>], member: Option<(&str, String)>) {
    if let (Some(event), Some((key, value))) = (events.last_mut(), member) {
        event.insert(key.to_owned(), Value::String(unquoted(value.trim())));
    }
}

pub(super) fn unquoted(text: &str) -> String {
    let within = |mark: char| text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    if let Some(inside) = within('\'') {
        inside.replace("''", "'")
    } else if let Some(inside) = within('"') {
        inside
            .replace("\\\"", "\"")
            .replace("\\n", "\n")
            .replace("\\ ", " ")
    } else {
        text.strip_prefix("|- ")
            .or_else(|| text.strip_prefix(">- "))
            .unwrap_or(text)
            .to_owned()
    }
}
