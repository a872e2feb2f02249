//! Whether a call had been refused before a deed already: then the deed did not bring that about.

use chrono::{DateTime, Utc};

use super::operations::gives;
use super::{Suspect, names};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::cause::thing::Thing;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;

/// The very call, of the same caller and on the same resource, was refused before the deed, and neither made with
/// success nor allowed in between.
pub(super) fn was_refused_before(
    index: &RecordIndex<'_>,
    failure: &Failure,
    suspect: &Suspect,
    deed: &TrailRecord,
    since: DateTime<Utc>,
) -> bool {
    let Some(denial) = failure.reason().and_then(Denial::read) else {
        return false;
    };
    let failed = index.failed_within(&(since..=deed.at)).iter().rev();
    let mut failed = failed.filter_map(|place| index.get(*place));
    let Some(before) = failed.find(|seen| is_the_same(&seen.record, &denial)) else {
        return false;
    };
    let between = before.record.at..=deed.at;
    let mut writes = index.writes_of(&before.record, &between).iter();
    let made_well = writes.any(|place| {
        let seen = index.get(*place);
        seen.is_some_and(|seen| seen.record.action() == before.record.action())
    });
    let mut calls = index.within(&between).iter().map(|seen| seen.record.as_ref());
    let allowed = calls
        .any(|record| gives(record.operation()) && !record.is_error() && names(failure, record, suspect));
    !made_well && !allowed
}

/// Whether a record is of the call that a denial speaks of.
fn is_the_same(record: &TrailRecord, denial: &Denial) -> bool {
    if !record.denies_the_call() {
        return false;
    }
    let said = record.error_message.as_deref().and_then(Denial::read);
    let action = said.as_ref().and_then(|said| said.action.clone());
    let action = action.unwrap_or_else(|| record.action());
    let is_action = denial
        .action
        .as_ref()
        .is_some_and(|denied| denied.eq_ignore_ascii_case(&action));
    let who = denial.principal_arn.as_deref().and_then(Thing::of_arn);
    let caller = record.identity.role_name().or(record.identity.name.as_deref());
    let is_caller = who.is_some_and(|who| caller == Some(who.name.as_str()));
    let on = |one: &Denial| one.resource_arn().map(str::to_owned);
    let resources = on(denial).zip(said.as_ref().and_then(on));
    is_action && is_caller && resources.is_none_or(|(one, other)| one == other)
}
