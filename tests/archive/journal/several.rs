//! Several at one file, and an end that nobody prepared for.

use std::path::Path;

use stacktrail::archive::{FILE_NAME, Open, SqliteArchive};
use stacktrail::domain::session::Session;
use stacktrail::ports::archive::{Archive, ArchiveError};

use super::{moment, open, page, stack};

// ---------------------------------------------------------------- several at once, and crashes

#[test]
fn two_writers_of_one_session_do_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (root, path) = (&root, directory.path());
            scope.spawn(move || {
                // Both also race to create the file.
                let mut archive = open(path);
                for number in 0..100 {
                    let seen = page(root, number * 10 + writer, number..number + 5);
                    archive.append(root, &[seen]).unwrap();
                }
            });
        }
    });
    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let session = Session::replay(root.clone(), &archive.load(&root).unwrap());
    assert_eq!(session.event_count(), 104);
    assert_eq!(archive.sessions().unwrap()[0].events, 104);
    assert_eq!(session.last_seen(), Some(moment(991)));
}

#[test]
fn a_reader_sees_what_another_connection_commits() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut writer = open(directory.path());
    writer.append(&root, &[page(&root, 1, [1])]).unwrap();
    let reader = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    assert_eq!(reader.load(&root).unwrap().len(), 1);
    writer.append(&root, &[page(&root, 2, [2])]).unwrap();
    assert_eq!(reader.load(&root).unwrap().len(), 2);
    let mut reader = reader;
    let refused = reader.append(&root, &[page(&root, 3, [3])]);
    assert!(
        matches!(refused, Err(ArchiveError::Storage { doing: "written", .. })),
        "{refused:?}"
    );
}

#[test]
fn a_reader_does_not_keep_writers_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut archive = open(directory.path());
    archive.append(&root, &[page(&root, 1, [1])]).unwrap();
    let locker = rusqlite::Connection::open(archive.path()).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(archive.load(&root).unwrap().len(), 1);
    assert_eq!(archive.sessions().unwrap().len(), 1);
}

#[test]
fn nothing_is_lost_without_a_proper_end() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut archive = open(directory.path());
    archive.append(&root, &[page(&root, 1, 0..50)]).unwrap();
    // The files as a crash leaves them: with a log, and without its shared memory.
    let crashed = tempfile::tempdir().unwrap();
    for name in [FILE_NAME, "stacktrail.db-wal"] {
        std::fs::copy(directory.path().join(name), crashed.path().join(name)).unwrap();
    }
    for mode in [Open::ReadOnly, Open::ReadWrite] {
        let archive = SqliteArchive::open(crashed.path(), mode).unwrap();
        assert_eq!(archive.sessions().unwrap()[0].events, 50);
    }
}

const CHILD: &str = "STACKTRAIL_TEST_APPEND_TO";

/// Not a test by itself: the process that [`a_killed_process_has_kept_all_that_it_reported`] kills.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test tells its parent how far it is")]
fn appends_until_killed() {
    use std::io::Write as _;
    let Some(directory) = std::env::var_os(CHILD) else {
        return;
    };
    let root = stack(0);
    let mut archive = open(Path::new(&directory));
    for number in 0.. {
        archive
            .append(&root, &[page(&root, number, number * 10..number * 10 + 10)])
            .unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nkept {}", number * 10 + 10).unwrap();
        out.flush().unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_killed_process_has_kept_all_that_it_reported() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    for round in 1..=5_usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::several::appends_until_killed", "--nocapture"])
            .env(CHILD, directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let reports = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let mut reports = reports.filter_map(|line| {
            line.strip_prefix("kept ")
                .map(|kept| kept.parse::<u64>().unwrap())
        });
        let mut kept = reports.nth(round * 7).unwrap();
        child.kill().unwrap();
        kept = reports.last().unwrap_or(kept);
        child.wait().unwrap();
        let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
        assert!(archive.sessions().unwrap()[0].events >= kept);
        assert!(
            Session::replay(root.clone(), &archive.load(&root).unwrap()).event_count()
                >= usize::try_from(kept).unwrap()
        );
    }
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    let check: String = connection
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
}
