//! A service calls for somebody: the record says for whom, or the session's name says which service it was.

use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, ROLE, Story, denied_custom_resource, finding, first_evidence};

const KIND: &str = "AWS::Lambda::Function";
const SHARED: &str = "shared-vpc-functions";

fn arn(name: &str) -> String {
    format!("arn:aws:lambda:eu-west-1:123456789012:function:{name}")
}

/// Lambda under a function's role, refused its network interface.
fn lambdas(second: i64, role: &str) -> Call {
    let session = format!("awslambda_{second}_20260619115800000");
    Call::as_role(second, role, &session, "ec2:CreateNetworkInterface").denied(
        "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1",
        " because no identity-based policy allows the ec2:CreateNetworkInterface action",
    )
}

/// A function that fails without a telling word; its role stands in no event, as for many callers.
fn silent(setting: Option<&str>) -> Story {
    let mut story = Story::new();
    let function = (
        "Handler",
        "AWS::Lambda::Function",
        "shop-prod-Handler-1A2b3C4d5E6f",
    );
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(2.0, function, "CREATE_IN_PROGRESS", "");
    if let Some(role) = setting {
        story.setting("Role", &format!("arn:aws:iam::123456789012:role/{role}"));
    }
    story.event(
        120.0,
        function,
        "CREATE_FAILED",
        "Resource handler returned message: \"Exceeded attempts to wait\" (RequestToken: 1, HandlerErrorCode: NotStabilized)",
    );
    story
}

fn first(story: &Story, logical_id: &str) -> (Vec<String>, Option<Confidence>) {
    let diagnosis = story.diagnosis();
    let found = finding(&diagnosis, logical_id);
    let confidence = found.assessment.causes.first().map(|cause| cause.confidence);
    (first_evidence(found), confidence)
}

#[test]
fn a_call_on_behalf_of_the_function_is_its_cause_whatever_its_role() {
    let mut story = silent(None);
    story
        .record(
            &lambdas(6, SHARED)
                .issued_to(KIND, &arn("ledger-Handler-1A2b3C4d5E6f"))
                .id("another"),
        )
        .record(
            &lambdas(7, SHARED)
                .issued_to(KIND, &arn("shop-prod-Handler-1A2b3C4d5E6f"))
                .id("its"),
        );
    assert_eq!(
        first(&story, "Handler"),
        (vec!["trail:its".to_owned()], Some(Confidence::High))
    );
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Handler").assessment.records;
    assert!(
        records.iter().all(|one| one.record.event_id != "another"),
        "another's call is not listed"
    );
}

#[test]
fn a_call_for_another_function_under_the_same_role_is_nobodys_cause_here() {
    let mut story = silent(Some(SHARED));
    story.record(
        &lambdas(7, SHARED)
            .issued_to(KIND, &arn("ledger-Handler-1A2b3C4d5E6f"))
            .id("another"),
    );
    let diagnosis = story.diagnosis();
    let found = finding(&diagnosis, "Handler");
    assert!(
        found.assessment.causes.iter().all(|cause| cause
            .evidence
            .iter()
            .all(|one| one.to_string() != "trail:another")),
        "{:#?}",
        found.assessment.causes
    );
}

#[test]
fn a_role_that_others_use_too_does_not_tell_for_whom_lambda_called() {
    let mut story = silent(Some(SHARED));
    story.record(&lambdas(7, SHARED).id("for-somebody"));
    let (evidence, confidence) = first(&story, "Handler");
    let sure = confidence.is_some_and(|confidence| confidence <= Confidence::High);
    assert!(
        !(sure && evidence.contains(&"trail:for-somebody".to_owned())),
        "{evidence:?} {confidence:?}"
    );
}

#[test]
fn a_role_that_the_stack_made_for_one_function_tells_for_whom_lambda_called() {
    let mut story = silent(Some("shop-prod-HandlerRole-1X"));
    story
        .event(
            1.0,
            ("HandlerRole", "AWS::IAM::Role", "shop-prod-HandlerRole-1X"),
            "CREATE_COMPLETE",
            "",
        )
        .record(&lambdas(7, "shop-prod-HandlerRole-1X").id("for-it"));
    assert_eq!(
        first(&story, "Handler"),
        (vec!["trail:for-it".to_owned()], Some(Confidence::High))
    );
}

#[test]
fn lambda_calling_under_the_role_of_a_custom_resources_function_is_its_own_doing() {
    let mut story = denied_custom_resource();
    story.record(&lambdas(12, "shop-SetupRole").id("for-setup"));
    assert_eq!(
        first(&story, "Setup"),
        (vec!["trail:for-setup".to_owned()], Some(Confidence::High))
    );
    let mut other = denied_custom_resource();
    other.record(
        &lambdas(12, "shop-SetupRole")
            .issued_to(KIND, &arn("billing-Fn"))
            .id("for-billing"),
    );
    let (evidence, _) = first(&other, "Setup");
    assert!(
        !evidence.contains(&"trail:for-billing".to_owned()),
        "{evidence:?}"
    );
}
