//! `GetCallerIdentity`: who is watching; `DecodeAuthorizationMessage`: what an encoded denial says.

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
        "DecodeAuthorizationMessage" => {
            let encoded = question.parameters.text("EncodedMessage").unwrap_or_default();
            let told = decoded(encoded).ok_or_else(|| {
                let message = "Message is not valid";
                ServiceError::caller("InvalidAuthorizationMessageException", message)
            })?;
            Ok(json!({ "DecodedMessage": told }))
        }
        other => Err(ServiceError::unknown_operation(Protocol::Query, other)),
    }
}

/// What a message says that is encoded as this endpoint does it: its bytes in hexadecimal digits.
fn decoded(encoded: &str) -> Option<String> {
    let digits: Vec<u8> = encoded
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(high * 16 + low),
        _ => None,
    });
    let text = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
    (!text.is_empty()).then_some(text)
}
