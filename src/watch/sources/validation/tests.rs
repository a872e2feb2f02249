use rstest::rstest;

use super::*;
use crate::domain::model::event::{EventExtras, HookInvocation, StackEvent};
use crate::domain::model::fact::Recorded;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::status::Status;

const ARN: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555";
const CHANGE_SET: &str = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release/1";
const NESTED: &str = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release-Data/2";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn stack() -> StackId {
    StackId::parse(ARN).unwrap()
}

fn event(second: i64, logical_id: &str, status: &str, reason: &str) -> StackEvent {
    StackEvent {
        stack_id: stack(),
        event_id: format!("{logical_id}-{second}"),
        at: at(second),
        logical_id: logical_id.to_owned(),
        physical_id: (logical_id == "shop").then(|| ARN.to_owned()),
        resource_type: STACK_TYPE.to_owned(),
        status: Status::new(status),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        operation_id: None,
        extras: EventExtras::default(),
    }
}

fn events(events: Vec<StackEvent>) -> Fact {
    Fact::StackEventsSeen {
        stack_id: stack(),
        events,
    }
}

fn failed_change_set(second: i64, reason: &str) -> Fact {
    Fact::ChangeSetDescribed {
        change_set: ChangeSet {
            id: CHANGE_SET.to_owned(),
            name: "release".to_owned(),
            stack_id: stack(),
            created_at: at(second),
            status: Status::new("FAILED"),
            status_reason: Some(reason.to_owned()),
            execution_status: None,
            parent_id: None,
        },
    }
}

fn answered(key: &str, second: i64) -> Fact {
    Fact::SourceAnswered {
        source: NAME,
        key: key.to_owned(),
        at: at(second),
    }
}

/// What is planned at a second: key without the stack's ARN, and the second that it is due at.
fn planned(facts: Vec<Fact>, now: i64) -> Vec<(String, i64)> {
    let facts: Vec<Recorded> = facts
        .into_iter()
        .map(|fact| Recorded {
            observed_at: at(now),
            fact,
        })
        .collect();
    let session = Session::replay(stack(), &facts);
    let diagnosis = Diagnosis::of(&session);
    ValidationEvidence
        .plan(&session, &diagnosis, at(now))
        .into_iter()
        .map(|inquiry| {
            let key = inquiry.key.replace(ARN, "shop").replace(CHANGE_SET, "release");
            (key, (inquiry.due - at(0)).num_seconds())
        })
        .collect()
}

fn listing(due: i64) -> Vec<(String, i64)> {
    vec![("change-sets:shop".to_owned(), due)]
}

/// Whether an answer without news would be one more fact.
fn would_be_a_fact(facts: Vec<(i64, Fact)>) -> bool {
    let facts: Vec<Recorded> = facts
        .into_iter()
        .map(|(second, fact)| Recorded {
            observed_at: at(second),
            fact,
        })
        .collect();
    let session = Session::replay(stack(), &facts);
    let planned = ValidationEvidence.plan(&session, &Diagnosis::of(&session), at(500));
    let on_record = planned.iter().find_map(|inquiry| match inquiry.question.get() {
        Some(ValidationQuestion::ChangeSets { on_record, .. }) => Some(*on_record),
        _ => None,
    });
    !on_record.expect("the change sets are listed")
}

#[test]
fn an_answer_without_news_is_a_fact_only_once() {
    let key = format!("change-sets:{ARN}");
    let settled = || (10, events(vec![event(10, "shop", "UPDATE_COMPLETE", "")]));
    let heard = |second| (second, answered(&key, second));
    let failed = |second| {
        let fact = Fact::SourceFailed {
            source: NAME,
            region: "eu-west-1".to_owned(),
            key: key.clone(),
            fault: Fault::new("cloudformation:ListChangeSets", FaultKind::Service, "no"),
        };
        (second, fact)
    };
    assert!(would_be_a_fact(vec![settled()]));
    assert!(
        would_be_a_fact(vec![heard(5), settled()]),
        "asked before it settled"
    );
    assert!(!would_be_a_fact(vec![settled(), heard(20)]));
    assert!(
        would_be_a_fact(vec![settled(), heard(20), failed(40)]),
        "it answers again"
    );
    assert!(!would_be_a_fact(vec![settled(), failed(20), heard(40)]));
}

