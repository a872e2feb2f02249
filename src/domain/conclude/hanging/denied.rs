//! Functions behind custom resources that have written nothing, and to which the trail says something was denied.
//!
//! | who made the denied call | told when |
//! |---|---|
//! | Lambda for the function, and without it no function starts: its environment's key, its image, its network | it was denied once |
//! | the function itself | it was denied again and again, as Lambda calls it again and again |
//!
//! Whatever it did with success since, and any line of its log, takes it back.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::model::arn::{function_name, role_name};
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;
use crate::domain::session::Session;

/// What Lambda calls as the function before it can start.
const TO_START: [&str; 8] = [
    "kms:Decrypt",
    "kms:CreateGrant",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:DescribeMountTargets",
];
/// What only tells of a program: it runs on without.
const TELLING: [&str; 4] = ["logs", "xray", "monitoring", "cloudwatch"];
/// Lambda calls a function that failed twice more, a minute and two minutes later.
const AGAIN: usize = 3;
const APART: TimeDelta = TimeDelta::seconds(30);
/// The trail knows whole seconds.
const BLUR: TimeDelta = TimeDelta::seconds(2);

/// What was denied.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DeniedFunction {
    /// The call, and what it was on.
    pub(super) said: String,
    /// When, the last time.
    pub(super) at: DateTime<Utc>,
}

/// What was denied to a function since a moment, and keeps it from its work. `is_silent`: its log was read, and is empty.
pub(super) fn denied(
    session: &Session,
    function: &str,
    since: DateTime<Utc>,
    is_silent: bool,
) -> Option<DeniedFunction> {
    let role = session.functions().get(function);
    let role = role.and_then(|described| described.role_arn.as_deref().and_then(role_name));
    let all = session.trail().records().values();
    let mut own: Vec<&TrailRecord> = all
        .map(|seen| seen.record.as_ref())
        .filter(|record| record.at + BLUR >= since && is_of(record, function, role))
        .collect();
    own.sort_by_key(|record| record.at);
    let is_telling = |record: &TrailRecord| TELLING.contains(&record.service());
    let denials: Vec<&TrailRecord> = own
        .iter()
        .copied()
        .filter(|record| record.denies_the_call() && !is_telling(record))
        .collect();
    let last = *denials.last()?;
    let went_on = own
        .iter()
        .any(|record| !record.is_error() && !is_telling(record) && record.at > last.at + BLUR);
    if went_on {
        return None;
    }
    let same: Vec<&TrailRecord> = denials
        .iter()
        .copied()
        .filter(|record| record.action() == last.action())
        .collect();
    let kept_from_starting = is_by_lambda(last) && TO_START.contains(&last.action().as_str());
    let apart = same.windows(2).filter(|pair| match pair {
        [one, other] => other.at - one.at >= APART,
        _ => false,
    });
    let again_and_again = is_silent && apart.count() + 1 >= AGAIN;
    (kept_from_starting || again_and_again).then(|| DeniedFunction {
        said: told(last),
        at: last.at,
    })
}

/// Whether a call was made by the function, or by Lambda with its rights.
fn is_of(record: &TrailRecord, function: &str, role: Option<&str>) -> bool {
    let identity = &record.identity;
    if let Some(bearer) = identity.issued_to.as_deref() {
        return bearer.starts_with(function);
    }
    // Lambda names the session after the function.
    identity.name.as_deref() == Some(function_name(function))
        && role.is_none_or(|role| identity.role_name() == Some(role))
}

fn is_by_lambda(record: &TrailRecord) -> bool {
    let host = record.identity.invoked_by.as_deref();
    host.is_some_and(|host| host.starts_with("lambda."))
}

fn told(record: &TrailRecord) -> String {
    let denial = record.error_message.as_deref().and_then(Denial::read);
    let denial = denial.unwrap_or_default();
    let action = denial.action.unwrap_or_else(|| record.action());
    match denial.resource.as_deref() {
        Some(resource) if resource != "*" => format!("{action} on {resource}"),
        _ => action,
    }
}
