//! From one denial to the whole policy: all that a deployment was denied, principal by principal, as the fewest
//! statements that allow just that.
//!
//! What no statement of the principal's own would allow stands apart, with who can change it; so does what is only
//! needed to put things back, and what was denied but is not known to be needed.

mod change;
mod merging;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::cause::denials::{Denied, denials};
use crate::domain::explain::cause::remedy::{DecodedMessages, PolicyElsewhere};
use crate::domain::explain::iam_statement::IamStatement;
use crate::domain::investigate::diagnosis::{Diagnosis, principals};
use crate::domain::session::Session;

pub use change::DenialChange;

/// What a deployment's principals need, and what keeps them from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentPolicy {
    /// The attempts whose denials these are.
    pub attempts: Vec<u32>,
    /// By principal; one that nothing names comes last.
    pub principals: Vec<PrincipalPolicy>,
    /// Denied, but not known to be needed: the newest first.
    pub unneeded: Vec<UnneededDenial>,
}

/// What one principal needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrincipalPolicy {
    /// The ARN of the role or user; `None` where nothing names it.
    pub principal: Option<String>,
    /// How many different calls were denied.
    pub denied: usize,
    /// What would allow them, and no more.
    pub statements: Vec<IamStatement>,
    /// What would allow what else was denied while things were put back or taken away.
    pub teardown: Vec<IamStatement>,
    /// What no statement of the principal's own would allow.
    pub elsewhere: Vec<DeniedElsewhere>,
    /// Denials of which only an encoded message could tell everything, or anything.
    pub encoded: BTreeSet<String>,
    /// Names that CloudFormation makes anew with each creation.
    pub passing_names: BTreeSet<String>,
    /// Against the attempt before.
    pub change: Option<DenialChange>,
    /// What all of this was made of: the denials as each witness tells them, oldest first.
    pub rests_on: Vec<Denied>,
}

/// A denied call that something else than the principal's own policies forbids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeniedElsewhere {
    /// The action.
    pub action: String,
    /// What it was on.
    pub resource: String,
    /// What says no, and who can change it.
    pub policy: PolicyElsewhere,
}

/// A denied call that the deployment is not known to need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnneededDenial {
    /// When.
    pub at: DateTime<Utc>,
    /// Who was refused, where that is told.
    pub principal: Option<String>,
    /// The action.
    pub action: String,
    /// What it was on.
    pub resource: String,
    /// Why it is left out.
    pub why: &'static str,
}

impl PrincipalPolicy {
    fn says_nothing(&self) -> bool {
        self.statements.is_empty()
            && self.teardown.is_empty()
            && self.elsewhere.is_empty()
            && self.encoded.is_empty()
    }

    /// The principal in a word or two: `role deploy`.
    pub fn label(&self) -> String {
        let Some(principal) = self.principal.as_deref() else {
            return "a principal that nothing names".to_owned();
        };
        let kinds = [(":role/", "role"), (":user/", "user")];
        let named = kinds.iter().find_map(|(mark, kind)| {
            let (_, rest) = principal.split_once(mark)?;
            Some(format!("{kind} {}", rest.rsplit('/').next().unwrap_or(rest)))
        });
        named.unwrap_or_else(|| principal.to_owned())
    }

    /// Something has to be filled in before the statements are valid.
    pub fn is_incomplete(&self) -> bool {
        let all = self.statements.iter().chain(&self.teardown);
        all.into_iter().any(IamStatement::is_incomplete)
    }
}

impl DeploymentPolicy {
    /// Of one attempt, or of all of them together, with what encoded messages say where somebody decoded them.
    pub fn of(
        session: &Session,
        diagnosis: &Diagnosis,
        attempt: Option<u32>,
        decoded: &DecodedMessages,
    ) -> Self {
        let index = RecordIndex::of(session);
        let stack = principals(session, &index, &diagnosis.actors);
        let findings = diagnosis.findings.iter();
        let failures: Vec<Failure> = findings.map(|finding| finding.failure.clone()).collect();
        let mut all = denials(session, &index, &stack, &failures, decoded);
        merging::fill_in(&mut all);
        let wanted = |denied: &&Denied| attempt.is_none_or(|number| denied.attempt == number);
        let told: Vec<&Denied> = all.iter().filter(wanted).collect();
        let needed: Vec<&Denied> = told
            .iter()
            .filter(|denied| denied.need.unneeded().is_none())
            .copied()
            .collect();
        let attempts: BTreeSet<u32> = needed.iter().map(|denied| denied.attempt).collect();
        let newest = attempt.or_else(|| diagnosis.attempts.last().map(|attempt| attempt.number));
        let mut principals = merging::by_principal(&needed);
        for one in &mut principals {
            one.change =
                newest.and_then(|newest| change::of(&all, diagnosis, newest, one.principal.as_deref()));
        }
        Self {
            attempts: attempts.into_iter().collect(),
            principals,
            unneeded: merging::unneeded(&told, &needed),
        }
    }

    /// Nothing was denied that a policy could allow, or that others forbid.
    pub fn is_empty(&self) -> bool {
        self.principals.is_empty()
    }

    /// `40 denied calls of 4 principals in deployment 2`.
    pub fn summary(&self) -> String {
        let denied: usize = self.principals.iter().map(|one| one.denied).sum();
        let attempts: Vec<String> = self.attempts.iter().map(u32::to_string).collect();
        format!(
            "{} of {} in {} {}",
            counted(denied, "denied call"),
            counted(self.principals.len(), "principal"),
            if attempts.len() == 1 {
                "deployment"
            } else {
                "deployments"
            },
            attempts.join(", ")
        )
    }

    /// The encoded messages that would tell more.
    pub fn encoded(&self) -> impl Iterator<Item = &str> {
        let all = self.principals.iter().flat_map(|one| &one.encoded);
        all.map(String::as_str)
    }
}

/// `1 call`, `4 calls`.
fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
