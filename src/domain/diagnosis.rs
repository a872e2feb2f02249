//! The diagnosis: what a session says about every attempt, computed from its facts and kept nowhere.

use chrono::{DateTime, Utc};

use super::actor::Actor;
use super::attempt::Attempts;
use super::cause::Assessment;
use super::failure::{Failure, failures};
use super::investigation::InvestigationState;
use super::session::Session;
use super::trail::TrailSearch;

/// What a session says, all of it.
#[derive(Debug, Clone, Default)]
pub struct Diagnosis {
    /// The attempts, oldest first.
    pub attempts: Attempts,
    /// The failures of all attempts, oldest first.
    pub findings: Vec<Finding>,
    /// Who did what, oldest first.
    pub actors: Vec<Actor>,
}

/// One failure with everything that is said about it.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The failure.
    pub failure: Failure,
    /// Its causes and evidence. Cascades have none of their own.
    pub assessment: Assessment,
    /// The searches of the trail that serve it, in the order they are made, with what they brought.
    pub searches: Vec<SearchState>,
}

/// One search of the trail and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchState {
    /// The search.
    pub search: TrailSearch,
    /// Why it is made, in words.
    pub why: String,
    /// The newest answer: when, how many records, whether complete.
    pub answered: Option<(DateTime<Utc>, usize, bool)>,
}

/// How a failure's investigation stands at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The trail's state.
    pub trail: InvestigationState,
    /// When the trail should have its records.
    pub expected_at: Option<DateTime<Utc>>,
    /// The logs' state.
    pub logs: InvestigationState,
}

impl Diagnosis {
    /// Reads a session.
    pub fn of(session: &Session) -> Self {
        let attempts = Attempts::of(session);
        let findings = failures(session, &attempts)
            .into_iter()
            .map(|failure| Finding {
                failure,
                assessment: Assessment::default(),
                searches: Vec::new(),
            })
            .collect();
        Self {
            attempts,
            findings,
            actors: Vec::new(),
        }
    }

    /// The failures that stand for themselves.
    pub fn roots(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.failure.is_root())
    }
}

impl Diagnosis {
    /// Stand-in.
    pub fn standing(&self, _finding: &Finding, _session: &Session, _now: DateTime<Utc>) -> Standing {
        Standing {
            trail: InvestigationState::Waiting,
            expected_at: None,
            logs: InvestigationState::Waiting,
        }
    }
}
