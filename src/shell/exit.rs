//! How the program ends: the number for each outcome. Which outcomes are failures says `Outcome::is_failure`.

use crate::domain::conclude::verdict;
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::status::Status;
use crate::domain::session::Session;

/// How the program ends: part of the contract with scripts.
///
/// The order is that of what is worse, for a run over several stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// The deployment succeeded, or there was none to judge.
    Success,
    /// The deployment was still in progress when the program was left or its time was up.
    InProgress,
    /// The deployment failed or was interrupted, is rolling back, was rolled back or could not be.
    Failed,
    /// The command line or its arguments are wrong.
    Usage,
    /// AWS could not be read, or not all that was saved: how the deployment went cannot be told.
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

    /// How one of a session's attempts is judged. A stack whose events cannot be read says by its status how it
    /// stands; one of which not even that is known is not judged.
    ///
    /// Where none of the stack's own events is known, or not all that was saved, a failure that is known counts;
    /// that none is known does not.
    pub fn of_session(session: &Session, diagnosis: &Diagnosis, judged: Option<&Attempt>) -> Self {
        let described = session.root_history().and_then(|history| history.description());
        let exit = match (judged, described) {
            (Some(attempt), _) => Self::of_attempt(Some(attempt)),
            (None, Some(stack)) => Self::of_status(&stack.status),
            (None, None) => Self::Unreadable,
        };
        if exit == Self::Failed || (judged.is_some() && !session.is_incomplete()) {
            return exit;
        }
        let number = judged.map_or(0, |attempt| attempt.number);
        let mut roots = diagnosis.roots();
        if roots.any(|finding| finding.failure.attempt == number) {
            Self::Failed
        } else if session.is_incomplete() {
            Self::Unreadable
        } else {
            exit
        }
    }

    /// How a stack is judged by its status alone, where nothing else is known of it.
    pub fn of_status(status: &Status) -> Self {
        verdict::of_status(status).map_or(Self::Unreadable, |outcome| Self::of(Some(outcome)))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::model::fact::{Fact, Recorded};
    use crate::domain::model::stack::{StackDescription, StackId};

    fn described(id: &StackId, status: &str) -> StackDescription {
        StackDescription {
            id: id.clone(),
            status: Status::new(status),
            status_reason: None,
            parent: None,
            root: None,
            role_arn: None,
            deployment_mode: None,
            created_at: None,
            deleted_at: None,
            outputs: None,
        }
    }

    #[test]
    fn what_is_in_progress_is_neither_success_nor_failure_until_something_has_failed() {
        let code = |outcome| Exit::of(Some(outcome)).code();
        assert_eq!(code(Outcome::InProgress), 4);
        assert_eq!(code(Outcome::Failing), 1);
        assert_eq!(code(Outcome::RollingBack), 1);
        assert_eq!(code(Outcome::RolledBack), 1);
        assert_eq!(code(Outcome::RollbackFailed), 1);
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
    fn what_cannot_be_told_is_neither_success_nor_in_progress() {
        let root = StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u").unwrap();
        let judged = |session: &Session| {
            let diagnosis = Diagnosis::of(session);
            Exit::of_session(session, &diagnosis, diagnosis.headline_attempt())
        };
        let mut session = Session::new(root.clone());
        assert_eq!(judged(&session), Exit::Unreadable);
        for (status, whole) in [
            ("UPDATE_COMPLETE", Exit::Success),
            ("UPDATE_IN_PROGRESS", Exit::InProgress),
            ("UPDATE_ROLLBACK_COMPLETE", Exit::Failed),
        ] {
            session.apply(&Recorded {
                observed_at: DateTime::UNIX_EPOCH,
                fact: Fact::StackDescribed {
                    stack: described(&root, status),
                },
            });
            // Its status tells, until something of what was saved is lost.
            assert_eq!(judged(&session), whole, "{status}");
            let mut lost = session.clone();
            lost.note_loss();
            let told = if whole == Exit::Failed {
                whole
            } else {
                Exit::Unreadable
            };
            assert_eq!(judged(&lost), told, "{status}");
        }
    }

    #[test]
    fn of_several_stacks_the_worst_counts() {
        let all = [Exit::Success, Exit::InProgress, Exit::Failed];
        assert!(all.is_sorted(), "{all:?}");
    }
}
