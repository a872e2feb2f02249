//! Events that say something else when they are seen again: both are kept, and the last word stands.

use chrono::{DateTime, Utc};
use tempfile::TempDir;

use super::{Open, SqliteArchive};
use crate::domain::event::{EventExtras, STACK_TYPE, StackEvent};
use crate::domain::fact::{Fact, Recorded};
use crate::domain::session::Session;
use crate::domain::stack::StackId;
use crate::domain::status::Status;
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
