//! What was refused, changed or written on the way, and what the work went on from: it is no cause.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, ROLE, Story, answered, finding};

const POLICY: &str = " because no identity-based policy allows it";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:jobs";

/// A queue that did not become ready in nine minutes, of a stack whose role is known or not.
fn unready(role: Option<&str>, reason: &str) -> Story {
    let mut story = Story::new();
    if role.is_some() {
        story.described(role);
    }
    story
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Jobs", "AWS::SQS::Queue", "jobs"), "CREATE_IN_PROGRESS", "")
        .event(
            600.0,
            ("Jobs", "AWS::SQS::Queue", "jobs"),
            "CREATE_FAILED",
            reason,
        );
    story
}

fn looked(second: i64) -> Call {
    Call::by_cloudformation(second, "sqs:ListQueueTags")
        .denied(QUEUE, POLICY)
        .id(&format!("look-{second}"))
}

fn surest(story: &Story, id: &str) -> Confidence {
    let diagnosis = story.diagnosis();
    let logical = diagnosis.findings[0].failure.event.logical_id.clone();
    let records = &finding(&diagnosis, &logical).assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == id);
    listed.map_or(Confidence::Low, |one| one.confidence)
}

const UNREADY: &str = "Resource handler returned message: \"Resource of type 'AWS::SQS::Queue' with identifier 'jobs' did not stabilize.\" (RequestToken: 1, HandlerErrorCode: NotStabilized)";
const DENIED: &str = "Resource handler returned message: \"Access denied for operation 'AWS::SQS::Queue'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";

#[test]
fn a_look_refused_long_before_is_no_cause_of_what_speaks_of_no_denial() {
    for role in [Some(ROLE), None] {
        let mut story = unready(role, UNREADY);
        story.record(&looked(60));
        assert_eq!(surest(&story, "look-60"), Confidence::Low, "{role:?}");
        // What tempts the rule: it is refused until the end, it was the last thing done, or the reason speaks of a denial.
        let mut again = unready(role, UNREADY);
        again.record(&looked(60)).record(&looked(590));
        assert!(surest(&again, "look-590") < Confidence::Low, "{role:?}");
        let mut spoken = unready(role, DENIED);
        spoken.record(&looked(60));
        assert!(surest(&spoken, "look-60") < Confidence::Low, "{role:?}");
    }
}

/// That the stack is gone, and its role unknown with it, makes nothing surer.
#[rstest]
#[case(UNREADY)]
#[case(DENIED)]
fn what_is_not_known_makes_nothing_surer(#[case] reason: &str) {
    for second in [60, 595] {
        let id = format!("look-{second}");
        let sure = |role| {
            let mut story = unready(role, reason);
            story.record(&looked(second));
            surest(&story, &id)
        };
        assert!(sure(None) >= sure(Some(ROLE)), "{second}: {reason}");
    }
}

const INTERNAL: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 1, HandlerErrorCode: InternalFailure)";

/// A person changed what CloudFormation's role may do, eleven minutes before.
fn changed(reason: &str, later: Option<Call>) -> Vec<Cause> {
    let mut story = unready(Some(ROLE), reason);
    let name = ROLE.rsplit('/').next().unwrap();
    story.record(
        &Call::as_role(-60, "Admin", "mira@example.com", "iam:PutRolePolicy")
            .region("us-east-1")
            .request(json!({ "roleName": name, "policyName": "events" }))
            .id("change"),
    );
    if let Some(call) = later {
        story.record(&call);
    }
    let diagnosis = story.diagnosis();
    finding(&diagnosis, "Jobs").assessment.causes.clone()
}

fn is_told(causes: &[Cause]) -> bool {
    causes
        .iter()
        .any(|cause| cause.claim.contains("iam:PutRolePolicy"))
}

#[test]
fn a_change_after_which_the_role_did_the_work_took_nothing_away() {
    let made = || Call::by_cloudformation(5, "sqs:CreateQueue").id("made");
    assert!(!is_told(&changed(INTERNAL, Some(made()))));
    // What tempts the rule: no work was seen, it was for another service, or the reason speaks of a denial.
    assert!(is_told(&changed(INTERNAL, None)));
    let other = Call::by_cloudformation(5, "sns:CreateTopic").id("other");
    assert!(is_told(&changed(INTERNAL, Some(other))));
    let reading = Call::by_cloudformation(5, "sqs:GetQueueAttributes").id("reading");
    assert!(is_told(&changed(INTERNAL, Some(reading))));
}

fn causes_of_line(line: &str) -> Vec<Cause> {
    let mut story = answered("could not set up, see log");
    story.line(
        5.0,
        "/aws/lambda/shop-SetupFn-1X2Y3Z4W5V6U",
        "2026/06/19/[$LATEST]abc",
        line,
    );
    let diagnosis = story.diagnosis();
    let logical = diagnosis.findings[0].failure.event.logical_id.clone();
    finding(&diagnosis, &logical).assessment.causes.clone()
}

#[rstest]
#[case("[INFO] access denied page configured: /403.html")]
#[case("[INFO] bucket app-x does not exist, creating it")]
#[case("[WARNING] Unable to import optional module: No module named 'orjson'")]
#[case("[INFO] Deleting failed executions: 0 errors")]
#[case("[INFO] {\"errors\": 0, \"failed\": []}")]
#[case("INFO {\"level\":\"info\",\"msg\":\"no error\"}")]
#[case("2026-11-28T00:00:00.000Z\t8d3c\tINFO\tlast error: None")]
#[case("role team-reader does not exist yet")]
#[case("done: 0 errors")]
fn a_line_that_its_program_calls_no_error_is_none(#[case] line: &str) {
    assert!(
        !stacktrail::domain::explain::cause::lines::is_error(line),
        "{line}"
    );
    let causes = causes_of_line(line);
    assert!(
        causes.iter().all(|cause| !cause.claim.contains("its log says")),
        "{causes:#?}"
    );
}

/// What tempts the rule: a program that writes its errors at a calm level, and words that only begin alike.
#[rstest]
#[case("[INFO] An error occurred (AccessDenied) when calling the PutObject operation: Access Denied")]
#[case("[INFO] User: arn:aws:iam::123456789012:user/u is not authorized to perform: s3:GetObject")]
#[case("INFO caught KeyError: 'RELAY'")]
#[case("[INFO] Task timed out after 30.00 seconds")]
#[case("[ERROR] could not make role team-reader")]
#[case("information could not be read")]
#[case("done: 10 errors")]
#[case("the table does not exist")]
fn a_line_that_tells_an_error_is_one(#[case] line: &str) {
    assert!(
        stacktrail::domain::explain::cause::lines::is_error(line),
        "{line}"
    );
}
