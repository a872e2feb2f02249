//! How an attempt ended, and what a status says of that.

use serde::{Deserialize, Serialize};

use crate::domain::model::status::{Operation, Phase, Status};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The change set that it would begin with has not been executed: nothing was deployed.
    NotExecuted,
    /// It has not ended, and nothing has failed.
    InProgress,
    /// It has not ended, and something has failed already.
    Failing,
    /// It failed or was cancelled, and is being put back.
    RollingBack,
    /// It did what was asked.
    Succeeded,
    /// It failed and was left as it is.
    Failed,
    /// It failed and was put back (or, for a creation with on-failure DELETE, removed).
    RolledBack,
    /// It failed and could not be put back.
    RollbackFailed,
    /// Another operation cut it short, or began before its end was seen.
    Interrupted,
}

impl Outcome {
    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotExecuted => "not executed",
            Self::InProgress => "in progress",
            Self::Failing => "failing",
            Self::RollingBack => "rolling back",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// It did not do what was asked, or is known not to: whether it has ended or not.
    pub fn is_failure(self) -> bool {
        match self {
            Self::Failing
            | Self::RollingBack
            | Self::Failed
            | Self::RolledBack
            | Self::RollbackFailed
            | Self::Interrupted => true,
            Self::NotExecuted | Self::InProgress | Self::Succeeded => false,
        }
    }

    /// What a stack's status alone says of its last operation.
    pub fn of_status(status: &Status) -> Self {
        outcome(operation_begun(status), status)
    }

    /// It has not ended.
    pub fn is_moving(self) -> bool {
        matches!(self, Self::InProgress | Self::Failing | Self::RollingBack)
    }
}

/// What a stack's status says of an operation.
pub(super) fn outcome(operation: Operation, status: &Status) -> Outcome {
    if status.is_cleanup() {
        return if status.is_rollback() {
            Outcome::RolledBack
        } else {
            Outcome::Succeeded
        };
    }
    let undoing =
        status.is_rollback() || (status.operation() == Operation::Delete && operation != Operation::Delete);
    match (status.phase(), undoing) {
        (Phase::Idle, _) => Outcome::NotExecuted,
        // How a status that nobody has heard of ends is not known; that something is undone is.
        (Phase::InProgress | Phase::Unknown, true) => Outcome::RollingBack,
        (Phase::InProgress | Phase::Unknown, false) => Outcome::InProgress,
        (Phase::Complete, true) => Outcome::RolledBack,
        (Phase::Failed, true) => Outcome::RollbackFailed,
        (Phase::Complete, false) => Outcome::Succeeded,
        (Phase::Failed, false) => Outcome::Failed,
    }
}

/// The operation that a stack's status belongs to; a rollback belongs to what it puts back.
pub(super) fn operation_begun(status: &Status) -> Operation {
    match status.operation() {
        Operation::Rollback if status.as_str().starts_with("UPDATE_") => Operation::Update,
        Operation::Rollback if status.as_str().starts_with("IMPORT_") => Operation::Import,
        Operation::Rollback => Operation::Create,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_never_heard_of_is_no_end_and_one_of_a_rollback_no_progress() {
        for (status, outcome) in [
            ("ROLLBACK_ABANDONED", Outcome::RollingBack),
            ("UPDATE_ROLLBACK_ABANDONED", Outcome::RollingBack),
            ("UPDATE_PONDERED", Outcome::InProgress),
            ("SOMETHING_NEW", Outcome::InProgress),
        ] {
            assert_eq!(Outcome::of_status(&Status::new(status)), outcome, "{status}");
        }
    }
}
