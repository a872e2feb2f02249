//! What operations do to the state of a thing.

use serde_json::Value;

use super::super::thing::{self, ACCOUNT, FUNCTION_ALIAS, LAYER_VERSION, SUBSCRIPTION};
use super::super::thing_state::ThingState;
use super::{Refusal, Suspect, ToldBy, busy};
use crate::domain::deployment::failure::Failure;
use crate::domain::model::trail::TrailRecord;

/// What keeps a thing from being deleted, by the words that say so.
///
/// Source: IAM API reference, `DeleteConflict` of `DeleteRole`, `DeleteUser`, `DeleteGroup` and `DeletePolicy`; of what
/// protects, the API references of Cognito, RDS, `DynamoDB` and Elastic Load Balancing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hold {
    words: &'static str,
    brought_by: &'static [&'static str],
    /// The end of the member of a request that says whether it is so; none where the call itself does.
    member: Option<&'static str>,
    /// What a call brought about, as the failure speaks of it.
    pub(super) brought: &'static str,
    /// What to do away with.
    pub(super) remedy: &'static str,
}

const ATTACHING: [&str; 3] = ["AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy"];
const ATTACHED: &str = "the failure says that something is still attached to it, and this call attached such";
static HOLDS: [Hold; 5] = [
    Hold {
        words: "must detach all policies first",
        brought_by: &ATTACHING,
        member: None,
        brought: ATTACHED,
        remedy: "detach that policy",
    },
    Hold {
        words: "must delete policies first",
        brought_by: &["PutRolePolicy", "PutUserPolicy", "PutGroupPolicy"],
        member: None,
        brought: ATTACHED,
        remedy: "delete that policy",
    },
    Hold {
        words: "a policy attached to entities",
        brought_by: &ATTACHING,
        member: None,
        brought: ATTACHED,
        remedy: "detach it there",
    },
    Hold {
        words: "must remove users from group first",
        brought_by: &["AddUserToGroup"],
        member: None,
        brought: ATTACHED,
        remedy: "remove that user from the group",
    },
    Hold {
        words: "deletion protection",
        brought_by: &[
            "UpdateUserPool",
            "ModifyDBInstance",
            "ModifyDBCluster",
            "ModifyGlobalCluster",
            "ModifyLoadBalancerAttributes",
            "UpdateTable",
        ],
        member: Some("deletionprotection"),
        brought: "the failure says that it is protected against deletion, and this call protects it",
        remedy: "switch the protection off",
    },
];

impl Hold {
    /// What a text says keeps a thing.
    pub(super) fn told_by(text: &str) -> Option<&'static Self> {
        let lower = text.to_ascii_lowercase();
        HOLDS.iter().find(|hold| lower.contains(hold.words))
    }

    /// The operations that are asked for of such a thing, where no name may list them.
    pub(super) fn operations(&self, kind: &str) -> Vec<String> {
        let of_kind = |operation: &&&str| operation.to_ascii_lowercase().contains(kind);
        let told = self.brought_by.iter().filter(|_| self.member.is_some());
        told.filter(of_kind).map(|one| (*one).to_owned()).collect()
    }

    /// What a call does to it.
    fn doing(&self, record: &TrailRecord) -> Option<Doing> {
        if !self.brought_by.contains(&record.operation()) {
            return None;
        }
        let Some(member) = self.member else {
            return Some(Doing::Makes);
        };
        let told = said(&record.request()?, member, 0)?;
        match told.to_ascii_lowercase().as_str() {
            "true" | "active" | "enabled" => Some(Doing::Makes),
            "false" | "inactive" | "disabled" => Some(Doing::Undoes),
            _ => None,
        }
    }
}

/// The value of a request's member whose name ends so, whatever stands between its words; also of one that is told as a pair
/// of key and value.
fn said(value: &Value, end: &str, depth: usize) -> Option<String> {
    const DEPTH: usize = 4;
    let is_it = |name: &str| {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        plain.ends_with(end)
            || plain
                .strip_suffix("enabled")
                .is_some_and(|plain| plain.ends_with(end))
    };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    match value {
        Value::Object(members) => {
            let pair = members
                .get("key")
                .and_then(Value::as_str)
                .filter(|key| is_it(key));
            let pair = pair.and_then(|_| text(members.get("value")?));
            let named = || {
                members
                    .iter()
                    .find(|(name, _)| is_it(name))
                    .and_then(|(_, value)| text(value))
            };
            let deeper = || {
                let mut inner = members.values().filter(|_| depth < DEPTH);
                inner.find_map(|value| said(value, end, depth + 1))
            };
            pair.or_else(named).or_else(deeper)
        }
        Value::Array(items) if depth < DEPTH => items.iter().find_map(|item| said(item, end, depth + 1)),
        _ => None,
    }
}

/// What a call does to a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// Brings it about.
    Makes,
    /// Ends it.
    Undoes,
}

