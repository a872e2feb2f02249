//! What is said of a denial: who was refused what, by which kind of policy, and what would allow it.

use serde_json::json;

use super::super::principal::StackPrincipals;
use super::super::reason::{Denial, PolicyKind};
use super::super::record::role_name;
use super::super::trail::TrailRecord;
use super::{NextStep, PolicyStatement};

/// A denial as far as reason, record or log line tell it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    action: Option<String>,
    /// Who was refused, as short as it stays clear.
    who: Option<String>,
    role: Option<String>,
    resource: Option<String>,
    policy: Option<PolicyKind>,
    is_explicit: bool,
    is_encoded: bool,
}

impl Refusal {
    /// Reads a text in which AWS refuses something.
    pub(super) fn in_text(text: &str) -> Option<Self> {
        let denial = Denial::read(text)?;
        let who = denial.principal_arn.as_deref().map(short_principal);
        Some(Self {
            role: denial
                .principal_arn
                .as_deref()
                .filter(|arn| arn.contains("role/"))
                .and_then(role_name)
                .map(str::to_owned),
            who,
            is_encoded: denial.encoded_authorization,
            action: denial.action,
            resource: denial.resource,
            policy: denial.policy,
            is_explicit: denial.explicit,
        })
    }

    /// Reads a record of a refused call. What its message leaves out, the record itself tells.
    pub(super) fn in_record(record: &TrailRecord) -> Self {
        let read = record.error_message.as_deref().and_then(Self::in_text);
        let role = record.identity.role_name().map(str::to_owned);
        let mut refusal = read.unwrap_or(Self {
            action: None,
            who: None,
            role: None,
            resource: None,
            policy: None,
            is_explicit: false,
            is_encoded: false,
        });
        refusal.action = refusal.action.or_else(|| Some(record.action()));
        refusal.who = Some(record.caller());
        refusal.role = refusal.role.or(role);
        refusal
    }

    /// The denied action.
    pub(super) fn action(&self) -> Option<&str> {
        self.action.as_deref()
    }

    /// How much it tells; more is better.
    pub(super) fn fullness(&self) -> usize {
        [
            self.action.is_some(),
            self.who.is_some(),
            self.resource.is_some(),
            self.policy.is_some(),
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
        let by = match (self.is_explicit, self.policy) {
            (true, Some(policy)) => format!(" by an explicit deny in {}", article(policy)),
            (true, None) => " by an explicit deny".to_owned(),
            (false, Some(policy)) => format!(", since no {} allows it", words(policy)),
            (false, None) => String::new(),
        };
        format!("{who} was denied {what}{on}{by}")
    }

    /// What to do now.
    pub(super) fn next_step(&self, stack: &StackPrincipals) -> NextStep {
        let Some(action) = self.action.as_deref() else {
            return NextStep {
                template: None,
                account: Some(if self.is_encoded {
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
        let on = self.on();
        if self.policy == Some(PolicyKind::ResourceBased) {
            let step = format!("allow {action} in the policy of {on} itself");
            return NextStep {
                template: Some(step),
                account: None,
            };
        }
        match &self.role {
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

    fn on(&self) -> &str {
        match self.resource.as_deref() {
            Some("*") | None => "the resource",
            Some(resource) => resource,
        }
    }

    /// What to do where allowing alone does not help.
    fn beyond_allow(&self, action: &str) -> Option<String> {
        let step = match (self.policy, self.is_explicit) {
            (Some(PolicyKind::ServiceControlPolicy), true) => format!(
                "have the organization's service control policy that denies {action} changed, or do without the call"
            ),
            (Some(PolicyKind::ServiceControlPolicy), false) => {
                format!("have the organization's service control policies allow {action}")
            }
            (Some(PolicyKind::ResourceControlPolicy), _) => {
                format!("have the organization's resource control policy allow {action}")
            }
            (Some(PolicyKind::PermissionsBoundary), _) => {
                format!("let the permissions boundary of {} allow {action}", self.holder())
            }
            (Some(PolicyKind::SessionPolicy), _) => {
                format!(
                    "let the session policy under which {} works allow {action}",
                    self.holder()
                )
            }
            (Some(PolicyKind::VpcEndpointPolicy), _) => {
                format!("let the policy of the VPC endpoint allow {action}")
            }
            (Some(PolicyKind::IdentityBased | PolicyKind::ResourceBased) | None, true) => {
                format!(
                    "find and change the statement that explicitly denies {action}: an allow does not override it"
                )
            }
            (Some(PolicyKind::IdentityBased | PolicyKind::ResourceBased) | None, false) => return None,
        };
        Some(step)
    }

    fn holder(&self) -> String {
        self.role
            .as_ref()
            .map(|role| format!("role {role}"))
            .or_else(|| self.who.clone())
            .unwrap_or_else(|| "the caller".to_owned())
    }

    /// A statement to copy that allows the call and no more.
    pub(super) fn statement(&self) -> Option<PolicyStatement> {
        let action = self.action.as_deref()?;
        let resource = self
            .resource
            .as_deref()
            .filter(|resource| resource.starts_with("arn:"))
            .unwrap_or("*");
        let json = serde_json::to_string_pretty(&json!({
            "Effect": "Allow",
            "Action": action,
            "Resource": resource,
        }))
        .ok()?;
        Some(PolicyStatement {
            json,
            attach_to: match self.policy {
                Some(PolicyKind::ResourceBased) => self.resource.clone(),
                _ => self.role.clone().or_else(|| self.who.clone()),
            },
            warning: self.warning(),
        })
    }

    fn warning(&self) -> Option<String> {
        let warning = match (self.policy, self.is_explicit) {
            (Some(PolicyKind::ServiceControlPolicy), _) => {
                "a service control policy stands above it: this statement alone does not help"
            }
            (Some(PolicyKind::ResourceControlPolicy), _) => {
                "a resource control policy stands above it: this statement alone does not help"
            }
            (Some(PolicyKind::PermissionsBoundary), _) => {
                "the permissions boundary must allow it too: this statement alone does not help"
            }
            (Some(PolicyKind::SessionPolicy), _) => {
                "the session policy must allow it too: this statement alone does not help"
            }
            (Some(PolicyKind::VpcEndpointPolicy), _) => {
                "the VPC endpoint's policy must allow it too: this statement alone does not help"
            }
            (_, true) => "an explicit deny wins over every allow: this statement alone does not help",
            (Some(PolicyKind::ResourceBased), false) => {
                "it belongs into the resource's own policy, with the caller as its principal"
            }
            (_, false) => return None,
        };
        Some(warning.to_owned())
    }
}

fn words(policy: PolicyKind) -> &'static str {
    match policy {
        PolicyKind::IdentityBased => "identity-based policy",
        PolicyKind::ResourceBased => "resource-based policy",
        PolicyKind::PermissionsBoundary => "permissions boundary",
        PolicyKind::SessionPolicy => "session policy",
        PolicyKind::ServiceControlPolicy => "service control policy",
        PolicyKind::ResourceControlPolicy => "resource control policy",
        PolicyKind::VpcEndpointPolicy => "VPC endpoint policy",
    }
}

fn article(policy: PolicyKind) -> String {
    let words = words(policy);
    if words.starts_with('i') {
        format!("an {words}")
    } else {
        format!("a {words}")
    }
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
