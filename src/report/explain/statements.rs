//! What stands in JSON that is no event: a stack's status reason, a change set's, a resource request's, a service's own.

use serde_json::Value;

use crate::domain::read::forms;
use crate::domain::read::forms::PastedFailure;

/// So many statements of a document are told.
const STATEMENTS: usize = 20;

/// Members that hold a status reason.
const REASONS: [&str; 8] = [
    "ResourceStatusReason",
    "StackStatusReason",
    "StatusReason",
    "StatusMessage",
    "HookStatusReason",
    "failureReason",
    "FailureReason",
    "reason",
];
/// Members of objects that are about something of a stack.
const ABOUT: [&str; 7] = [
    "LogicalResourceId",
    "ResourceType",
    "TypeName",
    "StackName",
    "StackId",
    "Status",
    "status",
];

/// `ConformancePackStatusReason`: a reason of a service of its own, where a service's or a handler's error stands in it.
fn other_reason(members: &serde_json::Map<String, Value>) -> Option<String> {
    let ends = |key: &str| {
        ["StatusReason", "FailureReason", "FailedReason", "ErrorMessage"]
            .iter()
            .any(|end| key.ends_with(end))
    };
    let mut told = members
        .iter()
        .filter(|(key, _)| ends(key))
        .filter_map(|(_, value)| value.as_str());
    told.find(|text| forms::has_error(text)).map(str::to_owned)
}

/// Status reasons inside of JSON that is no event: a stack's, a change set's, a resource request's.
pub(super) fn statements(value: &Value, said: &mut Vec<PastedFailure>, depth: usize) {
    if depth > 6 || said.len() >= STATEMENTS {
        return;
    }
    match value {
        Value::String(reason) if depth == 0 => said.push(PastedFailure {
            reason: reason.clone(),
            ..PastedFailure::default()
        }),
        Value::Array(items) => items.iter().for_each(|item| statements(item, said, depth + 1)),
        Value::Object(members) => {
            let first = |keys: &[&str]| {
                let texts = keys.iter().filter_map(|key| members.get(*key)?.as_str());
                let mut filled = texts.filter(|text| !text.trim().is_empty());
                filled.next().map(ToOwned::to_owned)
            };
            // A word under the name `reason` is a value, unless the object is about something of a stack.
            let told = |reason: &String| {
                reason.trim().contains(' ') || ABOUT.iter().any(|key| members.contains_key(*key))
            };
            if forms::is_well(members) {
                return;
            }
            if let Some(reason) = first(&REASONS).filter(told).or_else(|| other_reason(members)) {
                said.push(PastedFailure {
                    reason,
                    about: first(&[
                        "LogicalResourceId",
                        "StackName",
                        "ChangeSetName",
                        "Identifier",
                        "clusterName",
                        "ClusterName",
                    ]),
                    stack: first(&["StackName"]),
                    kind: first(&["ResourceType", "TypeName", "resource_type"]),
                    account: first(&["Account"])
                        .filter(|word| word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit())),
                    region: first(&["Region"]).filter(|word| word.contains('-')),
                    status: first(&[
                        "ResourceStatus",
                        "StackStatus",
                        "cloudFormationStackStatus",
                        "Status",
                        "status",
                    ]),
                    ..PastedFailure::default()
                });
            } else {
                members
                    .values()
                    .for_each(|inner| statements(inner, said, depth + 1));
            }
        }
        _ => {}
    }
}
