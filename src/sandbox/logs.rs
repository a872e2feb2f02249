//! CloudWatch Logs' read operations: groups that come and go, streams, and lines a page at a time.
//!
//! Filter patterns are understood as far as words and quoted phrases go.

mod data_sources;
mod insights;
mod members;
mod pattern;
mod reading;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::paging::page;
use super::request::{ApiRequest, Parameters, Protocol};
use super::world::{SimulatedLogGroup, SimulatedLogLine, World};
use crate::sandbox::service_error::ServiceError;

/// Answers one question about logs.
pub(super) fn answer(
    world: &World,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Result<Value, ServiceError> {
    let home = world.is_home(&question.region);
    let asked = TimedRequest {
        world,
        home,
        parameters: &question.parameters,
        now,
    };
    match question.operation.as_str() {
        "FilterLogEvents" => reading::filter_log_events(&asked),
        "GetLogEvents" => reading::get_log_events(&asked),
        "StartQuery" => insights::start(&asked),
        "GetQueryResults" => insights::results(&asked),
        "StopQuery" => insights::stop(&asked),
        "ListAggregateLogGroupSummaries" => Ok(data_sources::summaries(&asked)),
        "ListLogGroups" => data_sources::groups(&asked),
        "DescribeLogGroups" => describe_log_groups(&asked),
        "DescribeLogStreams" => describe_log_streams(&asked),
        other => Err(ServiceError::unknown_operation(Protocol::Json, other)),
    }
}

/// A question with the moment at which it is asked.
struct TimedRequest<'a> {
    world: &'a World,
    home: bool,
    parameters: &'a Parameters,
    now: DateTime<Utc>,
}

impl<'a> TimedRequest<'a> {
    fn groups(&self) -> impl Iterator<Item = &'a SimulatedLogGroup> {
        let Self { home, now, world, .. } = *self;
        world
            .log_groups
            .iter()
            .filter(move |group| home && group.life.covers(now))
    }

    /// The group that is asked for by name or ARN; another account's by its ARN only.
    fn group(&self) -> Result<&'a SimulatedLogGroup, ServiceError> {
        let identifier = ["logGroupName", "logGroupIdentifier"]
            .into_iter()
            .find_map(|key| self.parameters.text(key))
            .or_else(|| self.parameters.list("logGroupIdentifiers").into_iter().next());
        let identifier =
            identifier.ok_or_else(|| invalid("Log group name or identifier must be specified."))?;
        let wanted = identifier.strip_suffix(":*").unwrap_or(identifier);
        self.groups()
            .find(|group| group.arn == wanted || group.name == wanted && self.is_own(&group.arn))
            .ok_or_else(|| {
                ServiceError::caller(
                    "ResourceNotFoundException",
                    "The specified log group does not exist.",
                )
            })
    }

    fn is_own(&self, arn: &str) -> bool {
        arn.split(':').nth(4) == Some(self.world.account.as_str())
    }

    /// The lines of a group that can be read by now, oldest first.
    fn lines(&self, group: &'a SimulatedLogGroup) -> impl DoubleEndedIterator<Item = &'a SimulatedLogLine> {
        let now = self.now;
        group.lines.iter().filter(move |line| line.visible_at <= now)
    }

    fn limit(&self, most: usize) -> Result<usize, ServiceError> {
        match self.parameters.number("limit").map(usize::try_from) {
            None => Ok(most),
            Some(Ok(limit)) if (1..=most).contains(&limit) => Ok(limit),
            Some(_) => Err(invalid(&format!("limit must be between 1 and {most}"))),
        }
    }
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::caller("InvalidParameterException", message)
}

fn describe_log_groups(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let prefix = asked.parameters.text("logGroupNamePrefix");
    let part = asked
        .parameters
        .text("logGroupNamePattern")
        .map(str::to_lowercase);
    let mut groups: Vec<_> = asked
        .groups()
        .filter(|group| asked.is_own(&group.arn))
        .filter(|group| prefix.is_none_or(|prefix| group.name.starts_with(prefix)))
        .filter(|group| {
            part.as_deref()
                .is_none_or(|part| group.name.to_lowercase().contains(part))
        })
        .collect();
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    let question = asked.parameters.fingerprint("nextToken");
    let token = asked.parameters.text("nextToken");
    let found = page(groups.into_iter(), asked.limit(50)?, token, &question, |group| {
        group.name.clone()
    })
    .map_err(|_wrong| invalid("The specified nextToken is invalid."))?;
    let groups: Vec<_> = found.items.into_iter().map(group_json).collect();
    Ok(with_token(json!({ "logGroups": groups }), found.next))
}

fn group_json(group: &SimulatedLogGroup) -> Value {
    let mut described = json!({
        "logGroupName": group.name,
        "creationTime": group.life.from.timestamp_millis(),
        "metricFilterCount": 0,
        "arn": format!("{}:*", group.arn),
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
        "logGroupArn": group.arn,
    });
    if let (Some(days), Some(object)) = (group.retention_days, described.as_object_mut()) {
        object.insert("retentionInDays".to_owned(), json!(days));
    }
    described
}

/// What a list of streams says about one.
struct LogStreamEntry<'a> {
    name: &'a str,
    first: &'a SimulatedLogLine,
    last: &'a SimulatedLogLine,
}

fn describe_log_streams(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let group = asked.group()?;
    let prefix = asked.parameters.text("logStreamNamePrefix").unwrap_or_default();
    let by_time = asked.parameters.text("orderBy") == Some("LastEventTime");
    if by_time && !prefix.is_empty() {
        return Err(invalid(
            "Cannot order by LastEventTime with a logStreamNamePrefix.",
        ));
    }
    let mut streams: Vec<LogStreamEntry<'_>> = Vec::new();
    for line in asked.lines(group).filter(|line| line.stream.starts_with(prefix)) {
        match streams.iter_mut().find(|stream| stream.name == line.stream) {
            Some(stream) => stream.last = line,
            None => streams.push(LogStreamEntry {
                name: &line.stream,
                first: line,
                last: line,
            }),
        }
    }
    if by_time {
        streams.sort_by_key(|stream| stream.last.at);
    } else {
        streams.sort_by_key(|stream| stream.name);
    }
    if asked.parameters.flag("descending").unwrap_or(false) {
        streams.reverse();
    }
    let question = asked.parameters.fingerprint("nextToken");
    let token = asked.parameters.text("nextToken");
    let found = page(
        streams.into_iter(),
        asked.limit(50)?,
        token,
        &question,
        |stream| stream.name.to_owned(),
    )
    .map_err(|_wrong| invalid("The specified nextToken is invalid."))?;
    let streams: Vec<_> = found
        .items
        .into_iter()
        .map(|stream| {
            json!({
                "logStreamName": stream.name,
                "creationTime": stream.first.at.timestamp_millis(),
                "firstEventTimestamp": stream.first.at.timestamp_millis(),
                "lastEventTimestamp": stream.last.at.timestamp_millis(),
                "lastIngestionTime": stream.last.visible_at.timestamp_millis(),
                "arn": format!("{}:log-stream:{}", group.arn, stream.name),
                "storedBytes": 0,
            })
        })
        .collect();
    Ok(with_token(json!({ "logStreams": streams }), found.next))
}

fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let (Some(next), Some(object)) = (next, answer.as_object_mut()) {
        object.insert("nextToken".to_owned(), json!(next));
    }
    answer
}
