use super::*;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::source::SourceId;
use crate::domain::model::source::trail_backend::LOOKUP_EVENTS;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::{TrailAnswer, TrailRecord};

const REGION: &str = "eu-west-1";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn root() -> StackId {
    StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31").unwrap()
}

/// An answer at a second with records of these seconds.
fn answer(asked: i64, records: &[i64]) -> Recorded {
    let record = |second: &i64| {
        let raw = serde_json::json!({
            "eventName": "CreateTopic", "eventID": format!("record-{second}"), "eventTime": at(*second).to_rfc3339(),
        });
        TrailRecord::read(&raw.to_string()).unwrap()
    };
    let fact = Fact::TrailSearched {
        answer: TrailAnswer {
            search: TrailSearch {
                region: REGION.to_owned(),
                attribute: None,
                from: at(0),
                to: at(100),
            },
            records: records.iter().map(record).collect(),
            complete: true,
            calls: 1,
            source: SourceId::CLOUDTRAIL,
        },
    };
    Recorded {
        observed_at: at(asked),
        fact,
    }
}

fn known(seen: i64, delays: &[u32]) -> Recorded {
    Recorded {
        observed_at: at(seen),
        fact: Fact::TrailDelaysKnown {
            region: REGION.to_owned(),
            delays: delays.to_vec(),
        },
    }
}

/// What is expected before anything was seen.
fn prior() -> DelayEstimate {
    DelayEstimate::prior(&LOOKUP_EVENTS.delivery)
}

fn estimate(facts: &[Recorded]) -> DelayEstimate {
    DelayEstimate::of(&Session::replay(root(), facts), REGION)
}

#[test]
fn without_sightings_the_prior_holds_and_does_not_say_here() {
    let untaught = estimate(&[]);
    assert_eq!(untaught, prior());
    assert_eq!(untaught.label(), "usually 2 to 15 min");
    assert_eq!(
        DelayEstimate::of(&Session::replay(root(), &[known(0, &[60])]), "us-east-1"),
        prior()
    );
}

#[test]
fn what_was_there_at_the_first_look_teaches_nothing() {
    assert_eq!(estimate(&[answer(3_000, &[10, 20])]), prior());
    let later = estimate(&[answer(60, &[]), answer(190, &[10])]);
    assert_eq!(later.learned_from, 1);
    assert!(later.typical < prior().typical, "{later:?}");
}

/// The same record, told by a queue (or by whatever else is no search of this trail).
fn told_by(source: &SourceId, told: i64, records: &[i64]) -> Recorded {
    let mut told = answer(told, records);
    if let Fact::TrailSearched { answer } = &mut told.fact {
        answer.source = source.clone();
    }
    told
}

/// What would tempt it: a queue that tells of a call within seconds, just when the trail is searched again or shortly before,
/// and brings it before the trail does; a log group that has it sooner.
#[test]
fn what_another_way_brought_sooner_does_not_shorten_the_wait_for_this_one() {
    for source in [SourceId::QUEUE, SourceId::TRAIL_LOGS, SourceId::TRAIL_INSIGHTS] {
        for told in [8, 29, 30] {
            let facts = [
                answer(20, &[]),
                answer(30, &[]),
                told_by(&source, told, &[5]),
                answer(400, &[5]),
            ];
            assert_eq!(estimate(&facts), prior(), "{source} at {told}");
            let mut backwards = facts.to_vec();
            backwards.reverse();
            assert_eq!(
                estimate(&backwards),
                prior(),
                "{source} at {told}, in another order"
            );
        }
    }
    // What the trail itself brought first teaches, whoever told it afterwards.
    let facts = [
        answer(20, &[]),
        answer(130, &[5]),
        told_by(&SourceId::QUEUE, 140, &[5]),
    ];
    assert_eq!(estimate(&facts).learned_from, 1);
}

#[test]
fn earlier_sessions_teach_from_the_beginning_and_the_prior_fades() {
    let few = estimate(&[known(0, &[130; 2])]);
    let many = estimate(&[known(0, &[130; 200])]);
    assert!(
        few.latest < prior().latest && many.latest < few.latest,
        "{few:?} {many:?}"
    );
    assert_eq!(many.label(), "usually 2 min here");
    assert_eq!(few.learned_from, 2);
    let both = estimate(&[known(0, &[130; 2]), answer(60, &[]), answer(190, &[10])]);
    assert_eq!(both.learned_from, 3, "its own sightings count as well");
}

