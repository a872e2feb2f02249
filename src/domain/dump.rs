//! Reads what `aws cloudformation describe-stack-events` (or `describe-events`) printed.

use chrono::{DateTime, Utc};
use serde_json::Value;
use thiserror::Error;

use super::event::{EventExtras, HookInvocation, STACK_TYPE, StackEvent, kept_settings};
use super::fact::{Fact, Recorded};
use super::session::Session;
use super::stack::StackId;
use super::status::Status;

/// Why a text is no event listing.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DumpError {
    /// No JSON.
    #[error("the text is no JSON: {0}")]
    NotJson(String),
    /// JSON without events in it.
    #[error(
        "there is no list `StackEvents` or `OperationEvents` of events with `StackId` and `Timestamp` in it"
    )]
    NoEvents,
}

/// The session that an event listing tells of: its root is the stack that no other event names as nested.
///
/// Fields that are missing are missing; an event without a stack or a time is left out.
pub fn read(text: &str) -> Result<Session, DumpError> {
    let value: Value = serde_json::from_str(text).map_err(|error| DumpError::NotJson(error.to_string()))?;
    let mut events = Vec::new();
    collect(&value, &mut events, 0);
    if events.is_empty() {
        return Err(DumpError::NoEvents);
    }
    let nested: Vec<StackId> = events.iter().filter_map(StackEvent::nested_stack).collect();
    let root = events
        .iter()
        .map(|event| &event.stack_id)
        .find(|stack| !nested.contains(stack))
        .or_else(|| events.first().map(|event| &event.stack_id))
        .ok_or(DumpError::NoEvents)?
        .clone();
    let observed_at = events.iter().map(|event| event.at).max().unwrap_or_default();
    let facts = Recorded {
        observed_at,
        fact: Fact::StackEventsSeen {
            stack_id: root.clone(),
            events: Vec::new(),
        },
    };
    let mut session = Session::replay(root, [&facts]);
    for event in events {
        let fact = Fact::StackEventsSeen {
            stack_id: event.stack_id.clone(),
            events: vec![event],
        };
        session.apply(&Recorded { observed_at, fact });
    }
    Ok(session)
}

/// Finds events in whatever holds them: a page, a list of pages, a bare list, one event.
fn collect(value: &Value, events: &mut Vec<StackEvent>, depth: usize) {
    if depth > 4 {
        return;
    }
    match value {
        Value::Array(items) => {
            for item in items {
                collect(item, events, depth + 1);
            }
        }
        Value::Object(members) => {
            if let Some(event) = event(value, events.len()) {
                events.push(event);
            } else {
                for key in ["StackEvents", "OperationEvents", "stackEvents"] {
                    if let Some(list) = members.get(key) {
                        collect(list, events, depth + 1);
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn event(value: &Value, index: usize) -> Option<StackEvent> {
    let text = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let stack_id = StackId::parse(text("StackId")?)?;
    let at = time(value.get("Timestamp")?)?;
    let logical_id = text("LogicalResourceId")
        .unwrap_or_else(|| stack_id.name())
        .to_owned();
    let status = text("ResourceStatus").unwrap_or_default();
    Some(StackEvent {
        event_id: text("EventId").map_or_else(|| format!("{logical_id}-{status}-{index}"), ToOwned::to_owned),
        at,
        physical_id: text("PhysicalResourceId").map(ToOwned::to_owned),
        resource_type: text("ResourceType").unwrap_or(STACK_TYPE).to_owned(),
        status: Status::new(status),
        reason: text("ResourceStatusReason")
            .or_else(|| text("ValidationStatusReason"))
            .map(ToOwned::to_owned),
        operation_id: text("OperationId").map(ToOwned::to_owned),
        extras: EventExtras {
            client_request_token: text("ClientRequestToken").map(ToOwned::to_owned),
            detailed_status: text("DetailedStatus").map(ToOwned::to_owned),
            hook: text("HookType").map(|name| HookInvocation {
                name: name.to_owned(),
                status: text("HookStatus").map(ToOwned::to_owned),
                reason: text("HookStatusReason").map(ToOwned::to_owned),
                failure_mode: text("HookFailureMode").map(ToOwned::to_owned),
                invocation_id: text("HookInvocationId").map(ToOwned::to_owned),
            }),
            settings: text("ResourceProperties").map(kept_settings).unwrap_or_default(),
        },
        logical_id,
        stack_id,
    })
}

/// A time as the CLI prints it: RFC 3339, or seconds since 1970 in its older versions.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => {
            let parsed = DateTime::parse_from_rfc3339(text.trim());
            parsed.ok().map(|at| at.with_timezone(&Utc))
        }
        Value::Number(seconds) => {
            let millis = (seconds.as_f64()? * 1000.0).round();
            #[expect(
                clippy::as_conversions,
                clippy::cast_possible_truncation,
                reason = "saturates, and chrono refuses what is out of range"
            )]
            DateTime::from_timestamp_millis(millis as i64)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_listing_becomes_a_session() {
        let arn =
            "arn:aws:cloudformation:eu-west-1:123456789012:stack/s/11111111-2222-3333-4444-555555555555";
        let text = format!(
            r#"{{"StackEvents":[{{"StackId":"{arn}","EventId":"B-1","LogicalResourceId":"B","ResourceType":"AWS::S3::Bucket",
            "Timestamp":"2022-07-01T10:54:08.905000+00:00","ResourceStatus":"CREATE_FAILED","ResourceStatusReason":"x"}},
            {{"StackId":"{arn}","EventId":"A","Timestamp":1656672848.5,"ResourceStatus":"CREATE_IN_PROGRESS"}},
            {{"StackId":"nonsense"}}, 7]}}"#
        );
        let session = read(&text).unwrap();
        assert_eq!((session.event_count(), session.root().as_str()), (2, arn));
        assert_eq!(read("{}").unwrap_err(), DumpError::NoEvents);
        assert!(matches!(read("x"), Err(DumpError::NotJson(_))));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = read(&text);
        }
    }
}
