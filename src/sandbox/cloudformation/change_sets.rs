//! Change sets and hook results, as far as a reader needs them.

use serde_json::{Value, json};

use super::Asked;
use crate::sandbox::names::timestamp;
use crate::sandbox::reply::ServiceError;
use crate::sandbox::world::{ChangeSet, Hook, StackEvent};

pub(super) fn list(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let stack = asked.stack_in_brackets()?;
    let of_stack = change_sets(asked).filter(|change_set| change_set.stack == stack.arn);
    let summaries: Vec<_> = of_stack
        .map(|change_set| {
            json!({
                "StackId": stack.arn,
                "StackName": stack.name,
                "ChangeSetId": change_set.arn,
                "ChangeSetName": change_set.name,
                "ExecutionStatus": change_set.execution_status,
                "Status": change_set.status,
                "StatusReason": change_set.reason,
                "CreationTime": timestamp(change_set.at),
                "IncludeNestedStacks": false,
            })
        })
        .collect();
    Ok(json!({ "Summaries": summaries }))
}

pub(super) fn describe(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let name = asked.required("ChangeSetName")?;
    let found = change_sets(asked).find(|known| known.arn == name || known.name == name);
    let change_set = found.ok_or_else(|| {
        ServiceError::with_status(
            404,
            "ChangeSetNotFound",
            format!("ChangeSet [{name}] does not exist"),
        )
    })?;
    let stack = asked.find(&change_set.stack);
    Ok(json!({
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.arn,
        "StackId": change_set.stack,
        "StackName": stack.map(|stack| &stack.name),
        "CreationTime": timestamp(change_set.at),
        "ExecutionStatus": change_set.execution_status,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "NotificationARNs": [],
        "Capabilities": ["CAPABILITY_IAM"],
        "Changes": [],
        "IncludeNestedStacks": false,
    }))
}

fn change_sets<'a>(asked: &Asked<'a>) -> impl Iterator<Item = &'a ChangeSet> {
    let (now, home) = (asked.now, asked.home);
    asked
        .world
        .change_sets
        .iter()
        .filter(move |change_set| home && change_set.at <= now)
}

fn hooks<'a>(asked: &Asked<'a>) -> impl Iterator<Item = (&'a StackEvent, &'a Hook)> {
    let now = asked.now;
    let visible = asked.stacks().flat_map(move |stack| stack.visible(now));
    visible.filter_map(|event| event.hook.as_ref().map(|hook| (event, hook)))
}

pub(super) fn list_hook_results(asked: &Asked<'_>) -> Value {
    let target = asked.parameters.text("TargetId");
    let results: Vec<_> = hooks(asked)
        .map(|(event, hook)| {
            json!({
                "HookResultId": hook.invocation_id,
                "InvocationPoint": "PRE_PROVISION",
                "FailureMode": hook.failure_mode,
                "TypeName": hook.kind,
                "Status": hook.status,
                "HookStatusReason": hook.reason,
                "InvokedAt": timestamp(event.at),
                "TargetType": "RESOURCE",
                "TargetId": event.logical_id,
            })
        })
        .collect();

    json!({ "TargetType": asked.parameters.text("TargetType"), "TargetId": target, "HookResults": results })
}

pub(super) fn get_hook_result(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let id = asked.required("HookResultId")?;
    let found = hooks(asked).find(|(_, hook)| hook.invocation_id == id);
    let (event, hook) = found.ok_or_else(|| {
        ServiceError::with_status(
            404,
            "HookResultNotFound",
            format!("Hook result {id} does not exist"),
        )
    })?;
    Ok(json!({
        "HookResultId": hook.invocation_id,
        "InvocationPoint": "PRE_PROVISION",
        "FailureMode": hook.failure_mode,
        "TypeName": hook.kind,
        "Status": hook.status,
        "HookStatusReason": hook.reason,
        "InvokedAt": timestamp(event.at),
        "Target": {
            "TargetType": "RESOURCE",
            "TargetTypeName": event.resource_type,
            "TargetId": event.logical_id,
            "Action": "CREATE",
        },
    }))
}
