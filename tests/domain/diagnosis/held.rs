//! What cannot be deleted for what is attached to it, and what the organization's policies refuse: who did that.

use rstest::rstest;
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, Story, cause_by, finding};

const HELD: &str = "Resource handler returned message: \"Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)";

fn by(second: i64, action: &str, request: Value) -> Call {
    Call::as_role(second, "AWSReservedSSO_Ops_1", "mira@example.com", action).request(request)
}

fn policy(second: i64, action: &str, role: &str, policy: &str) -> Call {
    let arn = format!("arn:aws:iam::123456789012:policy/{policy}");
    by(second, action, json!({ "roleName": role, "policyArn": arn })).region("us-east-1")
}

/// How surely what a record holds is named as a cause of `It`.
fn told(story: &Story, id: &str) -> Option<Confidence> {
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    cause_by(&it.assessment.causes, id).map(|cause| cause.confidence)
}

/// A role that cannot be deleted at second 5010.
fn held() -> Story {
    let mut story = Story::new();
    story.failed_update(
        [5000.0, 5003.0, 5010.0, 5012.0],
        ("AWS::IAM::Role", "club-Editor", "DELETE"),
        &[],
        HELD,
    );
    story
}

#[test]
fn who_attached_what_holds_a_role_is_named_with_what_to_do() {
    let mut story = held();
    story.record(&policy(3900, "iam:AttachRolePolicy", "club-Editor", "extra").id("truth"));
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    let cause = cause_by(&it.assessment.causes, "truth").unwrap();
    assert_eq!(cause.confidence, Confidence::High);
    assert!(
        cause
            .claim
            .contains("mira@example.com called iam:AttachRolePolicy on role club-Editor"),
        "{}",
        cause.claim
    );
    let step = cause.next_step.as_ref().unwrap().account.clone().unwrap();
    assert!(step.contains("detach that policy, then delete again"), "{step}");
}

/// What would tempt: it was detached again, another role is called so and more, it was refused, it is another call.
#[rstest]
#[case::taken_back(vec![policy(3900, "iam:AttachRolePolicy", "club-Editor", "extra").id("one"), policy(4200, "iam:DetachRolePolicy", "club-Editor", "extra")])]
#[case::another_role(vec![policy(3900, "iam:AttachRolePolicy", "club-Editors", "extra").id("one")])]
#[case::refused(vec![policy(3900, "iam:AttachRolePolicy", "club-Editor", "extra").failed("AccessDenied", "not authorized").id("one")])]
#[case::written_into_it(vec![by(3900, "iam:PutRolePolicy", json!({"roleName": "club-Editor", "policyName": "extra"})).region("us-east-1").id("one")])]
#[case::afterwards(vec![policy(5100, "iam:AttachRolePolicy", "club-Editor", "extra").id("one")])]
fn what_does_not_hold_the_role_is_not_named(#[case] calls: Vec<Call>) {
    let mut story = held();
    for call in &calls {
        story.record(call);
    }
    assert_eq!(told(&story, "one"), None);
}

#[test]
fn what_was_detached_of_another_policy_leaves_the_first() {
    let mut story = held();
    story
        .record(&policy(3900, "iam:AttachRolePolicy", "club-Editor", "extra").id("truth"))
        .record(&policy(4200, "iam:DetachRolePolicy", "club-Editor", "more"));
    assert_eq!(told(&story, "truth"), Some(Confidence::High));
}

fn refused_by_organization(tail: &str) -> Story {
    let mut story = Story::new();
    story.failed_update(
        [5000.0, 5003.0, 5010.0, 5012.0],
        ("AWS::SSM::Parameter", "/shop/a", "UPDATE"),
        &[],
        &format!(
            "Resource handler returned message: \"User: arn:aws:sts::123456789012:assumed-role/deploy/AWSCloudFormation is not authorized to perform: ssm:PutParameter on resource: arn:aws:ssm:eu-west-1:123456789012:parameter/shop/a {tail} (Service: Ssm, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
        ),
    );
    story
}

const DENIES: &str = "with an explicit deny in a service control policy";
const ALLOWS_NOT: &str = "because no service control policy allows the ssm:PutParameter action";

/// Whether a call over the organization brought about what its policies refuse here.
#[rstest]
#[case::to_this_account(DENIES, "AttachPolicy", "123456789012", Some(Confidence::Medium))]
#[case::to_another_account(DENIES, "AttachPolicy", "999900001111", None)]
#[case::to_a_unit(DENIES, "AttachPolicy", "ou-ab12-cd34ef56", Some(Confidence::Low))]
#[case::took_one_away(DENIES, "DetachPolicy", "123456789012", None)]
#[case::took_what_allowed(ALLOWS_NOT, "DetachPolicy", "123456789012", Some(Confidence::Medium))]
#[case::attached_where_none_allows(ALLOWS_NOT, "AttachPolicy", "123456789012", None)]
fn who_attached_a_policy_of_the_organization_may_have_brought_it_about(
    #[case] tail: &str,
    #[case] operation: &str,
    #[case] target: &str,
    #[case] sure: Option<Confidence>,
) {
    let mut story = refused_by_organization(tail);
    let call = by(
        4300,
        &format!("organizations:{operation}"),
        json!({ "policyId": "p-aaaa1111", "targetId": target }),
    );
    story.record(&call.region("us-east-1").id("one"));
    assert_eq!(told(&story, "one"), sure);
}

