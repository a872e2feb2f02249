//! What is said of a denial: who was refused what, by which kind of policy, and what would allow it.

mod iam;

pub use iam::statement_resource;
use serde_json::json;

use crate::domain::deployment::principal::StackPrincipals;
use crate::domain::explain::cause::{DeniedCall, PolicyStatement};
use crate::domain::model::arn::{Arn, role_name, role_of_session};
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::{Denial, PolicyKind};
use crate::domain::read::signature::NextStep;
use crate::domain::read::text::json::Json;

/// A denial as far as reason, record or log line tell it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    action: Option<String>,
    /// Who was refused, as short as it stays clear.
    who: Option<String>,
    role: Option<String>,
    /// The caller as a policy names it: a role's or a user's ARN.
    principal: Option<String>,
    resource: Option<String>,
    policy: Option<PolicyKind>,
    is_explicit: bool,
    is_encoded: bool,
    /// What of IAM the call was on, where the request tells and the message does not.
    on_iam: Option<String>,
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
            principal: denial.principal_arn.as_deref().map(in_policy),
            is_encoded: denial.encoded_authorization,
            action: denial.action,
            resource: denial.resource,
            policy: denial.policy,
            is_explicit: denial.explicit,
            on_iam: None,
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
            principal: None,
            resource: None,
            policy: None,
            is_explicit: false,
            is_encoded: false,
            on_iam: None,
        });
        refusal.on_iam = iam::of_request(record);
        refusal.action = refusal.action.or_else(|| Some(record.action()));
        refusal.who = Some(record.caller());
        refusal.role = refusal.role.or(role);
        // The record knows the role's path, which the message leaves out.
        let named = record.identity.role_arn.clone();
        refusal.principal = named
            .or_else(|| refusal.principal.take())
            .or_else(|| record.identity.arn.as_deref().map(in_policy));
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

    /// The same in parts.
    pub(super) fn parts(&self) -> DeniedCall {
        let because = match (self.is_explicit, self.policy) {
            (true, Some(policy)) => Some(format!("an explicit deny in {}", article(policy))),
            (true, None) => Some("an explicit deny".to_owned()),
            (false, Some(policy)) => Some(format!("no {} allows it", words(policy))),
            (false, None) => None,
        };
        let on = self.resource.as_deref().map(|resource| match resource {
            "*" => "any resource",
            resource => resource,
        });
        DeniedCall {
            who: self.holder(),
            action: self.action.clone(),
            on: on.map(str::to_owned),
            because,
        }
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
        let explicit = || self.is_explicit.then(|| self.without_deny(action));
        if let Some(step) = self.beyond_allow(action).or_else(explicit) {
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

    /// What to do where allowing alone does not help: who can change it, and what to ask for.
    fn beyond_allow(&self, action: &str) -> Option<String> {
        let holder = self.holder();
        let step = match (self.policy?, self.is_explicit) {
            (PolicyKind::ServiceControlPolicy, true) => format!(
                "ask who manages the organization's policies to exempt {holder} from the service control policy that denies {action}, or do without the call: no statement in this account helps"
            ),
            (PolicyKind::ServiceControlPolicy, false) => format!(
                "ask who manages the organization's policies to let its service control policies allow {action}: no statement in this account helps"
            ),
            (PolicyKind::ResourceControlPolicy, _) => format!(
                "ask who manages the organization's policies to let the resource control policy allow {action} for {holder}: no statement in this account helps"
            ),
            (PolicyKind::PermissionsBoundary, _) => format!(
                "ask who set the permissions boundary of {holder} (who administers IAM in the account) to let it allow {action}"
            ),
            (PolicyKind::SessionPolicy, _) => format!(
                "let whatever opens the session of {holder} pass a session policy that allows {action}, or none"
            ),
            (PolicyKind::VpcEndpointPolicy, _) => format!(
                "ask who runs the network to let the policy of the VPC endpoint allow {action} for {holder}"
            ),
            (PolicyKind::IdentityBased | PolicyKind::ResourceBased, true) => self.without_deny(action),
            (PolicyKind::IdentityBased | PolicyKind::ResourceBased, false) => return None,
        };
        Some(step)
    }

    /// An explicit deny has to go: in which policy, as far as the denial tells.
    fn without_deny(&self, action: &str) -> String {
        let policies = match self.policy {
            Some(PolicyKind::ResourceBased) => format!("the policy of {}", self.on()),
            Some(_) => format!("the policies of {}", self.holder()),
            None => format!(
                "the policies of {}, its boundary and the organization's",
                self.holder()
            ),
        };
        format!(
            "find the statement that explicitly denies {action} in {policies}, and have it changed: an allow does not override it"
        )
    }

    /// An allow would not help: something that only others can change says no.
    fn is_beyond_allow(&self) -> bool {
        let allowable = matches!(
            self.policy,
            None | Some(PolicyKind::IdentityBased | PolicyKind::ResourceBased)
        );
        self.is_explicit || !allowable
    }

    fn holder(&self) -> String {
        self.role
            .as_ref()
            .map(|role| format!("role {role}"))
            .or_else(|| self.who.clone())
            .unwrap_or_else(|| "the caller".to_owned())
    }

    /// A statement to copy that allows the call and no more; none where an allow would not help.
    pub(super) fn statement(&self) -> Option<PolicyStatement> {
        let action = self.action.as_deref().filter(|_| !self.is_beyond_allow())?;
        let resource = statement_resource(
            action,
            self.resource.as_deref(),
            self.principal.as_deref(),
            self.on_iam.as_deref(),
        );
        let statement = match &self.principal {
            Some(principal) if self.policy == Some(PolicyKind::ResourceBased) => json!({
                "Effect": "Allow",
                "Principal": { "AWS": principal },
                "Action": action,
                "Resource": resource,
            }),
            _ => json!({
                "Effect": "Allow",
                "Action": action,
                "Resource": resource,
            }),
        };
        let json = Json::pretty(&statement).ok()?.to_string();
        Some(PolicyStatement {
            json,
            attach_to: match self.policy {
                Some(PolicyKind::ResourceBased) => self.resource.clone(),
                _ => self.role.clone().or_else(|| self.who.clone()),
            },
            warning: self.warning(&resource),
        })
    }

    /// The accounts of the caller and of the resource, where they differ.
    fn across(&self) -> Option<(&str, &str)> {
        let caller = account_of(self.principal.as_deref()?)?;
        let owner = account_of(self.resource.as_deref()?)?;
        (caller != owner).then_some((caller, owner))
    }

    fn warning(&self, resource: &str) -> Option<String> {
        let own = (self.policy == Some(PolicyKind::ResourceBased))
            .then(|| "it belongs into the policy of the resource itself".to_owned());
        let unknown = iam::is_incomplete(resource)
            .then(|| "the ARN must be filled in: nothing tells what the call was on".to_owned());
        let across = self.across().map(|(caller, owner)| {
            format!(
                "the resource is account {owner}'s and the caller account {caller}'s: the resource's own policy must allow it as well"
            )
        });
        let said: Vec<String> = [own, unknown, across].into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join("; "))
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
mod tests {
    use rstest::rstest;

    use super::*;

    const WHO: &str = "User: arn:aws:sts::123456789012:assumed-role/deploy/AWSCloudFormation is not authorized to perform: ";

    #[rstest]
    #[case(
        "sqs:CreateQueue on resource: arn:aws:sqs:eu-west-1:123456789012:q because no identity-based policy allows the sqs:CreateQueue action",
        None,
        false
    )]
    #[case(
        "kms:CreateGrant on resource: arn:aws:kms:eu-west-1:123456789012:key/k because no resource-based policy allows the kms:CreateGrant action",
        Some("policy of the resource itself"),
        true
    )]
    #[case(
        "kms:CreateGrant on resource: arn:aws:kms:eu-west-1:999988887777:key/k because no resource-based policy allows the kms:CreateGrant action",
        Some("the resource is account 999988887777's"),
        true
    )]
    #[case(
        "kms:Decrypt on resource: arn:aws:kms:eu-west-1:999988887777:key/k because no identity-based policy allows the kms:Decrypt action",
        Some("own policy must allow it as well"),
        false
    )]
    fn a_statement_says_where_it_belongs_and_what_else_it_needs(
        #[case] tail: &str,
        #[case] warning: Option<&str>,
        #[case] names_principal: bool,
    ) {
        let refusal = Refusal::in_text(&format!("{WHO}{tail}")).unwrap();
        let statement = refusal.statement().unwrap();
        match warning {
            Some(words) => assert!(
                statement
                    .warning
                    .as_deref()
                    .is_some_and(|said| said.contains(words)),
                "{statement:?}"
            ),
            None => assert_eq!(statement.warning, None),
        }
        let json: serde_json::Value = serde_json::from_str(&statement.json).unwrap();
        assert_eq!(json["Effect"], "Allow");
        assert!(
            json["Action"]
                .as_str()
                .is_some_and(|action| tail.starts_with(action))
        );
        assert!(json["Resource"].as_str().is_some_and(|arn| tail.contains(arn)));
        let principal = json["Principal"]["AWS"].as_str();
        assert_eq!(
            principal,
            names_principal.then_some("arn:aws:iam::123456789012:role/deploy")
        );
    }

    #[rstest]
    #[case(
        "with an explicit deny in an identity-based policy",
        "find the statement that explicitly denies"
    )]
    #[case(
        "with an explicit deny in a resource-based policy",
        "in the policy of arn:aws:sqs"
    )]
    #[case("with an explicit deny", "its boundary and the organization's")]
    #[case(
        "with an explicit deny in a service control policy",
        "ask who manages the organization's policies"
    )]
    #[case(
        "because no service control policy allows the sqs:CreateQueue action",
        "no statement in this account helps"
    )]
    #[case(
        "with an explicit deny in a resource control policy",
        "ask who manages the organization's policies"
    )]
    #[case(
        "because no permissions boundary allows the sqs:CreateQueue action",
        "ask who set the permissions boundary of role deploy"
    )]
    #[case(
        "because no session policy allows the sqs:CreateQueue action",
        "whatever opens the session"
    )]
    #[case("with an explicit deny in a VPC endpoint policy", "ask who runs the network")]
    fn u06_nothing_is_offered_that_would_not_help_and_it_is_said_whom_to_ask(
        #[case] tail: &str,
        #[case] step: &str,
    ) {
        let text = format!("{WHO}sqs:CreateQueue on resource: arn:aws:sqs:eu-west-1:123456789012:q {tail}");
        let refusal = Refusal::in_text(&text).unwrap();
        assert!(refusal.statement().is_none(), "{tail}");
        let said = refusal.next_step(&StackPrincipals::default()).text();
        assert!(said.contains(step), "{said}");
        assert!(!said.contains("allow sqs:CreateQueue on arn"), "{said}");
    }

    #[rstest]
    #[case(
        "iam:PassRole on resource: arn:aws:iam::123456789012:role/app because no identity-based policy allows the iam:PassRole action",
        "arn:aws:iam::123456789012:role/app",
        false
    )]
    #[case(
        "iam:CreateRole on resource: role app",
        "arn:aws:iam::123456789012:role/app",
        false
    )]
    #[case(
        "iam:PutRolePolicy on resource: *",
        "arn:aws:iam::123456789012:role/FILL-IN",
        true
    )]
    #[case("iam:AttachUserPolicy", "arn:aws:iam::123456789012:user/FILL-IN", true)]
    #[case("sts:AssumeRole", "arn:aws:iam::123456789012:role/FILL-IN", true)]
    fn u06_a_right_over_iam_is_never_given_over_everything(
        #[case] tail: &str,
        #[case] resource: &str,
        #[case] incomplete: bool,
    ) {
        let statement = Refusal::in_text(&format!("{WHO}{tail}"))
            .unwrap()
            .statement()
            .unwrap();
        let json: serde_json::Value = serde_json::from_str(&statement.json).unwrap();
        assert_eq!(json["Resource"], resource);
        let told = statement.warning.unwrap_or_default();
        assert_eq!(told.contains("the ARN must be filled in"), incomplete, "{told}");
    }
}
