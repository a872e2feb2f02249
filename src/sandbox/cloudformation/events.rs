//! `DescribeStackEvents`, newest first, and the newer `DescribeEvents` by operation.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::TimedRequest;
use crate::sandbox::names::timestamp;
use crate::sandbox::paging::page;
use crate::sandbox::service_error::ServiceError;
use crate::sandbox::world::{SimulatedChangeSet, SimulatedEvent, SimulatedOperation, Stack};

/// Seen so in practice; the service promises a page of a megabyte.
const EVENTS_A_PAGE: usize = 100;

pub(super) fn describe_stack_events(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let stack = asked.stack_in_brackets()?;
    let newest_first = stack.visible(asked.now).rev();
    let found = page(newest_first, EVENTS_A_PAGE, asked.token(), &stack.arn, |event| {
        event.id.clone()
    })?;
    let events: Vec<_> = found
        .items
        .into_iter()
        .map(|event| event_json(stack, event))
        .collect();
    Ok(json!({ "StackEvents": events, "NextToken": found.next }))
}

fn event_json(stack: &Stack, event: &SimulatedEvent) -> Value {
    let hook = event.hook.as_ref();
    json!({
        "StackId": stack.arn,
        "EventId": event.id,
        "StackName": stack.name,
        "OperationId": event.operation_id,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.resource_type,
        "Timestamp": timestamp(event.at),
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.token,
        "HookType": hook.map(|hook| &hook.kind),
        "HookStatus": hook.map(|hook| &hook.status),
        "HookStatusReason": hook.and_then(|hook| hook.reason.as_ref()),
        "HookInvocationPoint": hook.map(|_| "PRE_PROVISION"),
        "HookInvocationId": hook.map(|hook| &hook.invocation_id),
        "HookFailureMode": hook.map(|hook| &hook.failure_mode),
        "DetailedStatus": event.detailed_status,
    })
}

/// One operation's events: the one asked for, or the newest of the stack.
pub(super) fn describe_events(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    if let Some(change_set) = change_set_asked_for(asked)? {
        return Ok(change_set_events(asked, change_set));
    }
    let (stack, operation) = operation_asked_for(asked)?;
    let failed_only = asked.parameters.flag("Filters.FailedEvents").unwrap_or(false);
    let question = format!("DescribeEvents {} {failed_only}", stack.arn);
    let wanted = |event: &&SimulatedEvent| {
        let of_operation =
            operation.is_none_or(|operation| event.operation_id.as_ref() == Some(&operation.id));
        of_operation && (!failed_only || has_failed(event))
    };
    let newest_first = stack.visible(asked.now).rev().filter(wanted);
    let found = page(newest_first, EVENTS_A_PAGE, asked.token(), &question, |event| {
        event.id.clone()
    })?;
    let events: Vec<_> = found
        .items
        .into_iter()
        .map(|event| operation_event_json(asked, stack, event))
        .collect();
    Ok(json!({ "OperationEvents": events, "NextToken": found.next }))
}

/// The change set that is asked for, by itself or by the operation that makes it.
fn change_set_asked_for<'a>(
    asked: &TimedRequest<'a>,
) -> Result<Option<&'a SimulatedChangeSet>, ServiceError> {
    let now = asked.now;
    let mut known = asked.world.change_sets.iter().filter(|one| one.at <= now);
    if let Some(id) = asked.parameters.text("OperationId") {
        return Ok(known.find(|one| one.operation_id == id));
    }
    let Some(name) = asked.parameters.text("ChangeSetName") else {
        return Ok(None);
    };
    let found = known.find(|one| one.arn == name || one.name == name);
    found.map(Some).ok_or_else(|| {
        let message = format!("ChangeSet [{name}] does not exist");
        ServiceError::with_status(404, "ChangeSetNotFound", message)
    })
}

/// What was found wrong while a change set was made, newest first, in one page.
fn change_set_events(asked: &TimedRequest<'_>, change_set: &SimulatedChangeSet) -> Value {
    let (status, ..) = change_set.state(asked.now);
    let operation_status = match status {
        "CREATE_IN_PROGRESS" => "IN_PROGRESS",
        "FAILED" => "FAILED",
        _ => "SUCCEEDED",
    };
    let common = |id: &str, at: DateTime<Utc>| {
        json!({
            "EventId": id,
            "StackId": change_set.stack,
            "OperationId": change_set.operation_id,
            "OperationType": "CREATE_CHANGESET",
            "OperationStatus": operation_status,
            "Timestamp": timestamp(at),
        })
    };
    let validations = change_set.validations.iter().map(|one| {
        let event = with(
            common(&one.id, one.at),
            json!({
                "EventType": "VALIDATION_ERROR",
                "LogicalResourceId": one.target.as_ref().map(|(id, _)| id),
                "ResourceType": one.target.as_ref().map(|(_, kind)| kind),
                "ValidationFailureMode": one.failure_mode,
                "ValidationName": one.name,
                "ValidationStatus": one.status,
                "ValidationStatusReason": one.reason,
                "ValidationPath": one.path,
            }),
        );
        (one.at, event)
    });
    let hooks = change_set.hooks.iter().map(|(at, hook)| {
        let event = with(
            common(&hook.invocation_id, *at),
            json!({
                "EventType": "HOOK_INVOCATION_ERROR",
                "HookType": hook.kind,
                "HookStatus": hook.status,
                "HookStatusReason": hook.reason,
                "HookInvocationPoint": "PRE_PROVISION",
                "HookFailureMode": hook.failure_mode,
            }),
        );
        (*at, event)
    });
    let ended = (status == "FAILED").then(|| {
        let id = format!("{}-end", change_set.operation_id);
        let event = with(common(&id, change_set.settled_at), whole(change_set));
        (change_set.settled_at, event)
    });
    let mut events: Vec<_> = validations
        .chain(hooks)
        .chain(ended)
        .filter(|(at, _)| *at <= asked.now)
        .collect();
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let events: Vec<_> = events.into_iter().map(|(_, event)| event).collect();
    json!({ "OperationEvents": events })
}

