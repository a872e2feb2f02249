//! What would help against a denial.

use std::collections::BTreeMap;

use crate::domain::explain::iam_statement::IamStatement;

/// Encoded authorization messages, with what `sts:DecodeAuthorizationMessage` said of each.
pub type DecodedMessages = BTreeMap<String, String>;

/// What would help against a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// A statement in a policy of the caller.
    Allow(IamStatement),
    /// Something that others have to change: no statement of the caller's own helps.
    Elsewhere(PolicyElsewhere),
    /// Nothing tells what was denied.
    Unknown,
}

/// A policy, not one of the caller's own, that says no.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyElsewhere {
    /// What says no: `an explicit deny in a service control policy`.
    pub by: String,
    /// Its ARN, where that is told.
    pub policy_arn: Option<String>,
    /// Who can change it, and what to ask for.
    pub ask: String,
    /// The statement that belongs into the policy of the resource.
    pub statement: Option<IamStatement>,
}
