//! Whether a change of what a role or a user may do only gave what had been denied before: that took nothing away.
//!
//! Somebody deploys, is denied one call, allows it and deploys again, to be denied the next. What was given in between
//! stands right before the next denial, and is not its cause.

use chrono::TimeDelta;
use serde_json::Value;

use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;
use crate::domain::session::SeenRecord;

/// A change of a policy holds everywhere only after a moment.
const SETTLED: TimeDelta = TimeDelta::minutes(1);
/// Whoever is denied something and allows it does so within this time.
const WITHIN: TimeDelta = TimeDelta::hours(12);

/// Calls after which a role or a user may do something else than before, and perhaps more.
const GIVING: [&str; 4] = [
    "PutRolePolicy",
    "PutUserPolicy",
    "DeleteRolePermissionsBoundary",
    "DeleteUserPermissionsBoundary",
];

/// Whether a call gave its role or user what had been denied to it before. `calls` are all records until the failure,
/// oldest first.
///
/// Its document allows a call that had been denied, and denies nothing. Where the record has no document, a call that had
/// been denied is not denied any more. What was allowed before and is denied afterwards was taken.
pub(super) fn gives_what_was_denied(record: &TrailRecord, calls: &[&SeenRecord]) -> bool {
    if !GIVING.contains(&record.operation()) {
        return false;
    }
    let Some(holder) = record
        .requested(&["roleName"])
        .or_else(|| record.requested(&["userName"]))
    else {
        return false;
    };
    let own: Vec<&TrailRecord> = calls
        .iter()
        .map(|seen| seen.record.as_ref())
        .filter(|call| is_by(call, &holder))
        .collect();
    let before = |call: &&&TrailRecord| call.at <= record.at && record.at - call.at <= WITHIN;
    let after = |call: &&&TrailRecord| call.at > record.at + SETTLED;
    let denied_before: Vec<String> = own
        .iter()
        .filter(before)
        .filter(|call| call.denies_the_call())
        .map(|call| denied_action(call))
        .collect();
    let allowed_before = |action: &str| {
        let mut calls = own.iter().filter(before);
        calls.any(|call| !call.is_error() && call.action().eq_ignore_ascii_case(action))
    };
    let denied_after: Vec<String> = own
        .iter()
        .filter(after)
        .filter(|call| call.denies_the_call())
        .map(|call| denied_action(call))
        .collect();
    if denied_after.iter().any(|action| allowed_before(action)) {
        return false;
    }
    match record.requested(&["policyDocument"]) {
        Some(document) => {
            let statements = Statements::read(&document);
            !statements.deny && denied_before.iter().any(|action| statements.allow(action))
        }
        None => {
            let ends = |action: &&String| !denied_after.contains(action);
            denied_before.iter().any(|action| ends(&action)) && !puts_again(record, calls)
        }
    }
}

/// What the document of a policy that was put says of a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PutDocument {
    /// It may have brought it about, or does not tell.
    Open,
    /// It cannot have: it denies only other actions, or allows this one.
    SpeaksOfOthers,
    /// It only could where it stands in the place of another of its name.
    OnlyAllows,
}

impl PutDocument {
    /// Of a call, for a denied action, which a statement denies or no statement allows.
    pub(super) fn of(record: &TrailRecord, action: &str, is_denied_by_statement: bool) -> Self {
        const PUTS: [&str; 3] = ["PutRolePolicy", "PutUserPolicy", "PutGroupPolicy"];
        let document = record.requested(&["policyDocument"]);
        let Some(document) = document.filter(|_| PUTS.contains(&record.operation())) else {
            return Self::Open;
        };
        let statements = Statements::read(&document);
        let action = action.to_ascii_lowercase();
        let mut denied = statements.denied.iter();
        if statements.is_unclear || denied.any(|pattern| fits(pattern, &action)) {
            Self::Open
        } else if is_denied_by_statement || statements.allow(&action) {
            Self::SpeaksOfOthers
        } else {
            Self::OnlyAllows
        }
    }
}

/// A policy of that name was put before: nobody knows what it allowed.
fn puts_again(record: &TrailRecord, calls: &[&SeenRecord]) -> bool {
    let names = |call: &TrailRecord| {
        (
            call.requested(&["roleName"]),
            call.requested(&["userName"]),
            call.requested(&["policyName"]),
        )
    };
    calls.iter().map(|seen| seen.record.as_ref()).any(|other| {
        other.at <= record.at
            && other.event_id != record.event_id
            && !other.is_error()
            && other.operation() == record.operation()
            && names(other) == names(record)
    })
}

fn is_by(call: &TrailRecord, holder: &str) -> bool {
    let identity = &call.identity;
    match identity.role_name() {
        Some(role) => role == holder,
        None => identity.name.as_deref() == Some(holder),
    }
}