/// What is told of the operation as a whole.
fn whole(change_set: &SimulatedChangeSet) -> Value {
    json!({
        "EventType": "STACK_EVENT",
        "StartTime": timestamp(change_set.at),
        "EndTime": timestamp(change_set.settled_at),
    })
}

fn with(mut event: Value, more: Value) -> Value {
    if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more);
    }
    event
}

fn operation_asked_for<'a>(
    asked: &TimedRequest<'a>,
) -> Result<(&'a Stack, Option<&'a SimulatedOperation>), ServiceError> {
    let begun = |stack: &'a Stack| {
        stack
            .operations
            .iter()
            .filter(|operation| operation.at <= asked.now)
    };
    if let Some(id) = asked.parameters.text("OperationId") {
        let mut all = asked
            .stacks()
            .flat_map(|stack| begun(stack).map(move |operation| (stack, operation)));
        let found = all.find(|(_, operation)| operation.id == id);
        return found
            .map(|(stack, operation)| (stack, Some(operation)))
            .ok_or_else(|| {
                ServiceError::with_status(
                    404,
                    "ResourceNotFoundException",
                    format!("Operation with id {id} does not exist"),
                )
            });
    }
    if asked.parameters.text("StackName").is_none() {
        let message = "One of StackName, ChangeSetName or OperationId must be specified";
        return Err(ServiceError::caller("ValidationError", message));
    }
    let stack = asked.stack()?;
    Ok((stack, begun(stack).next_back()))
}

fn has_failed(event: &SimulatedEvent) -> bool {
    event.status.ends_with("_FAILED")
        || event
            .hook
            .as_ref()
            .is_some_and(|hook| hook.status.ends_with("FAILED"))
}

fn operation_event_json(asked: &TimedRequest<'_>, stack: &Stack, event: &SimulatedEvent) -> Value {
    let operation = stack
        .operations
        .iter()
        .find(|known| Some(&known.id) == event.operation_id.as_ref());
    let hook = event.hook.as_ref();
    let event_type = match hook {
        Some(_) if has_failed(event) => "HOOK_INVOCATION_ERROR",
        None if has_failed(event) => "PROVISIONING_ERROR",
        _ => "STACK_EVENT",
    };
    json!({
        "EventId": event.id,
        "StackId": stack.arn,
        "OperationId": event.operation_id,
        "OperationType": operation.map(|operation| operation.kind),
        "OperationStatus": operation.map(|operation| operation_status(asked, stack, operation)),
        "EventType": event_type,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.resource_type,
        "Timestamp": timestamp(event.at),
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.token,
        "HookType": hook.map(|hook| &hook.kind),
        "HookStatus": hook.map(|hook| &hook.status),
        "HookStatusReason": hook.and_then(|hook| hook.reason.as_ref()),
        "HookInvocationPoint": hook.map(|_| "PRE_PROVISION"),
        "HookFailureMode": hook.map(|hook| &hook.failure_mode),
        "DetailedStatus": event.detailed_status,
    })
}

/// A newer operation on the same stack means that this one failed, except a deletion or update after success.
fn operation_status(asked: &TimedRequest<'_>, stack: &Stack, operation: &SimulatedOperation) -> &'static str {
    let of_operation = |event: &&SimulatedEvent| event.operation_id.as_ref() == Some(&operation.id);
    let last = stack
        .own_events(asked.now)
        .rfind(of_operation)
        .map(|event| event.status.as_str());
    match last {
        Some(status) if status.ends_with("_COMPLETE") => "SUCCEEDED",
        Some(status) if status.ends_with("_FAILED") => "FAILED",
        _ => {
            let followed = stack
                .operations
                .iter()
                .any(|other| other.at > operation.at && other.at <= asked.now);
            if followed { "FAILED" } else { "IN_PROGRESS" }
        }
    }
}
