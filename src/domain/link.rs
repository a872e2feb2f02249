//! How a source is doing at the moment. Not part of the journal: it is true only now.

use chrono::{DateTime, Utc};

use super::fault::Fault;

/// How a source is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// It answered then.
    Answering {
        /// When it answered last.
        at: DateTime<Utc>,
    },
    /// It does not answer as it should.
    Troubled {
        /// Since when.
        since: DateTime<Utc>,
        /// Why.
        fault: Fault,
        /// When it is asked again.
        retry_at: DateTime<Utc>,
    },
    /// The stack that is waited for does not exist (yet).
    Absent {
        /// Since when it is waited for.
        since: DateTime<Utc>,
    },
}

/// Whether the archive keeps up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SaveState {
    /// Everything so far is committed.
    #[default]
    Saved,
    /// Something waits in memory. It is tried again until it is committed.
    NotSaving {
        /// Why, in words for a person.
        reason: String,
        /// How many events, records, log lines and other facts wait.
        pending: usize,
    },
    /// This session is only read, not recorded.
    ReadOnly,
}
