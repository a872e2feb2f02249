//! Which deployment a failed call may belong to of which somebody tells without being asked.
//!
//! Whether it is the cause is for the matching to say, as of any record that a search finds. Here is only decided
//! whether it goes on record at all: everything else that fails in an account is none of a deployment's business.

use chrono::TimeDelta;

use crate::domain::model::arn::CLOUDFORMATION_SESSION;
use crate::domain::model::trail::TrailRecord;
use crate::domain::session::{Session, StackHistory};

/// The trail writes whole seconds, and clocks differ a little.
const BEFORE: TimeDelta = TimeDelta::seconds(2);
/// A few calls are recorded later than CloudFormation tells of the failure.
const AFTER: TimeDelta = TimeDelta::seconds(15);
/// A shorter name is a word that stands anywhere.
const SHORTEST_NAME: usize = 8;
/// Where services of the whole partition record their calls.
const GLOBAL: [&str; 3] = ["us-east-1", "cn-northwest-1", "us-gov-west-1"];

/// Whether a call that failed may be one of a session's deployments: it fell within one, and CloudFormation made it,
/// or it names the stack or something of it.
pub fn may_be_of(session: &Session, record: &TrailRecord) -> bool {
    let root = session.root();
    let is_near = record.region == root.region() || GLOBAL.contains(&record.region.as_str());
    if !is_near || !record.is_error() || !is_within(session, record) {
        return false;
    }
    if let Some(other) = named_stack(record) {
        return session.stacks().any(|(id, _)| id.as_str() == other);
    }
    let by_cloudformation =
        record.is_by_cloudformation() || record.identity.name.as_deref() == Some(CLOUDFORMATION_SESSION);
    by_cloudformation
        || session
            .stacks()
            .any(|(_, stack)| names_something_of(stack, record))
}

/// It fell between the first and the last event of a stack that is over, or after the first of one that goes on.
fn is_within(session: &Session, record: &TrailRecord) -> bool {
    let Some(history) = session.root_history() else {
        return false;
    };
    let first = history.own_events().next();
    let last = history.own_events().next_back();
    first.zip(last).is_some_and(|(first, last)| {
        let is_over = !last.status.is_in_progress();
        first.at - BEFORE <= record.at && (!is_over || record.at <= last.at + AFTER)
    })
}

/// The stack whose tags the call carries, by its ARN.
fn named_stack(record: &TrailRecord) -> Option<&str> {
    let (_, after) = record.raw.split_once("aws:cloudformation:stack-id")?;
    let arn = after.get(after.find("arn:")?..)?;
    arn.split(['"', '\\', ',', ' ']).next()
}

