//! What looks like evidence and is none, or belongs to somebody else.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::diagnosis::truth::denied_create_bucket;
use crate::support::story::{
    CUSTOM_FAILED, Call, FUNCTION, ROLE, Story, denied_custom_resource, finding, first_evidence,
};

/// The ids of a finding's records at medium or above.
fn trusted(finding: &stacktrail::domain::investigate::finding::Finding) -> Vec<String> {
    finding
        .assessment
        .records
        .iter()
        .filter(|matched| matched.confidence <= Confidence::Medium)
        .map(|matched| matched.record.event_id.clone())
        .collect()
}

#[test]
fn callers_that_are_not_the_stacks_stay_below_medium() {
    let mut story = denied_custom_resource();
    story
        .record(&denied_create_bucket())
        .record(
            &Call::as_role(12, "shop-SetupRole2", "other-fn", "s3:CreateBucket")
                .denied("*", "")
                .id("longer-role-name"),
        )
        .record(
            &Call::as_role(12, "Xshop-SetupRole", "shop-SetupFn2", "s3:CreateBucket")
                .denied("*", "")
                .id("other-prefix"),
        )
        .record(
            &Call::as_role(12, "ci", "build", "s3:CreateBucket")
                .denied("*", "")
                .id("ci"),
        )
        .record(
            &Call::as_role(12, "other-exec", "AWSCloudFormation", "s3:CreateBucket")
                .denied("*", "")
                .id("other-stack"),
        );
    let diagnosis = story.diagnosis();
    assert_eq!(trusted(finding(&diagnosis, "Setup")), ["true-one"]);
}

#[test]
fn calls_outside_the_resources_own_time_stay_low() {
    let mut story = denied_custom_resource();
    for (second, id) in [(-600, "long before"), (5, "before it began"), (60, "after")] {
        story.record(
            &Call::as_role(second, "shop-SetupRole", "shop-SetupFn", "s3:CreateBucket")
                .denied("*", "")
                .id(id),
        );
    }
    let diagnosis = story.diagnosis();
    assert!(trusted(finding(&diagnosis, "Setup")).is_empty());
}

#[test]
fn not_found_noise_is_no_cause() {
    let mut story = denied_custom_resource();
    for (id, action, code) in [
        ("n1", "s3:GetBucketPolicy", "NoSuchBucketPolicy"),
        ("n2", "logs:CreateLogStream", "ResourceNotFoundException"),
        ("n3", "ec2:DescribeVpcs", "Client.InvalidVpcID.NotFound"),
        ("n4", "iam:GetRole", "NoSuchEntityException"),
    ] {
        story.record(
            &Call::as_role(12, "shop-SetupRole", "shop-SetupFn", action)
                .failed(code, "not there")
                .id(id),
        );
    }
    let quiet = story.diagnosis();
    assert!(trusted(finding(&quiet, "Setup")).is_empty());
    story.record(&denied_create_bucket());
    assert_eq!(
        first_evidence(finding(&story.diagnosis(), "Setup")),
        ["trail:true-one"]
    );
}

#[test]
fn identical_denials_are_one_with_a_count() {
    let mut story = denied_custom_resource();
    for id in ["try-1", "try-2", "try-3"] {
        story.record(&denied_create_bucket().id(id));
    }
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Setup").assessment.records;
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].count, records[0].same.len()), (3, 2));
    assert_eq!(first_evidence(finding(&diagnosis, "Setup")).len(), 3);
}

