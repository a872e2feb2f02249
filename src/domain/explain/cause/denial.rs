//! From one denial: who was refused what, by which kind of policy, and the IAM statement that would allow it.

mod conditions;
mod requested;
mod statement_resource;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

pub use statement_resource::statement_resource;

use crate::domain::deployment::principal::StackPrincipals;
use crate::domain::explain::cause::remedy::{DecodedMessages, PolicyElsewhere, Remedy};
use crate::domain::explain::cause::{DeniedCall, PolicyStatement};
use crate::domain::explain::iam_statement::{IamCondition, IamStatement};
use crate::domain::model::arn::{Arn, role_name, role_of_session};
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::advice::about_keeper;
use crate::domain::read::decoded_denial::DecodedDenial;
use crate::domain::read::reason::{Denial, PASS_ROLE, PolicyKind, encoded_message};
use crate::domain::read::signature::NextStep;
use crate::domain::read::text::json::Json;
use verdict::{Asked, Verdict};

/// A denial as far as reason, record or log line tell it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    action: Option<String>,
    /// Who was refused, as short as it stays clear.
    who: Option<String>,
    /// The caller as a policy names it: a role's or a user's ARN.
    principal: Option<String>,
    resource: Option<String>,
    verdict: Verdict,
    /// The encoded message, or as much of it as there is.
    encoded: Option<String>,
    /// What the call was on, where the request tells and the message does not.
    requested: Option<String>,
    /// What the request names, by its members.
    named: BTreeMap<String, String>,
    /// Under which conditions it was called, as far as that matters to a policy.
    conditions: BTreeSet<IamCondition>,
    /// The call bore no credentials, whoever's the record is.
    is_anonymous: bool,
}

/// Whether one ARN is the other, a pattern that holds it, or a part of it.
fn is_within(inner: &str, outer: &str) -> bool {
    let plain = outer.trim_end_matches(['*', ':', '/']);
    let rest = inner.strip_prefix(plain);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '*']) || outer.ends_with('*'))
}

/// How AWS names whoever calls without credentials.
const ANONYMOUS: &str = "User: anonymous is not authorized";
/// ... and how a cause does.
const NOBODY: &str = "a call without credentials";

impl Refusal {
    /// Reads a text in which AWS refuses something to a caller. What somebody else lacks a permission for is told in the
    /// text's own words.
    pub(super) fn in_text(text: &str) -> Option<Self> {
        let denial = Denial::read(text).filter(|denial| denial.other.is_none())?;
        let is_anonymous = text.contains(ANONYMOUS);
        let nobody = is_anonymous.then(|| NOBODY.to_owned());
        let who = denial.principal_arn.as_deref().map(short_principal).or(nobody);
        let mut refusal = Self {
            who,
            principal: denial.principal_arn.as_deref().map(in_policy),
            encoded: denial
                .encoded_authorization
                .then(|| encoded_message(text).unwrap_or_default().to_owned()),
            verdict: Verdict::of(&denial),
            action: denial.action,
            resource: denial.resource,
            requested: None,
            named: BTreeMap::new(),
            conditions: BTreeSet::new(),
            is_anonymous,
        };
        refusal.conditions = conditions::of_resource(&refusal);
        Some(refusal)
    }

    /// Reads a record of a refused call. What its message leaves out, the record itself tells.
    pub(super) fn in_record(record: &TrailRecord) -> Self {
        let read = record.error_message.as_deref().and_then(Self::in_text);
        let mut refusal = read.unwrap_or_else(|| Self {
            action: None,
            who: None,
            principal: None,
            resource: None,
            verdict: Verdict::default(),
            encoded: None,
            requested: None,
            named: BTreeMap::new(),
            conditions: BTreeSet::new(),
            is_anonymous: false,
        });
        let action = refusal.action.take();
        let action = action.unwrap_or_else(|| requested::action(record));
        refusal.requested =
            statement_resource::of_request(record).or_else(|| requested::resource(record, &action));
        refusal.conditions.extend(conditions::of_record(record, &action));
        refusal.named = requested::names(record);
        refusal.action = Some(action);
        if refusal.is_anonymous {
            return refusal;
        }
        refusal.who = Some(record.caller());
        // The record knows the role's path, which the message leaves out.
        let named = record.identity.role_arn.clone();
        refusal.principal = named
            .or_else(|| refusal.principal.take())
            .or_else(|| record.identity.arn.as_deref().map(in_policy));
        refusal
    }