impl Doing {
    /// What brings a state of a part about.
    pub(super) fn that_brings(state: ThingState) -> Self {
        if state == ThingState::Gone {
            Self::Undoes
        } else {
            Self::Makes
        }
    }

    fn turned(self) -> Self {
        match self {
            Self::Makes => Self::Undoes,
            Self::Undoes => Self::Makes,
        }
    }
}

/// What a call does to the state of what is looked for.
pub(super) fn doing(record: &TrailRecord, suspect: &Suspect) -> Option<Doing> {
    match &suspect.told_by {
        ToldBy::Part(part) => part
            .doing(record)
            .map(|doing| match Doing::that_brings(suspect.state) {
                // What is gone was taken away.
                Doing::Undoes => doing.turned(),
                Doing::Makes => doing,
            }),
        ToldBy::Name | ToldBy::Operation(_) => by_name(record.operation(), suspect),
        ToldBy::Refusal(refusal) => {
            by_name(record.operation(), suspect).filter(|_| brings(record.operation(), *refusal))
        }
        ToldBy::Hold(hold) => hold.doing(record),
    }
}

/// What an operation does to the state of the thing that its request names.
fn by_name(operation: &str, suspect: &Suspect) -> Option<Doing> {
    let kind = suspect.thing.kind.as_str();
    if kind == FUNCTION_ALIAS {
        return match (suspect.state, operation) {
            (ThingState::Gone, "DeleteAlias") => Some(Doing::Makes),
            (ThingState::Gone, "CreateAlias") => Some(Doing::Undoes),
            _ => None,
        };
    }
    if kind == LAYER_VERSION {
        let is_gone = suspect.state == ThingState::Gone && operation == "DeleteLayerVersion";
        return is_gone.then_some(Doing::Makes);
    }
    let is_brought = brings_about(operation, suspect.state, kind);
    match (is_brought, ends(operation, suspect)) {
        (true, _) => Some(Doing::Makes),
        (false, true) => Some(Doing::Undoes),
        (false, false) => None,
    }
}

/// Whether an operation does one of these to a thing of that kind.
fn is_on_thing(operation: &str, verbs: &[&str], kind: &str) -> bool {
    verbs
        .iter()
        .filter_map(|verb| operation.strip_prefix(verb))
        .any(|noun| is_noun(noun, kind))
}

/// Whether an operation brings a thing of that kind to that state.
fn brings_about(operation: &str, state: ThingState, kind: &str) -> bool {
    let on_thing = |verbs: &[&str]| is_on_thing(operation, verbs, kind);
    match state {
        ThingState::Disabled => {
            on_thing(&["Disable"])
                || matches!(operation, "ScheduleKeyDeletion" | "DeleteImportedKeyMaterial")
                || on_thing(&["Delete"])
        }
        ThingState::Doomed => operation == "ScheduleKeyDeletion",
        ThingState::Empty => operation == "DeleteImportedKeyMaterial",
        ThingState::Unusable => {
            kind == "key"
                && matches!(
                    operation,
                    "DisableKey" | "ScheduleKeyDeletion" | "DeleteImportedKeyMaterial"
                )
        }
        ThingState::Gone => {
            on_thing(&["Delete", "Terminate", "Deregister", "Remove", "Release"])
                || (operation == "Unsubscribe" && kind == SUBSCRIPTION)
                // "Does not exist, or is not enabled", some services say.
                || (matches!(operation, "ScheduleKeyDeletion" | "DisableKey") && kind == "key")
        }
        ThingState::Unassumable => matches!(operation, "UpdateAssumeRolePolicy" | "DeleteRole"),
        ThingState::There => on_thing(&["Create", "Put", "Register", "Restore", "Import"]),
        ThingState::Refusing => takes_a_permission(operation, kind),
        ThingState::Busy => busy::begins_work(operation, kind),
        // Told by what is attached.
        ThingState::Held => false,
    }
}

/// Whether an operation ends the state of the thing.
fn ends(operation: &str, suspect: &Suspect) -> bool {
    let on_thing = |verbs: &[&str]| is_on_thing(operation, verbs, &suspect.thing.kind);
    match suspect.state {
        ThingState::Doomed => operation == "CancelKeyDeletion",
        ThingState::Empty => operation == "ImportKeyMaterial",
        // A deletion that is cancelled leaves a key disabled.
        ThingState::Disabled | ThingState::Unusable => {
            on_thing(&["Enable"]) || operation == "ImportKeyMaterial"
        }
        ThingState::Gone => {
            on_thing(&[
                "Create", "Restore", "Register", "Run", "Put", "Enable", "Import", "Allocate", "Add",
            ])
            // A deletion that is cancelled leaves a key disabled, see below.
        }
        ThingState::Unassumable => operation == "CreateRole",
        ThingState::There => on_thing(&["Delete", "Deregister", "Remove"]),
        // A boundary that is taken away holds nothing back any more; a policy may be one of several.
        ThingState::Refusing => {
            suspect.told_by == ToldBy::Refusal(Refusal::Boundary)
                && operation.starts_with("Delete")
                && operation.contains("PermissionsBoundary")
        }
        ThingState::Busy | ThingState::Held => false,
    }
}

