//! Custom resources: which Lambda functions stand behind them, and when CloudFormation called.
//!
//! `ServiceToken` names the function, with two exceptions: a provider framework's function only calls another
//! one, and an SNS topic calls whoever subscribed. Then the framework's own log names the function, or the
//! functions of the same stack are looked at, and every reader is told why.

mod framework;
mod work;

use crate::domain::model::arn::{Arn, function_name};
use crate::domain::model::event::is_custom_resource;
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::failure::Failure;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::FunctionDescription;
use crate::domain::model::log::{LogGroup, LogLine};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Operation;
use crate::domain::read::reason::ReasonFacts;
use crate::domain::session::{Session, StackHistory};
use framework::{beside, calls_another, is_lambda};

pub use framework::{ServedResource, may_call_unnamed, serving};
pub(crate) use work::{ResourceWork, work_on};

/// One call of a custom resource's function: from the resource's `*_IN_PROGRESS` to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The function.
    pub function_arn: String,
    /// How it is known.
    pub via: Via,
    /// The stack of the custom resource.
    pub stack_id: StackId,
    /// The custom resource.
    pub logical_id: String,
    /// When CloudFormation began.
    pub started_at: DateTime<Utc>,
    /// When the resource came to its end.
    pub ended_at: Option<DateTime<Utc>>,
    /// It failed.
    pub failed: bool,
    /// CloudFormation's id of the request, where the reason tells it: the function may have logged it.
    pub request_id: Option<String>,
    /// The log stream, where the reason tells it.
    pub log_stream: Option<String>,
    /// The function to whose log the answer points.
    pub points_to: Option<String>,
}

/// How it is known that a function stands behind a custom resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// `ServiceToken` is its ARN.
    Token,
    /// The log of the framework that `ServiceToken` names says that it calls this function.
    Named {
        /// The framework's function.
        by: String,
    },
    /// The answer to CloudFormation points to its log.
    Answered {
        /// The function that answered.
        by: String,
    },
    /// The properties of the framework's function name it.
    Configured {
        /// The framework's function.
        by: String,
    },
    /// It is a part of the framework that `ServiceToken` names: it asks whether the work is done.
    Part {
        /// The framework's function.
        of: String,
    },
    /// The same stack made it, and what `ServiceToken` names does not say whom it calls.
    Neighbour {
        /// The topic, or the framework's function.
        of: String,
    },
    /// It is the only function of the stack, and no event tells whom CloudFormation called.
    Presumed,
    /// Its own log holds the id of CloudFormation's request.
    Logged,
}

impl Via {
    /// It was surely called: what it did is the resource's own doing.
    pub fn is_sure(&self) -> bool {
        match self {
            Self::Token
            | Self::Named { .. }
            | Self::Answered { .. }
            | Self::Configured { .. }
            | Self::Part { .. }
            | Self::Logged => true,
            Self::Neighbour { .. } | Self::Presumed => false,
        }
    }

    /// It only calls others.
    pub fn is_part(&self) -> bool {
        matches!(self, Self::Part { .. })
    }
}

/// A function that answers within this time is not looked at while it runs.
const QUICK: TimeDelta = TimeDelta::seconds(5);
/// Lines of a framework that are looked through for the function that it calls.
const FRAMEWORK_LINES: usize = 5_000;

impl Invocation {
    /// The region of the function.
    pub fn region(&self) -> &str {
        Arn::region_of(&self.function_arn).unwrap_or_default()
    }

    /// The name of the function.
    pub fn function_name(&self) -> &str {
        function_name(&self.function_arn)
    }

    /// When its log is worth reading for the first time.
    pub fn look_from(&self) -> DateTime<Utc> {
        self.ended_at.map_or(self.started_at + QUICK, |ended| {
            ended.min(self.started_at + QUICK)
        })
    }

    /// Why its log is read, in words.
    pub fn why(&self) -> String {
        let name = self.function_name();
        match &self.via {
            Via::Token => format!("what {name} wrote"),
            Via::Named { by } => format!("what {name} wrote: the log of {by} says that it calls it"),
            Via::Answered { by } => format!("what {name} wrote: the answer of {by} points to its log"),
            Via::Configured { by } => format!("what {name} wrote: the properties of {by} name it"),
            Via::Part { of } => format!("what {name} wrote: it is a part of the framework of {of}"),
            Via::Neighbour { of } => {
                format!("what {name} wrote: it is of the same stack, and {of} does not say whom it calls")
            }
            Via::Presumed => format!(
                "what {name} wrote: it is the only function of the stack, and no event tells whom CloudFormation called"
            ),
            Via::Logged => format!("what {name} wrote: its log holds the id of CloudFormation's request"),
        }
    }
}

