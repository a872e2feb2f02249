//! How the program ends.

use crate::domain::attempt::Outcome;

/// How the program ends: part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// The deployment succeeded, or there was none to judge.
    Success,
    /// The deployment failed or was rolled back.
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
            Self::Interrupted => 130,
        }
    }

    /// How an attempt's outcome is judged.
    pub fn of(outcome: Option<Outcome>) -> Self {
        if outcome.is_some_and(Outcome::is_failure) {
            Self::Failed
        } else {
            Self::Success
        }
    }
}