#[rstest]
#[case("a stack under way", "UPDATE_IN_PROGRESS", None, 100, None)]
#[case("a stack being put back", "UPDATE_ROLLBACK_IN_PROGRESS", None, 100, None)]
#[case("a deleted stack", "DELETE_COMPLETE", None, 100, None)]
#[case("a stack that has just settled", "UPDATE_COMPLETE", None, 100, Some(0))]
#[case("asked before it settled", "UPDATE_COMPLETE", Some(-5), 100, Some(0))]
#[case("asked a moment ago", "UPDATE_COMPLETE", Some(90), 100, Some(105))]
#[case("settled for long", "UPDATE_COMPLETE", Some(3_000), 3_001, Some(3_020))]
#[case("settled for hours", "UPDATE_COMPLETE", Some(9_000), 9_001, Some(9_060))]
#[case("waiting for review", "REVIEW_IN_PROGRESS", Some(50), 51, Some(53))]
#[case(
    "waiting for review for long",
    "REVIEW_IN_PROGRESS",
    Some(500),
    501,
    Some(515)
)]
fn change_sets_are_listed_while_nothing_else_moves(
    #[case] what: &str,
    #[case] status: &str,
    #[case] asked: Option<i64>,
    #[case] now: i64,
    #[case] due: Option<i64>,
) {
    let mut facts = vec![events(vec![event(0, "shop", status, "")])];
    facts.extend(asked.map(|second| answered(&format!("change-sets:{ARN}"), second)));
    let expected = due.map(listing).unwrap_or_default();
    assert_eq!(planned(facts, now), expected, "{what}");
}

#[test]
fn a_stack_that_is_gone_is_not_asked() {
    let facts = vec![
        events(vec![event(0, "shop", "UPDATE_COMPLETE", "")]),
        Fact::StackGone { stack_id: stack() },
    ];
    assert!(planned(facts, 100).is_empty());
}

#[rstest]
#[case("Template error: x", None, &["events:release"])]
#[case("The following hook(s) failed: [A::B::C]", None, &["events:release", "hooks:release"])]
#[case("The following hook(s) failed: [A::B::C]", Some(60), &["events:release", "hooks:release"])]
#[case("The following hook(s) failed: [A::B::C]", Some(200), &[])]
fn what_is_behind_a_failed_change_set_is_asked_for_a_minute(
    #[case] reason: &str,
    #[case] asked: Option<i64>,
    #[case] expected: &[&str],
) {
    let mut facts = vec![
        events(vec![event(0, "shop", "UPDATE_COMPLETE", "")]),
        failed_change_set(50, reason),
        answered(&format!("change-sets:{ARN}"), 195),
    ];
    for key in ["events", "hooks"] {
        facts.extend(asked.map(|second| answered(&format!("{key}:{CHANGE_SET}"), second)));
    }
    let keys: Vec<_> = planned(facts, 200)
        .into_iter()
        .map(|(key, _)| key)
        .filter(|key| key != "change-sets:shop")
        .collect();
    assert_eq!(keys, expected, "{reason} {asked:?}");
}

#[test]
fn a_nested_change_set_is_asked_for_by_its_arn_once() {
    let reason = format!("Nested change set {NESTED} was not successfully created: Currently in FAILED.");
    let facts = || {
        vec![
            events(vec![event(0, "shop", "UPDATE_COMPLETE", "")]),
            failed_change_set(50, &reason),
        ]
    };
    let key = format!("change-set:{NESTED}");
    assert!(planned(facts(), 60).contains(&(key.clone(), 50)));
    let mut known = facts();
    known.push(answered(&key, 55));
    assert!(!planned(known, 60).iter().any(|(planned, _)| *planned == key));
}

#[rstest]
#[case("The following hook(s) failed: [A::B::C]", true)]
#[case(
    "The following hook(s)/validation failed: [AWS::EarlyValidation::X]. Use the DescribeEvents API",
    true
)]
#[case("Properties validation failed for resource X", false)]
#[case("User: x is not authorized to perform: s3:CreateBucket", false)]
fn failures_that_point_elsewhere_are_followed_up(#[case] reason: &str, #[case] expected: bool) {
    let mut failed = event(9, "Bucket", "CREATE_FAILED", reason);
    failed.operation_id = Some("op-1".into());
    let facts = vec![events(vec![event(0, "shop", "CREATE_IN_PROGRESS", ""), failed])];
    assert_eq!(
        planned(facts, 10).contains(&("events:op-1".to_owned(), 9)),
        expected
    );
}

#[test]
fn the_result_of_a_hook_that_refused_is_read_until_it_has_come() {
    let mut refused = event(9, "Bucket", "CREATE_IN_PROGRESS", "");
    refused.extras.hook = Some(Box::new(HookInvocation {
        name: "A::B::C".to_owned(),
        status: Some("HOOK_COMPLETE_FAILED".to_owned()),
        reason: None,
        failure_mode: Some("FAIL".to_owned()),
        invocation_id: Some("h1".to_owned()),
    }));
    let facts = || {
        vec![events(vec![
            event(0, "shop", "CREATE_IN_PROGRESS", ""),
            refused.clone(),
        ])]
    };
    assert_eq!(planned(facts(), 10), [("hook:h1".to_owned(), 9)]);
    let mut empty = facts();
    empty.push(answered("hook:h1", 12));
    assert_eq!(planned(empty, 13), [("hook:h1".to_owned(), 22)]);
    let mut late = facts();
    late.push(answered("hook:h1", 120));
    assert!(planned(late, 121).is_empty());
}
