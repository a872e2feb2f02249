//! What is asked about change sets, hooks and validations.

use crate::domain::model::stack::StackId;
use crate::domain::model::validation::ChangeSet;
use crate::ports::{HookScope, OperationScope};

/// What is asked about change sets, hooks and validations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValidationQuestion {
    /// Which change sets does the stack have?
    ChangeSets {
        /// The stack.
        stack_id: StackId,
        /// How the known ones stand: what has not changed need not be told again.
        known: Vec<ChangeSet>,
        /// That nothing has happened is on record already: an answer without news is not one more fact.
        on_record: bool,
    },
    /// How does a change set stand that no listing of the stack has: one of a nested stack?
    ChangeSet {
        /// The stack above.
        stack_id: StackId,
        /// The change set's ARN.
        id: String,
        /// The change set that named it.
        parent_id: String,
    },
    /// Which events of an operation speak of a failure?
    FailedEvents(OperationScope),
    /// Which hooks were invoked?
    HookResults(HookScope),
    /// What did a hook say in full?
    HookResult {
        /// The stack for whose sake it is asked.
        stack_id: StackId,
        /// The id of the invocation.
        id: String,
    },
}

impl ValidationQuestion {
    /// The stack that it is about.
    pub fn stack_id(&self) -> &StackId {
        match self {
            Self::ChangeSets { stack_id, .. }
            | Self::ChangeSet { stack_id, .. }
            | Self::HookResult { stack_id, .. } => stack_id,
            Self::FailedEvents(scope) => scope.stack_id(),
            Self::HookResults(scope) => scope.stack_id(),
        }
    }
}
