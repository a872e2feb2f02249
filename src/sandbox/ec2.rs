//! EC2's word on instances: as they are, and for an hour after their end as they ended.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of EC2.
pub(super) static EC2: ServiceDeclaration = ServiceDeclaration {
    prefix: "ec2",
    namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    items: &[("reservationSet", "item"), ("instancesSet", "item")],
    paths: &[],
    resource: "",
    answer,
};

/// So long an instance is known after its end.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// Answers one question about instances.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    if question.operation != "DescribeInstances" {
        return Err(ServiceError::unknown_operation(
            Protocol::Query,
            &question.operation,
        ));
    }
    let text = |key: &str| question.parameters.text(key);
    let wanted: Vec<&str> = match text("Filter.1.Name") {
        Some("instance-id") => (1..=200)
            .map_while(|number| text(&format!("Filter.1.Value.{number}")))
            .collect(),
        _ => {
            let message = "The filter is not played here";
            return Err(ServiceError::caller("InvalidParameterValue", message));
        }
    };
    let known = world.events_of(EC2.prefix, &question.region);
    let reservations: Vec<Value> = known
        .filter(|instance| wanted.contains(&instance.id.as_str()))
        .filter_map(|instance| {
            let (at, line) = instance.events.iter().rfind(|(at, _)| *at <= now)?;
            let is_known = !line.starts_with("terminated") || now - *at <= KEPT;
            is_known.then(
                || json!({ "reservationId": "r-0", "instancesSet": [described(&instance.id, *at, line)] }),
            )
        })
        .collect();
    Ok(json!({ "reservationSet": reservations }))
}

/// An instance of `STATE CODE MESSAGE`; one that runs has neither code nor message.
fn described(id: &str, at: DateTime<Utc>, line: &str) -> Value {
    let mut parts = line.splitn(3, ' ');
    let (state, code, message) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let number = match state {
        "pending" => 0,
        "running" => 16,
        "shutting-down" => 32,
        "terminated" => 48,
        "stopping" => 64,
        _ => 80,
    };
    let by_user = code == Some("Client.UserInitiatedShutdown");
    let reason = format!("User initiated ({} GMT)", at.format("%Y-%m-%d %H:%M:%S"));
    json!({
        "instanceId": id,
        "instanceState": { "code": number, "name": state },
        "reason": if by_user { reason.as_str() } else { "" },
        "stateReason": code.map(|code| json!({ "code": code, "message": format!("{code}: {}", message.unwrap_or_default()) })),
    })
}
