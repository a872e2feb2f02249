//! An error that was tried again and went well is no cause, and no end of a function.

use stacktrail::domain::conclude::hanging::hanging;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::diagnosis::Diagnosis;

use crate::support::story::{FUNCTION, ROLE, Story, at, finding};

const GROUP: &str = "/aws/lambda/shop-SetupFn";
const STREAM: &str = "2026/05/04/[$LATEST]aaaa";
const SILENCE: &str = "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [85c5c344-0000-4000-8000-000000000000].";

fn story(lines: &[(f64, &str)]) -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(20.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .function("shop-SetupFn", "shop-SetupRole")
        .line(22.0, GROUP, STREAM, "START RequestId: 1111 Version: $LATEST\n")
        .line(
            22.1,
            GROUP,
            STREAM,
            "[INFO] Create 85c5c344-0000-4000-8000-000000000000\n",
        );
    for (second, line) in lines {
        story.line(*second, GROUP, STREAM, line);
    }
    story
}

fn silent(lines: &[(f64, &str)]) -> Vec<(Confidence, String, Option<String>)> {
    let mut story = story(lines);
    story
        .event(720.0, ("Setup", "Custom::Setup", ""), "CREATE_FAILED", SILENCE)
        .setting("ServiceToken", FUNCTION);
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Setup").assessment.causes;
    let told = causes
        .iter()
        .map(|cause| (cause.confidence, cause.claim.clone(), cause.signature.clone()));
    told.collect()
}

const THROTTLED: &str = "[ERROR] RequestLimitExceeded, trying again\n";
const WENT_ON: &str = "[INFO] peering found, asking https://peer.example.com/accept\n";
const END: &str = "END RequestId: 1111\n";

#[test]
fn what_went_well_when_it_was_tried_again_is_no_cause() {
    let lines = [(25.2, THROTTLED), (27.2, WENT_ON), (142.0, END)];
    let found = silent(&lines);
    assert!(
        found
            .iter()
            .all(|(confidence, ..)| *confidence >= Confidence::Low),
        "{found:?}"
    );
    // ... and the function did not end of it.
    let session = story(&lines).session();
    assert_eq!(hanging(&session, &Diagnosis::of(&session), at(200)), []);
}

/// What tempts: it never went well, or another error came after.
#[test]
fn what_never_went_well_is_told() {
    let found = silent(&[
        (25.2, THROTTLED),
        (35.2, THROTTLED),
        (45.2, THROTTLED),
        (142.0, END),
    ]);
    assert!(
        found[0].0 <= Confidence::Medium && found[0].1.contains("RequestLimitExceeded"),
        "{found:?}"
    );
    assert_eq!(found[0].2.as_deref(), Some("throttled"));
    let session = story(&[(25.2, THROTTLED), (142.0, END)]).session();
    let hangs = hanging(&session, &Diagnosis::of(&session), at(200));
    assert_eq!(hangs[0].ground.code(), "function_crashed");
    let found = silent(&[
        (25.2, THROTTLED),
        (27.2, WENT_ON),
        (31.0, "[ERROR] KeyError: 'Endpoint'\n"),
        (142.0, END),
    ]);
    assert!(found[0].1.contains("KeyError"), "{found:?}");
}
