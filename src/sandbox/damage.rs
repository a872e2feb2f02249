//! Answers that are not what the service would say: damaged, foreign, or leading nowhere.

use serde_json::{Map, Value, json};

use super::faults::InjectedFaultKind;
use super::reply::Reply;
use super::request::{ApiRequest, Protocol, Service};
use crate::sandbox::service_error::ServiceError;

/// A reason as long as that of a service that tells all it knows.
const LONG: usize = 100_000;

/// The members that a listing's items cannot be without.
const REQUIRED: [&str; 6] = [
    "EventId",
    "Timestamp",
    "EventTime",
    "CloudTrailEvent",
    "ChangeSetId",
    "eventId",
];

/// What a fault makes of a true answer.
pub(super) fn answer(
    kind: Option<InjectedFaultKind>,
    question: &ApiRequest,
    true_answer: Value,
) -> Result<Value, ServiceError> {
    let Value::Object(mut answer) = true_answer else {
        return Ok(true_answer);
    };
    let asked = ["NextToken", "nextToken"]
        .iter()
        .find_map(|key| question.parameters.text(key))
        .map(ToOwned::to_owned);
    match (kind, asked) {
        (Some(InjectedFaultKind::StaleToken), Some(_)) => return Err(stale(question.service)),
        (Some(InjectedFaultKind::SameToken), Some(token)) => {
            answer.insert(token_of(&answer).to_owned(), Value::String(token));
        }
        (Some(InjectedFaultKind::EmptyPages), asked) => {
            let token = asked.map_or_else(|| "1".to_owned(), |token| format!("{token}1"));
            each_list(&mut answer, Vec::clear);
            answer.insert(token_of(&answer).to_owned(), Value::String(token));
        }
        (Some(InjectedFaultKind::Hollow), _) => {
            each_list(&mut answer, |items| {
                items.iter_mut().rev().step_by(2).for_each(hollow);
            });
        }
        (Some(InjectedFaultKind::Bulky), _) => {
            each_list(&mut answer, |items| items.iter_mut().for_each(bulky));
        }
        _ => {}
    }
    Ok(Value::Object(answer))
}

/// What a fault makes of an answer on its way.
pub(super) fn reply(kind: Option<InjectedFaultKind>, protocol: Protocol, reply: Reply) -> Reply {
    match (kind, protocol) {
        (Some(InjectedFaultKind::Foreign), Protocol::Query) => reply.saying(
            "<ListQueuesResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><ListQueuesResult/>\
             </ListQueuesResponse>",
        ),
        (Some(InjectedFaultKind::Foreign), _) => reply.saying("{\"status\":\"please log in\"}"),
        (Some(InjectedFaultKind::Mislabelled), _) => reply.labelled("application/octet-stream"),
        _ => reply,
    }
}

fn token_of(answer: &Map<String, Value>) -> &'static str {
    let small = answer.keys().any(|key| key.starts_with(char::is_lowercase));
    if small { "nextToken" } else { "NextToken" }
}

fn each_list(answer: &mut Map<String, Value>, mut change: impl FnMut(&mut Vec<Value>)) {
    for member in answer.values_mut() {
        if let Value::Array(items) = member {
            change(items);
        }
    }
}

fn hollow(item: &mut Value) {
    let Value::Object(item) = item else { return };
    for key in REQUIRED {
        if item.contains_key(key) {
            item.insert(key.to_owned(), Value::Null);
        }
    }
    if item.contains_key("timestamp") {
        item.insert("timestamp".to_owned(), json!(-8_334_601_228_800_000_i64));
    }
}

fn bulky(item: &mut Value) {
    let Some(Value::String(reason)) = item.get_mut("ResourceStatusReason") else {
        return;
    };
    let missing = LONG.saturating_sub(reason.len());
    reason.push_str(&" and so on".repeat(missing / 10));
}

fn stale(service: Service) -> ServiceError {
    match service {
        Service::CloudFormation => ServiceError::caller("ValidationError", "The NextToken has expired"),
        Service::CloudTrail => ServiceError::caller("InvalidNextTokenException", "The token has expired"),
        _ => ServiceError::caller("InvalidParameterException", "The specified nextToken is invalid."),
    }
}
