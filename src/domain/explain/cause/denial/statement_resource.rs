//! What a statement allows an action on, as an ARN: a right is never given over everything, unless it was denied so.

use super::requested;
use crate::domain::explain::iam_statement::{UNKNOWN, literal};
use crate::domain::model::action::service;
use crate::domain::model::arn::Arn;
use crate::domain::model::trail::TrailRecord;

/// Members of requests that name something of IAM, and its kind in an ARN, the more particular first.
const MEMBERS: [(&str, &str); 5] = [
    ("roleName", "role"),
    ("userName", "user"),
    ("groupName", "group"),
    ("instanceProfileName", "instance-profile"),
    ("policyName", "policy"),
];

/// Whether an action gives power over who may do what.
fn is_of_iam(action: &str) -> bool {
    let lower = action.to_ascii_lowercase();
    lower.starts_with("iam:") || lower.starts_with("sts:assumerole")
}

/// What the request of a call on IAM names: an ARN, or `role NAME`.
pub(super) fn of_request(record: &TrailRecord) -> Option<String> {
    let asked = |member: &str| record.requested(&[member]);
    if let Some(service) = asked("aWSServiceName").or_else(|| asked("awsServiceName")) {
        return Some(format!("role aws-service-role/{service}/*"));
    }
    if record.operation() == "AssumeRole" {
        return asked("roleArn");
    }
    if record.service() != "iam" {
        return None;
    }
    let named = MEMBERS
        .iter()
        .find_map(|(member, kind)| Some(format!("{kind} {}", asked(member)?)));
    // A policy is attached to what is named beside it.
    named.or_else(|| asked("policyArn"))
}

/// What a statement allows an action on: what was told, else what the request names, else everything for an action
/// that knows no resources; for IAM never everything. The name is left open where nothing tells it.
pub fn statement_resource(
    action: &str,
    told: Option<&str>,
    principal: Option<&str>,
    requested: Option<&str>,
) -> String {
    if let Some(arn) = told.filter(|resource| resource.starts_with("arn:")) {
        return literal(arn);
    }
    let requested_arn = requested.filter(|requested| requested.starts_with("arn:"));
    if !is_of_iam(action) && (told == Some("*") || requests_everything(action, requested)) {
        return "*".to_owned();
    }
    if let Some(arn) = requested_arn {
        return arn.to_owned();
    }
    let of_principal = principal.and_then(Arn::parse);
    let partition = of_principal.map_or("aws", |arn| arn.partition);
    let account = of_principal.map(|arn| arn.account);
    let account = account.filter(|account| account.len() == 12).unwrap_or("ACCOUNT");
    if !is_of_iam(action) {
        let service = service(action);
        return format!("arn:{partition}:{service}:REGION:{account}:{UNKNOWN}");
    }
    let rest = told.and_then(named).or_else(|| requested.and_then(named));
    format!(
        "arn:{partition}:iam::{account}:{}",
        rest.unwrap_or_else(|| format!("{}/{UNKNOWN}", kind_of(action)))
    )
}

/// The action is on everything, or on nothing in particular.
fn requests_everything(action: &str, requested: Option<&str>) -> bool {
    requested.is_none() && requested::knows_no_resources(action)
}

/// `KIND/NAME` for what messages and requests write as `KIND NAME`.
fn named(text: &str) -> Option<String> {
    let (kind, name) = text.split_once(' ')?;
    let is_name = !name.is_empty() && !name.contains(' ');
    (MEMBERS.iter().any(|(_, known)| *known == kind) && is_name).then(|| format!("{kind}/{}", literal(name)))
}

/// The kind of thing that an action is on, by its own name.
fn kind_of(action: &str) -> &'static str {
    let kinds = [
        ("InstanceProfile", "instance-profile"),
        ("Role", "role"),
        ("User", "user"),
        ("Group", "group"),
        ("Policy", "policy"),
    ];
    let found = kinds.into_iter().find(|(word, _)| action.contains(word));
    found.map_or("role", |(_, kind)| kind)
}
