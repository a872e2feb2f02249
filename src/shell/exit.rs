//! How the program ends.

use crate::domain::conclude::verdict;
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::model::status::Status;

/// How the program ends: part of the contract with scripts.
///
/// The order is that of what is worse, for a run over several stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// The deployment succeeded, or there was none to judge.
    Success,
    /// The deployment was still in progress when the program was left or its time was up.
    InProgress,
    /// The deployment failed, is rolling back or was rolled back.
    Failed,
    /// The command line or its arguments are wrong.
    Usage,
    /// AWS could not be read.
    Unreadable,
    /// Interrupted by a signal.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unreadable => 3,
            Self::InProgress => 4,
            Self::Interrupted => 130,
        }
    }

    /// How an attempt's outcome is judged.
    pub fn of(outcome: Option<Outcome>) -> Self {
        match outcome {
            Some(outcome) if outcome.is_failure() => Self::Failed,
            Some(Outcome::InProgress) => Self::InProgress,
            _ => Self::Success,
        }
    }

    /// How an attempt is judged as it stands: one that is failing or being rolled back has failed already.
    pub fn of_attempt(attempt: Option<&Attempt>) -> Self {
        Self::of(attempt.map(|attempt| attempt.outcome))
    }

    /// How a stack is judged by its status alone, where nothing else is known of it.
    pub fn of_status(status: &Status) -> Self {
        verdict::of_status(status).map_or(Self::Unreadable, |outcome| Self::of(Some(outcome)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_progress_is_neither_success_nor_failure_until_something_has_failed() {
        let code = |outcome| Exit::of(Some(outcome)).code();
        assert_eq!(code(Outcome::InProgress), 4);
        assert_eq!(code(Outcome::Failing), 1);
        assert_eq!(code(Outcome::RollingBack), 1);
        assert_eq!(code(Outcome::RolledBack), 1);
        assert_eq!(code(Outcome::Interrupted), 1);
        assert_eq!(code(Outcome::NotExecuted), 0);
        assert_eq!(code(Outcome::Succeeded), 0);
        assert_eq!(Exit::of_attempt(None), Exit::Success);
    }

    #[test]
    fn a_status_alone_tells_how_it_stands() {
        for (status, code) in [
            ("CREATE_IN_PROGRESS", 4),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", 0),
            ("UPDATE_COMPLETE", 0),
            ("DELETE_COMPLETE", 3),
            ("REVIEW_IN_PROGRESS", 0),
            ("ROLLBACK_IN_PROGRESS", 1),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", 1),
            ("DELETE_FAILED", 1),
            ("UPDATE_FAILED", 1),
            ("SOMETHING_NEW", 4),
        ] {
            assert_eq!(Exit::of_status(&Status::new(status)).code(), code, "{status}");
        }
    }

    #[test]
    fn of_several_stacks_the_worst_counts() {
        let all = [Exit::Success, Exit::InProgress, Exit::Failed];
        assert!(all.is_sorted(), "{all:?}");
    }
}
