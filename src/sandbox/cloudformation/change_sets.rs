//! Change sets and hook results, as far as a reader needs them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::TimedRequest;
use crate::sandbox::names::timestamp;
use crate::sandbox::service_error::ServiceError;
use crate::sandbox::world::{Hook, SimulatedChangeSet, SimulatedEvent};

pub(super) fn list(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let stack = asked.stack_in_brackets()?;
    let of_stack = change_sets(asked).filter(|change_set| change_set.stack == stack.arn);
    let summaries: Vec<_> = of_stack
        .map(|change_set| {
            let (status, execution_status, reason) = change_set.state(asked.now);
            json!({
                "StackId": stack.arn,
                "StackName": stack.name,
                "ChangeSetId": change_set.arn,
                "ChangeSetName": change_set.name,
                "ExecutionStatus": execution_status,
                "Status": status,
                "StatusReason": reason,
                "CreationTime": timestamp(change_set.at),
                "IncludeNestedStacks": false,
            })
        })
        .collect();
    Ok(json!({ "Summaries": summaries }))
}

pub(super) fn describe(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
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
    let (status, execution_status, reason) = change_set.state(asked.now);
    Ok(json!({
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.arn,
        "StackId": change_set.stack,
        "StackName": stack.map(|stack| &stack.name),
        "CreationTime": timestamp(change_set.at),
        "ExecutionStatus": execution_status,
        "Status": status,
        "StatusReason": reason,
        "NotificationARNs": [],
        "Capabilities": ["CAPABILITY_IAM"],
        "Changes": [],
        "IncludeNestedStacks": false,
    }))
}

fn change_sets<'a>(asked: &TimedRequest<'a>) -> impl Iterator<Item = &'a SimulatedChangeSet> {
    let (now, home) = (asked.now, asked.home);
    asked
        .world
        .change_sets
        .iter()
        .filter(move |change_set| home && change_set.at <= now)
}

/// One invocation of a hook, whatever it looked at.
struct HookRun<'a> {
    at: DateTime<Utc>,
    hook: &'a Hook,
    target_kind: &'static str,
    target: &'a str,
    type_name: &'a str,
}

fn invocations<'a>(asked: &TimedRequest<'a>) -> Vec<HookRun<'a>> {
    let now = asked.now;
    let visible = asked.stacks().flat_map(move |stack| {
        let whole = move |event: &SimulatedEvent| event.physical_id == stack.arn;
        stack.visible(now).map(move |event| (stack, event, whole(event)))
    });
    let of_events = visible.filter_map(|(stack, event, whole)| {
        let hook = event.hook.as_ref()?;
        Some(HookRun {
            at: event.at,
            hook,
            target_kind: if whole { "STACK" } else { "RESOURCE" },
            target: if whole { &stack.arn } else { &event.logical_id },
            type_name: &event.resource_type,
        })
    });
    let of_change_sets = change_sets(asked).flat_map(|change_set| {
        change_set.hooks.iter().map(|(at, hook)| HookRun {
            at: *at,
            hook,
            target_kind: "CHANGE_SET",
            target: &change_set.arn,
            type_name: "AWS::CloudFormation::ChangeSet",
        })
    });
    let mut all: Vec<_> = of_events
        .chain(of_change_sets)
        .filter(|one| one.at <= now)
        .collect();
    // An invocation's newest state is the one that counts.
    all.sort_by(|one, other| (&one.hook.invocation_id, other.at).cmp(&(&other.hook.invocation_id, one.at)));
    all.dedup_by(|one, other| one.hook.invocation_id == other.hook.invocation_id);
    all
}

pub(super) fn list_hook_results(asked: &TimedRequest<'_>) -> Value {
    let kind = asked.parameters.text("TargetType");
    let target = asked.parameters.text("TargetId");
    let results: Vec<_> = invocations(asked)
        .into_iter()
        .filter(|one| kind.is_none_or(|kind| one.target_kind == kind))
        .filter(|one| target.is_none_or(|target| one.target == target))
        .map(|one| {
            json!({
                "HookResultId": one.hook.invocation_id,
                "InvocationPoint": "PRE_PROVISION",
                "FailureMode": one.hook.failure_mode,
                "TypeName": one.hook.kind,
                "Status": one.hook.status,
                "HookStatusReason": one.hook.reason,
                "InvokedAt": timestamp(one.at),
                "TargetType": one.target_kind,
                "TargetId": one.target,
            })
        })
        .collect();
    json!({ "TargetType": kind, "TargetId": target, "HookResults": results })
}

pub(super) fn get_hook_result(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let id = asked.required("HookResultId")?;
    let found = invocations(asked)
        .into_iter()
        .find(|one| one.hook.invocation_id == id);
    let one = found.ok_or_else(|| {
        ServiceError::with_status(
            404,
            "HookResultNotFound",
            format!("Hook result {id} does not exist"),
        )
    })?;
    let annotations: Vec<_> = one
        .hook
        .annotations
        .iter()
        .map(|rule| {
            json!({
                "AnnotationName": rule.name,
                "Status": rule.status,
                "StatusMessage": rule.message,
                "RemediationMessage": rule.remediation,
                "RemediationLink": rule.link,
                "SeverityLevel": rule.severity,
            })
        })
        .collect();
    Ok(json!({
        "HookResultId": one.hook.invocation_id,
        "InvocationPoint": "PRE_PROVISION",
        "FailureMode": one.hook.failure_mode,
        "TypeName": one.hook.kind,
        "Status": one.hook.status,
        "HookStatusReason": one.hook.reason,
        "InvokedAt": timestamp(one.at),
        "Annotations": annotations,
        "Target": {
            "TargetType": "RESOURCE",
            "TargetTypeName": one.type_name,
            "TargetId": one.target,
            "Action": "CREATE",
        },
    }))
}
