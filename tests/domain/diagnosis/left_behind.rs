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
#[case("INFO  Error: connect ECONNREFUSED 10.0.0.1:5432")]
#[case(
    "2026-11-28T00:00:00.000Z\t8d3c\tINFO\tfailed to create index: Error: connect ETIMEDOUT 10.0.0.1:9200"
)]
#[case("[INFO] Exception: vault is sealed")]
#[case("INFO  ERROR: could not reach the registry")]
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

const FUNCTION: &str = "shop-SetupFn-1X2Y3Z4W5V6U";

/// A function that was denied some bookkeeping at its begin, wrote these lines and ended so 15 s later.
fn bookkeeping(reason: &str, lines: &[(f64, &str)]) -> Vec<Cause> {
    let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{FUNCTION}");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(30.0, ("It", "Custom::It", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", &arn)
        .event(52.0, ("It", "Custom::It", ""), "CREATE_FAILED", reason)
        .setting("ServiceToken", &arn)
        .function(FUNCTION, "shop-SetupRole");
    for (second, line) in lines {
        story.line(*second, &format!("/aws/lambda/{FUNCTION}"), "s", line);
    }
    story.record(
        &Call::as_role(36, "shop-SetupRole", FUNCTION, "ssm:PutParameter")
            .denied("arn:aws:ssm:eu-west-1:123456789012:parameter/ow/last-run", POLICY)
            .id("aside"),
    );
    let diagnosis = story.diagnosis();
    finding(&diagnosis, "It").assessment.causes.clone()
}

