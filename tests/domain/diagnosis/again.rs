//! What is tried again: a rollback taken up again, a deletion that kept what the one before could not delete.

use stacktrail::domain::conclude::verdict;
use stacktrail::domain::deployment::attempt::RetainedResource;
use stacktrail::domain::investigate::diagnosis::Diagnosis;

use crate::support::story::{STACK_TYPE, Story, child_id};

const TAKEN: &str =
    "Resource handler returned message: \"taken\" (RequestToken: 1, HandlerErrorCode: AlreadyExists)";

/// A nested stack that fails in every try of the rollback, from these seconds on.
fn rolled_back_in_vain(tries: &[f64]) -> Story {
    let child = child_id("shop-Back");
    let back = ("Back", STACK_TYPE, child.as_str());
    let embedded = format!(
        "Embedded stack {child} was not successfully updated. Currently in UPDATE_ROLLBACK_FAILED with reason: \
         The following resource(s) failed to update: [Fn]. "
    );
    let mut story = Story::new();
    story
        .stack(0.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(2.0, back, "UPDATE_IN_PROGRESS", "")
        .event(3.0, back, "UPDATE_COMPLETE", "")
        .event(5.0, ("Api", "AWS::SQS::Queue", "q"), "UPDATE_FAILED", TAKEN);
    for (number, try_at) in tries.iter().enumerate() {
        let why = if number == 0 {
            "The following resource(s) failed to update: [Api]. "
        } else {
            "User Initiated"
        };
        let function = ("Fn", "AWS::Lambda::Function", "fn");
        story
            .stack(*try_at, "UPDATE_ROLLBACK_IN_PROGRESS", why)
            .event(try_at + 1.0, back, "UPDATE_IN_PROGRESS", "")
            .event_in(
                &child,
                try_at + 2.0,
                ("shop-Back", STACK_TYPE, child.as_str()),
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "User Initiated",
            )
            .event_in(&child, try_at + 3.0, function, "UPDATE_IN_PROGRESS", "")
            .event_in(&child, try_at + 5.0, function, "UPDATE_FAILED", TAKEN)
            .event(try_at + 8.0, back, "UPDATE_FAILED", &embedded)
            .stack(
                try_at + 9.0,
                "UPDATE_ROLLBACK_FAILED",
                "The following resource(s) failed to update: [Back]. ",
            );
    }
    story
}

#[test]
fn what_failed_with_a_try_of_the_rollback_follows_from_the_failure_of_that_try() {
    for tries in [&[10.0][..], &[10.0, 600.0], &[10.0, 600.0, 3_000.0]] {
        let diagnosis = rolled_back_in_vain(tries).diagnosis();
        let of_function = diagnosis
            .roots()
            .filter(|root| root.failure.event.logical_id == "Fn");
        let followers: Vec<Vec<&str>> = of_function
            .map(|root| {
                let followers = diagnosis.followers(&root.failure);
                followers
                    .map(|other| other.failure.event.logical_id.as_str())
                    .collect()
            })
            .collect();
        assert_eq!(followers, vec![vec!["Back"]; tries.len()]);
    }
}

fn headline(diagnosis: &Diagnosis) -> (String, Vec<String>, Vec<String>) {
    let attempt = diagnosis.headline_attempt().unwrap();
    let kept = diagnosis.kept(attempt);
    let names =
        |kept: Vec<&'_ RetainedResource>| kept.into_iter().map(|kept| kept.logical_id.clone()).collect();
    (
        diagnosis.headline(attempt, &verdict::utc),
        names(kept.told),
        names(kept.other),
    )
}

#[test]
fn a_deletion_tells_of_all_that_is_kept_whichever_try_kept_it() {
    let bucket = ("Files", "AWS::S3::Bucket", "old-files");
    let table = ("Keep", "AWS::DynamoDB::Table", "old-keep");
    let mut story = Story::new();
    story
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .stack(9.0, "CREATE_COMPLETE", "")
        .stack(10.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(
            12.0,
            ("Old", "AWS::SQS::Queue", "old-queue"),
            "DELETE_SKIPPED",
            "",
        )
        .stack(20.0, "UPDATE_COMPLETE", "")
        .stack(100.0, "DELETE_IN_PROGRESS", "User Initiated")
        .event(103.0, table, "DELETE_SKIPPED", "")
        .event(104.0, bucket, "DELETE_IN_PROGRESS", "")
        .event(105.0, bucket, "DELETE_FAILED", "not empty")
        .stack(
            110.0,
            "DELETE_FAILED",
            "The following resource(s) failed to delete: [Files]. ",
        )
        .stack(200.0, "DELETE_IN_PROGRESS", "User Initiated")
        .event(203.0, table, "DELETE_SKIPPED", "")
        .event(204.0, bucket, "DELETE_SKIPPED", "")
        .stack(210.0, "DELETE_COMPLETE", "");
    let mut diagnosis = story.diagnosis();
    let told = |diagnosis: &Diagnosis| {
        let (headline, kept, other) = headline(diagnosis);
        (headline, kept.len(), other.join(","))
    };
    assert_eq!(
        told(&diagnosis),
        (
            "delete succeeded; 2 resources kept".to_owned(),
            2,
            "Old".to_owned()
        )
    );
    diagnosis.asked = Some(2);
    let (headline, kept, other) = told(&diagnosis);
    assert!(
        headline.contains("1 resource taken out of the stack and kept"),
        "{headline}"
    );
    assert!(
        headline.contains("deleted afterwards, 2 resources kept"),
        "{headline}"
    );
    assert_eq!((kept, other.as_str()), (3, ""));
    diagnosis.asked = Some(1);
    assert_eq!(told(&diagnosis).1, 0);
}

#[test]
fn a_rollback_that_failed_again_is_said_to_have_failed_once() {
    let diagnosis = rolled_back_in_vain(&[10.0, 600.0]).diagnosis();
    let (headline, ..) = headline(&diagnosis);
    assert_eq!(
        headline,
        "update failed (Api) and its rollback failed: Fn stopped it; it was continued on request (12:10) in vain"
    );
}
