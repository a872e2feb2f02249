//! `LookupEvents`: one attribute, newest first, fifty a page, two requests a second in each region.
//!
//! A record is there only once its own delivery delay has passed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::json::{epoch_seconds, moment_from_seconds};
use super::paging::page;
use super::request::{ApiRequest, Parameters, Service};
use super::trails;
use super::world::{SimulatedRecord, World};
use crate::sandbox::service_error::ServiceError;

/// The most records of one page, and how many there are when nobody says.
const RECORDS_A_PAGE: usize = 50;
/// The account's quota in each region, and how far it can be saved up.
const REQUESTS_A_SECOND: i32 = 2;

/// What is left of the quota in each region.
#[derive(Debug, Default)]
pub(super) struct Quota(Mutex<HashMap<String, (TimeDelta, DateTime<Utc>)>>);

impl Quota {
    /// Takes one request from the region's quota; false if it is used up.
    fn take(&self, region: &str, now: DateTime<Utc>) -> bool {
        let price = TimeDelta::seconds(1) / REQUESTS_A_SECOND;
        let most = price * REQUESTS_A_SECOND;
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (saved, since) = left.entry(region.to_owned()).or_insert((most, now));
        let refilled = (*saved + (now - *since).max(TimeDelta::zero())).min(most);
        *since = now;
        let enough = refilled >= price;
        *saved = if enough { refilled - price } else { refilled };
        enough
    }
}

/// Answers one question about the trail.
pub(super) fn answer(
    world: &World,
    quota: &Quota,
    question: &ApiRequest,
    (now, counted_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Value, ServiceError> {
    if let Some(answer) = trails::answer(world, question, now) {
        return answer;
    }
    if !quota.take(&question.region, counted_at) {
        return Err(ServiceError::throttled(Service::CloudTrail));
    }
    let search = Search::read(&question.parameters)?;
    let delivered = world.trail.iter().rev().filter(|record| record.visible_at <= now);
    // What worked on data is only where a trail records it.
    let delivered = delivered.filter(|record| record.data.is_none());
    let found = delivered.filter(|record| record.region == question.region && search.finds(record));
    let parameters = question.parameters.fingerprint("NextToken");
    let token = question.parameters.text("NextToken");
    let page = page(found, search.page_size, token, &parameters, |record| {
        record.event_id.clone()
    })
    .map_err(|_wrong| ServiceError::caller("InvalidNextTokenException", "Invalid NextToken"))?;
    let events: Vec<_> = page.items.into_iter().map(envelope).collect();
    let mut answer = json!({ "Events": events });
    if let (Some(next), Some(object)) = (page.next, answer.as_object_mut()) {
        object.insert("NextToken".to_owned(), json!(next));
    }
    Ok(answer)
}

/// What is looked for.
struct Search {
    attribute: Option<(String, String)>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    page_size: usize,
}

impl Search {
    fn read(parameters: &Parameters) -> Result<Self, ServiceError> {
        let page_size = match parameters.number("MaxResults").map(usize::try_from) {
            None => RECORDS_A_PAGE,
            Some(Ok(size @ 1..=RECORDS_A_PAGE)) => size,
            Some(_) => {
                let message = "The value for MaxResults must be between 1 and 50.";
                return Err(ServiceError::caller("InvalidMaxResultsException", message));
            }
        };
        let from = parameters.decimal("StartTime").and_then(moment_from_seconds);
        let to = parameters.decimal("EndTime").and_then(moment_from_seconds);
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            let message = "End time must be greater than start time.";
            return Err(ServiceError::caller("InvalidTimeRangeException", message));
        }
        Ok(Self {
            attribute: attribute(parameters)?,
            from,
            to,
            page_size,
        })
    }

    fn finds(&self, record: &SimulatedRecord) -> bool {
        // Event times have whole seconds.
        let at = record.at.timestamp();
        let in_time = self.from.is_none_or(|from| from.timestamp() <= at)
            && self.to.is_none_or(|to| at <= to.timestamp());
        in_time
            && self
                .attribute
                .as_ref()
                .is_none_or(|(key, value)| has_attribute(record, key, value))
    }
}

fn attribute(parameters: &Parameters) -> Result<Option<(String, String)>, ServiceError> {
    let wrong = |message: &str| Err(ServiceError::caller("InvalidLookupAttributesException", message));
    let attributes = parameters
        .value("LookupAttributes")
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let one = match attributes {
        [] => return Ok(None),
        [one] => one,
        _ => return wrong("You can only specify one lookup attribute."),
    };
    let text = |key| {
        one.get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    match text("AttributeKey").zip(text("AttributeValue")) {
        Some((key, value)) if KEYS.contains(&key.as_str()) => Ok(Some((key, value))),
        _ => wrong("Invalid lookup attribute."),
    }
}

const KEYS: [&str; 8] = [
    "EventId",
    "EventName",
    "ReadOnly",
    "Username",
    "ResourceType",
    "ResourceName",
    "EventSource",
    "AccessKeyId",
];

fn has_attribute(record: &SimulatedRecord, key: &str, value: &str) -> bool {
    match key {
        "EventId" => record.event_id == value,
        "EventName" => record.event_name == value,
        "ReadOnly" => record.read_only.to_string() == value,
        "Username" => record.username.as_deref() == Some(value),
        "EventSource" => record.event_source == value,
        "AccessKeyId" => record.access_key.as_deref() == Some(value),
        "ResourceType" => record.resources.iter().any(|(kind, _)| kind == value),
        "ResourceName" => record.resources.iter().any(|(_, name)| name == value),
        _ => false,
    }
}

fn envelope(record: &SimulatedRecord) -> Value {
    let resources: Vec<_> = record
        .resources
        .iter()
        .map(|(kind, name)| json!({ "ResourceType": kind, "ResourceName": name }))
        .collect();
    let mut envelope = json!({
        "EventId": record.event_id,
        "EventName": record.event_name,
        "ReadOnly": record.read_only.to_string(),
        "EventTime": epoch_seconds(record.at).floor(),
        "EventSource": record.event_source,
        "Resources": resources,
        "CloudTrailEvent": record.record.to_string(),
    });
    if let Some(object) = envelope.as_object_mut() {
        if let Some(username) = &record.username {
            object.insert("Username".to_owned(), json!(username));
        }
        if let Some(key) = &record.access_key {
            object.insert("AccessKeyId".to_owned(), json!(key));
        }
    }
    envelope
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_requests_a_second_and_each_region_for_itself() {
        let quota = Quota::default();
        let start = DateTime::UNIX_EPOCH;
        let take = |region, milliseconds| quota.take(region, start + TimeDelta::milliseconds(milliseconds));
        assert_eq!(
            [take("a", 0), take("a", 0), take("a", 100), take("b", 100)],
            [true, true, false, true]
        );
        assert_eq!(
            [take("a", 600), take("a", 700), take("a", 9_000)],
            [true, false, true]
        );
    }
}
