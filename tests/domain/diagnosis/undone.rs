//! A change that was undone again before the failure is not what changed.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::story::{Call, ROLE, Story, finding};

const VAGUE: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 1, HandlerErrorCode: InternalFailure)";

fn role() -> &'static str {
    ROLE.rsplit('/').next().unwrap()
}

/// A failure that nothing explains.
fn unexplained() -> Story {
    let mut story = Story::new();
    story.failed_creation("Topic", "AWS::SNS::Topic", VAGUE);
    story
}

fn change(minutes: i64, action: &str, request: &Value) -> Call {
    Call::as_role(-60 * minutes, "Admin", "tom@example.com", action)
        .region("us-east-1")
        .request(request.clone())
        .id(&format!("{}-{minutes}", action.split_once(':').unwrap().1))
}

/// The changes that are told as causes.
fn told(calls: &[Call]) -> Vec<String> {
    let mut story = unexplained();
    for call in calls {
        story.record(call);
    }
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Topic").assessment.causes;
    let evidence = causes.iter().flat_map(|cause| &cause.evidence);
    let told = evidence.map(ToString::to_string);
    told.filter_map(|one| one.strip_prefix("trail:").map(str::to_owned))
        .collect()
}

fn inline(name: &str) -> Value {
    json!({ "roleName": role(), "policyName": name })
}

fn written(name: &str, document: &str) -> Value {
    json!({ "roleName": role(), "policyName": name, "policyDocument": document })
}

fn managed(name: &str) -> Value {
    json!({ "roleName": role(), "policyArn": format!("arn:aws:iam::123456789012:policy/{name}") })
}

const ALLOWS: &str = "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sns:*\",\"Resource\":\"*\"}]}";
const DENIES: &str = "{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"sns:*\",\"Resource\":\"*\"}]}";

#[rstest]
#[case("iam:DeleteRolePolicy", &inline("publish"), "iam:PutRolePolicy", &written("publish", ALLOWS))]
#[case("iam:DetachRolePolicy", &managed("publish"), "iam:AttachRolePolicy", &managed("publish"))]
#[case(
    "iam:PutRolePermissionsBoundary",
    &json!({ "roleName": role(), "permissionsBoundary": "arn:aws:iam::123456789012:policy/edge" }),
    "iam:DeleteRolePermissionsBoundary",
    &json!({ "roleName": role() })
)]
#[case(
    "iam:DeleteRole",
    &json!({ "roleName": role() }),
    "iam:CreateRole",
    &json!({ "roleName": role(), "assumeRolePolicyDocument": ALLOWS, "description": "again" })
)]
#[case("iam:PutRolePolicy", &written("shut", DENIES), "iam:DeleteRolePolicy", &inline("shut"))]
fn what_was_taken_and_given_again_is_not_told(
    #[case] taking: &str,
    #[case] taken: &Value,
    #[case] giving: &str,
    #[case] given: &Value,
) {
    assert!(
        !told(&[change(19, taking, taken)]).is_empty(),
        "{taking} alone is told"
    );
    let both = [change(19, taking, taken), change(15, giving, given)];
    assert_eq!(told(&both), Vec::<String>::new());
}

/// What tempts the rule: another policy, another role, too late, taken again, refused, or not the same given back.
#[test]
fn what_still_stands_is_told() {
    let taken = || change(19, "iam:DeleteRolePolicy", &inline("publish"));
    let taken_id = "DeleteRolePolicy-19".to_owned();
    let other_role = json!({ "roleName": "shop-Other", "policyName": "publish", "policyDocument": ALLOWS });
    for given in [
        change(15, "iam:PutRolePolicy", &written("other", ALLOWS)),
        change(15, "iam:PutRolePolicy", &other_role),
        change(15, "iam:PutRolePolicy", &written("publish", ALLOWS)).failed("AccessDenied", "no"),
        change(25, "iam:PutRolePolicy", &written("publish", ALLOWS)),
        change(0, "iam:PutRolePolicy", &written("publish", ALLOWS)),
    ] {
        let told = told(&[taken(), given.clone()]);
        assert!(told.contains(&taken_id), "{} {}: {told:?}", given.name, given.id);
    }
    let again = [
        taken(),
        change(15, "iam:PutRolePolicy", &written("publish", ALLOWS)),
        change(10, "iam:DeleteRolePolicy", &inline("publish")),
    ];
    assert_eq!(told(&again), ["DeleteRolePolicy-10"]);
    let narrowed = [
        taken(),
        change(15, "iam:PutRolePolicy", &written("publish", ALLOWS)),
        change(10, "iam:PutRolePolicy", &written("publish", ALLOWS)),
    ];
    assert_eq!(told(&narrowed), ["PutRolePolicy-10"]);
    let denied = [
        taken(),
        change(15, "iam:PutRolePolicy", &written("publish", DENIES)),
    ];
    assert_eq!(told(&denied), ["PutRolePolicy-15"]);
}