    /// The same, told of a resource of this type.
    pub(super) fn of_type(mut self, resource_type: &str) -> Self {
        let passes = self.action.as_deref() == Some(PASS_ROLE);
        if passes && self.conditions.is_empty() {
            self.conditions.extend(conditions::of_type(resource_type));
        }
        self
    }

    /// The bare name of the role that was refused.
    fn role(&self) -> Option<&str> {
        let principal = self.principal.as_deref()?;
        principal
            .contains("role/")
            .then(|| role_name(principal))
            .flatten()
    }

    /// The denied action.
    pub(super) fn action(&self) -> Option<&str> {
        self.action.as_deref()
    }

    /// Whether the two were refused otherwise: to another role, on another thing, where both tell it by its ARN, else by what was asked for,
    /// or by something else that says no.
    pub(super) fn is_another(&self, other: &Self) -> bool {
        let on = |refusal: &Self| {
            refusal
                .resource
                .clone()
                .filter(|resource| resource.starts_with("arn:"))
        };
        let asks_for_another = || {
            let mut named = self.named.iter();
            named.any(|(member, name)| other.named.get(member).is_some_and(|of_other| of_other != name))
        };
        let is_on_another = match on(self).zip(on(other)) {
            Some((one, other)) if !is_within(&one, &other) && !is_within(&other, &one) => true,
            Some((one, other)) if !one.contains('*') && !other.contains('*') => false,
            _ => asks_for_another(),
        };
        let by_another = self
            .role()
            .zip(other.role())
            .is_some_and(|(one, other)| one != other);
        by_another || is_on_another || self.verdict.is_another(&other.verdict)
    }

    /// How much it tells; more is better.
    pub(super) fn fullness(&self) -> usize {
        [
            self.action.is_some(),
            self.who.is_some(),
            self.resource.is_some(),
            self.verdict.is_told(),
        ]
        .into_iter()
        .filter(|known| *known)
        .count()
    }

    /// What happened, in one sentence. Nothing that the text does not say.
    pub(super) fn claim(&self) -> String {
        // The session's name stands among the reasons; here it would only make the sentence longer.
        let who = self.holder();
        let what = self.action.as_deref().unwrap_or("the call");
        let on = match self.resource.as_deref() {
            Some("*") => " on any resource".to_owned(),
            Some(resource) => format!(" on {resource}"),
            None => String::new(),
        };
        let by = self.verdict.in_sentence();
        format!("{who} was denied {what}{on}{by}")
    }

    /// The same in parts.
    pub(super) fn parts(&self) -> DeniedCall {
        let on = self.resource.as_deref().map(|resource| match resource {
            "*" => "any resource",
            resource => resource,
        });
        DeniedCall {
            who: self.holder(),
            action: self.action.clone(),
            on: on.map(str::to_owned),
            because: self.verdict.because(),
        }
    }

    /// What to do now.
    pub(super) fn next_step(&self, stack: &StackPrincipals) -> NextStep {
        let Some(action) = self.action.as_deref() else {
            return NextStep {
                template: None,
                account: Some(if self.encoded.is_some() {
                    "decode the message with `aws sts decode-authorization-message` to learn the action"
                        .to_owned()
                } else {
                    "find the refused call in CloudTrail to learn the action".to_owned()
                }),
            };
        };
        if let Some(step) = self.beyond_allow(action) {
            return NextStep {
                template: None,
                account: Some(step),
            };
        }
        let keeper = self
            .principal
            .as_deref()
            .and_then(|principal| about_keeper(principal, action));
        if let Some(step) = keeper.filter(|_| !self.verdict.is_of_resource()) {
            return NextStep {
                template: None,
                account: Some(step),
            };
        }
        let on = self.on();
        if let Some(role) = self.role_to_assume() {
            let step = Some(self.trust(action, role));
            let (template, account) = if stack.made_role(role) {
                (step, None)
            } else {
                (None, step)
            };
            return NextStep { template, account };
        }
        if self.verdict.is_of_resource() {
            return self.in_policy_of_resource(action, on);
        }
        match self.role() {
            Some(role) if stack.made_role(role) => NextStep {
                template: Some(format!("allow {action} on {on} in a policy of role {role}")),
                account: None,
            },
            Some(role) => NextStep {
                template: None,
                account: Some(format!("allow {action} on {on} to role {role}")),
            },
            None => NextStep {
                template: None,
                account: Some(format!(
                    "allow {action} on {on} to {}",
                    self.who.as_deref().unwrap_or("the caller")
                )),
            },
        }
    }

