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
