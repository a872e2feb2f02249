//! What says no (an explicit deny, a boundary, an organisation's policy), and whom to ask where an allow would not help.

use crate::domain::read::reason::{Denial, Hindrance, HindranceKind, PolicyKind};

/// What says no, as far as it is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    pub(super) policy: Option<PolicyKind>,
    pub(super) policy_arn: Option<String>,
    pub(super) is_explicit: bool,
    /// What stands against the call where it is no one policy.
    pub(super) hindrance: Option<Hindrance>,
}

/// A call that was denied, as advice about it needs it.
pub(super) struct Asked<'a> {
    pub(super) action: &'a str,
    pub(super) holder: &'a str,
    /// What it was on, or `the resource`.
    pub(super) on: &'a str,
}

impl Verdict {
    pub(super) fn of(denial: &Denial) -> Self {
        Self {
            policy: denial.policy,
            policy_arn: denial.policy_arn.clone(),
            is_explicit: denial.explicit,
            hindrance: denial.hindrance.clone(),
        }
    }

    pub(super) fn is_told(&self) -> bool {
        self.policy.is_some() || self.hindrance.is_some()
    }

    /// Both tell what says no, and it is not the same.
    pub(super) fn is_another(&self, other: &Self) -> bool {
        let kind = |one: &Self| (one.policy, one.is_explicit, one.hindrance.is_some());
        self.is_told() && other.is_told() && kind(self) != kind(other)
    }

    /// An allow in the policy of the resource itself would do.
    pub(super) fn is_of_resource(&self) -> bool {
        self.policy == Some(PolicyKind::ResourceBased)
    }

    /// An allow would not help, or is not known to: something else says no.
    pub(super) fn is_beyond_allow(&self) -> bool {
        let allowable = matches!(
            self.policy,
            None | Some(PolicyKind::IdentityBased | PolicyKind::ResourceBased)
        );
        self.is_explicit || self.hindrance.is_some() || !allowable
    }

    /// How it follows in the sentence that tells of the denial.
    pub(super) fn in_sentence(&self) -> String {
        match (&self.hindrance, self.is_explicit, self.policy) {
            (Some(hindrance), ..) => {
                let words = hindrance.words.as_deref();
                words.map_or_else(String::new, |words| format!(", because {words}"))
            }
            (None, true, Some(policy)) => format!(" by an explicit deny in {}", article(policy)),
            (None, true, None) => " by an explicit deny".to_owned(),
            (None, false, Some(policy)) => format!(", since no {} allows it", policy.label()),
            (None, false, None) => String::new(),
        }
    }

    /// What says no, by itself.
    pub(super) fn because(&self) -> Option<String> {
        match (&self.hindrance, self.is_explicit, self.policy) {
            (Some(hindrance), ..) => hindrance.words.clone(),
            (None, true, Some(policy)) => Some(format!("an explicit deny in {}", article(policy))),
            (None, true, None) => Some("an explicit deny".to_owned()),
            (None, false, Some(policy)) => Some(format!("no {} allows it", policy.label())),
            (None, false, None) => None,
        }
    }

    /// Who can take away an explicit deny that is in no policy of caller or resource.
    fn denied_beside(&self, asked: &Asked<'_>) -> Option<String> {
        let &Asked { action, holder, .. } = asked;
        let (who, policies) = match self.policy.filter(|_| self.is_explicit)? {
            PolicyKind::ResourceControlPolicy => (
                "who manages the organization's policies (no statement in this account helps)".to_owned(),
                "its resource control policies",
            ),
            PolicyKind::PermissionsBoundary => (
                format!("who set the permissions boundary of {holder} (who administers IAM in the account)"),
                self.policy_arn.as_deref().unwrap_or("it"),
            ),
            PolicyKind::SessionPolicy => (
                format!("whoever runs what opens the session of {holder}"),
                "the session policy that it passes",
            ),
            PolicyKind::VpcEndpointPolicy => (
                "who runs the network".to_owned(),
                "the policy of the VPC endpoint",
            ),
            _ => return None,
        };
        Some(format!("ask {who} to {}", without_deny(action, policies)))
    }

