//! Sessions that a resource's own program made: its function assumes a role, and what follows is called under that.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::Principal;
use crate::domain::deployment::failure::Failure;
use crate::domain::model::arn::role_name;
use crate::domain::model::trail::TrailRecord;
use crate::domain::session::Session;

/// So many roles are followed one behind the other.
const DEPTH: usize = 3;
/// The trail knows whole seconds, and clocks differ a little.
const BLUR: TimeDelta = TimeDelta::seconds(2);

/// What such a session is to the failure.
pub(super) const WHAT: &str = "a session of a role that the resource's own program assumed";

/// The sessions that these principals made in the failure's own time, as the trail tells. A session that somebody else
/// made under the same name does not tell whose calls are whose, nor one that was at work before it was made here.
pub(super) fn sessions(session: &Session, failure: &Failure, own: &[Principal]) -> Vec<Principal> {
    let mut callers: Vec<Principal> = own.iter().filter(|one| one.session.is_some()).cloned().collect();
    let known = callers.len();
    // Most resources have no program of their own.
    if known == 0 {
        return Vec::new();
    }
    let window = failure.started_at - BLUR..=failure.failed_at() + BLUR;
    let records = session
        .trail()
        .records()
        .values()
        .map(|seen| seen.record.as_ref());
    let in_time: Vec<&TrailRecord> = records.filter(|record| window.contains(&record.at)).collect();
    let made: Vec<(&TrailRecord, Principal)> = in_time
        .iter()
        .filter(|record| record.source == "sts.amazonaws.com" && record.operation() == "AssumeRole")
        .filter(|record| !record.is_error())
        .filter_map(|record| Some((*record, made_session(record)?)))
        .collect();
    let was_at_work_before = |one: &Principal| {
        let makers = made.iter().filter(|(_, made)| made == one);
        let first = makers.map(|(record, _)| record.at).min();
        let mut earlier = in_time.iter().filter(|record| Some(record.at) < first);
        earlier.any(|record| is_exactly(one, record))
    };
    for _ in 0..DEPTH {
        let is_own = |record: &TrailRecord| callers.iter().any(|one| is_exactly(one, record));
        let (mine, others): (Vec<_>, Vec<_>) = made.iter().partition(|(record, _)| is_own(record));
        let is_elsewhere = |one: &Principal| others.iter().any(|(_, made)| made == one);
        let next: BTreeSet<&Principal> = mine
            .into_iter()
            .map(|(_, made)| made)
            .filter(|one| !is_elsewhere(one) && !callers.contains(one) && !was_at_work_before(one))
            .collect();
        if next.is_empty() {
            break;
        }
        callers.extend(next.into_iter().cloned());
    }
    let mut found = callers.split_off(known);
    found.sort();
    found
}

/// The session that an `AssumeRole` made.
fn made_session(record: &TrailRecord) -> Option<Principal> {
    let role = record.requested(&["roleArn"])?;
    Some(Principal {
        role: Some(role_name(&role)?.to_owned()),
        session: Some(record.requested(&["roleSessionName"])?),
        what: WHAT,
    })
}

/// Role and session both, as far as the principal has them.
fn is_exactly(principal: &Principal, record: &TrailRecord) -> bool {
    let role = record.identity.role_name();
    principal.session.is_some()
        && principal.session.as_deref() == record.identity.name.as_deref()
        && (principal.role.is_none() || principal.role.as_deref() == role)
}
