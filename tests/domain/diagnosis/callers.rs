//! Who began an operation: asked for as soon as the trail may tell, and not taken from another operation.

use serde_json::json;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::plan::{self, PlannedSearch};

use crate::diagnosis::trail::{Trail, carry_all_out};
use crate::support::story::{Call, Story, at};

/// Which no call explains, so that none is searched for.
const INVALID: &str =
    "Properties validation failed for resource Queue with message: #: required key [QueueName] not found";

fn by_ci(second: i64, operation: &str) -> Call {
    Call::as_role(second, "ci", "run-1", &format!("cloudformation:{operation}"))
        .request(json!({"stackName": "shop-prod", "changeSetName": "c"}))
}

/// An operation that fails and is rolled back.
fn failing(verb: &str) -> Story {
    let mut story = Story::new();
    let stack = |status: &str| format!("{verb}_{status}");
    story
        .stack(-90_000.0, "CREATE_IN_PROGRESS", "User Initiated")
        .stack(-89_000.0, "CREATE_COMPLETE", "")
        .stack(1.0, &stack("IN_PROGRESS"), "User Initiated")
        .event(8.0, ("Queue", "AWS::SQS::Queue", "q"), &stack("IN_PROGRESS"), "")
        .event(19.0, ("Queue", "AWS::SQS::Queue", "q"), &stack("FAILED"), INVALID)
        .stack(
            20.0,
            &stack("ROLLBACK_IN_PROGRESS"),
            "The following resource(s) failed: [Queue]. ",
        )
        .stack(44.0, &stack("ROLLBACK_COMPLETE"), "");
    story
}

fn search<'d>(diagnosis: &'d Diagnosis, operation: &str) -> Option<&'d PlannedSearch> {
    let mut about = diagnosis.plan.iter().rev();
    about.find(|planned| {
        let attribute = planned.search.attribute.as_ref();
        attribute.is_some_and(|attribute| attribute.value == operation) && planned.search.to > at(0)
    })
}

fn calls(diagnosis: &Diagnosis) -> Vec<&str> {
    let actors = diagnosis.actors.iter();
    actors.map(|actor| actor.event_name.as_str()).collect()
}

#[test]
fn who_began_it_is_asked_for_as_soon_as_newer_records_have_come() {
    let mut story = failing("UPDATE");
    let due = |story: &Story| {
        let session = story.session();
        let diagnosis = Diagnosis::of(&session);
        let planned = search(&diagnosis, "ExecuteChangeSet").unwrap();
        let due = plan::due(&session, planned, planned.wait(&session), at(130));
        let attempt = diagnosis.attempts.last().unwrap();
        (due.unwrap(), diagnosis.awaits_caller(&session, attempt, at(130)))
    };
    let (before, awaited) = due(&story);
    assert!(before > at(300) && !awaited, "{before}");
    story.record(&Call::by_cloudformation(18, "sqs:CreateQueue").id("newer"));
    let (after, awaited) = due(&story);
    assert!(after <= at(130), "{after}");
    assert!(awaited, "nobody stops watching before it was asked");
}

#[test]
fn an_update_without_a_change_set_is_asked_about_as_such_and_then_no_more_about_one() {
    let story = failing("UPDATE");
    let mut trail = Trail::new(vec![by_ci(0, "UpdateStack").record()], 3);
    let session = carry_all_out(&story, &mut trail, 45);
    let diagnosis = Diagnosis::of(&session);
    assert_eq!(calls(&diagnosis), ["UpdateStack"]);
    assert!(trail.calls <= 3, "{}", trail.calls);
    let found = session.trail().records().values().next().unwrap().observed_at;
    assert!(found <= at(500), "{found}");
    assert!(!search(&diagnosis, "ExecuteChangeSet").unwrap().is_needed);
}