/// The denied action, in lower case.
fn denied_action(record: &TrailRecord) -> String {
    let denial = record.error_message.as_deref().and_then(Denial::read);
    let named = denial.and_then(|denial| denial.action);
    named.unwrap_or_else(|| record.action()).to_ascii_lowercase()
}

/// What a policy's document allows and denies, as far as its actions tell.
#[derive(Debug, Default)]
struct Statements {
    allowed: Vec<String>,
    denied: Vec<String>,
    deny: bool,
    /// It denies, and not by actions that it lists, or cannot be read.
    is_unclear: bool,
}

impl Statements {
    fn read(document: &str) -> Self {
        let Ok(document) = serde_json::from_str::<Value>(document) else {
            // What cannot be read may deny.
            return Self {
                deny: true,
                is_unclear: true,
                ..Self::default()
            };
        };
        let mut found = Self::default();
        let statements = document.get("Statement");
        for statement in listed(statements) {
            let effect = statement
                .get("Effect")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let actions = listed(statement.get("Action")).filter_map(Value::as_str);
            let actions = actions.map(str::to_ascii_lowercase);
            if effect.eq_ignore_ascii_case("Allow") {
                found.allowed.extend(actions);
            } else {
                found.deny = true;
                found.denied.extend(actions);
                found.is_unclear |= statement.get("Action").is_none();
            }
        }
        found
    }

    fn allow(&self, action: &str) -> bool {
        self.allowed.iter().any(|pattern| fits(pattern, action))
    }
}

/// One thing or a list of them.
fn listed(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (one, many) = match value {
        Some(Value::Array(items)) => (None, items.as_slice()),
        other => (other, [].as_slice()),
    };
    one.into_iter().chain(many)
}

/// Whether an action fits a pattern of IAM, both in lower case.
fn fits(pattern: &str, action: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("sqs:tagqueue", "sqs:tagqueue", true)]
    #[case("sqs:tag*", "sqs:tagqueue", true)]
    #[case("*", "sqs:tagqueue", true)]
    #[case("sqs:*queue", "sqs:tagqueue", true)]
    #[case("sqs:*g*e*", "sqs:tagqueue", true)]
    #[case("sqs:tag", "sqs:tagqueue", false)]
    #[case("sns:*", "sqs:tagqueue", false)]
    #[case("sqs:*topic", "sqs:tagqueue", false)]
    fn an_action_fits_a_pattern(#[case] pattern: &str, #[case] action: &str, #[case] expected: bool) {
        assert_eq!(fits(pattern, action), expected);
    }

    #[rstest]
    #[case(
        r#"{"Statement":{"Effect":"Deny","Action":"dynamodb:*"}}"#,
        PutDocument::SpeaksOfOthers
    )]
    #[case(
        r#"{"Statement":{"Effect":"Deny","Action":["s3:*","sqs:Tag*"]}}"#,
        PutDocument::Open
    )]
    #[case(r#"{"Statement":{"Effect":"Deny","NotAction":"s3:*"}}"#, PutDocument::Open)]
    #[case("{\"Statement\":[{\"Eff", PutDocument::Open)]
    fn a_document_that_denies_other_actions_brings_no_denial(
        #[case] document: &str,
        #[case] expected: PutDocument,
    ) {
        let put = |operation: &str| {
            let record = serde_json::json!({
                "eventID": "1",
                "eventTime": "2026-05-04T10:00:00Z",
                "eventSource": "iam.amazonaws.com",
                "eventName": operation,
                "awsRegion": "us-east-1",
                "userIdentity": {"type": "Root"},
                "requestParameters": {"roleName": "r", "policyName": "p", "policyDocument": document},
            });
            TrailRecord::read(&record.to_string()).unwrap()
        };
        assert_eq!(
            PutDocument::of(&put("PutRolePolicy"), "sqs:TagQueue", true),
            expected
        );
        assert_eq!(
            PutDocument::of(&put("CreatePolicyVersion"), "sqs:TagQueue", true),
            PutDocument::Open
        );
    }

    #[rstest]
    #[case(r#"{"Statement":{"Effect":"Allow","Action":"sqs:TagQueue"}}"#, true, false)]
    #[case(
        r#"{"Statement":[{"Effect":"Allow","Action":["sns:*","sqs:Tag*"]}]}"#,
        true,
        false
    )]
    #[case(
        r#"{"Statement":[{"Effect":"Allow","Action":"sqs:*"},{"Effect":"Deny","Action":"s3:*"}]}"#,
        true,
        true
    )]
    #[case(r#"{"Statement":[{"Effect":"Allow","NotAction":"s3:*"}]}"#, false, false)]
    #[case("{\"Statement\":[{\"Eff", false, true)]
    fn a_document_tells_what_it_allows(#[case] document: &str, #[case] allows: bool, #[case] denies: bool) {
        let read = Statements::read(document);
        assert_eq!((read.allow("sqs:tagqueue"), read.deny), (allows, denies));
    }
}
