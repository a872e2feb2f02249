//! Denied one call, allowed it, denied the next: who gave took nothing away.

use serde_json::json;
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, ROLE, Story};

fn role() -> &'static str {
    ROLE.rsplit('/').next().unwrap()
}

fn put(second: i64, policy: &str, document: Option<&str>) -> Call {
    let mut request = json!({ "roleName": role(), "policyName": policy });
    if let Some(document) = document {
        request["policyDocument"] = json!(document);
    }
    Call::as_role(second, "Admin", "mira@example.com", "iam:PutRolePolicy")
        .region("us-east-1")
        .request(request)
        .id("deed")
}

fn denied(second: i64, action: &str) -> Call {
    Call::by_cloudformation(second, action).denied(
        "arn:aws:sqs:eu-west-1:123456789012:jobs",
        &format!(" because no identity-based policy allows the {action} action"),
    )
}

/// How sure the deed is told of the second attempt, whose reason names no action unless it is given one.
fn told(reason: Option<&str>, calls: &[Call]) -> Option<Confidence> {
    let mut story = Story::new();
    let queue = ("It", "AWS::SQS::Queue", "jobs");
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_COMPLETE", "")
        .stack(3000.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(3003.0, queue, "UPDATE_IN_PROGRESS", "")
        .event(3010.0, queue, "UPDATE_FAILED", "Access denied")
        .stack(
            3011.0,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to update: [It].",
        )
        .stack(3030.0, "UPDATE_ROLLBACK_COMPLETE", "")
        .stack(5000.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(5003.0, queue, "UPDATE_IN_PROGRESS", "")
        .event(
            5010.0,
            queue,
            "UPDATE_FAILED",
            reason.unwrap_or("Access to the resource jobs is denied."),
        );
    for call in calls {
        story.record(call);
    }
    let diagnosis = story.diagnosis();
    let finding = diagnosis
        .findings
        .iter()
        .rfind(|one| one.failure.is_root())
        .unwrap();
    let causes = finding.assessment.causes.iter();
    let deed = causes
        .filter(|cause| cause.evidence.iter().any(|id| id.to_string() == "trail:deed"))
        .map(|cause| cause.confidence);
    deed.min()
}

fn sentence(action: &str) -> String {
    denied(5010, action).error.unwrap().1
}

const GIVES: &str = r#"{"Statement":[{"Effect":"Allow","Action":"sqs:SetQueueAttributes","Resource":"*"}]}"#;

#[test]
fn who_allowed_what_was_denied_before_took_nothing() {
    let set = denied(3009, "sqs:SetQueueAttributes");
    let tag = denied(5009, "sqs:TagQueue");
    let spoken = sentence("sqs:TagQueue");
    for document in [Some(GIVES), None] {
        let deed = put(4800, "sqs1", document);
        let all = [set.clone(), deed.clone(), tag.clone()];
        assert_eq!(told(Some(&spoken), &all), None, "{document:?}");
        // The record of the second denial never came.
        assert_eq!(told(None, &[set.clone(), deed]), None, "{document:?}");
    }
}

/// What tempts.
#[test]
fn who_took_what_was_allowed_before_is_told_although_something_else_had_been_denied() {
    let set = denied(3009, "sqs:SetQueueAttributes");
    let tag = denied(5009, "sqs:TagQueue");
    let spoken = sentence("sqs:TagQueue");
    let medium = Some(Confidence::Medium);
    // It denies.
    let shuts = r#"{"Statement":[{"Effect":"Allow","Action":"sqs:Set*","Resource":"*"},{"Effect":"Deny","Action":"sqs:TagQueue","Resource":"*"}]}"#;
    let deed = put(4800, "sqs1", Some(shuts));
    assert_eq!(told(Some(&spoken), &[set.clone(), deed, tag.clone()]), medium);
    // What is denied now went well before, whatever else was given.
    let well = Call::by_cloudformation(2000, "sqs:TagQueue").id("well");
    let deed = put(4800, "sqs1", None);
    let all = [well, set.clone(), deed, tag.clone()];
    assert_eq!(told(Some(&spoken), &all), medium);
    // It put a policy anew, and nobody knows what that had allowed.
    let first = put(2000, "sqs1", None).id("first");
    let deed = put(4800, "sqs1", None);
    let all = [first, set.clone(), deed, tag.clone()];
    assert_eq!(told(Some(&spoken), &all), medium);
    // What had been denied before is denied still.
    let again = denied(5008, "sqs:SetQueueAttributes").id("again");
    let deed = put(4800, "sqs1", None);
    assert_eq!(
        told(Some(&sentence("sqs:SetQueueAttributes")), &[set, deed, again]),
        medium
    );
    // Another role had been denied something.
    let other = Call::as_role(3009, "pay-role", "pay", "sqs:SetQueueAttributes").denied("*", "");
    let deed = put(4800, "sqs1", None);
    assert_eq!(told(Some(&spoken), &[other, deed, tag]), medium);
}

const DENIED: &str = "Resource handler returned message: \"Access denied for operation 'AWS::SQS::Queue'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";

/// An update that begins at that second, and fails of that.
fn failed(story: &mut Story, begun: f64, reason: &str) {
    let queue = ("Jobs", "AWS::SQS::Queue", "");
    story
        .stack(begun, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(begun + 2.0, queue, "CREATE_IN_PROGRESS", "")
        .event(begun + 6.0, queue, "CREATE_FAILED", reason)
        .stack(
            begun + 7.0,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Jobs]. ",
        );
}

/// Two attempts that fail in those words; a person changes the role's policy in between, which gave before or not.
fn changed_between(first: &str, is_good_between: bool) -> Vec<Cause> {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .stack(50.0, "CREATE_COMPLETE", "");
    failed(&mut story, 100.0, first);
    story.stack(110.0, "UPDATE_ROLLBACK_COMPLETE", "");
    if is_good_between {
        story
            .stack(112.0, "UPDATE_IN_PROGRESS", "User Initiated")
            .stack(116.0, "UPDATE_COMPLETE", "");
    }
    failed(&mut story, 160.0, DENIED);
    story.record(
        &Call::as_role(140, "Admin", "mira@example.com", "iam:PutRolePolicy")
            .region("us-east-1")
            .request(json!({ "roleName": ROLE.rsplit('/').next().unwrap(), "policyName": "queues" }))
            .id("change"),
    );
    let diagnosis = story.diagnosis();
    let last = diagnosis
        .findings
        .iter()
        .rev()
        .find(|one| one.failure.event.logical_id == "Jobs");
    last.unwrap().assessment.causes.clone()
}

#[test]
fn what_was_changed_after_it_had_failed_alike_is_not_told() {
    let is_told = |causes: &[Cause]| {
        causes
            .iter()
            .any(|cause| cause.claim.contains("iam:PutRolePolicy"))
    };
    assert!(!is_told(&changed_between(DENIED, false)));
    // What tempts the rule: it had failed of something else, or was deployed well in between.
    assert!(is_told(&changed_between(
        "Queue name is too long for this account",
        false
    )));
    assert!(is_told(&changed_between(DENIED, true)));
}
