//! The archive on real files: what was appended comes back, whatever happens in between.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may fail loudly"
)]

mod any_order;
mod files;
mod several;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::domain::model::event::{HookInvocation, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::stack::StackId;
use stacktrail::ports::archive::{Archive, ArchiveError};

use crate::support::events;

fn stack(number: u8) -> StackId {
    let arn =
        format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-{number}/{number:04x}3113-b0f9");
    StackId::parse(&arn).unwrap()
}

fn moment(milliseconds: i64) -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::milliseconds(milliseconds)
}

fn event(stack_id: &StackId, number: i64, status: &str) -> StackEvent {
    events::event(
        stack_id,
        moment(number * 1000),
        &format!("Resource{number}"),
        status,
    )
    .id(format!("Resource{number}-{status}"))
    .physical(format!("resource-{number}"))
    .told()
}

fn page(stack_id: &StackId, at: i64, numbers: impl IntoIterator<Item = i64>) -> Recorded {
    let events = numbers
        .into_iter()
        .map(|number| event(stack_id, number, "CREATE_COMPLETE"));
    events::page(stack_id, moment(at), events)
}

fn own_event(stack_id: &StackId, number: i64, status: &str) -> Recorded {
    let own = events::event(stack_id, moment(number * 1000), stack_id.name(), status)
        .id(format!("Resource{number}-{status}"))
        .told();
    events::page(stack_id, moment(number * 1000 + 1), [own])
}

/// In memory where the system offers it: many small commits wait long for a real disk.
fn fast_directory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn open(directory: &Path) -> SqliteArchive {
    SqliteArchive::open(directory, Open::ReadWrite).unwrap()
}

// ---------------------------------------------------------------- the journal

#[test]
fn the_journal_keeps_its_order_and_the_moments_of_sight() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let journal = vec![
        page(&root, 100, [3, 2, 1]),
        Recorded {
            observed_at: moment(90),
            fact: Fact::StackGone {
                stack_id: root.clone(),
            },
        },
        page(&stack(1), 150, [1]),
        page(&root, 200, [4]),
    ];
    let mut archive = open(directory.path());
    archive.append(&root, &journal).unwrap();
    assert_eq!(archive.load(&root).unwrap(), journal);
    // Seen again later: nothing new but the moment of the last look.
    archive.append(&root, &[page(&root, 300, [1, 2, 3, 4])]).unwrap();
    let mut expected = journal;
    expected.push(Recorded {
        observed_at: moment(300),
        fact: Fact::StackRead {
            stack_id: root.clone(),
        },
    });
    assert_eq!(archive.load(&root).unwrap(), expected);
}

#[test]
fn an_event_seen_earlier_by_somebody_else_takes_the_earlier_moment() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut archive = open(directory.path());
    archive.append(&root, &[page(&root, 200, [1, 2])]).unwrap();
    archive.append(&root, &[page(&root, 100, [2])]).unwrap();
    let loaded = archive.load(&root).unwrap();
    assert_eq!(loaded, [page(&root, 200, [1]), page(&root, 100, [2])]);
}

#[test]
fn a_summary_follows_the_root_stacks_own_newest_event() {
    let directory = tempfile::tempdir().unwrap();
    let (root, nested) = (stack(0), stack(1));
    let mut archive = open(directory.path());
    archive
        .append(&root, &[own_event(&root, 5, "UPDATE_COMPLETE")])
        .unwrap();
    archive
        .append(&root, &[own_event(&root, 2, "UPDATE_IN_PROGRESS")])
        .unwrap();
    archive
        .append(&root, &[own_event(&nested, 9, "DELETE_COMPLETE")])
        .unwrap();
    let summary = archive.sessions().unwrap().remove(0);
    assert_eq!(summary.status.as_deref(), Some("UPDATE_COMPLETE"));
    assert_eq!((summary.events, summary.gone), (3, false));
    assert_eq!(
        (summary.first_seen, summary.last_seen),
        (moment(2001), moment(9001))
    );
    assert!(summary.bytes > 100);
}

#[test]
fn a_person_finds_a_session_by_arn_name_or_id() {
    let directory = tempfile::tempdir().unwrap();
    let mut archive = open(directory.path());
    let arn =
        |id: &str| StackId::parse(&format!("arn:aws:cloudformation:eu-west-1:1:stack/shop/{id}")).unwrap();
    let (old, new) = (arn("aaaa1111-b0f9"), arn("aaaa2222-b0f9"));
    archive.append(&new, &[page(&new, 900, [1])]).unwrap();
    archive.append(&old, &[page(&old, 100, [1])]).unwrap();
    assert_eq!(archive.find(" shop ").unwrap(), new);
    assert_eq!(archive.find(old.as_str()).unwrap(), old);
    assert_eq!(archive.find("AAAA1").unwrap(), old);
    let ambiguous = archive.find("aaaa").unwrap_err();
    assert!(matches!(&ambiguous, ArchiveError::Ambiguous { candidates, .. } if candidates == &[new, old]));
    assert!(
        ambiguous.to_string().contains("aaaa1111-b0f9 (shop)"),
        "{ambiguous}"
    );
    for unknown in [
        "",
        "aaa",
        "shop-2",
        "bbbb",
        "arn:aws:cloudformation:eu-west-1:1:stack/shop/x",
    ] {
        assert!(
            matches!(archive.find(unknown), Err(ArchiveError::NoSession { .. })),
            "{unknown}"
        );
    }
    assert!(matches!(
        archive.load(&stack(7)),
        Err(ArchiveError::NoSession { .. })
    ));
}

#[test]
fn rare_settings_of_an_event_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut rare = event(&root, 1, "CREATE_FAILED");
    rare.extras.settings = BTreeMap::from([("ServiceToken".to_owned(), "arn:aws:lambda".to_owned())]);
    rare.extras.hook = Some(Box::new(HookInvocation {
        name: "A::B::Hook".to_owned(),
        ..HookInvocation::default()
    }));
    rare.reason = Some("\0 lone \u{1b} and \u{202e} kept".to_owned());
    let seen = Recorded {
        observed_at: moment(1),
        fact: Fact::StackEventsSeen {
            stack_id: root.clone(),
            events: vec![rare],
        },
    };
    let mut archive = open(directory.path());
    archive.append(&root, std::slice::from_ref(&seen)).unwrap();
    assert_eq!(archive.load(&root).unwrap(), [seen]);
}
