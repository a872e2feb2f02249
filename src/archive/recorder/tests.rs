//! The recorder before archives that fail for a while, or for ever.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::channel;

use super::*;
use crate::archive::{Open, SqliteArchive};
use crate::ports::archive::{Hit, SessionSummary};

/// A real archive that fails as often as it is told to.
struct Failing {
    archive: SqliteArchive,
    /// How many appends fail from now on.
    failures: Arc<AtomicUsize>,
    passing: bool,
    /// Only facts of this stack fail, if given.
    only: Option<StackId>,
}

impl Archive for Failing {
    fn append(&mut self, root: &StackId, facts: &[Recorded]) -> Result<(), ArchiveError> {
        let concerned = self.only.as_ref().is_none_or(|only| only == root);
        let failing = concerned
            && self
                .failures
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok();
        if failing {
            return Err(ArchiveError::Storage {
                doing: "written",
                reason: "the disk is full".to_owned(),
                passing: self.passing,
            });
        }
        self.archive.append(root, facts)
    }

    fn load(&self, root: &StackId) -> Result<Vec<Recorded>, ArchiveError> {
        self.archive.load(root)
    }

    fn sessions(&self) -> Result<Vec<SessionSummary>, ArchiveError> {
        self.archive.sessions()
    }

    fn find(&self, wanted: &str) -> Result<StackId, ArchiveError> {
        self.archive.find(wanted)
    }

    fn search(&self, words: &str, most: usize) -> Result<Vec<Hit>, ArchiveError> {
        self.archive.search(words, most)
    }
}

fn stack(name: &str) -> StackId {
    StackId::parse(&format!("arn:aws:cloudformation:eu-west-1:1:stack/{name}/1f31")).unwrap()
}

fn gone(stack_id: &StackId, second: i64) -> Recorded {
    Recorded {
        observed_at: DateTime::<Utc>::from_timestamp(second, 0).unwrap(),
        fact: Fact::StackGone {
            stack_id: stack_id.clone(),
        },
    }
}

fn batch(root: &StackId, second: i64) -> Batch {
    Batch {
        root: root.clone(),
        facts: vec![gone(root, second)],
        ends: None,
    }
}

fn failing(directory: &Path, failures: usize) -> (Failing, Arc<AtomicUsize>) {
    let failures = Arc::new(AtomicUsize::new(failures));
    let archive = Failing {
        archive: SqliteArchive::open(directory, Open::ReadWrite).unwrap(),
        failures: Arc::clone(&failures),
        passing: true,
        only: None,
    };
    (archive, failures)
}

fn kept(directory: &Path, root: &StackId) -> Vec<Recorded> {
    let archive = SqliteArchive::open(directory, Open::ReadOnly).unwrap();
    archive.load(root).unwrap_or_default()
}

#[test]
fn facts_are_in_the_file_before_they_come_out() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack("shop");
    let archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    let (send, facts) = channel(8);
    let (out, mut saved) = channel(8);
    let recorder = Recorder::spawn(Box::new(archive), facts, out).unwrap();
    for second in 0..5 {
        send.blocking_send(batch(&root, second)).unwrap();
        let passed_on = saved.blocking_recv().unwrap();
        assert_eq!(*passed_on.facts, [gone(&root, second)]);
        assert_eq!(passed_on.state, SaveState::Saved);
        assert_eq!(kept(directory.path(), &root).last(), Some(&gone(&root, second)));
    }
    drop(send);
    assert_eq!(recorder.join(), SaveState::Saved);
}

#[test]
fn what_has_piled_up_goes_together_one_transaction_per_root() {
    let directory = tempfile::tempdir().unwrap();
    let (shop, blog) = (stack("shop"), stack("blog"));
    let archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    let (send, facts) = channel(8);
    let (out, mut saved) = channel(8);
    for (root, second) in [(&shop, 1), (&blog, 2), (&shop, 3)] {
        send.blocking_send(batch(root, second)).unwrap();
    }
    drop(send);
    let recorder = Recorder::spawn(Box::new(archive), facts, out).unwrap();
    let first = saved.blocking_recv().unwrap();
    assert_eq!((&first.root, first.facts.len()), (&shop, 2));
    let second = saved.blocking_recv().unwrap();
    assert_eq!((&second.root, second.facts.len()), (&blog, 1));
    assert_eq!(saved.blocking_recv(), None);
    assert_eq!(recorder.join(), SaveState::Saved);
}

