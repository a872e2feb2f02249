//! Who made what is there already, and who deleted the role that nobody can assume.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::read::signature::NextStep;

use crate::support::story::{Call, ROLE, Story, finding};

fn by(second: i64, role: &str, session: &str, action: &str) -> Call {
    Call::as_role(second, role, session, action)
}

/// The claims that rest on records: their ids and confidences.
fn told(story: &Story) -> Vec<(String, Confidence)> {
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "It").assessment.causes;
    let mut found = Vec::new();
    for cause in causes {
        for id in &cause.evidence {
            if let Some(id) = id.to_string().strip_prefix("trail:") {
                found.push((id.to_owned(), cause.confidence));
            }
        }
    }
    found
}

fn exists() -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("It", "AWS::IAM::Role", ""), "CREATE_IN_PROGRESS", "")
        .setting("RoleName", "audit-reader")
        .event(6.0, ("It", "AWS::IAM::Role", ""), "CREATE_FAILED", "Resource handler returned message: \"Resource of type 'AWS::IAM::Role' with identifier 'audit-reader' already exists.\" (RequestToken: 1, HandlerErrorCode: AlreadyExists)")
        .setting("RoleName", "audit-reader");
    story
}

fn create(second: i64, name: &str) -> Call {
    by(second, "sec-cfn-exec", "mira@example.com", "iam:CreateRole")
        .region("us-east-1")
        .request(json!({ "roleName": name }))
}

#[test]
fn who_made_what_is_in_the_way_is_named() {
    let mut story = exists();
    story.record(&create(-120, "audit-reader").id("maker"));
    assert_eq!(told(&story), [("maker".to_owned(), Confidence::High)]);
}

/// Neither is it a leftover to be deleted; without a maker it may be one.
#[test]
fn what_somebody_made_is_no_leftover() {
    let steps = |story: &Story| -> Vec<String> {
        let diagnosis = story.diagnosis();
        let causes = &finding(&diagnosis, "It").assessment.causes;
        let steps = causes.iter().filter_map(|cause| cause.next_step.as_ref());
        steps.map(NextStep::text).collect()
    };
    let mut story = exists();
    assert!(
        steps(&story).iter().any(|step| step.contains("leftover")),
        "{:?}",
        steps(&story)
    );
    story.record(&create(-120, "audit-reader").id("maker"));
    let found = steps(&story);
    assert!(
        !found.is_empty() && found.iter().all(|step| !step.contains("leftover")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|step| step.contains("mira@example.com")),
        "{found:?}"
    );
}

/// What tempts the rule.
#[test]
fn who_did_not_make_what_is_in_the_way_is_not_named() {
    let mut deleted = by(-60, "sec-cfn-exec", "mira@example.com", "iam:DeleteRole").region("us-east-1");
    deleted = deleted.request(json!({ "roleName": "audit-reader" }));
    let refused = create(-120, "audit-reader").failed("EntityAlreadyExists", "it already exists");
    for (what, calls) in [
        ("another role", vec![create(-120, "audit-reader-2").id("decoy")]),
        ("refused", vec![refused.id("decoy")]),
        (
            "deleted again",
            vec![create(-120, "audit-reader").id("decoy"), deleted],
        ),
        ("afterwards", vec![create(60, "audit-reader").id("decoy")]),
        (
            "a part of it",
            vec![
                by(-120, "a", "b", "iam:CreatePolicyVersion")
                    .region("us-east-1")
                    .request(json!({ "roleName": "audit-reader" }))
                    .id("decoy"),
            ],
        ),
    ] {
        let mut story = exists();
        for call in &calls {
            story.record(call);
        }
        let found = told(&story);
        assert!(found.iter().all(|(id, _)| id != "decoy"), "{what}: {found:?}");
    }
}

#[test]
fn a_role_that_was_deleted_is_to_be_made_again() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_COMPLETE", "")
        .stack(5000.0, "DELETE_IN_PROGRESS", "User Initiated")
        .event(5003.0, ("It", "AWS::SNS::Topic", "x"), "DELETE_IN_PROGRESS", "")
        .event(
            5010.0,
            ("It", "AWS::SNS::Topic", "x"),
            "DELETE_FAILED",
            &format!("Role {ROLE} is invalid or cannot be assumed"),
        )
        .record(
            &by(3700, "Admin", "mira@example.com", "iam:DeleteRole")
                .region("us-east-1")
                .request(json!({ "roleName": ROLE.rsplit('/').next().unwrap() }))
                .id("deed"),
        );
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "It").assessment.causes;
    let deed = causes
        .iter()
        .find(|cause| cause.claim.contains("iam:DeleteRole"))
        .unwrap();
    let step = deed.next_step.as_ref().unwrap().text();
    assert!(
        step.contains("make role") && !step.contains("let the trust policy"),
        "{step}"
    );
    assert!(
        deed.why.iter().any(|why| why.contains("this call deleted it")),
        "{:?}",
        deed.why
    );
}
