//! A custom resource's function assumes a role, and is refused under it.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, FUNCTION, ROLE, Story, finding};

const SESSION: &str = "botocore-session-1795826812";
const POLICY: &str = " because no identity-based policy allows the route53:CreateHostedZone action";

fn zone() -> Story {
    let resource = ("Zone", "Custom::Zone", "");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(10.0, resource, "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .setting("ZoneName", "app.example.com")
        .event(
            42.0,
            resource,
            "CREATE_FAILED",
            "Received response status [FAILED] from custom resource. Message returned: zone could not be made (RequestId: 85c5c344-0000-4000-8000-000000000000)",
        )
        .setting("ServiceToken", FUNCTION)
        .setting("ZoneName", "app.example.com")
        .function("shop-SetupFn", "shop-SetupRole");
    story
}

fn assumes(second: i64, role: &str, session: &str, made: &str) -> Call {
    let request = json!({"roleArn": "arn:aws:iam::123456789012:role/dns-writer", "roleSessionName": made});
    Call::as_role(second, role, session, "sts:AssumeRole")
        .request(request)
        .id(&format!("assume-{session}-{second}"))
}

fn by_function(second: i64) -> Call {
    assumes(second, "shop-SetupRole", "shop-SetupFn", SESSION)
}

fn refused(session: &str, zone: &str) -> Call {
    Call::as_role(40, "dns-writer", session, "route53:CreateHostedZone")
        .region("us-east-1")
        .request(json!({"name": zone}))
        .denied("*", POLICY)
        .id(&format!("refused-{zone}"))
}

fn sure(story: &Story, zone: &str) -> Confidence {
    let diagnosis = story.diagnosis();
    let id = format!("refused-{zone}");
    let records = &finding(&diagnosis, "Zone").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == id);
    listed.map_or(Confidence::Low, |one| one.confidence)
}

const OURS: &str = "app.example.com";

#[test]
fn what_its_function_was_refused_under_a_role_that_it_assumed_is_its_own() {
    let mut story = zone();
    story
        .record(&by_function(38))
        .record(&refused(SESSION, OURS))
        .record(&refused("botocore-session-1795826000", "pay.example.com"));
    assert_eq!(sure(&story, OURS), Confidence::High);
    assert_eq!(sure(&story, "pay.example.com"), Confidence::Low);
    let diagnosis = story.diagnosis();
    let first = &finding(&diagnosis, "Zone").assessment.causes[0];
    assert!(first.claim.contains("dns-writer"), "{first:#?}");
    let asked = diagnosis
        .plan
        .iter()
        .filter_map(|one| one.search.attribute.as_ref());
    assert!(asked.into_iter().any(|attribute| attribute.value == SESSION));
}

#[test]
fn a_session_that_was_at_work_before_it_was_assumed_is_nobodys() {
    let mut story = zone();
    story.record(&refused(SESSION, OURS)).record(&by_function(41));
    assert_eq!(sure(&story, OURS), Confidence::Low);
    // What it did for an earlier deployment says nothing against it.
    let mut again = zone();
    let before = Call::as_role(2, "dns-writer", SESSION, "route53:GetHostedZone").id("before");
    again
        .record(&before)
        .record(&by_function(38))
        .record(&refused(SESSION, OURS));
    assert_eq!(sure(&again, OURS), Confidence::High);
}

#[test]
fn a_session_of_which_it_is_not_known_who_made_it_is_nobodys() {
    let mut unmade = zone();
    unmade.record(&refused(SESSION, OURS));
    assert_eq!(sure(&unmade, OURS), Confidence::Low);
    // What tempts the rule: the assuming was refused, was another's, or another made one of the same name.
    let mut denied = zone();
    denied
        .record(&by_function(38).denied("arn:aws:iam::123456789012:role/dns-writer", ""))
        .record(&refused(SESSION, OURS));
    assert_eq!(sure(&denied, OURS), Confidence::Low);
    let mut others = zone();
    others
        .record(&assumes(38, "pay-FnRole", "pay-Fn", SESSION))
        .record(&refused(SESSION, OURS));
    assert_eq!(sure(&others, OURS), Confidence::Low);
    let mut both = zone();
    both.record(&by_function(38))
        .record(&assumes(37, "pay-FnRole", "pay-Fn", SESSION))
        .record(&refused(SESSION, OURS));
    assert_eq!(sure(&both, OURS), Confidence::Low);
    let mut long_ago = zone();
    long_ago
        .record(&by_function(-600))
        .record(&refused(SESSION, OURS));
    assert_eq!(sure(&long_ago, OURS), Confidence::Low);
}

#[test]
fn a_role_behind_a_role_is_followed() {
    let mut story = zone();
    let first = "arn:aws:iam::123456789012:role/hub";
    let hub = Call::as_role(36, "shop-SetupRole", "shop-SetupFn", "sts:AssumeRole")
        .request(json!({"roleArn": first, "roleSessionName": "hub-1"}))
        .id("hub");
    story
        .record(&hub)
        .record(&assumes(38, "hub", "hub-1", SESSION))
        .record(&refused(SESSION, OURS));
    assert_eq!(sure(&story, OURS), Confidence::High);
}
