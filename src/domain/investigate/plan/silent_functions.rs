//! The search for what was refused to a function that CloudFormation waits for and that has written nothing: no log tells
//! why it does not run, and the trail may.

use chrono::TimeDelta;

use super::searches::{BEGINNING, ceiling, floor, pages, priority};
use super::{PlannedSearch, SearchTier};
use crate::domain::deployment::custom_resource::{Invocation, Via, invocations, is_silent};
use crate::domain::model::status::Status;
use crate::domain::model::trail::{TrailAttribute, TrailKey, TrailSearch};
use crate::domain::session::Session;

/// How long before its beginning a failure's calls are looked for: the same search serves it afterwards.
const BEFORE: TimeDelta = TimeDelta::seconds(5);
/// A function that runs has written by then.
const SILENT: TimeDelta = TimeDelta::minutes(1);
/// At most so many functions are asked about.
const FUNCTIONS: usize = 3;

/// The searches, of the calls made when each function was called.
pub(super) fn searches(session: &Session) -> Vec<PlannedSearch> {
    let silent = |call: &Invocation| is_silent(session, &call.function_arn, call.started_at) == Some(true);
    let waited_for = |call: &Invocation| {
        let stack = session.stack(&call.stack_id);
        let is_open = stack
            .and_then(|stack| stack.status())
            .is_some_and(Status::is_in_progress);
        is_open && call.ended_at.is_none() && call.via == Via::Token && silent(call)
    };
    let mut calls: Vec<Invocation> = invocations(session).into_iter().filter(waited_for).collect();
    calls.sort_by(|a, b| (a.started_at, &a.function_arn).cmp(&(b.started_at, &b.function_arn)));
    calls.dedup_by(|a, b| a.function_arn == b.function_arn && a.started_at == b.started_at);
    calls.truncate(FUNCTIONS);
    calls.iter().map(search).collect()
}

fn search(call: &Invocation) -> PlannedSearch {
    let from = floor(call.started_at - BEFORE);
    let name = call.function_name();
    PlannedSearch {
        search: TrailSearch {
            region: call.region().to_owned(),
            attribute: Some(TrailAttribute {
                key: TrailKey::Username,
                value: name.to_owned(),
            }),
            from,
            to: ceiling(from + BEGINNING),
        },
        why: format!("calls made by function {name}, which has written nothing"),
        serves: Vec::new(),
        max_pages: pages(SearchTier::Eager),
        priority: priority(SearchTier::Patient),
        tier: SearchTier::Eager,
        waits_from: call.started_at + SILENT,
        is_needed: true,
    }
}
