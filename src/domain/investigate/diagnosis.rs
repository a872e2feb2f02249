//! The diagnosis: what a session says about every attempt, computed from its facts and kept nowhere.
//!
//! ```
//! use stacktrail::domain::investigate::diagnosis::Diagnosis;
//! use stacktrail::domain::session::from_listing;
//!
//! let listing = r#"[
//!   {"StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0", "EventId": "1", "StackName": "shop",
//!    "LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue", "ResourceStatus": "CREATE_FAILED",
//!    "ResourceStatusReason": "Queue name is too long", "Timestamp": "2026-05-04T12:00:00Z"}
//! ]"#;
//! let diagnosis = Diagnosis::of(&from_listing::read(listing)?);
//! let finding = diagnosis.roots().next().ok_or("nothing failed")?;
//! assert_eq!(finding.failure.event.logical_id, "Queue");
//! // What to ask the trail, most urgent first, and why.
//! assert!(diagnosis.plan.iter().all(|search| !search.why.is_empty()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
use crate::domain::investigate::delivery::DeliveryWait;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::progress::InvestigationState;
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
    /// The searches of the trail, most urgent first; see [`plan`].
    pub plan: Vec<PlannedSearch>,
    /// The attempt that was asked for; the verdict chooses where none was.
    pub asked: Option<u32>,
}

/// How a failure's investigation stands at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvestigationStatus {
    /// The trail's state.
    pub trail: InvestigationState,
    /// When the trail should have its records.
    pub expected_at: Option<DateTime<Utc>>,
    /// The wait for them.
    pub wait: DeliveryWait,
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
        turn::explain(session, &attempts, &actors, &failures, &mut assessments);
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
                    assumed: principals
                        .as_ref()
                        .map(|known| known.assumed().cloned().collect())
                        .unwrap_or_default(),
                    service_role: principals.map_or(ServiceRole::Unknown, |known| known.service_role),
                    failure,
                    assessment,
                    searches: Vec::new(),
                    elsewhere: Vec::new(),
                }
            })
            .collect();
        let plan = plan::make(session, &attempts, &findings, &actors);
        let made = asked::asked(session);
        for finding in &mut findings {
            finding.searches = asked::of_failure(session, &attempts, &plan, &made, &finding.failure);
            let further = plan::further::of_failure(session, finding);
            finding.elsewhere = further.iter().map(|one| one.state(session)).collect();
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

    /// Of those what was stopped: a nested stack is none, what in it failed or was stopped is told by itself.
    pub fn is_cancelled(&self, finding: &Finding) -> bool {
        self.is_follower(finding) && finding.failure.event.nested_stack().is_none()
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

    /// Who did what, oldest first: on the attempt that was asked for, where one was.
    pub fn told_actors(&self) -> impl Iterator<Item = &Actor> {
        let asked = self.asked.and_then(|number| self.attempts.get(number));
        let later = asked.and_then(|asked| self.attempts.get(asked.number.checked_add(1)?));
        let from = asked.map(|asked| actor::first_moment(&self.attempts, asked));
        let until = later.map(|later| actor::first_moment(&self.attempts, later));
        self.actors.iter().filter(move |actor| {
            from.is_none_or(|from| actor.at >= from) && until.is_none_or(|until| actor.at < until)
        })
    }

    /// The failures that stand for themselves.
    pub fn roots(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.failure.is_root())
    }
}

/// The principals of the session: who began its operations, and as whom CloudFormation was seen calling.
pub(crate) fn principals(session: &Session, index: &RecordIndex<'_>, actors: &[Actor]) -> StackPrincipals {
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
