use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::domain::deployment::attempt::{Attempts, Outcome};
use crate::domain::deployment::failure::Role;
use crate::domain::explain::cause::Confidence;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::status::Operation;
use crate::domain::session::Session;

const ARN: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555";
const CHILD: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-Data/66666666-2222-3333-4444-555555555555";
const CHANGE_SET: &str = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release/1";
const NESTED: &str = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release-Data/2";
const POINTER: &str = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn stack() -> StackId {
    StackId::parse(ARN).unwrap()
}

fn seen(second: i64, fact: Fact) -> Recorded {
    Recorded {
        observed_at: at(second),
        fact,
    }
}

fn own(second: i64, status: &str) -> StackEvent {
    StackEvent {
        stack_id: stack(),
        event_id: format!("own-{second}"),
        at: at(second),
        logical_id: "shop".to_owned(),
        physical_id: Some(ARN.to_owned()),
        resource_type: STACK_TYPE.to_owned(),
        status: Status::new(status),
        reason: None,
        operation_id: None,
        extras: EventExtras::default(),
    }
}

fn events(events: Vec<StackEvent>) -> Recorded {
    seen(
        500,
        Fact::StackEventsSeen {
            stack_id: stack(),
            events,
        },
    )
}

fn change_set(id: &str, stack_id: &str, second: i64, status: &str, reason: &str) -> Recorded {
    let change_set = ChangeSet {
        id: id.to_owned(),
        name: "release".to_owned(),
        stack_id: StackId::parse(stack_id).unwrap(),
        created_at: at(second),
        status: Status::new(status),
        status_reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
        execution_status: None,
        parent_id: (id == NESTED).then(|| CHANGE_SET.to_owned()),
    };
    seen(second + 10, Fact::ChangeSetDescribed { change_set })
}

fn validation_events(change_set: &str, second: i64) -> Recorded {
    let event = OperationEvent {
        event_id: "v1".to_owned(),
        stack_id: stack(),
        operation_id: Some("op".to_owned()),
        operation_type: Some("CREATE_CHANGESET".to_owned()),
        event_type: Some("VALIDATION_ERROR".to_owned()),
        at: at(second),
        logical_id: Some("Images".to_owned()),
        resource_type: Some("AWS::S3::Bucket".to_owned()),
        status: None,
        reason: None,
        hook: None,
        validation: Some(Validation {
            name: "AWS::EarlyValidation::ResourceExistenceCheck".to_owned(),
            status: Some("FAILED".to_owned()),
            reason: Some("Resource of type 'AWS::S3::Bucket' with identifier 'x' already exists.".to_owned()),
            path: Some("/Resources/Images/Properties/BucketName".to_owned()),
            failure_mode: Some("FAIL".to_owned()),
        }),
    };
    seen(
        second + 5,
        Fact::OperationEventsSeen {
            stack_id: stack(),
            change_set: Some(change_set.to_owned()),
            events: vec![event],
        },
    )
}

fn hook_event(second: i64, status: &str, mode: &str) -> StackEvent {
    let mut event = own(second, "CREATE_IN_PROGRESS");
    event.event_id = format!("hook-{second}");
    event.logical_id = "Bucket".to_owned();
    event.physical_id = None;
    event.resource_type = "AWS::S3::Bucket".to_owned();
    event.extras.hook = Some(Box::new(HookInvocation {
        name: "Acme::Guard::Storage".to_owned(),
        status: Some(status.to_owned()),
        reason: Some("Hook failed with message: the following rule(s) failed: VERSIONING".to_owned()),
        failure_mode: Some(mode.to_owned()),
        invocation_id: Some("h1".to_owned()),
    }));
    event
}

fn hook_result(annotations: Vec<Annotation>) -> Recorded {
    let result = HookResult {
        id: "h1".to_owned(),
        stack_id: stack(),
        at: at(11),
        name: "Acme::Guard::Storage".to_owned(),
        status: Some("HOOK_COMPLETE_FAILED".to_owned()),
        reason: None,
        failure_mode: Some("FAIL".to_owned()),
        target: Some("Bucket".to_owned()),
        annotations,
    };
    seen(30, Fact::HookResultSeen { result })
}

fn replay(facts: &[Recorded]) -> Session {
    Session::replay(stack(), facts)
}

/// Operation, outcome and status of every attempt; attempt, logical id and event id of every root.
type Story = (Vec<(Operation, Outcome, String)>, Vec<(u32, String, String)>);

