//! A denial whose "because" names no one policy: it is told in its own words, and nothing is offered that would not help.

use std::collections::BTreeMap;

use rstest::rstest;
use stacktrail::domain::conclude::policy::DeploymentPolicy;
use stacktrail::domain::explain::cause::{Cause, Confidence};
use stacktrail::domain::read::signature::NextStep;

use crate::support::story::{CUSTOM_FAILED, Call, FUNCTION, ROLE, Story, denied_custom_resource, finding};

const KEY: &str = "arn:aws:kms:eu-west-1:444455556666:key/0f3a2b1c-aaaa-4bbb-8ccc-1234567890ab";
const OF_THREE: &str = "the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access";
const PUBLIC: &str = "public policies are blocked by the BlockPublicPolicy block public access setting";
const LISTS: &str =
    "public access control lists (ACLs) are blocked by the BlockPublicAcls block public access setting";

/// A refused call of CloudFormation's own, as the reason and the record tell it.
fn told(kind: &str, action: &str, resource: &str, because: &str, recorded: bool) -> Story {
    let session = format!(
        "arn:aws:sts::123456789012:assumed-role/{}/AWSCloudFormation",
        ROLE.rsplit('/').next().unwrap()
    );
    let words = format!(
        "User: {session} is not authorized to perform: {action} on resource: {resource} because {because}"
    );
    let reason = format!(
        "Resource handler returned message: \"{words} (Service: X, Status Code: 403, Request ID: 3e2f1d00-0000-4000-8000-00000000aaaa)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
    );
    let mut story = Story::new();
    story.failed_creation("Thing", kind, &reason);
    if recorded {
        let call = Call::by_cloudformation(5, action)
            .denied(resource, &format!(" because {because}"))
            .request_id("3e2f1d00-0000-4000-8000-00000000aaaa");
        story.record(&call);
    }
    story
}

fn offers_nothing(story: &Story, cause: &Cause, action: &str) {
    assert!(cause.statement.is_none(), "{cause:?}");
    let step = cause.next_step.as_ref().map(NextStep::text).unwrap_or_default();
    for untrue in [
        format!("allow {action} on"),
        "an allow does not override".to_owned(),
    ] {
        assert!(!step.contains(&untrue), "{step}");
    }
    assert!(!cause.claim.contains("by an explicit deny"), "{}", cause.claim);
    assert!(!cause.claim.contains("since no"), "{}", cause.claim);
    let session = story.session();
    let diagnosis = story.diagnosis();
    let policy = DeploymentPolicy::of(&session, &diagnosis, None, &BTreeMap::new());
    let statements = policy.principals.iter().flat_map(|one| &one.statements);
    assert_eq!(statements.count(), 0, "{policy:?}");
}

#[rstest]
#[case("AWS::EC2::Volume", "kms:CreateGrant", KEY, OF_THREE)]
#[case(
    "AWS::S3::BucketPolicy",
    "s3:PutBucketPolicy",
    "\"arn:aws:s3:::site\"",
    PUBLIC
)]
#[case("AWS::S3::Bucket", "s3:PutBucketAcl", "\"arn:aws:s3:::site\"", LISTS)]
fn what_no_statement_surely_changes_is_told_and_no_statement_offered(
    #[case] kind: &str,
    #[case] action: &str,
    #[case] resource: &str,
    #[case] because: &str,
    #[values(false, true)] recorded: bool,
) {
    let story = told(kind, action, resource, because, recorded);
    let diagnosis = story.diagnosis();
    let cause = &finding(&diagnosis, "Thing").assessment.causes[0];
    let sure = if recorded {
        Confidence::Certain
    } else {
        Confidence::High
    };
    assert_eq!(cause.confidence, sure);
    assert!(cause.claim.contains(because), "{}", cause.claim);
    assert!(cause.claim.contains(action), "{}", cause.claim);
    offers_nothing(&story, cause, action);
}

/// The same words in a function's log.
#[test]
fn a_log_that_tells_of_block_public_access_offers_no_statement() {
    let mut story = denied_custom_resource();
    let line = format!(
        "[ERROR] ClientError: An error occurred (AccessDenied) when calling the PutBucketPolicy operation: User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/{} is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::site\" because {PUBLIC}.",
        FUNCTION.rsplit(':').next().unwrap()
    );
    story.line(12.0, "/aws/lambda/shop-SetupFn", "2026/05/04/[$LATEST]abc", &line);
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Setup").assessment.causes;
    let cause = causes.iter().find(|one| one.claim.contains(PUBLIC)).unwrap();
    assert!(cause.statement.is_none(), "{cause:?}");
    assert!(!CUSTOM_FAILED.contains(PUBLIC));
}

/// What tempts the rule: one policy named after a "because" keeps its statement.
#[test]
fn a_policy_that_lacks_an_allow_is_still_told_with_what_would_allow_the_call() {
    let because = "no identity-based policy allows the s3:PutBucketPolicy action";
    let story = told(
        "AWS::S3::BucketPolicy",
        "s3:PutBucketPolicy",
        "\"arn:aws:s3:::site\"",
        because,
        true,
    );
    let diagnosis = story.diagnosis();
    let cause = &finding(&diagnosis, "Thing").assessment.causes[0];
    assert!(
        cause.claim.contains("since no identity-based policy allows it"),
        "{}",
        cause.claim
    );
    assert!(cause.statement.is_some());
}
