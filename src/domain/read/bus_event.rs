//! What `EventBridge` delivers: how `CloudFormation`'s stacks and resources stand, and calls that `CloudTrail` recorded.
//!
//! Delivery is at least once and in any order, so an event only says that something happened; what is recorded of a
//! deployment is read from AWS. Source: the events reference of Amazon
//! `EventBridge`, events of AWS `CloudFormation`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use thiserror::Error;

use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::model::trail::TrailRecord;

/// What was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusEvent {
    /// The event's own id: the same for each delivery of it.
    pub id: String,
    /// The account in which it happened.
    pub account: String,
    /// The region.
    pub region: String,
    /// When it happened, to the second.
    pub at: DateTime<Utc>,
    /// What.
    pub what: Happened,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A stack went into a status.
    Stack {
        /// Which.
        stack_id: StackId,
        /// Which status.
        status: Status,
    },
    /// Something else happened to a stack, or within it: a resource, a hook, drift.
    Within {
        /// Which stack.
        stack_id: StackId,
    },
    /// `CloudTrail` recorded a call.
    Call(Box<TrailRecord>),
    /// What does not belong to one stack: operations of stack sets, other services.
    Elsewhere {
        /// What it calls itself.
        detail_type: String,
    },
}

/// A text is no event.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("it is no event of EventBridge: {0}")]
pub struct NoBusEvent(String);

impl BusEvent {
    /// Reads an event as it stands in a queue, also where a topic stands between.
    ///
    /// # Errors
    ///
    /// It is no event.
    pub fn read(text: &str) -> Result<Self, NoBusEvent> {
        let value: Value = serde_json::from_str(text).map_err(|error| NoBusEvent(error.to_string()))?;
        match value.get("Message").and_then(Value::as_str) {
            Some(inner) if value.get("detail").is_none() => {
                let inner = serde_json::from_str(inner).map_err(|error| NoBusEvent(error.to_string()))?;
                Self::of(&inner)
            }
            _ => Self::of(&value),
        }
    }

    fn of(event: &Value) -> Result<Self, NoBusEvent> {
        let missing = |member: &str| NoBusEvent(format!("`{member}` is missing"));
        let text = |member: &str| {
            let found = event.get(member).and_then(Value::as_str);
            found.map(str::to_owned).ok_or_else(|| missing(member))
        };
        let detail = event.get("detail").filter(|detail| detail.is_object());
        let detail = detail.ok_or_else(|| missing("detail"))?;
        let at = text("time")?;
        let at = at
            .parse()
            .map_err(|_wrong| NoBusEvent(format!("`{at}` is no time")))?;
        Ok(Self {
            id: text("id")?,
            account: text("account")?,
            region: text("region")?,
            at,
            what: happened(&text("source")?, text("detail-type")?, detail)?,
        })
    }

    /// The stack that it is about.
    pub fn stack(&self) -> Option<&StackId> {
        match &self.what {
            Happened::Stack { stack_id, .. } | Happened::Within { stack_id } => Some(stack_id),
            Happened::Call(_) | Happened::Elsewhere { .. } => None,
        }
    }
}

