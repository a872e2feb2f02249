//! How the program ends.

use crate::domain::attempt::{Attempt, Outcome};
use crate::domain::status::Status;

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

    /// How an attempt is judged as it stands: one that is being rolled back has failed already.
    pub fn of_attempt(attempt: Option<&Attempt>) -> Self {
        let outcome = attempt.map(|attempt| attempt.outcome);
        match (Self::of(outcome), attempt) {
            (Self::InProgress, Some(attempt)) if attempt.rollback_at.is_some() => Self::Failed,
            (exit, _) => exit,
        }
    }

    /// How a stack is judged by its status alone, where nothing else is known of it.
    pub fn of_status(status: &Status) -> Self {
        if status.is_rollback() || status.is_failed() {
            Self::Failed
        } else if status.is_in_progress() && !status.is_cleanup() {
            Self::InProgress
        } else {
            Self::Success
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::status::Operation;

    fn attempt(outcome: Outcome, rolling_back: bool) -> Attempt {
        let at = DateTime::UNIX_EPOCH;
        Attempt {
            number: 1,
            operation: Operation::Create,
            started_at: at,
            ended_at: None,
            outcome,
            status: Status::new("CREATE_IN_PROGRESS"),
            rollback_at: rolling_back.then_some(at),
        }
    }

    #[test]
    fn what_is_in_progress_is_neither_success_nor_failure_until_it_rolls_back() {
        let code = |outcome, rolling_back| Exit::of_attempt(Some(&attempt(outcome, rolling_back))).code();
        assert_eq!(code(Outcome::InProgress, false), 4);
        assert_eq!(code(Outcome::InProgress, true), 1);
        assert_eq!(code(Outcome::RolledBack, true), 1);
        assert_eq!(code(Outcome::Succeeded, false), 0);
        assert_eq!(Exit::of_attempt(None), Exit::Success);
    }

    #[test]
    fn a_status_alone_tells_how_it_stands() {
        for (status, code) in [
            ("CREATE_IN_PROGRESS", 4),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", 0),
            ("UPDATE_COMPLETE", 0),
            ("DELETE_COMPLETE", 0),
            ("REVIEW_IN_PROGRESS", 0),
            ("ROLLBACK_IN_PROGRESS", 1),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", 1),
            ("DELETE_FAILED", 1),
            ("SOMETHING_NEW", 0),
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
