//! What an attempt waited for, and what lies beside a resource in time.

use std::collections::BTreeSet;

use super::*;
use crate::app::input::place::TreePlace;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::session::Session;

fn at(tenths: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000 + tenths * 100).unwrap()
}

fn stack(name: &str) -> StackId {
    let arn = format!("arn:aws:cloudformation:eu-west-1:1:stack/{name}/1f31");
    StackId::parse(&arn).unwrap()
}

/// When it began and ended in tenths of a second, as far as that is known, and whether it failed.
#[derive(Clone, Copy)]
struct Did {
    within: &'static str,
    name: &'static str,
    from: Option<i64>,
    to: Option<i64>,
    failed: bool,
}

fn did(name: &'static str, from: i64, to: impl Into<Option<i64>>) -> Did {
    Did {
        within: "shop",
        name,
        from: Some(from),
        to: to.into(),
        failed: false,
    }
}

fn event(did: &Did, number: usize, (tenths, status): (i64, &str)) -> StackEvent {
    let nested = did.name.starts_with("Nested");
    let own = did.name == did.within;
    StackEvent {
        stack_id: stack(did.within),
        event_id: format!("{}-{}-{number}", did.within, did.name),
        at: at(tenths),
        logical_id: did.name.to_owned(),
        physical_id: match (own, nested) {
            (true, _) => Some(stack(did.within).to_string()),
            (false, true) => Some(stack(did.name).to_string()),
            (false, false) => None,
        },
        resource_type: if own || nested {
            "AWS::CloudFormation::Stack"
        } else {
            "AWS::SNS::Topic"
        }
        .to_owned(),
        status: Status::new(status),
        reason: did.failed.then(|| "Name is taken".to_owned()),
        operation_id: None,
        extras: EventExtras::default(),
    }
}

/// A stack's creation: its resources, and where there are any its nested stacks' own.
fn created(all: &[Did]) -> (Tree, Diagnosis) {
    let mut stacks: BTreeSet<&str> = all.iter().map(|did| did.within).collect();
    stacks.insert("shop");
    let mut facts = Vec::new();
    for name in stacks {
        let own = Did {
            within: name,
            ..did(name, 0, None)
        };
        let mut events = vec![event(&own, 0, (0, "CREATE_IN_PROGRESS"))];
        for did in all.iter().filter(|did| did.within == name) {
            let end = if did.failed {
                "CREATE_FAILED"
            } else {
                "CREATE_COMPLETE"
            };
            events.extend(did.from.map(|from| event(did, 0, (from, "CREATE_IN_PROGRESS"))));
            events.extend(did.to.map(|to| event(did, 1, (to, end))));
        }
        facts.push(Recorded {
            observed_at: at(100_000),
            fact: Fact::StackEventsSeen {
                stack_id: stack(name),
                events,
            },
        });
    }
    let session = Session::replay_owned(stack("shop"), facts);
    let diagnosis = Diagnosis::of(&session);
    let mut tree = Tree::default();
    let attempt = diagnosis.attempts.list().last().cloned();
    tree.arrange(&session, &diagnosis, attempt.as_ref(), &TreePlace::default());
    (tree, diagnosis)
}

fn path(all: &[Did]) -> Vec<String> {
    let (tree, _) = created(all);
    let named = tree.critical_path().into_iter().filter_map(|key| match key {
        RowKey::Resource(_, logical) => Some(logical),
        RowKey::Stack(_) => None,
    });
    let sorted: BTreeSet<String> = named.collect();
    sorted.into_iter().collect()
}

fn beside(all: &[Did], name: &str) -> (Option<String>, Vec<String>) {
    let (tree, diagnosis) = created(all);
    let key = RowKey::Resource(stack("shop"), name.to_owned());
    let found = tree.neighbours(&key, &diagnosis);
    let after = found
        .after
        .into_iter()
        .map(|row| String::from(row.name))
        .collect();
    (found.before.map(|row| row.name.into()), after)
}

