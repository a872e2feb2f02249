//! Event data stores of CloudTrail Lake, for those who still have one: asked last, where neither event history, nor a log
//! group, nor a table has the record.

use chrono::{DateTime, Utc};

use super::whose::{account_of, caller, whose, why_elsewhere};
use super::{FurtherSearch, TrailPlace};
use crate::domain::deployment::failure::FailureKey;
use crate::domain::explain::blind_spot::trails::{place, store_for};
use crate::domain::investigate::delivery::DeliveryWait;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::plan::searches;
use crate::domain::model::source::SourceId;
use crate::domain::model::trail::TrailSearch;
use crate::domain::session::Session;

/// From when on event data stores are worth describing, and the failure that it serves first.
pub fn stores_wanted(session: &Session, findings: &[Finding]) -> Option<(DateTime<Utc>, FailureKey)> {
    let each = findings.iter().filter_map(|finding| {
        let whose = whose(session, finding)?;
        caller(&finding.failure)?;
        let before = super::before_stores(session, finding);
        let has_told = before.iter().all(|search| search.has_told(session));
        has_told.then(|| (whose.since, finding.failure.key.clone()))
    });
    each.min_by_key(|(since, _)| *since)
}

/// The search of an event data store for one failure, where the stores are known: one that is wanted, or was made.
pub(super) fn of_failure(
    session: &Session,
    finding: &Finding,
    before: &[FurtherSearch],
) -> Option<FurtherSearch> {
    let failure = &finding.failure;
    let (attribute, calls_of) = caller(failure)?;
    let whose = whose(session, finding);
    let account = match &whose {
        Some(whose) => whose.account.clone(),
        None => account_of(failure)?,
    };
    let region = place(failure);
    let store = store_for(session, failure, account.as_str())?;
    let (from, to) = searches::span(failure);
    let wait = DeliveryWait::of(session, region, failure.failed_at());
    let own = || "which has calls on data that the event history does not hold".to_owned();
    let why = why_elsewhere(failure).map_or_else(own, |why| format!("since {why}"));
    let has_told = before.iter().all(|search| search.has_told(session));
    let search = FurtherSearch {
        source: SourceId::TRAIL_LAKE,
        search: TrailSearch {
            region: region.to_owned(),
            attribute: Some(attribute),
            from,
            to,
        },
        why: format!("{calls_of}, in the event data store {}, {why}", store.name),
        place: TrailPlace::Store {
            id: store.id()?,
            region: store.region()?,
            account,
        },
        serves: failure.key.clone(),
        looks: [wait.expected_at, wait.give_up_at],
        is_wanted: whose.is_some() && has_told,
    };
    (search.is_wanted || search.was_made(session)).then_some(search)
}
