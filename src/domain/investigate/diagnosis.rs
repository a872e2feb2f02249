//! The diagnosis: what a session says about every attempt, computed from its facts and kept nowhere.

mod asked;
mod standing;
mod turn;

use chrono::{DateTime, Utc};

use super::plan::{self, PlannedSearch};
use crate::domain::deployment::actor;
use crate::domain::deployment::actor::Actor;
use crate::domain::deployment::attempt::Attempts;
use crate::domain::deployment::failure::{Failure, Role, failures};
use crate::domain::deployment::principal::{Principals, ServiceRole, StackPrincipals};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::cause;
use crate::domain::explain::cause::walk_back::dependencies;
use crate::domain::explain::cause::{Assessment, Confidence};
use crate::domain::investigate::inquiry::InvestigationState;
use crate::domain::model::trail::TrailSearch;
use crate::domain::session::Session;

/// What a session says, all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The attempts, oldest first.
    pub attempts: Attempts,
    /// The failures of all attempts, oldest first.
    pub findings: Vec<Finding>,
    /// Who did what, oldest first.
    pub actors: Vec<Actor>,
    /// The searches of the trail, most urgent first; see [`plan::trail`].
    pub plan: Vec<PlannedSearch>,
    /// The attempt that was asked for; the verdict chooses where none was.
    pub asked: Option<u32>,
}

/// One failure with everything that is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The failure.
    pub failure: Failure,
    /// Its causes and evidence. Cascades have none of their own.
    pub assessment: Assessment,
    /// The searches of the trail that serve it, in the order they are made, with what they brought.
    pub searches: Vec<SearchState>,
    /// The names of what it depends on: roles, keys, buckets.
    pub dependencies: Vec<String>,
    /// The role that CloudFormation works with there.
    pub service_role: ServiceRole,
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
    /// When it was asked and not answered, where that is newer.
    pub failed_at: Option<DateTime<Utc>>,
}

impl SearchState {
    /// It was made, and not only planned.
    pub fn is_asked(&self) -> bool {
        self.answered.is_some() || self.failed_at.is_some()
    }
}

/// How a failure's investigation stands at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvestigationStatus {
    /// The trail's state.
    pub trail: InvestigationState,
    /// When the trail should have its records.
    pub expected_at: Option<DateTime<Utc>>,
    /// The logs' state.
    pub logs: InvestigationState,
}

impl Diagnosis {
    /// Reads a session. Depends on its facts alone, not on the time.
    pub fn of(session: &Session) -> Self {
        let attempts = Attempts::of(session);
        let failures = failures(session, &attempts);
        let index = RecordIndex::of(session);
        let actors = actor::actors(session, &index);
        let stack = principals(session, &index, &actors);
        let mut assessments = cause::assess(session, &index, &stack, &failures);
        turn::explain(session, (&attempts, &actors), &failures, &mut assessments);
        let mut findings: Vec<Finding> = failures
            .into_iter()
            .zip(assessments)
            .map(|(failure, assessment)| {
                let principals = failure
                    .is_root()
                    .then(|| Principals::of(session, &stack, &failure));
                Finding {
                    dependencies: principals
                        .as_ref()
                        .map(|known| dependencies(&failure, known))
                        .unwrap_or_default(),
                    service_role: principals.map_or(ServiceRole::Unknown, |known| known.service_role),
                    failure,
                    assessment,
                    searches: Vec::new(),
                }
            })
            .collect();
        let plan = plan::make(session, &attempts, &findings, &actors);
        let made = asked::asked(session);
        for finding in &mut findings {
            finding.searches = asked::of_failure(session, &attempts, &plan, &made, &finding.failure);
        }
        Self {
            asked: None,
            attempts,
            findings,
            actors,
            plan,
        }
    }

    /// The failures that only follow from this one.
    pub fn followers(&self, failure: &Failure) -> impl Iterator<Item = &Finding> {
        let followed = |other: &&Finding| matches!(&other.failure.role, Role::Cascade { of: Some(of) } if *of == failure.key);
        self.findings
            .iter()
            .filter(followed)
            .filter(|other| self.is_follower(other))
    }

    /// What failed or was stopped only because something else had failed: what every place counts and lists
    /// beside the failures that stand for themselves.
    pub fn is_follower(&self, finding: &Finding) -> bool {
        !finding.failure.is_root() && !self.is_echo(finding)
    }

    /// Every failure once: without the stacks' own words that something in them failed.
    pub fn told(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !self.is_echo(finding))
    }

    /// A stack's own word that something in it failed: what failed is counted already, and so is a nested
    /// stack, as the resource that it is.
    pub fn is_echo(&self, finding: &Finding) -> bool {
        !finding.failure.is_root() && finding.failure.event.is_about_stack()
    }

    /// The failures that stand for themselves.
    pub fn roots(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.failure.is_root())
    }
}

impl Finding {
    /// The trail brought a record that belongs to the failure: a failed call at high confidence or above, or
    /// a denial at medium.
    pub fn is_found_in_trail(&self) -> bool {
        self.assessment.records.iter().any(|matched| {
            let sure = matched.confidence <= Confidence::High;
            let likely = matched.confidence == Confidence::Medium && matched.record.is_denial();
            matched.record.is_error() && (sure || likely) || matched.confidence == Confidence::Certain
        })
    }

    /// The trail told surely who brought about what the failure speaks of.
    pub fn names_a_deed(&self) -> bool {
        let mut records = self.assessment.records.iter();
        records.any(|matched| !matched.record.is_error() && matched.confidence <= Confidence::High)
    }

    /// What is said of it in one line: the likeliest cause, else the reason.
    pub fn said(&self) -> &str {
        let cause = self.assessment.causes.first();
        let said = cause.map(|cause| cause.claim.as_str());
        said.or_else(|| self.failure.reason())
            .unwrap_or("no reason given")
    }

    /// Something explains it, wherever that was read.
    pub fn is_explained(&self) -> bool {
        self.assessment
            .causes
            .iter()
            .any(|cause| cause.confidence <= Confidence::High)
    }

    /// Nothing explains it, so that looking further back makes sense.
    pub fn is_unexplained(&self) -> bool {
        self.failure.is_root() && !self.is_explained()
    }
}

/// The principals of the session: who began its operations, and as whom CloudFormation was seen calling.
fn principals(session: &Session, index: &RecordIndex<'_>, actors: &[Actor]) -> StackPrincipals {
    let mut callers = actor::callers(actors);
    if callers.is_empty() {
        callers.extend(index.only_cloudformation_caller().map(str::to_owned));
    }
    StackPrincipals::of(
        session,
        callers,
        index.only_cloudformation_role().map(str::to_owned),
    )
    .seen_calling(index.sessions())
}