fn story(session: &Session) -> Story {
    let diagnosis = Diagnosis::of(session);
    let attempts = diagnosis
        .attempts
        .list()
        .iter()
        .map(|one| (one.operation, one.outcome, one.status.to_string()))
        .collect();
    let roots = diagnosis
        .roots()
        .map(|found| {
            let failure = &found.failure;
            (
                failure.attempt,
                failure.event.logical_id.clone(),
                failure.key.event_id.clone(),
            )
        })
        .collect();
    (attempts, roots)
}

#[test]
fn a_change_set_that_failed_is_an_attempt_of_its_own() {
    let update = vec![own(0, "UPDATE_IN_PROGRESS"), own(5, "UPDATE_COMPLETE")];
    let later = vec![own(200, "UPDATE_IN_PROGRESS"), own(220, "UPDATE_COMPLETE")];
    let failed = change_set(CHANGE_SET, ARN, 100, "FAILED", POINTER);
    let before = (
        Operation::Update,
        Outcome::Succeeded,
        "UPDATE_COMPLETE".to_owned(),
    );
    let own_attempt = (Operation::CreateChangeSet, Outcome::Failed, "FAILED".to_owned());
    let root = |attempt| vec![(attempt, "shop".to_owned(), CHANGE_SET.to_owned())];

    let facts = [events(update.clone()), failed.clone()];
    assert_eq!(
        story(&replay(&facts)),
        (vec![before.clone(), own_attempt.clone()], root(2))
    );

    let facts = [events(update), failed.clone(), events(later.clone())];
    let attempts = vec![before.clone(), own_attempt, before.clone()];
    assert_eq!(story(&replay(&facts)), (attempts, root(2)));

    let facts = [events(later), failed];
    let older = story(&replay(&facts));
    assert_eq!(
        older,
        (vec![before], Vec::new()),
        "older than everything that is known"
    );
}

#[test]
fn a_stack_made_for_a_change_set_that_failed_has_one_attempt() {
    let review = own(0, "REVIEW_IN_PROGRESS");
    let failed = change_set(CHANGE_SET, ARN, -1, "FAILED", POINTER);
    let again = change_set(
        "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/again/3",
        ARN,
        60,
        "CREATE_COMPLETE",
        "",
    );
    let created = vec![own(80, "CREATE_IN_PROGRESS"), own(90, "CREATE_COMPLETE")];
    let facts = [events(vec![review.clone()]), failed.clone()];
    let (attempts, roots) = story(&replay(&facts));
    assert_eq!(
        attempts,
        [(Operation::CreateChangeSet, Outcome::Failed, "FAILED".to_owned())]
    );
    assert_eq!(roots.len(), 1);

    let facts = [events(vec![review]), failed, again, events(created)];
    let (attempts, _) = story(&replay(&facts));
    let outcomes: Vec<_> = attempts.iter().map(|one| (one.0, one.1)).collect();
    assert_eq!(
        outcomes,
        [
            (Operation::CreateChangeSet, Outcome::Failed),
            (Operation::Create, Outcome::Succeeded)
        ]
    );
}

#[test]
fn a_change_set_with_nothing_to_change_has_not_failed() {
    for reason in [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ] {
        let facts = [
            events(vec![own(0, "UPDATE_IN_PROGRESS"), own(5, "UPDATE_COMPLETE")]),
            change_set(CHANGE_SET, ARN, 100, "FAILED", reason),
        ];
        let (attempts, roots) = story(&replay(&facts));
        assert_eq!((attempts.len(), roots.len()), (1, 0), "{reason}");
    }
}

#[test]
fn a_nested_change_set_is_the_root_and_the_one_above_follows() {
    let above = format!("Nested change set {NESTED} was not successfully created: Currently in FAILED.");
    let facts = [
        events(vec![own(0, "UPDATE_IN_PROGRESS"), own(5, "UPDATE_COMPLETE")]),
        change_set(CHANGE_SET, ARN, 100, "FAILED", &above),
        change_set(NESTED, CHILD, 102, "FAILED", POINTER),
    ];
    let session = replay(&facts);
    let diagnosis = Diagnosis::of(&session);
    let roles: Vec<_> = diagnosis
        .findings
        .iter()
        .map(|found| {
            let of = match &found.failure.role {
                Role::Root => None,
                Role::Cascade { of } => of.as_ref().map(|key| key.event_id.as_str()),
            };
            (found.failure.key.event_id.as_str(), found.failure.attempt, of)
        })
        .collect();
    assert_eq!(roles, [(CHANGE_SET, 2, Some(NESTED)), (NESTED, 2, None)]);
    assert_eq!(
        Attempts::of(&replay(&facts[..2])).list().len(),
        2,
        "the nested one is out of reach"
    );
    assert_eq!(story(&replay(&facts[..2])).1.len(), 1);
}