    /// What to do where allowing alone does not help: who can change it, and what to ask for.
    pub(super) fn beyond_allow(&self, asked: &Asked<'_>) -> Option<String> {
        let &Asked { action, holder, on } = asked;
        if let Some(hindrance) = &self.hindrance {
            return Some(past(hindrance, asked));
        }
        if let Some(step) = self.denied_beside(asked) {
            return Some(step);
        }
        let step = match (self.policy, self.is_explicit) {
            (Some(PolicyKind::ServiceControlPolicy), true) => format!(
                "ask who manages the organization's policies to exempt {holder} from {}, or do without the call: no statement in this account helps",
                self.policy_arn.as_deref().map_or_else(
                    || format!("the service control policy that denies {action}"),
                    |arn| format!("the service control policy {arn}"),
                )
            ),
            (Some(PolicyKind::ServiceControlPolicy), false) => format!(
                "ask who manages the organization's policies to let its service control policies allow {action}: no statement in this account helps"
            ),
            (Some(PolicyKind::ResourceControlPolicy), _) => format!(
                "ask who manages the organization's policies to let the resource control policy allow {action} for {holder}: no statement in this account helps"
            ),
            (Some(PolicyKind::PermissionsBoundary), _) => format!(
                "ask who set the permissions boundary of {holder} (who administers IAM in the account) to let it allow {action}"
            ),
            (Some(PolicyKind::SessionPolicy), _) => format!(
                "let whatever opens the session of {holder} pass a session policy that allows {action}, or none"
            ),
            (Some(PolicyKind::VpcEndpointPolicy), _) => format!(
                "ask who runs the network to let the policy of the VPC endpoint allow {action} for {holder}"
            ),
            (Some(PolicyKind::IdentityBased | PolicyKind::ResourceBased) | None, true)
                if self.policy_arn.is_some() =>
            {
                without_deny(action, self.policy_arn.as_deref().unwrap_or_default())
            }
            (Some(PolicyKind::ResourceBased), true) => without_deny(action, &format!("the policy of {on}")),
            (Some(PolicyKind::IdentityBased), true) => {
                without_deny(action, &format!("the policies of {holder}"))
            }
            (None, true) => without_deny(
                action,
                &format!("the policies of {holder}, its boundary and the organization's"),
            ),
            (None | Some(PolicyKind::IdentityBased | PolicyKind::ResourceBased), false) => return None,
        };
        Some(step)
    }
}

/// An explicit deny has to go: in which policy, as far as the denial tells.
fn without_deny(action: &str, policies: &str) -> String {
    format!(
        "find the statement that explicitly denies {action} in {policies}, and have it changed: an allow does not override it"
    )
}

/// What to do about what is no one policy.
fn past(hindrance: &Hindrance, asked: &Asked<'_>) -> String {
    let &Asked { action, holder, on } = asked;
    let words = hindrance.words.as_deref();
    match hindrance.kind {
        HindranceKind::PublicAccessBlock => format!(
            "let {action} make nothing public, or have that setting of Block Public Access changed where it is on (the bucket's, the account's or the organization's): no statement allows the call while it is on"
        ),
        HindranceKind::OneOfSeveral if words.is_some_and(is_of_existence) => format!(
            "look whether {on} exists in that Region; if it does, let its owner look whether its own policy allows {action} to {holder}, or denies it"
        ),
        HindranceKind::OneOfSeveral => {
            format!("look which of these holds for {on}; the refusal does not tell")
        }
        HindranceKind::Other if words.is_some() => {
            format!("see to what the refusal of {action} names: no policy is said to lack an allow")
        }
        HindranceKind::Other => {
            format!("read the refusal of {action} to its end: it names something else than one policy")
        }
    }
}

/// One of the reasons is that nothing is there.
fn is_of_existence(words: &str) -> bool {
    words.contains("does not exist") && words.contains("resource-based")
}

fn article(policy: PolicyKind) -> String {
    let words = policy.label();
    if words.starts_with('i') {
        format!("an {words}")
    } else {
        format!("a {words}")
    }
}
