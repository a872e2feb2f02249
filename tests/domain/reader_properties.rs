//! What must hold for every JSON text that is read as a record or as an event listing: no panic, the same
//! answer twice, the same diagnosis in any order.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[path = "../fuzz/checks/dump.rs"]
mod dump;
#[path = "../fuzz/checks/record.rs"]
mod record;

/// The names that readers look for, and some that they do not.
const MEMBERS: [&str; 32] = [
    "eventName",
    "eventSource",
    "eventTime",
    "eventID",
    "requestID",
    "awsRegion",
    "errorCode",
    "errorMessage",
    "userIdentity",
    "sessionContext",
    "sessionIssuer",
    "arn",
    "type",
    "userName",
    "invokedBy",
    "principalId",
    "requestParameters",
    "responseElements",
    "resources",
    "detail",
    "CloudTrailEvent",
    "readOnly",
    "StackEvents",
    "OperationEvents",
    "StackId",
    "Timestamp",
    "LogicalResourceId",
    "ResourceStatus",
    "ResourceStatusReason",
    "PhysicalResourceId",
    "ResourceType",
    "anything",
];

/// Values that mean something somewhere.
const WORDS: [&str; 20] = [
    "AccessDenied",
    "Client.UnauthorizedOperation",
    "CreateBucket",
    "CreateFunction20150331v2",
    "s3.amazonaws.com",
    "cloudformation.amazonaws.com",
    "AssumedRole",
    "2026-05-04T12:00:00Z",
    "9999-12-31T23:59:59Z",
    "-262143-01-01T00:00:00Z",
    "arn:aws:sts::123456789012:assumed-role/exec/AWSCloudFormation",
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0-f92c-11ec-902e-02bac4959566",
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-Nest/2f3113b0-f92c-11ec-902e-02bac4959566",
    "CREATE_FAILED",
    "CREATE_IN_PROGRESS",
    "ROLLBACK_IN_PROGRESS",
    "AWS::CloudFormation::Stack",
    "Resource creation cancelled",
    "The following resource(s) failed to create: [A, B]. ",
    "User: x is not authorized to perform: s3:CreateBucket on resource: *",
];

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => prop::sample::select(WORDS.as_slice()).prop_map(|word| json!(word)),
        1 => any::<String>().prop_map(|text| json!(text)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(|truth| json!(truth)),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        let member = prop_oneof![
            9 => prop::sample::select(MEMBERS.as_slice()).prop_map(str::to_owned),
            1 => any::<String>(),
        ];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            4 => prop::collection::vec((member, inner.clone()), 0..10)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            1 => inner.prop_map(|value| json!(value.to_string())),
        ]
    })
}

/// Events of two stacks, whole or with something missing.
fn listings() -> impl Strategy<Value = Value> {
    let word = || prop::sample::select(WORDS.as_slice());
    let event = (word(), word(), word(), word(), 0_i64..400, prop::option::of(values())).prop_map(
        |(stack, status, reason, physical, second, other)| {
            json!({
                "StackId": if stack.contains(":stack/") { stack } else { WORDS[11] },
                "EventId": format!("{status}-{second}"),
                "Timestamp": 1_780_000_000 + second,
                "LogicalResourceId": if second % 3 == 0 { "shop" } else { "Data" },
                "ResourceType": if physical.contains(":stack/") { "AWS::CloudFormation::Stack" } else { "AWS::S3::Bucket" },
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "PhysicalResourceId": physical,
                "ResourceProperties": other,
            })
        },
    );
    prop::collection::vec(event, 1..24).prop_map(|events| json!({ "StackEvents": events }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_json_as_a_record(value in values()) {
        record::check(&value.to_string());
    }

    #[test]
    fn any_text_as_a_record_or_a_listing(text in any::<String>()) {
        record::check(&text);
        dump::check(&text);
    }

    #[test]
    fn any_json_as_a_listing(value in values()) {
        dump::check(&value.to_string());
    }

    #[test]
    fn any_events_as_a_listing(value in listings()) {
        dump::check(&value.to_string());
    }
}
