//! The account's trails: what each records, and the log group that it delivers to.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::lake;
use super::request::{ApiRequest, Protocol};
use super::world::{SimulatedTrail, World};
use crate::sandbox::service_error::ServiceError;

/// Answers one question about trails; nothing for a question of another kind.
pub(super) fn answer(
    world: &World,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Option<Result<Value, ServiceError>> {
    match question.operation.as_str() {
        "DescribeTrails" => {
            let trails: Vec<Value> = trails(world).map(described).collect();
            Some(Ok(json!({ "trailList": trails })))
        }
        "GetEventSelectors" => {
            Some(named(world, question.parameters.text("TrailName").unwrap_or_default()).map(selectors))
        }
        "GetTrailStatus" => {
            let trail = named(world, question.parameters.text("Name").unwrap_or_default());
            Some(trail.map(|trail| status(world, trail, now)))
        }
        "LookupEvents" => None,
        other => {
            let unknown = || Err(ServiceError::unknown_operation(Protocol::Json, other));
            Some(lake::answer(world, question, now).unwrap_or_else(unknown))
        }
    }
}

/// Without those that are none.
fn trails(world: &World) -> impl Iterator<Item = &SimulatedTrail> {
    world.trails.iter().filter(|trail| trail.data_source.is_none())
}

fn described(trail: &SimulatedTrail) -> Value {
    json!({
        "Name": trail.name,
        "TrailARN": trail.arn,
        "HomeRegion": trail.home,
        "IsMultiRegionTrail": true,
        "IncludeGlobalServiceEvents": true,
        "S3BucketName": trail.bucket,
        "CloudWatchLogsLogGroupArn": trail.group,
        "HasCustomEventSelectors": !trail.data.is_empty(),
    })
}

fn named<'w>(world: &'w World, name: &str) -> Result<&'w SimulatedTrail, ServiceError> {
    let trail = trails(world).find(|trail| trail.arn == name || trail.name == name);
    trail.ok_or_else(|| {
        let message = format!("Unknown trail: {name} for the user: {}", world.account);
        ServiceError::caller("TrailNotFoundException", message)
    })
}

fn status(world: &World, trail: &SimulatedTrail, now: DateTime<Utc>) -> Value {
    let stopped = trail.stopped.filter(|at| *at <= now);
    // What refuses it has done so since before the story.
    let refused = trail
        .delivery_error
        .as_ref()
        .map(|_| world.zero - TimeDelta::hours(2));
    json!({
        "IsLogging": stopped.is_none(),
        "StopLoggingTime": stopped.map(|at| at.timestamp()),
        "LatestDeliveryTime": refused.or(stopped).unwrap_or(now).timestamp(),
        "LatestDeliveryError": trail.delivery_error,
    })
}

fn selectors(trail: &SimulatedTrail) -> Value {
    let equals = |field: &str, value: &str| json!({ "Field": field, "Equals": [value] });
    if trail.is_basic {
        let resources = trail
            .data
            .iter()
            .map(|kind| json!({ "Type": kind, "Values": [every(kind)] }));
        let resources: Vec<Value> = resources.collect();
        let selector =
            json!({ "ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": resources });
        return json!({ "TrailARN": trail.arn, "EventSelectors": [selector] });
    }
    let management =
        json!({ "Name": "management", "FieldSelectors": [equals("eventCategory", "Management")] });
    let data = trail.data.iter().map(|kind| {
        let fields = [equals("eventCategory", "Data"), equals("resources.type", kind)];
        json!({ "Name": kind, "FieldSelectors": fields })
    });
    let all: Vec<Value> = std::iter::once(management).chain(data).collect();
    json!({ "TrailARN": trail.arn, "AdvancedEventSelectors": all })
}

/// The ARN that stands for all resources of a kind.
fn every(kind: &str) -> &'static str {
    match kind {
        "AWS::S3::Object" => "arn:aws:s3",
        "AWS::Lambda::Function" => "arn:aws:lambda",
        _ => "arn:aws:dynamodb",
    }
}
