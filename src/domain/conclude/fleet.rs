//! A deployment as rows of a table: what is asked of many deployments at once.
//!
//! A cause is a conclusion, and a table holds no rules. So what is concluded of a deployment is written down beside
//! its facts, flat: a row for the deployment, one for each failure that stands for itself, one for each resource that
//! came to an end, one for each call that began, changed or ended an operation. `assets/schemas` has the schema.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::domain::deployment::actor::{Actor, first_moment};
use crate::domain::deployment::attempt::{Attempt, Outcome, RollbackTrigger};
use crate::domain::deployment::failure::During;
use crate::domain::explain::cause::{Cause, Confidence, EvidenceId};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::category::Category;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase};
use crate::domain::session::Session;

/// Who saw a deployment's end so soon after it was there: the logs and services that it asked still had their answers.
const FOLLOWED: TimeDelta = TimeDelta::hours(1);
/// Attempts that began longer before the newest are not told again: a queue keeps what it tells for so long.
const RECENT: TimeDelta = TimeDelta::days(14);
/// Longer texts are cut: a table is for counting, and the segments have the whole.
const LONGEST: usize = 500;

/// What one session says of one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentRows {
    /// The root stack.
    pub stack_id: StackId,
    /// When it began: with the stack, its name.
    pub started: DateTime<Utc>,
    /// Whoever says it was there when it ended, and not only later.
    pub followed: bool,
    /// The newest fact that it rests on.
    pub seen: DateTime<Utc>,
    /// The rows.
    pub rows: Vec<FleetRow>,
}

/// A row; every column that its kind has not is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FleetRow {
    /// The deployment.
    Deployment(DeploymentRow),
    /// A failure that stands for itself.
    Failure(FailureRow),
    /// A resource that came to an end in it.
    Resource(ResourceRow),
    /// A call that began, changed or ended its operation.
    Call(CallRow),
}

/// The deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeploymentRow {
    /// What was asked for.
    pub operation: Operation,
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<DateTime<Utc>>,
    /// How long it took, the way back included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// How long the way back took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_seconds: Option<i64>,
    /// Why it turned back: `failure`, `cancelled`, `requested`, `untold`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<&'static str>,
}

/// A failure that stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureRow {
    /// The resource's name in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// What kind of failure its reason speaks of.
    pub category: Category,
    /// What was going on.
    pub during: During,
    /// When it failed.
    pub at: DateTime<Utc>,
    /// The stack's status reason, raw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The likeliest cause.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub cause: Option<CauseColumns>,
    /// Who was denied, whoever says so: cause or reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// What was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

/// What is said of a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CauseColumns {
    /// The claim.
    pub cause: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// How long after the failure it was known here; where that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause_seconds: Option<i64>,
    /// Which policy said no, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied_by: Option<String>,
}

/// A resource that came to an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceRow {
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// What was done to it; `rollback` for whatever put it back.
    pub operation: Operation,
    /// `succeeded` or `failed`.
    pub outcome: Outcome,
    /// How long that took.
    pub seconds: i64,
}

/// A call on the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallRow {
    /// The API operation: `DeleteStack`.
    pub event_name: String,
    /// Who made it.
    pub who: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The error code, where CloudFormation said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// The rows of every deployment of a session that is over and not long past.
pub fn rows(session: &Session, diagnosis: &Diagnosis) -> Vec<DeploymentRows> {
    let attempts = diagnosis.attempts.list();
    let Some((last, seen)) = attempts.last().zip(session.last_seen()) else {
        return Vec::new();
    };
    attempts
        .iter()
        .filter(|attempt| last.started_at - attempt.started_at <= RECENT)
        .filter(|attempt| !attempt.outcome.is_moving() && attempt.outcome != Outcome::NotExecuted)
        .map(|attempt| DeploymentRows {
            stack_id: session.root().clone(),
            started: attempt.started_at,
            followed: was_followed(session, diagnosis, attempt),
            seen,
            rows: of_attempt(session, diagnosis, attempt),
        })
        .collect()
}

fn of_attempt(session: &Session, diagnosis: &Diagnosis, attempt: &Attempt) -> Vec<FleetRow> {
    let deployment = FleetRow::Deployment(deployment(attempt));
    let failures = diagnosis
        .roots()
        .filter(|finding| finding.failure.attempt == attempt.number && !finding.failure.is_own_turn())
        .map(|finding| FleetRow::Failure(failure(session, finding)));
    let resources = resources(session, diagnosis, attempt);
    let resources = resources.into_iter().map(FleetRow::Resource);
    let calls = calls(diagnosis, attempt).map(|actor| FleetRow::Call(call(actor)));
    std::iter::once(deployment)
        .chain(failures)
        .chain(resources)
        .chain(calls)
        .collect()
}