    /// The resource's own policy is in the template, or another account's.
    fn in_policy_of_resource(&self, action: &str, on: &str) -> NextStep {
        match self.across() {
            Some((_, owner)) => NextStep {
                template: None,
                account: Some(format!(
                    "ask who owns account {owner} to allow {action} to {} in the policy of {on} itself: it is not this account's",
                    self.holder()
                )),
            },
            None => NextStep {
                template: Some(format!("allow {action} in the policy of {on} itself")),
                account: None,
            },
        }
    }

    /// The role that was to be assumed: its trust policy has to let the caller in, whatever the caller's own says.
    fn role_to_assume(&self) -> Option<&str> {
        let assumes = self
            .action
            .as_deref()?
            .to_ascii_lowercase()
            .starts_with("sts:assumerole");
        let resource = self.resource.as_deref().filter(|_| assumes)?;
        resource.contains(":role/").then(|| role_name(resource)).flatten()
    }

    /// What the trust policy of a role, and where it matters the caller's own, have to say.
    fn trust(&self, action: &str, role: &str) -> String {
        let holder = self.holder();
        match self.verdict.policy {
            Some(PolicyKind::ResourceBased) => format!("let the trust policy of role {role} name {holder}"),
            Some(PolicyKind::IdentityBased) => {
                format!(
                    "allow {action} on role {role} to {holder}, and let the trust policy of role {role} name it"
                )
            }
            _ => format!(
                "let the trust policy of role {role} name {holder}, and allow {action} on role {role} to {holder} unless that policy names it by its own ARN in the same account"
            ),
        }
    }

    fn on(&self) -> &str {
        match self.resource.as_deref() {
            Some("*") => "every resource (*)",
            None => "the resource",
            Some(resource) => resource,
        }
    }

    /// What to do where allowing alone does not help.
    fn beyond_allow(&self, action: &str) -> Option<String> {
        if self.is_anonymous {
            return Some(format!(
                "let {action} be called with credentials: none came with it, and only a policy that lets in everybody would allow it"
            ));
        }
        self.verdict.beyond_allow(&Asked {
            action,
            holder: &self.holder(),
            on: self.on(),
        })
    }

    fn holder(&self) -> String {
        self.role()
            .map(|role| format!("role {role}"))
            .or_else(|| self.who.clone())
            .unwrap_or_else(|| "the caller".to_owned())
    }

    /// A statement to copy that allows the call and no more; none where an allow would not help.
    pub(super) fn statement(&self) -> Option<PolicyStatement> {
        let statement = self.allowance()?;
        let json = Json::pretty(&statement.to_json()).ok()?.to_string();
        Some(PolicyStatement {
            json,
            attach_to: if self.verdict.is_of_resource() {
                self.resource.clone()
            } else {
                self.role().map(str::to_owned).or_else(|| self.who.clone())
            },
            warning: self.warning(&statement),
        })
    }

    /// What would allow the call and no more, in the policy that says no; none where no allow helps.
    pub(super) fn allowance(&self) -> Option<IamStatement> {
        let action = self
            .action
            .as_deref()
            .filter(|_| !self.verdict.is_beyond_allow() && !self.is_anonymous)?;
        let resource = statement_resource(
            action,
            self.resource.as_deref(),
            self.principal.as_deref(),
            self.requested.as_deref(),
        );
        let mut statement = IamStatement::allowing(action, &resource, self.conditions.clone());
        if self.verdict.is_of_resource() {
            statement.principal.clone_from(&self.principal);
        }
        Some(statement)
    }

    /// Called by this role, where nothing tells another.
    pub(super) fn called_by(&mut self, role: Option<String>) {
        self.principal = self
            .principal
            .take()
            .or_else(|| role.filter(|_| !self.is_anonymous));
    }

    /// Whether it tells who was refused.
    pub(super) fn names_caller(&self) -> bool {
        self.principal.is_some()
    }

    /// The caller as a policy names it.
    pub(super) fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    /// What it was on, as a policy names it; open where nothing tells.
    pub(super) fn resource_in_policy(&self) -> Option<String> {
        let (resource, principal) = (self.resource.as_deref(), self.principal.as_deref());
        let action = self.action.as_deref()?;
        Some(statement_resource(
            action,
            resource,
            principal,
            self.requested.as_deref(),
        ))
    }

