//! The same call for another account's or another region's thing, or made after the failure: all else about it agrees.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, ROLE, Story, finding};

const DENIED: &str = "Resource handler returned message: \"Access denied for operation.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";
const HERE: &str = "arn:aws:logs:eu-west-1:123456789012:log-group:orders-load";

/// How sure a refused call of CloudFormation is the cause of a log group's failure at second 9.
fn believed(call: Call, settings: &[(&str, &str)]) -> Confidence {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (second, status, reason) in [(4.0, "CREATE_IN_PROGRESS", ""), (9.2, "CREATE_FAILED", DENIED)] {
        story.event(second, ("Load", "AWS::Logs::LogGroup", ""), status, reason);
        for (key, value) in settings {
            story.setting(key, value);
        }
    }
    story.record(&call.id("refused"));
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Load").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "refused");
    listed.map_or(Confidence::Low, |one| one.confidence)
}

fn refused(second: i64, on: &str) -> Call {
    let tail = " because no identity-based policy allows the logs:CreateLogGroup action";
    Call::by_cloudformation(second, "logs:CreateLogGroup").denied(on, tail)
}

const NAMED: &[(&str, &str)] = &[("LogGroupName", "orders-load")];

#[rstest]
#[case::its_own(HERE, Confidence::High)]
#[case::another_account("arn:aws:logs:eu-west-1:999900001111:log-group:orders-load", Confidence::Low)]
#[case::another_region("arn:aws:logs:eu-west-2:123456789012:log-group:orders-load", Confidence::Low)]
fn what_was_refused_in_another_place_is_no_cause(#[case] on: &str, #[case] sure: Confidence) {
    assert_eq!(believed(refused(8, on), NAMED), sure);
}

#[test]
fn a_call_that_was_recorded_in_another_region_is_no_cause() {
    let call = refused(8, HERE).request(json!({"logGroupName": "orders-load"}));
    assert_eq!(believed(call.region("us-east-1"), NAMED), Confidence::Low);
}

/// What would tempt the rule: a place that the properties speak of, and calls of services that have no region.
#[test]
fn a_place_of_which_the_properties_speak_is_the_resources() {
    let there = "arn:aws:logs:us-east-1:999900001111:log-group:orders-load";
    let settings = [
        ("LogGroupName", "orders-load"),
        ("Tags[0].Value", "copied to us-east-1 of 999900001111"),
    ];
    let call = refused(8, there).region("us-east-1");
    assert_eq!(believed(call, &settings), Confidence::High);
    let tail = " because no identity-based policy allows the iam:CreateServiceLinkedRole action";
    let global = Call::by_cloudformation(8, "iam:CreateServiceLinkedRole")
        .denied(
            "arn:aws:iam::123456789012:role/aws-service-role/logs.amazonaws.com/AWSServiceRoleForLogs",
            tail,
        )
        .region("us-east-1");
    assert!(believed(global, NAMED) < Confidence::Low);
}

/// A call's moment is cut off at its second: what is recorded in a later second than the failure's was made after it.
#[rstest]
#[case(9, Confidence::High)]
#[case(10, Confidence::Low)]
fn what_was_called_after_the_failure_is_no_cause(#[case] second: i64, #[case] sure: Confidence) {
    assert_eq!(believed(refused(second, HERE), NAMED), sure);
}

/// A role that another account calls alike, where the property tells the resource's own by its ARN.
#[rstest]
#[case("123456789012", Confidence::Medium)]
#[case("999900001111", Confidence::Low)]
fn the_same_name_in_another_account_is_another_thing(#[case] account: &str, #[case] sure: Confidence) {
    let tail = " because no identity-based policy allows the iam:PassRole action";
    let on = format!("arn:aws:iam::{account}:role/orders-load");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (second, status, reason) in [(4.0, "CREATE_IN_PROGRESS", ""), (9.2, "CREATE_FAILED", DENIED)] {
        story.event(second, ("Load", "AWS::ECS::TaskDefinition", ""), status, reason);
        story.setting("TaskRoleArn", "arn:aws:iam::123456789012:role/orders-load");
    }
    let call = Call::by_cloudformation(8, "ecs:RegisterTaskDefinition").denied(&on, tail);
    story.record(&call.id("refused"));
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Load").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "refused");
    assert_eq!(listed.map_or(Confidence::Low, |one| one.confidence), sure);
}

/// Networks are shared with other accounts, and the properties tell them by an id alone; a file system is not.
#[rstest]
#[case::shared(
    "elasticfilesystem:CreateMountTarget",
    "ec2",
    "subnet/subnet-0aa11bb22cc33dd44",
    "999900001111",
    Confidence::Medium
)]
#[case::here(
    "elasticfilesystem:CreateMountTarget",
    "elasticfilesystem",
    "file-system/fs-0aa11bb22cc33dd44",
    "123456789012",
    Confidence::High
)]
#[case::never_shared(
    "elasticfilesystem:CreateMountTarget",
    "elasticfilesystem",
    "file-system/fs-0aa11bb22cc33dd44",
    "999900001111",
    Confidence::Low
)]
fn only_what_accounts_share_is_the_resources_in_another_account(
    #[case] action: &str,
    #[case] service: &str,
    #[case] thing: &str,
    #[case] account: &str,
    #[case] sure: Confidence,
) {
    let on = format!("arn:aws:{service}:eu-west-1:{account}:{thing}");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (second, status, reason) in [(4.0, "CREATE_IN_PROGRESS", ""), (9.2, "CREATE_FAILED", DENIED)] {
        story.event(second, ("Load", "AWS::EFS::MountTarget", ""), status, reason);
        story.setting("FileSystemId", "fs-0aa11bb22cc33dd44");
        story.setting("SubnetId", "subnet-0aa11bb22cc33dd44");
    }
    let call = Call::by_cloudformation(8, action).denied(&on, " because no identity-based policy allows it");
    story.record(&call.id("refused"));
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Load").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "refused");
    assert_eq!(listed.map_or(Confidence::Low, |one| one.confidence), sure);
}
