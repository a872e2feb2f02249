//! When a planned search is due: early, since records may be there already, then at lengthening intervals
//! around the time at which they are expected, and a last time when the wait ends.

use chrono::{DateTime, TimeDelta, Utc};

use super::{PlannedSearch, SearchTier};
use crate::domain::investigate::delivery::DeliveryWait;
use crate::domain::session::Session;

/// Not before this moment; none when it need not be made (again).
///
/// A search first made after the wait is over is made once. One that was answered after the wait is over is
/// never repeated, unless that answer was cut short. An answer dated after `now` was given under a clock that
/// was ahead and has been set back since: it does not say when to ask again.
pub fn due(
    session: &Session,
    planned: &PlannedSearch,
    wait: DeliveryWait,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if !planned.is_needed || is_out_of_reach(session, planned, now) {
        return None;
    }
    let looks = looks(session, planned, &wait);
    let answers = session.trail().answers().get(&planned.search);
    let last = answers.and_then(|answers| answers.range(..=now).next_back());
    let Some((&at, answer)) = last else {
        return looks.first().copied();
    };
    if wait.is_over(at) {
        let cut_short = !answer.complete && answer.calls < planned.max_pages;
        let late = answers.map_or(0, |answers| {
            let past = answers.range(..=now).rev();
            past.take_while(|(at, _)| **at >= wait.give_up_at).count()
        });
        return (cut_short && late < 3).then(|| at + TimeDelta::minutes(1));
    }
    looks.into_iter().find(|look| *look > at)
}

/// The trail does not reach back so far any more.
pub fn is_out_of_reach(session: &Session, planned: &PlannedSearch, now: DateTime<Utc>) -> bool {
    let reach = session.sources().trail().reach;
    now.checked_sub_signed(reach)
        .is_some_and(|since| planned.search.to < since)
}

/// When nothing more can come of what was done before a failure.
pub(super) fn last_look(session: &Session, planned: &PlannedSearch) -> DateTime<Utc> {
    planned.waits_from + session.sources().trail().delivery.latest
}

/// When a search is made for the first time.
pub fn first_look(session: &Session, planned: &PlannedSearch) -> Option<DateTime<Utc>> {
    looks(session, planned, &planned.wait(session)).first().copied()
}

/// The moments at which a search is made, in order, in hundredths of the typical wait.
fn looks(session: &Session, planned: &PlannedSearch, wait: &DeliveryWait) -> Vec<DateTime<Utc>> {
    let typical = (wait.expected_at - planned.waits_from).max(TimeDelta::seconds(1));
    let shares: &[i32] = match planned.tier {
        SearchTier::Eager => &[80, 130, 240],
        SearchTier::Patient => &[110, 200],
        SearchTier::Context => &[130],
        SearchTier::Before | SearchTier::Implied => &[0],
        SearchTier::Undoing | SearchTier::Afterthought | SearchTier::LastResort | SearchTier::WalkBack => &[],
    };
    let mut looks: Vec<DateTime<Utc>> = shares
        .iter()
        .filter_map(|share| planned.waits_from.checked_add_signed(typical * *share / 100))
        .filter(|look| *look < wait.give_up_at)
        .collect();
    if planned.tier == SearchTier::Eager {
        looks.insert(0, wait.look_from);
    }
    // Where newer records have come already this one may have, and a watch must not end before it was asked for.
    if planned.tier == SearchTier::Context && wait.passed {
        looks.push(wait.earliest_at);
    }
    match planned.tier {
        SearchTier::Implied => {}
        SearchTier::Undoing => looks.push(last_look(session, planned)),
        _ => looks.push(wait.give_up_at),
    }
    looks.sort_unstable();
    looks.dedup();
    looks
}
