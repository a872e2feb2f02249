//! Denials read out of sentences.

use rstest::rstest;

use super::*;

#[rstest]
#[case(
    " because no identity-based policy allows the s3:CreateBucket action",
    Some(PolicyKind::IdentityBased),
    false
)]
#[case(
    " because no resource-based policy allows the s3:CreateBucket action",
    Some(PolicyKind::ResourceBased),
    false
)]
#[case(
    " because no session policy allows the s3:CreateBucket action",
    Some(PolicyKind::SessionPolicy),
    false
)]
#[case(
    " because no permissions boundary allows the s3:CreateBucket action",
    Some(PolicyKind::PermissionsBoundary),
    false
)]
#[case(
    " with an explicit deny in a permissions boundary",
    Some(PolicyKind::PermissionsBoundary),
    true
)]
#[case(
    " with an explicit deny in a service control policy",
    Some(PolicyKind::ServiceControlPolicy),
    true
)]
#[case(
    " with an explicit deny in a resource control policy",
    Some(PolicyKind::ResourceControlPolicy),
    true
)]
#[case(
    " with an explicit deny in a VPC endpoint policy",
    Some(PolicyKind::VpcEndpointPolicy),
    true
)]
#[case(" with an explicit deny", None, true)]
#[case("", None, false)]
fn the_policy_that_says_no_is_named(
    #[case] tail: &str,
    #[case] policy: Option<PolicyKind>,
    #[case] explicit: bool,
) {
    let text = format!(
        "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: s3:CreateBucket on resource: \
         \"arn:aws:s3:::b\"{tail}"
    );
    let denial = Denial::read(&text).unwrap();
    assert_eq!(denial.action.as_deref(), Some("s3:CreateBucket"));
    assert_eq!(
        denial.principal_arn.as_deref(),
        Some("arn:aws:sts::1:assumed-role/r/s")
    );
    assert_eq!(denial.resource_arn(), Some("arn:aws:s3:::b"));
    assert_eq!((denial.policy, denial.explicit), (policy, explicit));
}

#[rstest]
#[case(
    "User: arn:aws:iam::1:user/u is not authorized to perform: iam:GetRole on resource: role deployer because no identity-based policy allows the iam:GetRole action",
    "iam:GetRole",
    Some("role deployer")
)]
#[case(
    "User: arn:aws:iam::1:user/u is not authorized to perform: kms:CreateKey on resource: * because",
    "kms:CreateKey",
    Some("*")
)]
#[case(
    "API: ec2:RunInstances Not authorized for images: [ami-1]",
    "ec2:RunInstances",
    None
)]
#[case(
    "API: iam:CreateRole User: arn:aws:iam::1:user/u is not authorized to perform: iam:CreateRole",
    "iam:CreateRole",
    None
)]
#[case(
    "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: ec2:CreateVpc. Encoded authorization failure message: abc",
    "ec2:CreateVpc",
    None
)]
#[case(
    "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithWebIdentity",
    None
)]
#[case(
    "Access denied for operation 'lambda:CreateFunction'.",
    "lambda:CreateFunction",
    None
)]
fn the_action_is_found(#[case] text: &str, #[case] action: &str, #[case] resource: Option<&str>) {
    let denial = Denial::read(text).unwrap();
    assert_eq!(
        (denial.action.as_deref(), denial.resource.as_deref()),
        (Some(action), resource)
    );
}

#[rstest]
#[case("API: s3:CreateBucket The bucket you tried to create already exists")]
#[case("Access denied for operation 'AWS::BedrockAgentCore::Runtime'.")]
#[case("Rate exceeded")]
#[case("")]
fn nothing_is_made_up(#[case] text: &str) {
    assert_eq!(Denial::read(text), None);
}

/// What tempts: a colon that only leads on to what is said next.
#[rstest]
#[case(
    " because no identity-based policy allows the logs:CreateLogStream action",
    "GROUP:log-stream:",
    "GROUP:log-stream:"
)]
#[case(
    "\" because no identity-based policy",
    "\"GROUP:log-stream:",
    "GROUP:log-stream:"
)]
#[case(" with an explicit deny", "GROUP:", "GROUP:")]
#[case("", "GROUP:log-stream:", "GROUP:log-stream:")]
#[case(" access denied", "GROUP:", "GROUP")]
#[case("", "GROUP:", "GROUP")]
#[case(" because of it", "GROUP,", "GROUP")]
fn a_colon_that_belongs_to_the_name_stays(#[case] tail: &str, #[case] told: &str, #[case] resource: &str) {
    let group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f";
    let text = format!(
        "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: logs:CreateLogStream on resource: {}{tail}",
        told.replace("GROUP", group)
    );
    let denial = Denial::read(&text).unwrap();
    let wanted = resource.replace("GROUP", group);
    assert_eq!(denial.resource_arn(), Some(wanted.as_str()), "{text}");
}

#[test]
fn an_encoded_message_is_noticed() {
    let text = "API: ec2:RunInstances You are not authorized to perform this operation. Encoded authorization failure message: 4u";
    let denial = Denial::read(text).unwrap();
    assert!(denial.encoded_authorization);
    assert_eq!(denial.action.as_deref(), Some("ec2:RunInstances"));
}

#[test]
fn a_name_that_a_cut_runs_through_is_left_out() {
    let lead = "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::";
    let text = format!("{lead}{}", "k".repeat(CUT_AT - lead.len()));
    let denial = Denial::read(&text).unwrap();
    assert_eq!(
        (denial.action.as_deref(), denial.resource),
        (Some("s3:GetObject"), None)
    );
    let short = format!("{lead}bucket");
    assert_eq!(
        Denial::read(&short).unwrap().resource_arn(),
        Some("arn:aws:s3:::bucket")
    );
}

#[rstest]
#[case(
    "The role does not have s3:GetObject permission to read the key",
    Some("s3:GetObject")
)]
#[case(
    "The caller lacks the `kms:Decrypt` permission on the key",
    Some("kms:Decrypt")
)]
#[case("You do not have the required [sns:Publish] permissions", Some("sns:Publish"))]
#[case("It is missing iam:PassRole permission", Some("iam:PassRole"))]
// What would tempt it: advice, what is there, a word with a colon, a name.
#[case("Make sure that the role has s3:GetObject permission", None)]
#[case("It has the s3:GetObject permission", None)]
#[case("The stack does not have a name: permission to use it was granted", None)]
#[case("The bucket does not have arn:aws:s3:::b permission set", None)]
fn an_action_before_the_word_is_told(#[case] text: &str, #[case] action: Option<&str>) {
    assert_eq!(
        Denial::read(text).and_then(|denial| denial.action).as_deref(),
        action
    );
}

#[rstest]
#[case(
    "a permissions boundary: arn:aws:iam::111122223333:policy/edge",
    Some("arn:aws:iam::111122223333:policy/edge")
)]
#[case(
    "an identity-based policy: arn:aws:iam::111122223333:policy/guard",
    Some("arn:aws:iam::111122223333:policy/guard")
)]
#[case("a permissions boundary", None)]
#[case(
    "a permissions boundary. Its owner: arn:aws:iam::111122223333:policy/other",
    None
)]
#[case("a permissions boundary: arn:aws:iam::111122223333:role/edge", None)]
fn the_arn_of_the_policy_that_denies_is_told(#[case] tail: &str, #[case] arn: Option<&str>) {
    let text = format!(
        "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: s3:CreateBucket on resource: \
         \"arn:aws:s3:::b\" with an explicit deny in {tail}"
    );
    assert_eq!(Denial::read(&text).unwrap().policy_arn.as_deref(), arn);
}
