//! What is advised never asks for what is found already.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, ROLE, Story, finding};

const REQUEST: &str = "3e2f1d00-0000-4000-8000-00000000aaaa";

/// A call of CloudFormation's whose refusal is no denial by its code, as the reason tells it and its record, if any.
fn first_cause((kind, action): (&str, &str), words: &str, recorded: bool) -> Cause {
    let reason = format!(
        "Resource handler returned message: \"{words} (Service: X, Status Code: 400, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"
    );
    let mut story = Story::new();
    story.failed_creation("Thing", kind, &reason);
    if recorded {
        let call = Call::by_cloudformation(5, action)
            .failed("InvalidConfigurationRequestException", words)
            .request(json!({ "name": "edge" }))
            .request_id(REQUEST);
        story.record(&call);
    }
    let diagnosis = story.diagnosis();
    finding(&diagnosis, "Thing").assessment.causes[0].clone()
}

const LOAD_BALANCER: (&str, &str) = (
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "elasticloadbalancing:ModifyLoadBalancerAttributes",
);
const PROJECT: (&str, &str) = ("AWS::CodeBuild::Project", "codebuild:CreateProject");
const THING: (&str, &str) = ("AWS::Other::Thing", "other:CreateThing");

#[rstest]
#[case(
    LOAD_BALANCER,
    "Access Denied for bucket: edge-logs. Please check S3bucket permission",
    "bucket's policy"
)]
#[case(PROJECT, "Not authorized to perform DescribeSecurityGroups", "ServiceRole")]
#[case(THING, "Access denied to the store", "look at what these words name")]
fn a_call_that_was_found_is_not_to_be_found(
    #[case] call: (&str, &str),
    #[case] words: &str,
    #[case] advised: &str,
) {
    let cause = first_cause(call, words, true);
    assert_eq!(cause.confidence, Confidence::Certain);
    let step = cause.next_step.unwrap().text();
    assert!(!step.contains("Find the denied call"), "{step}");
    assert!(step.contains(advised), "{step}");
}

/// What tempts the rule: without the record the call is still to be found.
#[test]
fn a_call_that_was_not_found_is_to_be_found() {
    let step = first_cause(THING, "Access denied to the store", false)
        .next_step
        .unwrap()
        .text();
    assert!(step.contains("Find the denied call"), "{step}");
}

/// A role that was not let into another: an allow of its own is not all.
#[test]
fn who_may_not_assume_a_role_is_sent_to_that_roles_trust_policy() {
    let target = "arn:aws:iam::123456789012:role/source";
    for (tail, wanted) in [
        (
            "",
            "let the trust policy of role source name role cdk-hnb659fds-cfn-exec-role",
        ),
        (
            " because no resource-based policy allows the sts:AssumeRole action",
            "let the trust policy of role source name role cdk-hnb659fds-cfn-exec-role",
        ),
        (
            " because no identity-based policy allows the sts:AssumeRole action",
            "and let the trust policy of role source name it",
        ),
    ] {
        let mut story = Story::new();
        let caller = ROLE.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
        let words = format!(
            "User: {caller}/AWSCloudFormation is not authorized to perform: sts:AssumeRole on resource: {target}{tail}"
        );
        story.failed_creation("It", "AWS::S3::Bucket", &words);
        let diagnosis = story.diagnosis();
        let cause = &finding(&diagnosis, "It").assessment.causes[0];
        let step = cause.next_step.as_ref().unwrap().text();
        assert!(step.contains(wanted), "{tail}: {step}");
        let warned = cause
            .statement
            .as_ref()
            .and_then(|one| one.warning.clone())
            .unwrap_or_default();
        assert!(
            warned.contains("trust policy of role source") || tail.contains("resource-based"),
            "{warned}"
        );
    }
    // What tempts the rule: an explicit deny stays one.
    let mut story = Story::new();
    let words = format!(
        "User: {ROLE} is not authorized to perform: sts:AssumeRole on resource: {target} with an explicit deny in an identity-based policy"
    );
    story.failed_creation("It", "AWS::S3::Bucket", &words);
    let diagnosis = story.diagnosis();
    let cause = &finding(&diagnosis, "It").assessment.causes[0];
    assert!(
        cause
            .next_step
            .as_ref()
            .unwrap()
            .text()
            .contains("explicitly denies")
    );
}

