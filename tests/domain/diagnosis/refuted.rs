//! What it is not: records that tempt are kept beside the cause with what refutes each, and are never told as one.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::RefutedRecord;

use crate::support::story::{Call, Story, denied_custom_resource, finding, first_evidence};

const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:jobs";

/// A custom resource whose function was denied what it needed, and one decoy beside it.
fn with(decoys: &[Call]) -> Story {
    let mut story = denied_custom_resource();
    story.record(
        &own(12, "dynamodb:PutItem")
            .denied("arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "")
            .id("truth"),
    );
    for decoy in decoys {
        story.record(decoy);
    }
    story
}

fn own(second: i64, action: &str) -> Call {
    Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action)
}

#[track_caller]
fn refuted(story: &Story, id: &str) -> RefutedRecord {
    let diagnosis = story.diagnosis();
    let finding = finding(&diagnosis, "Setup");
    assert!(
        first_evidence(finding).contains(&"trail:truth".to_owned()),
        "{:#?}",
        finding.assessment.causes
    );
    for cause in &finding.assessment.causes {
        let told = cause
            .evidence
            .iter()
            .any(|one| one.to_string() == format!("trail:{id}"));
        assert!(!told, "told as a cause: {cause:#?}");
    }
    let refuted = &finding.assessment.refuted;
    let found = refuted.iter().find(|one| one.record.event_id == id);
    assert!(found.is_some(), "{id} is not among {refuted:#?}");
    found.unwrap().clone()
}

#[rstest]
#[case::another_principal_in_the_same_second(
    &[Call::as_role(13, "auditor", "scan", "sqs:GetQueueAttributes").denied(QUEUE, "").id("decoy")],
    "auditor/scan has no part in this deployment"
)]
#[case::a_person_on_the_very_service(
    &[Call::as_role(12, "admin", "jane", "dynamodb:PutItem").denied("arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "").id("decoy")],
    "admin/jane has no part in this deployment"
)]
#[case::a_dry_run_that_would_have_succeeded(
    &[own(12, "ec2:RunInstances").failed("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set.").id("decoy")],
    "a dry run"
)]
#[case::throttled_and_tried_again(
    &[
        own(11, "sqs:CreateQueue").failed("ThrottlingException", "Rate exceeded").request(json!({"queueName": "jobs"})).id("decoy"),
        own(12, "sqs:CreateQueue").request(json!({"queueName": "jobs"})).id("again"),
    ],
    "throttled, and tried again with success"
)]
#[case::a_look_before_a_creation(
    &[own(11, "s3:HeadBucket").failed("NoSuchBucket", "The specified bucket does not exist").request(json!({"bucketName": "shop-assets"})).id("decoy")],
    "not-found answers are usual"
)]
#[case::called_after_the_failure(
    &[own(17, "sns:Publish").denied("arn:aws:sns:eu-west-1:123456789012:t", "").id("decoy")],
    "called after the failure"
)]
#[case::teardown(
    &[own(16, "sqs:DeleteQueue").denied(QUEUE, "").id("decoy")],
    "teardown"
)]
fn a_decoy_is_kept_with_what_refutes_it_and_is_no_cause(#[case] decoys: &[Call], #[case] why: &str) {
    let told = refuted(&with(decoys), "decoy");
    assert!(told.why.contains(why), "{told:#?}");
}

#[test]
fn a_few_are_told_the_most_tempting_first_and_identical_ones_once() {
    let mut decoys = Vec::new();
    for number in 0..30 {
        let mut call = Call::as_role(12, &format!("reader-{number}"), "s", "ec2:DescribeVpcs")
            .failed("RequestLimitExceeded", "Request limit exceeded.")
            .id(&format!("noise-{number}"));
        call.request_id = format!("noise-{number}");
        decoys.push(call);
    }
    for number in 0..5 {
        decoys.push(
            Call::as_role(13, "auditor", "scan", "dynamodb:Scan")
                .denied(QUEUE, "")
                .id(&format!("scan-{number}")),
        );
    }
    let story = with(&decoys);
    let diagnosis = story.diagnosis();
    let told = &finding(&diagnosis, "Setup").assessment.refuted;
    assert_eq!(told.len(), 10);
    assert_eq!(
        (told[0].record.identity.name.as_deref(), told[0].count),
        (Some("scan"), 5)
    );
    let alone = denied_custom_resource();
    assert!(finding(&alone.diagnosis(), "Setup").assessment.refuted.is_empty());
}
