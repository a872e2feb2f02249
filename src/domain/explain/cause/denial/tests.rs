//! Denials told, and what is offered against them.

use rstest::rstest;

use super::*;

const WHO: &str =
    "User: arn:aws:sts::123456789012:assumed-role/deploy/AWSCloudFormation is not authorized to perform: ";

#[rstest]
#[case(
    "sqs:CreateQueue on resource: arn:aws:sqs:eu-west-1:123456789012:q because no identity-based policy allows the sqs:CreateQueue action",
    None,
    false
)]
#[case(
    "kms:CreateGrant on resource: arn:aws:kms:eu-west-1:123456789012:key/k because no resource-based policy allows the kms:CreateGrant action",
    Some("policy of the resource itself"),
    true
)]
#[case(
    "kms:CreateGrant on resource: arn:aws:kms:eu-west-1:999988887777:key/k because no resource-based policy allows the kms:CreateGrant action",
    Some("the resource is account 999988887777's"),
    true
)]
#[case(
    "kms:Decrypt on resource: arn:aws:kms:eu-west-1:999988887777:key/k because no identity-based policy allows the kms:Decrypt action",
    Some("own policy must allow it as well"),
    false
)]
fn a_statement_says_where_it_belongs_and_what_else_it_needs(
    #[case] tail: &str,
    #[case] warning: Option<&str>,
    #[case] names_principal: bool,
) {
    let refusal = Refusal::in_text(&format!("{WHO}{tail}")).unwrap();
    let statement = refusal.statement().unwrap();
    match warning {
        Some(words) => assert!(
            statement
                .warning
                .as_deref()
                .is_some_and(|said| said.contains(words)),
            "{statement:?}"
        ),
        None => assert_eq!(statement.warning, None),
    }
    let json: serde_json::Value = serde_json::from_str(&statement.json).unwrap();
    assert_eq!(json["Effect"], "Allow");
    assert!(
        json["Action"]
            .as_str()
            .is_some_and(|action| tail.starts_with(action))
    );
    assert!(json["Resource"].as_str().is_some_and(|arn| tail.contains(arn)));
    let principal = json["Principal"]["AWS"].as_str();
    assert_eq!(
        principal,
        names_principal.then_some("arn:aws:iam::123456789012:role/deploy")
    );
}

#[rstest]
#[case(
    "with an explicit deny in an identity-based policy",
    "find the statement that explicitly denies"
)]
#[case(
    "with an explicit deny in a resource-based policy",
    "in the policy of arn:aws:sqs"
)]
#[case("with an explicit deny", "its boundary and the organization's")]
#[case(
    "with an explicit deny in a service control policy",
    "ask who manages the organization's policies"
)]
#[case(
    "because no service control policy allows the sqs:CreateQueue action",
    "no statement in this account helps"
)]
#[case(
    "with an explicit deny in a resource control policy",
    "ask who manages the organization's policies"
)]
#[case(
    "because no permissions boundary allows the sqs:CreateQueue action",
    "ask who set the permissions boundary of role deploy"
)]
#[case(
    "because no session policy allows the sqs:CreateQueue action",
    "whatever opens the session"
)]
#[case("with an explicit deny in a VPC endpoint policy", "ask who runs the network")]
fn u06_nothing_is_offered_that_would_not_help_and_it_is_said_whom_to_ask(
    #[case] tail: &str,
    #[case] step: &str,
) {
    let text = format!("{WHO}sqs:CreateQueue on resource: arn:aws:sqs:eu-west-1:123456789012:q {tail}");
    let refusal = Refusal::in_text(&text).unwrap();
    assert!(refusal.statement().is_none(), "{tail}");
    let said = refusal.next_step(&StackPrincipals::default()).text();
    assert!(said.contains(step), "{said}");
    assert!(!said.contains("allow sqs:CreateQueue on arn"), "{said}");
}

#[rstest]
#[case(
    "iam:PassRole on resource: arn:aws:iam::123456789012:role/app because no identity-based policy allows the iam:PassRole action",
    "arn:aws:iam::123456789012:role/app",
    false
)]
#[case(
    "iam:CreateRole on resource: role app",
    "arn:aws:iam::123456789012:role/app",
    false
)]
#[case(
    "iam:PutRolePolicy on resource: *",
    "arn:aws:iam::123456789012:role/FILL-IN",
    true
)]
#[case("iam:AttachUserPolicy", "arn:aws:iam::123456789012:user/FILL-IN", true)]
#[case("sts:AssumeRole", "arn:aws:iam::123456789012:role/FILL-IN", true)]
fn u06_a_right_over_iam_is_never_given_over_everything(
    #[case] tail: &str,
    #[case] resource: &str,
    #[case] incomplete: bool,
) {
    let statement = Refusal::in_text(&format!("{WHO}{tail}"))
        .unwrap()
        .statement()
        .unwrap();
    let json: serde_json::Value = serde_json::from_str(&statement.json).unwrap();
    assert_eq!(json["Resource"], resource);
    let told = statement.warning.unwrap_or_default();
    assert_eq!(told.contains("the ARN must be filled in"), incomplete, "{told}");
}

#[test]
fn a_statement_names_all_streams_of_a_group_as_the_denial_does() {
    let streams = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f:log-stream:";
    let text = format!(
        "{WHO}logs:CreateLogStream on resource: {streams} because no identity-based policy allows the logs:CreateLogStream action"
    );
    let statement = Refusal::in_text(&text).unwrap().statement().unwrap();
    let json: serde_json::Value = serde_json::from_str(&statement.json).unwrap();
    assert_eq!(json["Resource"], streams);
}

#[test]
fn a_call_without_credentials_is_nobodys_and_no_statement_is_offered() {
    let text = "User: anonymous is not authorized to perform: SNS:Publish on resource: arn:aws:sns:eu-west-1:123456789012:t because no resource-based policy allows the SNS:Publish action";
    let refusal = Refusal::in_text(text).unwrap();
    assert!(
        refusal
            .claim()
            .starts_with("a call without credentials was denied"),
        "{}",
        refusal.claim()
    );
    assert!(refusal.statement().is_none());
    // What tempts the rule: a user of that name.
    let named = text.replace("anonymous is", "arn:aws:iam::123456789012:user/anonymous is");
    assert!(Refusal::in_text(&named).unwrap().statement().is_some());
}
