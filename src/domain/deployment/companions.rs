//! The things that a resource works with and that can be asked about instead of it: the target groups of a service, the
//! state machines and the builds behind a custom resource.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::domain::model::source::Companions;
use crate::domain::model::status::{Operation, Phase};
use crate::domain::session::Session;

/// Their names in the account: those that the resource's own settings name, or else those of its stacks, unless they are
/// so many that nothing tells which of them it is.
pub fn companions(
    session: &Session,
    of: &Companions,
    settings: &BTreeMap<String, String>,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Vec<String> {
    let known = of_stacks(session, of, (from, to));
    let is_named = |value: &&String| {
        let of_kind = value.starts_with("arn:") && value.contains(of.arn_part);
        of_kind || known.contains(*value)
    };
    let mut named: Vec<String> = settings.values().filter(is_named).cloned().collect();
    named.sort();
    named.dedup();
    if !named.is_empty() {
        return named;
    }
    if known.len() > of.most {
        return Vec::new();
    }
    known.into_iter().collect()
}

/// Those that were there at any moment of a time.
fn of_stacks(
    session: &Session,
    of: &Companions,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, history) in session.stacks() {
        let mine = history
            .telling_events()
            .filter(|event| event.resource_type == of.resource_type);
        for event in mine.filter(|event| event.at <= to) {
            let Some(id) = event.physical_id.as_ref().filter(|id| !id.is_empty()) else {
                continue;
            };
            let status = &event.status;
            let is_gone = status.operation() == Operation::Delete && status.phase() == Phase::Complete;
            if is_gone && event.at < from {
                found.remove(id);
            } else {
                found.insert(id.clone());
            }
        }
    }
    found
}
