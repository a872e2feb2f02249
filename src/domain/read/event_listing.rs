//! Reads listings of stack events: what `aws cloudformation describe-stack-events` (or `describe-events`)
//! printed, whole or in part, and what people copy from consoles and tools.

mod broken;
mod cells;
mod clock;
mod listing;
mod nested;
mod row;
mod table;
mod words;
mod yaml;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value;
use thiserror::Error;

use super::{forms, reason};
use crate::domain::model::event::{EventExtras, Extras, HookInvocation, StackEvent, kept_settings};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::read::json_stream::{self, Documents};
pub(crate) use listing::is_nameless;
pub(crate) use row::ListedEvent;

/// Why a text is no event listing.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DumpError {
    /// Nothing in it is an event.
    #[error(
        "there is no event in it: no list of objects with `LogicalResourceId` and `ResourceStatus`, and no lines of a tool's progress"
    )]
    NoEvents,
}

/// The name of a stack that a listing does not name.
pub const UNNAMED: &str = "stack";
/// What stands for a region and an account that a listing does not name.
pub const UNKNOWN: &str = "unknown";
/// What stands for a type that a listing does not name.
pub const UNTYPED: &str = "type not listed";

/// The events of a listing, in its order.
///
/// # Errors
/// When there is no event in the text.
pub fn events(text: &str) -> Result<Vec<StackEvent>, DumpError> {
    let mut events =
        Documents::read(text).map_or_else(|| of_text(text), |documents| of_documents(&documents.values));
    // A document that holds no event may stand among the rows of a listing.
    if events.is_empty()
        && let Some(around) = json_stream::around(text)
    {
        events = of_text(&around);
    }
    if events.is_empty() {
        return Err(DumpError::NoEvents);
    }
    Ok(events)
}

/// The rows of what a tool or a console lists, in its order.
pub(crate) fn rows(text: &str) -> Vec<ListedEvent> {
    listing::read(text)
}

/// Whether a text begins with a time as a row does.
pub(crate) fn begins_with_time(text: &str) -> bool {
    clock::leading_moment(text).is_some()
}

/// A line without the time that it begins with.
pub(crate) fn without_time(line: &str) -> &str {
    clock::leading_moment(line).map_or(line, |(_, rest)| rest.trim_start_matches([' ', ',', '|', '-']))
}

/// Whether one of the words is a status of `CloudFormation`.
pub(crate) fn names_status(text: &str) -> bool {
    text.contains('_')
        && text
            .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
            .any(|word| row::status_of(word).is_some())
}

/// A text as YAML writes it, without its marks.
pub(crate) fn unquoted_yaml(text: &str) -> String {
    yaml::unquoted(text)
}

fn of_documents(values: &[Value]) -> Vec<StackEvent> {
    let mut found = Collected::default();
    for value in values {
        collect(value, &mut found, 0);
    }
    if found.events.is_empty() {
        return if found.rows.is_empty() {
            of_text(&found.texts)
        } else {
            of_lines(found.rows, "")
        };
    }
    let count = found.events.len();
    let events = found.events.into_iter().enumerate();
    // AWS lists the newest first.
    events
        .filter_map(|(index, value)| event(value, index, count - index))
        .collect()
}

fn of_text(text: &str) -> Vec<StackEvent> {
    let values = if text.contains("LogicalResourceId:") {
        yaml::read(text)
    } else {
        Vec::new()
    };
    if values.is_empty() {
        of_lines(listing::read(text), text)
    } else {
        of_documents(&values)
    }
}

/// What stands for events in documents.
#[derive(Default)]
struct Collected<'a> {
    events: Vec<&'a Value>,
    /// Events under names of a program's own.
    rows: Vec<ListedEvent>,
    /// Lists of lines.
    texts: String,
}

