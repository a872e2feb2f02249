//! The archive: one SQLite file that keeps every fact, written before anything is shown.
//!
//! The only place that names `rusqlite`. What facts mean is decided in `domain`; nothing is decided here
//! but how they are kept.
//!
//! # What is safe
//!
//! The journal is a write-ahead log with `synchronous = FULL`: [`Archive::append`] returns when the commit
//! has been written and `fsync`ed. A killed program loses nothing of it. Power loss loses nothing either,
//! as far as the disk tells the truth about `fsync`; on macOS the drive's own cache may still be lost, as
//! with every program that does not ask for `F_FULLFSYNC`. What was not committed yet is gone as a whole,
//! never by half, and is read from AWS again.
//!
//! # How a session is kept
//!
//! The table `fact` is the journal: one row per fact, in the order of arrival. What is many (stack events,
//! log lines, trail records) stands in tables of its own, each once, and points to the fact that first
//! brought it. [`Archive::load`] puts the facts together again; they fold to the very session that was
//! recorded.
//!
//! [`SqliteArchive::load_newest`] reads what a first screen needs: of the events only the newest, those that
//! failed and the root stack's own. [`SqliteArchive::session`] folds all of them while they are read, so that
//! there is never more in memory than the session itself.
//!
//! What people search for (reasons, log lines, trail records) stands in a full-text index besides, which
//! holds no text of its own. What the diagnosis says of a session is kept with it, for lists and searches, and made
//! anew when the facts are others.
//!
//! # What is kept of whom
//!
//! Kept, word for word: stack events with their reasons, the CloudTrail records and log lines that an
//! investigation found (records name people, addresses and principals), what services and hooks said, names
//! and notes that a person gave, and when each was seen. Of a resource's properties only names are kept: what it
//! is called, what it uses, whom it calls (see [`kept_settings`](crate::domain::model::event::kept_settings)). Never kept: credentials, templates,
//! parameters, other properties, answers that nobody asked for.
//!
//! The file has the mode 0600, its directory, if it is made here, 0700; a file that others may read is closed
//! to them when it is opened. A session that is forgotten is overwritten (`secure_delete`), the file is written
//! anew (`VACUUM`), its log is emptied and the copies that migrations left are deleted. What a file system or
//! a disk keeps of overwritten blocks is out of reach.

mod counters;
mod damage;
mod delays;
mod digests;
mod find;
mod markers;
mod no_event;
mod open;
mod pending;
mod place;
mod raw;
mod read;
mod recorder;
mod repair;
mod retention;
pub(crate) mod retrying;
mod schema;
mod search;
mod session_file;
pub(crate) mod sql_time;
pub(crate) mod sqlite_error;
mod write;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode};

pub use crate::archive::retrying::RetryingArchive;
pub use damage::{Damage, Unreadable};
pub use find::{find as find_among, shortest_name};
pub use open::Open;
pub use recorder::Recorder;
pub use repair::{Recovered, Repair};
pub use retention::Retention;
pub use session_file::{Imported, SCHEMA, SessionFile, SessionFileError};

use damage::Flaws;

use crate::domain::conclude::digest::SessionDigest;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::domain::session::Session;
use crate::ports::archive::{Archive, ArchiveError, Hit, SessionSummary};

/// The archive's file name within the data directory.
pub const FILE_NAME: &str = "stacktrail.db";

/// The archive in an SQLite file.
#[derive(Debug)]
pub struct SqliteArchive {
    connection: Connection,
    path: PathBuf,
    /// What can be read of the file, once it turned out to be damaged.
    rescued: OnceCell<(Connection, Damage)>,
    /// What was set aside when the file was brought up to date just now.
    news: Vec<String>,
}

