//! Denials under a role that the properties name and that others may use as well.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, ROLE, Story, finding};

const SHARED: &str = "arn:aws:iam::123456789012:role/shared-service-role";
const POLICY: &str = " because no identity-based policy allows the glue:GetDatabase action";
const UNREADY: &str = "Resource handler returned message: \"Resource of type 'AWS::Glue::Crawler' with identifier 'our-crawler' did not stabilize.\" (RequestToken: 1, HandlerErrorCode: NotStabilized)";

fn crawler(settings: &[(&str, &str)], reason: &str, makes_role: bool) -> Story {
    let resource = ("Crawler", "AWS::Glue::Crawler", "our-crawler");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    if makes_role {
        story.event(
            1.0,
            ("Role", "AWS::IAM::Role", "shared-service-role"),
            "CREATE_COMPLETE",
            "",
        );
    }
    story
        .event(4.0, resource, "CREATE_IN_PROGRESS", "")
        .setting("Role", SHARED);
    for (key, value) in settings {
        story.setting(key, value);
    }
    story
        .event(577.0, resource, "CREATE_FAILED", reason)
        .setting("Role", SHARED);
    for (key, value) in settings {
        story.setting(key, value);
    }
    story.record(
        &Call::as_role(570, "shared-service-role", "AWS-Crawler", "glue:GetDatabase")
            .request(json!({"name": "pay"}))
            .denied("arn:aws:glue:eu-west-1:123456789012:database/pay", POLICY)
            .id("theirs"),
    );
    story
}

fn sure(story: &Story) -> Confidence {
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Crawler").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "theirs");
    listed.map_or(Confidence::Low, |one| one.confidence)
}

#[test]
fn what_nothing_of_the_resource_names_is_nobodys() {
    assert_eq!(sure(&crawler(&[], UNREADY, false)), Confidence::Low);
    assert_eq!(
        sure(&crawler(&[("DatabaseName", "our")], UNREADY, false)),
        Confidence::Low
    );
}

/// What tempts the rule: a property names it, the stack made the role, or the failure speaks of a denial.
#[rstest]
#[case(&[("DatabaseName", "pay")], UNREADY, false)]
#[case(&[], UNREADY, true)]
#[case(
    &[],
    "Resource handler returned message: \"Access denied for operation 'AWS::Glue::Crawler'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
    false
)]
fn what_may_be_its_own_stays(
    #[case] settings: &[(&str, &str)],
    #[case] reason: &str,
    #[case] makes_role: bool,
) {
    assert!(sure(&crawler(settings, reason, makes_role)) < Confidence::Low);
}