#[test]
fn the_change_set_that_was_executed_was_made_by_somebody_too() {
    for verb in ["UPDATE", "IMPORT"] {
        let story = failing(verb);
        let made = by_ci(-20, "CreateChangeSet").record();
        let mut trail = Trail::new(vec![made, by_ci(0, "ExecuteChangeSet").record()], 3);
        let session = carry_all_out(&story, &mut trail, 900);
        let diagnosis = Diagnosis::of(&session);
        assert_eq!(
            calls(&diagnosis),
            ["CreateChangeSet", "ExecuteChangeSet"],
            "{verb}"
        );
        let seen = session
            .trail()
            .records()
            .values()
            .map(|seen| seen.observed_at)
            .max();
        assert!(seen.unwrap() < at(960), "asked at once: {seen:?}");
    }
}

#[test]
fn the_call_that_began_one_attempt_is_not_taken_for_the_one_that_began_the_next() {
    let mut story = failing("UPDATE");
    story
        .stack(50.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .stack(90.0, "UPDATE_COMPLETE", "")
        .record(&by_ci(0, "UpdateStack"));
    let session = story.session();
    let mut diagnosis = Diagnosis::of(&session);
    let newest = diagnosis.plan.iter().find(|planned| {
        let attribute = planned.search.attribute.as_ref();
        attribute.is_some_and(|attribute| attribute.value == "UpdateStack") && planned.waits_from == at(50)
    });
    assert!(
        newest.unwrap().is_needed,
        "nobody knows who began the second update"
    );
    let told = |diagnosis: &Diagnosis| diagnosis.told_actors().count();
    assert_eq!(told(&diagnosis), 1);
    diagnosis.asked = Some(3);
    assert_eq!(told(&diagnosis), 0);
    diagnosis.asked = Some(2);
    assert_eq!(told(&diagnosis), 1);
    story.record(&by_ci(49, "UpdateStack"));
    let mut diagnosis = story.diagnosis();
    for attempt in [2, 3] {
        diagnosis.asked = Some(attempt);
        assert_eq!(told(&diagnosis), 1, "attempt {attempt}");
    }
}

/// Who set the stack policy that forbids an update is asked for where CloudFormation's own words say that one does.
#[test]
fn who_set_the_policy_by_which_an_update_is_refused_is_found_long_before_it() {
    let refused = |reason: &str| {
        let mut story = Story::new();
        let database = ("Db", "AWS::RDS::DBInstance", "db");
        story
            .stack(-90_000.0, "CREATE_IN_PROGRESS", "User Initiated")
            .stack(-89_000.0, "CREATE_COMPLETE", "")
            .stack(1.0, "UPDATE_IN_PROGRESS", "User Initiated")
            .event(8.0, database, "UPDATE_FAILED", reason)
            .stack(
                9.0,
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to update: [Db]. ",
            )
            .stack(44.0, "UPDATE_ROLLBACK_COMPLETE", "");
        story
    };
    let set = |second: i64, stack: &str, id: &str| {
        Call::as_role(second, "ops", id, "cloudformation:SetStackPolicy")
            .request(json!({"stackName": stack}))
            .id(id)
    };
    let words = "Action denied by stack policy: Statement [#1] does not allow [Update:Replace] for resource [LogicalResourceId/Db]";
    let story = refused(words);
    let records = vec![
        set(-800, "shop-prod", "mira").record(),
        // Another stack's, and one set after the failure.
        set(-700, "shop-test", "eve").record(),
        set(90, "shop-prod", "joe").record(),
        by_ci(0, "UpdateStack").record(),
    ];
    let mut trail = Trail::new(records, 3);
    let session = carry_all_out(&story, &mut trail, 45);
    let diagnosis = Diagnosis::of(&session);
    assert_eq!(calls(&diagnosis), ["SetStackPolicy", "UpdateStack"]);
    assert!(
        diagnosis.actors[0].user.contains("mira"),
        "{:?}",
        diagnosis.actors
    );
    for tempting in [
        INVALID,
        "Resource handler returned message: \"Access denied by the policy of stack shop\" (HandlerErrorCode: AccessDenied)",
        "Resource handler returned message: \"explicit deny in a service control policy\" (HandlerErrorCode: AccessDenied)",
    ] {
        let diagnosis = Diagnosis::of(&refused(tempting).session());
        assert!(search(&diagnosis, "SetStackPolicy").is_none(), "{tempting}");
    }
}
