//! Events as lines of JSON among other lines of a log: what stands between them is of the log.

use serde_json::{Map, Value};

/// A longer text is a log of its own.
const LONGEST: usize = 512 * 1024;

/// The lines that are events, and the members of the stack beside them, as lines of JSON; none where there are not several
/// events, or no other lines between them.
pub(super) fn alone(text: &str) -> Option<String> {
    if text.len() > LONGEST || !text.contains("\"LogicalResourceId\"") {
        return None;
    }
    let filled = text.lines().filter(|line| !line.trim().is_empty()).count();
    let found: Vec<(&str, Map<String, Value>)> = text
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with('{') && line.ends_with('}'))
        .filter_map(|line| Some((line, serde_json::from_str(line).ok()?)))
        .collect();
    let event = |members: &Map<String, Value>| {
        members.contains_key("LogicalResourceId") && members.contains_key("ResourceStatus")
    };
    let events: Vec<&str> = found
        .iter()
        .filter(|(_, members)| event(members))
        .map(|(line, _)| *line)
        .collect();
    if events.len() < 2 || found.len() == filled {
        return None;
    }
    Some(events.join("\n") + "\n")
}

/// The messages of `{"events": [{"timestamp": …, "message": …}]}`, one below the other; none where it is no such document.
pub(super) fn messages(documents: &[Value]) -> Option<String> {
    let [Value::Object(members)] = documents else {
        return None;
    };
    let events = members
        .get("events")?
        .as_array()
        .filter(|events| events.len() > 1)?;
    let mut lines = String::new();
    for event in events {
        event.get("timestamp").filter(|at| at.is_number())?;
        lines.push_str(event.get("message")?.as_str()?.trim_end_matches('\n'));
        lines.push('\n');
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = "{\"LogicalResourceId\": \"Jobs\", \"ResourceStatus\": \"CREATE_FAILED\"}";

    #[test]
    fn events_among_other_lines_are_found() {
        let text = format!(
            "Describe output:\n{{\"StackName\": \"shop\"}}\nEvents:\n    {EVENT}\n    {EVENT}\n\nfailed\n"
        );
        assert_eq!(
            alone(&text).as_deref(),
            Some(format!("{EVENT}\n{EVENT}\n").as_str())
        );
    }

    #[test]
    fn the_messages_of_a_log_are_its_lines() {
        let log = serde_json::json!({"events": [{"timestamp": 1, "message": "a\n"}, {"timestamp": 2, "message": "b"}]});
        assert_eq!(messages(&[log]).as_deref(), Some("a\nb\n"));
        // What would tempt it: one message, and events of something else.
        for other in [
            serde_json::json!({"events": [{"timestamp": 1, "message": "a"}]}),
            serde_json::json!({"events": [{"timestamp": "x", "message": "a"}, {"timestamp": "y", "message": "b"}]}),
        ] {
            assert_eq!(messages(&[other]), None);
        }
    }

    /// What would tempt it: lines of JSON alone, one event in a log, other objects.
    #[test]
    fn other_texts_are_left_alone() {
        for text in [
            format!("{EVENT}\n{EVENT}\n"),
            format!("It says\n{EVENT}\n"),
            "It says\n{\"a\": 1}\n{\"b\": 2}\n".to_owned(),
        ] {
            assert_eq!(alone(&text), None, "{text}");
        }
    }
}
