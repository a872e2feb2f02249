//! What stays and what goes: names, notes and pins, forgetting one session, pruning many.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, TransactionBehavior, params};

use super::search;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::ports::archive::{ArchiveError, SessionSummary};

/// Which sessions are kept. Each limit holds by itself; none means that nothing goes for its sake.
///
/// Pinned sessions stay whatever the limits say, and so do running ones: seen within the last hour, or
/// within the last day with the stack still in motion then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long ago a session may have been seen last.
    pub longest: Option<TimeDelta>,
    /// How many sessions there may be; the ones seen last stay.
    pub most: Option<usize>,
    /// How many bytes all sessions may hold together; the ones seen last stay.
    pub largest: Option<u64>,
}

impl Default for Retention {
    /// 180 days, 500 sessions, 2 GB: half a year of a busy team, and less than a disk notices.
    fn default() -> Self {
        Self {
            longest: TimeDelta::try_days(180),
            most: Some(500),
            largest: Some(2_000_000_000),
        }
    }
}

impl Retention {
    /// The sessions that go, out of all, which come last seen first.
    pub(super) fn outside<'a>(
        &self,
        sessions: &'a [SessionSummary],
        now: DateTime<Utc>,
    ) -> Vec<&'a SessionSummary> {
        let mut bytes = 0_u64;
        let outside = sessions.iter().enumerate().filter(|(index, session)| {
            bytes = bytes.saturating_add(session.bytes);
            let age = now.signed_duration_since(session.last_seen);
            let too_old = self.longest.is_some_and(|longest| age > longest);
            let too_many = self.most.is_some_and(|most| *index >= most);
            let too_large = self.largest.is_some_and(|largest| bytes > largest);
            (too_old || too_many || too_large) && !session.pinned && !is_running(session, age)
        });
        outside.map(|(_, session)| session).collect()
    }
}

fn is_running(session: &SessionSummary, age: TimeDelta) -> bool {
    let in_motion = session
        .status
        .as_deref()
        .is_some_and(|status| Status::new(status).is_in_progress());
    age < TimeDelta::hours(1) || (in_motion && age < TimeDelta::days(1))
}

/// Gives a session a name of its own, or takes it away.
pub(super) fn rename(connection: &Connection, root: &StackId, name: Option<&str>) -> rusqlite::Result<usize> {
    connection.execute(
        "UPDATE session SET name = ?2 WHERE root = ?1",
        params![root.as_str(), name],
    )
}

/// Notes something about a session, or takes the note away.
pub(super) fn annotate(
    connection: &Connection,
    root: &StackId,
    note: Option<&str>,
) -> rusqlite::Result<usize> {
    connection.execute(
        "UPDATE session SET note = ?2 WHERE root = ?1",
        params![root.as_str(), note],
    )
}

/// Keeps a session from being pruned, or no longer.
pub(super) fn pin(connection: &Connection, root: &StackId, pinned: bool) -> rusqlite::Result<usize> {
    connection.execute(
        "UPDATE session SET pinned = ?2 WHERE root = ?1",
        params![root.as_str(), pinned],
    )
}

/// Deletes sessions in one transaction and tells how many there were.
pub(super) fn remove(connection: &mut Connection, roots: &[&StackId]) -> rusqlite::Result<usize> {
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut removed = 0;
    for root in roots {
        search::forget(&transaction, root)?;
        removed += transaction.execute("DELETE FROM session WHERE root = ?1", [root.as_str()])?;
    }
    search::tidy(&transaction)?;
    transaction.commit()?;
    Ok(removed)
}

/// Leaves nothing of deleted rows in the files; whether another program keeps their bytes in the log.
pub(super) fn erase(connection: &Connection) -> rusqlite::Result<bool> {
    connection.execute_batch("VACUUM")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
}

/// Deletes the copies that migrations left beside the file.
pub(super) fn delete_copies(path: &Path) -> Result<(), ArchiveError> {
    for copy in copies(path) {
        let removed = fs::remove_file(&copy);
        removed.map_err(|source| ArchiveError::Directory { path: copy, source })?;
    }
    Ok(())
}

/// Damaged files that repairs set aside.
pub(super) fn damaged_copies(path: &Path) -> Vec<PathBuf> {
    beside(path, |ending| {
        ending.starts_with(".damaged-") && !ending.ends_with("-wal") && !ending.ends_with("-shm")
    })
}

/// The copies that migrations left beside the file.
fn copies(path: &Path) -> Vec<PathBuf> {
    beside(path, |ending| {
        ending.starts_with(".schema-") && ending.ends_with(".backup")
    })
}

/// The files whose names begin with the file's own and go on like this.
fn beside(path: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Some((directory, name)) = path.parent().zip(path.file_name()) else {
        return Vec::new();
    };
    let name = name.to_string_lossy();
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let copies = entries.filter(|entry| {
        let beside = entry.file_name();
        let beside = beside.to_string_lossy();
        let ending = beside.strip_prefix(name.as_ref());
        ending.is_some_and(&wanted)
    });
    copies.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str, days: i64, now: DateTime<Utc>) -> SessionSummary {
        let seen = now - TimeDelta::days(days);
        SessionSummary {
            root: StackId::parse(&format!("arn:aws:cloudformation:eu-west-1:1:stack/{name}/1f31")).unwrap(),
            first_seen: seen,
            last_seen: seen,
            status: Some("UPDATE_COMPLETE".to_owned()),
            attempts: 1,
            verdict: None,
            events: 1,
            gone: false,
            incomplete: false,
            bytes: 100,
            name: None,
            note: None,
            pinned: false,
        }
    }

    #[test]
    fn each_limit_holds_by_itself_and_spares_pinned_and_running_sessions() {
        let now = DateTime::<Utc>::from_timestamp(1_800_000_000, 0).unwrap();
        let none = Retention {
            longest: None,
            most: None,
            largest: None,
        };
        let mut sessions: Vec<_> = ["a", "b", "c", "d"]
            .into_iter()
            .zip(0..)
            .map(|(name, days)| session(name, days * 10, now))
            .collect();
        let outside = |retention: &Retention, sessions: &[SessionSummary]| {
            let gone = retention.outside(sessions, now);
            gone.iter().map(|session| session.root.name()).collect::<String>()
        };
        let longest = Retention {
            longest: TimeDelta::try_days(15),
            ..none
        };
        let most = Retention {
            most: Some(1),
            ..none
        };
        let largest = Retention {
            largest: Some(300),
            ..none
        };
        let nothing = Retention {
            most: Some(0),
            ..none
        };
        assert_eq!(outside(&none, &sessions), "");
        assert_eq!(outside(&longest, &sessions), "cd");
        assert_eq!(outside(&most, &sessions), "bcd");
        assert_eq!(outside(&largest, &sessions), "d");
        assert_eq!(outside(&nothing, &sessions), "bcd", "seen just now");
        sessions[2].pinned = true;
        sessions[1].status = Some("UPDATE_IN_PROGRESS".to_owned());
        assert_eq!(outside(&nothing, &sessions), "bd", "in motion, but long ago");
        sessions[1].last_seen = now - TimeDelta::hours(20);
        assert_eq!(outside(&nothing, &sessions), "d");
    }
}
