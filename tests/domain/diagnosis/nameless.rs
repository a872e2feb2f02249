//! A resource to which the template gives no name: CloudFormation makes one, and what calls name otherwise is another's.

use rstest::rstest;
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, Story, finding};

/// How surely a refused call is the cause of such a resource's failure at second 6, in the stack `shop-prod`.
fn believed(kind: &str, action: &str, on: &str, request: Option<Value>) -> Confidence {
    let mut story = Story::new();
    story.failed_creation(
        "Feed",
        kind,
        "Resource handler returned message: \"Access denied for operation.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
    );
    let mut call =
        Call::by_cloudformation(5, action).denied(on, " because no identity-based policy allows it");
    if let Some(request) = request {
        call = call.request(request);
    }
    story.record(&call.id("one"));
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Feed").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "one");
    listed.map_or(Confidence::Low, |one| one.confidence)
}

#[rstest]
#[case(
    "AWS::Pipes::Pipe",
    "pipes:CreatePipe",
    "arn:aws:pipes:eu-west-1:123456789012:pipe/",
    "name",
    "-"
)]
#[case(
    "AWS::Glue::Job",
    "glue:CreateJob",
    "arn:aws:glue:eu-west-1:123456789012:job/",
    "name",
    "-"
)]
#[case(
    "AWS::Scheduler::Schedule",
    "scheduler:CreateSchedule",
    "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/",
    "name",
    "-"
)]
#[case(
    "AWS::IoT::TopicRule",
    "iot:CreateTopicRule",
    "arn:aws:iot:eu-west-1:123456789012:rule/",
    "ruleName",
    "_"
)]
#[case("AWS::Cognito::UserPool", "cognito-idp:CreateUserPool", "*", "poolName", "-")]
fn only_the_name_that_cloudformation_makes_is_the_resources(
    #[case] kind: &str,
    #[case] action: &str,
    #[case] on: &str,
    #[case] member: &str,
    #[case] hyphen: &str,
) {
    let told = |name: &str| {
        let name = name.replace('-', hyphen);
        let on = if on == "*" {
            on.to_owned()
        } else {
            format!("{on}{name}")
        };
        believed(kind, action, &on, Some(json!({ member: name })))
    };
    assert_eq!(told("shop-prod-Feed-AbCdEf123456"), Confidence::High);
    for other in [
        "orders-nightly",
        "shop-prod-Feed2-AbCdEf123456",
        "pay-prod-Feed-AbCdEf123456",
        "shop-prod-eu-Feed-AbCdEf123456",
    ] {
        assert_eq!(told(other), Confidence::Low, "{other}");
    }
}

/// What would tempt: a call that names nothing, and a record without its request.
#[test]
fn what_names_nothing_or_lost_its_request_is_told_by_what_it_was_refused_on() {
    let pipe = |name: &str, request| {
        let on = format!("arn:aws:pipes:eu-west-1:123456789012:pipe/{name}");
        believed("AWS::Pipes::Pipe", "pipes:CreatePipe", &on, request)
    };
    assert_eq!(pipe("shop-prod-Feed-AbCdEf123456", None), Confidence::High);
    assert_eq!(pipe("orders", None), Confidence::Low);
    let open = believed(
        "AWS::Cognito::UserPool",
        "cognito-idp:CreateUserPool",
        "*",
        Some(json!({})),
    );
    assert_eq!(open, Confidence::High);
}

/// What would tempt: a type whose name stands within another property, of which nothing is kept.
#[test]
fn a_name_that_may_stand_in_the_properties_is_not_held_against_a_call() {
    let told = believed(
        "AWS::Glue::Table",
        "glue:CreateTable",
        "arn:aws:glue:eu-west-1:123456789012:table/sales/orders",
        Some(json!({ "databaseName": "sales", "tableInput": { "name": "orders" } })),
    );
    assert_eq!(
        told,
        Confidence::Medium,
        "nor does anything say that it is the table"
    );
}
