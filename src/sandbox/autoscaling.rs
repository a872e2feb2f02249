//! Auto Scaling's activities: what became of the instances of groups, for six weeks, also of groups that are gone.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::paging::page;
use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::seed::Seed;
use super::world::{SimulatedServiceEvents, World};
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of Auto Scaling.
pub(super) static AUTO_SCALING: ServiceDeclaration = ServiceDeclaration {
    prefix: "autoscaling",
    namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    items: &[],
    paths: &[],
    resource: "*",
    answer,
};

/// So long an activity can be read.
const KEPT: TimeDelta = TimeDelta::weeks(6);
/// Activities of a page, the most there are.
const PAGE: usize = 100;

/// Answers one question about groups.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    if question.operation != "DescribeScalingActivities" {
        return Err(ServiceError::unknown_operation(
            Protocol::Query,
            &question.operation,
        ));
    }
    let from = bound(question, "StartTimeLowerBound")
        .unwrap_or(now - KEPT)
        .max(now - KEPT);
    let to = bound(question, "StartTimeUpperBound").unwrap_or(now).min(now);
    let with_gone = question.parameters.flag("IncludeDeletedGroups") == Some(true);
    let wanted = |group: &&SimulatedServiceEvents| {
        let name = question.parameters.text("AutoScalingGroupName");
        let is_gone = group.deleted.is_some_and(|at| at <= now);
        name.is_none_or(|name| group.id == name) && (with_gone || !is_gone)
    };
    let mut told: Vec<(DateTime<Utc>, Value)> = world
        .events_of(AUTO_SCALING.prefix, &question.region)
        .filter(wanted)
        .flat_map(|group| group.events.iter().map(move |event| (group, event)))
        .filter(|(_, (at, _))| (from..=to).contains(at))
        .map(|(group, (at, line))| (*at, activity(&group.id, *at, line)))
        .collect();
    told.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let size = question
        .parameters
        .text("MaxRecords")
        .and_then(|size| size.parse().ok());
    let page = page(
        told.into_iter().map(|(_, activity)| activity),
        size.unwrap_or(PAGE).clamp(1, PAGE),
        question.parameters.text("NextToken"),
        &question.parameters.fingerprint("NextToken"),
        |activity| activity["ActivityId"].to_string(),
    );
    let page = page.map_err(|_wrong| ServiceError::caller("InvalidNextToken", "The token is not valid"))?;
    Ok(json!({ "Activities": page.items, "NextToken": page.next }))
}

/// The first value of a filter by time.
fn bound(question: &ApiRequest, filter: &str) -> Option<DateTime<Utc>> {
    let text = |key: &str| question.parameters.text(key);
    let number = (1..=3).find(|number| text(&format!("Filters.member.{number}.Name")) == Some(filter))?;
    let at = text(&format!("Filters.member.{number}.Values.member.1"))?;
    let at = DateTime::parse_from_rfc3339(at).ok()?;
    Some(at.with_timezone(&Utc))
}

/// An activity of a line that begins with its status; what follows `Cause:` is why it was begun.
fn activity(group: &str, at: DateTime<Utc>, line: &str) -> Value {
    let (status, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (description, cause) = rest.split_once(" Cause: ").unwrap_or((rest, ""));
    let message = description
        .split_once("Status Reason: ")
        .map(|(_, message)| message);
    let written = at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let usual = format!(
        "At {written} an instance was started in response to a difference between desired and actual capacity."
    );
    json!({
        "ActivityId": Seed::of(&["activity", group, &written, line]).uuid(),
        "AutoScalingGroupName": group,
        "Description": description,
        "Cause": if cause.is_empty() { usual.as_str() } else { cause },
        "StartTime": written,
        "EndTime": written,
        "StatusCode": status,
        "StatusMessage": message,
        "Progress": 100,
    })
}
