//! `GetFunctionConfiguration`, until the function is deleted.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::partition::Partition;
use super::request::{ApiRequest, Protocol};
use super::world::{Function, World};
use crate::sandbox::service_error::ServiceError;

/// Answers one question about a function.
pub(super) fn answer(
    world: &World,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Result<Value, ServiceError> {
    if question.operation != "GetFunctionConfiguration" {
        return Err(ServiceError::unknown_operation(
            Protocol::Rest,
            &question.operation,
        ));
    }
    let asked = question.parameters.text("FunctionName").unwrap_or_default();
    let name = name_in(asked);
    let found = world
        .functions
        .iter()
        .find(|function| function.name == name && function.life.covers(now));
    found
        .filter(|_| world.is_home(&question.region))
        .map(configuration)
        .ok_or_else(|| {
            let arn = format!(
                "arn:{}:lambda:{}:{}:function:{name}",
                Partition::of(&question.region).name,
                question.region,
                world.account
            );
            ServiceError::with_status(
                404,
                "ResourceNotFoundException",
                format!("Function not found: {arn}"),
            )
        })
}

/// The name in a name, an ARN, a partial ARN, with or without a version behind it.
fn name_in(asked: &str) -> &str {
    let behind = asked.rsplit_once("function:").map_or(asked, |(_, name)| name);
    behind.split(':').next().unwrap_or(behind)
}

fn configuration(function: &Function) -> Value {
    json!({
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Runtime": function.runtime,
        "Role": function.role,
        "Handler": function.handler,
        "CodeSize": 4_212,
        "Description": "",
        "Timeout": function.timeout_seconds,
        "MemorySize": 128,
        "LastModified": function.life.from.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
        "Version": "$LATEST",
        "TracingConfig": { "Mode": "PassThrough" },
        "RevisionId": function.revision,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["arm64"],
        "EphemeralStorage": { "Size": 512 },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": function.log_group },
    })
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn a_function_has_many_names() {
        for asked in [
            "setup",
            "setup:live",
            "arn:aws:lambda:eu-west-1:1:function:setup",
            "1:function:setup:$LATEST",
        ] {
            assert_eq!(name_in(asked), "setup");
        }
    }
}
