//! Repairing a damaged file: it is set aside as it is, and what can be read of it goes into a fresh one.
//!
//! Nothing is ever written into the damaged file. Who only reads gets what can be read of it in memory.

mod copy;
mod mend;
mod pages;
mod roots;
mod rows;
mod salvage;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use self::salvage::Salvaged;
use super::damage::{Damage, Flaws, Unreadable, words};
use crate::archive::{FILE_NAME, Open, SqliteArchive, open, read, schema, sqlite_error, write};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::ports::archive::{Archive as _, ArchiveError};

/// What came of a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    /// There is no archive yet.
    Nothing,
    /// The file is sound and was left alone.
    Sound,
    /// A fresh file took the place of the damaged one.
    Done {
        /// Where the damaged file is now.
        set_aside: PathBuf,
        /// What was found to be wrong with it first.
        reason: String,
        /// What was recovered, session by session.
        sessions: Vec<Recovered>,
        /// What could not be read.
        unreadable: Vec<Unreadable>,
    },
}

/// What was recovered of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The root stack.
    pub root: StackId,
    /// Events in the fresh file.
    pub events: u64,
    /// Events that the damaged file counted, where that could be read.
    pub counted: Option<u64>,
}

/// The directory in which the fresh file is made.
const WORKSHOP: &str = "stacktrail.repair";

impl Repair {
    /// Examines the archive of a data directory, every page and every row of it. If it is damaged, what can be
    /// read is recovered into a fresh file, and the damaged one stays beside it under a name with the time in it.
    ///
    /// # Errors
    ///
    /// The file is of a newer version or of another program, another program has it open, or the
    /// directory cannot be written. The file is then as it was.
    pub fn of(directory: &Path, now: DateTime<Utc>) -> Result<Self, ArchiveError> {
        let path = directory.join(FILE_NAME);
        let unusable = |source| ArchiveError::Directory {
            path: directory.to_path_buf(),
            source,
        };
        open::refuse_links(&path)?;
        if !path.exists() {
            return Ok(Self::Nothing);
        }
        let reason = match open::examine(&path) {
            Ok(open::Found::Nothing) => return Ok(Self::Nothing),
            Ok(open::Found::Version(_)) => match flaw(directory, &path) {
                None => return Ok(Self::Sound),
                Some(reason) => reason,
            },
            Err(ArchiveError::Damaged { reason, .. }) if !is_foreign(&path) => reason,
            Err(error) => return Err(error),
        };
        let turn = open::lock_file(directory).map_err(unusable)?;
        let _ = turn.lock();
        refuse_while_open(&path)?;
        let workshop = directory.join(WORKSHOP);
        let _ = fs::remove_dir_all(&workshop);
        let Recovery { sessions, unreadable } = recover(&path, &workshop)?;
        let set_aside = set_aside(&path, now).map_err(unusable)?;
        fs::rename(workshop.join(FILE_NAME), &path).map_err(unusable)?;
        let _ = fs::remove_dir_all(&workshop);
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
        Ok(Self::Done {
            set_aside,
            reason,
            sessions,
            unreadable,
        })
    }
}

/// What is wrong with a file that opens, if anything is: with its pages, or with what stands on them.
fn flaw(directory: &Path, path: &Path) -> Option<String> {
    let pages = || -> rusqlite::Result<Option<String>> {
        let connection = open::connect(path, !open::has_log(path))?;
        let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok((verdict != "ok").then_some(verdict))
    };
    if let Some(flaw) = pages().unwrap_or_else(|error| Some(words(&error))) {
        return Some(flaw);
    }
    if let Some(missing) = missing_table(path) {
        return Some(format!("the table {missing} is missing"));
    }
    // An older file is brought up to date first: the loader reads no other.
    let opened = open::open(directory, Open::ReadOnly);
    match opened {
        Ok(opened) => survey(&opened.connection).unwrap_or_else(|error| Some(words(&error))),
        Err(error) => Some(error.to_string()),
    }
}

/// What an archive of that version has and this one has not.
fn missing_table(path: &Path) -> Option<String> {
    let names = |connection: &Connection| -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema ORDER BY name")?;
        let names = statement.query_map([], |row| row.get(0))?;
        names.collect()
    };
    let there = open::connect(path, !open::has_log(path)).ok()?;
    let version = open::identity(&there).ok()?.version;
    let there = names(&there).ok()?;
    let mut usual = Connection::open_in_memory().ok()?;
    let version = usize::try_from(version).ok()?;
    schema::migrations().to_version(&mut usual, version).ok()?;
    let usual = names(&usual).ok()?;
    usual.into_iter().find(|name| !there.contains(name))
}

/// Reads every row through the loader.
fn survey(connection: &Connection) -> rusqlite::Result<Option<String>> {
    for summary in read::sessions(connection)? {
        let flaws = Flaws::noted();
        read::load_noting(connection, &summary.root, &flaws)?;
        let unreadable = flaws.into_unreadable(Some(&summary.root));
        if let [first, more @ ..] = unreadable.as_slice() {
            let more = match more.len() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            return Ok(Some(format!("{first}{more}")));
        }
    }
    let mut lost = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = lost.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let table: String = row.get(0)?;
    Ok(Some(format!("a row of the table {table} belongs to nothing")))
}