#[test]
fn a_policy_that_was_detached_again_refused_nothing() {
    let request = json!({ "policyId": "p-aaaa1111", "targetId": "123456789012" });
    let mut story = refused_by_organization(DENIES);
    story
        .record(
            &by(4300, "organizations:AttachPolicy", request.clone())
                .region("us-east-1")
                .id("one"),
        )
        .record(&by(4400, "organizations:DetachPolicy", request).region("us-east-1"));
    assert_eq!(told(&story, "one"), None);
}

/// A version of a layer is deleted by its number, and a rule on its bus.
#[rstest]
#[case(json!({"layerName": "tools", "versionNumber": 3}), Some(Confidence::High))]
#[case(json!({"layerName": "arn:aws:lambda:eu-west-1:123456789012:layer:tools", "versionNumber": 3}), Some(Confidence::High))]
#[case(json!({"layerName": "tools", "versionNumber": 4}), None)]
#[case(json!({"layerName": "tools2", "versionNumber": 3}), None)]
fn who_deleted_that_version_of_a_layer_is_named(#[case] request: Value, #[case] sure: Option<Confidence>) {
    let mut story = Story::new();
    story.failed_update(
        [5000.0, 5003.0, 5010.0, 5012.0],
        ("AWS::Lambda::Function", "orders", "UPDATE"),
        &[],
        "Resource handler returned message: \"Layer version arn:aws:lambda:eu-west-1:123456789012:layer:tools:3 does not exist. (Service: Lambda, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)",
    );
    story.record(&by(4300, "lambda:DeleteLayerVersion20181031", request).id("one"));
    assert_eq!(told(&story, "one"), sure);
}

#[rstest]
#[case(json!({"name": "nightly", "eventBusName": "harvest"}), Some(Confidence::High))]
#[case(json!({"name": "nightly", "eventBusName": "arn:aws:events:eu-west-1:123456789012:event-bus/harvest"}), Some(Confidence::High))]
#[case(json!({"name": "nightly", "eventBusName": "default"}), None)]
#[case(json!({"name": "nightly"}), None)]
#[case(json!({"name": "nightly2", "eventBusName": "harvest"}), None)]
fn who_deleted_the_rule_of_that_bus_is_named(#[case] request: Value, #[case] sure: Option<Confidence>) {
    let mut story = Story::new();
    story.failed_update(
        [5000.0, 5003.0, 5010.0, 5012.0],
        ("AWS::Events::Rule", "harvest|nightly", "UPDATE"),
        &[],
        "Resource handler returned message: \"Rule nightly does not exist on EventBus harvest. (Service: EventBridge, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: NotFound)",
    );
    story.record(&by(4300, "events:DeleteRule", request).id("one"));
    assert_eq!(told(&story, "one"), sure);
}

/// A service is one of its cluster, which its ARN tells; a state machine is named in the words by its ARN.
#[rstest]
#[case("AWS::ECS::Service", "ecs:eu-west-1:123456789012:service/blue/web", "ecs:DeleteService", json!({"service": "web", "cluster": "blue"}), Some(Confidence::High))]
#[case("AWS::ECS::Service", "ecs:eu-west-1:123456789012:service/blue/web", "ecs:DeleteService", json!({"service": "web", "cluster": "green"}), None)]
#[case("AWS::StepFunctions::StateMachine", "states:eu-west-1:123456789012:stateMachine:onboard", "states:DeleteStateMachine", json!({"stateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:onboard"}), Some(Confidence::High))]
#[case("AWS::StepFunctions::StateMachine", "states:eu-west-1:123456789012:stateMachine:onboard", "states:DeleteStateMachine", json!({"stateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:onboard2"}), None)]
fn who_deleted_what_is_told_by_its_arn_is_named(
    #[case] kind: &str,
    #[case] on: &str,
    #[case] action: &str,
    #[case] request: Value,
    #[case] sure: Option<Confidence>,
) {
    let arn = format!("arn:aws:{on}");
    let mut story = Story::new();
    story.failed_update(
        [5000.0, 5003.0, 5010.0, 5012.0],
        (kind, &arn, "UPDATE"),
        &[],
        &format!("Resource handler returned message: \"It does not exist: '{arn}' (Service: Any, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: NotFound)"),
    );
    story.record(&by(4300, action, request).id("one"));
    assert_eq!(told(&story, "one"), sure);
}