/// The record's words may tell less than the reason's.
#[test]
fn of_a_reason_and_its_record_the_narrower_situation_is_told() {
    let kind = "AWS::Logs::LogGroup";
    let reason = "Resource handler returned message: \"Resource of type 'AWS::Logs::LogGroup' with identifier '{\\\"/properties/LogGroupName\\\":\\\"/aws/lambda/orders\\\"}' already exists.\" (RequestToken: 1, HandlerErrorCode: AlreadyExists)";
    let call = Call::by_cloudformation(5, "logs:CreateLogGroup")
        .failed(
            "ResourceAlreadyExistsException",
            "The specified log group already exists",
        )
        .request(json!({ "logGroupName": "/aws/lambda/orders" }));
    let mut story = Story::new();
    story.failed_creation("Thing", kind, reason).record(&call);
    let diagnosis = story.diagnosis();
    let cause = &finding(&diagnosis, "Thing").assessment.causes[0];
    assert_eq!(cause.signature.as_deref(), Some("already-exists-log-group"));
    let step = cause.next_step.as_ref().unwrap().text();
    assert!(step.contains("let the function depend on it"), "{step}");
}

/// A denial that names its policy sends to that policy.
#[rstest]
#[case(
    "a service control policy: arn:aws:organizations::777788889999:policy/o-1/service_control_policy/p-0a1b2c3d",
    "p-0a1b2c3d"
)]
#[case(
    "an identity-based policy: arn:aws:iam::123456789012:policy/guard/DenyQueues",
    "policy/guard/DenyQueues"
)]
fn a_named_policy_is_told(#[case] policy: &str, #[case] named: &str) {
    let mut story = Story::new();
    let words = format!(
        "User: {ROLE} is not authorized to perform: sqs:CreateQueue on resource: arn:aws:sqs:eu-west-1:123456789012:jobs with an explicit deny in {policy}"
    );
    story.failed_creation("It", "AWS::SQS::Queue", &words);
    let diagnosis = story.diagnosis();
    let step = finding(&diagnosis, "It").assessment.causes[0].next_step.clone();
    let step = step.unwrap().text();
    assert!(step.contains(named), "{step}");
}

/// What is protected against deletion says which protection it is and which call lifts it; of a type that is not known, and of
/// another reason for not being deleted, the call is not guessed.
#[rstest]
#[case(
    "AWS::RDS::DBInstance",
    "ledger",
    "modify-db-instance --db-instance-identifier ledger --no-deletion-protection"
)]
#[case(
    "AWS::DynamoDB::Table",
    "orders",
    "update-table --table-name orders --no-deletion-protection-enabled"
)]
#[case("AWS::Other::Thing", "x1", "")]
fn what_lifts_a_protection_is_told_by_its_call(#[case] kind: &str, #[case] id: &str, #[case] call: &str) {
    let steps = |words: &str| {
        let reason = format!("{words} (Service: X, Status Code: 400, Request ID: {REQUEST})");
        let mut story = Story::new();
        story
            .described(Some(ROLE))
            .stack(0.0, "DELETE_IN_PROGRESS", "User Initiated")
            .event(2.0, ("Thing", kind, id), "DELETE_IN_PROGRESS", "")
            .event(6.0, ("Thing", kind, id), "DELETE_FAILED", &reason)
            .stack(
                7.0,
                "DELETE_FAILED",
                "The following resource(s) failed to delete: [Thing]. ",
            );
        let diagnosis = story.diagnosis();
        let cause = finding(&diagnosis, "Thing").assessment.causes[0].clone();
        cause.next_step.map(|step| step.text()).unwrap_or_default()
    };
    let step = steps("It cannot be deleted, please disable deletion protection and try again.");
    assert!(step.contains("protection") && step.contains(call), "{step}");
    assert_eq!(step.contains("aws "), !call.is_empty(), "{step}");
    let other = steps("It cannot be deleted since it has dependents");
    assert!(!other.contains("deletion-protection"), "{other}");
}