#[test]
fn of_two_failures_at_once_each_gets_its_own_denial() {
    let silent = "Resource handler returned message: \"Internal error\" (RequestToken: 1, HandlerErrorCode: InternalFailure)";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(1.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_IN_PROGRESS", "")
        .event(
            1.0,
            ("Table", "AWS::DynamoDB::Table", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(1.0, ("First", "AWS::SNS::Topic", ""), "CREATE_IN_PROGRESS", "")
        .event(1.0, ("Second", "AWS::SNS::Topic", ""), "CREATE_IN_PROGRESS", "")
        .event(5.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_FAILED", silent)
        .event(
            5.1,
            ("Table", "AWS::DynamoDB::Table", ""),
            "CREATE_FAILED",
            silent,
        )
        .event(5.2, ("First", "AWS::SNS::Topic", ""), "CREATE_FAILED", silent)
        .event(5.2, ("Second", "AWS::SNS::Topic", ""), "CREATE_FAILED", silent)
        .record(
            &Call::by_cloudformation(4, "s3:CreateBucket")
                .denied("*", "")
                .id("for-data"),
        )
        .record(
            &Call::by_cloudformation(4, "dynamodb:CreateTable")
                .denied("*", "")
                .id("for-table"),
        )
        .record(
            &Call::by_cloudformation(4, "sns:CreateTopic")
                .denied(
                    "arn:aws:sns:eu-west-1:123456789012:shop-prod-Second-1X2Y3Z4W5V6U",
                    "",
                )
                .id("for-second"),
        )
        .record(
            &Call::by_cloudformation(3, "sns:CreateTopic")
                .denied(
                    "arn:aws:sns:eu-west-1:123456789012:shop-prod-First-7A8B9C0D1E2F",
                    "",
                )
                .id("for-first"),
        );
    let diagnosis = story.diagnosis();
    for (name, id) in [
        ("Data", "for-data"),
        ("Table", "for-table"),
        ("First", "for-first"),
        ("Second", "for-second"),
    ] {
        let finding = finding(&diagnosis, name);
        assert_eq!(first_evidence(finding), [format!("trail:{id}")], "{name}");
        assert_eq!(trusted(finding), [id], "{name}");
    }
}

#[test]
fn two_custom_resources_of_one_function_share_out_its_calls_by_time() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .function("shop-SetupFn", "shop-SetupRole");
    for (name, failed) in [("One", 8.5), ("Two", 14.5)] {
        story
            .event(2.0, (name, "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
            .setting("ServiceToken", FUNCTION)
            .event(
                failed,
                (name, "Custom::Setup", ""),
                "CREATE_FAILED",
                CUSTOM_FAILED,
            )
            .setting("ServiceToken", FUNCTION);
    }
    let call = |second, action: &str, id: &str| {
        Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action)
            .denied("*", "")
            .id(id)
    };
    story
        .record(&call(7, "s3:CreateBucket", "of-one"))
        .record(&call(13, "sqs:CreateQueue", "of-two"));
    let diagnosis = story.diagnosis();
    assert_eq!(first_evidence(finding(&diagnosis, "One")), ["trail:of-one"]);
    assert_eq!(first_evidence(finding(&diagnosis, "Two")), ["trail:of-two"]);
}

#[test]
fn another_stack_deployed_by_the_same_role_keeps_its_own_denials() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(1.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_IN_PROGRESS", "")
        .event(5.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_FAILED", "Internal Failure")
        .record(
            &Call::by_cloudformation(4, "s3:CreateBucket")
                .denied("*", "")
                .request(json!({"tagging": {"tagSet": [{"key": "aws:cloudformation:stack-name", "value": "billing"}]}}))
                .id("of-billing"),
        );
    let diagnosis = story.diagnosis();
    assert!(trusted(finding(&diagnosis, "Data")).is_empty());
}

#[test]
fn a_reason_that_tells_is_not_overruled_by_a_denial_it_does_not_speak_of() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .event(1.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_IN_PROGRESS", "")
        .event(
            5.0,
            ("Data", "AWS::S3::Bucket", "shop-data"),
            "CREATE_FAILED",
            "shop-data already exists",
        )
        .record(
            &Call::by_cloudformation(4, "s3:GetBucketTagging")
                .denied("*", "")
                .id("tolerated"),
        );
    let diagnosis = story.diagnosis();
    let evidence = first_evidence(finding(&diagnosis, "Data"));
    assert!(
        evidence.iter().all(|one| one.starts_with("event:")),
        "{evidence:?}"
    );
    assert!(trusted(finding(&diagnosis, "Data")).is_empty());
}

#[test]
fn a_denial_does_not_say_more_than_its_record() {
    let mut story = denied_custom_resource();
    story.record(
        &Call::as_role(12, "shop-SetupRole", "shop-SetupFn", "s3:CreateBucket")
            .failed("AccessDenied", "Access Denied")
            .id("bare"),
    );
    let diagnosis = story.diagnosis();
    let cause = finding(&diagnosis, "Setup").assessment.causes.first().unwrap();
    assert_eq!(cause.claim, "role shop-SetupRole was denied s3:CreateBucket");
}

#[test]
fn an_error_that_only_the_answer_tells_is_read() {
    let mut story = Story::new();
    let mut call = Call::by_cloudformation(4, "connect:CreateContactFlowModule")
        .failed("InvalidContactFlowModuleException", "")
        .request(json!({"name": "greeting"}));
    call.id = "problems".into();
    let mut json = call.json();
    json["responseElements"] = json!({"Problems": [{"message": "Invalid module: missing transition"}]});
    story
        .described(Some(ROLE))
        .event(
            1.0,
            ("Module", "AWS::Connect::ContactFlowModule", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(
            5.0,
            ("Module", "AWS::Connect::ContactFlowModule", ""),
            "CREATE_FAILED",
            "Internal Failure",
        )
        .setting("Name", "greeting");
    let search = stacktrail::domain::model::trail::TrailSearch {
        region: "eu-west-1".into(),
        attribute: None,
        from: crate::support::story::at(0),
        to: crate::support::story::at(10),
    };
    let record = stacktrail::domain::model::trail::TrailRecord::read(&json.to_string()).unwrap();
    story.searched(300, search, vec![record]);
    let diagnosis = story.diagnosis();
    let cause = finding(&diagnosis, "Module").assessment.causes.first().unwrap();
    assert!(
        cause.claim.contains("Invalid module: missing transition"),
        "{}",
        cause.claim
    );
    assert_eq!(cause.confidence, Confidence::High);
}
