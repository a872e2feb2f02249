//! What was denied on a thing that many use (a role that they pass, a topic, a key) is said of all of them in the same words:
//! whose call it was, its request tells.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, ROLE, Story, cause_by, finding};

const RUNNER: &str = "arn:aws:iam::123456789012:role/mill-runner";

fn message() -> String {
    let caller = ROLE.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
    format!(
        "User: {caller}/AWSCloudFormation is not authorized to perform: iam:PassRole on resource: {RUNNER} because no identity-based policy allows the iam:PassRole action"
    )
}

/// A function that may not be given its role, of this name if any, and calls that were refused so.
fn told(name: Option<&str>, calls: &[Call]) -> Vec<Cause> {
    let reason = format!(
        "Resource handler returned message: \"{} (Service: Lambda, Status Code: 403)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
        message()
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (second, status, words) in [
        (2.0, "CREATE_IN_PROGRESS", ""),
        (24.0, "CREATE_FAILED", reason.as_str()),
    ] {
        story
            .event(second, ("Worker", "AWS::Lambda::Function", ""), status, words)
            .setting("Role", RUNNER);
        if let Some(name) = name {
            story.setting("FunctionName", name);
        }
    }
    for call in calls {
        story.record(call);
    }
    finding(&story.diagnosis(), "Worker").assessment.causes.clone()
}

fn made(second: i64, name: &str) -> Call {
    Call::by_cloudformation(second, "lambda:CreateFunction20150331")
        .failed("AccessDenied", &message())
        .request(json!({ "functionName": name, "role": RUNNER }))
        .id(name)
}

fn sure(causes: &[Cause], id: &str) -> Option<Confidence> {
    cause_by(causes, id).map(|cause| cause.confidence)
}

#[rstest]
#[case::named(Some("mill-a"), "mill-a")]
#[case::made_by_cloudformation(None, "shop-prod-Worker-1A2B3C4D5E6F")]
fn a_role_that_may_not_be_passed_is_denied_to_whoever_asked(#[case] name: Option<&str>, #[case] own: &str) {
    let other = |causes: &[Cause]| sure(causes, "mill-b").is_none_or(|sure| sure == Confidence::Low);
    // Its own record may not have come yet.
    let causes = told(name, &[made(23, "mill-b")]);
    assert!(other(&causes), "{causes:#?}");
    // The other one may be nearer to the failure.
    let causes = told(name, &[made(19, own), made(23, "mill-b")]);
    assert_eq!(sure(&causes, own), Some(Confidence::Certain), "{causes:#?}");
    assert!(other(&causes), "{causes:#?}");
    // What tempts: a call that was tried again is the same.
    let causes = told(name, &[made(19, own), made(23, own)]);
    assert_eq!(sure(&causes, own), Some(Confidence::Certain), "{causes:#?}");
}

/// Two network interfaces that Lambda was to make for two functions of one role.
#[test]
fn what_lambda_is_refused_for_another_function_is_not_this_ones() {
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:mill";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (second, status, words) in [
        (2.0, "CREATE_IN_PROGRESS", ""),
        (
            24.0,
            "CREATE_FAILED",
            "Resource handler returned message: \"Exceeded attempts to wait\" (RequestToken: 1, HandlerErrorCode: NotStabilized)",
        ),
    ] {
        story
            .event(second, ("Mill", "AWS::Lambda::Function", "mill"), status, words)
            .setting("FunctionName", "mill")
            .setting("Role", RUNNER);
    }
    let refused = |of: &str| {
        Call::as_role(
            20,
            "mill-runner",
            "awslambda_320_20260504100000000",
            "ec2:CreateNetworkInterface",
        )
        .denied(
            "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1",
            " because no identity-based policy allows it",
        )
        .request(json!({ "description": format!("AWS Lambda VPC ENI-{of}-1a2b") }))
        .issued_to("AWS::Lambda::Function", function)
        .id(of)
    };
    story.record(&refused("mill")).record(&refused("oven"));
    let causes = finding(&story.diagnosis(), "Mill").assessment.causes.clone();
    assert!(
        sure(&causes, "mill").is_some_and(|sure| sure < Confidence::Low),
        "{causes:#?}"
    );
    assert!(
        sure(&causes, "oven").is_none_or(|sure| sure == Confidence::Low),
        "{causes:#?}"
    );
}
