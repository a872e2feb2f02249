//! Whole stories: which cause is named, how surely, and what is left alone.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "support/story.rs"]
mod story;

use stacktrail::domain::cause::Confidence;
use story::{Call, Story, at, denied_custom_resource, finding, first_evidence, ROLE};

#[test]
fn a_denied_call_of_the_function_is_the_cause_of_its_custom_resource() {
    let mut story = denied_custom_resource();
    story.record(
        &Call::as_role(12, "shop-SetupRole", "shop-SetupFn", "s3:CreateBucket")
            .denied("\"arn:aws:s3:::shop-data\"", " because no identity-based policy allows the s3:CreateBucket action")
            .id("true-one"),
    );
    // Others, at the very same time.
    story.record(
        &Call::as_role(12, "shop-SetupRole2", "other-fn", "s3:CreateBucket")
            .denied("\"arn:aws:s3:::other\"", "")
            .id("prefix-collision"),
    );
    story.record(&Call::as_role(12, "ci", "build", "s3:CreateBucket").denied("*", "").id("other"));
    let diagnosis = story.diagnosis();
    let setup = finding(&diagnosis, "Setup");
    let cause = setup.assessment.causes.first().unwrap();
    println!("{:#?}", setup.assessment);
    assert_eq!(first_evidence(setup), ["trail:true-one"]);
    assert_eq!(cause.confidence, Confidence::High);
    assert!(cause.claim.contains("shop-SetupRole/shop-SetupFn was denied s3:CreateBucket"), "{}", cause.claim);
    assert_eq!(setup.assessment.records.len(), 1);
    assert!(cause.next_step.as_ref().unwrap().template.as_ref().unwrap().contains("shop-SetupRole"));
    assert!(finding(&diagnosis, "Queue").assessment.causes.is_empty());
    let _ = at(0);
}

#[test]
fn a_denial_hidden_behind_an_internal_failure_is_found_in_the_global_region() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Instance", "AWS::Connect::Instance", ""), "CREATE_IN_PROGRESS", "")
        .event(
            9.0,
            ("Instance", "AWS::Connect::Instance", ""),
            "CREATE_FAILED",
            "Resource handler returned message: \"Creating instance failed due to internal failure, please retry.\"  (HandlerErrorCode: null)",
        )
        .stack(10.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Instance]. Rollback requested by user.")
        .record(
            &Call::by_cloudformation(7, "iam:CreateServiceLinkedRole")
                .region("us-east-1")
                .denied(
                    "arn:aws:iam::123456789012:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect",
                    " with an explicit deny in a service control policy",
                )
                .id("hidden"),
        );
    let diagnosis = story.diagnosis();
    let instance = finding(&diagnosis, "Instance");
    println!("{:#?}", instance.assessment);
    assert_eq!(first_evidence(instance), ["trail:hidden"]);
    let cause = instance.assessment.causes.first().unwrap();
    assert_eq!(cause.confidence, Confidence::High);
    assert!(cause.statement.as_ref().unwrap().warning.is_some());
    assert!(cause.next_step.as_ref().unwrap().account.as_ref().unwrap().contains("service control policy"));
}
