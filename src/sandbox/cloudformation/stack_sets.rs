//! Operations of stack sets, and what became of each in the accounts and regions that it was for.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::TimedRequest;
use crate::sandbox::service_error::ServiceError;
use crate::sandbox::world::SimulatedServiceEvents;

/// What a line says: `STATUS ACCOUNT REGION REASON`, or `begun ACTION`, with `DELEGATED_ADMIN` behind it for a set that is
/// known only to whoever asks as that.
fn words(line: &str) -> (&str, &str, &str, &str) {
    let mut words = line.splitn(4, ' ');
    let mut next = || words.next().unwrap_or_default();
    (next(), next(), next(), next())
}

/// The operations of the set that is asked for, newest first.
fn operations<'a>(asked: &TimedRequest<'a>) -> Result<Vec<&'a SimulatedServiceEvents>, ServiceError> {
    let set = asked.required("StackSetName")?;
    let named = |id: &str| id == set || id.split(':').next() == Some(set);
    // A set of an organisation is known to its delegated administrator only where it says that it asks as such.
    let asked_as = asked.parameters.text("CallAs").filter(|caller| *caller != "SELF");
    let asked_as = asked_as.unwrap_or_default();
    let begun = |operation: &&SimulatedServiceEvents| {
        let is_gone = operation.deleted.is_some_and(|at| at <= asked.now);
        let begun = operation.events.first().filter(|(at, _)| *at <= asked.now);
        !is_gone && begun.is_some_and(|(_, line)| words(line).2 == asked_as)
    };
    let all = asked
        .world
        .service_events
        .iter()
        .filter(|events| asked.home && events.service == "cloudformation" && named(&events.id));
    let mut found: Vec<_> = all.filter(begun).collect();
    if found.is_empty() {
        let message = format!("StackSet {set} not found");
        return Err(ServiceError::with_status(
            404,
            "StackSetNotFoundException",
            message,
        ));
    }
    found.sort_by_key(|operation| std::cmp::Reverse(operation.began()));
    Ok(found)
}

pub(super) fn list_operations(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let summaries: Vec<Value> = operations(asked)?
        .into_iter()
        .map(|operation| summary(operation, asked.now))
        .collect();
    Ok(json!({ "Summaries": summaries }))
}

fn summary(operation: &SimulatedServiceEvents, now: DateTime<Utc>) -> Value {
    let written = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let begun = operation.events.first();
    let end = operation.events.last().filter(|(at, _)| *at <= now);
    let failed = operation
        .events
        .iter()
        .any(|(_, line)| line.starts_with("FAILED "));
    let status = match (end, failed) {
        (None, _) => "RUNNING",
        (Some(_), true) => "FAILED",
        (Some(_), false) => "SUCCEEDED",
    };
    json!({
        "OperationId": operation.kind,
        "Action": begun.map(|(_, line)| words(line).1),
        "Status": status,
        "CreationTimestamp": begun.map(|(at, _)| written(at)),
        "EndTimestamp": end.map(|(at, _)| written(at)),
    })
}

pub(super) fn list_operation_results(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let id = asked.required("OperationId")?;
    let mut found = operations(asked)?.into_iter();
    let Some(operation) = found.find(|operation| operation.kind == id) else {
        let message = format!("Operation {id} not found");
        return Err(ServiceError::with_status(
            404,
            "OperationNotFoundException",
            message,
        ));
    };
    let wanted = asked.parameters.text("Filters.member.1.Values");
    let told = operation.events.iter().skip(1).filter(|(at, _)| *at <= asked.now);
    let summaries: Vec<Value> = told
        .map(|(_, line)| words(line))
        .filter(|(status, ..)| wanted.is_none_or(|wanted| wanted == *status))
        .map(|(status, account, region, reason)| {
            json!({ "Account": account, "Region": region, "Status": status, "StatusReason": reason })
        })
        .collect();
    Ok(json!({ "Summaries": summaries }))
}
