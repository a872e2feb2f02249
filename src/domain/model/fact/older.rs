//! How earlier formats of the journal said what is a fact of its own today.
//!
//! A journal is read for ever: whatever format it was written in, its facts come in through [`Fact`]'s own
//! deserialiser and are in today's form behind it. What is written is always of the newest format.
//!
//! | format | written by | what it says otherwise |
//! | --- | --- | --- |
//! | 1 | 0.1 before its release | marks are answers and failures of sources whose key says what they mean: `reading ARN`, `read ARN`, `events:ARN`, `KEY#too-much`, `KEY#ACTION`; an empty page of events stands for a look that brought nothing new |
//! | 2 | 0.1 | as [`Fact`] says |

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Fact;
use crate::domain::model::source::SourceId;
use crate::domain::model::stack::StackId;

/// The format of the journal that this program writes. It reads all up to this one.
pub const FORMAT: u32 = 2;

/// Before the ARN of a stack whose events began to be read downwards, and where that met what was known.
const READING: &str = "reading ";
const READ: &str = "read ";
/// Before the ARN of a stack whose events could not be read, or could again.
const EVENTS: &str = "events:";
/// Behind the key of what was answered with more than is read at once.
const TOO_MUCH: &str = "#too-much";

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer).map(today)
    }
}

/// The fact in today's form.
fn today(fact: Fact) -> Fact {
    match fact {
        Fact::StackEventsSeen { stack_id, events } if events.is_empty() => Fact::StackRead { stack_id },
        Fact::SourceAnswered { source, key, at } => {
            let stack = |head: &str| {
                let arn = key
                    .strip_prefix(head)
                    .filter(|_| source == SourceId::CLOUDFORMATION)?;
                StackId::parse(arn)
            };
            if let Some(stack_id) = stack(READING) {
                Fact::StackReadingBegun { stack_id, at }
            } else if let Some(stack_id) = stack(READ) {
                Fact::StackReadingEnded { stack_id, at }
            } else if let Some(stack_id) = stack(EVENTS) {
                Fact::StackEventsReadable { stack_id, at }
            } else if let Some(whole) = key.strip_suffix(TOO_MUCH) {
                let key = whole.to_owned();
                Fact::SourceFoundTooMuch { source, key, at }
            } else {
                Fact::SourceAnswered { source, key, at }
            }
        }
        Fact::SourceFailed {
            source,
            region,
            key,
            fault,
        } => {
            let arn = key
                .strip_prefix(EVENTS)
                .filter(|_| source == SourceId::CLOUDFORMATION);
            let whole = key.strip_suffix(fault.action.as_str());
            if let Some(stack_id) = arn.and_then(StackId::parse) {
                Fact::StackEventsUnreadable { stack_id, fault }
            } else if let Some(whole) = whole.and_then(|whole| whole.strip_suffix('#')) {
                let key = whole.to_owned();
                Fact::SourceMissedPart {
                    source,
                    region,
                    key,
                    fault,
                }
            } else {
                Fact::SourceFailed {
                    source,
                    region,
                    key,
                    fault,
                }
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ARN: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";
    const AT: &str = "2026-11-26T22:40:01.500Z";

    fn answered(source: &str, key: &str) -> Value {
        json!({"kind": "source_answered", "source": source, "key": key, "at": AT})
    }

    fn failed(source: &str, key: &str) -> Value {
        let fault = json!({"action": "ecs:ListTasks", "kind": "denied", "message": "no"});
        json!({"kind": "source_failed", "source": source, "region": "eu-west-1", "key": key, "fault": fault})
    }

    fn read(old: &Value) -> Value {
        let fact: Fact = serde_json::from_value(old.clone()).unwrap();
        let new = serde_json::to_value(&fact).unwrap();
        let again: Fact = serde_json::from_value(new.clone()).unwrap();
        assert_eq!(again, fact, "what is in today's form stays as it is");
        new
    }

    #[test]
    fn every_marker_of_format_1_is_a_fact_of_its_own() {
        let of_stack = |kind: &str| json!({"kind": kind, "stack_id": ARN, "at": AT});
        for (old, new) in [
            (
                json!({"kind": "stack_events_seen", "stack_id": ARN, "events": []}),
                json!({"kind": "stack_read", "stack_id": ARN}),
            ),
            (
                answered("cloudformation", &format!("reading {ARN}")),
                of_stack("stack_reading_begun"),
            ),
            (
                answered("cloudformation", &format!("read {ARN}")),
                of_stack("stack_reading_ended"),
            ),
            (
                answered("cloudformation", &format!("events:{ARN}")),
                of_stack("stack_events_readable"),
            ),
            (
                answered("logs", "logs:eu-west-1:/a:1#too-much"),
                json!({"kind": "source_found_too_much", "source": "logs", "key": "logs:eu-west-1:/a:1", "at": AT}),
            ),
            (
                failed("cloudformation", &format!("events:{ARN}")),
                json!({"kind": "stack_events_unreadable", "stack_id": ARN,
                    "fault": {"action": "ecs:ListTasks", "kind": "denied", "message": "no"}}),
            ),
            (
                failed("ecs", "ecs:web#ecs:ListTasks"),
                json!({"kind": "source_missed_part", "source": "ecs", "region": "eu-west-1", "key": "ecs:web",
                    "fault": {"action": "ecs:ListTasks", "kind": "denied", "message": "no"}}),
            ),
        ] {
            assert_eq!(read(&old), new);
        }
    }

    /// What tempts: the words of a marker in the key of something else.
    #[test]
    fn what_only_looks_like_a_marker_stays_what_it_is() {
        for fact in [
            answered("logs", &format!("reading {ARN}")),
            answered("cloudformation", "reading the news"),
            answered("cloudformation", "events:shop"),
            answered("logs", "logs:eu-west-1:/a#too-much:1"),
            failed("logs", &format!("events:{ARN}")),
            failed("ecs", "ecs:web#ecs:DescribeTasks"),
            failed("ecs", "ecs:ListTasks"),
            json!({"kind": "stack_gone", "stack_id": ARN}),
        ] {
            assert_eq!(read(&fact), fact);
        }
    }
}
