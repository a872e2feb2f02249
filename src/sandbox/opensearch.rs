//! `OpenSearch`'s word on the newest change of a domain, for as long as the domain is there.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::json::epoch_seconds;
use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of `OpenSearch`. Each change is one of its resources, of the kind of its id.
pub(super) static OPENSEARCH: ServiceDeclaration = ServiceDeclaration {
    prefix: "es",
    namespace: "",
    items: &[],
    paths: &[(
        "/2021-01-01/opensearch/domain/{DomainName}/progress",
        "DescribeDomainChangeProgress",
    )],
    resource: "*",
    answer,
};

/// Answers one question about a domain. A line is `STATUS STAGE: DESCRIPTION`, or `END STATUS` of the whole.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    if question.operation != "DescribeDomainChangeProgress" {
        return Err(ServiceError::unknown_operation(
            Protocol::Rest,
            &question.operation,
        ));
    }
    let name = question.parameters.text("DomainName").unwrap_or_default();
    let there = world
        .events_of(OPENSEARCH.prefix, &question.region)
        .filter(|it| it.id == name && it.exists(now));
    let begun = there.filter_map(|it| Some((it.events.first().filter(|(at, _)| *at <= now)?.0, it)));
    let Some((start, change)) = begun.max_by_key(|(at, _)| *at) else {
        let message = format!("Domain not found: {name}");
        return Err(ServiceError::with_status(
            409,
            "ResourceNotFoundException",
            message,
        ));
    };
    let (mut status, mut updated, mut stages) = ("PROCESSING", start, Vec::new());
    for (at, line) in change.events.iter().filter(|(at, _)| *at <= now) {
        updated = *at;
        let (of_stage, rest) = line.split_once(' ').unwrap_or((line, ""));
        if of_stage == "END" {
            status = rest;
            continue;
        }
        let (stage, description) = rest.split_once(": ").unwrap_or((rest, ""));
        stages.push(json!({
            "Name": stage,
            "Status": of_stage,
            "Description": description,
            "LastUpdated": epoch_seconds(*at),
        }));
    }
    Ok(json!({ "ChangeProgressStatus": {
        "ChangeId": change.kind,
        "StartTime": epoch_seconds(start),
        "Status": status,
        "TotalNumberOfStages": 8,
        "ChangeProgressStages": stages,
        "LastUpdatedTime": epoch_seconds(updated),
    } }))
}
