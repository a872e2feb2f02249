//! What was asked of the trail for a failure, exactly: what the plan holds for it, and what was asked before the
//! plan changed.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::plan::PlannedSearch;
use crate::domain::deployment::attempt::Attempts;
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::matching::own_time;
use crate::domain::investigate::finding::SearchState;
use crate::domain::model::trail::TrailSearch;
use crate::domain::session::Session;

/// So long before an attempt its own beginnings are looked for.
const BEGINNING: TimeDelta = TimeDelta::minutes(15);

/// The searches of one failure, those of the plan first, in its order; then what was asked and is planned no
/// more, and who began the attempt.
pub(super) fn of_failure(
    session: &Session,
    attempts: &Attempts,
    plan: &[PlannedSearch],
    asked: &[TrailSearch],
    failure: &Failure,
) -> Vec<SearchState> {
    let mut states: Vec<SearchState> = plan
        .iter()
        .filter(|planned| planned.serves.contains(&failure.key))
        .map(|planned| state(session, planned.search.clone(), planned.why.clone()))
        .collect();
    if !failure.is_root() {
        return states;
    }
    let serves_others = |search: &TrailSearch| {
        let mut same = plan.iter().filter(|planned| planned.search == *search);
        same.any(|planned| !planned.serves.is_empty())
    };
    let began = attempts
        .get(failure.attempt)
        .map_or(failure.started_at, |attempt| attempt.started_at);
    let span = began - BEGINNING..=*own_time(failure).end();
    let others = asked
        .iter()
        .filter(|search| overlaps(search, &span) && !serves_others(search));
    for search in others {
        let planned = plan.iter().find(|planned| planned.search == *search);
        let why = planned.map_or_else(
            || "asked before more was known".to_owned(),
            |planned| planned.why.clone(),
        );
        states.push(state(session, search.clone(), why));
    }
    states
}

/// Every search that was made, whether it was answered or not.
pub(super) fn asked(session: &Session) -> Vec<TrailSearch> {
    let answered = session.trail().answers().keys().cloned();
    let failed = session.source_failures().keys();
    let failed = failed
        .filter(|(source, _)| session.sources().is_trail(source))
        .filter_map(|(_, name)| TrailSearch::of_name(name));
    let all: BTreeSet<TrailSearch> = answered.chain(failed).collect();
    all.into_iter().collect()
}

fn overlaps(search: &TrailSearch, span: &RangeInclusive<DateTime<Utc>>) -> bool {
    search.from <= *span.end() && search.to >= *span.start()
}

fn state(session: &Session, search: TrailSearch, why: String) -> SearchState {
    let answered = session
        .trail()
        .last_answer(&search)
        .map(|(at, answer)| (at, answer.records, answer.complete));
    let failure = session
        .source_failures()
        .get(&(session.sources().trail().source.id.clone(), search.name()))
        .map(|failure| failure.at);
    SearchState {
        failed_at: failure.filter(|at| answered.is_none_or(|(answered, _, _)| answered < *at)),
        search,
        why,
        answered,
    }
}