/// A role has many policies, each under its name: one more takes nothing away.
#[rstest]
#[case("iam:PutRolePolicy", json!({"roleName": "deploy", "policyName": "tgw"}), Some(Confidence::Low))]
#[case("iam:PutRolePolicy", json!({"roleName": "deploy", "policyName": "deny-tgw"}), Some(Confidence::Medium))]
#[case("iam:DetachRolePolicy", json!({"roleName": "deploy", "policyArn": "arn:aws:iam::123456789012:policy/tgw"}), Some(Confidence::Medium))]
fn who_only_wrote_a_policy_into_a_role_is_hardly_suspected(
    #[case] action: &str,
    #[case] request: Value,
    #[case] sure: Option<Confidence>,
) {
    let mut story = Story::new();
    story.failed_update(
        [5000.0, 5003.0, 5010.0, 5012.0],
        ("AWS::EC2::TransitGatewayAttachment", "tgw-attach-0aa11bb22cc33dd44", "UPDATE"),
        &[],
        "You are not authorized to perform this operation. Encoded authorization failure message: qW8nq9ZyKpW0dJ7uTqXcVbN2mLsR4tY6oIeGa1f8UvQzCx (Service: Ec2, Status Code: 403, Request ID: 11111111-2222-4333-8444-555555555555)",
    );
    let role = crate::support::story::ROLE.rsplit('/').next().unwrap();
    let request: Value =
        serde_json::from_str(&request.to_string().replace("\"deploy\"", &format!("\"{role}\""))).unwrap();
    story.record(&by(4300, action, request).region("us-east-1").id("one"));
    assert_eq!(told(&story, "one"), sure);
}

/// Who protected a resource against its deletion, and did not take that back.
#[rstest]
#[case(&[("ACTIVE", "eu-west-1_AbCdEfGhI")], Some(Confidence::High))]
#[case(&[("INACTIVE", "eu-west-1_AbCdEfGhI")], None)]
#[case(&[("ACTIVE", "eu-west-1_AbCdEfGhI"), ("INACTIVE", "eu-west-1_AbCdEfGhI")], None)]
#[case(&[("ACTIVE", "eu-west-1_ZzZzZzZzZ")], None)]
fn who_protected_what_is_to_be_deleted_is_named(
    #[case] calls: &[(&str, &str)],
    #[case] sure: Option<Confidence>,
) {
    let mut story = Story::new();
    story.failed_update(
        [5000.0, 5003.0, 5010.0, 5012.0],
        ("AWS::Cognito::UserPool", "eu-west-1_AbCdEfGhI", "DELETE"),
        &[],
        "Resource handler returned message: \"The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first. (Service: CognitoIdentityProvider, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)",
    );
    for ((protection, pool), second) in calls.iter().zip([4000, 4200]) {
        let request = json!({ "userPoolId": pool, "deletionProtection": protection });
        let id = if second == 4000 { "one" } else { "later" };
        story.record(&by(second, "cognito-idp:UpdateUserPool", request).id(id));
    }
    assert_eq!(told(&story, "one"), sure);
}

/// An attribute that is told by key and value, and a call of another attribute.
#[rstest]
#[case("deletion_protection.enabled", "true", Some(Confidence::High))]
#[case("deletion_protection.enabled", "false", None)]
#[case("idle_timeout.timeout_seconds", "60", None)]
fn who_protected_a_load_balancer_is_told_by_its_attribute(
    #[case] key: &str,
    #[case] value: &str,
    #[case] sure: Option<Confidence>,
) {
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/edge/0a1b2c3d4e5f6071";
    let mut story = Story::new();
    story.failed_update(
        [5000.0, 5003.0, 5010.0, 5012.0],
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", arn, "DELETE"),
        &[],
        &format!("Resource handler returned message: \"Load balancer '{arn}' cannot be deleted because deletion protection is enabled (Service: ElasticLoadBalancingV2, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"),
    );
    let request = json!({ "loadBalancerArn": arn, "attributes": [{ "key": key, "value": value }] });
    story.record(&by(4000, "elasticloadbalancing:ModifyLoadBalancerAttributes", request).id("one"));
    assert_eq!(told(&story, "one"), sure);
}

/// Newer refusals name the policy that denies.
#[rstest]
#[case("p-aaaa1111", Some(Confidence::Medium))]
#[case("p-zzzz5555", None)]
fn only_the_policy_that_the_refusal_names_is_told(#[case] policy: &str, #[case] sure: Option<Confidence>) {
    let mut story = refused_by_organization(
        "with an explicit deny in a service control policy: arn:aws:organizations::123456789012:policy/o-ab12cd34ef/service_control_policy/p-aaaa1111",
    );
    let request = json!({ "policyId": policy, "targetId": "123456789012" });
    story.record(
        &by(4300, "organizations:AttachPolicy", request)
            .region("us-east-1")
            .id("one"),
    );
    assert_eq!(told(&story, "one"), sure);
}

/// No name lists such calls: whoever took back what another did is asked for by the operation, too.
#[test]
fn the_trail_is_asked_who_took_a_policy_of_the_organization_away_again() {
    let diagnosis = refused_by_organization(DENIES).diagnosis();
    let planned: Vec<String> = diagnosis
        .plan
        .iter()
        .filter_map(|planned| planned.search.attribute.as_ref())
        .map(|attribute| attribute.value.clone())
        .collect();
    for operation in ["AttachPolicy", "DetachPolicy"] {
        assert!(planned.iter().any(|value| value == operation), "{planned:?}");
    }
}