#[test]
fn a_failing_archive_holds_nothing_up_and_gets_everything_later() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack("shop");
    let (archive, _) = failing(directory.path(), 2);
    let (send, facts) = channel(8);
    let (out, mut saved) = channel(8);
    let recorder = Recorder::spawn(Box::new(archive), facts, out).unwrap();
    for second in 0..3 {
        send.blocking_send(batch(&root, second)).unwrap();
    }
    let mut shown = Vec::new();
    let mut states = Vec::new();
    while states.last() != Some(&SaveState::Saved) {
        let passed_on = saved.blocking_recv().unwrap();
        shown.extend(passed_on.facts.iter().cloned());
        states.push(passed_on.state);
    }
    let expected: Vec<_> = (0..3).map(|second| gone(&root, second)).collect();
    assert_eq!(shown, expected);
    assert!(
        matches!(&states[0], SaveState::NotSaving { reason, pending } if reason.contains("the disk is full") && *pending > 0),
        "{states:?}"
    );
    assert_eq!(kept(directory.path(), &root), expected);
    drop(send);
    assert_eq!(recorder.join(), SaveState::Saved);
}

#[test]
fn what_waits_is_saved_at_the_end_even_if_nobody_listens() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack("shop");
    let (archive, _) = failing(directory.path(), 2);
    let (send, facts) = channel(8);
    let (out, saved) = channel(8);
    drop(saved);
    send.blocking_send(batch(&root, 1)).unwrap();
    drop(send);
    let recorder = Recorder::spawn(Box::new(archive), facts, out).unwrap();
    assert_eq!(recorder.join(), SaveState::Saved);
    assert_eq!(kept(directory.path(), &root), [gone(&root, 1)]);
}

#[test]
fn an_archive_that_never_works_is_told_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack("shop");
    let (archive, _) = failing(directory.path(), usize::MAX);
    let (send, facts) = channel(8);
    let (out, mut saved) = channel(8);
    send.blocking_send(batch(&root, 1)).unwrap();
    drop(send);
    let recorder = Recorder::spawn(Box::new(archive), facts, out).unwrap();
    assert_eq!(saved.blocking_recv().unwrap().facts.len(), 1);
    assert!(matches!(recorder.join(), SaveState::NotSaving { pending: 1, .. }));
}

#[test]
fn facts_that_the_archive_refuses_do_not_keep_others_from_being_saved() {
    let directory = tempfile::tempdir().unwrap();
    let (shop, blog) = (stack("shop"), stack("blog"));
    let (mut archive, _) = failing(directory.path(), usize::MAX);
    archive.passing = false;
    archive.only = Some(shop.clone());
    let (send, facts) = channel(8);
    let (out, mut saved) = channel(8);
    let recorder = Recorder::spawn(Box::new(archive), facts, out).unwrap();
    for root in [&shop, &blog] {
        send.blocking_send(batch(root, 1)).unwrap();
        let passed_on = saved.blocking_recv().unwrap();
        assert!(matches!(passed_on.state, SaveState::NotSaving { pending: 1, .. }));
    }
    assert_eq!(kept(directory.path(), &blog), [gone(&blog, 1)]);
    drop(send);
    recorder.join();
}

#[test]
fn a_locked_file_is_reported_and_saved_once_it_is_free() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack("shop");
    let archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    archive
        .connection
        .busy_timeout(Duration::from_millis(20))
        .unwrap();
    let locker = rusqlite::Connection::open(archive.path()).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (send, facts) = channel(8);
    let (out, mut saved) = channel(8);
    let recorder = Recorder::spawn(Box::new(archive), facts, out).unwrap();
    send.blocking_send(batch(&root, 1)).unwrap();
    let passed_on = saved.blocking_recv().unwrap();
    assert!(
        matches!(&passed_on.state, SaveState::NotSaving { reason, pending: 1 } if reason.contains("locked")),
        "{passed_on:?}"
    );
    locker.execute_batch("COMMIT").unwrap();
    assert_eq!(saved.blocking_recv().unwrap().state, SaveState::Saved);
    assert_eq!(kept(directory.path(), &root), [gone(&root, 1)]);
    drop(send);
    assert_eq!(recorder.join(), SaveState::Saved);
}

#[test]
fn a_full_disk_is_told_and_costs_nothing_once_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack("shop");
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    archive.append(&root, &[gone(&root, 0)]).unwrap();
    let set_room = |archive: &SqliteArchive, pages: i64| {
        archive
            .connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .unwrap();
    };
    set_room(&archive, 1);
    let many: Vec<_> = (1..3000).map(|second| gone(&root, second)).collect();
    let error = archive.append(&root, &many).unwrap_err();
    assert!(
        matches!(&error, ArchiveError::Storage { passing: true, reason, .. } if reason == "the disk is full"),
        "{error}"
    );
    assert_eq!(archive.load(&root).unwrap().len(), 1, "all or nothing");
    set_room(&archive, 1_000_000);
    archive.append(&root, &many).unwrap();
    assert_eq!(archive.load(&root).unwrap().len(), 3000);
}