impl SqliteArchive {
    /// Opens the archive of a data directory.
    ///
    /// With [`Open::ReadWrite`] the directory (mode 0700) and the file (mode 0600) are created if need be,
    /// and an older file is brought up to date after a copy of it was put beside it. With
    /// [`Open::ReadOnly`] nothing is created: without a file the archive is empty, and of a damaged one
    /// there is what can be read (see [`Self::damage`]).
    ///
    /// # Errors
    ///
    /// A file of a newer version, of another program, or damaged is named and left exactly as it is.
    pub fn open(directory: &Path, mode: Open) -> Result<Self, ArchiveError> {
        match open::open(directory, mode) {
            Ok(opened) => {
                let mut archive = Self::of(opened.connection, opened.path);
                if opened.was_old {
                    archive.news = archive.set_aside()?;
                }
                Ok(archive)
            }
            Err(ArchiveError::Damaged { path, reason })
                if mode == Open::ReadOnly && path.is_file() && !repair::is_foreign(&path) =>
            {
                let rescued = repair::rescue(&path, &reason)?;
                let connection = open::empty().map_err(|error| sqlite_error::of(&path, "read", &error))?;
                let archive = Self::of(connection, path);
                let _ = archive.rescued.set(rescued);
                Ok(archive)
            }
            Err(error) => Err(error),
        }
    }

    fn of(connection: Connection, path: PathBuf) -> Self {
        Self {
            connection,
            path,
            rescued: OnceCell::new(),
            news: Vec::new(),
        }
    }

    /// What was set aside when the file was brought up to date by this very opening, in sentences: told once.
    pub fn news(&self) -> &[String] {
        &self.news
    }

