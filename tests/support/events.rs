//! Events of stacks, told in the words that differ.

use chrono::{DateTime, Utc};
use stacktrail::domain::model::event::{EventExtras, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;

/// The type of a stack, its own or nested.
pub(crate) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// An event being told.
pub(crate) struct EventBuilder(StackEvent);

/// An event of a resource, or of the stack itself where the name is the stack's own: then it has the stack's type and
/// ARN. Its id is made of the name, the status and the second.
pub(crate) fn event(stack: &StackId, at: DateTime<Utc>, logical_id: &str, status: &str) -> EventBuilder {
    let own = logical_id == stack.name();
    EventBuilder(StackEvent {
        stack_id: stack.clone(),
        event_id: format!("{logical_id}-{status}-{}", at.timestamp()),
        at,
        logical_id: logical_id.to_owned(),
        physical_id: own.then(|| stack.to_string()),
        resource_type: if own { STACK_TYPE } else { "AWS::S3::Bucket" }.to_owned(),
        status: Status::new(status),
        reason: None,
        operation_id: None,
        extras: EventExtras::default(),
    })
}

impl EventBuilder {
    pub(crate) fn id(mut self, id: impl Into<String>) -> Self {
        self.0.event_id = id.into();
        self
    }

    /// The type of a resource; a stack's own event keeps its.
    pub(crate) fn kind(mut self, kind: &str) -> Self {
        if !self.is_own() {
            kind.clone_into(&mut self.0.resource_type);
        }
        self
    }

    /// A resource's name in the account, none if it is empty; a stack's own event keeps its ARN.
    pub(crate) fn physical(mut self, name: impl Into<String>) -> Self {
        if !self.is_own() {
            self.0.physical_id = Some(name.into()).filter(|name| !name.is_empty());
        }
        self
    }

    /// Why; nothing if it is empty.
    pub(crate) fn reason(mut self, reason: &str) -> Self {
        self.0.reason = (!reason.is_empty()).then(|| reason.to_owned());
        self
    }

    /// Why, if it is said at all: an empty reason is one.
    pub(crate) fn said(mut self, reason: Option<&str>) -> Self {
        self.0.reason = reason.map(str::to_owned);
        self
    }

    /// One of the resource's properties.
    pub(crate) fn setting(mut self, key: &str, value: &str) -> Self {
        self.0.extras.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn operation(mut self, id: &str) -> Self {
        self.0.operation_id = Some(id.into());
        self
    }

    pub(crate) fn told(self) -> StackEvent {
        self.0
    }

    fn is_own(&self) -> bool {
        self.0.logical_id == self.0.stack_id.name()
    }
}

/// Events of one stack that were read together.
pub(crate) fn page(
    stack: &StackId,
    observed_at: DateTime<Utc>,
    events: impl IntoIterator<Item = StackEvent>,
) -> Recorded {
    Recorded {
        observed_at,
        fact: Fact::StackEventsSeen {
            stack_id: stack.clone(),
            events: events.into_iter().collect(),
        },
    }
}