fn names_something_of(stack: &StackHistory, record: &TrailRecord) -> bool {
    let raw = &record.raw;
    stack.events().iter().any(|seen| {
        let event = &seen.event;
        let physical = event.physical_id.as_deref().unwrap_or_default();
        let is_name = physical.len() >= SHORTEST_NAME && raw.contains(physical);
        let last = physical.rsplit([':', '/']).next().unwrap_or_default();
        is_name || (last.len() >= SHORTEST_NAME && raw.contains(last)) || {
            // What CloudFormation names itself: STACK-RESOURCE-LETTERS.
            let generated = format!("{}-{}-", event.stack_id.name(), event.logical_id);
            raw.contains(&generated)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::model::stack::StackId;

    const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";
    const OTHER: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/mail/2f42";

    fn session(ends: bool) -> Session {
        let event = |second: u32, logical: &str, kind: &str, physical: &str, status: &str| {
            json!({
                "stack_id": SHOP, "event_id": format!("{logical}-{second}"), "at": format!("2026-05-04T12:00:{second:02}Z"),
                "logical_id": logical, "physical_id": physical, "resource_type": kind, "status": status,
            })
        };
        let stack = "AWS::CloudFormation::Stack";
        let mut events = vec![
            event(1, "shop", stack, SHOP, "CREATE_IN_PROGRESS"),
            event(
                2,
                "Setup",
                "AWS::Lambda::Function",
                "shop-Setup-AB12CD",
                "CREATE_COMPLETE",
            ),
        ];
        if ends {
            events.push(event(40, "shop", stack, SHOP, "ROLLBACK_COMPLETE"));
        }
        let fact = json!({ "observed_at": "2026-05-04T12:01:00Z", "kind": "stack_events_seen", "stack_id": SHOP, "events": events });
        let facts = [serde_json::from_value(fact).unwrap()];
        Session::replay(StackId::parse(SHOP).unwrap(), &facts)
    }

    fn call(second: u32, change: impl FnOnce(&mut Value)) -> TrailRecord {
        let mut record = json!({
            "eventVersion": "1.10", "eventID": "e-1", "eventTime": format!("2026-05-04T12:00:{second:02}Z"),
            "eventName": "CreateBucket", "eventSource": "s3.amazonaws.com", "awsRegion": "eu-west-1",
            "errorCode": "AccessDenied", "requestParameters": { "bucketName": "x" },
            "userIdentity": { "type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/ops/somebody" },
        });
        change(&mut record);
        TrailRecord::read(&record.to_string()).unwrap()
    }

    fn by_cloudformation(record: &mut Value) {
        record["userIdentity"]["invokedBy"] = json!("cloudformation.amazonaws.com");
        record["sourceIPAddress"] = json!("cloudformation.amazonaws.com");
    }

    #[test]
    fn what_cloudformation_or_something_of_the_stack_called_goes_on_record() {
        let session = session(false);
        assert!(may_be_of(&session, &call(20, by_cloudformation)));
        let role = "arn:aws:sts::123456789012:assumed-role/shop-SetupRole-ZZ/shop-Setup-AB12CD";
        assert!(may_be_of(
            &session,
            &call(20, |record| record["userIdentity"]["arn"] = json!(role))
        ));
        let named =
            |record: &mut Value| record["requestParameters"]["bucketName"] = json!("shop-Setup-AB12CD");
        assert!(may_be_of(&session, &call(20, named)));
    }

    #[test]
    fn what_others_do_in_the_same_seconds_does_not() {
        let session = session(false);
        assert!(
            !may_be_of(&session, &call(20, |_| {})),
            "nobody of the stack called"
        );
        let of_other = |record: &mut Value| {
            by_cloudformation(record);
            record["requestParameters"]["tags"] =
                json!([{ "key": "aws:cloudformation:stack-id", "value": OTHER }]);
        };
        assert!(
            !may_be_of(&session, &call(20, of_other)),
            "the tags name another stack"
        );
        let of_this = |record: &mut Value| {
            record["requestParameters"]["tags"] =
                json!([{ "key": "aws:cloudformation:stack-id", "value": SHOP }]);
        };
        assert!(may_be_of(&session, &call(20, of_this)));
        let elsewhere = |record: &mut Value| {
            by_cloudformation(record);
            record["awsRegion"] = json!("ap-south-1");
        };
        assert!(!may_be_of(&session, &call(20, elsewhere)), "another region");
        let went_well = |record: &mut Value| {
            by_cloudformation(record);
            record.as_object_mut().unwrap().remove("errorCode");
        };
        assert!(!may_be_of(&session, &call(20, went_well)), "it did not fail");
    }

    #[test]
    fn what_was_called_before_or_long_after_does_not() {
        let over = session(true);
        assert!(may_be_of(&over, &call(0, by_cloudformation)));
        assert!(may_be_of(&over, &call(50, by_cloudformation)));
        assert!(!may_be_of(&over, &call(59, by_cloudformation)));
        assert!(
            may_be_of(&session(false), &call(59, by_cloudformation)),
            "it goes on"
        );
        let earlier = |record: &mut Value| {
            by_cloudformation(record);
            record["eventTime"] = json!("2026-05-04T11:59:00Z");
        };
        assert!(!may_be_of(&over, &call(0, earlier)));
    }
}
