//! The logs of the Lambda functions behind a custom resource: read at once, followed while the resource is
//! in progress, and read again before the rollback takes the group.
//!
//! A function that logs more than is read at once (one that everybody shares) is read where it matters: the
//! end of the window, the lines with CloudFormation's request id, and the stream that they stand in.

mod busy;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::log_reading;
use crate::domain::deployment::custom_resource;
use crate::domain::deployment::custom_resource::Invocation;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::model::fact::{Fact, FunctionDescription};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::log::{LogGroup, LogSearch};
use crate::domain::model::source::declared::{LAMBDA_PACE, LOGS};
use crate::domain::model::source::{SourceDescriptor, SourceId};
use crate::domain::session::{LogState, Session};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;

/// The logs of custom resources' functions.
#[derive(Debug, Clone, Copy)]
pub struct FunctionLogSource;

/// The name of this source.
const NAME: SourceId = SourceId::LOGS;

/// A function's log is read from a little before CloudFormation called it.
const BEFORE: TimeDelta = TimeDelta::seconds(5);
/// ... until a while after it answered: lines arrive late.
const AFTER: TimeDelta = TimeDelta::minutes(2);
/// While the resource is in progress the log is read this often at first ...
const FOLLOW: TimeDelta = TimeDelta::seconds(5);
/// ... and this often when it has hung for long: one that hangs for an hour is read about a hundred times.
const SLOWEST: TimeDelta = TimeDelta::seconds(60);
/// What was written before the last reading can still arrive so much later.
const LATE: TimeDelta = TimeDelta::seconds(30);

/// What is asked about a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionQuestion {
    /// Whom does it run as, and where does it log?
    Function {
        /// The function's ARN.
        arn: String,
    },
    /// What did it write?
    Log(LogSearch),
}

impl Source for FunctionLogSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &LOGS
    }

    fn plan(&self, session: &Session, _: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let mut inquiries: Vec<Inquiry> = custom_resource::invocations(session)
            .into_iter()
            .flat_map(
                |invocation| match session.functions().get(&invocation.function_arn) {
                    None => vec![ask_function(&invocation)],
                    Some(function) => read_log(session, &invocation, function, now),
                },
            )
            .collect();
        inquiries.sort_by(|a, b| (&a.key, a.due).cmp(&(&b.key, b.due)));
        inquiries.dedup_by(|a, b| a.key == b.key);
        inquiries
    }
}

/// Who the function is must be known before the rollback removes it.
fn ask_function(invocation: &Invocation) -> Inquiry {
    Inquiry {
        key: format!("function:{}", invocation.function_arn),
        source: NAME,
        region: invocation.region().to_owned(),
        due: invocation.started_at,
        priority: 0,
        question: AnyQuestion::new(FunctionQuestion::Function {
            arn: invocation.function_arn.clone(),
        }),
        why: format!("the role and the log group of {}", invocation.function_name()),
        serves: Vec::new(),
    }
}

fn read_log(
    session: &Session,
    invocation: &Invocation,
    function: &FunctionDescription,
    now: DateTime<Utc>,
) -> Vec<Inquiry> {
    let group = LogGroup {
        region: invocation.region().to_owned(),
        name: function.log_group.clone(),
    };
    let key = format!(
        "logs:{}:{}:{}",
        group.region,
        group.name,
        invocation.started_at.timestamp_millis()
    );
    let log = session.logs().get(&group);
    if session.found_too_much(&NAME, &key).is_some() {
        return busy::focused(session, invocation, &group, log);
    }
    let read = session.answered(&NAME, &key);
    let Some(due) = next_reading(invocation, read, log.and_then(|log| log.missing_at)) else {
        return Vec::new();
    };
    let from = invocation.started_at - BEFORE;
    let question = LogSearch {
        group: group.clone(),
        stream: None,
        filter: None,
        from: read.map_or(from, |read| unread_since(log, read).max(from)),
        to: invocation.ended_at.unwrap_or(now) + AFTER,
    };
    vec![inquiry(key, due, question, invocation.why())]
}

fn inquiry(key: String, due: DateTime<Utc>, search: LogSearch, why: String) -> Inquiry {
    Inquiry {
        key,
        source: NAME,
        region: search.group.region.clone(),
        due,
        priority: 1,
        question: AnyQuestion::new(FunctionQuestion::Log(search)),
        why,
        serves: Vec::new(),
    }
}

/// When the log is read next, given when it was last read to its end and when its group was last missing.
fn next_reading(
    invocation: &Invocation,
    read: Option<DateTime<Utc>>,
    missing: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let missing = missing.filter(|missing| *missing >= invocation.started_at);
    match (invocation.ended_at, read, missing) {
        // A group that was there and is gone stays gone; one that was never there may come.
        (_, Some(read), Some(missing)) if missing > read => None,
        (Some(ended), None, Some(missing)) if missing > ended + AFTER => None,
        (_, None, Some(missing)) => Some(missing + pause(invocation, missing)),
        (_, None, None) => Some(invocation.look_from()),
        (None, Some(read), _) => Some(read + pause(invocation, read)),
        (Some(ended), Some(read), _) => after_the_end(ended, read),
    }
}

/// The longer it takes, the longer until the next look.
fn pause(invocation: &Invocation, at: DateTime<Utc>) -> TimeDelta {
    ((at - invocation.started_at) / 10).clamp(FOLLOW, SLOWEST)
}

/// After the resource has ended its log is read at once, then at growing pauses, and last after [`AFTER`].
fn after_the_end(ended: DateTime<Utc>, read: DateTime<Utc>) -> Option<DateTime<Utc>> {
    [0_i64, 3, 10, 30, 60, AFTER.num_seconds()]
        .into_iter()
        .map(|seconds| ended + TimeDelta::seconds(seconds))
        .find(|due| read < *due)
}

/// From when on there may be lines that are not known. What is known is not read again, but for a little:
/// lines of one moment arrive in any order, and some arrive late.
fn unread_since(log: Option<&LogState>, read: DateTime<Utc>) -> DateTime<Utc> {
    let end = (read, String::new(), String::new());
    let newest = log.and_then(|log| log.lines.range(..end).next_back());
    let newest = newest.map(|((at, _, _), _)| *at - BEFORE);
    newest.map_or(read - LATE, |newest| newest.min(read - LATE))
}

fn presumed(arn: &str) -> Fact {
    Fact::FunctionDescribed {
        function: custom_resource::presumed(arn),
    }
}

#[async_trait]
impl EvidenceSource for FunctionLogSource {
    type Asks = FunctionQuestion;

    async fn ask(
        &self,
        question: &FunctionQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        match question {
            FunctionQuestion::Log(search) => {
                log_reading::answer(inquiry, search, log_reading::THOROUGH, context).await
            }
            FunctionQuestion::Function { arn } => {
                context.budget(LAMBDA_PACE, &inquiry.region).await.acquire().await;
                match context.ports.functions.function(arn).await {
                    Ok(function) => Ok(vec![Fact::FunctionDescribed { function }]),
                    // Gone, or not to be read: its log is then where Lambda puts it unless told otherwise.
                    Err(fault) if fault.kind == FaultKind::NotFound => Ok(vec![presumed(arn)]),
                    Err(fault) if fault.kind == FaultKind::Denied => {
                        Ok(vec![presumed(arn), log_reading::failed(inquiry, fault)])
                    }
                    Err(fault) => Err(fault),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
