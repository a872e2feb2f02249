//! What CloudFormation checks before it calls a service: change sets, hooks and early validation.
//!
//! None of it need stand in the stack's events: a change set that fails leaves no event at all. What the
//! service said is kept here as it came; the sentences for people are made from it when they are asked for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::HookInvocation;
use super::stack::StackId;
use super::status::Status;

/// A change set, as `ListChangeSets` and `DescribeChangeSet` tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChangeSet {
    /// Its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The stack that it would change.
    pub stack_id: StackId,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// `CREATE_PENDING`, `CREATE_COMPLETE`, `FAILED` ...
    pub status: Status,
    /// Why, in CloudFormation's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// `AVAILABLE`, `UNAVAILABLE`, `EXECUTE_COMPLETE` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_status: Option<String>,
    /// The change set of the stack above, for one of a nested stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
}

/// What is asked when a root stack's change sets are listed.
pub fn listing_key(root: &StackId) -> String {
    format!("change-sets:{root}")
}

impl ChangeSet {
    /// It could not be made, and not because there was nothing to change.
    pub fn has_failed(&self) -> bool {
        self.status.as_str() == "FAILED" && !self.found_nothing_to_do()
    }

    /// CloudFormation calls a change set without changes failed, too.
    pub fn found_nothing_to_do(&self) -> bool {
        let reason = self.status_reason.as_deref().unwrap_or_default();
        let reason = reason.to_ascii_lowercase();
        let says_so =
            reason.contains("didn't contain changes") || reason.contains("no updates are to be performed");
        self.status.as_str() == "FAILED" && says_so
    }

    /// It is still being made.
    pub fn is_in_progress(&self) -> bool {
        matches!(self.status.as_str(), "CREATE_PENDING" | "CREATE_IN_PROGRESS")
    }
}

/// One event of an operation, as `DescribeEvents` tells: what `DescribeStackEvents` leaves out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationEvent {
    /// CloudFormation's id of it.
    pub event_id: String,
    /// The stack that the operation is on.
    pub stack_id: StackId,
    /// The id that all events of one operation share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// `CREATE_STACK`, `CREATE_CHANGESET` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_type: Option<String>,
    /// `VALIDATION_ERROR`, `HOOK_INVOCATION_ERROR`, `PROVISIONING_ERROR` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// When it happened, as CloudFormation says.
    pub at: DateTime<Utc>,
    /// The resource's name in the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_id: Option<String>,
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Its status then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Why, in CloudFormation's or the service's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A hook's verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<HookInvocation>,
    /// A validation's verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
}

impl OperationEvent {
    /// A hook or a validation refused, and that stops the operation.
    pub fn tells_refusal(&self) -> bool {
        let validation = self.validation.as_ref().is_some_and(Validation::has_failed);
        validation || self.hook.as_ref().is_some_and(HookInvocation::has_failed)
    }
}

/// The verdict of one validation.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Validation {
    /// `AWS::EarlyValidation::ResourceExistenceCheck` ...
    pub name: String,
    /// `FAILED` or `SKIPPED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where in the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `FAIL` or `WARN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_mode: Option<String>,
}

/// A hook's result, as `ListHookResults` and `GetHookResult` tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HookResult {
    /// The id of the invocation.
    pub id: String,
    /// The stack for whose sake it was asked.
    pub stack_id: StackId,
    /// When the hook was invoked.
    pub at: DateTime<Utc>,
    /// The hook's type name.
    pub name: String,
    /// `HOOK_COMPLETE_FAILED` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The hook's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `FAIL` or `WARN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_mode: Option<String>,
    /// What it looked at: a resource's logical id, the ARN of a stack or of a change set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The rules it held the target against, where it tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}

/// One rule of a hook, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Annotation {
    /// What the hook calls the rule.
    pub name: String,
    /// `PASSED`, `FAILED` or `SKIPPED`.
    pub status: String,
    /// What it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How to meet it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
    /// Where that is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// How bad it is not to meet it, from `INFORMATIONAL` to `CRITICAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
}

/// Whether a hook's verdict stops the operation: one that only warns does not.
fn stops(status: Option<&str>, failure_mode: Option<&str>) -> bool {
    status.is_some_and(|status| status.ends_with("FAILED")) && failure_mode != Some("WARN")
}

impl HookInvocation {
    /// The hook refused, and that stops the operation.
    pub fn has_failed(&self) -> bool {
        stops(self.status.as_deref(), self.failure_mode.as_deref())
    }
}

impl HookResult {
    /// The hook refused, and that stops the operation.
    pub fn has_failed(&self) -> bool {
        stops(self.status.as_deref(), self.failure_mode.as_deref())
    }
}

impl Validation {
    /// It refused, and that stops the operation.
    pub fn has_failed(&self) -> bool {
        stops(self.status.as_deref(), self.failure_mode.as_deref())
    }
}

#[cfg(test)]
mod tests;
