//! What the program asks of the archive.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::domain::fact::Recorded;
use crate::domain::stack::StackId;

/// Keeps facts for good.
pub trait Archive: Send {
    /// Commits facts to a root stack's session, beginning the session if need be. When this returns `Ok`
    /// they survive a crash of the program. What is already there is not written again.
    fn append(&mut self, root: &StackId, facts: &[Recorded]) -> Result<(), ArchiveError>;

    /// Every fact of a session, in the order of its journal.
    fn load(&self, root: &StackId) -> Result<Vec<Recorded>, ArchiveError>;

    /// The sessions, last seen first.
    fn sessions(&self) -> Result<Vec<SessionSummary>, ArchiveError>;
}

/// A session as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The root stack.
    pub root: StackId,
    /// The first fact.
    pub first_seen: DateTime<Utc>,
    /// The newest fact.
    pub last_seen: DateTime<Utc>,
    /// The root stack's newest known status.
    pub status: Option<String>,
    /// How many events.
    pub events: u64,
    /// The stack no longer answers by name.
    pub gone: bool,
}

/// Why the archive did not do what was asked.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The data directory cannot be used.
    #[error("the data directory {} cannot be used: {source}; choose another with --data-dir", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is of a newer version of the program.
    #[error("{} was written by a newer stacktrail (schema {found}, this one knows {known}); it was not touched: update stacktrail, or choose another --data-dir", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// The file is damaged, or no archive at all.
    #[error("{} is damaged or no stacktrail archive ({reason}); move it away, or choose another --data-dir", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// There is no such session.
    #[error("no saved session matches `{wanted}`; `stacktrail sessions` lists them")]
    NoSession {
        /// What was asked for.
        wanted: String,
    },
    /// The disk is full, read-only, locked ...
    #[error("the archive could not be {doing}: {reason}")]
    Storage {
        /// `read` or `written`.
        doing: &'static str,
        /// Why.
        reason: String,
        /// It may work later.
        passing: bool,
    },
}