#[test]
fn the_newest_look_up_holds_in_any_order() {
    let facts = [known(0, &[60; 9]), known(50, &[240; 9]), known(50, &[200; 9])];
    let mut backwards = facts.to_vec();
    backwards.reverse();
    assert_eq!(estimate(&facts), estimate(&backwards));
    assert_eq!(estimate(&facts), estimate(&[known(50, &[240; 9])]));
}

#[test]
fn delays_that_cannot_be_are_left_out() {
    assert_eq!(
        DelayEstimate::learned(
            &[TimeDelta::seconds(-5), TimeDelta::days(400)],
            &LOOKUP_EVENTS.delivery
        ),
        prior()
    );
}

/// The stack's first event, seen at that second: the watch began.
fn watched_since(second: i64) -> Recorded {
    let event = serde_json::json!({
        "observed_at": at(second), "kind": "stack_events_seen", "stack_id": root().as_str(),
        "events": [{
            "stack_id": root().as_str(), "event_id": "one", "at": at(second), "logical_id": "shop",
            "physical_id": root().as_str(), "resource_type": "AWS::CloudFormation::Stack", "status": "CREATE_IN_PROGRESS",
        }],
    });
    serde_json::from_value(event).unwrap()
}

/// What a queue told at a second of calls of these seconds.
fn pushed(told: i64, calls: &[i64]) -> Recorded {
    let mut told = told_by(&SourceId::QUEUE, told, calls);
    if let Fact::TrailSearched { answer } = &mut told.fact {
        for record in &mut answer.records {
            REGION.clone_into(&mut record.region);
        }
    }
    told
}

fn pushed_before(delays: &[u32]) -> Recorded {
    Recorded {
        observed_at: at(0),
        fact: Fact::PushedDelaysKnown {
            region: REGION.to_owned(),
            delays: delays.to_vec(),
        },
    }
}

fn pushed_wait(facts: &[Recorded]) -> DeliveryWait {
    DeliveryWait::of(&Session::replay(root(), facts), REGION, at(100))
}

#[test]
fn the_countdown_is_a_queues_once_it_was_seen_at_work_and_the_trails_again_behind_it() {
    let facts = [
        watched_since(0),
        pushed(20, &[10]),
        pushed(32, &[20]),
        pushed(60, &[30]),
    ];
    let wait = pushed_wait(&facts);
    assert_eq!(wait.expected(at(101)), at(112));
    assert_eq!(wait.left(at(101)), Some(TimeDelta::seconds(11)));
    assert!(wait.is_pushed(at(129)) && wait.left(at(129)).is_none());
    assert!(!wait.is_pushed(at(130)), "nothing was seen to take longer");
    assert_eq!(wait.expected(at(130)), at(400));
    // When and how long the trail is asked is not changed by it.
    let without = pushed_wait(&[watched_since(0)]);
    assert_eq!(DeliveryWait { pushed: None, ..wait }, without);
    // Earlier sessions teach the same.
    let earlier = pushed_wait(&[pushed_before(&[10, 12, 30])]);
    assert_eq!(earlier.pushed, wait.pushed);
    assert_eq!(
        pushed::estimate(&Session::replay(root(), &[pushed_before(&[10, 12, 30])]), REGION)
            .map(|one| one.label()),
        Some("usually 10 to 30 s here".to_owned())
    );
}

/// What would tempt it.
#[test]
fn a_queue_that_was_not_seen_at_work_shortens_nothing() {
    let began = watched_since(50);
    for (why, facts) in [
        (
            "two may be luck",
            vec![began.clone(), pushed(60, &[55]), pushed(70, &[60])],
        ),
        (
            "what lay in it when the watch began says nothing of how soon it comes",
            vec![began.clone(), pushed(51, &[10, 20, 30, 40])],
        ),
        (
            "what the trail had before it",
            vec![
                began.clone(),
                answer(52, &[]),
                answer(70, &[51, 52, 53]),
                pushed(71, &[51, 52, 53]),
            ],
        ),
        (
            "it is slower than the trail",
            vec![
                began.clone(),
                pushed(700, &[51]),
                pushed(800, &[52]),
                pushed(900, &[53]),
            ],
        ),
        (
            "another region's",
            vec![began, told_by(&SourceId::QUEUE, 60, &[51, 52, 53])],
        ),
        ("of the trail", vec![known(0, &[10, 11, 12])]),
    ] {
        assert_eq!(pushed_wait(&facts).pushed, None, "{why}");
    }
}

#[test]
fn what_a_queue_told_earlier_teaches_nothing_of_the_trail() {
    assert_eq!(estimate(&[pushed_before(&[5; 50])]), prior());
}
