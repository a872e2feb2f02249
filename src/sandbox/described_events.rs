//! What databases and caches told of themselves, for two weeks: `DescribeEvents` of several services.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::request::{ApiRequest, Protocol};
use super::world::{SimulatedServiceEvents, World};
use crate::sandbox::service_error::ServiceError;

/// So long an event can be read.
const KEPT: TimeDelta = TimeDelta::days(14);

/// Answers one question about the resources of the service that is asked.
pub(super) fn answer(
    world: &World,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Result<Value, ServiceError> {
    if question.operation != "DescribeEvents" {
        return Err(ServiceError::unknown_operation(
            Protocol::Query,
            &question.operation,
        ));
    }
    let text = |key| question.parameters.text(key);
    let time = |key| {
        let at = text(key).and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        at.map(|at| at.with_timezone(&Utc))
    };
    let from = time("StartTime")
        .unwrap_or(now - TimeDelta::hours(1))
        .max(now - KEPT);
    let to = time("EndTime").unwrap_or(now).min(now);
    let wanted = |database: &&SimulatedServiceEvents| {
        let id = text("SourceIdentifier").is_none_or(|id| database.id.eq_ignore_ascii_case(id));
        id && text("SourceType").is_none_or(|kind| kind == database.kind)
    };
    let databases = world.events_of(question.service.prefix(), &question.region);
    let mut told: Vec<(DateTime<Utc>, Value)> = Vec::new();
    for database in databases.filter(wanted) {
        let events = database.events.iter().filter(|(at, _)| (from..=to).contains(at));
        told.extend(events.map(|(at, message)| {
            let date = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            let event = json!({
                "SourceIdentifier": database.id, "SourceType": database.kind, "Message": message, "Date": date,
            });
            (*at, event)
        }));
    }
    told.sort_by_key(|(at, _)| *at);
    let told: Vec<Value> = told.into_iter().map(|(_, event)| event).collect();
    Ok(json!({ "Events": told }))
}
