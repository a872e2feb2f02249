//! What it is not: records that tempt, since they failed at the time and in the place of the failure, and what refutes
//! each of them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{Candidate, Likeness, MatchContext, handler, plain_host};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::cause::{Confidence, RefutedRecord};
use crate::domain::explain::matching::match_signals::{MatchSignal, MatchSignals};
use crate::domain::model::trail::TrailRecord;

/// So many are told of one failure.
const TOLD: usize = 10;
/// So many calls of others, the nearest ones, are looked at.
const LOOKED_AT: usize = 100;
/// Others' calls tempt from so long before the failure ...
const BEFORE: TimeDelta = TimeDelta::seconds(10);
/// ... to a moment after it: the trail knows whole seconds, and clocks differ a little.
const AFTER: TimeDelta = TimeDelta::seconds(2);

/// One record that tempts.
struct Tempting<'r> {
    record: &'r std::sync::Arc<TrailRecord>,
    why: String,
    /// How much speaks for it, all the same.
    points: u32,
    distance: i64,
}

/// What was examined and refuted, the most tempting first; identical ones as one with a count.
pub(crate) fn refuted(
    index: &RecordIndex<'_>,
    asked: &MatchContext<'_>,
    candidates: &[Candidate],
) -> Vec<RefutedRecord> {
    let known: BTreeSet<usize> = candidates.iter().map(|candidate| candidate.at).collect();
    let mut found: Vec<Tempting<'_>> = candidates
        .iter()
        .filter(|candidate| {
            candidate.confidence == Confidence::Low && candidate.signs.has(MatchSignal::InWindow)
        })
        .filter_map(|candidate| of_candidate(index, asked, candidate))
        .chain(of_others(index, asked, &known))
        .collect();
    found.sort_by_key(|one| (Reverse(one.points), one.distance, one.record.event_id.clone()));
    let mut likes: Vec<(Likeness<'_>, String)> = Vec::new();
    let mut told: Vec<RefutedRecord> = Vec::new();
    for one in found {
        let like = (Likeness::of(one.record, Confidence::Low), one.why.clone());
        if let Some(place) = likes.iter().position(|known| *known == like) {
            if let Some(known) = told.get_mut(place) {
                known.count = known.count.saturating_add(1);
            }
            continue;
        }
        if told.len() >= TOLD {
            continue;
        }
        likes.push(like);
        told.push(RefutedRecord {
            record: std::sync::Arc::clone(one.record),
            why: one.why,
            count: 1,
        });
    }
    told
}

fn of_candidate<'r>(
    index: &RecordIndex<'r>,
    asked: &MatchContext<'_>,
    candidate: &Candidate,
) -> Option<Tempting<'r>> {
    let record = &index.get(candidate.at)?.record;
    let demoted = || {
        let was_surer = candidate.signs.confidence() < Confidence::Low;
        candidate.why.last().filter(|_| was_surer).cloned()
    };
    let why = demoted().unwrap_or_else(|| against(asked, record, &candidate.signs));
    Some(Tempting {
        record,
        why,
        points: candidate.signs.points(),
        distance: candidate.distance,
    })
}

/// Signs against a record, the plainest first, in words.
const PLAIN: [(MatchSignal, &str); 28] = {
    use MatchSignal as S;
    [
        (S::Afterwards, "called after the failure"),
        (S::NamesAnother, "names another stack or resource"),
        (
            S::OtherDenial,
            "the reason names another action, caller or resource",
        ),
        (S::OtherRequest, "the reason names the Request ID of another call"),
        (
            S::WorksForAnother,
            "that function works for another custom resource",
        ),
        (
            S::OtherInvocation,
            "another invocation of the function made the call",
        ),
        (S::MadeBefore, "makes another: the resource had been made before"),
        (S::LivedWith, "the same call succeeded later"),
        (S::SaidToGoOn, "the log says that the program went on past it"),
        (
            S::Routine,
            "the function is refused it evenly, whatever it works for",
        ),
        (
            S::LeftBehind,
            "the same session went on, and was refused another call later",
        ),
        (S::LongPast, "later calls succeeded long after it"),
        (S::EndedWell, "its run ended well, long before the failure"),
        (
            S::EndedOtherwise,
            "the function ended of a fault in its own program",
        ),
        (
            S::NotFound,
            "not-found answers are usual in teardown and existence checks",
        ),
        (
            S::AlreadyThere,
            "that something is there already is a usual answer to a look before a creation",
        ),
        (
            S::Throttled,
            "throttled calls are tried again, and nobody speaks of this one",
        ),
        (
            S::Reports,
            "it only reports how the program runs, and nobody says that this ended it",
        ),
        (
            S::ReadsTags,
            "it reads tags on the way, and what was said last speaks of something else",
        ),
        (
            S::LooksAround,
            "it only asked for all there is in the account, and what was said last speaks of something else",
        ),
        (
            S::LooksAtRunner,
            "its task only looked at ECS itself, and nobody says that this ended it",
        ),
        (S::OtherCall, "the failure's own words name another call"),
        (
            S::KeptFromStarting,
            "ECS says what kept its tasks from starting, and it is not this",
        ),
        (S::OtherKind, "the reason speaks of another kind of error"),
        (
            S::ReadLongBefore,
            "a look that was refused long before the failure, which speaks of no denial",
        ),
        (S::WentOn, "the work went on after it"),
        (S::OnlyReads, "a probe: it only reads, and nobody speaks of it"),
        (S::SharedRole, "others call under that role as well"),
    ]
};

