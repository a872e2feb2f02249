//! A function that was denied something and died later of something else, and two refusals of which it outlived the first.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, Story, answered, cause_by, finding};

const GROUP: &str = "/aws/lambda/shop-SetupFn";

fn denied(second: i64, action: &str, on: &str) -> Call {
    Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action)
        .denied(on, " because no identity-based policy allows it")
        .request(json!({ "name": on }))
}

fn pipe(second: i64, operation: &str) -> Call {
    denied(
        second,
        &format!("pipes:{operation}"),
        "arn:aws:pipes:eu-west-1:123456789012:pipe/grain",
    )
}

/// A function whose log ends with that error at second 20.
fn died_of(error: &str) -> Story {
    let mut story = answered("See the details in CloudWatch Log Stream: s");
    story
        .line(3.5, GROUP, "s", "START RequestId: 1 Version: $LATEST")
        .line(
            20.0,
            GROUP,
            "s",
            &format!("[ERROR]\t2026-05-04T12:00:20.000Z\t1\t{error}"),
        )
        .line(20.5, GROUP, "s", "END RequestId: 1");
    story
}

fn sure_of(story: &Story, id: &str) -> Option<Confidence> {
    let diagnosis = story.diagnosis();
    cause_by(&finding(&diagnosis, "Setup").assessment.causes, id).map(|cause| cause.confidence)
}

#[rstest]
#[case("getaddrinfo ENOTFOUND db.internal.example.org")]
#[case("connect ECONNREFUSED 10.0.3.4:5432")]
#[case("socket hang up")]
#[case("x509: certificate signed by unknown authority")]
#[case("password authentication failed for user \"loader\"")]
#[case("Unable to import module 'i': No module named 'psycopg2'")]
#[case("HTTP 503 Service Unavailable from https://api.vendor.example.com/v2/load")]
#[case("Expecting value: line 1 column 1 (char 0)")]
#[case("licence of tenant 4711 has expired")]
fn what_a_function_died_of_later_leaves_a_doubt_of_an_earlier_denial(#[case] error: &str) {
    let mut story = died_of(error);
    story.record(&pipe(5, "StartPipe").id("one"));
    assert_eq!(sure_of(&story, "one"), Some(Confidence::Medium), "{error}");
    let diagnosis = story.diagnosis();
    let first = &finding(&diagnosis, "Setup").assessment.causes[0];
    assert!(first.claim.starts_with("its log says"), "{}", first.claim);
}

/// What would tempt: an error that says nothing, one that names the call or its thing, one right after the denial, and a
/// run that hung until its time was up.
#[rstest]
#[case("failed", 5)]
#[case("Unhandled exception in the handler", 5)]
#[case("the pipe could not be brought to the state of yesterday", 5)]
#[case("access denied while the grain was loaded from there", 5)]
#[case("licence of tenant 4711 has expired", 18)]
#[case("Task timed out after 20.00 seconds", 5)]
fn what_may_be_the_denials_own_end_leaves_no_doubt(#[case] error: &str, #[case] second: i64) {
    let mut story = died_of(error);
    story.record(&pipe(second, "StartPipe").id("one"));
    assert_eq!(sure_of(&story, "one"), Some(Confidence::High), "{error}");
}

#[test]
fn a_refusal_after_which_something_else_was_tried_is_no_more_than_likely() {
    let mut story = died_of("failed");
    story
        .record(
            &denied(
                5,
                "pipes:UpdatePipe",
                "arn:aws:pipes:eu-west-1:123456789012:pipe/grain",
            )
            .id("outlived"),
        )
        .record(&pipe(18, "StartPipe").id("last"));
    assert_eq!(sure_of(&story, "last"), Some(Confidence::High));
    assert!(sure_of(&story, "outlived") >= Some(Confidence::Medium));
}

/// What would tempt: what only cleans up after the first.
#[test]
fn what_was_to_be_cleaned_up_after_a_refusal_does_not_outlive_it() {
    let mut story = died_of("failed");
    story
        .record(&pipe(5, "StartPipe").id("first"))
        .record(&pipe(18, "DeletePipe").id("last"));
    assert_eq!(sure_of(&story, "first"), Some(Confidence::High));
}

#[test]
fn two_roles_under_one_session_are_two_causes() {
    let mut story = died_of("failed");
    let call = |role: &str| {
        Call::as_role(18, role, "shop-SetupFn", "pipes:StartPipe").denied(
            "arn:aws:pipes:eu-west-1:123456789012:pipe/grain",
            " because no identity-based policy allows it",
        )
    };
    story
        .record(&call("shop-SetupRole").id("own"))
        .record(&call("pay-SetupRole").id("other"));
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Setup").assessment.causes;
    let own = cause_by(causes, "own").unwrap();
    assert!(
        own.evidence.iter().all(|one| one.to_string() != "trail:other"),
        "{own:#?}"
    );
}