/// What can be read of a damaged file, in memory.
///
/// # Errors
///
/// Nothing can.
pub(super) fn rescue(path: &Path, reason: &str) -> Result<(Connection, Damage), ArchiveError> {
    let salvaged = salvage::salvage(path).map_err(|error| sqlite_error::of(path, "read", &error))?;
    let damaged = || ArchiveError::Damaged {
        path: path.to_path_buf(),
        reason: reason.to_owned(),
    };
    let connection = open::empty().map_err(|error| sqlite_error::of(path, "read", &error))?;
    let mut rescued = SqliteArchive::of(connection, path.to_path_buf());
    let Recovery { sessions, unreadable } = put(&mut rescued, salvaged)?;
    if sessions.is_empty() {
        return Err(damaged());
    }
    let reason = reason.to_owned();
    Ok((rescued.connection, Damage { reason, unreadable }))
}

/// The file is a sound database of somebody else.
pub(super) fn is_foreign(path: &Path) -> bool {
    let look = || -> rusqlite::Result<bool> {
        let connection = open::connect(path, !open::has_log(path))?;
        let tables = open::identity(&connection)?.tables;
        let ours: i64 = connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('session', 'fact', 'event')",
            [],
            |row| row.get(0),
        )?;
        Ok(tables > 0 && ours < 3)
    };
    look().unwrap_or(false)
}

/// A program that has the file open would go on writing to it where nobody reads it any more.
fn refuse_while_open(path: &Path) -> Result<(), ArchiveError> {
    let lock = || -> rusqlite::Result<()> {
        let connection = Connection::open(path)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.busy_timeout(std::time::Duration::from_millis(500))?;
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        connection.execute_batch("BEGIN EXCLUSIVE; ROLLBACK")
    };
    match lock() {
        Err(error)
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            ) =>
        {
            Err(sqlite_error::of(path, "repaired", &error))
        }
        // A file that is damaged badly enough cannot even be locked.
        _ => Ok(()),
    }
}

/// What came of reading a damaged file.
struct Recovery {
    sessions: Vec<Recovered>,
    unreadable: Vec<Unreadable>,
}

fn recover(path: &Path, workshop: &Path) -> Result<Recovery, ArchiveError> {
    let salvaged = salvage::salvage(path).map_err(|error| sqlite_error::of(path, "recovered", &error))?;
    let mut fresh = SqliteArchive::open(workshop, Open::ReadWrite)?;
    let recovered = put(&mut fresh, salvaged)?;
    mark_losses(&mut fresh, &recovered)?;
    fresh
        .connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .map_err(|error| fresh.writing(&error))?;
    Ok(recovered)
}

/// Puts what was read into a fresh archive, and counts it there.
fn put(fresh: &mut SqliteArchive, salvaged: Salvaged) -> Result<Recovery, ArchiveError> {
    let mut sessions = Vec::new();
    for session in salvaged.sessions {
        if session.facts.is_empty() {
            continue;
        }
        write::append(&mut fresh.connection, &session.root, &session.facts)
            .map_err(|error| fresh.writing(&error))?;
        fresh.rename(&session.root, session.name.as_deref())?;
        fresh.annotate(&session.root, session.note.as_deref())?;
        fresh.pin(&session.root, session.pinned)?;
        sessions.push((session.root, session.counted));
    }
    let summaries = fresh.sessions()?;
    let events = |root: &StackId| {
        let found = summaries.iter().find(|summary| summary.root == *root);
        found.map_or(0, |summary| summary.events)
    };
    let recovered = sessions.into_iter().map(|(root, counted)| Recovered {
        events: events(&root),
        root,
        counted,
    });
    Ok(Recovery {
        sessions: recovered.collect(),
        unreadable: salvaged.unreadable,
    })
}

/// Puts on record which sessions are no longer whole: what is left of them proves nothing by what it lacks.
fn mark_losses(fresh: &mut SqliteArchive, recovery: &Recovery) -> Result<(), ArchiveError> {
    let Recovery { sessions, unreadable } = recovery;
    let summaries = fresh.sessions()?;
    for Recovered {
        root,
        events,
        counted,
    } in sessions
    {
        let touched = unreadable.iter().any(|lost| lost.may_touch(root));
        let fewer = counted.is_some_and(|counted| counted > *events);
        let summary = summaries.iter().find(|summary| summary.root == *root);
        let Some(summary) = summary.filter(|summary| (touched || fewer) && !summary.incomplete) else {
            continue;
        };
        let lost = Recorded {
            observed_at: summary.last_seen,
            fact: Fact::PartsLost {
                kept: *events,
                counted: *counted,
            },
        };
        write::append(&mut fresh.connection, root, &[lost]).map_err(|error| fresh.writing(&error))?;
    }
    Ok(())
}

/// Gives the damaged file a name of its own; its log goes with it. The file itself is linked under the new
/// name and only then replaced, so that there is always one under the old.
fn set_aside(path: &Path, now: DateTime<Utc>) -> std::io::Result<PathBuf> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let stamp = now.format("%Y%m%d-%H%M%S");
    let names = (1..=99).map(|number| match number {
        1 => format!(".damaged-{stamp}"),
        more => format!(".damaged-{stamp}-{more}"),
    });
    let ending = names.into_iter().find(|ending| !beside(ending).exists());
    let ending = ending.unwrap_or_else(|| format!(".damaged-{stamp}-more"));
    let aside = beside(&ending);
    if fs::hard_link(path, &aside).is_err() {
        fs::rename(path, &aside)?;
    }
    for log in ["-wal", "-shm"] {
        if beside(log).exists() {
            fs::rename(beside(log), beside(&format!("{ending}{log}")))?;
        }
    }
    Ok(aside)
}