/// The calls of custom resources' functions that are worth following: those that failed, and those that
/// are still under way. What succeeded tells nothing about a failure, and neither does a deletion until it failed.
pub fn invocations(session: &Session) -> Vec<Invocation> {
    let mut found = Vec::new();
    for (_, history) in session.stacks() {
        for call in calls(history) {
            found.extend(beside(session, history, &call));
            if is_lambda(&call.function_arn) {
                found.push(call);
            }
        }
    }
    found
}

/// The functions that stand, or may stand, behind a failed custom resource beside the one that its
/// `ServiceToken` names.
pub fn functions_beside(session: &Session, failure: &Failure) -> Vec<Invocation> {
    let may_be_another = match failure.settings.get("ServiceToken") {
        Some(token) => calls_another(token),
        None => is_custom_resource(&failure.event),
    };
    let history = session.stack(&failure.key.stack_id);
    let Some(history) = history.filter(|_| may_be_another) else {
        return Vec::new();
    };
    calls(history)
        .iter()
        .filter(|call| {
            call.logical_id == failure.event.logical_id && call.ended_at == Some(failure.failed_at())
        })
        .flat_map(|call| match call.via {
            Via::Presumed => vec![call.clone()],
            _ => beside(session, history, call),
        })
        .map(|call| proved(session, call))
        .collect()
}

/// A function that only may have been called was called if its log holds the id of the request.
fn proved(session: &Session, call: Invocation) -> Invocation {
    let group = group_of(session, &call);
    let holds = |id: &str| {
        let mut lines = lines_of(session, &group, &call);
        lines.any(|line| line.message.contains(id))
    };
    if !call.via.is_sure() && call.request_id.as_deref().is_some_and(holds) {
        return Invocation {
            via: Via::Logged,
            ..call
        };
    }
    call
}

/// The log groups of functions that only may stand behind a failed custom resource.
pub fn groups_nearby(session: &Session, failure: &Failure) -> Vec<LogGroup> {
    functions_beside(session, failure)
        .into_iter()
        .filter(|call| !call.via.is_sure())
        .map(|call| group_of(session, &call))
        .collect()
}

fn group_of(session: &Session, call: &Invocation) -> LogGroup {
    LogGroup {
        region: call.region().to_owned(),
        name: log_group(session, &call.function_arn),
    }
}

/// What stands in a log group while a call was under way.
fn lines_of<'s>(
    session: &'s Session,
    group: &LogGroup,
    call: &'s Invocation,
) -> impl Iterator<Item = &'s LogLine> {
    let from = (call.started_at, String::new(), String::new());
    let log = session.logs().get(group);
    log.into_iter()
        .flat_map(move |log| log.lines.range(from.clone()..))
        .take(FRAMEWORK_LINES)
        .take_while(|((at, _, _), _)| call.ended_at.is_none_or(|ended| *at <= ended))
        .map(|(_, line)| line)
}

/// The log groups of [`functions_beside`].
pub fn groups_beside(session: &Session, failure: &Failure) -> Vec<LogGroup> {
    functions_beside(session, failure)
        .into_iter()
        .map(|invocation| group_of(session, &invocation))
        .collect()
}

/// Where a function logs, as it told or as Lambda does it.
pub fn log_group(session: &Session, arn: &str) -> String {
    session
        .functions()
        .get(arn)
        .map_or_else(|| presumed(arn).log_group, |function| function.log_group.clone())
}

/// Whether a function has written nothing since a moment, as its log tells; none where that was not read.
pub(crate) fn is_silent(session: &Session, arn: &str, since: DateTime<Utc>) -> Option<bool> {
    let group = LogGroup {
        region: Arn::region_of(arn)?.to_owned(),
        name: log_group(session, arn),
    };
    let log = session.logs().get(&group)?;
    let newest = log.lines.last_key_value();
    let has_written = newest.is_some_and(|((at, _, _), _)| *at >= since);
    let is_read = log.last_read.is_some() || log.missing_at.is_some();
    (has_written || is_read).then_some(!has_written)
}

