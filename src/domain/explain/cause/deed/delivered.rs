//! Whether all records of what was done to a thing are there: one may tell that a deed was undone.

use chrono::{DateTime, Utc};

use super::Suspect;
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::cause::thing;
use crate::domain::model::trail::{TrailKey, TrailSearch};
use crate::domain::session::Session;

/// Whether the trail was asked for it, since a moment, so long after the failure that no record of that time is to come any
/// more.
pub(super) fn is_delivered(
    session: &Session,
    failure: &Failure,
    suspect: &Suspect,
    since: DateTime<Utc>,
) -> bool {
    let latest = session.sources().trail().delivery.latest;
    let is_answered = |is_of_it: &dyn Fn(TrailKey, &str) -> bool| {
        let asks = |search: &TrailSearch| {
            let attribute = search.attribute.as_ref();
            attribute.is_none_or(|one| is_of_it(one.key, &one.value))
                && search.from <= since
                && search.to.timestamp() >= failure.failed_at().timestamp()
        };
        let answers = session.trail().answers().iter();
        let asked = answers.filter(|(search, _)| asks(search));
        let newest = asked
            .filter_map(|(_, answers)| answers.last_key_value().map(|(at, _)| *at))
            .max();
        newest.is_some_and(|at| at >= failure.failed_at() + latest)
    };
    if let Some(operations) = suspect.of_part() {
        // No name lists what was done to a part.
        let mut all = operations.iter();
        return all
            .all(|operation| is_answered(&|key, value| key == TrailKey::EventName && value == operation));
    }
    let names = thing::names(std::slice::from_ref(&suspect.thing));
    is_answered(&|key, value| key == TrailKey::ResourceName && names.iter().any(|name| name == value))
}
