//! Elastic Load Balancing's word on targets: as they are, for as long as their group exists.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of Elastic Load Balancing.
pub(super) static TARGET_HEALTH: ServiceDeclaration = ServiceDeclaration {
    prefix: "elasticloadbalancing",
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    items: &[],
    paths: &[],
    resource: "*",
    answer,
};

/// Answers one question about the targets of a group.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    if question.operation != "DescribeTargetHealth" {
        return Err(ServiceError::unknown_operation(
            Protocol::Query,
            &question.operation,
        ));
    }
    let wanted = question.parameters.text("TargetGroupArn").unwrap_or_default();
    let mut groups = world.events_of(TARGET_HEALTH.prefix, &question.region);
    let group = groups.find(|group| group.id == wanted && group.exists(now));
    let Some(group) = group else {
        let message = format!("Target groups '{wanted}' not found");
        return Err(ServiceError::caller("TargetGroupNotFound", message));
    };
    let mut targets: BTreeMap<&str, Value> = BTreeMap::new();
    for (_, line) in group.events.iter().filter(|(at, _)| *at <= now) {
        let (target, state) = line.split_once(' ').unwrap_or((line, ""));
        if state == "gone" {
            targets.remove(target);
        } else {
            targets.insert(target, described(target, state));
        }
    }
    let targets: Vec<Value> = targets.into_values().collect();
    Ok(json!({ "TargetHealthDescriptions": targets }))
}

/// A target of `STATE REASON DESCRIPTION`; a healthy one has neither reason nor description.
fn described(target: &str, state: &str) -> Value {
    let (id, port) = target.split_once(':').unwrap_or((target, "80"));
    let mut parts = state.splitn(3, ' ');
    let (state, reason, description) = (parts.next(), parts.next(), parts.next());
    json!({
        "Target": { "Id": id, "Port": port, "AvailabilityZone": "all" },
        "HealthCheckPort": port,
        "TargetHealth": { "State": state, "Reason": reason, "Description": description },
    })
}