/// What CloudFormation called for one stack's custom resources, a topic or a function.
fn calls(history: &StackHistory) -> Vec<Invocation> {
    let mut found = Vec::new();
    let mut running: BTreeMap<&str, Invocation> = BTreeMap::new();
    if !history
        .telling_events()
        .any(|event| is_custom_resource(event) || token(event).is_some())
    {
        return found;
    }
    let presumed = presumed_token(history);
    let mut tokens: BTreeMap<&str, &str> = BTreeMap::new();
    let mut deleting: BTreeMap<&str, Invocation> = BTreeMap::new();
    for event in history.telling_events() {
        let untold = || presumed.as_deref().filter(|_| is_custom_resource(event));
        // A deletion need not repeat what the resource was made with.
        let earlier = tokens.get(event.logical_id.as_str()).copied();
        let told = token(event).or(earlier).map(|token| (token, Via::Token));
        if let Some(token) = token(event) {
            tokens.insert(&event.logical_id, token);
        }
        let Some((token, via)) = told.or_else(|| Some((untold()?, Via::Presumed))) else {
            continue;
        };
        let id = event.logical_id.as_str();
        if event.status.is_in_progress() {
            if event.status.operation() == Operation::Delete {
                running.remove(id);
                deleting.entry(id).or_insert_with(|| begun(event, token, via));
            } else {
                deleting.remove(id);
                running.entry(id).or_insert_with(|| begun(event, token, via));
            }
        } else if let Some(call) = running.remove(id).or_else(|| deleting.remove(id))
            && event.status.is_failed()
        {
            found.push(ended(call, event));
        }
    }
    found.extend(running.into_values());
    found
}

fn begun(event: &StackEvent, token: &str, via: Via) -> Invocation {
    Invocation {
        function_arn: token.to_owned(),
        via,
        stack_id: event.stack_id.clone(),
        logical_id: event.logical_id.clone(),
        started_at: event.at,
        ended_at: None,
        failed: false,
        request_id: None,
        log_stream: None,
        points_to: None,
    }
}

/// A call that came to the failure that this event tells.
fn ended(call: Invocation, event: &StackEvent) -> Invocation {
    let text = event.reason.as_deref().unwrap_or_default();
    let facts = ReasonFacts::read(text, Some(&event.resource_type), Some(event.status.as_str()));
    Invocation {
        ended_at: Some(event.at),
        failed: true,
        request_id: facts.custom_resource_request_id,
        log_stream: facts.log_stream,
        points_to: points_to(text).map(str::to_owned),
        ..call
    }
}

/// The function to whose log an answer points: `Logs: /aws/lambda/NAME`, which a provider framework writes below the
/// error of the function that it called.
pub(crate) fn points_to(reason: &str) -> Option<&str> {
    let (_, after) = reason.split_once("Logs: /aws/lambda/")?;
    let end = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_');
    after.split(end).next().filter(|name| !name.is_empty())
}

fn token(event: &StackEvent) -> Option<&str> {
    let token = event.extras.settings.get("ServiceToken")?;
    let is_called = |service| Arn::is_of(token, service);
    (is_called("lambda") || is_called("sns")).then_some(token)
}

/// The `ServiceToken` of custom resources in a stack whose events tell none (they come without properties
/// from some stand-ins for AWS): its only Lambda function. Among several nobody can tell. It is no more than
/// a presumption: see [`Via::Presumed`].
pub fn presumed_token(history: &StackHistory) -> Option<String> {
    let mut telling = history.telling_events();
    if telling.any(|event| event.extras.settings.contains_key("ServiceToken")) {
        return None;
    }
    let events = history.events().iter().map(|seen| seen.event.as_ref());
    let functions = events.filter(|event| event.resource_type == "AWS::Lambda::Function");
    let mut known = functions.filter_map(|event| {
        let name = event.physical_id.as_deref().filter(|name| !name.is_empty())?;
        Some((&event.stack_id, name))
    });
    let (stack, name) = known.next()?;
    if known.any(|(_, other)| other != name) {
        return None;
    }
    let (partition, region, account) = (stack.partition(), stack.region(), stack.account());
    Some(format!(
        "arn:{partition}:lambda:{region}:{account}:function:{name}"
    ))
}

/// What can be said of a function that does not tell about itself: where Lambda logs unless told otherwise.
pub fn presumed(arn: &str) -> FunctionDescription {
    let name = function_name(arn).to_owned();
    FunctionDescription {
        arn: arn.to_owned(),
        role_arn: None,
        log_group: format!("/aws/lambda/{name}"),
        in_vpc: false,
        timeout_seconds: None,
        name,
    }
}

#[cfg(test)]
mod tests;