/// A function that is run again and again until minutes later one of its runs tells an error.
fn polled(denied_again: bool) -> Vec<Cause> {
    let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{FUNCTION}");
    let mut story = Story::new();
    let failed = answer("Error: identity is not verified");
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(30.0, ("It", "Custom::It", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", &arn)
        .event(252.0, ("It", "Custom::It", ""), "CREATE_FAILED", &failed)
        .setting("ServiceToken", &arn)
        .function(FUNCTION, "shop-SetupRole");
    for (second, line) in [
        (
            35.2,
            "START RequestId: 11111111-2222-4333-8444-555555555555 Version: $LATEST",
        ),
        (37.0, "END RequestId: 11111111-2222-4333-8444-555555555555"),
        (
            246.0,
            "START RequestId: 21111111-2222-4333-8444-555555555555 Version: $LATEST",
        ),
        (251.0, "[ERROR] Error: identity is not verified"),
    ] {
        story.line(second, &format!("/aws/lambda/{FUNCTION}"), "s", line);
    }
    let refused = |second: i64| {
        Call::as_role(second, "shop-SetupRole", FUNCTION, "ssm:PutParameter")
            .denied("arn:aws:ssm:eu-west-1:123456789012:parameter/ow/last-run", POLICY)
            .id(&format!("aside-{second}"))
    };
    story.record(&refused(36));
    if denied_again {
        story.record(&refused(247));
    }
    let diagnosis = story.diagnosis();
    finding(&diagnosis, "It").assessment.causes.clone()
}

/// What one run was denied the next did without, unless it was denied it, too.
#[test]
fn what_an_earlier_run_was_denied_is_not_what_a_later_one_ended_of() {
    let causes = polled(false);
    assert_eq!(denied(&causes), None, "{causes:#?}");
    let causes = polled(true);
    assert!(denied(&causes).is_some(), "{causes:#?}");
}

fn denied(causes: &[Cause]) -> Option<Confidence> {
    let of_denial = |cause: &&Cause| cause.claim.contains("denied ssm:PutParameter");
    causes.iter().find(of_denial).map(|cause| cause.confidence)
}

fn answer(words: &str) -> String {
    format!(
        "Received response status [FAILED] from custom resource. Message returned: {words} (RequestId: 6462caad-1111-4222-8333-444455556666)"
    )
}

const GOES_ON: [(f64, &str); 3] = [
    (
        35.2,
        "START RequestId: 11111111-2222-4333-8444-555555555555 Version: $LATEST",
    ),
    (37.0, "[INFO] step 2 of 3"),
    (44.0, "[INFO] step 3 of 3"),
];

#[rstest]
#[case("connect ETIMEDOUT 10.0.0.1:5432")]
#[case("HTTPSConnectionPool(host='api.vendor.example', port=443): Max retries exceeded")]
#[case("Expecting value: line 1 column 1 (char 0)")]
#[case("tenant acme is suspended (code 4711)")]
#[case("FATAL: database \"app\" does not exist")]
#[case("Error: Command failed: npm ci")]
#[case("x509: certificate has expired")]
#[case("getaddrinfo ENOTFOUND db.internal")]
#[case("KeyError: 'TableName'")]
fn an_answer_that_tells_something_else_is_told_before_a_denial_that_was_gone_on_from(#[case] words: &str) {
    let causes = bookkeeping(&answer(words), &GOES_ON);
    assert_eq!(denied(&causes), None, "{causes:#?}");
    assert!(causes[0].claim.contains(words), "{causes:#?}");
    // Without a log nothing says that it went on: a doubt is left.
    let causes = bookkeeping(&answer(words), &[]);
    assert!(
        denied(&causes).is_none_or(|sure| sure >= Confidence::Medium),
        "{causes:#?}"
    );
}

/// The id of a request may hold any digits, also those of a refusal.
#[test]
fn digits_of_a_requests_id_are_no_refusal() {
    let words = "Error: Command failed: npm ci";
    let reason = format!(
        "Received response status [FAILED] from custom resource. Message returned: {words} (RequestId: 4036caad-1403-4401-8333-444455554030)"
    );
    let causes = bookkeeping(&reason, &GOES_ON);
    assert_eq!(denied(&causes), None, "{causes:#?}");
    assert!(causes[0].claim.contains(words), "{causes:#?}");
}

/// A write that was refused does not make a program read what it does not have.
#[test]
fn a_fault_of_the_program_itself_is_told_and_not_a_refused_write_before_it() {
    let own = "TypeError: Cannot read properties of undefined (reading 'endpoint')";
    let causes = bookkeeping(&answer(own), &[]);
    assert_eq!(denied(&causes), None, "{causes:#?}");
    // What tempts the rule: it misses just what it could not write, or speaks of the refusal.
    for words in [
        "TypeError: the parameter is undefined",
        "AttributeError: 'NoneType' object has no attribute 'get'",
        "TypeError: AccessDenied is not a function",
    ] {
        let causes = bookkeeping(&answer(words), &[]);
        assert!(denied(&causes).is_some(), "{words}: {causes:#?}");
    }
}

/// What tempts the rule: answers that say nothing, or speak of a denial or of the very call, and a log that ends of it.
#[test]
fn an_answer_that_may_be_of_the_denial_leaves_it_a_cause() {
    for words in [
        "Something went wrong",
        "could not set up",
        "403 Forbidden for 10.0.0.1",
        "AccessDenied",
        // What was not written may be missed later.
        "ParameterNotFound: the parameter does not exist",
        "TypeError: 'NoneType' object is not subscriptable",
    ] {
        let causes = bookkeeping(&answer(words), &GOES_ON);
        assert!(denied(&causes).is_some(), "{words}: {causes:#?}");
        let sure = denied(&bookkeeping(&answer(words), &[]));
        let is_named = words.starts_with("TypeError");
        let expected = if is_named {
            Confidence::Medium
        } else {
            Confidence::High
        };
        assert_eq!(sure, Some(expected), "{words}");
    }
    let of_it = "could not note the parameter: code 17";
    assert_eq!(denied(&bookkeeping(&answer(of_it), &[])), Some(Confidence::High));
    let mut ends = GOES_ON.to_vec();
    ends.insert(2, (37.5, "[ERROR] PutParameter failed: AccessDeniedException"));
    let causes = bookkeeping(&answer("Something went wrong"), &ends);
    assert_eq!(denied(&causes), Some(Confidence::High), "{causes:#?}");
}

const SILENT: &str = "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [3f538851-1718-4d2b-9afc-b54c863ad298].";

#[test]
fn a_function_that_went_on_and_ran_out_of_time_did_not_end_of_the_denial() {
    let mut lines = GOES_ON.to_vec();
    lines.push((51.0, "Task timed out after 15.00 seconds"));
    let causes = bookkeeping(SILENT, &lines);
    assert_eq!(denied(&causes), None, "{causes:#?}");
    assert!(causes[0].claim.contains("Task timed out"), "{causes:#?}");
    let causes = bookkeeping(SILENT, &GOES_ON);
    assert_eq!(denied(&causes), None, "{causes:#?}");
    // What tempts the rule: it hung at the denied call.
    let causes = bookkeeping(SILENT, &GOES_ON[..1]);
    assert_eq!(denied(&causes), Some(Confidence::High), "{causes:#?}");
}
