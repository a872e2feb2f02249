//! What would tempt a policy: denials that the deployment has nothing to do with, or does not need, or that no statement
//! of the caller's own would help with.

use std::collections::BTreeMap;

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::conclude::policy::DeploymentPolicy;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::diagnosis::Diagnosis;

use super::evaluator::{Request, allows};
use super::{ACCOUNT, NO_ALLOW, document, of_role, policy};
use crate::support::story::{Call, ROLE, Story, answered, denied_custom_resource, finding};

const DEPLOY: &str = "cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:jobs";

/// A queue that CloudFormation was refused, in its own words.
fn refused(tail: &str) -> Story {
    let mut story = Story::new();
    let reason = format!(
        "Resource handler returned message: \"User: arn:aws:sts::{ACCOUNT}:assumed-role/{DEPLOY}/AWSCloudFormation is not authorized to perform: sqs:CreateQueue on resource: {QUEUE}{tail} (Service: Sqs, Status Code: 403, Request ID: 5d1e6f70-0a0b-4c0d-8e0f-001122334455)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
    );
    story.failed_creation("Jobs", "AWS::SQS::Queue", &reason);
    story
}

fn is_in_any_policy(policy: &DeploymentPolicy, action: &str) -> bool {
    let mut statements = policy
        .principals
        .iter()
        .flat_map(|one| one.statements.iter().chain(&one.teardown));
    statements.any(|statement| {
        statement
            .actions
            .iter()
            .any(|one| one.eq_ignore_ascii_case(action))
    })
}

#[test]
fn a_session_becomes_its_role_with_its_path_where_any_witness_tells_it() {
    let mut story = refused(NO_ALLOW);
    let mut call = Call::by_cloudformation(5, "sqs:CreateQueue")
        .denied(QUEUE, NO_ALLOW)
        .id("pathed");
    call.identity["sessionContext"]["sessionIssuer"]["arn"] =
        json!(format!("arn:aws:iam::{ACCOUNT}:role/team/{DEPLOY}"));
    story.record(&call);
    let policy = policy(&story);
    let principals: Vec<_> = policy
        .principals
        .iter()
        .map(|one| one.principal.as_deref())
        .collect();
    assert_eq!(
        principals,
        [Some(
            format!("arn:aws:iam::{ACCOUNT}:role/team/{DEPLOY}").as_str()
        )]
    );
    assert_eq!(policy.principals[0].denied, 1);
    assert!(allows(
        &document(&policy, DEPLOY),
        &Request::new("sqs:CreateQueue", QUEUE)
    ));
}

#[test]
fn denials_of_others_in_the_same_second_are_in_no_policy() {
    let mut story = refused(NO_ALLOW);
    for (role, session) in [("auditor", "scan"), ("ci", "build-7"), (DEPLOY, "somebody")] {
        let call = Call::as_role(6, role, session, "sqs:PurgeQueue").denied(QUEUE, NO_ALLOW);
        story.record(&call.id(&format!("{role}-{session}")));
    }
    // CloudFormation under the same role, for another stack.
    story.record(
        &Call::by_cloudformation(6, "sns:CreateTopic")
            .denied("arn:aws:sns:eu-west-1:123456789012:other-Alerts", NO_ALLOW)
            .request(json!({"name": "other-Alerts", "tags": [{"key": "aws:cloudformation:stack-name", "value": "other"}]}))
            .id("another-stack"),
    );
    let policy = policy(&story);
    assert_eq!(policy.principals.len(), 1, "{policy:#?}");
    assert!(!is_in_any_policy(&policy, "sqs:PurgeQueue") && !is_in_any_policy(&policy, "sns:CreateTopic"));
}

