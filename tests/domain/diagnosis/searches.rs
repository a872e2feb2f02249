//! The plan as it is carried out: how many calls, in what order, and when it stops.

use chrono::TimeDelta;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::plan;
use stacktrail::domain::investigate::progress::InvestigationState;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::fault::{Fault, FaultKind};

use crate::diagnosis::trail::{Trail, carry_out};
use crate::diagnosis::truth::denied_create_bucket;
use crate::support::story::{Call, ROLE, Story, at, denied_custom_resource, finding, stack_id};

#[test]
fn watching_finds_the_record_soon_after_it_comes_with_few_calls() {
    for minutes in [0, 1, 2, 4, 6, 9, 14, 19] {
        let mut trail = Trail::new(vec![denied_create_bucket().record()], minutes);
        let (_, found) = carry_out(&denied_custom_resource(), &mut trail, 14, "Setup");
        let found = found.unwrap_or_else(|| panic!("not found at {minutes} minutes"));
        assert!(trail.calls <= 12, "{minutes}: {}", trail.calls);
        assert!(found >= at(12) + trail.delay);
    }
}

#[test]
fn looking_afterwards_asks_once_and_stops_at_the_truth() {
    let mut there = Trail::new(vec![denied_create_bucket().record()], 2);
    let (_, found) = carry_out(&denied_custom_resource(), &mut there, 7_000, "Setup");
    assert!(found.is_some());
    assert_eq!(there.calls, 1);
}

#[test]
fn nothing_recorded_ends_quietly_with_few_calls() {
    for from in [14, 7_000] {
        let mut none = Trail::new(Vec::new(), 2);
        let (session, found) = carry_out(&denied_custom_resource(), &mut none, from, "Setup");
        assert_eq!(found, None);
        // Nothing explains it, so that it was walked back, too: the role and the function.
        assert!(none.calls <= 16, "{from}: {}", none.calls);
        let diagnosis = Diagnosis::of(&session);
        let setup = finding(&diagnosis, "Setup");
        let end = at(7_900);
        assert_eq!(
            diagnosis.standing(setup, &session, end).trail,
            InvestigationState::Nothing,
            "{from}"
        );
        assert!(setup.searches.iter().all(|state| state.answered.is_some()));
    }
}

#[test]
fn an_answer_given_under_a_clock_that_was_ahead_does_not_put_the_next_search_off() {
    let story = denied_custom_resource();
    let mut session = story.session();
    let diagnosis = Diagnosis::of(&session);
    let planned = diagnosis.plan.first().cloned().unwrap();
    let due = |session: &_, second| plan::due(session, &planned, planned.wait(session), at(second));
    let first = due(&session, 14);
    assert!(first.is_some());
    session.apply(&Recorded {
        observed_at: at(86_400),
        fact: Fact::TrailSearched {
            answer: Trail::new(Vec::new(), 0).answer(&planned.search, 1, at(14)),
        },
    });
    assert_eq!(due(&session, 14), first, "the clock was set back by a day");
    assert_eq!(due(&session, 86_401), None, "it was not");
}

fn hidden() -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Instance", "AWS::Connect::Instance", ""), "CREATE_IN_PROGRESS", "")
        .event(9.0, ("Instance", "AWS::Connect::Instance", ""), "CREATE_FAILED", "Resource handler returned message: \"Creating instance failed due to internal failure, please retry.\"  (HandlerErrorCode: null)");
    story
}

fn hidden_call() -> Call {
    Call::by_cloudformation(7, "iam:CreateServiceLinkedRole")
        .region("us-east-1")
        .denied(
            "arn:aws:iam::123456789012:role/aws-service-role/connect.amazonaws.com/X",
            " with an explicit deny in a service control policy",
        )
        .id("hidden")
}

