//! What is said at the end of what could not be read.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::Watched;
use crate::domain::conclude::ending::{Case, Limits, Until, WatchStatus};
use crate::domain::conclude::missing;
use crate::domain::conclude::missing::Missing;
use crate::domain::investigate::plan::PlannedSearch;
use crate::domain::model::action;
use crate::domain::model::fault::Fault;
use crate::domain::model::span::span;
use crate::domain::session::reading;
use crate::domain::session::{Session, StackHistory};

/// The stack is gone, and with it what its events would have told.
pub(crate) fn vanished(name: &str, fault: &Fault) -> String {
    format!(
        "{name} was deleted, and its events could not be read: how its deployment ended is not known: {}; {}",
        fault.message,
        fault.remedy()
    )
}

/// The verdict rests on the status: why it does.
pub(crate) fn by_status(case: &Case<'_>, status: &str) -> String {
    let root = case.session.root();
    let why = reading::trouble(case.session, root).map(|(_, fault)| format!(": {}", fault.message));
    format!(
        "{} is {status} by its status: its events could not be read{}",
        root.name(),
        why.unwrap_or_default()
    )
}

/// What evidence could not be read to the end, since this moment. What is not allowed has been said.
pub(crate) fn unread(session: &Session, since: DateTime<Utc>) -> Vec<String> {
    let missing = missing::missing(session).into_iter();
    let lasting = missing.filter(|one| {
        let events = one.fault.action == "cloudformation:DescribeStackEvents";
        one.at >= since && one.permission().is_none() && !events
    });
    let words = |one: Missing| {
        let source = match action::service(&one.fault.action) {
            "cloudformation" => "what CloudFormation checked before",
            "lambda" => "Lambda",
            service => session.sources().label(service),
        };
        format!("{source} could not be read: {}", one.fault.message)
    };
    lasting.map(words).collect()
}

/// What CloudTrail may still tell of the failures and was not waited for, and when to look again.
pub(crate) fn unawaited(case: &Case<'_>, limits: Limits, now: DateTime<Utc>) -> Option<String> {
    if case.watch_status(limits, false, now) != WatchStatus::Ended {
        return None;
    }
    let number = case.attempt.map(|attempt| attempt.number);
    let roots = case.diagnosis.roots();
    let open = roots
        .filter(|root| Some(root.failure.attempt) == number)
        .map(|root| case.diagnosis.standing(root, case.session, now))
        .filter(|standing| standing.trail.is_open());
    let expected = open.filter_map(|standing| standing.expected_at).max()?;
    let waited = match limits.evidence_wait {
        _ if limits.until == Until::Settled => "not waited for".to_owned(),
        wait if wait <= TimeDelta::zero() => "not waited for".to_owned(),
        wait => format!("waited for no longer than {}", span(wait)),
    };
    let moment = expected.format("%H:%M:%S UTC");
    let when = if expected > now {
        format!("they are expected about {moment}")
    } else {
        format!("they were expected about {moment} and may still come")
    };
    let name = case.session.root().name();
    Some(format!(
        "CloudTrail's records were {waited}: {when}; `stacktrail diagnose {name}` looks again then"
    ))
}

/// Who made the calls that CloudTrail has not told of yet, where a deployment went wrong: that takes minutes. What
/// it was not asked it could not tell.
pub(crate) fn untold_callers(case: &Case<'_>, now: DateTime<Utc>) -> Vec<String> {
    let Some(attempt) = case.attempt.filter(|_| case.has_failed(now)) else {
        return Vec::new();
    };
    let name = case.session.root().name();
    let trail = case.session.sources().trail().label();
    let untold = case.diagnosis.untold_callers(case.session, attempt, now);
    let (asked, unasked): (Vec<_>, Vec<_>) =
        untold.partition(|planned| case.session.trail().last_answer(&planned.search).is_some());
    let told = calls(&asked).map(|calls| {
        format!(
            "{trail} has not told so far who began it or stepped in ({calls}); `stacktrail diagnose {name}` looks again"
        )
    });
    let unasked = calls(&unasked).map(|calls| {
        format!(
            "{trail} was not asked yet who began it or stepped in ({calls}); `stacktrail diagnose {name}` asks"
        )
    });
    told.into_iter().chain(unasked).collect()
}

/// The calls that were searched for, each once.
fn calls(planned: &[&PlannedSearch]) -> Option<String> {
    let attributes = planned.iter().filter_map(|one| one.search.attribute.as_ref());
    let names: BTreeSet<&str> = attributes.map(|attribute| attribute.value.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// A stack that is named by its id and is not there any more.
pub(crate) fn is_gone_target(watched: &Watched, targets: &[String]) -> bool {
    let root = watched.session.root();
    let status = watched.session.root_history().and_then(StackHistory::status);
    targets.iter().any(|target| target == root.as_str())
        && status.is_some_and(|status| status.as_str() == "DELETE_COMPLETE")
}

/// The last attempt ended before a moment.
pub(crate) fn is_ended_by(watched: &Watched, moment: DateTime<Utc>) -> bool {
    let last = watched.diagnosis.attempts.last();
    last.and_then(|last| last.ended_at)
        .is_some_and(|ended| ended < moment)
}
