//! Facts may come in any order, twice, or interleaved: the diagnosis is the same.

use proptest::prelude::*;
use proptest::sample::Index;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::fact::Recorded;
use stacktrail::domain::model::trail::TrailRecord;
use stacktrail::domain::session::Session;

use crate::diagnosis::truth::denied_create_bucket;
use crate::support::story::{Call, ROLE, Story, denied_custom_resource, stack_id};

fn full_story() -> Story {
    let mut story = denied_custom_resource();
    let (group, stream) = ("/aws/lambda/shop-SetupFn", "2026/05/04/[$LATEST]0a");
    story
        .event(11.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_IN_PROGRESS", "")
        .event(
            13.3,
            ("Data", "AWS::S3::Bucket", ""),
            "CREATE_FAILED",
            "Internal Failure",
        )
        .line(11.0, group, stream, "START RequestId: 1 Version: $LATEST")
        .line(
            12.1,
            group,
            stream,
            "[ERROR] ClientError: An error occurred (AccessDenied)",
        )
        .function("shop-SetupFn", "shop-SetupRole")
        .statement(
            300,
            "Setup",
            "arn:aws:ecs:eu-west-1:1:task/c/0123456789",
            "stopped: error",
            &[],
        )
        .record(&denied_create_bucket())
        .record(&denied_create_bucket().id("twin"))
        .record(
            &Call::by_cloudformation(13, "s3:CreateBucket")
                .denied("*", "")
                .id("data"),
        )
        .record(
            &Call::by_cloudformation(12, "s3:CreateBucket")
                .failed("NoSuchBucket", "")
                .id("noise"),
        )
        .record(
            &Call::as_role(0, "ci", "deploy", "cloudformation:CreateStack")
                .request(serde_json::json!({"stackName": "shop-prod"})),
        );
    story.described(Some(ROLE));
    story
}

fn digest(facts: &[Recorded]) -> String {
    let session = Session::replay(stack_id(), facts);
    format!("{:?}", Diagnosis::of(&session))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_and_repetition_change_nothing(swaps in prop::collection::vec(any::<(Index, Index)>(), 0..120), again in prop::collection::vec(any::<Index>(), 0..20)) {
        let facts = full_story().facts;
        let expected = digest(&facts);
        let mut shuffled = facts.clone();
        shuffled.extend(again.iter().map(|index| index.get(&facts).clone()));
        let length = shuffled.len();
        for (one, other) in swaps {
            shuffled.swap(one.index(length), other.index(length));
        }
        prop_assert_eq!(digest(&shuffled), expected);
    }

    #[test]
    fn any_text_as_a_record_is_read_or_refused(text in any::<String>()) {
        let _ = TrailRecord::read(&text);
    }

    #[test]
    fn any_record_like_json_is_read(code in any::<String>(), message in any::<String>(), name in any::<String>(), arn in any::<String>(), number in any::<f64>()) {
        let json = serde_json::json!({
            "eventName": name, "errorCode": code, "errorMessage": message, "eventTime": number,
            "userIdentity": {"arn": arn, "type": number, "sessionContext": [number]},
            "responseElements": {"errors": [{"message": message}, number, [[arn]]]},
            "requestParameters": name,
        });
        let record = TrailRecord::read(&json.to_string());
        prop_assert!(record.is_ok());
        if let Ok(record) = record {
            let _ = (record.operation().len(), record.caller(), record.subject(), record.is_denial());
        }
    }

    #[test]
    fn any_reason_and_record_are_diagnosed(reason in any::<String>(), message in any::<String>(), physical in any::<String>()) {
        let mut story = Story::new();
        story
            .described(Some(ROLE))
            .event(1.0, ("A", "AWS::S3::Bucket", &physical), "CREATE_IN_PROGRESS", "")
            .event(4.0, ("A", "AWS::S3::Bucket", &physical), "CREATE_FAILED", &reason)
            .record(&Call::by_cloudformation(3, "s3:CreateBucket").failed("AccessDenied", &message));
        let _ = story.diagnosis();
    }
}
