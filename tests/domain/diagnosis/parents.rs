//! The same name within another database, bus, cluster or path is another thing's, though all else about a call agrees.

use rstest::rstest;
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, ROLE, Story, finding};

const DENIED: &str = "Resource handler returned message: \"Access denied for operation.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";

/// How sure it is that a refused call was made for the resource.
fn believed(
    resource_type: &str,
    settings: &[(&str, &str)],
    (action, on): (&str, &str),
    request: Option<Value>,
) -> Confidence {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (second, status, reason) in [(4.0, "CREATE_IN_PROGRESS", ""), (9.2, "CREATE_FAILED", DENIED)] {
        story.event(second, ("Item", resource_type, ""), status, reason);
        for (key, value) in settings {
            story.setting(key, value);
        }
    }
    let tail = format!(" because no identity-based policy allows the {action} action");
    let call = Call::by_cloudformation(8, action).denied(on, &tail);
    let call = match request {
        Some(request) => call.request(request),
        None => call,
    };
    story.record(&call.id("refused"));
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Item").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "refused");
    listed.map_or(Confidence::Low, |one| one.confidence)
}

const ROLE_GIVEN: &[(&str, &str)] = &[("RoleName", "grader"), ("Path", "/exam/")];
const ROLE_BARE: &[(&str, &str)] = &[("RoleName", "grader")];
const RULE: &[(&str, &str)] = &[("Name", "nightly"), ("EventBusName", "harvest")];
const RULE_BARE: &[(&str, &str)] = &[("Name", "nightly")];
const SERVICE: &[(&str, &str)] = &[
    ("ServiceName", "web"),
    ("Cluster", "arn:aws:ecs:eu-west-1:123456789012:cluster/blue"),
];
const SCHEDULE: &[(&str, &str)] = &[("Name", "nightly"), ("GroupName", "ops")];
const NODES: &[(&str, &str)] = &[("NodegroupName", "workers"), ("ClusterName", "blue")];
const TABLE: &[(&str, &str)] = &[("DatabaseName", "sales"), ("TableInput.Name", "orders")];
const ACL: &[(&str, &str)] = &[("Name", "front"), ("Scope", "REGIONAL")];

