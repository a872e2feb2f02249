//! Statuses of stacks and resources, known and unknown.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A status as CloudFormation wrote it.
///
/// It stays the raw text, since new ones appear and the SDK's own list lags behind (in stack events
/// `REVIEW_IN_PROGRESS` and the cleanup statuses arrive as unknown). Its shape says what it means, which is
/// read once: events are put in order by it, tens of thousands of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Arc<str>", into = "Arc<str>")]
pub struct Status {
    text: Arc<str>,
    phase: Phase,
    operation: Operation,
}

impl From<Arc<str>> for Status {
    fn from(text: Arc<str>) -> Self {
        Self {
            phase: phase_of(&text),
            operation: operation_of(&text),
            text,
        }
    }
}

impl From<Status> for Arc<str> {
    fn from(status: Status) -> Self {
        status.text
    }
}

/// How far along something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Waiting for somebody: `REVIEW_IN_PROGRESS`.
    Idle,
    /// Under way.
    InProgress,
    /// Done, as wanted (or `DELETE_SKIPPED`).
    Complete,
    /// Done, and not as wanted.
    Failed,
    /// A status that follows none of the known shapes.
    Unknown,
}

/// What is being done to a stack or resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Being made.
    Create,
    /// Being changed.
    Update,
    /// Being removed.
    Delete,
    /// Being taken into the stack.
    Import,
    /// Being put back after a failure.
    Rollback,
    /// A rollback that had failed, taken up again.
    ContinueRollback,
    /// A change set being made: it changes nothing, and can fail without an event of the stack.
    CreateChangeSet,
    /// Anything else.
    Other,
}

impl Operation {
    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Import => "import",
            Self::Rollback => "rollback",
            Self::ContinueRollback => "continue-rollback",
            Self::CreateChangeSet => "create-change-set",
            Self::Other => "other",
        }
    }
}

impl Status {
    /// Keeps any text as a status.
    pub fn new(text: &str) -> Self {
        Self::from(Arc::from(text))
    }

    /// The raw text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How far along this is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What is being done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Part of putting things back: `ROLLBACK_*`, `UPDATE_ROLLBACK_*`, `IMPORT_ROLLBACK_*`.
    pub fn is_rollback(&self) -> bool {
        self.operation == Operation::Rollback
    }

    /// The outcome is known and only leftovers are being removed.
    pub fn is_cleanup(&self) -> bool {
        self.as_str().ends_with("_CLEANUP_IN_PROGRESS")
    }

    /// `*_FAILED`.
    pub fn is_failed(&self) -> bool {
        self.phase() == Phase::Failed
    }

    /// Something is still moving. `REVIEW_IN_PROGRESS` is not.
    pub fn is_in_progress(&self) -> bool {
        self.phase() == Phase::InProgress
    }

    /// For a stack: whether it can come after the other. No stack comes back once its deletion has begun.
    pub fn can_follow(&self, earlier: &Self) -> bool {
        earlier.operation() != Operation::Delete || self.operation() == Operation::Delete
    }

    /// For a stack: it moves and is not being deleted, so it is there, though its name was not found when it had
    /// only just begun.
    pub fn is_of_a_stack_that_is_there(&self) -> bool {
        self.is_in_progress() && self.operation() != Operation::Delete
    }

    /// For a stack: nothing moves any more. A `CREATE_FAILED` or `UPDATE_FAILED` on a stack is final only
    /// with rollback off, which only the next event can tell.
    pub fn is_settled(&self) -> bool {
        matches!(self.phase(), Phase::Complete | Phase::Failed | Phase::Idle)
    }

    /// For a settled stack: the last operation did what was asked.
    pub fn is_success(&self) -> bool {
        self.phase() == Phase::Complete && !self.is_rollback()
    }
}

fn phase_of(text: &str) -> Phase {
    if text == "REVIEW_IN_PROGRESS" {
        Phase::Idle
    } else if text.ends_with("_IN_PROGRESS") {
        Phase::InProgress
    } else if text.ends_with("_FAILED") || text == "FAILED" {
        Phase::Failed
    } else if text.ends_with("_COMPLETE") || text.ends_with("_SKIPPED") {
        Phase::Complete
    } else {
        Phase::Unknown
    }
}

fn operation_of(text: &str) -> Operation {
    if text.starts_with("ROLLBACK_") || text.contains("_ROLLBACK_") {
        Operation::Rollback
    } else if text.starts_with("CREATE_") || text.starts_with("REVIEW_") {
        Operation::Create
    } else if text.starts_with("UPDATE_") {
        Operation::Update
    } else if text.starts_with("DELETE_") {
        Operation::Delete
    } else if text.starts_with("IMPORT_") {
        Operation::Import
    } else {
        Operation::Other
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Operation as O;
    use super::Phase as P;
    use super::*;

    #[test]
    fn every_documented_stack_status_has_its_meaning() {
        let of = |text: &str| {
            let status = Status::new(text);
            (status.phase(), status.operation(), status.is_success())
        };
        for (text, phase, operation, success) in [
            ("CREATE_IN_PROGRESS", P::InProgress, O::Create, false),
            ("CREATE_FAILED", P::Failed, O::Create, false),
            ("CREATE_COMPLETE", P::Complete, O::Create, true),
            ("ROLLBACK_IN_PROGRESS", P::InProgress, O::Rollback, false),
            ("ROLLBACK_COMPLETE", P::Complete, O::Rollback, false),
            ("ROLLBACK_FAILED", P::Failed, O::Rollback, false),
            ("DELETE_COMPLETE", P::Complete, O::Delete, true),
            ("DELETE_SKIPPED", P::Complete, O::Delete, true),
            (
                "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
                P::InProgress,
                O::Update,
                false,
            ),
            ("UPDATE_COMPLETE", P::Complete, O::Update, true),
            (
                "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
                P::InProgress,
                O::Rollback,
                false,
            ),
            ("UPDATE_ROLLBACK_COMPLETE", P::Complete, O::Rollback, false),
            ("UPDATE_ROLLBACK_FAILED", P::Failed, O::Rollback, false),
            ("IMPORT_ROLLBACK_IN_PROGRESS", P::InProgress, O::Rollback, false),
            ("IMPORT_COMPLETE", P::Complete, O::Import, true),
            ("REVIEW_IN_PROGRESS", P::Idle, O::Create, false),
            ("SOMETHING_NEW", P::Unknown, O::Other, false),
            ("", P::Unknown, O::Other, false),
        ] {
            assert_eq!(of(text), (phase, operation, success), "{text}");
        }
    }
}
