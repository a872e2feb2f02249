//! Whether all records of what was done to a thing are there: one may tell that a deed was undone.

use chrono::{DateTime, Utc};

use super::Suspect;
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::cause::thing;
use crate::domain::model::trail::{TrailKey, TrailSearch};
use crate::domain::session::Session;

/// How much of what was done to a thing since a moment is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Delivery {
    /// The trail was not asked for it yet: who undid it would not have been found.
    Unasked,
    /// It was asked, and records of that time may still come.
    Coming,
    /// It was asked so long after the failure that no record of that time is to come any more.
    Whole,
}

/// How much is known of what was done to a thing since a moment.
pub(super) fn delivery(
    session: &Session,
    failure: &Failure,
    suspect: &Suspect,
    since: DateTime<Utc>,
) -> Delivery {
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
        match newest {
            None => Delivery::Unasked,
            Some(at) if at >= failure.failed_at() + latest => Delivery::Whole,
            Some(_) => Delivery::Coming,
        }
    };
    if let Some(operations) = suspect.of_part() {
        // No name lists what was done to a part.
        let of_each = operations
            .iter()
            .map(|operation| is_answered(&|key, value| key == TrailKey::EventName && value == operation));
        return of_each.min().unwrap_or(Delivery::Whole);
    }
    let names = thing::names(std::slice::from_ref(&suspect.thing));
    is_answered(&|key, value| key == TrailKey::ResourceName && names.iter().any(|name| name == value))
}