#[rstest]
#[case::role(
    "AWS::IAM::Role",
    ROLE_GIVEN,
    "iam:CreateRole",
    "iam::123456789012:role/exam/grader",
    Confidence::High
)]
#[case::role_at_the_root(
    "AWS::IAM::Role",
    ROLE_GIVEN,
    "iam:CreateRole",
    "iam::123456789012:role/grader",
    Confidence::Low
)]
#[case::role_deeper(
    "AWS::IAM::Role",
    ROLE_BARE,
    "iam:CreateRole",
    "iam::123456789012:role/exam/grader",
    Confidence::Low
)]
#[case::role_without_path(
    "AWS::IAM::Role",
    ROLE_BARE,
    "iam:CreateRole",
    "iam::123456789012:role/grader",
    Confidence::High
)]
#[case::rule(
    "AWS::Events::Rule",
    RULE,
    "events:PutRule",
    "events:eu-west-1:123456789012:rule/harvest/nightly",
    Confidence::High
)]
#[case::rule_of_default(
    "AWS::Events::Rule",
    RULE,
    "events:PutRule",
    "events:eu-west-1:123456789012:rule/nightly",
    Confidence::Low
)]
#[case::rule_without_bus(
    "AWS::Events::Rule",
    RULE_BARE,
    "events:PutRule",
    "events:eu-west-1:123456789012:rule/nightly",
    Confidence::High
)]
#[case::service(
    "AWS::ECS::Service",
    SERVICE,
    "ecs:CreateService",
    "ecs:eu-west-1:123456789012:service/blue/web",
    Confidence::High
)]
#[case::service_elsewhere(
    "AWS::ECS::Service",
    SERVICE,
    "ecs:CreateService",
    "ecs:eu-west-1:123456789012:service/green/web",
    Confidence::Low
)]
#[case::schedule(
    "AWS::Scheduler::Schedule",
    SCHEDULE,
    "scheduler:CreateSchedule",
    "scheduler:eu-west-1:123456789012:schedule/ops/nightly",
    Confidence::High
)]
#[case::schedule_elsewhere(
    "AWS::Scheduler::Schedule",
    SCHEDULE,
    "scheduler:CreateSchedule",
    "scheduler:eu-west-1:123456789012:schedule/default/nightly",
    Confidence::Low
)]
#[case::nodes(
    "AWS::EKS::Nodegroup",
    NODES,
    "eks:CreateNodegroup",
    "eks:eu-west-1:123456789012:nodegroup/blue/workers/0a1b",
    Confidence::High
)]
#[case::nodes_elsewhere(
    "AWS::EKS::Nodegroup",
    NODES,
    "eks:CreateNodegroup",
    "eks:eu-west-1:123456789012:nodegroup/green/workers/0a1b",
    Confidence::Low
)]
#[case::table(
    "AWS::Glue::Table",
    TABLE,
    "glue:CreateTable",
    "glue:eu-west-1:123456789012:table/sales/orders",
    Confidence::High
)]
#[case::table_elsewhere(
    "AWS::Glue::Table",
    TABLE,
    "glue:CreateTable",
    "glue:eu-west-1:123456789012:table/sales_eu/orders",
    Confidence::Low
)]
#[case::acl(
    "AWS::WAFv2::WebACL",
    ACL,
    "wafv2:CreateWebACL",
    "wafv2:eu-west-1:123456789012:regional/webacl/front/0a1b",
    Confidence::High
)]
#[case::acl_elsewhere(
    "AWS::WAFv2::WebACL",
    ACL,
    "wafv2:CreateWebACL",
    "wafv2:us-east-1:123456789012:global/webacl/front/0a1b",
    Confidence::Low
)]
fn the_arn_tells_within_what_a_name_is(
    #[case] resource_type: &str,
    #[case] settings: &[(&str, &str)],
    #[case] action: &str,
    #[case] on: &str,
    #[case] sure: Confidence,
) {
    let on = format!("arn:aws:{on}");
    assert_eq!(believed(resource_type, settings, (action, &on), None), sure);
}

#[rstest]
#[case::its_own(json!({"roleName": "grader", "path": "/exam/"}), Confidence::High)]
#[case::another(json!({"roleName": "grader", "path": "/"}), Confidence::Low)]
#[case::untold(json!({"roleName": "grader"}), Confidence::High)]
fn a_request_tells_within_what_a_name_is(#[case] request: Value, #[case] sure: Confidence) {
    // Whoever wrote the message may have left the path out: then the request is what tells.
    let on = "arn:aws:iam::123456789012:role/exam/grader";
    let call = ("iam:CreateRole", on);
    assert_eq!(believed("AWS::IAM::Role", ROLE_GIVEN, call, Some(request)), sure);
}

/// What would tempt the rule: a part of the thing behind its name, a pattern, another kind of thing, and a name of which the
/// properties do not tell within what it is.
#[test]
fn what_does_not_tell_it_is_not_held_against_a_call() {
    let of = |settings, on: &str| believed("AWS::ECS::Service", settings, ("ecs:CreateService", on), None);
    let named = "arn:aws:ecs:eu-west-1:123456789012:service/web";
    assert_eq!(
        of(SERVICE, named),
        of(&[("ServiceName", "web")], named),
        "the older form names no cluster"
    );
    assert!(
        believed(
            "AWS::Glue::Table",
            &[("Name", "orders")],
            (
                "glue:CreateTable",
                "arn:aws:glue:eu-west-1:123456789012:table/sales/orders"
            ),
            None
        ) < Confidence::Low
    );
    assert!(
        believed(
            "AWS::Glue::Table",
            &[("Name", "orders"), ("DatabaseName", "Sales")],
            (
                "glue:CreateTable",
                "arn:aws:glue:eu-west-1:123456789012:table/sales/orders"
            ),
            None
        ) < Confidence::Low,
        "the service writes all names in small letters"
    );
}
