use super::*;
use crate::domain::investigate::inquiry::AnyQuestion;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::model::trail::{TrailAttribute, TrailKey, TrailSearch};

const ROOT: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn session(facts: &[(i64, Fact)]) -> Session {
    let facts: Vec<Recorded> = facts
        .iter()
        .map(|(second, fact)| Recorded {
            observed_at: at(*second),
            fact: fact.clone(),
        })
        .collect();
    Session::replay(StackId::parse(ROOT).unwrap(), &facts)
}

/// A search of the trail; its key is given, and so is when it falls due.
fn search(key: &str, due: i64) -> Inquiry {
    Inquiry {
        key: key.to_owned(),
        source: "cloudtrail".into(),
        region: "eu-west-1".to_owned(),
        due: at(due),
        priority: 0,
        question: AnyQuestion::new(TrailQuestion {
            search: TrailSearch {
                region: "eu-west-1".to_owned(),
                attribute: None,
                from: at(0),
                to: at(60),
            },
            max_pages: 1,
        }),
        why: String::new(),
        serves: Vec::new(),
    }
}

fn fault(key: &str, kind: FaultKind) -> Fact {
    Fact::SourceFailed {
        source: "cloudtrail".into(),
        region: "eu-west-1".to_owned(),
        key: key.to_owned(),
        fault: Fault::new("cloudtrail:LookupEvents", kind, "no"),
    }
}

/// What is left of these, with the seconds at which they are due.
fn left(once: &mut Once, inquiries: &[Inquiry], session: &Session, now: i64) -> Vec<(String, i64)> {
    let left = once.filter(inquiries.to_vec(), session, at(now));
    let of = |inquiry: Inquiry| (inquiry.key, (inquiry.due - at(0)).num_seconds());
    left.into_iter().map(of).collect()
}

#[test]
fn what_falls_due_later_is_not_waited_for() {
    let mut once = Once::default();
    let inquiries = [search("now", 100), search("later", 101), search("early", 5)];
    let asked = left(&mut once, &inquiries, &session(&[]), 100);
    assert_eq!(asked, [("now".to_owned(), 100), ("early".to_owned(), 100)]);
}

#[test]
fn where_awss_clock_is_ahead_its_present_counts() {
    let event = StackEvent {
        stack_id: StackId::parse(ROOT).unwrap(),
        event_id: "e".to_owned(),
        at: at(130),
        logical_id: "shop".to_owned(),
        physical_id: Some(ROOT.to_owned()),
        resource_type: "AWS::CloudFormation::Stack".to_owned(),
        status: Status::new("CREATE_COMPLETE"),
        reason: None,
        operation_id: None,
        extras: EventExtras::default(),
    };
    let seen = Fact::StackEventsSeen {
        stack_id: event.stack_id.clone(),
        events: vec![event],
    };
    let asked = left(
        &mut Once::default(),
        &[search("a", 130), search("b", 131)],
        &session(&[(100, seen)]),
        100,
    );
    assert_eq!(asked, [("a".to_owned(), 100)]);
}

#[test]
fn nothing_that_was_answered_is_asked_again() {
    let mut once = Once::default();
    once.ask("a");
    assert!(left(&mut once, &[search("a", 0)], &session(&[]), 100).is_empty());
}

#[test]
fn a_call_that_may_work_is_tried_again_after_a_pause_and_not_for_ever() {
    let mut once = Once::default();
    let inquiry = [search("a", 0)];
    assert_eq!(left(&mut once, &inquiry, &session(&[]), 100).len(), 1);
    let mut facts = Vec::new();
    for (tries, expected) in [(1, Some(2)), (2, Some(4)), (3, Some(4)), (4, None)] {
        once.ask("a");
        let second = 100 + i64::from(tries);
        facts.push((second, fault("a", FaultKind::Throttled)));
        let again = left(&mut once, &inquiry, &session(&facts), second);
        let due = again.first().map(|(_, due)| due - second);
        assert_eq!(due, expected, "after {tries} tries");
    }
}

#[test]
fn a_denial_is_not_tried_again_and_ends_the_searches_of_the_region() {
    let mut once = Once::default();
    let inquiries = [search("a", 0), search("b", 0)];
    assert_eq!(left(&mut once, &inquiries, &session(&[]), 100).len(), 2);
    once.ask("a");
    let denied = session(&[(101, fault("a", FaultKind::Denied))]);
    assert!(left(&mut once, &inquiries, &denied, 102).is_empty());
    let mut elsewhere = search("c", 0);
    elsewhere.region = "us-east-1".to_owned();
    assert_eq!(left(&mut once, &[elsewhere], &denied, 102).len(), 1);
}

#[test]
fn trouble_of_an_earlier_run_keeps_nothing_from_being_asked() {
    let earlier = session(&[(99, fault("a", FaultKind::Denied))]);
    assert_eq!(
        left(&mut Once::default(), &[search("a", 0)], &earlier, 100).len(),
        1
    );
}

#[test]
fn a_source_that_fails_again_and_again_is_left_alone() {
    let mut once = Once::default();
    assert_eq!(left(&mut once, &[search("z", 0)], &session(&[]), 100).len(), 1);
    let facts: Vec<(i64, Fact)> = (0_i64..6)
        .map(|number| (101 + number, fault(&format!("k{number}"), FaultKind::Service)))
        .collect();
    assert_eq!(
        left(&mut once, &[search("z", 0)], &session(&facts[..5]), 110).len(),
        1
    );
    assert!(left(&mut once, &[search("z", 0)], &session(&facts), 110).is_empty());
}

/// A search for who made a call, which may have been made until second 60.
fn for_call(key: &str, name: &str) -> Inquiry {
    let mut inquiry = search(key, 10_000);
    let search = TrailSearch {
        region: "eu-west-1".to_owned(),
        attribute: Some(TrailAttribute {
            key: TrailKey::EventName,
            value: name.to_owned(),
        }),
        from: at(0),
        to: at(60),
    };
    inquiry.question = AnyQuestion::new(TrailQuestion { search, max_pages: 1 });
    inquiry
}

#[test]
fn who_called_on_the_stack_is_asked_once_as_soon_as_the_trail_may_tell() {
    let inquiries = [for_call("deleted", "DeleteStack"), for_call("key", "DisableKey")];
    let session = session(&[]);
    let prior = session.sources().trail().delivery.earliest.num_seconds();
    let mut once = Once::default();
    assert_eq!(left(&mut once, &inquiries, &session, 60 + prior - 1), []);
    let now = 60 + prior;
    assert_eq!(
        left(&mut once, &inquiries, &session, now),
        [("deleted".to_owned(), now)],
        "nothing else is asked before its time"
    );
    once.ask("deleted");
    assert_eq!(left(&mut once, &inquiries, &session, now + 1), []);
    // What is due comes first, and trouble with the trail ends it.
    let mut once = Once::default();
    let with_due = [search("due", 5), for_call("deleted", "DeleteStack")];
    assert_eq!(
        left(&mut once, &with_due, &session, now),
        [("due".to_owned(), now)]
    );
    once.ask("due");
    let troubled = self::session(&[(now + 1, fault("due", FaultKind::Throttled))]);
    assert_eq!(left(&mut once, &inquiries, &troubled, now + 2), []);
}
