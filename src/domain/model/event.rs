//! One CloudFormation event record, and what of its properties is worth keeping.

mod naming;
mod settings;

use crate::domain::model::resource_type::STACK_TYPE;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::stack::StackId;
use super::status::{Operation, Phase, Status};

pub(crate) use naming::{id_form, is_identifying, is_naming, is_own_name, is_plain_name, is_region};
pub use settings::kept_settings;
pub(crate) use settings::{ROLES, is_description, names_what_many_use, text_mark};

/// One event record of a stack. Its identity is (stack id, event id).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackEvent {
    /// The stack that the event belongs to.
    pub stack_id: StackId,
    /// CloudFormation's id of it, unique within the stack.
    pub event_id: String,
    /// When it happened, as CloudFormation says.
    pub at: DateTime<Utc>,
    /// The resource's name in the template; the stack's own name for its own events.
    pub logical_id: String,
    /// The resource's name in the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
    /// `AWS::S3::Bucket`, `Custom::Setup` ...
    pub resource_type: String,
    /// The status then.
    pub status: Status,
    /// Why, in CloudFormation's or the service's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The operation that it is part of, where AWS says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<Arc<str>>,
    /// What only some events carry.
    #[serde(default, skip_serializing_if = "EventExtras::is_empty")]
    pub extras: EventExtras,
}

/// The parts of an event that most events do not have, and for which those then keep no room: a session may
/// have a hundred thousand.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Extras", into = "Extras")]
pub struct EventExtras(Option<Box<Extras>>);

static NOTHING: Extras = Extras {
    client_request_token: None,
    detailed_status: None,
    hook: None,
    settings: BTreeMap::new(),
};

impl Deref for EventExtras {
    type Target = Extras;

    fn deref(&self) -> &Extras {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for EventExtras {
    fn deref_mut(&mut self) -> &mut Extras {
        self.0.get_or_insert_default()
    }
}

impl From<Extras> for EventExtras {
    fn from(extras: Extras) -> Self {
        Self((extras != NOTHING).then(|| Box::new(extras)))
    }
}

impl From<EventExtras> for Extras {
    fn from(extras: EventExtras) -> Self {
        extras.0.map(|extras| *extras).unwrap_or_default()
    }
}

impl PartialEq for EventExtras {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for EventExtras {}

impl EventExtras {
    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        **self == NOTHING
    }
}

/// What [`EventExtras`] may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extras {
    /// The token of the request that began the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
    /// `CONFIGURATION_COMPLETE`, `VALIDATION_FAILED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    /// A hook that was invoked for the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<Box<HookInvocation>>,
    /// Settings kept from `ResourceProperties`; see [`kept_settings`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// One invocation of a hook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HookInvocation {
    /// The hook's type name.
    pub name: String,
    /// `HOOK_COMPLETE_SUCCEEDED`, `HOOK_COMPLETE_FAILED` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The hook's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `FAIL` or `WARN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_mode: Option<String>,
    /// The id to ask `GetHookResult` for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
}

impl StackEvent {
    /// The event speaks of the stack itself and not of one of its resources.
    pub fn is_about_stack(&self) -> bool {
        self.physical_id.as_deref() == Some(self.stack_id.as_str())
            || (self.resource_type == STACK_TYPE
                && self.logical_id == self.stack_id.name()
                && self.physical_id.as_deref().is_none_or(str::is_empty))
    }

    /// The nested stack that this resource is, once its ARN is known.
    pub fn nested_stack(&self) -> Option<StackId> {
        if self.resource_type != STACK_TYPE || self.is_about_stack() {
            return None;
        }
        self.physical_id.as_deref().and_then(StackId::parse)
    }

    /// Whether both say the same of what happened. What is kept of the properties is a choice of this program and
    /// not CloudFormation's word: it may differ between versions.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.word() == other.word()
    }

    /// A number for what the event says; see [`StackEvent::says_the_same`].
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.word().hash(&mut hasher);
        hasher.finish()
    }

    /// Whether this, read at one moment, is the last word on what another said, read at another, under the same
    /// id. Of two that were read at one moment what they say decides, so that it never depends on which came first.
    pub fn is_last_word(&self, at: DateTime<Utc>, other: &Self, other_at: DateTime<Utc>) -> bool {
        let later = at.cmp(&other_at);
        let wins = later.then_with(|| format!("{:?}", self.word()).cmp(&format!("{:?}", other.word())));
        wins == Ordering::Greater
    }

    fn word(&self) -> impl Hash + PartialEq + fmt::Debug + '_ {
        let extras = (
            &self.extras.client_request_token,
            &self.extras.detailed_status,
            &self.extras.hook,
        );
        let subject = (
            &self.stack_id,
            &self.event_id,
            &self.logical_id,
            &self.physical_id,
        );
        let what = (
            &self.resource_type,
            &self.status,
            &self.reason,
            &self.operation_id,
        );
        (self.at, subject, what, extras)
    }

    /// The order of events: by time; at one instant what begins comes before what ends, and what undoes comes
    /// after what it undoes; then by id, so that the order never depends on how the events arrived.
    pub fn order(&self) -> (DateTime<Utc>, u8, &StackId, &str) {
        let rank = match self.status.phase() {
            Phase::Idle => 0,
            Phase::InProgress => 1,
            Phase::Unknown => 2,
            Phase::Complete => 3,
            Phase::Failed => 4,
        };
        let undoes = self.status.is_rollback() || self.status.operation() == Operation::Delete;
        let rank = if undoes { rank + 5 } else { rank };
        (self.at, rank, &self.stack_id, &self.event_id)
    }
}

/// Whether a function of somebody's own stands behind this resource.
pub fn is_custom_resource(event: &StackEvent) -> bool {
    let kind = event.resource_type.as_str();
    kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_undoes_comes_after_what_it_undoes_at_the_same_instant() {
        let stack = StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/s/u").unwrap();
        let event = |status: &str, id: &str| StackEvent {
            stack_id: stack.clone(),
            event_id: id.to_owned(),
            at: DateTime::UNIX_EPOCH,
            logical_id: "s".to_owned(),
            physical_id: None,
            resource_type: STACK_TYPE.to_owned(),
            status: Status::new(status),
            reason: None,
            operation_id: None,
            extras: EventExtras::default(),
        };
        let happened = [
            event("CREATE_IN_PROGRESS", "e"),
            event("CREATE_FAILED", "d"),
            event("ROLLBACK_IN_PROGRESS", "c"),
            event("DELETE_COMPLETE", "a"),
            event("ROLLBACK_COMPLETE", "b"),
        ];
        let mut sorted = happened.to_vec();
        sorted.reverse();
        sorted.sort_by(|a, b| a.order().cmp(&b.order()));
        assert_eq!(sorted, happened);
    }
}