    /// The encoded message, where it may tell more than is known.
    pub(super) fn encoded(&self) -> Option<&str> {
        let is_told = self.action.is_some() && self.resource.is_some() && self.verdict.is_told();
        self.encoded.as_deref().filter(|_| !is_told)
    }

    /// With what its encoded message says, where that was decoded.
    pub(super) fn decoded_by(mut self, decoded: &DecodedMessages) -> Self {
        let text = self.encoded.as_ref().and_then(|encoded| decoded.get(encoded));
        let Some(told) = text.and_then(|text| DecodedDenial::read(text)) else {
            return self;
        };
        let condition = |key: &str| {
            let value = told.value_of(key)?.to_owned();
            let key = key.to_owned();
            Some(IamCondition { key, value })
        };
        let wanted = conditions::KEPT.into_iter().filter_map(condition);
        self.conditions.extend(wanted);
        self.encoded = None;
        self.verdict.is_explicit |= told.explicit_deny;
        if !told.context.principal.arn.is_empty() && self.principal.is_none() {
            self.principal = Some(in_policy(&told.context.principal.arn));
        }
        self.action = Some(told.context.action);
        self.resource = Some(told.context.resource);
        self
    }

    /// What would help.
    pub(super) fn remedy(&self) -> Remedy {
        let Some(action) = self.action.as_deref() else {
            return Remedy::Unknown;
        };
        let elsewhere = |by: String, ask: String, statement| {
            let policy_arn = self.verdict.policy_arn.clone();
            Remedy::Elsewhere(PolicyElsewhere {
                by,
                policy_arn,
                ask,
                statement,
            })
        };
        if let Some(ask) = self.beyond_allow(action) {
            return elsewhere(self.verdict.because().unwrap_or_default(), ask, None);
        }
        let statement = self.allowance();
        if self.verdict.is_of_resource() {
            let ask = match self.role_to_assume() {
                Some(role) => self.trust(action, role),
                None => format!(
                    "allow {action} to {} in the policy of {} itself",
                    self.holder(),
                    self.on()
                ),
            };
            return elsewhere(self.verdict.because().unwrap_or_default(), ask, statement);
        }
        if self
            .principal
            .as_deref()
            .is_some_and(|arn| arn.contains(":role/aws-service-role/"))
        {
            let ask = format!(
                "{} is AWS's own and its policy cannot be changed: look at what {action} is on, and at the organization's policies",
                self.holder()
            );
            return elsewhere(
                "a service-linked role, whose policy AWS keeps".to_owned(),
                ask,
                None,
            );
        }
        statement.map_or(Remedy::Unknown, Remedy::Allow)
    }

    /// The accounts of the caller and of the resource, where they differ.
    fn across(&self) -> Option<(&str, &str)> {
        let caller = account_of(self.principal.as_deref()?)?;
        let owner = account_of(self.resource.as_deref()?)?;
        (caller != owner).then_some((caller, owner))
    }

    fn warning(&self, statement: &IamStatement) -> Option<String> {
        let own = (self.verdict.is_of_resource())
            .then(|| "it belongs into the policy of the resource itself".to_owned());
        let unknown = statement
            .is_incomplete()
            .then(|| "the ARN must be filled in: nothing tells what the call was on".to_owned());
        let across = self.across().map(|(caller, owner)| {
            format!(
                "the resource is account {owner}'s and the caller account {caller}'s: the resource's own policy must allow it as well"
            )
        });
        let trust = self
            .role_to_assume()
            .filter(|_| !self.verdict.is_of_resource())
            .map(|role| format!("the trust policy of role {role} must name the caller as well"));
        let said: Vec<String> = [own, unknown, across, trust].into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// The account in an ARN; many ARNs of S3 have none.
fn account_of(arn: &str) -> Option<&str> {
    let account = Arn::account_of(arn)?;
    let is_account = account.len() == 12 && account.chars().all(|c| c.is_ascii_digit());
    is_account.then_some(account)
}

/// A caller as a policy names it: a session by its role.
fn in_policy(arn: &str) -> String {
    role_of_session(arn).unwrap_or_else(|| arn.to_owned())
}

/// `role/session`, or the user's name, out of an ARN.
fn short_principal(arn: &str) -> String {
    for mark in [":assumed-role/", ":user/", ":role/", ":federated-user/"] {
        if let Some((_, rest)) = arn.split_once(mark) {
            return rest.to_owned();
        }
    }
    arn.to_owned()
}

#[cfg(test)]
mod tests;
