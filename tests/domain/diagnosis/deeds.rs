//! Who brought about what a failure speaks of, and what only looks like it.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::finding::Finding;
use stacktrail::domain::model::trail::{TrailAttribute, TrailKey, TrailSearch};

use crate::support::story::{Call, Story, at, cause_by, finding};

const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const OTHER_KEY: &str = "9999abcd-12ab-34cd-56ef-1234567890ab";
const ROLE_NAME: &str = "cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1";

/// An update that fails at second 5010 for that reason.
fn update(kind: &str, physical: &str, reason: &str) -> Story {
    let mut story = Story::new();
    story.failed_update(
        [5000.0, 5003.0, 5010.0, 5012.0],
        (kind, physical, "UPDATE"),
        &[],
        reason,
    );
    story
}

fn disabled() -> Story {
    update(
        "AWS::SQS::Queue",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
        &format!(
            "Resource handler returned message: \"arn:aws:kms:eu-west-1:123456789012:key/{KEY} is disabled. (Service: Sqs, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"
        ),
    )
}

fn person(second: i64, action: &str, request: serde_json::Value) -> Call {
    Call::as_role(second, "AWSReservedSSO_Admin_1", "mira@example.com", action).request(request)
}

fn key(second: i64, action: &str, id: &str) -> Call {
    person(second, action, json!({ "keyId": id }))
}

/// The claims that rest on these records.
fn told(finding: &Finding, id: &str) -> Option<(u32, Confidence, String)> {
    cause_by(&finding.assessment.causes, id).map(|cause| (cause.rank, cause.confidence, cause.claim.clone()))
}

#[test]
fn who_disabled_the_key_is_named_with_the_time() {
    let mut story = disabled();
    story
        .record(&key(3930, "kms:DisableKey", KEY).id("truth"))
        .record(&key(4900, "kms:DisableKey", OTHER_KEY).id("other-key"));
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    let (rank, confidence, claim) = told(it, "truth").unwrap();
    assert_eq!((rank, confidence), (1, Confidence::High));
    assert_eq!(
        claim,
        format!(
            "AWSReservedSSO_Admin_1/mira@example.com called kms:DisableKey on key {KEY} at 2026-05-04 13:05:30 UTC, 18 minutes before the failure"
        )
    );
    assert_eq!(told(it, "other-key"), None);
    assert!(
        it.assessment
            .causes
            .iter()
            .any(|cause| cause.claim.contains("is disabled")),
        "what the reason says is told as well"
    );
}

#[test]
fn what_only_looks_like_the_deed_is_not_named() {
    let full = format!("arn:aws:kms:eu-west-1:123456789012:key/{KEY}");
    let elsewhere = format!("arn:aws:kms:us-west-2:123456789012:key/{KEY}");
    for (what, calls) in [
        ("another key", vec![key(4000, "kms:DisableKey", OTHER_KEY)]),
        (
            "disabled and enabled again",
            vec![
                key(4000, "kms:DisableKey", KEY),
                key(4100, "kms:EnableKey", &full),
            ],
        ),
        ("after the failure", vec![key(5020, "kms:DisableKey", KEY)]),
        (
            "before the last good deployment",
            vec![key(50, "kms:DisableKey", KEY)],
        ),
        (
            "refused",
            vec![key(4000, "kms:DisableKey", KEY).failed("AccessDenied", "no")],
        ),
        (
            "in another region",
            vec![key(4000, "kms:DisableKey", &elsewhere).region("us-west-2")],
        ),
        (
            "another change of the key",
            vec![key(4000, "kms:DisableKeyRotation", KEY)],
        ),
        ("the key's tags", vec![key(4000, "kms:TagResource", KEY)]),
    ] {
        let mut story = disabled();
        for (number, call) in calls.into_iter().enumerate() {
            story.record(&call.id(&format!("decoy-{number}")));
        }
        let diagnosis = story.diagnosis();
        let it = finding(&diagnosis, "It");
        let named = told(it, "decoy-0").filter(|(_, confidence, _)| *confidence <= Confidence::High);
        assert_eq!(named, None, "{what}");
    }
}

#[test]
fn the_nearest_deed_before_the_failure_counts() {
    let mut story = disabled();
    story
        .record(&key(2000, "kms:DisableKey", KEY).id("first"))
        .record(&key(2500, "kms:EnableKey", KEY).id("undone"))
        .record(&key(3000, "kms:ScheduleKeyDeletion", KEY).id("truth"));
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    assert_eq!(told(it, "truth").map(|(rank, _, _)| rank), Some(1));
    assert_eq!(told(it, "first"), None);
}

const GONE: &str = "Resource handler returned message: \"Function not found: arn:aws:lambda:eu-west-1:123456789012:function:orders-worker (Service: Lambda, Status Code: 404, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: NotFound)";

