//! The table over what trails deliver to S3: asked where the event history of the stack's account does not have the record
//! and no log group that can be read has it either. A query costs money, so it is the last that is asked.

use chrono::{DateTime, Utc};

use super::whose::{WantedAccount, account_of, caller, whose};
use super::{FurtherSearch, TrailPlace};
use crate::domain::deployment::failure::{Failure, FailureKey};
use crate::domain::explain::blind_spot::trails::{place, reason};
use crate::domain::investigate::delivery::DeliveryWait;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::plan::searches;
use crate::domain::model::described_trail::kind_of_data;
use crate::domain::model::source::SourceId;
use crate::domain::model::trail::TrailSearch;
use crate::domain::session::Session;

/// From when on a table is worth asking, and the failure that it serves first.
pub fn table_wanted(session: &Session, findings: &[Finding]) -> Option<(DateTime<Utc>, FailureKey)> {
    let each = findings.iter().filter_map(|finding| {
        let wanted = wanted(session, finding, &super::groups::of_failure(session, finding))?;
        caller(&finding.failure)?;
        Some((wanted.since, finding.failure.key.clone()))
    });
    each.min_by_key(|(since, _)| *since)
}

/// The search of the table for one failure, where the table is known: one that is wanted, or was made.
pub(super) fn of_failure(
    session: &Session,
    finding: &Finding,
    in_groups: &[FurtherSearch],
) -> Option<FurtherSearch> {
    let failure = &finding.failure;
    let table = session.trail().table().filter(|table| table.layout().is_ok())?;
    let (attribute, whose) = caller(failure)?;
    let wanted = wanted(session, finding, in_groups);
    let account = match &wanted {
        Some(wanted) => wanted.account.clone(),
        None => account_of(failure)?,
    };
    let (from, to) = searches::span(failure);
    let region = place(failure);
    let wait = DeliveryWait::of(session, region, failure.failed_at());
    let why = wanted.as_ref().and_then(|wanted| wanted.why.as_ref());
    let there = why.map(|why| format!(": {why}"));
    let search = FurtherSearch {
        source: SourceId::TRAIL_TABLE,
        search: TrailSearch {
            region: region.to_owned(),
            attribute: Some(attribute),
            from,
            to,
        },
        why: format!("{whose}, in {}{}", table.name, there.unwrap_or_default()),
        place: TrailPlace::Table {
            name: table.name.clone(),
            account,
        },
        serves: failure.key.clone(),
        looks: [wait.expected_at, wait.give_up_at],
        is_wanted: wanted.is_some(),
    };
    (search.is_wanted || search.was_made(session)).then_some(search)
}

/// Why a table is asked, and whose calls it is asked for.
fn wanted(session: &Session, finding: &Finding, in_groups: &[FurtherSearch]) -> Option<WantedAccount> {
    let wanted = whose(session, finding)?;
    let why = match &wanted.why {
        Some(why) => why.clone(),
        None => own_trails(session, &finding.failure, in_groups)?,
    };
    Some(WantedAccount {
        why: Some(why),
        ..wanted
    })
}

/// Why what the account's own trails deliver to S3 is looked at; none where they deliver nothing of the kind there, or a log
/// group has it, too, and has not told yet.
fn own_trails(session: &Session, failure: &Failure, in_groups: &[FurtherSearch]) -> Option<String> {
    let region = place(failure);
    let Some(trails) = session.trail().described(region) else {
        let asked = (SourceId::TRAILS, format!("trails:{region}"));
        let is_untold = session.source_failures().contains_key(&asked);
        return is_untold.then(|| "which trails there are is not told".to_owned());
    };
    if !in_groups.iter().all(|search| search.has_told(session)) {
        return None;
    }
    let kind = failure.facts.denied_action.as_deref().and_then(kind_of_data);
    let mut into_s3 = trails.iter().filter(|trail| trail.bucket.is_some());
    let trail = into_s3.find(|trail| trail.records_data(kind) != Some(false))?;
    Some(match trail.records_data(kind) {
        Some(_) => reason(trail, kind),
        None => format!("what the trail {} records could not be read", trail.name),
    })
}