/// Whether an operation's noun is that kind of thing, and not a part of it: `Function`, not
/// `FunctionConcurrency`.
pub(super) fn is_noun(noun: &str, kind: &str) -> bool {
    let plain = noun.to_ascii_lowercase();
    let singular = plain.strip_suffix('s').unwrap_or(&plain);
    !kind.is_empty() && (plain == kind || singular == kind || plain.strip_suffix("v2") == Some(kind))
}

/// Operations after which a role or user may do less, or a resource lets fewer in.
fn takes_a_permission(operation: &str, kind: &str) -> bool {
    if kind == "role" {
        return matches!(
            operation,
            "DetachRolePolicy" | "DeleteRolePolicy" | "PutRolePermissionsBoundary" | "PutRolePolicy"
        );
    }
    if kind == ACCOUNT {
        return matches!(operation, "AttachPolicy" | "DetachPolicy" | "MoveAccount");
    }
    if kind == "user" {
        return matches!(
            operation,
            "DetachUserPolicy"
                | "DeleteUserPolicy"
                | "PutUserPermissionsBoundary"
                | "PutUserPolicy"
                | "RemoveUserFromGroup"
        );
    }
    let changes = ["Put", "Delete", "Set", "Update", "Revoke", "Retire", "Remove"];
    let of_access = ["Policy", "Grant", "Permission", "Acl", "PublicAccessBlock"];
    changes.iter().any(|verb| operation.starts_with(verb))
        && of_access.iter().any(|word| operation.contains(word))
}

/// Whether an operation can bring about a denial in such words.
fn brings(operation: &str, refusal: Refusal) -> bool {
    let is_of_boundary = operation.contains("PermissionsBoundary");
    let takes = ["Delete", "Detach", "Remove", "Revoke", "Retire"];
    match refusal {
        Refusal::Deny => !is_of_boundary && !takes.iter().any(|verb| operation.starts_with(verb)),
        Refusal::NoAllow => !is_of_boundary,
        Refusal::Boundary => is_of_boundary,
        Refusal::OrganizationDenies => operation != "DetachPolicy",
        Refusal::OrganizationAllowsNot => operation != "AttachPolicy",
    }
}

/// Operations that give a permission.
pub(super) fn gives(operation: &str) -> bool {
    matches!(
        operation,
        "AttachRolePolicy" | "AttachUserPolicy" | "PutRolePolicy" | "PutUserPolicy"
    )
}

/// `CreateLogGroup` for `loggroup`; none where the operation's name cannot be told.
pub(super) fn named_creation(failure: &Failure, kind: &str) -> Option<String> {
    let deletion = named_deletion(failure, kind)?;
    if kind == SUBSCRIPTION {
        return Some("Subscribe".to_owned());
    }
    Some(deletion.replacen("Delete", if kind == "parameter" { "Put" } else { "Create" }, 1))
}

/// `DeleteLogGroup` for `loggroup`; none where the operation's name cannot be told.
pub(super) fn named_deletion(failure: &Failure, kind: &str) -> Option<String> {
    // A resource's type is mostly called as the operations call it.
    let own = || {
        let noun = failure.event.resource_type.rsplit("::").next();
        let is_own = thing::kind_of(failure).as_deref() == Some(kind);
        noun.filter(|_| is_own && failure.event.resource_type.starts_with("AWS::"))
    };
    let noun = match kind {
        "bucket" => "Bucket",
        "role" => "Role",
        "secret" => "Secret",
        "table" => "Table",
        "topic" => "Topic",
        "queue" => "Queue",
        "loggroup" => "LogGroup",
        "repository" => "Repository",
        "cluster" => "Cluster",
        "alias" => "Alias",
        "parameter" => "Parameter",
        "subnet" => "Subnet",
        "securitygroup" => "SecurityGroup",
        "instanceprofile" => "InstanceProfile",
        "policy" => "Policy",
        "stack" => "Stack",
        "certificate" => "Certificate",
        "hostedzone" => "HostedZone",
        "statemachine" => "StateMachine",
        "listener" => "Listener",
        "targetgroup" => "TargetGroup",
        "loadbalancer" => "LoadBalancer",
        "stream" => "Stream",
        "snapshot" => "Snapshot",
        "volume" => "Volume",
        "vpc" => "Vpc",
        "user" => "User",
        SUBSCRIPTION => return Some("Unsubscribe".to_owned()),
        _ => own()?,
    };
    Some(format!("Delete{noun}"))
}