/// Finds events in whatever holds them: a page, a list of pages, a bare list, one event, a list of lines.
fn collect<'a>(value: &'a Value, found: &mut Collected<'a>, depth: usize) {
    if depth > 5 {
        return;
    }
    match value {
        Value::Array(items) => {
            for item in items {
                collect(item, found, depth + 1);
            }
            if items.len() > 1 && items.iter().all(Value::is_string) {
                for line in items.iter().filter_map(Value::as_str) {
                    found.texts.push_str(line);
                    found.texts.push('\n');
                }
            }
        }
        Value::Object(_) if is_event(value) => found.events.push(value),
        Value::Object(members) => {
            if let Some(row) = projected(members) {
                found.rows.push(row);
            } else {
                for inner in members.values() {
                    collect(inner, found, depth + 1);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A member by AWS's name of it, or as SDKs for JavaScript and Java write it (`logicalResourceId`).
fn told<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get(key).or_else(|| {
        let (first, rest) = key.split_at_checked(1)?;
        value.get(format!("{}{rest}", first.to_ascii_lowercase()))
    })
}

fn is_event(value: &Value) -> bool {
    let about = |key: &str| told(value, key).is_some_and(Value::is_string);
    about("ResourceStatus") || (about("StackId") && told(value, "Timestamp").is_some()) || about("HookStatus")
}

/// An event under names of the person's own (`--query "StackEvents[].{Id: LogicalResourceId, …}"`), or of a logger's.
fn projected(members: &serde_json::Map<String, Value>) -> Option<ListedEvent> {
    let texts: Vec<(&String, &str)> = members
        .iter()
        .filter_map(|(key, value)| Some((key, value.as_str()?)))
        .collect();
    let (_, status) = texts.iter().find(|(_, text)| row::status_of(text).is_some())?;
    let called = |words: &[&str]| {
        let fits = |key: &str| words.iter().any(|word| key.to_ascii_lowercase().contains(word));
        let mut others = texts.iter().filter(|(_, text)| text != status);
        others.find(|(key, _)| fits(key)).map(|(_, text)| *text)
    };
    let kind = texts.iter().find_map(|(_, text)| row::type_of(text));
    let of_stack = |key: &str| key.to_ascii_lowercase().starts_with("stack");
    let own = texts.iter().filter(|(key, text)| {
        !of_stack(key) && Some(*text) != kind && text != status && !text.contains(char::is_whitespace)
    });
    let named = |words: &[&str]| {
        let fits = |key: &str| words.iter().any(|word| key.to_ascii_lowercase().contains(word));
        own.clone().find(|(key, _)| fits(key)).map(|(_, text)| *text)
    };
    // An event of a stack goes by the stack's name.
    let stack = texts
        .iter()
        .find(|(key, text)| of_stack(key) && !text.contains([' ', ':']) && text != status)
        .map(|(_, text)| *text);
    let name = named(&["logical"])
        .or_else(|| named(&["id", "name", "resource"]))
        .or(stack)?;
    Some(ListedEvent {
        at: called(&["time", "at"])
            .and_then(clock::leading_moment)
            .map(|(at, _)| at),
        stack: stack.map(str::to_owned),
        logical_id: name.to_owned(),
        resource_type: kind.map(str::to_owned),
        status: status.to_string(),
        reason: called(&["reason", "message", "why"])
            .unwrap_or_default()
            .to_owned(),
    })
}

/// The ARN that stands for a stack of which only the name is known.
fn named(name: &str) -> Option<StackId> {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        })
        .collect();
    // `...` stands for a name that somebody took out.
    let told = name.contains(|c: char| c.is_ascii_alphanumeric());
    let name = if told { &name } else { UNNAMED };
    StackId::parse(&format!(
        "arn:aws:cloudformation:{UNKNOWN}:{UNKNOWN}:stack/{name}/listed"
    ))
}

fn event(value: &Value, index: usize, second: usize) -> Option<StackEvent> {
    let text = |key: &str| {
        told(value, key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let stack_id = match text("StackId") {
        Some(id) => StackId::parse(id).or_else(|| named(text("StackName").unwrap_or_default()))?,
        None => named(text("StackName").unwrap_or(UNNAMED))?,
    };
    let dated = ["Timestamp", "LastUpdatedTimestamp"]
        .iter()
        .find_map(|key| time(told(value, key)?));
    let at = dated.or_else(|| after_epoch(second))?;
    let logical_id = text("LogicalResourceId")
        .unwrap_or_else(|| stack_id.name())
        .to_owned();
    let status = text("ResourceStatus").unwrap_or_default();
    let untyped = if logical_id == stack_id.name() {
        STACK_TYPE
    } else {
        UNTYPED
    };
    Some(StackEvent {
        event_id: text("EventId").map_or_else(|| format!("{logical_id}-{status}-{index}"), ToOwned::to_owned),
        at,
        physical_id: text("PhysicalResourceId").map(ToOwned::to_owned),
        resource_type: text("ResourceType").unwrap_or(untyped).to_owned(),
        status: Status::new(status),
        reason: text("ResourceStatusReason")
            .or_else(|| text("ValidationStatusReason"))
            .map(ToOwned::to_owned),
        operation_id: text("OperationId").map(Into::into),
        extras: EventExtras::from(Extras {
            client_request_token: text("ClientRequestToken").map(ToOwned::to_owned),
            detailed_status: text("DetailedStatus").map(ToOwned::to_owned),
            hook: text("HookType").map(|name| {
                Box::new(HookInvocation {
                    name: name.to_owned(),
                    status: text("HookStatus").map(ToOwned::to_owned),
                    reason: text("HookStatusReason").map(ToOwned::to_owned),
                    failure_mode: text("HookFailureMode").map(ToOwned::to_owned),
                    invocation_id: text("HookInvocationId").map(ToOwned::to_owned),
                })
            }),
            settings: text("ResourceProperties")
                .map(|properties| kept_settings(text("ResourceType").unwrap_or(untyped), properties))
                .unwrap_or_default(),
        }),
        logical_id,
        stack_id,
    })
}

/// A time as the CLI prints it: RFC 3339, or seconds since 1970 in its older versions.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => {
            let parsed = DateTime::parse_from_rfc3339(text.trim()).ok();
            parsed
                .map(|at| at.with_timezone(&Utc))
                .or_else(|| clock::leading_moment(text).map(|(moment, _)| moment.on(NaiveDate::default())))
        }
        Value::Number(seconds) => {
            let millis = (seconds.as_f64()? * 1000.0).round();
            #[expect(
                clippy::as_conversions,
                clippy::cast_possible_truncation,
                reason = "saturates, and chrono refuses what is out of range"
            )]
            DateTime::from_timestamp_millis(millis as i64)
        }
        _ => None,
    }
}