fn delete_function(second: i64, name: &str) -> Call {
    person(
        second,
        "lambda:DeleteFunction20150331",
        json!({ "functionName": name }),
    )
}

#[test]
fn who_deleted_the_function_is_named_by_whichever_name_the_call_used() {
    for name in [
        "orders-worker",
        "arn:aws:lambda:eu-west-1:123456789012:function:orders-worker",
    ] {
        let mut story = update("AWS::Lambda::EventSourceMapping", "m-1234", GONE);
        story
            .record(&delete_function(4000, name).id("truth"))
            .record(&delete_function(4500, "orders-worker2").id("twin"))
            .record(
                &person(
                    4600,
                    "lambda:DeleteFunctionConcurrency20171031",
                    json!({ "functionName": "orders-worker" }),
                )
                .id("part"),
            );
        let diagnosis = story.diagnosis();
        let it = finding(&diagnosis, "It");
        let (rank, confidence, claim) = told(it, "truth").unwrap();
        assert_eq!((rank, confidence), (1, Confidence::High), "{claim}");
        assert!(
            claim.contains("mira@example.com called lambda:DeleteFunction on function orders-worker"),
            "{claim}"
        );
        assert_eq!((told(it, "twin"), told(it, "part")), (None, None));
    }
}

#[test]
fn the_stacks_own_rollback_is_nobodys_deed_and_another_stacks_deletion_is_named_as_cloudformations() {
    let mut own = update("AWS::Lambda::EventSourceMapping", "m-1234", GONE);
    own.stack(3000.0, "UPDATE_IN_PROGRESS", "")
        .stack(3020.0, "UPDATE_ROLLBACK_IN_PROGRESS", "")
        .stack(3060.0, "UPDATE_ROLLBACK_COMPLETE", "")
        .record(
            &Call::by_cloudformation(3030, "lambda:DeleteFunction20150331")
                .request(json!({ "functionName": "orders-worker" }))
                .id("rollback"),
        );
    let diagnosis = own.diagnosis();
    assert_eq!(told(finding(&diagnosis, "It"), "rollback"), None);

    let mut another = update("AWS::Lambda::EventSourceMapping", "m-1234", GONE);
    let mut call = Call::as_role(
        3030,
        "another-exec",
        "AWSCloudFormation",
        "lambda:DeleteFunction20150331",
    )
    .request(json!({ "functionName": "orders-worker" }))
    .id("another-stack");
    call.by_cloudformation = true;
    another.record(&call);
    let diagnosis = another.diagnosis();
    let (_, confidence, claim) = told(finding(&diagnosis, "It"), "another-stack").unwrap();
    assert_eq!(confidence, Confidence::Medium);
    assert!(
        claim.starts_with("CloudFormation, with the rights of another-exec/AWSCloudFormation, called"),
        "{claim}"
    );
}

#[test]
fn who_changed_the_trust_of_the_role_is_named_though_only_a_property_names_it() {
    let mut story = update(
        "AWS::Lambda::Function",
        "orders-worker",
        "Resource handler returned message: \"The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)",
    );
    story
        .event(
            5003.5,
            ("It", "AWS::Lambda::Function", "orders-worker"),
            "UPDATE_IN_PROGRESS",
            "",
        )
        .setting("Role", "arn:aws:iam::123456789012:role/team/orders-worker-role")
        .record(
            &person(
                4000,
                "iam:UpdateAssumeRolePolicy",
                json!({ "roleName": "orders-worker-role" }),
            )
            .region("us-east-1")
            .id("truth"),
        )
        .record(
            &person(
                4500,
                "iam:UpdateAssumeRolePolicy",
                json!({ "roleName": "orders-worker-role-2" }),
            )
            .region("us-east-1")
            .id("twin"),
        );
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    let (rank, confidence, claim) = told(it, "truth").unwrap();
    assert_eq!((rank, confidence), (1, Confidence::High), "{claim}");
    assert_eq!(told(it, "twin"), None);
}

#[test]
fn who_deleted_a_bucket_is_named_and_who_emptied_another_or_changed_its_policy_is_not() {
    let mut story = update(
        "AWS::Lambda::Function",
        "orders-worker",
        "Resource handler returned message: \"Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist (Service: Lambda, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)",
    );
    story
        .event(
            5003.5,
            ("It", "AWS::Lambda::Function", "orders-worker"),
            "UPDATE_IN_PROGRESS",
            "",
        )
        .setting("Code.S3Bucket", "orders-artifacts")
        .record(
            &person(
                4000,
                "s3:DeleteBucket",
                json!({ "bucketName": "orders-artifacts" }),
            )
            .id("truth"),
        )
        .record(
            &person(
                4100,
                "s3:DeleteBucketPolicy",
                json!({ "bucketName": "orders-artifacts" }),
            )
            .id("policy"),
        )
        .record(
            &person(
                4200,
                "s3:DeleteBucket",
                json!({ "bucketName": "orders-artifacts-old" }),
            )
            .id("twin"),
        );
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    assert_eq!(
        told(it, "truth").map(|(rank, confidence, _)| (rank, confidence)),
        Some((1, Confidence::High))
    );
    assert_eq!((told(it, "policy"), told(it, "twin")), (None, None));
}

