//! Custom resources: which Lambda function CloudFormation called for them, and when.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::event::StackEvent;
use super::fact::FunctionDescription;
use super::session::{Session, StackHistory};
use super::status::Operation;

/// One call of a custom resource's function: from the resource's `*_IN_PROGRESS` to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The function, from `ServiceToken`.
    pub function_arn: String,
    /// When CloudFormation began.
    pub started_at: DateTime<Utc>,
    /// When the resource came to its end.
    pub ended_at: Option<DateTime<Utc>>,
    /// It failed.
    pub failed: bool,
}

/// A function that answers within this time is not looked at while it runs.
const PATIENCE: TimeDelta = TimeDelta::seconds(20);

impl Invocation {
    /// The region of the function.
    pub fn region(&self) -> &str {
        self.function_arn.split(':').nth(3).unwrap_or_default()
    }

    /// The name of the function.
    pub fn function_name(&self) -> &str {
        function_name(&self.function_arn)
    }
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:VERSION]`
fn function_name(arn: &str) -> &str {
    arn.split(':').nth(6).unwrap_or(arn)
}

/// The calls of custom resources' functions that are worth following: those that failed, and those that
/// are still under way. What succeeded, and what a deletion asked for, tells nothing about a failure.
pub fn invocations(session: &Session) -> Vec<Invocation> {
    let mut found = Vec::new();
    for (_, history) in session.stacks() {
        let mut running: BTreeMap<&str, Invocation> = BTreeMap::new();
        let presumed = presumed_token(history);
        for event in history.events().iter().map(|seen| seen.event.as_ref()) {
            let untold = || presumed.as_deref().filter(|_| is_custom_resource(event));
            let Some(function_arn) = lambda_token(event).or_else(untold) else {
                continue;
            };
            if event.status.is_in_progress() {
                let fresh = || Invocation {
                    function_arn: function_arn.to_owned(),
                    started_at: event.at,
                    ended_at: None,
                    failed: false,
                };
                if event.status.operation() == Operation::Delete {
                    running.remove(event.logical_id.as_str());
                } else {
                    running.entry(event.logical_id.as_str()).or_insert_with(fresh);
                }
            } else if let Some(mut invocation) = running.remove(event.logical_id.as_str()) {
                invocation.ended_at = Some(event.at);
                invocation.failed = event.status.is_failed();
                if invocation.failed {
                    found.push(invocation);
                }
            }
        }
        found.extend(running.into_values());
    }
    found
}

impl Invocation {
    /// When its log is worth reading for the first time.
    pub fn look_from(&self) -> DateTime<Utc> {
        self.ended_at.map_or(self.started_at + PATIENCE, |ended| {
            ended.min(self.started_at + PATIENCE)
        })
    }
}

fn lambda_token(event: &StackEvent) -> Option<&str> {
    let token = event.extras.settings.get("ServiceToken")?;
    (token.split(':').nth(2) == Some("lambda")).then_some(token)
}

/// Whether a function of somebody's own stands behind this resource.
pub fn is_custom_resource(event: &StackEvent) -> bool {
    let kind = event.resource_type.as_str();
    kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
}

/// The `ServiceToken` of custom resources in a stack whose events tell none (they come without properties
/// from some stand-ins for AWS): its only Lambda function. Among several nobody can tell.
pub fn presumed_token(history: &StackHistory) -> Option<String> {
    let events = || history.events().iter().map(|seen| seen.event.as_ref());
    if events().any(|event| event.extras.settings.contains_key("ServiceToken")) {
        return None;
    }
    let functions = events().filter(|event| event.resource_type == "AWS::Lambda::Function");
    let mut known = functions.filter_map(|event| {
        let name = event.physical_id.as_deref().filter(|name| !name.is_empty())?;
        Some((&event.stack_id, name))
    });
    let (stack, name) = known.next()?;
    if known.any(|(_, other)| other != name) {
        return None;
    }
    let (partition, region, account) = (stack.partition(), stack.region(), stack.account());
    Some(format!(
        "arn:{partition}:lambda:{region}:{account}:function:{name}"
    ))
}

/// What can be said of a function that does not tell about itself: where Lambda logs unless told otherwise.
pub fn presumed(arn: &str) -> FunctionDescription {
    let name = function_name(arn).to_owned();
    FunctionDescription {
        arn: arn.to_owned(),
        role_arn: None,
        log_group: format!("/aws/lambda/{name}"),
        in_vpc: false,
        timeout_seconds: None,
        name,
    }
}
