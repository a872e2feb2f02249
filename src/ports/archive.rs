//! What the program asks of the archive.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::domain::deployment::attempt::Outcome;
use crate::domain::model::fact::Recorded;
pub use crate::domain::model::source_status::SaveState;
use crate::domain::model::stack::StackId;

/// Keeps facts for good.
pub trait Archive: Send {
    /// Commits facts to a root stack's session, beginning the session if need be. When this returns `Ok`
    /// they survive a crash of the program. What is already there is not written again.
    fn append(&mut self, root: &StackId, facts: &[Recorded]) -> Result<(), ArchiveError>;

    /// Every fact of a session, in the order of its journal.
    fn load(&self, root: &StackId) -> Result<Vec<Recorded>, ArchiveError>;

    /// The sessions, last seen first.
    fn sessions(&self) -> Result<Vec<SessionSummary>, ArchiveError>;

    /// The session that a person means by a stack's ARN, its console address, its name, or the name that it
    /// was given (the newest of that name), or the beginning of the id at the ARN's end (at least four characters).
    fn find(&self, wanted: &str) -> Result<StackId, ArchiveError>;

    /// Makes sure that what was appended is still where it was put, and puts it there again if it is not. `Err`
    /// tells why that is to do, or cannot be done yet.
    fn settle(&mut self) -> Result<(), ArchiveError> {
        Ok(())
    }

    /// Where all of these words (or words that they are parts of) stand together: at most so many places, of what
    /// was recorded last, newest first.
    fn search(&self, words: &str, most: usize) -> Result<Vec<Hit>, ArchiveError>;
}

/// Facts on their way into the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The root stack of their session.
    pub root: StackId,
    /// The facts, in the order in which they were seen.
    pub facts: Vec<Recorded>,
    /// The inquiry that these facts end, if any. It travels with them, so that nobody asks again before
    /// the answer has been taken in.
    pub ends: Option<String>,
}

/// Facts that have passed the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The root stack of their session.
    pub root: StackId,
    /// The facts; none when only the state has changed.
    pub facts: Arc<[Recorded]>,
    /// The inquiries that they end.
    pub ends: Vec<String>,
    /// Whether everything seen so far is kept.
    pub state: SaveState,
}

/// A session as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of the list: its marks are independent of each other"
)]
pub struct SessionSummary {
    /// The root stack.
    pub root: StackId,
    /// The first fact.
    pub first_seen: DateTime<Utc>,
    /// The newest fact.
    pub last_seen: DateTime<Utc>,
    /// The root stack's newest known status.
    pub status: Option<String>,
    /// How many attempts were seen.
    pub attempts: u32,
    /// How the attempt ended that counts (see [`crate::domain::investigate::diagnosis::Diagnosis::headline_attempt`]).
    pub verdict: Option<Outcome>,
    /// How many events.
    pub events: u64,
    /// The stack no longer answers by name.
    pub gone: bool,
    /// Some of what was saved of it was lost: a repair could not read it.
    pub incomplete: bool,
    /// Roughly how much its facts hold, in bytes.
    pub bytes: u64,
    /// What a person called it.
    pub name: Option<String>,
    /// What a person noted about it.
    pub note: Option<String>,
    /// Never to be pruned.
    pub pinned: bool,
}

/// A place where the searched words stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The root stack of the session.
    pub root: StackId,
    /// What holds the words.
    pub kind: HitKind,
    /// When that happened, as AWS says.
    pub at: DateTime<Utc>,
    /// What it is about: a resource and its status, a log group, an API call.
    pub subject: String,
    /// The text, raw, cut around the first word that was searched for.
    pub text: String,
}

/// What can hold searched words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitKind {
    /// A stack event's reason.
    Event,
    /// A log line.
    LogLine,
    /// A CloudTrail record.
    TrailRecord,
    /// What the diagnosis says of a failure.
    Cause,
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
    #[error("{} is damaged or no stacktrail archive ({reason}); `stacktrail sessions repair` recovers what can be read, or choose another --data-dir", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// Something else stands where the file belongs.
    #[error("{} is no file: remove it, or choose another directory with --data-dir", path.display())]
    NotAFile {
        /// What stands there.
        path: PathBuf,
    },
    /// The file is a link to another.
    #[error("{} is a link to {}, and only a file of its own is written: remove the link, or choose another directory with --data-dir", path.display(), to.display())]
    Linked {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        to: PathBuf,
    },
    /// The file that was open is no longer where it was.
    #[error("{} was removed or replaced by somebody; what was seen here is saved again in a new file", path.display())]
    Lost {
        /// Where it was.
        path: PathBuf,
    },
    /// There is no such session.
    #[error(
        "no saved session matches `{wanted}`; `stacktrail sessions` lists them{}",
        short(wanted)
    )]
    NoSession {
        /// What was asked for.
        wanted: String,
    },
    /// There is none at all.
    #[error("no session is saved yet: `stacktrail STACK` records one, `stacktrail demo` needs no account")]
    NoneYet,
    /// Several sessions match.
    #[error("`{wanted}` may be any of {}; {}", listed(candidates), advice(candidates))]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The sessions that match, last seen first.
        candidates: Vec<StackId>,
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

/// The shortest beginning of a session's id that counts as one.
pub const SHORTEST_ID: usize = 4;

fn short(wanted: &str) -> &'static str {
    let is_id = wanted.chars().all(|letter| letter.is_ascii_hexdigit());
    if is_id && wanted.len() < SHORTEST_ID {
        " (of an id, at least 4 characters)"
    } else {
        ""
    }
}

/// So much of a session's id names it in a list.
pub const ID: usize = 8;

/// What names a session where others have the same id: the same one, recorded and masked.
pub fn id_at_account(root: &StackId) -> String {
    let id: String = root.uuid().chars().take(ID).collect();
    format!("{id}@{}", root.account())
}

/// An id is not the id of one session alone.
fn has_twins(candidates: &[StackId]) -> bool {
    let mut each = candidates.iter().enumerate();
    each.any(|(index, id)| {
        candidates
            .iter()
            .skip(index + 1)
            .any(|other| other.uuid() == id.uuid())
    })
}

fn listed(candidates: &[StackId]) -> String {
    let twins = has_twins(candidates);
    let named = candidates.iter().map(|id| {
        let which = if twins {
            id_at_account(id)
        } else {
            id.uuid().to_owned()
        };
        format!("{which} ({})", id.name())
    });
    named.collect::<Vec<_>>().join(", ")
}

fn advice(candidates: &[StackId]) -> &'static str {
    if has_twins(candidates) {
        "write one of these, or the ARN"
    } else {
        "give more of the id, or the ARN"
    }
}
