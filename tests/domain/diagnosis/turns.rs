//! A stack that turns back although nothing in it failed, and what only looks like that.

use serde_json::json;
use stacktrail::domain::conclude::verdict;
use stacktrail::domain::deployment::failure::During;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::diagnosis::Diagnosis;

use crate::diagnosis::trail::{Trail, carry_all_out};
use crate::support::story::{Call, STACK_TYPE, Story, at, child_id, finding};

const CANCELLED: &str = "Resource update cancelled";
const TAKEN: &str =
    "Resource handler returned message: \"taken\" (RequestToken: 1, HandlerErrorCode: AlreadyExists)";

/// An update in which `Table` and `Topic` are under way.
fn update() -> Story {
    let mut story = Story::new();
    story
        .stack(0.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(
            2.0,
            ("Table", "AWS::DynamoDB::Table", "t"),
            "UPDATE_IN_PROGRESS",
            "",
        )
        .event(3.0, ("Topic", "AWS::SNS::Topic", "s"), "UPDATE_IN_PROGRESS", "");
    story
}

fn both_cancelled(story: &mut Story, second: f64) -> &mut Story {
    story
        .event(
            second,
            ("Table", "AWS::DynamoDB::Table", "t"),
            "UPDATE_FAILED",
            CANCELLED,
        )
        .event(
            second + 0.1,
            ("Topic", "AWS::SNS::Topic", "s"),
            "UPDATE_FAILED",
            CANCELLED,
        )
}

fn roots(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis
        .roots()
        .map(|root| root.failure.event.logical_id.as_str())
        .collect()
}

fn headline(diagnosis: &Diagnosis) -> String {
    diagnosis.headline(diagnosis.headline_attempt().unwrap(), &verdict::utc)
}

fn cancel(second: i64, who: &str) -> Call {
    Call::as_role(second, "platform", who, "cloudformation:CancelUpdateStack")
        .request(json!({"stackName": "shop-prod"}))
        .id(who)
}

#[test]
fn a_cancellation_names_the_person_and_blames_no_resource() {
    let mut story = update();
    story.stack(60.0, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
    both_cancelled(&mut story, 60.5).stack(90.0, "UPDATE_ROLLBACK_COMPLETE", "");
    let untold = story.diagnosis();
    assert_eq!(roots(&untold), ["shop-prod"]);
    let cause = &finding(&untold, "shop-prod").assessment.causes[0];
    assert_eq!(cause.confidence, Confidence::Medium);
    assert!(
        cause.claim.contains("no record that was found says by whom"),
        "{}",
        cause.claim
    );
    // A refused call, one on another stack and one long before cancelled nothing.
    let mut elsewhere = cancel(59, "other-stack");
    elsewhere.request = json!({"stackName": "shop-staging"});
    story
        .record(&cancel(58, "mallory").failed("ValidationError", "no update is in progress"))
        .record(&elsewhere)
        .record(&cancel(-600, "long-before"));
    assert!(headline(&story.diagnosis()).contains("on request"));
    story.record(&cancel(59, "erin"));
    let told = story.diagnosis();
    assert_eq!(roots(&told), ["shop-prod"]);
    let found = finding(&told, "shop-prod");
    assert_eq!(found.assessment.causes.len(), 1);
    assert!(
        found.assessment.causes[0]
            .claim
            .contains("platform/erin cancelled the update")
    );
    assert_eq!(crate::support::story::first_evidence(found)[0], "trail:erin");
    assert_eq!(told.followers(&found.failure).count(), 2);
    assert_eq!(
        headline(&told),
        "update cancelled by platform/erin (12:00) and rolled back"
    );
}

#[test]
fn what_truly_failed_stays_the_root_beside_what_was_cancelled() {
    let mut story = update();
    story.event(50.0, ("Queue", "AWS::SQS::Queue", "q"), "UPDATE_FAILED", TAKEN);
    both_cancelled(&mut story, 50.2).stack(
        51.0,
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to update: [Queue, Table, Topic]. ",
    );
    let diagnosis = story.diagnosis();
    assert_eq!(roots(&diagnosis), ["Queue"]);
    assert_eq!(
        diagnosis.followers(&finding(&diagnosis, "Queue").failure).count(),
        2
    );
}

#[test]
fn what_failed_before_somebody_cancelled_stays_the_root() {
    let mut story = update();
    story.event(50.0, ("Queue", "AWS::SQS::Queue", "q"), "UPDATE_FAILED", TAKEN);
    story.stack(60.0, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
    both_cancelled(&mut story, 60.5).record(&cancel(59, "erin"));
    let diagnosis = story.diagnosis();
    assert_eq!(roots(&diagnosis), ["Queue"]);
    assert!(headline(&diagnosis).contains("update failed (Queue), was cancelled by platform/erin"));
}

#[test]
fn a_reason_of_the_stack_itself_is_not_taken_for_a_cancellation() {
    let alarm = "Rollback triggered by alarm arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors";
    let mut story = update();
    story.stack(60.0, "UPDATE_ROLLBACK_IN_PROGRESS", alarm);
    both_cancelled(&mut story, 60.5).stack(90.0, "UPDATE_ROLLBACK_COMPLETE", "");
    let diagnosis = story.diagnosis();
    assert_eq!(roots(&diagnosis), ["shop-prod"]);
    assert_eq!(finding(&diagnosis, "shop-prod").failure.reason(), Some(alarm));
    assert!(
        !headline(&diagnosis).contains("cancelled"),
        "{}",
        headline(&diagnosis)
    );
}

/// A nested stack under way beside its parent's resources.
fn with_child(story: &mut Story) {
    let child = child_id("shop-Data");
    story
        .event(
            4.0,
            ("Data", STACK_TYPE, child.as_str()),
            "UPDATE_IN_PROGRESS",
            "",
        )
        .event_in(
            &child,
            4.5,
            ("shop-Data", STACK_TYPE, child.as_str()),
            "UPDATE_IN_PROGRESS",
            "User Initiated",
        )
        .event_in(
            &child,
            5.0,
            ("Index", "AWS::SQS::Queue", "i"),
            "UPDATE_IN_PROGRESS",
            "",
        );
}

#[test]
fn a_cancellation_that_reaches_nested_stacks_is_one() {
    for nested_reason in ["User Initiated", ""] {
        let child = child_id("shop-Data");
        let mut story = update();
        with_child(&mut story);
        story
            .stack(60.0, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
            // Clocks differ: the nested stack tells of it a moment earlier.
            .event_in(
                &child,
                59.0,
                ("shop-Data", STACK_TYPE, child.as_str()),
                "UPDATE_ROLLBACK_IN_PROGRESS",
                nested_reason,
            )
            .event_in(
                &child,
                60.4,
                ("Index", "AWS::SQS::Queue", "i"),
                "UPDATE_FAILED",
                CANCELLED,
            )
            .event(
                60.6,
                ("Data", STACK_TYPE, child.as_str()),
                "UPDATE_FAILED",
                CANCELLED,
            );
        both_cancelled(&mut story, 60.5).record(&cancel(59, "erin"));
        let diagnosis = story.diagnosis();
        assert_eq!(roots(&diagnosis), ["shop-prod"], "{nested_reason}");
        let root = &finding(&diagnosis, "shop-prod").failure;
        let mut followed: Vec<&str> = diagnosis
            .followers(root)
            .map(|one| one.failure.event.logical_id.as_str())
            .collect();
        followed.sort_unstable();
        assert_eq!(followed, ["Data", "Index", "Table", "Topic"]);
    }
}

#[test]
fn a_nested_stack_undone_with_its_parent_was_not_cancelled() {
    let child = child_id("shop-Data");
    let mut story = update();
    with_child(&mut story);
    story
        .event(50.0, ("Queue", "AWS::SQS::Queue", "q"), "UPDATE_FAILED", TAKEN)
        .stack(
            51.0,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to update: [Queue]. ",
        )
        .event_in(
            &child,
            53.0,
            ("shop-Data", STACK_TYPE, child.as_str()),
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "User Initiated",
        );
    assert_eq!(roots(&story.diagnosis()), ["Queue"]);
}

#[test]
fn a_resource_cancelled_in_the_rollback_belongs_to_what_stopped_that() {
    let mut story = update();
    story
        .event(50.0, ("Queue", "AWS::SQS::Queue", "q"), "UPDATE_FAILED", TAKEN)
        .stack(
            51.0,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to update: [Queue]. ",
        )
        .event(
            52.0,
            ("Table", "AWS::DynamoDB::Table", "t"),
            "UPDATE_IN_PROGRESS",
            "",
        )
        .event(52.0, ("Topic", "AWS::SNS::Topic", "s"), "UPDATE_IN_PROGRESS", "")
        .event(
            55.0,
            ("Table", "AWS::DynamoDB::Table", "t"),
            "UPDATE_FAILED",
            TAKEN,
        )
        .event(
            55.1,
            ("Topic", "AWS::SNS::Topic", "s"),
            "UPDATE_FAILED",
            CANCELLED,
        )
        .stack(
            56.0,
            "UPDATE_ROLLBACK_FAILED",
            "The following resource(s) failed to update: [Table, Topic]. ",
        );
    let session = story.session();
    let diagnosis = Diagnosis::of(&session);
    assert_eq!(roots(&diagnosis), ["Queue", "Table"]);
    let table = &finding(&diagnosis, "Table").failure;
    assert_eq!(table.during, During::Rollback);
    assert_eq!(diagnosis.followers(table).count(), 1);
    // What was only cancelled must not be skipped.
    let step = diagnosis
        .way_out(&session, diagnosis.headline_attempt().unwrap())
        .unwrap();
    assert!(step.ends_with("--resources-to-skip Table"), "{step}");
}

#[test]
fn a_nested_stack_counts_once_among_what_followed() {
    let child = child_id("shop-Data");
    let mut story = Story::new();
    story
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(1.0, ("Data", STACK_TYPE, child.as_str()), "CREATE_IN_PROGRESS", "")
        .event_in(&child, 2.0, ("shop-Data", STACK_TYPE, child.as_str()), "CREATE_IN_PROGRESS", "User Initiated")
        .event_in(&child, 5.0, ("Index", "AWS::SQS::Queue", ""), "CREATE_FAILED", TAKEN)
        .event_in(&child, 5.5, ("shop-Data", STACK_TYPE, child.as_str()), "CREATE_FAILED", "The following resource(s) failed to create: [Index]. ")
        .event(6.0, ("Data", STACK_TYPE, child.as_str()), "CREATE_FAILED", &format!("Embedded stack {child} was not successfully created: The following resource(s) failed to create: [Index]. "))
        .stack(7.0, "CREATE_FAILED", "The following resource(s) failed to create: [Data]. ");
    let diagnosis = story.diagnosis();
    let root = &finding(&diagnosis, "Index").failure;
    let followed: Vec<&str> = diagnosis
        .followers(root)
        .map(|one| one.failure.event.logical_id.as_str())
        .collect();
    assert_eq!(followed, ["Data"]);
}

/// The calls that are looked for, with the seconds from and to which.
fn looked_for(story: &Story) -> Vec<(String, i64, i64)> {
    let session = story.session();
    let planned = Diagnosis::of(&session).plan;
    let mut names: Vec<_> = planned
        .into_iter()
        .filter(|one| one.why.starts_with("who called"))
        .map(|one| {
            let name = one.search.attribute.unwrap().value;
            (
                name,
                (one.search.from - at(0)).num_seconds(),
                (one.search.to - at(0)).num_seconds(),
            )
        })
        .collect();
    names.sort_by_key(|one| (one.1, one.0.clone()));
    names
}

#[test]
fn whoever_changed_the_course_is_looked_for_when_it_changed() {
    let mut story = update();
    story
        .event(50.0, ("Queue", "AWS::SQS::Queue", "q"), "UPDATE_FAILED", TAKEN)
        .stack(
            51.0,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to update: [Queue]. ",
        )
        .event(
            55.0,
            ("Table", "AWS::DynamoDB::Table", "t"),
            "UPDATE_FAILED",
            TAKEN,
        )
        .stack(
            60.0,
            "UPDATE_ROLLBACK_FAILED",
            "The following resource(s) failed to update: [Table]. ",
        )
        .stack(3_600.0, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        .stack(3_700.0, "DELETE_IN_PROGRESS", "User Initiated");
    let names = looked_for(&story);
    let about = |name: &str, second: i64| {
        names
            .iter()
            .any(|(known, from, to)| known == name && (*from..=*to).contains(&second))
    };
    assert!(about("ContinueUpdateRollback", 3_600), "{names:?}");
    assert!(about("DeleteStack", 3_700), "{names:?}");
    assert!(about("ExecuteChangeSet", 0), "{names:?}");
    assert!(
        names.iter().all(|(name, ..)| name != "CancelUpdateStack"),
        "{names:?}"
    );
    assert!(names.len() <= 5, "{names:?}");
}

#[test]
fn a_change_set_executed_minutes_after_its_review_has_its_executor_looked_for_then() {
    let mut story = Story::new();
    story
        .stack(0.0, "REVIEW_IN_PROGRESS", "User Initiated")
        .stack(900.0, "CREATE_IN_PROGRESS", "User Initiated")
        .stack(960.0, "CREATE_COMPLETE", "");
    let names = looked_for(&story);
    let window = |name: &str| names.iter().find(|one| one.0 == name).map(|one| (one.1, one.2));
    assert_eq!(window("ExecuteChangeSet"), Some((840, 960)));
    assert!(
        window("CreateChangeSet").is_some_and(|(from, to)| from <= 0 && to >= 0),
        "{names:?}"
    );
    let diagnosis = story.diagnosis();
    let attempt = diagnosis.headline_attempt().unwrap();
    assert_eq!(
        attempt.duration(at(2_000)).num_seconds(),
        60,
        "the review is no part of it"
    );
}

#[test]
fn a_nested_stack_that_turns_is_no_failure_before_the_stack_above_is_known_to_go_on() {
    let child = child_id("shop-Data");
    let mut story = update();
    with_child(&mut story);
    story.event_in(
        &child,
        60.0,
        ("shop-Data", STACK_TYPE, child.as_str()),
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "User Initiated",
    );
    assert!(
        roots(&story.diagnosis()).is_empty(),
        "its parent was read up to second 3"
    );
    let mut alone = Story::new();
    alone.facts = story.facts.clone();
    story.stack(59.5, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
    assert_eq!(roots(&story.diagnosis()), ["shop-prod"]);
    // The stack above goes on: somebody turned the nested one by itself.
    alone.event(70.0, ("Topic", "AWS::SNS::Topic", "s"), "UPDATE_COMPLETE", "");
    assert_eq!(roots(&alone.diagnosis()), ["shop-Data"]);
}

#[test]
fn what_is_stopped_by_a_deletion_does_not_follow_from_what_had_failed_before() {
    const STOPPED: &str = "Resource creation cancelled";
    for (second, followers) in [(58.0, 1), (61.0, 0)] {
        let mut story = Story::new();
        story
            .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
            .event(
                4.0,
                ("Db", "AWS::RDS::DBInstance", "db"),
                "CREATE_IN_PROGRESS",
                "",
            )
            .event(
                57.0,
                ("Repl", "AWS::RDS::DBInstance", "repl"),
                "CREATE_FAILED",
                TAKEN,
            )
            .stack(60.0, "DELETE_IN_PROGRESS", "User Initiated")
            .event(
                second,
                ("Db", "AWS::RDS::DBInstance", "db"),
                "CREATE_FAILED",
                STOPPED,
            )
            .stack(90.0, "DELETE_COMPLETE", "");
        let diagnosis = story.diagnosis();
        assert_eq!(roots(&diagnosis), ["Repl"], "{second}");
        let repl = &finding(&diagnosis, "Repl").failure;
        assert_eq!(diagnosis.followers(repl).count(), followers, "{second}");
    }
}

#[test]
fn what_fails_while_a_cancelled_update_is_put_back_is_told() {
    let mut story = update();
    story
        .stack(60.0, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        .event(
            61.5,
            ("Table", "AWS::DynamoDB::Table", "t"),
            "UPDATE_FAILED",
            "Rate exceeded",
        )
        .stack(90.0, "UPDATE_ROLLBACK_COMPLETE", "");
    let diagnosis = story.diagnosis();
    assert_eq!(
        headline(&diagnosis),
        "update cancelled on request and rolled back; Table failed on the way back"
    );
    let effect = finding(&diagnosis, "shop-prod").assessment.causes[0]
        .effect
        .clone();
    assert!(effect.unwrap().ends_with("nothing had failed until then"));
}

/// An update that fails by itself so many seconds after it began.
fn failing_by_itself(second: f64, verb: &str, reason: &str) -> Story {
    let status = |rest: &str| format!("{verb}_{rest}");
    let back = if verb == "CREATE" {
        "ROLLBACK_IN_PROGRESS".to_owned()
    } else {
        status("ROLLBACK_IN_PROGRESS")
    };
    let mut story = Story::new();
    story
        .stack(0.0, &status("IN_PROGRESS"), "User Initiated")
        .event(4.0, ("Queue", "AWS::SQS::Queue", "q"), &status("IN_PROGRESS"), "")
        .event(
            second,
            ("Queue", "AWS::SQS::Queue", "q"),
            &status("FAILED"),
            reason,
        )
        .stack(
            second + 1.0,
            &back,
            "The following resource(s) failed to update: [Queue]. ",
        )
        .stack(second + 30.0, &back.replace("IN_PROGRESS", "COMPLETE"), "");
    story
}

#[test]
fn a_cancellation_that_was_refused_of_an_update_that_failed_by_itself_is_looked_for_and_told() {
    let story = failing_by_itself(120.0, "UPDATE", TAKEN);
    let refused = cancel(90, "mallory").failed("AccessDenied", "no");
    let mut elsewhere = cancel(91, "elsewhere").failed("AccessDenied", "no");
    elsewhere.request = json!({"stackName": "shop-staging"});
    let late = cancel(400, "late").failed("ValidationError", "no update is in progress");
    let records = [refused, elsewhere, late].map(|call| call.record()).to_vec();
    let mut trail = Trail::new(records, 3);
    let session = carry_all_out(&story, &mut trail, 160);
    let diagnosis = Diagnosis::of(&session);
    let told: Vec<_> = diagnosis
        .actors
        .iter()
        .map(|actor| (actor.user.as_str(), actor.refused.as_deref()))
        .collect();
    assert_eq!(told, [("platform/mallory", Some("AccessDenied"))]);
    // It changed nothing.
    assert_eq!(roots(&diagnosis), ["Queue"]);
    assert_eq!(headline(&diagnosis), "update failed and was rolled back: Queue");
    // Once, at the end.
    let answers = session.trail().answers().iter();
    let asked = answers.filter(|(search, _)| {
        let attribute = search.attribute.as_ref();
        attribute.is_some_and(|attribute| attribute.value == "CancelUpdateStack")
    });
    assert_eq!(asked.map(|(_, answers)| answers.len()).sum::<usize>(), 1);
}

#[test]
fn a_vain_cancellation_is_not_looked_for_where_it_is_not_worth_a_search() {
    const UNEXPLAINED: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 1, HandlerErrorCode: InternalFailure)";
    for (second, verb, reason) in [
        // Nobody was so quick; a creation cannot be cancelled; what is unexplained needs the searches for itself.
        (11.0, "UPDATE", TAKEN),
        (120.0, "CREATE", TAKEN),
        (120.0, "UPDATE", UNEXPLAINED),
    ] {
        let names = looked_for(&failing_by_itself(second, verb, reason));
        assert!(
            names.iter().all(|(name, ..)| name != "CancelUpdateStack"),
            "{second} {verb}: {names:?}"
        );
    }
    let mut well = Story::new();
    well.stack(0.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .stack(300.0, "UPDATE_COMPLETE", "");
    assert!(
        looked_for(&well)
            .iter()
            .all(|(name, ..)| name != "CancelUpdateStack")
    );
}
