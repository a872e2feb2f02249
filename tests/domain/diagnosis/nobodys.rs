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

/// A role that is passed and is nobody's here: the request of a refused call is not always told.
#[rstest]
#[case::anothers("porter-NodeRole-AAAA", &[], Confidence::Low)]
#[case::of_the_properties("porter-NodeRole-AAAA", &[("Roles[0]", "porter-NodeRole-AAAA")], Confidence::High)]
#[case::of_the_stack("shop-prod-NodeRole-1A2B3C4D5E6F", &[], Confidence::High)]
fn a_role_that_nothing_here_names_leaves_a_doubt_of_who_passed_it(
    #[case] role: &str,
    #[case] settings: &[(&str, &str)],
    #[case] sure: Confidence,
) {
    let profile = (
        "Profile",
        "AWS::IAM::InstanceProfile",
        "shop-prod-Profile-jOgfdJwj4d13",
    );
    let internal = "Resource handler returned message: \"Internal Failure\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(
            2.0,
            ("NodeRole", "AWS::IAM::Role", "shop-prod-NodeRole-1A2B3C4D5E6F"),
            "CREATE_COMPLETE",
            "",
        );
    for (second, status, reason) in [
        (23.0, "CREATE_IN_PROGRESS", ""),
        (58.0, "CREATE_FAILED", internal),
    ] {
        story.event(second, profile, status, reason);
        for (key, value) in settings {
            story.setting(key, value);
        }
    }
    let message = format!(
        "User: arn:aws:sts::123456789012:assumed-role/x/AWSCloudFormation is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/{role} because no identity-based policy allows the iam:PassRole action"
    );
    let call = Call::by_cloudformation(26, "iam:AddRoleToInstanceProfile").failed("AccessDenied", &message);
    story.record(&call.id("passed"));
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Profile").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "passed");
    assert_eq!(listed.map(|one| one.confidence), Some(sure), "{listed:#?}");
}

/// What the resource's service was denied under the role that the stack gave to it alone; and what tempts: another's role,
/// and another service that was given it.
#[rstest]
#[case::its_own("shop-prod-BatchRole-1A2B3C4D5E6F", "batch.amazonaws.com", Confidence::Medium)]
#[case::anothers("preview-BatchRole-1A2B3C4D5E6F", "batch.amazonaws.com", Confidence::Low)]
#[case::another_service("shop-prod-BatchRole-1A2B3C4D5E6F", "glue.amazonaws.com", Confidence::Low)]
fn what_its_service_was_denied_under_its_role_may_be_the_cause(
    #[case] role: &str,
    #[case] host: &str,
    #[case] sure: Confidence,
) {
    let own = "shop-prod-BatchRole-1A2B3C4D5E6F";
    let farm = (
        "Farm",
        "AWS::Batch::ComputeEnvironment",
        "arn:aws:batch:eu-west-1:123456789012:compute-environment/render",
    );
    let unready = "Resource handler returned message: \"Resource of type 'AWS::Batch::ComputeEnvironment' with identifier 'render' did not stabilize.\" (RequestToken: 1, HandlerErrorCode: NotStabilized)";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("BatchRole", "AWS::IAM::Role", own), "CREATE_COMPLETE", "");
    for (second, status, reason) in [
        (22.0, "CREATE_IN_PROGRESS", ""),
        (328.0, "CREATE_FAILED", unready),
    ] {
        story
            .event(second, farm, status, reason)
            .setting("ServiceRole", &format!("arn:aws:iam::123456789012:role/{own}"));
    }
    let mut record = Call::as_role(40, role, "aws-batch", "ecs:CreateCluster")
        .denied("arn:aws:ecs:eu-west-1:123456789012:cluster/*", POLICY)
        .id("denied")
        .json();
    record["userIdentity"]["invokedBy"] = json!(host);
    story.told(&record);
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Farm").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "denied");
    assert_eq!(
        listed.map_or(Confidence::Low, |one| one.confidence),
        sure,
        "{listed:#?}"
    );
    let asked = diagnosis
        .plan
        .iter()
        .filter_map(|planned| planned.search.attribute.as_ref());
    assert!(asked.into_iter().any(|attribute| attribute.value == "aws-batch"));
}