#[rstest]
#[case(
    " with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
    "service control policy",
    "organization"
)]
#[case(
    " with an explicit deny in an identity-based policy",
    "an explicit deny",
    "explicitly denies"
)]
#[case(
    " because no permissions boundary allows the sqs:CreateQueue action",
    "permissions boundary",
    "boundary"
)]
#[case(
    " because no session policy allows the sqs:CreateQueue action",
    "session policy",
    "session"
)]
#[case(
    " because no resource-based policy allows the sqs:CreateQueue action",
    "resource-based policy",
    "itself"
)]
#[case(
    " with an explicit deny in a resource control policy",
    "resource control policy",
    "organization"
)]
#[case(
    " with an explicit deny in a VPC endpoint policy",
    "VPC endpoint policy",
    "network"
)]
#[case(" with an explicit deny", "an explicit deny", "explicitly denies")]
fn what_others_forbid_is_no_allow_and_stands_apart_with_who_can_change_it(
    #[case] tail: &str,
    #[case] by: &str,
    #[case] ask: &str,
) {
    let policy = policy(&refused(tail));
    let one = of_role(&policy, DEPLOY).unwrap();
    assert!(one.statements.is_empty() && one.teardown.is_empty(), "{one:#?}");
    let [forbidden] = one.elsewhere.as_slice() else {
        panic!("{one:#?}");
    };
    assert_eq!(
        (forbidden.action.as_str(), forbidden.resource.as_str()),
        ("sqs:CreateQueue", QUEUE)
    );
    assert!(forbidden.policy.by.contains(by), "{forbidden:?}");
    assert!(forbidden.policy.ask.contains(ask), "{forbidden:?}");
    assert_eq!(forbidden.policy.policy_arn.is_some(), tail.contains("p-1"));
    assert_eq!(
        forbidden.policy.statement.is_some(),
        by == "resource-based policy"
    );
}