#[test]
fn who_detached_a_policy_is_a_likely_deed_behind_a_denial_and_is_not_sure() {
    let reason = format!(
        "Resource handler returned message: \"User: arn:aws:sts::123456789012:assumed-role/{ROLE_NAME}/AWSCloudFormation is not authorized to perform: sqs:SetQueueAttributes on resource: arn:aws:sqs:eu-west-1:123456789012:jobs because no identity-based policy allows the sqs:SetQueueAttributes action (Service: Sqs, Status Code: 403, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
    );
    let detach = |second: i64, role: &str| {
        person(
            second,
            "iam:DetachRolePolicy",
            json!({ "roleName": role, "policyArn": "arn:aws:iam::123456789012:policy/deploy" }),
        )
        .region("us-east-1")
    };
    let mut story = update(
        "AWS::SQS::Queue",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
        &reason,
    );
    story
        .record(&detach(4000, ROLE_NAME).id("truth"))
        .record(&detach(4500, &format!("{ROLE_NAME}2")).id("twin"));
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    let (_, confidence, claim) = told(it, "truth").unwrap();
    assert_eq!(confidence, Confidence::Medium, "{claim}");
    assert_eq!(told(it, "twin"), None);
    // Given back before the failure, it explains nothing.
    story.record(
        &person(
            4700,
            "iam:AttachRolePolicy",
            json!({ "roleName": ROLE_NAME, "policyArn": "arn:aws:iam::123456789012:policy/deploy" }),
        )
        .region("us-east-1")
        .id("given-back"),
    );
    let diagnosis = story.diagnosis();
    assert_eq!(told(finding(&diagnosis, "It"), "truth"), None);
}

#[test]
fn the_deed_is_looked_for_by_name_and_by_operation_and_no_more_once_it_is_known() {
    let story = disabled();
    let needed = |story: &Story| -> Vec<String> {
        let diagnosis = story.diagnosis();
        let planned = diagnosis.plan.iter().filter(|planned| planned.is_needed);
        planned
            .filter_map(|planned| planned.search.attribute.as_ref())
            .map(|attribute| format!("{}={}", attribute.key.as_str(), attribute.value))
            .collect()
    };
    let asked = needed(&story);
    for wanted in [
        format!("ResourceName={KEY}"),
        format!("ResourceName=arn:aws:kms:eu-west-1:123456789012:key/{KEY}"),
        "EventName=DisableKey".to_owned(),
        "EventName=ScheduleKeyDeletion".to_owned(),
    ] {
        assert!(asked.contains(&wanted), "{wanted} is not in {asked:?}");
    }
    let mut found = disabled();
    found.record(&key(3930, "kms:DisableKey", KEY).id("truth"));
    let asked = needed(&found);
    assert!(!asked.iter().any(|one| one.contains("Key")), "{asked:?}");
}

#[test]
fn a_stray_noun_does_not_hide_which_key_is_disabled() {
    for (service, before) in [
        ("SecretsManager", ""),
        ("Sqs", "Access to the secret of role app is not allowed. "),
        ("IamRole", "The bucket cannot be used. "),
    ] {
        let mut story = update(
            "AWS::SQS::Queue",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
            &format!(
                "Resource handler returned message: \"{before}arn:aws:kms:eu-west-1:123456789012:key/{KEY} is disabled. (Service: {service}, Status Code: 400, Request ID: {OTHER_KEY})\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"
            ),
        );
        let planned = story.diagnosis().plan;
        let asked = |value: &str| {
            let mut attributes = planned.iter().filter_map(|one| one.search.attribute.as_ref());
            attributes.any(|attribute| attribute.value == value)
        };
        assert!(
            asked("DisableKey") && asked(KEY) && !asked(OTHER_KEY),
            "{service}"
        );
        story.record(&key(4000, "kms:DisableKey", KEY).id("deed"));
        let diagnosis = story.diagnosis();
        let told = told(finding(&diagnosis, "It"), "deed").map(|(rank, how, _)| (rank, how));
        assert_eq!(told, Some((1, Confidence::High)), "{service}");
    }
}

