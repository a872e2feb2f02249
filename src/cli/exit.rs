//! How the program ends.

use crate::domain::attempt::{Attempt, Outcome};

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
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::status::{Operation, Status};

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
    fn of_several_stacks_the_worst_counts() {
        let all = [Exit::Success, Exit::InProgress, Exit::Failed];
        assert!(all.is_sorted(), "{all:?}");
    }
}
