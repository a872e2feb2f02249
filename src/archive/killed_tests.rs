//! Killed in the middle of a migration and of a prune: the file is as before or as after, never between.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::{FILE_NAME, Open, Retention, SqliteArchive, schema};
use crate::domain::model::stack::StackId;
use crate::ports::archive::Archive as _;

const MIGRATE: &str = "STACKTRAIL_TEST_MIGRATE";
const PRUNE: &str = "STACKTRAIL_TEST_PRUNE";
const EVENTS: i64 = 20_000;
const ROUNDS: u32 = 8;

fn root(number: i64) -> StackId {
    StackId::parse(&format!(
        "arn:aws:cloudformation:eu-west-1:1:stack/shop-{number}/1f31"
    ))
    .unwrap()
}

/// A file of version 2 with two sessions and so many events that bringing it up to date takes a while.
fn make_old(directory: &Path) {
    let mut connection = Connection::open(directory.join(FILE_NAME)).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    schema::migrations().to_version(&mut connection, 2).unwrap();
    for session in 1..=2_i64 {
        let arn = root(session).to_string();
        let (half, first) = (EVENTS / 2, session * EVENTS);
        connection
            .execute_batch(&format!(
                "INSERT INTO session (id, root, first_seen, last_seen, events) VALUES ({session}, '{arn}', 1, 2, {half});
                 INSERT INTO word (id, session, text) VALUES ({session}, {session}, 'CREATE_FAILED');
                 INSERT INTO stack (id, session, arn) VALUES ({session}, {session}, '{arn}');
                 INSERT INTO fact (seq, session, kind, observed_at, stack) VALUES ({session}, {session}, 'events', 2, {session});
                 WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < {half} - 1)
                 INSERT INTO event (fact, position, stack, event_id, at, logical_id, resource_type, status, reason)
                 SELECT {session}, n, {session}, 'e' || n, n + 1, 'Resource' || n, {session}, {session},
                        'the bucket number ' || ({first} + n) || ' could not be made' FROM number;",
            ))
            .unwrap();
    }
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    std::fs::copy(from.join(FILE_NAME), to.path().join(FILE_NAME)).unwrap();
    to
}

/// Not tests by themselves: the processes that are killed.
#[test]
fn migrates_until_killed() {
    if let Some(directory) = std::env::var_os(MIGRATE) {
        print_line("begun");
        SqliteArchive::open(Path::new(&directory), Open::ReadWrite).unwrap();
    }
}

#[test]
fn prunes_until_killed() {
    if let Some(directory) = std::env::var_os(PRUNE) {
        let mut archive = SqliteArchive::open(Path::new(&directory), Open::ReadWrite).unwrap();
        print_line("begun");
        prune(&mut archive);
    }
}

#[expect(clippy::disallowed_methods, reason = "a test tells its parent how far it is")]
fn print_line(line: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").unwrap();
}

fn prune(archive: &mut SqliteArchive) -> usize {
    let all = Retention {
        longest: None,
        most: Some(0),
        largest: None,
    };
    let now = DateTime::<Utc>::from_timestamp(1_800_000_000, 0).unwrap();
    archive.prune(&all, now, false).unwrap().len()
}

/// Runs one of the above on a directory and kills it after a while; tells how long it lived if it ended by
/// itself.
fn kill(test: &str, variable: &str, directory: &Path, after: Duration) -> Option<Duration> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (begun, wait_begun) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if line == "begun" {
                let _ = begun.send(Instant::now());
            }
        }
        // The sender goes with the end of the child.
        drop(begun);
    });
    let start = wait_begun.recv().unwrap();
    let ended = wait_begun.recv_timeout(after) == Err(mpsc::RecvTimeoutError::Disconnected);
    let lived = start.elapsed();
    let _ = child.kill();
    child.wait().unwrap();
    reader.join().unwrap();
    ended.then_some(lived)
}

fn assert_sound(path: &Path) {
    let connection = Connection::open(path.join(FILE_NAME)).unwrap();
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
}

fn assert_whole(directory: &Path, session: i64) {
    let archive = SqliteArchive::open(directory, Open::ReadWrite).unwrap();
    let facts = archive.load(&root(session)).unwrap();
    assert_eq!(
        crate::domain::session::Session::replay(root(session), &facts).event_count(),
        usize::try_from(EVENTS / 2).unwrap()
    );
    let found = archive
        .search(&format!("bucket {}", session * EVENTS + 7), 9)
        .unwrap();
    assert_eq!(found.len(), 1, "the index belongs to the events");
}

/// Moments spread over the whole of what is interrupted, however fast this machine is.
fn moments(whole: Duration) -> impl Iterator<Item = Duration> {
    (0..ROUNDS).map(move |round| whole * (2 * round + 1) / (2 * ROUNDS))
}

#[test]
fn a_migration_that_is_killed_is_made_at_the_next_start() {
    let old = tempfile::tempdir().unwrap();
    make_old(old.path());
    let test = "archive::killed_tests::migrates_until_killed";
    let calm = copy(old.path());
    let whole = kill(test, MIGRATE, calm.path(), Duration::from_mins(1)).unwrap();
    let mut interrupted = 0;
    for after in moments(whole) {
        let directory = copy(old.path());
        interrupted += u32::from(kill(test, MIGRATE, directory.path(), after).is_none());
        assert_whole(directory.path(), 1);
        assert_whole(directory.path(), 2);
        assert_sound(directory.path());
    }
    assert!(interrupted > 0, "at least one was killed on its way");
}

#[test]
fn a_prune_that_is_killed_has_removed_all_or_nothing() {
    let old = tempfile::tempdir().unwrap();
    make_old(old.path());
    drop(SqliteArchive::open(old.path(), Open::ReadWrite).unwrap());
    let test = "archive::killed_tests::prunes_until_killed";
    let calm = copy(old.path());
    let whole = kill(test, PRUNE, calm.path(), Duration::from_mins(1)).unwrap();
    let mut interrupted = 0;
    for after in moments(whole) {
        let directory = copy(old.path());
        interrupted += u32::from(kill(test, PRUNE, directory.path(), after).is_none());
        let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
        let left = archive.sessions().unwrap().len();
        assert!(left == 0 || left == 2, "{left} of two sessions are left");
        if left == 2 {
            assert_whole(directory.path(), 1);
            assert_whole(directory.path(), 2);
        }
        assert_sound(directory.path());
        assert_eq!(prune(&mut archive), left);
        assert_eq!(archive.sessions().unwrap(), []);
        assert_sound(directory.path());
    }
    assert!(interrupted > 0, "at least one was killed on its way");
}