/// A right that was lent for a while and taken back is gone: the taking is told.
#[test]
fn what_was_given_and_taken_again_is_told_as_taken() {
    let lent = [
        change(19, "iam:AttachRolePolicy", &managed("publish")),
        change(15, "iam:DetachRolePolicy", &managed("publish")),
    ];
    assert_eq!(told(&lent), ["DetachRolePolicy-15"]);
}

/// The changes that are told of a topic whose making was denied in these words.
fn told_of_denial(tail: &str, calls: &[Call]) -> Vec<String> {
    let arn = "arn:aws:sns:eu-west-1:123456789012:orders";
    let reason = format!(
        "User: arn:aws:sts::123456789012:assumed-role/{}/AWSCloudFormation is not authorized to perform: sns:CreateTopic on \
         resource: {arn} {tail} (Service: AmazonSNS; Status Code: 403; Error Code: AuthorizationError; Request ID: \
         00000000-0000-4000-8000-000000000001; Proxy: null)",
        role()
    );
    let mut story = Story::new();
    story.failed_creation("Topic", "AWS::SNS::Topic", &reason);
    for call in calls {
        story.record(call);
    }
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Topic").assessment.causes;
    let evidence = causes
        .iter()
        .flat_map(|cause| &cause.evidence)
        .map(ToString::to_string);
    evidence
        .filter_map(|one| one.strip_prefix("trail:").map(str::to_owned))
        .collect()
}

/// A user that bears the role's name is another.
#[test]
fn what_was_taken_from_a_user_is_not_missed_by_a_role() {
    let no_allow = "because no identity-based policy allows the sns:CreateTopic action";
    let user = json!({ "userName": role(), "policyArn": "arn:aws:iam::123456789012:policy/publish" });
    assert_eq!(
        told_of_denial(no_allow, &[change(19, "iam:DetachUserPolicy", &user)]),
        [""; 0]
    );
}

/// What was put upon a thing and taken away again before denies nothing, and another's is not the same.
#[test]
fn a_policy_that_was_taken_away_again_denies_nothing() {
    let deny = "with an explicit deny in an identity-based policy";
    let shut = || change(18, "iam:PutRolePolicy", &written("shut", DENIES));
    let open = |name: &str| change(12, "iam:DeleteRolePolicy", &inline(name));
    assert_eq!(told_of_denial(deny, &[shut(), open("shut")]), [""; 0]);
    assert_eq!(
        told_of_denial(deny, &[shut(), open("other")]),
        ["PutRolePolicy-18"]
    );
    let again = change(10, "iam:PutRolePolicy", &written("shut", DENIES));
    assert_eq!(
        told_of_denial(deny, &[shut(), open("shut"), again]),
        ["PutRolePolicy-10"]
    );
}

/// A denial says in its words what says no: only what can bring that about is told, and not what was given up again.
#[test]
fn a_denial_is_put_only_on_a_change_that_can_bring_it_about() {
    let edge = json!({ "roleName": role(), "permissionsBoundary": "arn:aws:iam::123456789012:policy/edge" });
    let detached = change(19, "iam:DetachRolePolicy", &managed("publish"));
    let shut = change(18, "iam:PutRolePolicy", &written("shut", DENIES));
    let bound = change(17, "iam:PutRolePermissionsBoundary", &edge);
    let unbound = change(
        15,
        "iam:DeleteRolePermissionsBoundary",
        &json!({ "roleName": role() }),
    );
    let deny = "with an explicit deny in an identity-based policy";
    let no_allow = "because no identity-based policy allows the sns:CreateTopic action";
    let boundary = "because no permissions boundary allows the sns:CreateTopic action";
    let alone = |tail: &str, call: &Call| told_of_denial(tail, std::slice::from_ref(call));
    assert_eq!(alone(deny, &shut), ["PutRolePolicy-18"]);
    assert_eq!(
        alone(deny, &detached),
        [""; 0],
        "what allowed is gone: that brings no deny"
    );
    assert_eq!(alone(deny, &bound), [""; 0]);
    assert_eq!(alone(no_allow, &detached), ["DetachRolePolicy-19"]);
    assert_eq!(
        alone(no_allow, &bound),
        [""; 0],
        "a boundary has words of its own"
    );
    assert_eq!(alone(boundary, &bound), ["PutRolePermissionsBoundary-17"]);
    assert_eq!(alone(boundary, &detached), [""; 0]);
    assert_eq!(
        told_of_denial(boundary, &[bound, unbound]),
        [""; 0],
        "it was taken away again"
    );
}
