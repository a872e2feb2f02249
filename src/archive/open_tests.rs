//! Files of every older version, as they really are, brought up to date.

use std::path::Path;

use rusqlite::Connection;

use super::{FILE_NAME, Open, SqliteArchive, schema};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::ports::archive::{Archive as _, ArchiveError};

const ROOT: &str = "arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31";

/// A session with one event as version 1 wrote it. Later versions must go on reading it.
const CONTENT: &str = "
INSERT INTO session (id, root, first_seen, last_seen, events, status, status_at, status_rank, status_event)
VALUES (1, 'arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31', 1000000001, 1000000001, 1,
        'CREATE_COMPLETE', 1000000000, 3, 'e1');
INSERT INTO word (id, session, text) VALUES (1, 1, 'AWS::CloudFormation::Stack'), (2, 1, 'CREATE_COMPLETE');
INSERT INTO stack (id, session, arn) VALUES (1, 1, 'arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31');
INSERT INTO fact (seq, session, kind, observed_at, stack) VALUES (1, 1, 'events', 1000000001, 1);
INSERT INTO event (fact, position, stack, event_id, at, logical_id, resource_type, status, reason)
VALUES (1, 0, 1, 'e1', 1000000000, 'shop', 1, 2, 'User Initiated');
";

/// Makes a file of an older version.
fn older(directory: &Path, version: usize) -> Connection {
    let mut connection = Connection::open(directory.join(FILE_NAME)).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    schema::migrations().to_version(&mut connection, version).unwrap();
    connection.execute_batch(CONTENT).unwrap();
    connection
}

fn version(path: &Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

fn older_versions() -> std::ops::Range<usize> {
    1..usize::try_from(schema::newest()).unwrap()
}

fn assert_has_the_event(archive: &SqliteArchive) {
    let facts = archive.load(&StackId::parse(ROOT).unwrap()).unwrap();
    let [
        Recorded {
            fact: Fact::StackEventsSeen { events, .. },
            ..
        },
    ] = facts.as_slice()
    else {
        panic!("{facts:?}");
    };
    assert_eq!(events[0].reason.as_deref(), Some("User Initiated"));
    assert_eq!(events[0].status.as_str(), "CREATE_COMPLETE");
}

#[test]
fn every_older_file_is_copied_and_brought_up_to_date() {
    for mode in [Open::ReadWrite, Open::ReadOnly] {
        for old in older_versions() {
            let directory = tempfile::tempdir().unwrap();
            drop(older(directory.path(), old));
            // What an interrupted attempt left is in nobody's way.
            std::fs::write(directory.path().join("stacktrail.db.backup.part"), "half a copy").unwrap();
            let archive = SqliteArchive::open(directory.path(), mode).unwrap();
            assert_has_the_event(&archive);
            assert_eq!(version(archive.path()), schema::newest());
            let copy = directory
                .path()
                .join(format!("stacktrail.db.schema-{old}.backup"));
            assert_eq!(version(&copy), i64::try_from(old).unwrap());
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
            }
        }
    }
}

#[test]
fn a_file_that_another_program_makes_at_this_moment_is_seen_as_it_was_or_as_it_will_be() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let mut maker = Connection::open(&path).unwrap();
    super::open::set_up(&maker).unwrap();
    let reader = super::open::connect(&path, false).unwrap();
    let before = super::open::identity(&reader).unwrap();
    let seen = super::open::identity_seen(&reader, || super::open::migrate(&mut maker).unwrap()).unwrap();
    assert_eq!(seen, before);
    let after = super::open::identity(&reader).unwrap();
    assert_ne!(after, before);
    assert_eq!(after.version, schema::newest());
    assert!(
        matches!(super::open::examine(&path), Ok(super::open::Found::Version(version)) if version == schema::newest())
    );
}

#[test]
fn the_copy_holds_what_was_still_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let unclosed = older(directory.path(), 1);
    drop(SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap());
    drop(unclosed);
    let copy = Connection::open(directory.path().join("stacktrail.db.schema-1.backup")).unwrap();
    let events: i64 = copy
        .query_row("SELECT count(*) FROM event", [], |row| row.get(0))
        .unwrap();
    assert_eq!(events, 1);
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let connection = older(directory.path(), 1);
    connection
        .execute_batch("ALTER TABLE session ADD COLUMN pinned INTEGER")
        .unwrap();
    drop(connection);
    let error = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap_err();
    assert!(matches!(error, ArchiveError::Storage { .. }), "{error}");
    assert_eq!(version(&directory.path().join(FILE_NAME)), 1);
    let connection = Connection::open(directory.path().join(FILE_NAME)).unwrap();
    assert!(connection.prepare("SELECT name FROM session").is_err());
}

#[test]
fn a_session_is_named_noted_pinned_and_forgotten_without_a_trace() {
    let directory = tempfile::tempdir().unwrap();
    let root = StackId::parse(ROOT).unwrap();
    let secret = "s3kr1tinareason";
    let connection = older(directory.path(), 1);
    connection
        .execute("UPDATE event SET reason = ?1", [secret])
        .unwrap();
    drop(connection);
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    archive.rename(&root, Some("the big one")).unwrap();
    archive.annotate(&root, Some("see the incident page")).unwrap();
    archive.pin(&root, true).unwrap();
    assert_eq!(archive.find("the big one").unwrap(), root);
    let summary = archive.sessions().unwrap().remove(0);
    assert_eq!(summary.note.as_deref(), Some("see the incident page"));
    assert!(summary.pinned);

    let holds_the_secret = || {
        let files = std::fs::read_dir(directory.path()).unwrap();
        files
            .filter(|file| {
                let bytes = std::fs::read(file.as_ref().unwrap().path()).unwrap();
                bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes())
            })
            .count()
    };
    assert!(holds_the_secret() >= 2, "the file and the copy");
    assert_eq!(archive.search("s3kr1t shop", 9).unwrap().len(), 1);
    archive.forget(&root).unwrap();
    assert_eq!(holds_the_secret(), 0);
    assert_eq!(archive.sessions().unwrap(), []);
    for refused in [
        archive.forget(&root),
        archive.pin(&root, true),
        archive.rename(&root, None),
    ] {
        assert!(matches!(refused, Err(ArchiveError::NoSession { .. })));
    }
    assert_eq!(archive.search("s3kr1t", 9).unwrap(), []);
    let tables = [
        "word",
        "stack",
        "fact",
        "event",
        "trail_record",
        "log_line",
        "said_docsize",
    ];
    for table in tables {
        let left: i64 = archive
            .connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}
