//! Change sets that could not be made, as failures of the stack that they would have changed.
//!
//! CloudFormation writes no stack event for one. So the failure stands on an event that is put together
//! from the change set itself: its id is the change set's ARN, its status the change set's `FAILED`.

use std::collections::{BTreeMap, BTreeSet};

use super::{During, Failure, FailureKey, Role};
use crate::domain::deployment::attempt::{Attempts, CHANGE_SET_FAILED};
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::status::Status;
use crate::domain::model::validation::ChangeSet;
use crate::domain::read::reason::ReasonFacts;
use crate::domain::session::Session;

/// The failures of change sets, those of nested stacks included.
pub(super) fn failed(session: &Session, attempts: &Attempts) -> Vec<Failure> {
    session
        .validation()
        .change_sets()
        .filter(|one| one.has_failed())
        .filter_map(|one| {
            let number = attempts.number_of_change_set(&topmost(session, one).id)?;
            Some(failure(session, one, number))
        })
        .collect()
}

fn failure(session: &Session, change_set: &ChangeSet, attempt: u32) -> Failure {
    let event = StackEvent {
        stack_id: change_set.stack_id.clone(),
        event_id: change_set.id.clone(),
        at: session.validation().failed_at(change_set),
        logical_id: change_set.stack_id.name().to_owned(),
        physical_id: Some(change_set.stack_id.to_string()),
        resource_type: STACK_TYPE.to_owned(),
        status: Status::new(CHANGE_SET_FAILED),
        reason: change_set.status_reason.clone(),
        operation_id: None,
        extras: EventExtras::default(),
    };
    let text = event.reason.as_deref().unwrap_or_default();
    Failure {
        key: FailureKey {
            stack_id: event.stack_id.clone(),
            event_id: event.event_id.clone(),
        },
        attempt,
        physical_id: event.physical_id.clone(),
        started_at: change_set.created_at,
        during: During::Operation,
        role: Role::Root,
        facts: ReasonFacts::read(text, Some(&event.resource_type), Some(event.status.as_str())),
        settings: BTreeMap::new(),
        event,
    }
}

/// The change set at the top of a nested one.
fn topmost<'s>(session: &'s Session, change_set: &'s ChangeSet) -> &'s ChangeSet {
    let mut current = change_set;
    // Stacks can be nested a few deep; a chain that does not end is none.
    for _ in 0..64 {
        let above = current.parent_id.as_deref();
        match above.and_then(|id| session.validation().change_set(id)) {
            Some(above) => current = above,
            None => break,
        }
    }
    current
}

/// The change sets nested in this one, at any depth.
pub(super) fn nested_in(session: &Session, id: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::from([id.to_owned()]);
    let mut before = 0;
    while found.len() > before {
        before = found.len();
        for one in session.validation().change_sets() {
            if one
                .parent_id
                .as_ref()
                .is_some_and(|parent| found.contains(parent))
            {
                found.insert(one.id.clone());
            }
        }
    }
    found.remove(id);
    found
}