#[test]
fn it_goes_back_from_what_ended_last_to_the_beginning() {
    let all = [
        did("A", 10, 50),
        did("B", 10, 30),
        did("C", 51, 100),
        did("D", 31, 60),
    ];
    assert_eq!(path(&all), ["A", "C"]);
}

#[test]
fn nothing_waits_for_what_overlaps_it() {
    let all = [did("A", 10, 50), did("B", 40, 100)];
    assert_eq!(path(&all), ["B"]);
    assert_eq!(path(&[]), Vec::<String>::new());
}

#[test]
fn of_those_that_ended_together_it_takes_one_and_always_the_same() {
    let all = [did("A", 10, 50), did("B", 10, 50), did("C", 50, 90)];
    assert_eq!(path(&all), ["A", "C"]);
    let turned = [did("B", 10, 50), did("A", 10, 50), did("C", 50, 90)];
    assert_eq!(path(&turned).len(), 2);
    // At the end, too.
    let ends = [did("A", 10, 90), did("B", 20, 90)];
    assert_eq!(path(&ends).len(), 1);
}

#[test]
fn what_still_runs_is_what_is_waited_for() {
    let all = [did("A", 10, 50), did("B", 51, None), did("C", 10, 400)];
    assert_eq!(path(&all), ["A", "B"]);
}

#[test]
fn the_first_failure_is_its_end_whatever_ran_on() {
    let failed = Did {
        failed: true,
        ..did("B", 51, 60)
    };
    let all = [did("A", 10, 50), failed, did("C", 10, 900), did("D", 52, 901)];
    assert_eq!(path(&all), ["A", "B"]);
}

#[test]
fn a_beginning_that_was_never_seen_breaks_nothing() {
    let unseen = Did {
        from: None,
        ..did("A", 0, 50)
    };
    let all = [unseen, did("B", 51, 100)];
    assert_eq!(path(&all), ["A", "B"]);
}

#[test]
fn a_clock_that_is_off_leads_in_no_circle() {
    // Each ends when or before it begins, and all at the same moment.
    let all = [
        did("A", 50, 50),
        did("B", 50, 50),
        did("C", 50, 40),
        did("D", 60, 50),
    ];
    assert!(!path(&all).is_empty());
    let ring = [did("A", 10, 20), did("B", 20, 10), did("C", 15, 15)];
    assert!(path(&ring).len() <= 3);
}

#[test]
fn it_goes_into_nested_stacks_and_out_again() {
    let inner = |name, from, to| Did {
        within: "Nested",
        ..did(name, from, to)
    };
    let all = [
        did("A", 10, 40),
        did("B", 10, 20),
        did("Nested", 41, 200),
        inner("X", 50, 120),
        inner("Y", 121, 190),
        inner("Z", 50, 60),
    ];
    assert_eq!(path(&all), ["A", "Nested", "X", "Y"]);
    // A failure inside is the end; the stack around it is on the way, too.
    let failed = Did {
        failed: true,
        ..inner("Z", 50, 60)
    };
    let all = [
        did("A", 10, 40),
        did("Nested", 41, 200),
        inner("X", 50, 120),
        failed,
    ];
    assert_eq!(path(&all), ["A", "Nested", "Z"]);
}

#[test]
fn what_began_as_soon_as_it_had_ended_came_after_it() {
    let all = [
        did("A", 10, 50),
        did("B", 50, 90),
        did("C", 80, 90),
        did("D", 81, 99),
        did("E", 49, 60),
    ];
    let (before, after) = beside(&all, "A");
    assert_eq!(before, None);
    assert_eq!(after, ["B", "C"], "within three seconds, and not before its end");
    assert_eq!(beside(&all, "B").0.as_deref(), Some("A"));
    assert_eq!(beside(&all, "E"), (None, vec!["C".to_owned(), "D".to_owned()]));
    assert_eq!(beside(&all, "Unheard"), (None, Vec::new()));
    let running = [did("A", 10, None), did("B", 11, 20)];
    assert_eq!(beside(&running, "A"), (None, Vec::new()));
}
