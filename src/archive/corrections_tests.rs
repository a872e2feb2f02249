//! Events that say something else when they are seen again: both are kept, and the last word stands.

use chrono::{DateTime, Utc};
use tempfile::TempDir;

use super::{Open, SqliteArchive};
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::stack::{StackDescription, StackId};
use crate::domain::model::status::Status;
use crate::domain::session::Session;
use crate::ports::Archive as _;

fn stack() -> StackId {
    StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31").unwrap()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

/// The stack's own event.
fn own(status: &str, second: i64) -> StackEvent {
    StackEvent {
        stack_id: stack(),
        event_id: "own".to_owned(),
        at: at(second),
        logical_id: "shop".to_owned(),
        physical_id: Some(stack().to_string()),
        resource_type: STACK_TYPE.to_owned(),
        status: Status::new(status),
        reason: Some(format!("the reason of {status}")),
        operation_id: None,
        extras: EventExtras::default(),
    }
}

fn seen(second: i64, event: StackEvent) -> Recorded {
    Recorded {
        observed_at: at(second),
        fact: Fact::StackEventsSeen {
            stack_id: stack(),
            events: vec![event],
        },
    }
}

fn fold(facts: &[Recorded]) -> (Vec<StackEvent>, Vec<StackEvent>) {
    let session = Session::replay(stack(), facts);
    let history = session.root_history().unwrap();
    let events = history.events().iter().map(|seen| (*seen.event).clone());
    let superseded = history.superseded("own").iter().map(|event| (**event).clone());
    (events.collect(), superseded.collect())
}

#[test]
fn both_are_kept_and_the_last_word_stands_whatever_came_first() {
    let wrong = seen(5, own("CREATE_COMPLETE", 900));
    let right = seen(6, own("CREATE_FAILED", 4));
    for facts in [
        vec![wrong.clone(), right.clone()],
        vec![right.clone(), wrong.clone()],
        vec![wrong.clone(), right.clone(), right, wrong],
    ] {
        let home = TempDir::new().unwrap();
        let mut archive = SqliteArchive::open(home.path(), Open::ReadWrite).unwrap();
        for fact in &facts {
            archive.append(&stack(), std::slice::from_ref(fact)).unwrap();
        }
        let (events, superseded) = fold(&archive.load(&stack()).unwrap());
        assert_eq!(events, [own("CREATE_FAILED", 4)]);
        assert_eq!(superseded, [own("CREATE_COMPLETE", 900)]);
        let listed = archive.sessions().unwrap().remove(0);
        assert_eq!(
            (listed.status.as_deref(), listed.events),
            (Some("CREATE_FAILED"), 1)
        );
        assert_eq!(archive.search("reason FAILED", 9).unwrap().len(), 1);
    }
}

#[test]
fn what_an_older_version_stored_by_mistake_gives_way_to_the_truth() {
    let home = TempDir::new().unwrap();
    let mut archive = SqliteArchive::open(home.path(), Open::ReadWrite).unwrap();
    let mut timeless = own("CREATE_COMPLETE", 0);
    timeless.at = DateTime::UNIX_EPOCH;
    archive.append(&stack(), &[seen(5, timeless)]).unwrap();
    archive
        .append(&stack(), &[seen(6, own("CREATE_FAILED", 4))])
        .unwrap();
    let (events, superseded) = fold(&archive.load(&stack()).unwrap());
    assert_eq!((events, superseded), (vec![own("CREATE_FAILED", 4)], Vec::new()));
    let listed = archive.sessions().unwrap().remove(0);
    assert_eq!(listed.status.as_deref(), Some("CREATE_FAILED"));
}

/// What a person sees of the session, whichever way it went into the archive.
fn told(archive: &SqliteArchive) -> (Vec<StackEvent>, Vec<StackEvent>, Option<String>) {
    let (events, mut superseded) = fold(&archive.load(&stack()).unwrap());
    superseded.sort_by_key(StackEvent::fingerprint);
    let listed = archive.sessions().unwrap().remove(0);
    (events, superseded, listed.status)
}

/// Every order of these.
fn orders<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in 0..of.len() {
        let mut rest = of.to_vec();
        let first = rest.remove(first);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}

#[test]
fn the_order_in_which_sights_come_changes_neither_the_last_word_nor_the_first_sight() {
    let (wrong, right) = (own("CREATE_COMPLETE", 900), own("CREATE_FAILED", 4));
    // Seen once more after it was told otherwise; told otherwise at the very same moment; told thrice.
    let again = [
        seen(5, right.clone()),
        seen(7, right.clone()),
        seen(6, wrong.clone()),
    ];
    let at_once = [seen(5, right.clone()), seen(5, wrong.clone())];
    let thrice = [seen(5, wrong), seen(6, own("DELETE_FAILED", 3)), seen(7, right)];
    for sights in [&again[..], &at_once[..], &thrice[..]] {
        let expected = fold(sights).0;
        for order in orders(sights) {
            let home = TempDir::new().unwrap();
            let mut archive = SqliteArchive::open(home.path(), Open::ReadWrite).unwrap();
            for sight in &order {
                archive.append(&stack(), std::slice::from_ref(sight)).unwrap();
            }
            let (events, superseded, status) = told(&archive);
            assert_eq!(events, expected, "{order:?}");
            assert_eq!(status.as_deref(), Some(expected[0].status.as_str()), "{order:?}");
            assert_eq!(
                superseded.len(),
                if sights.len() == 3 && sights[2] == thrice[2] {
                    2
                } else {
                    1
                }
            );
            let session = Session::replay(stack(), &archive.load(&stack()).unwrap());
            assert_eq!(session.root_history().unwrap().events()[0].observed_at, at(5));

            // Carried elsewhere it says the same, and so does what is carried on from there.
            let elsewhere = TempDir::new().unwrap();
            let mut other = SqliteArchive::open(elsewhere.path(), Open::ReadWrite).unwrap();
            let file = archive.export(&stack()).unwrap();
            other.import(&file).unwrap();
            assert_eq!(told(&other), (events, superseded, status));
            assert_eq!(other.export(&stack()).unwrap(), file, "{order:?}");
            assert_eq!(archive.search("reason", 9).unwrap().len(), 1);
        }
    }
}

#[test]
fn the_list_tells_the_status_that_was_described_after_the_newest_event_was_seen() {
    let described = |second| Recorded {
        observed_at: at(second),
        fact: Fact::StackDescribed {
            stack: StackDescription {
                id: stack(),
                status: Status::new("DELETE_COMPLETE"),
                status_reason: None,
                parent: None,
                root: None,
                role_arn: None,
                deployment_mode: None,
                created_at: None,
                deleted_at: None,
                outputs: None,
            },
        },
    };
    for second in [4, 5, 6] {
        let facts = [seen(5, own("CREATE_FAILED", 4)), described(second)];
        let home = TempDir::new().unwrap();
        let mut archive = SqliteArchive::open(home.path(), Open::ReadWrite).unwrap();
        archive.append(&stack(), &facts).unwrap();
        let session = Session::replay(stack(), &facts);
        let status = session
            .root_history()
            .unwrap()
            .status()
            .unwrap()
            .as_str()
            .to_owned();
        assert_eq!(
            status,
            if second > 5 {
                "DELETE_COMPLETE"
            } else {
                "CREATE_FAILED"
            }
        );
        assert_eq!(archive.sessions().unwrap().remove(0).status, Some(status));
    }
}

#[test]
fn the_truth_takes_the_place_of_what_is_no_event_whoever_wrote_that() {
    let home = TempDir::new().unwrap();
    let mut archive = SqliteArchive::open(home.path(), Open::ReadWrite).unwrap();
    archive
        .append(&stack(), &[seen(5, own("CREATE_COMPLETE", 2))])
        .unwrap();
    for poison in ["at = 0", "at = '8210266876799 0'"] {
        archive
            .connection
            .execute(&format!("UPDATE event SET {poison}"), [])
            .unwrap();
        archive
            .append(&stack(), &[seen(6, own("CREATE_FAILED", 4))])
            .unwrap();
        let (events, superseded, status) = told(&archive);
        assert_eq!((events, superseded), (vec![own("CREATE_FAILED", 4)], Vec::new()));
        assert_eq!(status.as_deref(), Some("CREATE_FAILED"));
    }
    assert!(archive.set_aside().unwrap()[0].contains("shop: 2 saved events are none"));
}