    /// What was ever set aside as no event, in sentences.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn set_aside(&self) -> Result<Vec<String>, ArchiveError> {
        self.read(no_event::told)
    }

    /// What was found to be damaged by what was read so far. All of the archive is looked at only by
    /// [`Repair::of`].
    pub fn damage(&self) -> Option<&Damage> {
        self.rescued.get().map(|(_, damage)| damage)
    }

    /// Reads. A file that turns out to be damaged is read as far as it can be.
    fn read<T>(&self, read: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, ArchiveError> {
        let outcome = match self.rescued.get() {
            Some((rescued, _)) => read(rescued),
            None => match read(&self.connection) {
                Err(error) if damage::is_damage(&error) => read(self.rescue(&error)?),
                outcome => outcome,
            },
        };
        outcome.map_err(|error| self.reading(&error))
    }

    fn rescue(&self, error: &rusqlite::Error) -> Result<&Connection, ArchiveError> {
        let reason = damage::words(error);
        tracing::warn!("the archive is damaged; what can be read of it is read");
        let rescued = repair::rescue(&self.path, &reason)?;
        Ok(&self.rescued.get_or_init(|| rescued).0)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a first look at a session needs: every fact, but of a large session only so many of the newest
    /// events, those that failed, and the root stack's own. The second value tells whether these are all.
    ///
    /// # Errors
    ///
    /// There is no such session, or the file cannot be read.
    pub fn load_newest(&self, root: &StackId, most: usize) -> Result<(Vec<Recorded>, bool), ArchiveError> {
        let scope = read::EventScope::Newest(most);
        let found = self.read(|connection| {
            let mut facts = Vec::new();
            let whole = read::each(connection, root, scope, &Flaws::default(), |recorded| {
                facts.push(recorded);
            })?;
            Ok(whole.map(|whole| (facts, whole)))
        })?;
        found.ok_or_else(|| no_session(root))
    }

    /// A number that is another one once somebody else has written into the file.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn edition(&self) -> Result<i64, ArchiveError> {
        let asked = self
            .connection
            .query_row("PRAGMA data_version", [], |row| row.get(0));
        asked.map_err(|error| self.reading(&error))
    }

    /// The fold over every fact of a session, made while they are read: of a large session there is never more
    /// in memory than that.
    ///
    /// # Errors
    ///
    /// There is no such session, or the file cannot be read.
    pub fn session(&self, root: &StackId) -> Result<Session, ArchiveError> {
        let scope = read::EventScope::Everything;
        let found = self.read(|connection| {
            let mut session = Session::new(root.clone());
            let take = |recorded| session.apply_owned(recorded);
            let found = read::each(connection, root, scope, &Flaws::default(), take)?;
            Ok(found.map(|_| session))
        })?;
        found.ok_or_else(|| no_session(root))
    }

    /// Empties the log into the file and gives its room back, which on a full disk may be room enough.
    fn shrink_log(&self) -> bool {
        let shrunk = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        shrunk.is_ok_and(|busy| !busy)
    }

    fn reading(&self, error: &rusqlite::Error) -> ArchiveError {
        sqlite_error::of(&self.path, "read", error)
    }

    fn writing(&self, error: &rusqlite::Error) -> ArchiveError {
        sqlite_error::of(&self.path, "written", error)
    }

    /// What a list shows of a session; nothing where it is not there.
    ///
    /// # Errors
    ///
    /// The archive cannot be read.
    pub fn summary(&self, root: &StackId) -> Result<Option<SessionSummary>, ArchiveError> {
        let sessions = self.sessions()?;
        Ok(sessions.into_iter().find(|session| session.root == *root))
    }

    /// A session as a file.
    pub fn export(&self, root: &StackId) -> Result<SessionFile, ArchiveError> {
        let facts = self.load(root)?;
        Ok(SessionFile::new(root.clone(), facts, self.summary(root)?))
    }

    /// Takes a session in, all of it or nothing. If it is known, the two become one; what a person said
    /// here of the known one stays.
    pub fn import(&mut self, file: &SessionFile) -> Result<Imported, ArchiveError> {
        let before = self.summary(&file.root)?;
        session_file::import(&mut self.connection, file).map_err(|error| self.writing(&error))?;
        let after = self.summary(&file.root)?;
        let events = |summary: &Option<SessionSummary>| summary.as_ref().map_or(0, |summary| summary.events);
        Ok(Imported {
            root: file.root.clone(),
            new_events: events(&after).saturating_sub(events(&before)),
            left_out: file.left_out(),
            merged: before.is_some(),
        })
    }

    /// Gives a session a name of its own, or takes it away.
    pub fn rename(&mut self, root: &StackId, name: Option<&str>) -> Result<(), ArchiveError> {
        self.labelled(root, retention::rename(&self.connection, root, name))
    }

    /// Notes something about a session, or takes the note away.
    pub fn annotate(&mut self, root: &StackId, note: Option<&str>) -> Result<(), ArchiveError> {
        self.labelled(root, retention::annotate(&self.connection, root, note))
    }

    /// Keeps a session from being pruned, or no longer.
    pub fn pin(&mut self, root: &StackId, pinned: bool) -> Result<(), ArchiveError> {
        self.labelled(root, retention::pin(&self.connection, root, pinned))
    }

    fn labelled(&self, root: &StackId, rows: rusqlite::Result<usize>) -> Result<(), ArchiveError> {
        match rows.map_err(|error| self.writing(&error))? {
            0 => Err(no_session(root)),
            _ => Ok(()),
        }
    }

    /// Removes a session so that no trace of it stays in the files: rows are overwritten, the file is
    /// written anew, its log emptied, and copies made before migrations are deleted with it.
    ///
    /// # Errors
    ///
    /// Another program has the archive open: the session is gone from every list, but its bytes may stay
    /// in the log until that program ends.
    pub fn forget(&mut self, root: &StackId) -> Result<(), ArchiveError> {
        let removed = retention::remove(&mut self.connection, &[root]);
        self.labelled(root, removed)?;
        self.erase()
    }

    /// Removes the sessions that the retention does not keep, as [`Self::forget`] does, and returns them.
    /// A dry run only tells which they are.
    pub fn prune(
        &mut self,
        retention: &Retention,
        now: DateTime<Utc>,
        dry_run: bool,
    ) -> Result<Vec<SessionSummary>, ArchiveError> {
        let sessions = self.sessions()?;
        let outside: Vec<_> = retention.outside(&sessions, now).into_iter().cloned().collect();
        if !dry_run && !outside.is_empty() {
            let roots: Vec<_> = outside.iter().map(|session| &session.root).collect();
            let removed = retention::remove(&mut self.connection, &roots);
            removed.map_err(|error| self.writing(&error))?;
            self.erase()?;
        }
        Ok(outside)
    }

    /// Leaves nothing of deleted rows in the files.
    fn erase(&self) -> Result<(), ArchiveError> {
        let busy = retention::erase(&self.connection).map_err(|error| self.writing(&error))?;
        retention::delete_copies(&self.path)?;
        if busy {
            return Err(ArchiveError::Storage {
                doing: "written",
                reason: "it is removed, but another program has the archive open and keeps its bytes in \
                         the log until that program ends"
                    .to_owned(),
                passing: true,
            });
        }
        Ok(())
    }

    /// Damaged files that repairs set aside: they are nobody's but the person's to delete.
    pub fn damaged_copies(&self) -> Vec<PathBuf> {
        retention::damaged_copies(&self.path)
    }

    /// First sighting minus event time in the other sessions of a stack's account, a fact for each region
    /// that was searched, and `with_queue` how soon a queue told, which matters to those that listen to one.
    ///
    /// # Errors
    ///
    /// The archive cannot be read.
    pub fn trail_delays(&self, root: &StackId, with_queue: bool) -> Result<Vec<Fact>, ArchiveError> {
        delays::trail_delays(self, root, with_queue)
    }

    /// What was kept of what the diagnoses of these sessions say, as far as their facts are the same now.
    ///
    /// # Errors
    ///
    /// The archive cannot be read.
    pub fn digests(
        &self,
        sessions: &[SessionSummary],
    ) -> Result<HashMap<StackId, SessionDigest>, ArchiveError> {
        self.read(|connection| digests::read(connection, sessions))
    }

    /// Keeps what the diagnosis of a session says, for lists and searches.
    ///
    /// # Errors
    ///
    /// The archive cannot be written.
    pub fn keep_told(&mut self, session: &SessionSummary, told: &SessionDigest) -> Result<(), ArchiveError> {
        digests::write(&self.connection, session, told).map_err(|error| self.writing(&error))
    }

    /// The sessions of which a failure's investigation has not come to its end: its records are waited for, or
    /// were never searched for to the end.
    pub fn pending(&self, sessions: &[SessionSummary], now: DateTime<Utc>) -> HashSet<StackId> {
        pending::pending(self, sessions, now)
    }
}