fn happened(source: &str, detail_type: String, detail: &Value) -> Result<Happened, NoBusEvent> {
    if detail_type == "AWS API Call via CloudTrail" {
        let record = TrailRecord::read(&detail.to_string());
        let record = record.map_err(|error| NoBusEvent(error.to_string()))?;
        return Ok(Happened::Call(Box::new(record)));
    }
    let stack_id = detail
        .get("stack-id")
        .and_then(Value::as_str)
        .and_then(StackId::parse);
    let (true, Some(stack_id)) = (source == "aws.cloudformation", stack_id) else {
        return Ok(Happened::Elsewhere { detail_type });
    };
    let status = detail.pointer("/status-details/status").and_then(Value::as_str);
    Ok(match (detail_type.as_str(), status) {
        ("CloudFormation Stack Status Change", Some(status)) => Happened::Stack {
            stack_id,
            status: Status::new(status),
        },
        _ => Happened::Within { stack_id },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";

    fn event(source: &str, detail_type: &str, detail: &Value) -> Value {
        json!({
            "version": "0", "id": "7bf7", "source": source, "detail-type": detail_type,
            "account": "123456789012", "region": "eu-west-1", "time": "2026-05-04T12:00:00Z",
            "resources": [], "detail": detail,
        })
    }

    fn read(event: &Value) -> Happened {
        BusEvent::read(&event.to_string()).unwrap().what
    }

    fn stack_status(status: &str) -> Value {
        let detail = json!({"stack-id": SHOP, "status-details": {"status": status, "status-reason": ""}});
        event(
            "aws.cloudformation",
            "CloudFormation Stack Status Change",
            &detail,
        )
    }

    #[test]
    fn a_status_of_a_stack_also_through_a_topic() {
        let stack_id = StackId::parse(SHOP).unwrap();
        let told = stack_status("ROLLBACK_IN_PROGRESS");
        let said = Happened::Stack {
            stack_id,
            status: Status::new("ROLLBACK_IN_PROGRESS"),
        };
        assert_eq!(read(&told), said);
        let topic = json!({"Type": "Notification", "Message": told.to_string()});
        assert_eq!(read(&topic), said);
        let whole = BusEvent::read(&told.to_string()).unwrap();
        assert_eq!(
            (whole.account.as_str(), whole.region.as_str()),
            ("123456789012", "eu-west-1")
        );
        assert_eq!(whole.stack().unwrap().name(), "shop");
    }

    #[test]
    fn what_happens_within_a_stack_names_the_stack() {
        let detail = json!({"stack-id": SHOP, "logical-resource-id": "Jobs", "status-details": {"status": "CREATE_FAILED"}});
        for kind in [
            "CloudFormation Resource Status Change",
            "CloudFormation Hook Invocation Progress",
        ] {
            let told = read(&event("aws.cloudformation", kind, &detail));
            assert!(matches!(told, Happened::Within { .. }), "{kind}: {told:?}");
        }
    }

    #[test]
    fn a_recorded_call_is_a_record() {
        let detail = json!({
            "eventVersion": "1.10", "eventID": "e-1", "eventTime": "2026-05-04T12:00:00Z", "eventName": "CreateBucket",
            "eventSource": "s3.amazonaws.com", "awsRegion": "eu-west-1", "errorCode": "AccessDenied",
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/Setup/x"},
        });
        let told = read(&event("aws.s3", "AWS API Call via CloudTrail", &detail));
        let Happened::Call(record) = told else {
            panic!("{told:?}");
        };
        assert_eq!(
            (record.event_id.as_str(), record.action().as_str()),
            ("e-1", "s3:CreateBucket")
        );
    }

    #[test]
    fn another_service_that_names_a_stack_is_not_cloudformation() {
        let detail = json!({"stack-id": SHOP, "status-details": {"status": "CREATE_FAILED"}});
        let told = read(&event(
            "com.example",
            "CloudFormation Stack Status Change",
            &detail,
        ));
        assert!(matches!(told, Happened::Elsewhere { .. }), "{told:?}");
        let sets = event(
            "aws.cloudformation",
            "CloudFormation StackSet Operation Status Change",
            &json!({"stack-set-arn": "arn"}),
        );
        assert!(matches!(read(&sets), Happened::Elsewhere { .. }));
    }

    #[test]
    fn what_is_no_event_is_refused_in_a_sentence() {
        let mut timeless = stack_status("CREATE_COMPLETE");
        timeless["time"] = json!("yesterday");
        let mut nameless = stack_status("CREATE_COMPLETE");
        nameless["id"] = json!(7);
        for text in [
            String::new(),
            "hello".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            r#"{"Message":"hello"}"#.to_owned(),
            r#"{"detail":"text"}"#.to_owned(),
            timeless.to_string(),
            nameless.to_string(),
            "[".repeat(100_000),
        ] {
            let told = BusEvent::read(&text).unwrap_err().to_string();
            assert!(told.starts_with("it is no event of EventBridge"), "{told}");
        }
    }
}
