use super::*;
use crate::domain::model::event::EventExtras;
use crate::domain::model::fact::{Fact, Recorded};

fn root() -> StackId {
    StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31").unwrap()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

/// An event of the stack itself, or of a queue in it.
fn event(second: i64, name: &str, status: &str, operation: Option<&str>) -> StackEvent {
    let own = name == "shop";
    let kind = if own {
        "AWS::CloudFormation::Stack"
    } else {
        "AWS::SQS::Queue"
    };
    StackEvent {
        stack_id: root(),
        event_id: format!("{name}-{status}-{second}"),
        at: at(second),
        logical_id: name.to_owned(),
        physical_id: own.then(|| root().to_string()),
        resource_type: kind.to_owned(),
        status: Status::new(status),
        reason: None,
        operation_id: operation.map(Into::into),
        extras: EventExtras::default(),
    }
}

fn attempts(events: impl IntoIterator<Item = StackEvent>) -> Attempts {
    let fact = Fact::StackEventsSeen {
        stack_id: root(),
        events: events.into_iter().collect(),
    };
    let seen = Recorded {
        observed_at: at(100),
        fact,
    };
    Attempts::of(&Session::replay(root(), &[seen]))
}

/// The beginnings are the same, and yet what is told after them belongs elsewhere.
#[test]
fn a_deletion_that_turns_out_to_have_waited_for_the_end_numbers_anew() {
    let begun = event(0, "shop", "UPDATE_IN_PROGRESS", None);
    let deleted = event(20, "shop", "DELETE_IN_PROGRESS", None);
    let late = event(25, "Orders", "UPDATE_COMPLETE", None);
    let cut_short = attempts([begun.clone(), deleted.clone()]);
    let ended = attempts([begun, event(10, "shop", "UPDATE_COMPLETE", None), deleted]);
    let starts = |attempts: &Attempts| -> Vec<_> {
        let list = attempts.list().iter();
        list.map(|attempt| (attempt.number, attempt.started_at)).collect()
    };
    assert_eq!(starts(&cut_short), starts(&ended));
    assert_eq!((cut_short.number_of(&late), ended.number_of(&late)), (1, 2));
    assert!(!cut_short.number_alike(&ended) && !ended.number_alike(&cut_short));
}

#[test]
fn what_only_goes_on_numbers_alike() {
    let begun = event(0, "shop", "UPDATE_IN_PROGRESS", Some("a"));
    let known = attempts([begun.clone()]);
    let further = attempts([
        begun,
        event(5, "Orders", "UPDATE_COMPLETE", None),
        event(10, "shop", "UPDATE_COMPLETE", Some("a")),
    ]);
    assert!(known.number_alike(&further));
}

/// Whatever part of a story is known, and whatever comes to it: no event has another number where it is said that none
/// has.
#[test]
fn those_that_number_alike_give_every_event_the_same_number() {
    let story = [
        event(0, "shop", "UPDATE_IN_PROGRESS", Some("a")),
        event(5, "shop", "UPDATE_ROLLBACK_IN_PROGRESS", Some("a")),
        event(10, "shop", "UPDATE_ROLLBACK_COMPLETE", Some("a")),
        event(12, "shop", "UPDATE_IN_PROGRESS", Some("b")),
        event(20, "shop", "DELETE_IN_PROGRESS", Some("c")),
        event(22, "shop", "DELETE_FAILED", Some("c")),
        event(30, "shop", "DELETE_IN_PROGRESS", None),
        event(8, "Orders", "UPDATE_FAILED", None),
        event(21, "Orders", "UPDATE_COMPLETE", Some("c")),
        event(31, "Orders", "DELETE_COMPLETE", None),
    ];
    let known = |parts: usize| {
        let known = story
            .iter()
            .enumerate()
            .filter(|(place, _)| parts >> place & 1 == 1);
        attempts(known.map(|(_, event)| event.clone()))
    };
    // The events of the resource begin nothing: seven bits are the stack's own.
    let all: Vec<Attempts> = (0..1 << 7).map(|own| known(own | 0b111 << 7)).collect();
    let mut alike = 0;
    for one in &all {
        for other in all.iter().filter(|other| one.number_alike(other)) {
            alike += 1;
            for event in &story {
                assert_eq!(one.number_of(event), other.number_of(event), "{}", event.event_id);
            }
        }
    }
    assert!(alike > all.len(), "not only each with itself: {alike}");
}

/// A listing may begin in the midst of a deployment: how long that took is not told then.
#[rstest::rstest]
#[case::whole(&["UPDATE_IN_PROGRESS", "UPDATE_FAILED"], Some(5))]
#[case::reviewed(&["REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_FAILED"], Some(5))]
#[case::from_its_rollback(&["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"], None)]
#[case::its_end_alone(&["DELETE_FAILED"], None)]
#[case::its_review_and_its_end(&["REVIEW_IN_PROGRESS", "CREATE_FAILED"], None)]
#[case::not_ended(&["UPDATE_IN_PROGRESS"], None)]
fn it_took_as_long_as_its_own_events_say(#[case] own: &[&str], #[case] seconds: Option<i64>) {
    let own = own
        .iter()
        .zip(0..)
        .map(|(status, at)| event(at * 5, "shop", status, None));
    let known = attempts(own);
    let took = known.list().first().and_then(Attempt::took);
    assert_eq!(took, seconds.map(TimeDelta::seconds));
}
