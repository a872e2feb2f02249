//! Events that say something else when they are seen again, and what an older version stored by mistake.

use chrono::TimeDelta;

use super::*;
use crate::domain::model::event::EventExtras;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::session::Session;

fn stack() -> StackId {
    StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31").unwrap()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn event(id: &str, logical_id: &str, status: &str, second: i64) -> StackEvent {
    StackEvent {
        stack_id: stack(),
        event_id: id.to_owned(),
        at: at(second),
        logical_id: logical_id.to_owned(),
        physical_id: None,
        resource_type: "AWS::SNS::Topic".to_owned(),
        status: Status::new(status),
        reason: None,
        operation_id: None,
        extras: EventExtras::default(),
    }
}

fn seen(second: i64, events: &[StackEvent]) -> Recorded {
    Recorded {
        observed_at: at(second),
        fact: Fact::StackEventsSeen {
            stack_id: stack(),
            events: events.to_vec(),
        },
    }
}

/// All that a fold says of its events.
fn told(session: &Session) -> Vec<(StackEvent, DateTime<Utc>)> {
    let events = session.events();
    let pairs = events
        .iter()
        .map(|seen| ((*seen.event).clone(), seen.observed_at));
    pairs.collect()
}

fn orders<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = of.split_first() else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for order in orders(rest) {
        for place in 0..=order.len() {
            let mut longer = order.clone();
            longer.insert(place, first.clone());
            all.push(longer);
        }
    }
    all
}

#[test]
fn what_was_said_last_stands_whatever_the_order_and_the_first_sight_is_kept() {
    let wrong = event("b", "Topic", "CREATE_COMPLETE", 900);
    let right = event("b", "Topic", "CREATE_FAILED", 20);
    let facts = [
        seen(
            30,
            &[event("a", "Topic", "CREATE_IN_PROGRESS", 10), wrong.clone()],
        ),
        seen(31, std::slice::from_ref(&right)),
        seen(32, &[event("c", "Other", "CREATE_FAILED", 25)]),
        // Two programs: what one of them says at the same moment must not depend on who is heard first.
        seen(31, std::slice::from_ref(&wrong)),
        seen(33, std::slice::from_ref(&right)),
    ];
    let expected = told(&Session::replay(stack(), &facts));
    assert_eq!(expected.len(), 3);
    for order in orders(&facts) {
        let mut session = Session::replay(stack(), &order);
        assert_eq!(told(&session), expected);
        for again in &order {
            session.apply(again);
        }
        assert_eq!(told(&session), expected, "twice is once");
        let history = session.root_history().unwrap();
        assert_eq!(history.event("b").map(AsRef::as_ref), Some(&right));
        assert_eq!(history.superseded("b"), [Arc::new(wrong.clone())]);
        assert!(history.superseded("a").is_empty());
        // What is made of the events follows.
        let story: Vec<_> = history
            .story("Topic")
            .map(|event| event.status.to_string())
            .collect();
        assert_eq!(story, ["CREATE_IN_PROGRESS", "CREATE_FAILED"]);
    }
    let first_sight = expected.iter().find(|(event, _)| event.event_id == "b");
    assert_eq!(first_sight.map(|(_, at)| *at), Some(at(30)));
}

#[test]
fn a_corrected_status_of_the_stack_is_its_status() {
    let own = |status: &str, second| StackEvent {
        resource_type: STACK_TYPE.to_owned(),
        ..event("own", "shop", status, second)
    };
    let mut session = Session::replay(stack(), [&seen(5, &[own("CREATE_COMPLETE", 4)])]);
    session.apply(&seen(6, &[own("CREATE_FAILED", 4)]));
    let status = session.root_history().unwrap().status().unwrap();
    assert_eq!(status.as_str(), "CREATE_FAILED");
    assert_eq!(session.root_history().unwrap().corrections(), 1);
}

#[test]
fn what_an_older_version_took_out_of_a_damaged_answer_is_never_seen() {
    let mut nameless = event("", "Topic", "CREATE_FAILED", 3);
    nameless.resource_type = STACK_TYPE.to_owned();
    let mut timeless = event("late", "Topic", "CREATE_FAILED", 0);
    timeless.at = DateTime::UNIX_EPOCH;
    let mut endless = event("end", "Topic", "CREATE_FAILED", 0);
    endless.at = DateTime::<Utc>::MAX_UTC;
    let poisoned = seen(5, &[nameless, timeless, endless]);
    let truth = seen(6, &[event("late", "Topic", "CREATE_FAILED", 2)]);
    for facts in [[&poisoned, &truth], [&truth, &poisoned]] {
        let session = Session::replay(stack(), facts);
        let told = told(&session);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].0.at, told[0].1), (at(2), at(6)));
        assert!(session.root_history().unwrap().superseded("late").is_empty());
    }
}

#[test]
fn a_moment_at_the_end_of_the_calendar_can_be_counted_from() {
    for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let fact = Recorded {
            observed_at: end,
            ..seen(0, &[event("a", "Topic", "CREATE_FAILED", 0)])
        };
        let session = Session::replay(stack(), [&fact]);
        let last = session.last_seen().unwrap();
        assert!(last.checked_add_signed(TimeDelta::days(1)).is_some());
        assert!(last.checked_sub_signed(TimeDelta::days(1)).is_some());
    }
}