/// Signs that refute a call for whichever resource of a deployment it was made.
const OF_ANY: [MatchSignal; 15] = {
    use MatchSignal as S;
    [
        S::WorksForAnother,
        S::OtherInvocation,
        S::MadeBefore,
        S::LivedWith,
        S::SaidToGoOn,
        S::Routine,
        S::LeftBehind,
        S::LongPast,
        S::EndedWell,
        S::EndedOtherwise,
        S::Reports,
        S::ReadsTags,
        S::LooksAround,
        S::LooksAtRunner,
        S::ReadLongBefore,
    ]
};

/// What refutes a call for the whole deployment, in the words in which it is no cause either.
pub(super) fn of_any_resource(signs: &MatchSignals) -> Option<&'static str> {
    let is_refuted = signs.confidence() == Confidence::Low;
    let mut against = PLAIN.into_iter().filter(|(sign, _)| OF_ANY.contains(sign));
    let found = against.find(|(sign, _)| is_refuted && signs.has(*sign));
    found.map(|(_, why)| why)
}

/// What speaks against a record whose caller has a part in the deployment, the plainest first.
fn against(asked: &MatchContext<'_>, record: &TrailRecord, signs: &MatchSignals) -> String {
    use MatchSignal as S;
    if record.is_test() {
        return "a dry run, which only asked whether the call would succeed".to_owned();
    }
    if signs.has(S::Throttled) && signs.has(S::LivedWith) {
        return "throttled, and tried again with success".to_owned();
    }
    if signs.has(S::Afterwards) && handler::takes(record.operation()) {
        return "teardown: called after the failure, to take away what was made".to_owned();
    }
    let logical_id = &asked.failure.event.logical_id;
    let found = PLAIN.into_iter().find(|(sign, _)| signs.has(*sign));
    let untied = || format!("nothing in it points to {logical_id} rather than to another resource");
    found.map_or_else(untied, |(_, why)| why.to_owned())
}

/// Failed calls around the failure by whoever has no part in the deployment.
fn of_others<'r>(
    index: &RecordIndex<'r>,
    asked: &MatchContext<'_>,
    known: &BTreeSet<usize>,
) -> Vec<Tempting<'r>> {
    let failed = asked.failure.failed_at();
    let window = failed - BEFORE..=failed + AFTER;
    let distance = |record: &TrailRecord| (failed - record.at).num_milliseconds().abs();
    let mut near: Vec<_> = index
        .failed_within(&window)
        .iter()
        .filter(|at| !known.contains(at))
        .filter_map(|at| Some(&index.get(*at)?.record))
        .collect();
    near.sort_by_key(|record| (distance(record), record.event_id.clone()));
    near.truncate(LOOKED_AT);
    let told = near.into_iter().filter_map(|record| {
        let is_named = record
            .request_id
            .as_ref()
            .is_some_and(|id| asked.said.requests.contains_key(id));
        if is_named {
            return None;
        }
        let why = if record.is_test() {
            "a dry run, which only asked whether the call would succeed".to_owned()
        } else if asked.principals.tie(record).is_none() {
            format!("{} has no part in this deployment", record.caller())
        } else {
            return None;
        };
        let fits = asked.said.failing.hosts.contains(&plain_host(&record.source));
        let points = u32::from(fits) * 80 + u32::from(record.is_denial()) * 45 + 20;
        Some(Tempting {
            record,
            why,
            points,
            distance: distance(record),
        })
    });
    told.collect()
}