#[test]
fn a_call_that_was_allowed_a_moment_later_is_the_same_though_an_arn_writes_its_name_otherwise() {
    let mut story = died_of("failed");
    let refused = Call::as_role(18, "shop-SetupRole", "shop-SetupFn", "sagemaker:CreateModel").denied(
        "arn:aws:sagemaker:eu-west-1:123456789012:model/churn-q3",
        " because no identity-based policy allows it",
    );
    let allowed = Call::as_role(19, "shop-SetupRole", "shop-SetupFn", "sagemaker:CreateModel")
        .request(json!({ "modelName": "Churn-Q3" }));
    story.record(&refused.id("one")).record(&allowed);
    assert_eq!(sure_of(&story, "one"), None);
    let mut story = died_of("failed");
    let refused = Call::as_role(18, "shop-SetupRole", "shop-SetupFn", "ssm:PutParameter").denied(
        "arn:aws:ssm:eu-west-1:123456789012:parameter/fx/a",
        " because no identity-based policy allows it",
    );
    let allowed = Call::as_role(19, "shop-SetupRole", "shop-SetupFn", "ssm:PutParameter")
        .request(json!({ "name": "/fx/a" }));
    story.record(&refused.id("one")).record(&allowed);
    assert_eq!(sure_of(&story, "one"), None);
}

#[test]
fn a_function_that_called_too_often_is_to_wait_and_the_template_is_left_alone() {
    let mut story = died_of("ThrottlingException: Rate exceeded");
    let call = Call::as_role(19, "shop-SetupRole", "shop-SetupFn", "pipes:StartPipe")
        .failed("ThrottlingException", "Rate exceeded");
    story.record(&call.id("one"));
    let diagnosis = story.diagnosis();
    let cause = cause_by(&finding(&diagnosis, "Setup").assessment.causes, "one")
        .unwrap()
        .clone();
    let step = cause.next_step.unwrap();
    assert_eq!(step.template, None);
    assert!(step.account.unwrap().contains("after a pause"));
}

/// A look around on the way (all buckets, all regions) counts only where somebody speaks of it.
#[rstest]
#[case::spoken_of("AccessDenied: s3:ListAllMyBuckets was denied", &[], Some(Confidence::High))]
#[case::of_something_else("licence of tenant 4711 has expired", &[], None)]
#[case::something_else_was_tried("failed", &["pipes:StartPipe"], None)]
fn a_look_around_that_was_refused_is_a_cause_only_where_it_is_spoken_of(
    #[case] error: &str,
    #[case] then: &[&str],
    #[case] sure: Option<Confidence>,
) {
    let mut story = died_of(error);
    let look = Call::as_role(18, "shop-SetupRole", "shop-SetupFn", "s3:ListBuckets").failed(
        "AccessDenied",
        "User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action",
    );
    story.record(&look.id("look"));
    for action in then {
        story.record(&denied(20, action, "arn:aws:pipes:eu-west-1:123456789012:pipe/grain").id("then"));
    }
    assert_eq!(sure_of(&story, "look"), sure);
}

/// Throttled looks of CloudFormation are tried again by themselves.
#[rstest]
#[case("glue:GetJob", None)]
#[case("glue:CreateJob", None)]
fn a_call_that_was_throttled_is_no_cause_of_a_failure_that_speaks_of_something_else(
    #[case] action: &str,
    #[case] sure: Option<Confidence>,
) {
    let mut story = Story::new();
    story.failed_creation(
        "Load",
        "AWS::Glue::Job",
        "Resource handler returned message: \"Access denied for operation 'AWS::Glue::Job'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
    );
    let call = Call::by_cloudformation(5, action).failed("ThrottlingException", "Rate exceeded");
    story.record(&call.request(json!({ "name": "load" })).id("one"));
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Load").assessment.causes;
    assert_eq!(cause_by(causes, "one").map(|cause| cause.confidence), sure);
}

/// What a function says a moment after a denial, whatever it is called, is not surer than the denial.
#[test]
fn what_is_logged_right_after_a_denial_does_not_stand_above_it() {
    let mut story =
        died_of("Invoke Error\t{\"errorType\":\"Error\",\"errorMessage\":\"flags were not published\"}");
    story.record(&pipe(19, "StartPipe").id("one"));
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Setup").assessment.causes;
    assert_eq!(
        cause_by(causes, "one").map(|cause| cause.rank),
        Some(1),
        "{causes:#?}"
    );
}