fn after_epoch(seconds: usize) -> Option<DateTime<Utc>> {
    // The first moment of 1970 is what a damaged answer has for a time.
    DateTime::from_timestamp(i64::try_from(seconds).ok()? + 1, 0)
}

/// The events of a tool's listing, each on the stack that its line names or that the listing is about.
fn of_lines(mut lines: Vec<ListedEvent>, text: &str) -> Vec<StackEvent> {
    // One line alone is a reason with its status before it, not a listing.
    if lines.len() < 2 {
        return Vec::new();
    }
    if newest_first(&lines) {
        lines.reverse();
    }
    let unnamed = lines.iter().all(|line| line.stack.is_none());
    let name = stack_of(&lines).or_else(|| forms::only_named_stack(text).filter(|_| unnamed));
    let parent = part_from_parent(&mut lines, name.as_deref());
    let nested = nested::part(&mut lines);
    let mut day = NaiveDate::default();
    // The first moment of 1970 is what a damaged answer has for a time.
    let unknown = day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::seconds(1);
    // A row without a time stands beside one that has it.
    let first = lines.iter().find_map(|line| line.at).map(|moment| moment.on(day));
    let mut last = first.unwrap_or(unknown);
    let mut events = Vec::new();
    for (index, line) in lines.into_iter().enumerate() {
        let mut at = line.at.map_or(last, |moment| moment.on(day));
        let went_back = last.signed_duration_since(at) > TimeDelta::hours(12);
        if went_back && line.at.is_some_and(clock::Moment::lacks_day) {
            day = day.succ_opt().unwrap_or(day);
            at = line.at.map_or(last, |moment| moment.on(day));
        }
        last = at;
        let within = TimeDelta::microseconds(i64::try_from(index).unwrap_or_default());
        events.extend(of_line(
            line,
            name.as_deref(),
            at,
            at.checked_add_signed(within).unwrap_or(at),
        ));
    }
    nested::tie(&mut events, &nested);
    if let Some(parent) = parent {
        for event in &mut events {
            if event.stack_id.name() == parent && event.resource_type == STACK_TYPE {
                event.physical_id = event
                    .physical_id
                    .take()
                    .or_else(|| Some(named(name.as_deref()?)?.to_string()));
            }
        }
    }
    events
}

