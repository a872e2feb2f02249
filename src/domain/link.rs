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
    /// Everything shown is saved.
    #[default]
    Saved,
    /// Something shown is not saved; it is tried again.
    NotSaving {
        /// Why.
        reason: String,
        /// How many facts wait.
        pending: usize,
    },
    /// This session is only read, not recorded.
    ReadOnly,
}
