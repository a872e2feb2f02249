//! Step Functions' executions: for as long as their state machine exists.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::json::epoch_seconds;
use super::paging::page;
use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::world::{SimulatedServiceEvents, World};
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of Step Functions. Each execution is one of its resources, of the kind of its name.
pub(super) static STEP_FUNCTIONS: ServiceDeclaration = ServiceDeclaration::json("states", answer);

/// Answers one question about executions.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    let text = |key| question.parameters.text(key).unwrap_or_default();
    let mut there = world
        .events_of(STEP_FUNCTIONS.prefix, &question.region)
        .filter(|one| one.exists(now));
    match question.operation.as_str() {
        "ListExecutions" => {
            let machine = text("stateMachineArn");
            let mut of_machine: Vec<&SimulatedServiceEvents> =
                there.filter(|one| one.id == machine).collect();
            if of_machine.is_empty() {
                let message = format!("State Machine Does Not Exist: '{machine}'");
                return Err(ServiceError::caller("StateMachineDoesNotExist", message));
            }
            of_machine.sort_by_key(|one| std::cmp::Reverse(one.began()));
            let begun = of_machine.into_iter().filter(|one| one.has_begun(now));
            let page = page(
                begun.map(|one| described(one, now)),
                100,
                question.parameters.text("nextToken"),
                &question.parameters.fingerprint("nextToken"),
                |one| one["executionArn"].to_string(),
            );
            let wrong = |_wrong| ServiceError::caller("InvalidToken", "Invalid Token");
            let page = page.map_err(wrong)?;
            Ok(json!({ "executions": page.items, "nextToken": page.next }))
        }
        "DescribeExecution" | "GetExecutionHistory" => {
            let wanted = text("executionArn");
            let begun = |one: &&SimulatedServiceEvents| one.has_begun(now);
            let Some(one) = there.find(|one| arn(one) == wanted).filter(begun) else {
                let message = format!("Execution Does Not Exist: '{wanted}'");
                return Err(ServiceError::caller("ExecutionDoesNotExist", message));
            };
            if question.operation == "GetExecutionHistory" {
                return Ok(history(one, now));
            }
            let mut whole = described(one, now);
            let input = one
                .events
                .first()
                .and_then(|(_, line)| line.strip_prefix("BEGIN "));
            if let Some(whole) = whole.as_object_mut() {
                whole.insert("input".to_owned(), json!(input.unwrap_or("{}")));
            }
            Ok(whole)
        }
        other => Err(ServiceError::unknown_operation(Protocol::Json, other)),
    }
}

fn arn(one: &SimulatedServiceEvents) -> String {
    format!("{}:{}", one.id.replace(":stateMachine:", ":execution:"), one.kind)
}

/// Its status is what the line `END STATUS` says, once that has come.
fn described(one: &SimulatedServiceEvents, now: DateTime<Utc>) -> Value {
    let ended = one.events.iter().filter(|(at, _)| *at <= now);
    let ended = ended
        .filter_map(|(at, line)| Some((*at, line.strip_prefix("END ")?)))
        .next_back();
    let status = ended.map_or("RUNNING", |(_, line)| line.split(' ').next().unwrap_or(line));
    let mut described = json!({
        "executionArn": arn(one),
        "stateMachineArn": one.id,
        "name": one.kind,
        "status": status,
        "startDate": one.began().map(epoch_seconds),
    });
    if let (Some((at, _)), Some(described)) = (ended, described.as_object_mut()) {
        described.insert("stopDate".to_owned(), json!(epoch_seconds(at)));
    }
    described
}

/// The newest first. `ENTER STATE`, `LambdaFunctionSucceeded`, `LambdaFunctionFailed ERROR CAUSE` and `END STATUS` are
/// one event each.
fn history(one: &SimulatedServiceEvents, now: DateTime<Utc>) -> Value {
    let seen = one.events.iter().filter(|(at, _)| *at <= now);
    let mut events: Vec<Value> = seen
        .zip(1_i64..)
        .map(|((at, line), id)| {
            let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
            let (error, cause) = rest.split_once(' ').unwrap_or((rest, ""));
            let (kind, details) = match kind {
                "BEGIN" => ("ExecutionStarted".to_owned(), json!({})),
                "ENTER" => (
                    "TaskStateEntered".to_owned(),
                    json!({ "stateEnteredEventDetails": { "name": rest } }),
                ),
                "END" if error == "SUCCEEDED" => ("ExecutionSucceeded".to_owned(), json!({})),
                "END" => (
                    "ExecutionFailed".to_owned(),
                    json!({ "executionFailedEventDetails": {} }),
                ),
                "LambdaFunctionFailed" => (
                    kind.to_owned(),
                    json!({ "lambdaFunctionFailedEventDetails": { "error": error, "cause": cause } }),
                ),
                other => (other.to_owned(), json!({})),
            };
            let mut event = details;
            if let Some(event) = event.as_object_mut() {
                event.insert("id".to_owned(), json!(id));
                event.insert("previousEventId".to_owned(), json!(id - 1));
                event.insert("timestamp".to_owned(), json!(epoch_seconds(*at)));
                event.insert("type".to_owned(), json!(kind));
            }
            event
        })
        .collect();
    events.reverse();
    json!({ "events": events })
}
