//! Investigations as data: what to ask which source, when, and why.
//!
//! A source of evidence plans with [`Source::plan`], a pure function of the session and the time. The same
//! object answers in the `watch` module; here nothing is asked.

use chrono::{DateTime, TimeDelta, Utc};

use super::diagnosis::Diagnosis;
use crate::domain::deployment::failure::FailureKey;
use crate::domain::model::log::LogSearch;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::TrailSearch;
use crate::domain::model::validation::ChangeSet;
use crate::domain::session::Session;

/// What is asked of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Search CloudTrail.
    Trail {
        /// What to search for.
        search: TrailSearch,
        /// Read at most so many pages of it, each of them a call.
        max_pages: u32,
    },
    /// Read a log group.
    Logs(LogSearch),
    /// Whom does this Lambda function run as, and where does it log?
    Function {
        /// The function's ARN.
        arn: String,
    },
    /// What does the service itself say about this resource?
    Service {
        /// The stack.
        stack_id: StackId,
        /// The resource's name in the template.
        logical_id: String,
        /// The resource's name in the account.
        physical_id: String,
        /// Settings of the resource that the service wants to know.
        settings: std::collections::BTreeMap<String, String>,
    },
    /// What did CloudFormation check before it called a service?
    Validation(ValidationQuestion),
}

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

/// Whose events `DescribeEvents` is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationScope {
    /// The stack's newest operation.
    Stack(StackId),
    /// One operation.
    Operation {
        /// The stack.
        stack_id: StackId,
        /// The operation's id.
        id: String,
    },
    /// The making of one change set.
    ChangeSet {
        /// The stack.
        stack_id: StackId,
        /// The change set's ARN.
        id: String,
    },
}

impl OperationScope {
    /// The stack.
    pub fn stack_id(&self) -> &StackId {
        match self {
            Self::Stack(stack_id) | Self::Operation { stack_id, .. } | Self::ChangeSet { stack_id, .. } => {
                stack_id
            }
        }
    }
}

/// What the hooks in question looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookScope {
    /// A stack as a whole.
    Stack(StackId),
    /// A change set.
    ChangeSet {
        /// The stack.
        stack_id: StackId,
        /// The change set's ARN.
        id: String,
    },
}

impl HookScope {
    /// The stack.
    pub fn stack_id(&self) -> &StackId {
        match self {
            Self::Stack(stack_id) | Self::ChangeSet { stack_id, .. } => stack_id,
        }
    }
}

/// One thing to ask, when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// Names the inquiry: two of one key are the same, and only one runs at a time.
    pub key: String,
    /// The source that answers: [`Source::name`].
    pub source: &'static str,
    /// The region that it is asked in.
    pub region: String,
    /// Not before this moment.
    pub due: DateTime<Utc>,
    /// Smaller goes first when several are due.
    pub priority: u8,
    /// What to ask.
    pub question: Question,
    /// In words, for the person: "calls made as role shop-SetupRole".
    pub why: String,
    /// The failures that it serves.
    pub serves: Vec<FailureKey>,
}

/// Plans what to ask. Pure.
pub trait Source: Send + Sync {
    /// A short name, also in the archive: `cloudtrail`.
    fn name(&self) -> &'static str;

    /// Everything this source would like to know of the session, now or later. What was already answered
    /// well enough is not planned again: the session tells.
    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry>;

    /// How long after asking this is not asked again, whatever came of it: an answer that says nothing new
    /// leaves no fact to plan by.
    fn rest(&self, _inquiry: &Inquiry, _session: &Session, _now: DateTime<Utc>) -> TimeDelta {
        TimeDelta::zero()
    }
}
