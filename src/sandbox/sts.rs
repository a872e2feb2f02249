//! `GetCallerIdentity`: who is watching.

use serde_json::{Value, json};

use super::partition::Partition;
use super::request::{ApiRequest, Protocol};
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// The role and session of whoever talks to the endpoint.
pub(super) fn watcher(world: &World) -> String {
    let partition = Partition::of(&world.region).name;
    format!(
        "arn:{partition}:sts::{}:assumed-role/deployment-reader/watcher",
        world.account
    )
}

/// Answers one question about the caller.
pub(super) fn answer(world: &World, question: &ApiRequest) -> Result<Value, ServiceError> {
    match question.operation.as_str() {
        "GetCallerIdentity" => Ok(json!({
            "Arn": watcher(world),
            "UserId": "AROAEXAMPLEREADERROLE:watcher",
            "Account": world.account,
        })),
        other => Err(ServiceError::unknown_operation(Protocol::Query, other)),
    }
}
