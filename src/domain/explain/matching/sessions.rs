//! What the session of a task or an instance went on to call after something was refused to it. A function ends with its
//! answer, and is told apart by its invocations ([`super::invocations`]); a machine goes on.

use chrono::{DateTime, TimeDelta, Utc};

use super::lived::{AFTERWARDS, is_routine};
use super::match_signals::MatchSignal;
use super::unhealthy::is_told_of;
use super::{Candidate, MatchContext};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::deployment::signal::is_by_agent;
use crate::domain::model::trail::TrailRecord;

/// What belongs to one step is called within so long.
const SOON: TimeDelta = TimeDelta::seconds(2);

/// Adds the sign to what a session was refused once, where it went on to other calls and was refused another one until
/// its end: that one ended it, if any.
pub(super) fn judge(index: &RecordIndex<'_>, asked: &MatchContext<'_>, found: &mut [Candidate]) {
    if asked.failure.function_arn().is_some() {
        return;
    }
    let denied: Vec<&TrailRecord> = found
        .iter()
        .filter(|one| is_own_denial(one))
        .filter_map(|one| Some(index.get(one.at)?.record.as_ref()))
        .collect();
    let judged: Vec<Option<MatchSignal>> = found
        .iter()
        .map(|one| {
            let record = index.get(one.at)?.record.as_ref();
            if !is_own_denial(one) || is_spoken_of(asked, record) {
                return None;
            }
            if is_left_behind(index, record, &denied) {
                return Some(MatchSignal::LeftBehind);
            }
            let again = denied
                .iter()
                .any(|other| other.at > record.at && is_same_call(record, other));
            let until = asked.failure.failed_at();
            (!again && worked_between(index, record, SOON, until)).then_some(MatchSignal::WentOn)
        })
        .collect();
    for (candidate, sign) in found.iter_mut().zip(judged) {
        if let Some(sign) = sign {
            candidate.signs.add(sign);
        }
    }
}

fn is_own_denial(one: &Candidate) -> bool {
    let signs = [MatchSignal::OwnCaller, MatchSignal::Denied, MatchSignal::InWindow];
    signs.iter().all(|sign| one.signs.has(*sign)) && !one.signs.has(MatchSignal::Reports)
}

fn is_left_behind(index: &RecordIndex<'_>, record: &TrailRecord, denied: &[&TrailRecord]) -> bool {
    let later = || {
        let of_program = denied.iter().filter(|other| is_of_one_program(record, other));
        of_program.filter(|other| other.at > record.at + AFTERWARDS)
    };
    let Some(last) = later().max_by_key(|other| other.at) else {
        return false;
    };
    if later().any(|other| is_same_call(record, other)) {
        return false;
    }
    // One more refusal a moment later may be of the same step; what was repeated, or came after other work, is not.
    let repeated = later()
        .filter(|other| other.operation() == last.operation())
        .count()
        > 1;
    repeated || worked_between(index, record, AFTERWARDS, last.at)
}

fn is_same_call(one: &TrailRecord, other: &TrailRecord) -> bool {
    other.source == one.source && other.operation() == one.operation()
}

/// Whether the program said that it ended of the call, or somebody else speaks of it.
fn is_spoken_of(asked: &MatchContext<'_>, record: &TrailRecord) -> bool {
    asked.going_on.ended_of(record) || speaks_at_the_end(asked, record) || is_told_of(asked, record)
}

/// Whether what it said last speaks of the call.
fn speaks_at_the_end(asked: &MatchContext<'_>, record: &TrailRecord) -> bool {
    asked.last_words.after(record).is_some_and(|(_, speaks)| speaks)
}

/// Whether the session made another call with success between a refusal and a moment.
fn worked_between(
    index: &RecordIndex<'_>,
    record: &TrailRecord,
    after: TimeDelta,
    until: DateTime<Utc>,
) -> bool {
    let window = record.at + after..=until;
    let calls = [index.writes_of(record, &window), index.reads_of(record, &window)];
    let mut calls = calls.into_iter().flatten().filter_map(|at| index.get(*at));
    calls.any(|seen| {
        let call = seen.record.as_ref();
        call.at > record.at + after
            && !call.is_error()
            && !is_routine(call.operation())
            && is_of_one_program(record, call)
    })
}

/// Whether one session made both calls, and with the same program, as far as that is told: an instance runs several.
fn is_of_one_program(one: &TrailRecord, other: &TrailRecord) -> bool {
    let program = |record: &TrailRecord| -> Option<String> {
        let agent = record.user_agent.as_deref()?;
        agent.split_whitespace().next().map(str::to_owned)
    };
    one.identity.name == other.identity.name
        && one.identity.role_name() == other.identity.role_name()
        && program(one) == program(other)
        && !is_by_agent(other)
}
