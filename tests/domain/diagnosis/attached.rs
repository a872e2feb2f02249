//! What a resource is attached to, and the same call refused for another one in the same second under the same role: such
//! records often have no request at all, and tell by their message alone on what.

use rstest::rstest;
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, ROLE, Story, finding};

const DENIED: &str = "Resource handler returned message: \"Access denied for operation.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";

fn refused(kind: &str, setting: (&str, &str), action: &str, on: &str) -> Confidence {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (second, status, reason) in [(4.0, "CREATE_IN_PROGRESS", ""), (9.0, "CREATE_FAILED", DENIED)] {
        story.event(second, ("Thing", kind, ""), status, reason);
        story.setting(setting.0, setting.1);
    }
    let tail = format!(" because no identity-based policy allows the {action} action");
    let call = Call::by_cloudformation(8, action).denied(on, &tail).id("refused");
    story.record(&call);
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Thing").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "refused");
    listed.map_or(Confidence::Low, |one| one.confidence)
}

#[rstest]
#[case("AWS::S3::BucketPolicy", ("Bucket", "zz-bucket"), "s3:PutBucketPolicy", "arn:aws:s3:::", "zz-bucket", "pay-bucket")]
#[case("AWS::SQS::QueuePolicy", ("Queues[0]", "https://sqs.eu-west-1.amazonaws.com/123456789012/zz-q"), "sqs:SetQueueAttributes", "arn:aws:sqs:eu-west-1:123456789012:", "zz-q", "pay-q")]
#[case("AWS::SNS::Subscription", ("TopicArn", "arn:aws:sns:eu-west-1:123456789012:zz-topic"), "sns:Subscribe", "arn:aws:sns:eu-west-1:123456789012:", "zz-topic", "pay-topic")]
#[case("AWS::SSM::Parameter", ("Name", "/zz/a"), "ssm:PutParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter", "/zz/a", "/zz/a2")]
#[case("AWS::KMS::Alias", ("TargetKeyId", "5a6b7c8d-1111-4111-8222-333344445555"), "kms:CreateAlias", "arn:aws:kms:eu-west-1:123456789012:key/", "5a6b7c8d-1111-4111-8222-333344445555", "99999999-1111-4111-8222-333344445555")]
fn what_was_refused_on_another_thing_of_the_kind_is_no_cause(
    #[case] kind: &str,
    #[case] setting: (&str, &str),
    #[case] action: &str,
    #[case] place: &str,
    #[case] own: &str,
    #[case] other: &str,
) {
    let on = |name: &str| refused(kind, setting, action, &format!("{place}{name}"));
    assert!(on(own) <= Confidence::High, "its own: {:?}", on(own));
    assert_eq!(on(other), Confidence::Low, "another's");
}

/// What would tempt the rule: properties that name other things, and names that CloudFormation makes.
#[rstest]
#[case("AWS::S3::Bucket", ("LoggingConfiguration.DestinationBucketName", "logs"), "s3:CreateBucket", "arn:aws:s3:::shop-prod-thing-1x2y3z4w5v6u")]
#[case("AWS::SQS::Queue", ("RedrivePolicy.deadLetterTargetArn", "arn:aws:sqs:eu-west-1:123456789012:dead"), "sqs:CreateQueue", "arn:aws:sqs:eu-west-1:123456789012:shop-prod-Thing-1X2Y3Z4W5V6U")]
#[case("AWS::SQS::QueuePolicy", ("Tags[0].Key", "env"), "sqs:SetQueueAttributes", "arn:aws:sqs:eu-west-1:123456789012:jobs")]
fn a_property_that_names_something_else_speaks_against_nothing(
    #[case] kind: &str,
    #[case] setting: (&str, &str),
    #[case] action: &str,
    #[case] on: &str,
) {
    assert!(refused(kind, setting, action, on) < Confidence::Low);
}