fn deployment(attempt: &Attempt) -> DeploymentRow {
    let since = |from: DateTime<Utc>| attempt.ended_at.map(|ended| whole_seconds(ended - from));
    DeploymentRow {
        operation: attempt.operation,
        outcome: attempt.outcome,
        ended: attempt.ended_at,
        seconds: since(attempt.started_at),
        rollback_seconds: attempt.rollback_at.and_then(since),
        turn: attempt.turn.map(|turn| match turn {
            RollbackTrigger::Failure => "failure",
            RollbackTrigger::Cancelled => "cancelled",
            RollbackTrigger::Requested => "requested",
            RollbackTrigger::Untold => "untold",
        }),
    }
}

fn failure(session: &Session, finding: &Finding) -> FailureRow {
    let (failure, causes) = (&finding.failure, &finding.assessment.causes);
    let cause = causes.first();
    let denied = cause.and_then(|cause| cause.denied.as_ref());
    FailureRow {
        logical_id: failure.event.logical_id.clone(),
        resource_type: failure.event.resource_type.clone(),
        category: failure.facts.category,
        during: failure.during,
        at: failure.failed_at(),
        reason: failure.reason().map(cut),
        cause: cause.map(|cause| CauseColumns {
            cause: cut(&cause.claim),
            confidence: cause.confidence,
            cause_seconds: known_at(session, cause).map(|known| whole_seconds(known - failure.failed_at())),
            denied_by: denied.and_then(|denied| denied.because.as_deref()).map(cut),
        }),
        principal: denied
            .map(|denied| denied.who.as_str())
            .or(failure.facts.principal_arn.as_deref())
            .map(cut),
        action: denied
            .and_then(|denied| denied.action.as_deref())
            .or(failure.facts.denied_action.as_deref())
            .map(cut),
    }
}

/// When all that a cause rests on was there: only of events and records is it kept when they were first seen.
fn known_at(session: &Session, cause: &Cause) -> Option<DateTime<Utc>> {
    let seen = cause.evidence.iter().map(|evidence| match evidence {
        EvidenceId::Trail(id) => session.trail().records().get(id).map(|seen| seen.observed_at),
        EvidenceId::Event(key) => {
            let history = session.stack(&key.stack_id)?;
            history.seen_at(history.event(&key.event_id)?)
        }
        EvidenceId::Log { .. } | EvidenceId::Statement { .. } => None,
    });
    seen.collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// Every resource that came to an end, as often as it did; not the stacks, which only wait for what is in them.
fn resources(session: &Session, diagnosis: &Diagnosis, attempt: &Attempt) -> Vec<ResourceRow> {
    let mut found = Vec::new();
    for (_, events) in diagnosis.attempts.events_of(session, attempt) {
        let mut begun: BTreeMap<(&str, Operation), DateTime<Utc>> = BTreeMap::new();
        let resources = events.filter(|event| !event.is_about_stack() && event.nested_stack().is_none());
        for event in resources {
            let operation = if attempt.is_undoing(event) {
                Operation::Rollback
            } else {
                event.status.operation()
            };
            let key = (event.logical_id.as_str(), operation);
            let phase = event.status.phase();
            if matches!(phase, Phase::InProgress | Phase::Idle) {
                begun.entry(key).or_insert(event.at);
            } else if let Some(from) = begun.remove(&key) {
                found.push(ResourceRow {
                    logical_id: event.logical_id.clone(),
                    resource_type: event.resource_type.clone(),
                    operation,
                    outcome: if phase == Phase::Complete {
                        Outcome::Succeeded
                    } else {
                        Outcome::Failed
                    },
                    seconds: whole_seconds(event.at - from),
                });
            }
        }
    }
    found
}

/// The calls from the attempt's first moment to the next one's.
fn calls<'d>(diagnosis: &'d Diagnosis, attempt: &Attempt) -> impl Iterator<Item = &'d Actor> {
    let attempts = &diagnosis.attempts;
    let from = first_moment(attempts, attempt);
    let next = attempts.list().iter().find(|next| next.number > attempt.number);
    let until = next.map(|next| first_moment(attempts, next));
    diagnosis
        .actors
        .iter()
        .filter(move |actor| actor.at >= from && until.is_none_or(|until| actor.at < until))
}

fn call(actor: &Actor) -> CallRow {
    CallRow {
        event_name: actor.event_name.clone(),
        who: cut(&actor.user),
        at: actor.at,
        refused: actor.refused.as_deref().map(cut),
    }
}

/// The stack's last word on it was seen soon after it was said.
fn was_followed(session: &Session, diagnosis: &Diagnosis, attempt: &Attempt) -> bool {
    let Some(history) = session.root_history() else {
        return false;
    };
    let mut own = history.own_events();
    let last = own.rfind(|event| diagnosis.attempts.number_of(event) == attempt.number);
    let seen = last.and_then(|event| Some(history.seen_at(event)? - event.at));
    seen.is_some_and(|after| after <= FOLLOWED)
}

fn whole_seconds(span: TimeDelta) -> i64 {
    span.num_seconds().max(0)
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
