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
    let window = failure.started_at - BLUR..=failure.failed_at() + BLUR;
    let records = || {
        session
            .trail()
            .records()
            .values()
            .map(|seen| seen.record.as_ref())
    };
    let made: Vec<&TrailRecord> = records()
        .filter(|record| record.source == "sts.amazonaws.com" && record.operation() == "AssumeRole")
        .filter(|record| !record.is_error() && window.contains(&record.at))
        .collect();
    let was_at_work_before = |one: &Principal| {
        let mut makers = made
            .iter()
            .filter(|record| made_session(record).as_ref() == Some(one));
        let first = makers
            .next()
            .map(|first| makers.fold(first.at, |at, record| at.min(record.at)));
        let earlier = |record: &&TrailRecord| window.contains(&record.at) && Some(record.at) < first;
        records().filter(earlier).any(|record| is_exactly(one, record))
    };
    let mut callers: Vec<Principal> = own.iter().filter(|one| one.session.is_some()).cloned().collect();
    let mut found: BTreeSet<Principal> = BTreeSet::new();
    for _ in 0..DEPTH {
        let is_own = |record: &&TrailRecord| callers.iter().any(|one| is_exactly(one, record));
        let (mine, others): (Vec<&TrailRecord>, Vec<&TrailRecord>) = made.iter().copied().partition(is_own);
        let elsewhere: BTreeSet<Principal> = others.into_iter().filter_map(made_session).collect();
        let mut next: Vec<Principal> = mine.into_iter().filter_map(made_session).collect();
        next.retain(|one| !elsewhere.contains(one) && !callers.contains(one) && !found.contains(one));
        next.retain(|one| !was_at_work_before(one));
        if next.is_empty() {
            break;
        }
        found.extend(next.iter().cloned());
        callers.extend(next);
    }
    found.into_iter().collect()
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
