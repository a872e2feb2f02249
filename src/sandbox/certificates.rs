//! ACM's word on certificates, for as long as they are there.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::json::epoch_seconds;
use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of ACM.
pub(super) static ACM: ServiceDeclaration = ServiceDeclaration::json("acm", answer);

/// Answers one question about a certificate. A line is `STATUS` or `FAILED REASON` of the whole, or `NAME STATE RECORD
/// TYPE VALUE` of one of its names.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    if question.operation != "DescribeCertificate" {
        return Err(ServiceError::unknown_operation(
            Protocol::Json,
            &question.operation,
        ));
    }
    let arn = question.parameters.text("CertificateArn").unwrap_or_default();
    let mut known = world.events_of(ACM.prefix, &question.region);
    let it = known.find(|it| it.id == arn && it.exists(now));
    let created = it
        .and_then(|it| it.events.first())
        .map(|(at, _)| *at)
        .filter(|at| *at <= now);
    let (Some(it), Some(created)) = (it, created) else {
        let message = format!("Could not find certificate {arn}.");
        return Err(ServiceError::caller("ResourceNotFoundException", message));
    };
    let mut status = ("PENDING_VALIDATION", None);
    let mut names: BTreeMap<&str, Value> = BTreeMap::new();
    for (_, line) in it.events.iter().filter(|(at, _)| *at <= now) {
        let mut parts = line.split(' ');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        match second {
            Some(state) if first.contains('.') => {
                let (record, kind, value) = (parts.next(), parts.next(), parts.next());
                let of_name = json!({
                    "DomainName": first,
                    "ValidationStatus": state,
                    "ValidationMethod": "DNS",
                    "ResourceRecord": { "Name": record, "Type": kind, "Value": value },
                });
                names.insert(first, of_name);
            }
            reason => status = (first, reason),
        }
    }
    let names: Vec<Value> = names.into_values().collect();
    Ok(json!({ "Certificate": {
        "CertificateArn": arn,
        "Status": status.0,
        "FailureReason": status.1,
        "CreatedAt": epoch_seconds(created),
        "DomainValidationOptions": names,
    } }))
}
