//! `DescribeStacks`, `ListStacks`, `GetTemplate`.

use serde_json::{Value, json};

use super::TimedRequest;
use crate::sandbox::names::timestamp;
use crate::sandbox::paging::page;
use crate::sandbox::service_error::ServiceError;
use crate::sandbox::world::{SimulatedOperation, SimulatedOutput, Stack};

/// How many stacks a page holds; the service promises a page of a megabyte.
const STACKS_A_PAGE: usize = 100;

pub(super) fn describe(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    if asked.parameters.text("StackName").is_some() {
        return Ok(json!({ "Stacks": [stack_json(asked, asked.stack()?)] }));
    }
    let live = asked.stacks().filter(|stack| stack.is_live(asked.now));
    let found = page(live, STACKS_A_PAGE, asked.token(), "DescribeStacks", |stack| {
        stack.arn.clone()
    })?;
    let stacks: Vec<_> = found
        .items
        .into_iter()
        .map(|stack| stack_json(asked, stack))
        .collect();
    Ok(json!({ "Stacks": stacks, "NextToken": found.next }))
}

pub(super) fn list(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let wanted = asked.parameters.list("StackStatusFilter");
    let question = format!("ListStacks {wanted:?}");
    let of_status = |stack: &&Stack| {
        wanted.is_empty()
            || stack
                .state(asked.now)
                .is_some_and(|state| wanted.contains(&state.status.as_str()))
    };
    let mut stacks: Vec<_> = asked.stacks().filter(of_status).collect();
    stacks.sort_by_key(|stack| std::cmp::Reverse(stack.events.first().map(|event| event.at)));
    let found = page(
        stacks.into_iter(),
        STACKS_A_PAGE,
        asked.token(),
        &question,
        |stack| stack.arn.clone(),
    )?;
    let summaries: Vec<_> = found
        .items
        .into_iter()
        .map(|stack| summary_json(asked, stack))
        .collect();
    Ok(json!({ "StackSummaries": summaries, "NextToken": found.next }))
}

pub(super) fn template(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let stack = asked.stack()?;
    let body = stack
        .template
        .clone()
        .unwrap_or_else(|| generated_template(asked, stack));
    Ok(json!({ "TemplateBody": body, "StagesAvailable": ["Original", "Processed"] }))
}

/// A template that would make the same resources.
fn generated_template(asked: &TimedRequest<'_>, stack: &Stack) -> String {
    let resources: serde_json::Map<_, _> = stack
        .resources(asked.now)
        .into_iter()
        .map(|resource| {
            (
                resource.logical_id.clone(),
                json!({ "Type": resource.resource_type }),
            )
        })
        .collect();
    json!({ "AWSTemplateFormatVersion": "2010-09-09", "Description": stack.description, "Resources": resources })
        .to_string()
}

/// What both the long and the short description say.
fn times(asked: &TimedRequest<'_>, stack: &Stack) -> [Option<String>; 3] {
    let own = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        stack
            .own_events(asked.now)
            .rfind(move |event| wanted.contains(&event.status))
            .map(|event| timestamp(event.at))
    };
    let created = stack.events.first().map(|event| timestamp(event.at));
    [
        created,
        own(&["UPDATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"]),
        own(&["DELETE_IN_PROGRESS"]),
    ]
}

fn last_operations(asked: &TimedRequest<'_>, stack: &Stack) -> Vec<Value> {
    let begun = stack
        .operations
        .iter()
        .rev()
        .filter(|operation| operation.at <= asked.now);
    begun
        .map(|SimulatedOperation { id, kind, .. }| json!({ "OperationType": kind, "OperationId": id }))
        .collect()
}

fn outputs(asked: &TimedRequest<'_>, stack: &Stack) -> Vec<Value> {
    let mut told: Vec<&SimulatedOutput> = Vec::new();
    for output in stack.outputs.iter().filter(|output| output.since <= asked.now) {
        told.retain(|before| before.key != output.key);
        told.push(output);
    }
    let output = |output: &SimulatedOutput| {
        json!({
            "OutputKey": output.key,
            "OutputValue": output.value,
            "Description": output.description,
            "ExportName": output.export_name,
        })
    };
    told.into_iter().map(output).collect()
}

fn stack_json(asked: &TimedRequest<'_>, stack: &Stack) -> Value {
    let state = stack.state(asked.now);
    let [created, updated, deleted] = times(asked, stack);
    let parameters: Vec<_> = stack
        .parameters
        .iter()
        .map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value }))
        .collect();
    let tags: Vec<_> = stack
        .tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    json!({
        "StackId": stack.arn,
        "StackName": stack.name,
        "Description": stack.description,
        "Outputs": outputs(asked, stack),
        "Parameters": parameters,
        "CreationTime": created,
        "DeletionTime": deleted,
        "LastUpdatedTime": updated,
        "RollbackConfiguration": {},
        "StackStatus": state.map(|state| &state.status),
        "StackStatusReason": state.and_then(|state| state.reason.as_ref()),
        "DetailedStatus": state.and_then(|state| state.detailed_status.as_ref()),
        "DisableRollback": false,
        "NotificationARNs": [],
        "Capabilities": ["CAPABILITY_IAM"],
        "RoleARN": stack.role,
        "DeploymentConfig": stack.mode.as_ref().map(|mode| json!({ "Mode": mode })),
        "Tags": tags,
        "EnableTerminationProtection": false,
        "ParentId": stack.parent,
        "RootId": stack.root,
        "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
        "LastOperations": last_operations(asked, stack),
    })
}

fn summary_json(asked: &TimedRequest<'_>, stack: &Stack) -> Value {
    let state = stack.state(asked.now);
    let [created, updated, deleted] = times(asked, stack);
    json!({
        "StackId": stack.arn,
        "StackName": stack.name,
        "TemplateDescription": stack.description,
        "CreationTime": created,
        "LastUpdatedTime": updated,
        "DeletionTime": deleted,
        "StackStatus": state.map(|state| &state.status),
        "StackStatusReason": state.and_then(|state| state.reason.as_ref()),
        "ParentId": stack.parent,
        "RootId": stack.root,
        "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
        "LastOperations": last_operations(asked, stack),
    })
}