#[test]
fn a_service_linked_roles_own_policy_is_not_offered_for_change() {
    let mut story = denied_custom_resource();
    let role = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
    let text = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForECS/ECS is not authorized to perform: ec2:AttachNetworkInterface on resource: arn:aws:ec2:eu-west-1:{ACCOUNT}:network-interface/*{NO_ALLOW}"
    );
    let mut call = Call::as_role(12, "AWSServiceRoleForECS", "ECS", "ec2:AttachNetworkInterface")
        .failed("AccessDenied", &text);
    call.identity["sessionContext"]["sessionIssuer"]["arn"] = json!(role);
    let request = "5d1e6f70-0a0b-4c0d-8e0f-00112233ffff";
    story.record(&call.request_id(request));
    story.event(12.0, ("Service", "AWS::ECS::Service", ""), "CREATE_IN_PROGRESS", "").event(
        13.1,
        ("Service", "AWS::ECS::Service", ""),
        "CREATE_FAILED",
        &format!("Resource handler returned message: \"it did not come up (Service: Ec2, Status Code: 403, Request ID: {request})\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)"),
    );
    let policy = policy(&story);
    let one = of_role(&policy, "AWSServiceRoleForECS").expect("told apart");
    assert!(one.statements.is_empty() && one.elsewhere.len() == 1, "{one:#?}");
    assert!(one.elsewhere[0].policy.by.contains("AWS keeps"));
}

#[test]
fn a_dry_run_a_probe_and_a_call_that_was_tried_again_with_success_are_not_needed() {
    let mut story = denied_custom_resource();
    let own = |second: i64, action: &str| Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action);
    story.record(
        &own(11, "ec2:RunInstances")
            .denied("*", NO_ALLOW)
            .request(json!({"dryRun": true}))
            .id("dry"),
    );
    story.record(
        &own(11, "s3:HeadBucket")
            .failed("AccessDenied", "Access Denied")
            .request(json!({"bucketName": "shop-assets"}))
            .id("probe"),
    );
    story.record(
        &own(11, "sqs:SendMessage")
            .denied(QUEUE, NO_ALLOW)
            .request(json!({"queueUrl": "jobs"}))
            .id("once"),
    );
    story.record(
        &own(12, "sqs:SendMessage")
            .request(json!({"queueUrl": "jobs"}))
            .id("again"),
    );
    let table = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
    story.record(&own(13, "dynamodb:PutItem").denied(table, NO_ALLOW).id("needed"));
    let policy = policy(&story);
    let told = document(&policy, "shop-SetupRole");
    assert!(
        allows(&told, &Request::new("dynamodb:PutItem", table)),
        "{policy:#?}"
    );
    for (action, resource) in [
        (
            "ec2:RunInstances",
            "arn:aws:ec2:eu-west-1:123456789012:instance/*",
        ),
        ("s3:ListBucket", "arn:aws:s3:::shop-assets"),
        ("s3:HeadBucket", "arn:aws:s3:::shop-assets"),
        ("sqs:SendMessage", QUEUE),
    ] {
        assert!(
            !allows(&told, &Request::new(action, resource)),
            "{action}: {told:#}"
        );
    }
    let left: Vec<(&str, &str)> = policy
        .unneeded
        .iter()
        .map(|one| (one.action.as_str(), one.why))
        .collect();
    assert!(
        left.contains(&("ec2:RunInstances", "was only a dry run")),
        "{left:?}"
    );
    assert!(
        left.iter()
            .any(|(action, why)| *action == "s3:ListBucket" && why.contains("only looks")),
        "{left:?}"
    );
    assert!(
        left.contains(&("sqs:SendMessage", "the same call succeeded later")),
        "{left:?}"
    );
}

/// The resource's own words name what failed; what its function only looked at on the way is not that. What it did not
/// only look at may well be needed next.
#[test]
fn what_was_only_looked_at_is_not_needed_where_the_failure_speaks_of_something_else() {
    let table = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
    let role = "arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn";
    for (looked, is_needed) in [
        ("ec2:DescribeTags", false),
        ("cognito-idp:DescribeUserPoolClient", false),
        ("sqs:CreateQueue", true),
        ("secretsmanager:GetSecretValue", true),
    ] {
        let mut story = answered(&format!(
            "An error occurred (AccessDeniedException) when calling the PutItem operation: User: {role} is not authorized to perform: dynamodb:PutItem on resource: {table}{NO_ALLOW}"
        ));
        let own = |second: i64, action: &str| Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action);
        story.record(&own(19, "dynamodb:PutItem").denied(table, NO_ALLOW).id("needed"));
        // The last that it called: nothing says that it went on.
        story.record(&own(20, looked).denied(QUEUE, NO_ALLOW).id("looked"));
        let policy = policy(&story);
        assert!(is_in_any_policy(&policy, "dynamodb:PutItem"), "{policy:#?}");
        assert_eq!(
            is_in_any_policy(&policy, looked),
            is_needed,
            "{looked}: {policy:#?}"
        );
    }
}

#[test]
fn what_is_denied_in_the_teardown_stands_apart() {
    let mut story = refused(NO_ALLOW);
    let reason = format!(
        "Resource handler returned message: \"User: arn:aws:sts::{ACCOUNT}:assumed-role/{DEPLOY}/AWSCloudFormation is not authorized to perform: sns:DeleteTopic on resource: arn:aws:sns:eu-west-1:{ACCOUNT}:t{NO_ALLOW} (Service: Sns, Status Code: 403, Request ID: 1)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
    );
    story
        .event(9.0, ("Topic", "AWS::SNS::Topic", "t"), "DELETE_IN_PROGRESS", "")
        .event(10.0, ("Topic", "AWS::SNS::Topic", "t"), "DELETE_FAILED", &reason)
        .stack(
            12.0,
            "ROLLBACK_FAILED",
            "The following resource(s) failed to delete: [Topic].",
        );
    let policy = policy(&story);
    let one = of_role(&policy, DEPLOY).unwrap();
    let actions = |list: &[stacktrail::domain::explain::iam_statement::IamStatement]| {
        list.iter()
            .flat_map(|one| one.actions.clone())
            .collect::<Vec<String>>()
    };
    assert_eq!(actions(&one.statements), ["sqs:CreateQueue"]);
    assert_eq!(actions(&one.teardown), ["sns:DeleteTopic"]);
}

#[test]
fn a_name_that_nothing_tells_is_left_open_and_never_a_star() {
    let mut story = denied_custom_resource();
    let call = Call::as_role(12, "shop-SetupRole", "shop-SetupFn", "sqs:SendMessage")
        .failed("AccessDenied", "Access Denied");
    story.record(&call);
    let policy = policy(&story);
    let one = of_role(&policy, "shop-SetupRole").unwrap();
    assert!(one.is_incomplete(), "{one:#?}");
    assert!(
        !document(&policy, "shop-SetupRole").to_string().contains('*'),
        "{one:#?}"
    );
}

#[test]
fn the_role_of_a_service_is_made_for_that_service_alone() {
    let text = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/{DEPLOY}/AWSCloudFormation is not authorized to perform: iam:CreateServiceLinkedRole on resource: arn:aws:iam::{ACCOUNT}:role/aws-service-role/es.amazonaws.com/AWSServiceRoleForES{NO_ALLOW}"
    );
    let mut story = Story::new();
    story.failed_creation("Search", "AWS::OpenSearchService::Domain", &text);
    let told = document(&policy(&story), DEPLOY);
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/es.amazonaws.com/AWSServiceRoleForES");
    let make = Request::new("iam:CreateServiceLinkedRole", &arn);
    assert!(
        allows(
            &told,
            &make.clone().with("iam:AWSServiceName", "es.amazonaws.com")
        ),
        "{told:#}"
    );
    assert!(
        !allows(&told, &make.with("iam:AWSServiceName", "spot.amazonaws.com")),
        "{told:#}"
    );
}

#[test]
fn an_encoded_message_is_read_where_somebody_decoded_it_and_what_it_forbids_is_no_allow() {
    let mut story = Story::new();
    let reason = "Resource handler returned message: \"You are not authorized to perform this operation. Encoded authorization failure message: 4uXyZ-_a (Service: Ec2, Status Code: 403, Request ID: 7)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";
    story.failed_creation("Net", "AWS::EC2::VPC", reason);
    let plain = policy(&story);
    assert_eq!(plain.encoded().collect::<Vec<_>>(), ["4uXyZ-_a"]);
    assert!(!is_in_any_policy(&plain, "ec2:CreateVpc"));
    let arn = "arn:aws:ec2:eu-west-1:123456789012:vpc/*";
    let decoded = |explicit: bool| {
        let text = json!({"allowed": false, "explicitDeny": explicit, "context": {
            "principal": {"id": "A:AWSCloudFormation", "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{DEPLOY}/AWSCloudFormation")},
            "action": "ec2:CreateVpc", "resource": arn, "conditions": {"items": []}}});
        BTreeMap::from([("4uXyZ-_a".to_owned(), text.to_string())])
    };
    let session = story.session();
    let diagnosis = Diagnosis::of(&session);
    let allowed = DeploymentPolicy::of(&session, &diagnosis, None, &decoded(false));
    assert!(allows(
        &document(&allowed, DEPLOY),
        &Request::new("ec2:CreateVpc", arn)
    ));
    assert_eq!(allowed.encoded().count(), 0);
    let forbidden = DeploymentPolicy::of(&session, &diagnosis, None, &decoded(true));
    assert!(!is_in_any_policy(&forbidden, "ec2:CreateVpc"));
    assert_eq!(of_role(&forbidden, DEPLOY).unwrap().elsewhere.len(), 1);
}

#[test]
fn three_of_four_are_gone_and_one_is_new_after_the_next_attempt() {
    let mut story = Story::new();
    story.described(Some(ROLE));
    let denial = |action: &str, name: &str| {
        format!(
            "Resource handler returned message: \"User: arn:aws:sts::{ACCOUNT}:assumed-role/{DEPLOY}/AWSCloudFormation is not authorized to perform: {action} on resource: arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}{NO_ALLOW} (Service: Sqs, Status Code: 403, Request ID: 1)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
        )
    };
    let mut attempt = |from: f64, failed: &[(&str, &str)]| {
        story.stack(from, "UPDATE_IN_PROGRESS", "User Initiated");
        for (id, name) in failed {
            story
                .event(from + 2.0, (id, "AWS::SQS::Queue", ""), "CREATE_IN_PROGRESS", "")
                .event(
                    from + 6.0,
                    (id, "AWS::SQS::Queue", ""),
                    "CREATE_FAILED",
                    &denial("sqs:CreateQueue", name),
                );
        }
        story
            .stack(
                from + 7.0,
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create.",
            )
            .stack(from + 9.0, "UPDATE_ROLLBACK_COMPLETE", "");
    };
    attempt(
        0.0,
        &[("A", "a"), ("B", "b"), ("C", "c"), ("D", "shop-D-1A2B3C4D5E6F7")],
    );
    // The fourth again, under the name that CloudFormation made for it this time, and another.
    attempt(1000.0, &[("D", "shop-D-9Z8Y7X6W5V4U3"), ("E", "e")]);
    let policy = policy(&story);
    let one = of_role(&policy, DEPLOY).unwrap();
    assert_eq!(one.change.unwrap().words(), "3 of 4 gone, 1 new");
    assert_eq!((policy.attempts.as_slice(), one.denied), ([1, 2].as_slice(), 6));
    let session = story.session();
    let diagnosis = Diagnosis::of(&session);
    let first = DeploymentPolicy::of(&session, &diagnosis, Some(1), &BTreeMap::new());
    assert_eq!(
        (first.attempts.as_slice(), first.principals[0].denied),
        ([1].as_slice(), 4)
    );
    assert_eq!(first.principals[0].change, None);
}

/// The statement beside a cause and the whole policy are made by the same hand.
#[test]
fn the_policy_holds_the_statement_beside_a_cause() {
    let story = refused(NO_ALLOW);
    let diagnosis = story.diagnosis();
    let cause = &finding(&diagnosis, "Jobs").assessment.causes[0];
    assert!(cause.confidence <= Confidence::High);
    let beside: serde_json::Value = serde_json::from_str(&cause.statement.as_ref().unwrap().json).unwrap();
    assert_eq!(document(&policy(&story), DEPLOY)["Statement"], json!([beside]));
}

#[test]
fn another_stacks_key_is_in_no_policy_though_the_same_role_was_denied_the_same_action_on_it() {
    let key = |id: &str| format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{id}-12ab-34cd-56ef-1234567890ab");
    let (ours, theirs) = (key("1234abcd"), key("9999abcd"));
    let words = |key: &str| {
        format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/{DEPLOY}/AWSCloudFormation is not authorized to perform: kms:CreateGrant on resource: {key}{NO_ALLOW}"
        )
    };
    let reason = format!(
        "Resource handler returned message: \"{} (Service: Efs, Status Code: 403, Request ID: 5d1e6f70-0a0b-4c0d-8e0f-001122334455)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
        words(&ours)
    );
    let mut story = Story::new();
    story.failed_creation("Fs", "AWS::EFS::FileSystem", &reason);
    let made = |id: &str, key: &str| {
        Call::by_cloudformation(5, "elasticfilesystem:CreateFileSystem")
            .failed("AccessDeniedException", &words(key))
            .request(json!({"creationToken": id, "kmsKeyId": key}))
            .id(id)
    };
    story
        .record(&made("ours", &ours))
        .record(&made("theirs", &theirs));
    let document = document(&policy(&story), DEPLOY);
    assert!(allows(&document, &Request::new("kms:CreateGrant", &ours)));
    assert!(!allows(&document, &Request::new("kms:CreateGrant", &theirs)));
}