/// A dry run succeeds by an error, or by asking for one: it deletes nothing, and hides no deed before it.
#[test]
fn a_dry_run_of_the_deed_is_none() {
    for dry in [
        key(4700, "kms:ScheduleKeyDeletion", KEY).failed(
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
        ),
        person(
            4700,
            "kms:ScheduleKeyDeletion",
            json!({ "keyId": KEY, "dryRun": true }),
        ),
    ] {
        let mut story = disabled();
        story
            .record(&dry.clone().id("dry"))
            .record(&key(3930, "kms:DisableKey", KEY).id("truth"));
        let diagnosis = story.diagnosis();
        let it = finding(&diagnosis, "It");
        assert_eq!(told(it, "dry"), None);
        assert_eq!(told(it, "truth").map(|(rank, ..)| rank), Some(1));
        // One that undoes the deed undoes nothing, either.
        let enable = person(4700, "kms:EnableKey", json!({ "keyId": KEY, "dryRun": true }));
        story.record(&enable.id("dry-undo"));
        assert!(told(finding(&story.diagnosis(), "It"), "truth").is_some());
    }
    let mut story = disabled();
    let real = person(
        4700,
        "kms:ScheduleKeyDeletion",
        json!({ "keyId": KEY, "dryRun": false }),
    );
    story.record(&real.id("real"));
    assert_eq!(
        told(finding(&story.diagnosis(), "It"), "real").map(|(rank, ..)| rank),
        Some(1)
    );
}

/// Asks for all that was done to the key, at a second, and is told these.
fn asked(story: &mut Story, second: i64, calls: &[&Call]) {
    let search = TrailSearch {
        region: "eu-west-1".to_owned(),
        attribute: Some(TrailAttribute {
            key: TrailKey::ResourceName,
            value: KEY.to_owned(),
        }),
        from: at(100),
        to: at(5010),
    };
    story.searched(second, search, calls.iter().map(|call| call.record()).collect());
}

/// A claim that rests on nobody's having undone it is no surer than what can still come.
#[test]
fn a_deed_is_no_more_than_likely_while_records_of_its_undoing_may_still_come() {
    let deed = key(3930, "kms:DisableKey", KEY).id("deed");
    let confidence = |story: &Story| told(finding(&story.diagnosis(), "It"), "deed").map(|told| told.1);
    let mut story = disabled();
    asked(&mut story, 5030, &[&deed]);
    assert_eq!(confidence(&story), Some(Confidence::Medium));
    let asks_again = |story: &Story| {
        let plan = story.diagnosis().plan;
        plan.iter().any(|one| {
            let named = one.search.attribute.as_ref().is_some_and(|by| by.value == KEY);
            named && one.is_needed
        })
    };
    assert!(asks_again(&story), "whether it was undone is asked once more");
    // What undoes it is called otherwise.
    let vain: Vec<_> = story
        .diagnosis()
        .plan
        .into_iter()
        .filter_map(|one| one.search.attribute.filter(|_| one.is_needed))
        .filter(|by| ["DisableKey", "ScheduleKeyDeletion"].contains(&by.value.as_str()))
        .collect();
    assert!(vain.is_empty(), "{vain:?}");
    let mut undone = disabled();
    asked(&mut undone, 5030, &[&deed]);
    asked(
        &mut undone,
        5500,
        &[&deed, &key(4800, "kms:EnableKey", KEY).id("undone")],
    );
    assert_eq!(confidence(&undone), None);
    asked(&mut story, 5500, &[&deed]);
    assert_eq!(confidence(&story), Some(Confidence::Medium));
    assert!(asks_again(&story));
    asked(&mut story, 5010 + 15 * 60, &[&deed]);
    assert_eq!(confidence(&story), Some(Confidence::High));
    assert!(!asks_again(&story), "nothing can come any more");
}

/// What tempts the rule: a search of that name alone, of another time, or of another thing tells nothing of the undoing.
#[test]
fn a_late_search_that_would_not_have_found_the_undoing_makes_no_deed_surer() {
    let deed = key(3930, "kms:DisableKey", KEY).id("deed");
    let late = 5010 + 20 * 60;
    let by = |key: TrailKey, value: &str, from: i64| TrailSearch {
        region: "eu-west-1".to_owned(),
        attribute: Some(TrailAttribute {
            key,
            value: value.to_owned(),
        }),
        from: at(from),
        to: at(5010),
    };
    for search in [
        by(TrailKey::EventName, "DisableKey", 100),
        by(TrailKey::ResourceName, KEY, 4000),
        by(TrailKey::ResourceName, OTHER_KEY, 100),
    ] {
        let mut story = disabled();
        asked(&mut story, 5030, &[&deed]);
        story.searched(late, search.clone(), Vec::new());
        let found = told(finding(&story.diagnosis(), "It"), "deed").map(|told| told.1);
        assert_eq!(found, Some(Confidence::Medium), "{search:?}");
    }
}
