//! Every denial of a deployment: of what failed, and of what was stopped before it could fail.
//!
//! One cause is told of each failure; a policy wants all that was denied, whichever of its resources it was for.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::assessing::{Gathered, gather};
use super::denial::Refusal;
use super::remedy::{DecodedMessages, Remedy};
use super::{EvidenceId, LineWeight};
use crate::domain::deployment::custom_resource::groups_nearby;
use crate::domain::deployment::failure::{During, Failure, FailureKey, Role};
use crate::domain::deployment::principal::{ServiceRole, StackPrincipals};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::matching::{self, Candidate, Necessity, Rivals};
use crate::domain::model::arn::{Arn, CLOUDFORMATION_SESSION, role_name};
use crate::domain::model::status::Operation;
use crate::domain::session::{Session, StackHistory};

/// One denial, as one witness tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The failure beside which it was found.
    pub failure: FailureKey,
    /// The number of the attempt.
    pub attempt: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// Who tells it.
    pub evidence: EvidenceId,
    /// Who was refused: the ARN as a policy names it, where it is told.
    pub principal: Option<String>,
    /// The action, where it is told.
    pub action: Option<String>,
    /// What it was on, as a policy would name it; open where nothing tells.
    pub resource: Option<String>,
    /// What would help.
    pub remedy: Remedy,
    /// The encoded message that nobody has decoded.
    pub encoded: Option<String>,
    /// Whether the deployment needs it.
    pub need: DeniedNeed,
}

/// Whether a deployment needs what was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeniedNeed {
    /// To go on.
    Operation,
    /// To put back or take away what it made.
    Teardown,
    /// It is not known to, and why.
    Unneeded(&'static str),
    /// It was not denied to this deployment, and why.
    Foreign(&'static str),
}

impl DeniedNeed {
    /// Why it is not needed, where it is not.
    pub fn unneeded(self) -> Option<&'static str> {
        match self {
            Self::Unneeded(why) | Self::Foreign(why) => Some(why),
            Self::Operation | Self::Teardown => None,
        }
    }
}

/// The denials of these failures, each witness by itself: oldest first.
pub fn denials(
    session: &Session,
    index: &RecordIndex<'_>,
    stack: &StackPrincipals,
    failures: &[Failure],
    decoded: &DecodedMessages,
) -> Vec<Denied> {
    let roles = index.failing_roles(stack.roles());
    let rivals = Rivals::of(session, failures);
    let mut of_records: BTreeMap<String, Denied> = BTreeMap::new();
    let mut found = Vec::new();
    for failure in failures.iter().filter(|failure| may_be_denied(failure)) {
        let one = gather(session, stack, &rivals, failure);
        let reading = Reading {
            session,
            one: &one,
            decoded,
        };
        for candidate in matching::candidates(index, &roles, &one.asked) {
            let Some((id, denied)) = reading.of_candidate(index, &candidate) else {
                continue;
            };
            // A record belongs to the failure that needs it most.
            match of_records.get(&id) {
                Some(known) if known.need <= denied.need => {}
                _ => {
                    of_records.insert(id, denied);
                }
            }
        }
        found.extend(reading.of_reason());
        found.extend(reading.of_statements());
        found.extend(reading.of_log());
    }
    found.extend(of_records.into_values());
    found.sort_by(|one, other| (one.at, &one.evidence).cmp(&(other.at, &other.evidence)));
    found
}

/// It failed for itself, or was stopped in the middle of its work.
fn may_be_denied(failure: &Failure) -> bool {
    let is_stopped = matches!(failure.role, Role::Cascade { .. }) && !failure.event.is_about_stack();
    failure.is_root() || is_stopped
}

/// Reads the witnesses of one failure.
struct Reading<'a, 'g> {
    session: &'a Session,
    one: &'a Gathered<'g>,
    decoded: &'a DecodedMessages,
}

impl Reading<'_, '_> {
    fn failure(&self) -> &Failure {
        self.one.asked.failure
    }

    fn of_candidate(&self, index: &RecordIndex<'_>, candidate: &Candidate) -> Option<(String, Denied)> {
        let record = candidate.seen(index)?.record.as_ref();
        if !record.denies_the_call() || !record.is_error() {
            return None;
        }
        let need = match matching::necessity(index, &self.one.asked, candidate) {
            Necessity::Needed => self.need(),
            Necessity::Teardown => DeniedNeed::Teardown,
            Necessity::Unneeded(why) => DeniedNeed::Unneeded(why),
            Necessity::Foreign(why) => DeniedNeed::Foreign(why),
        };
        let id = record.event_id.clone();
        let refusal = Refusal::in_record(record);
        let denied = self.denied(refusal, (record.at, EvidenceId::Trail(id.clone())), need);
        Some((id, denied))
    }

