//! `ListStackResources`, `DescribeStackResources`, `DescribeStackResource`.

use serde_json::{Value, json};

use super::TimedRequest;
use crate::sandbox::names::timestamp;
use crate::sandbox::paging::page;
use crate::sandbox::service_error::ServiceError;
use crate::sandbox::world::{SimulatedEvent, Stack};

const RESOURCES_A_PAGE: usize = 100;

pub(super) fn list(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let stack = asked.stack()?;
    let resources = stack.resources(asked.now).into_iter();
    let found = page(
        resources,
        RESOURCES_A_PAGE,
        asked.token(),
        &stack.arn,
        |resource| resource.logical_id.clone(),
    )?;
    let summaries: Vec<_> = found
        .items
        .into_iter()
        .map(|resource| {
            json!({
                "LogicalResourceId": resource.logical_id,
                "PhysicalResourceId": physical(resource),
                "ResourceType": resource.resource_type,
                "LastUpdatedTimestamp": timestamp(resource.at),
                "ResourceStatus": resource.status,
                "ResourceStatusReason": resource.reason,
                "DriftInformation": { "StackResourceDriftStatus": "NOT_CHECKED" },
            })
        })
        .collect();
    Ok(json!({ "StackResourceSummaries": summaries, "NextToken": found.next }))
}

/// The first hundred only, as the service does.
pub(super) fn describe_all(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let stack = asked.stack()?;
    let wanted = asked.parameters.text("LogicalResourceId");
    let resources = stack.resources(asked.now).into_iter();
    let resources = resources.filter(|resource| wanted.is_none_or(|id| resource.logical_id == id));
    let described: Vec<_> = resources
        .take(RESOURCES_A_PAGE)
        .map(|resource| described(stack, resource, "Timestamp"))
        .collect();
    Ok(json!({ "StackResources": described }))
}

pub(super) fn describe_one(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let stack = asked.stack()?;
    let id = asked.required("LogicalResourceId")?;
    let found = stack
        .resources(asked.now)
        .into_iter()
        .find(|resource| resource.logical_id == id);
    let resource = found.ok_or_else(|| {
        let message = format!("Resource {id} does not exist for stack {}", stack.name);
        ServiceError::caller("ValidationError", message)
    })?;
    Ok(json!({ "StackResourceDetail": described(stack, resource, "LastUpdatedTimestamp") }))
}

fn physical(resource: &SimulatedEvent) -> Option<&str> {
    Some(resource.physical_id.as_str()).filter(|id| !id.is_empty())
}

fn described(stack: &Stack, resource: &SimulatedEvent, time: &str) -> Value {
    json!({
        "StackName": stack.name,
        "StackId": stack.arn,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": physical(resource),
        "ResourceType": resource.resource_type,
        time: timestamp(resource.at),
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": { "StackResourceDriftStatus": "NOT_CHECKED" },
    })
}