#[test]
fn what_validation_found_is_said_about_the_stack_and_the_resource() {
    let facts = [
        events(vec![own(0, "UPDATE_IN_PROGRESS"), own(5, "UPDATE_COMPLETE")]),
        change_set(CHANGE_SET, ARN, 100, "FAILED", POINTER),
        validation_events(CHANGE_SET, 107),
    ];
    let session = replay(&facts);
    let said: Vec<_> = session
        .statements()
        .map(|said| (said.logical_id.as_str(), said.text.as_str()))
        .collect();
    let words = "Images (AWS::S3::Bucket): AWS::EarlyValidation::ResourceExistenceCheck failed: Resource of type 'AWS::S3::Bucket' with identifier 'x' already exists. (at /Resources/Images/Properties/BucketName)";
    assert_eq!(said, [("Images", words), ("shop", words)]);
    let diagnosis = Diagnosis::of(&session);
    let root = diagnosis.roots().next().unwrap();
    assert_eq!(root.failure.failed_at(), at(107));
    let causes: Vec<_> = root.assessment.causes.iter().map(|cause| &cause.claim).collect();
    assert!(causes.iter().any(|claim| claim.contains(words)), "{causes:?}");
}

/// The operation that makes a change set, told of as a whole.
fn ended(change_set: &str, second: i64) -> Recorded {
    let mut told = validation_events(change_set, second);
    if let Fact::OperationEventsSeen { events, .. } = &mut told.fact {
        for event in events {
            event.event_id = "end".to_owned();
            event.event_type = Some("STACK_EVENT".to_owned());
            (event.logical_id, event.resource_type, event.validation) = (None, None, None);
        }
    }
    told
}

#[test]
fn a_change_set_ends_with_its_operation_and_not_with_what_was_last_found_wrong() {
    let begun = [
        events(vec![own(0, "UPDATE_IN_PROGRESS"), own(5, "UPDATE_COMPLETE")]),
        change_set(CHANGE_SET, ARN, 100, "FAILED", POINTER),
    ];
    for (told, end) in [
        (vec![], 100),
        (vec![validation_events(CHANGE_SET, 107)], 107),
        (
            vec![validation_events(CHANGE_SET, 107), ended(CHANGE_SET, 109)],
            109,
        ),
        (
            vec![ended(CHANGE_SET, 109), validation_events(CHANGE_SET, 107)],
            109,
        ),
        // Another one's end is none of this one's.
        (vec![validation_events(CHANGE_SET, 107), ended(NESTED, 120)], 107),
    ] {
        let facts: Vec<Recorded> = begun.iter().cloned().chain(told).collect();
        let diagnosis = Diagnosis::of(&replay(&facts));
        let attempt = diagnosis.attempts.last().unwrap();
        assert_eq!(attempt.ended_at, Some(at(end)));
        assert_eq!(diagnosis.roots().next().unwrap().failure.failed_at(), at(end));
    }
}

#[test]
fn what_only_points_to_the_checks_is_no_sure_cause_before_they_are_read() {
    let first = |facts: &[Recorded]| {
        let diagnosis = Diagnosis::of(&replay(facts));
        let root = diagnosis.roots().next().cloned().unwrap();
        root.assessment.causes
    };
    let mut facts = vec![
        events(vec![own(0, "UPDATE_IN_PROGRESS"), own(5, "UPDATE_COMPLETE")]),
        change_set(CHANGE_SET, ARN, 100, "FAILED", POINTER),
        ended(CHANGE_SET, 109),
    ];
    let pointing = first(&facts);
    assert_eq!(pointing.len(), 1, "{pointing:?}");
    assert_eq!(pointing[0].confidence, Confidence::Medium, "{pointing:?}");
    assert!(
        pointing[0]
            .claim
            .starts_with("CloudFormation says only: The following hook(s)/validation failed")
    );
    assert!(pointing[0].next_step.is_some());
    facts.push(validation_events(CHANGE_SET, 107));
    let found = first(&facts);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].confidence, Confidence::Certain);
    assert!(found[0].claim.contains("already exists"), "{found:?}");
    // A hook that says what it found is believed as before.
    let told =
        "The following hook(s) failed: [Acme::Guard] : Hook failed with message: the bucket is not encrypted";
    facts.truncate(1);
    facts.push(change_set(CHANGE_SET, ARN, 100, "FAILED", told));
    assert_eq!(first(&facts)[0].confidence, Confidence::High);
}