fn no_session(root: &StackId) -> ArchiveError {
    ArchiveError::NoSession {
        wanted: root.to_string(),
    }
}

#[cfg(test)]
mod corrections_tests;
#[cfg(test)]
mod open_tests;

#[cfg(test)]
mod killed_tests;

impl Archive for SqliteArchive {
    fn append(&mut self, root: &StackId, facts: &[Recorded]) -> Result<(), ArchiveError> {
        let first = write::append(&mut self.connection, root, facts);
        let outcome = match first {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) && self.shrink_log() => {
                write::append(&mut self.connection, root, facts)
            }
            other => other,
        };
        outcome.map_err(|error| self.writing(&error))
    }

    fn load(&self, root: &StackId) -> Result<Vec<Recorded>, ArchiveError> {
        let facts = self.read(|connection| read::load(connection, root))?;
        facts.ok_or_else(|| no_session(root))
    }

    fn sessions(&self) -> Result<Vec<SessionSummary>, ArchiveError> {
        self.read(read::sessions)
    }

    fn find(&self, wanted: &str) -> Result<StackId, ArchiveError> {
        find::find(&self.sessions()?, wanted)
    }

    fn search(&self, words: &str, most: usize) -> Result<Vec<Hit>, ArchiveError> {
        self.read(|connection| search::search(connection, words, most))
    }
}