fn of_line(
    line: ListedEvent,
    listed: Option<&str>,
    second: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Option<StackEvent> {
    let stack = line.stack.as_deref().or(listed).unwrap_or(UNNAMED);
    let stack_id = StackId::parse(stack).or_else(|| named(stack))?;
    let typed = line.resource_type.as_deref();
    let about_stack = line.logical_id == stack_id.name() && typed.is_none_or(|kind| kind == STACK_TYPE);
    let kind = typed
        .unwrap_or(if about_stack { STACK_TYPE } else { UNTYPED })
        .to_owned();
    Some(StackEvent {
        // Tools repeat the failed ones at the end; they are the same event.
        event_id: format!(
            "{}-{}-{}-{}",
            line.logical_id,
            line.status,
            second.format("%H:%M:%S"),
            line.reason.len()
        ),
        at,
        physical_id: about_stack.then(|| stack_id.as_str().to_owned()),
        resource_type: kind,
        status: Status::new(&line.status),
        reason: Some(line.reason).filter(|reason| !reason.is_empty()),
        operation_id: None,
        extras: EventExtras::default(),
        logical_id: line.logical_id,
        stack_id,
    })
}

/// Consoles list the newest first, tools the oldest.
fn newest_first(lines: &[ListedEvent]) -> bool {
    let times: Vec<_> = lines
        .iter()
        .filter_map(|line| line.at)
        .map(|at| at.on(NaiveDate::default()))
        .collect();
    let steps = times.iter().zip(times.iter().skip(1));
    let (mut later, mut earlier) = (0_u32, 0_u32);
    for (first, second) in steps {
        later += u32::from(second > first);
        earlier += u32::from(second < first);
    }
    earlier > later || (earlier == later && sums_before(lines))
}

/// Whether a stack's sum stands above the row of a resource that it names: where no times tell it, the newest is first.
fn sums_before(lines: &[ListedEvent]) -> bool {
    let sum = lines
        .iter()
        .enumerate()
        .find_map(|(at, line)| match reason::cascade(&line.reason)? {
            reason::CascadeKind::FailedResources { failed, .. } => Some((at, failed)),
            _ => None,
        });
    sum.is_some_and(|(at, failed)| {
        let named =
            |line: &ListedEvent| line.status.ends_with("_FAILED") && failed.contains(&line.logical_id);
        let (above, below) = lines.split_at(at);
        below.iter().any(named) && !above.iter().any(named)
    })
}

/// The stack that a listing is about: the one with most of the events that only a stack has.
fn stack_of(lines: &[ListedEvent]) -> Option<String> {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines {
        let started = line.reason.starts_with("User Initiated");
        let summed = matches!(
            reason::cascade(&line.reason),
            Some(reason::CascadeKind::FailedResources { .. })
        );
        let typed = line
            .resource_type
            .as_deref()
            .is_none_or(|kind| kind == STACK_TYPE);
        if typed && (started || summed || row::is_of_a_stack(&line.status)) {
            *counted.entry(&line.logical_id).or_default() += 1;
        }
    }
    // The name of a nested stack begins with that of its parent.
    let most = counted
        .into_iter()
        .max_by_key(|(name, count)| (*count, std::cmp::Reverse(name.len())));
    most.map_or_else(|| begins_with(lines), |(name, _)| Some(name.to_owned()))
}

/// The only stack among the rows, where it is the first of them and nothing says that it is nested in another.
fn begins_with(lines: &[ListedEvent]) -> Option<String> {
    let is_stack = |line: &&ListedEvent| line.resource_type.as_deref() == Some(STACK_TYPE);
    let first = lines
        .first()
        .filter(is_stack)
        .filter(|line| line.status.ends_with("_IN_PROGRESS"))?;
    let mut others = lines.iter().filter(is_stack);
    others
        .all(|other| other.logical_id == first.logical_id && !other.reason.starts_with("Resource "))
        .then(|| first.logical_id.clone())
}

/// Where a listing holds the rows of a nested stack and that of its parent, which names it by its ARN: the parent's row is put
/// on the parent, whose name is returned.
fn part_from_parent(lines: &mut [ListedEvent], listed: Option<&str>) -> Option<String> {
    let listed = listed?;
    let at = lines.iter().position(|line| {
        let typed = line.resource_type.as_deref() == Some(STACK_TYPE) && line.stack.is_none();
        let follows = reason::cascade(&line.reason).filter(|_| typed && line.logical_id != listed);
        matches!(follows, Some(reason::CascadeKind::EmbeddedStack { stack_arn: Some(arn), .. })
            if StackId::parse(&arn).is_some_and(|id| id.name() == listed))
    })?;
    // `PARENT-LOGICALID-SUFFIX` is how CloudFormation names a nested stack.
    let line = lines.get_mut(at)?;
    let middle = format!("-{}-", line.logical_id);
    let (parent, _) = listed.rsplit_once(middle.as_str())?;
    line.stack = Some(parent.to_owned());
    Some(parent.to_owned())
}