#[test]
fn a_hook_that_only_warns_says_nothing() {
    for (status, mode, expected) in [
        ("HOOK_COMPLETE_FAILED", "FAIL", 2),
        ("HOOK_FAILED", "FAIL", 2),
        ("HOOK_COMPLETE_FAILED", "WARN", 0),
        ("HOOK_COMPLETE_SUCCEEDED", "FAIL", 0),
        ("HOOK_IN_PROGRESS", "FAIL", 0),
    ] {
        let session = replay(&[events(vec![hook_event(10, status, mode)])]);
        assert_eq!(session.statements().count(), expected, "{status} {mode}");
    }
}

#[test]
fn a_hooks_rules_join_its_words() {
    let rule = |name: &str, status: &str| Annotation {
        name: name.to_owned(),
        status: status.to_owned(),
        message: Some("off".to_owned()),
        remediation: Some("switch it on".to_owned()),
        link: None,
        severity: (name == "VERSIONING").then(|| "CRITICAL".to_owned()),
    };
    let facts = [
        events(vec![hook_event(10, "HOOK_COMPLETE_FAILED", "FAIL")]),
        hook_result(vec![rule("VERSIONING", "FAILED"), rule("ENCRYPTION", "PASSED")]),
    ];
    let session = replay(&facts);
    let said = session
        .statements()
        .find(|said| said.logical_id == "Bucket")
        .unwrap();
    assert_eq!(
        said.text,
        "Acme::Guard::Storage failed: Hook failed with message: the following rule(s) failed: VERSIONING; rule VERSIONING (CRITICAL): off: switch it on"
    );
}

proptest! {
    #[test]
    fn the_order_of_facts_does_not_matter(order in proptest::collection::vec(any::<Index>(), 0..24)) {
        let facts = [
            events(vec![own(0, "UPDATE_IN_PROGRESS"), own(5, "UPDATE_COMPLETE")]),
            events(vec![hook_event(10, "HOOK_COMPLETE_FAILED", "FAIL")]),
            change_set(CHANGE_SET, ARN, 100, "CREATE_IN_PROGRESS", ""),
            change_set(CHANGE_SET, ARN, 100, "FAILED", POINTER),
            change_set(NESTED, CHILD, 102, "FAILED", POINTER),
            validation_events(CHANGE_SET, 107),
            hook_result(Vec::new()),
            hook_result(vec![Annotation { name: "A".to_owned(), status: "FAILED".to_owned(), ..Annotation::default() }]),
        ];
        let mut shuffled: Vec<Recorded> = order.iter().map(|index| index.get(&facts).clone()).collect();
        shuffled.extend(facts.iter().rev().cloned());
        let (one, other) = (replay(&facts), replay(&shuffled));
        prop_assert_eq!(Diagnosis::of(&one), Diagnosis::of(&other));
        let said = |session: &Session| session.statements().cloned().collect::<Vec<_>>();
        prop_assert_eq!(said(&one), said(&other));
    }
}

#[test]
fn what_a_hooks_rule_advises_is_the_next_step() {
    let mut failed = own(12, "CREATE_FAILED");
    failed.event_id = "bucket-failed".to_owned();
    failed.logical_id = "Bucket".to_owned();
    failed.physical_id = None;
    failed.resource_type = "AWS::S3::Bucket".to_owned();
    failed.reason = Some("The following hook(s) failed: [Acme::Guard::Storage]".to_owned());
    let stack_events = events(vec![
        own(0, "CREATE_IN_PROGRESS"),
        hook_event(11, "HOOK_COMPLETE_FAILED", "FAIL"),
        failed,
    ]);
    let rule = |name: &str, status: &str, remedy: Option<&str>| Annotation {
        name: name.to_owned(),
        status: status.to_owned(),
        remediation: remedy.map(str::to_owned),
        link: Some("https://example.com/rules".to_owned()),
        ..Annotation::default()
    };
    let advised = hook_result(vec![
        rule("ENCRYPTED", "PASSED", Some("never shown")),
        rule(
            "VERSIONING",
            "FAILED",
            Some("Set VersioningConfiguration.Status to Enabled"),
        ),
        rule("TAGS", "FAILED", None),
    ]);
    let template = |facts: &[Recorded]| {
        let diagnosis = Diagnosis::of(&replay(facts));
        let root = diagnosis.roots().next().cloned().unwrap();
        let cause = root.assessment.causes.first().cloned().unwrap();
        cause.next_step.and_then(|step| step.template).unwrap_or_default()
    };
    let before = template(std::slice::from_ref(&stack_events));
    assert!(!before.contains("VersioningConfiguration"), "{before}");
    assert_eq!(
        template(&[stack_events, advised]),
        "Set VersioningConfiguration.Status to Enabled (https://example.com/rules); meet rule TAGS (https://example.com/rules)"
    );
}
