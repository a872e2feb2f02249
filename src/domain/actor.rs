//! Who did what: the control-plane calls on a stack.

use chrono::{DateTime, Utc};

/// Somebody's call that began, changed or ended an operation of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// When.
    pub at: DateTime<Utc>,
    /// The API operation: `ExecuteChangeSet`.
    pub event_name: String,
    /// Who, as short as it stays clear: a role and session, a user.
    pub user: String,
    /// The trail record.
    pub event_id: String,
    /// From where.
    pub source_ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// The sentence shown: "deleted 35 minutes after ExecuteChangeSet by aws-cdk-showboat".
    pub story: String,
}