#[test]
fn a_denial_in_the_global_region_is_found_in_a_busy_account() {
    let mut records = vec![hidden_call().record()];
    for number in 0..600_i64 {
        let busy =
            Call::by_cloudformation(-60 + number / 4, "ec2:DescribeSubnets").id(&format!("busy-{number}"));
        records.push(busy.record());
        records.push(
            busy.clone()
                .region("us-east-1")
                .id(&format!("global-{number}"))
                .record(),
        );
    }
    for minutes in [3, 6, 11] {
        let mut busy = Trail::new(records.clone(), minutes);
        let (_, found) = carry_out(&hidden(), &mut busy, 10, "Instance");
        assert!(found.is_some(), "{minutes}");
        assert!(busy.calls <= 40, "{minutes}: {}", busy.calls);
        let mut quiet = Trail::new(vec![hidden_call().record()], minutes);
        assert!(
            carry_out(&hidden(), &mut quiet, 10, "Instance").1.is_some(),
            "{minutes}"
        );
        assert!(quiet.calls <= 12, "{minutes}: {}", quiet.calls);
    }
}

#[test]
fn a_stack_without_a_service_role_is_searched_by_service_and_by_its_caller() {
    let mut story = Story::new();
    story
        .described(None)
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Topic", "AWS::SNS::Topic", ""), "CREATE_IN_PROGRESS", "")
        .event(
            9.0,
            ("Topic", "AWS::SNS::Topic", ""),
            "CREATE_FAILED",
            "Internal Failure",
        );
    let mut call = Call::as_role(8, "dev", "alice", "sns:CreateTopic")
        .denied("*", "")
        .id("as-alice");
    call.by_cloudformation = true;
    let create = Call::as_role(0, "dev", "alice", "cloudformation:CreateStack")
        .request(serde_json::json!({"stackName": "shop-prod"}));
    let mut there = Trail::new(vec![call.record(), create.record()], 3);
    let (session, found) = carry_out(&story, &mut there, 10, "Topic");
    assert!(found.is_some());
    assert!(there.calls <= 12, "{}", there.calls);
    assert!(
        Diagnosis::of(&session).findings[0].assessment.causes[0]
            .claim
            .contains("role dev was denied sns:CreateTopic")
    );
}

#[test]
fn searches_are_shared_and_the_same_whenever_they_are_planned() {
    let mut story = hidden();
    for number in 0..30 {
        let name = format!("Topic{number}");
        story
            .event(2.0, (&name, "AWS::SNS::Topic", ""), "CREATE_IN_PROGRESS", "")
            .event(
                9.0 + f64::from(number) / 10.0,
                (&name, "AWS::SNS::Topic", ""),
                "CREATE_FAILED",
                "Internal Failure",
            );
    }
    let session = story.session();
    let diagnosis = Diagnosis::of(&session);
    let planned = diagnosis.plan;
    let serving: Vec<_> = planned.iter().filter(|one| !one.serves.is_empty()).collect();
    assert!(serving.len() <= 3, "{serving:?}");
    assert!(serving.iter().any(|one| one.serves.len() == 31));
    assert_eq!(planned, Diagnosis::of(&session).plan);
}

#[test]
fn a_denied_trail_says_so_and_a_standing_changes_with_time() {
    let mut story = denied_custom_resource();
    let session = story.session();
    let diagnosis = Diagnosis::of(&session);
    let setup = finding(&diagnosis, "Setup");
    let early = diagnosis.standing(setup, &session, at(20));
    assert_eq!(early.trail, InvestigationState::Waiting);
    assert_eq!(early.expected_at, Some(at(313) + TimeDelta::milliseconds(200)));
    assert_eq!(early.logs, InvestigationState::Searching);
    assert_eq!(
        diagnosis.standing(setup, &session, at(330)).trail,
        InvestigationState::Searching
    );
    let queue = finding(&diagnosis, "Queue");
    assert_eq!(
        diagnosis.standing(queue, &session, at(20)).trail,
        InvestigationState::NotNeeded
    );
    story.fact(
        50,
        Fact::SourceFailed {
            source: "cloudtrail".into(),
            region: "eu-west-1".into(),
            key: "any".into(),
            fault: Fault::new("cloudtrail:LookupEvents", FaultKind::Denied, "no"),
        },
    );
    let session = story.session();
    let diagnosis = Diagnosis::of(&session);
    let standing = diagnosis.standing(finding(&diagnosis, "Setup"), &session, at(60));
    assert_eq!(standing.trail, InvestigationState::Denied);
    assert_eq!(session.root(), &stack_id());
}