    /// What CloudFormation itself says: of a call that it made, where it names nobody.
    fn of_reason(&self) -> Option<Denied> {
        let failure = self.failure();
        let mut refusal = Refusal::in_text(failure.reason()?)?.of_type(&failure.event.resource_type);
        if !failure.event.resource_type.starts_with("Custom::") {
            refusal.called_by(self.service_role());
        }
        let witness = (failure.failed_at(), EvidenceId::Event(failure.key.clone()));
        Some(self.denied(refusal, witness, self.need()))
    }

    fn of_statements(&self) -> Vec<Denied> {
        let failure = self.failure();
        let from = failure.started_at - TimeDelta::minutes(1);
        let to = failure.failed_at() + TimeDelta::minutes(2);
        let told = self
            .one
            .statements
            .iter()
            .filter(|said| (from..=to).contains(&said.at));
        told.filter_map(|said| {
            let refusal = Refusal::in_text(&said.text).filter(|refusal| refusal.action().is_some())?;
            let evidence = EvidenceId::of_statement(said);
            Some(self.denied(refusal, (said.at, evidence), self.need()))
        })
        .collect()
    }

    /// What its own log tells as an error; what the program said to go on from is left out there already.
    fn of_log(&self) -> Vec<Denied> {
        let failure = self.failure();
        let nearby = groups_nearby(self.session, failure);
        let lines = self.one.lines.iter().filter(|line| {
            line.weight <= LineWeight::Request
                && line.line.at <= failure.failed_at() + TimeDelta::seconds(2)
                && !nearby.contains(&line.group)
        });
        lines
            .filter_map(|line| {
                let refusal = Refusal::in_text(&line.line.message)?;
                let is_whole = refusal.action().is_some() && refusal.names_caller();
                let evidence = EvidenceId::Log {
                    group: line.group.name.clone(),
                    stream: line.line.stream.clone(),
                    at_ms: line.line.at.timestamp_millis(),
                };
                is_whole.then(|| self.denied(refusal, (line.line.at, evidence), self.need()))
            })
            .collect()
    }

    /// What the failure's own denials are needed for.
    fn need(&self) -> DeniedNeed {
        let failure = self.failure();
        let undoes =
            failure.during != During::Operation && failure.event.status.operation() == Operation::Delete;
        if undoes {
            DeniedNeed::Teardown
        } else {
            DeniedNeed::Operation
        }
    }

    /// The ARN of the role that CloudFormation calls with, where it is known.
    fn service_role(&self) -> Option<String> {
        let ServiceRole::Named(name) = &self.one.asked.principals.service_role else {
            return None;
        };
        let mut described = self
            .session
            .stacks()
            .filter_map(|(_, history)| StackHistory::description(history));
        let told = described.find_map(|stack| {
            let arn = stack.role_arn.as_deref()?;
            (role_name(arn) == Some(name)).then(|| arn.to_owned())
        });
        let seen = || {
            let records = self.session.trail().records().values();
            let mut calling = records.filter(|seen| {
                seen.record.identity.role_name() == Some(name)
                    && seen.record.identity.name.as_deref() == Some(CLOUDFORMATION_SESSION)
            });
            calling.find_map(|seen| seen.record.identity.role_arn.clone())
        };
        told.or_else(seen)
    }

    /// The ARN of a role with its path, where the stack's properties or a function's configuration tell that; a name is
    /// given once in an account.
    fn with_path(&self, principal: &str) -> String {
        let plain = |arn: &str| {
            let (account, name) = (Arn::account_of(arn)?, role_name(arn)?);
            arn.contains(":role/")
                .then(|| (account.to_owned(), name.to_owned()))
        };
        let Some(own) = plain(principal) else {
            return principal.to_owned();
        };
        let functions = self.session.functions().values();
        let configured = functions.filter_map(|function| function.role_arn.as_deref());
        let told = self.failure().settings.values().map(String::as_str);
        let of_it = configured
            .chain(told)
            .filter(|arn| plain(arn).as_ref() == Some(&own));
        let fuller = of_it
            .max_by_key(|arn| arn.len())
            .filter(|arn| arn.len() > principal.len());
        fuller.unwrap_or(principal).to_owned()
    }

    fn denied(
        &self,
        refusal: Refusal,
        (at, evidence): (DateTime<Utc>, EvidenceId),
        need: DeniedNeed,
    ) -> Denied {
        let failure = self.failure();
        let refusal = refusal.decoded_by(self.decoded);
        Denied {
            failure: failure.key.clone(),
            attempt: failure.attempt,
            at,
            evidence,
            principal: refusal.principal().map(|arn| self.with_path(arn)),
            action: refusal.action().map(str::to_owned),
            resource: refusal.resource_in_policy(),
            encoded: refusal.encoded().map(str::to_owned),
            remedy: refusal.remedy(),
            need,
        }
    }
}
