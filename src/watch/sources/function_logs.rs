//! The log of the Lambda function behind a custom resource: read at once, followed while the resource is
//! in progress, and read again before the rollback takes the group.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::log_reading;
use crate::domain::custom_resource::{self, Invocation};
use crate::domain::diagnosis::Diagnosis;
use crate::domain::fact::{Fact, FunctionDescription};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::investigation::{Inquiry, Question, Source};
use crate::domain::log::{LogGroup, LogSearch};
use crate::domain::session::Session;
use crate::watch::desk::Desk;
use crate::watch::source::EvidenceSource;

/// The logs of custom resources' functions.
#[derive(Debug, Clone, Copy)]
pub struct FunctionLogSource;

/// The name of this source.
const NAME: &str = "logs";

/// A function's log is read from a little before CloudFormation called it.
const BEFORE: TimeDelta = TimeDelta::seconds(5);
/// ... until a while after it answered: lines arrive late.
const AFTER: TimeDelta = TimeDelta::minutes(2);
/// While the resource is in progress the log is read this often.
const FOLLOW: TimeDelta = TimeDelta::seconds(5);

impl Source for FunctionLogSource {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, session: &Session, _: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        custom_resource::invocations(session)
            .into_iter()
            .filter_map(
                |invocation| match session.functions().get(&invocation.function_arn) {
                    None => Some(ask_function(&invocation)),
                    Some(function) => read_log(session, &invocation, function, now),
                },
            )
            .collect()
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
        question: Question::Function {
            arn: invocation.function_arn.clone(),
        },
        why: format!("the role and the log group of {}", invocation.function_name()),
        serves: Vec::new(),
    }
}

fn read_log(
    session: &Session,
    invocation: &Invocation,
    function: &FunctionDescription,
    now: DateTime<Utc>,
) -> Option<Inquiry> {
    let group = LogGroup {
        region: invocation.region().to_owned(),
        name: function.log_group.clone(),
    };
    let book = session.logs().get(&group);
    let from = invocation.started_at - BEFORE;
    let read_at = book
        .and_then(|book| book.last_read)
        .filter(|(at, _)| *at >= invocation.started_at);
    let missing = book.and_then(|book| book.missing_at);
    let due = match (invocation.ended_at, read_at, missing) {
        // A group that was there and is gone stays gone; one that was never there may come.
        (_, Some((read, _)), Some(missing)) if missing > read => return None,
        (Some(ended), None, Some(missing)) if missing > ended + AFTER => return None,
        (_, None, Some(missing)) => missing + FOLLOW,
        (_, None, None) => invocation.look_from(),
        (None, Some((read, _)), _) | (Some(_), Some((read, false)), _) => read + FOLLOW,
        (Some(ended), Some((read, true)), _) => next_reading(ended, read)?,
    };
    // What is known is not read again, but for a little: lines of one moment arrive in any order.
    let newest = book
        .and_then(|book| book.lines.keys().next_back())
        .map(|(at, _, _)| *at - BEFORE);
    let to = invocation.ended_at.map_or(now + AFTER, |ended| ended + AFTER);
    Some(Inquiry {
        key: format!(
            "logs:{}:{}:{}",
            group.region,
            group.name,
            invocation.started_at.timestamp_millis()
        ),
        source: NAME,
        region: group.region.clone(),
        due,
        priority: 1,
        question: Question::Logs(LogSearch {
            group,
            stream: None,
            filter: None,
            from: newest.map_or(from, |newest| newest.max(from)),
            to,
        }),
        why: format!("what {} wrote", function.name),
        serves: Vec::new(),
    })
}

/// After the resource has ended its log is read at once, then at growing pauses, and last after [`AFTER`].
fn next_reading(ended: DateTime<Utc>, read: DateTime<Utc>) -> Option<DateTime<Utc>> {
    [0_i64, 3, 10, 30, 60, AFTER.num_seconds()]
        .into_iter()
        .map(|seconds| ended + TimeDelta::seconds(seconds))
        .find(|due| read < *due)
}

#[async_trait]
impl EvidenceSource for FunctionLogSource {
    async fn ask(&self, inquiry: &Inquiry, desk: &Desk) -> Result<Vec<Fact>, Fault> {
        match &inquiry.question {
            Question::Logs(search) => log_reading::read(search, desk).await,
            Question::Function { arn } => {
                desk.budget("lambda", &inquiry.region).await.turn().await;
                match desk.ports.functions.function(arn).await {
                    Ok(function) => Ok(vec![Fact::FunctionDescribed { function }]),
                    // Gone, or not to be read: its log is then where Lambda puts it unless told otherwise.
                    Err(fault) if matches!(fault.kind, FaultKind::NotFound | FaultKind::Denied) => {
                        Ok(vec![Fact::FunctionDescribed {
                            function: custom_resource::presumed(arn),
                        }])
                    }
                    Err(fault) => Err(fault),
                }
            }
            Question::Trail { .. } | Question::Service { .. } => Ok(Vec::new()),
        }
    }
}
