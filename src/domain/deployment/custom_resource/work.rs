//! When CloudFormation worked on a custom resource, and with it the function behind it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::ServedResource;
use crate::domain::session::{Session, StackHistory};

/// One piece of work on a custom resource: a creation, a change or a deletion.
#[derive(Debug, Clone)]
pub(crate) struct ResourceWork {
    /// When CloudFormation began.
    pub(crate) from: DateTime<Utc>,
    /// When it came to its end, if it did.
    pub(crate) to: Option<DateTime<Utc>>,
    /// What the properties of the resource say, in lower case.
    pub(crate) settings: BTreeSet<String>,
}

/// All work on a custom resource, oldest first.
pub(crate) fn work_on(session: &Session, (stack, logical_id): &ServedResource) -> Vec<ResourceWork> {
    let mut found: Vec<ResourceWork> = Vec::new();
    let mut settings = BTreeSet::new();
    let events = session
        .stack(stack)
        .into_iter()
        .flat_map(StackHistory::telling_events);
    for event in events.filter(|event| event.logical_id == *logical_id) {
        let told = event.extras.settings.values();
        settings.extend(told.map(|value| value.to_ascii_lowercase()));
        let open = found.last_mut().filter(|work| work.to.is_none());
        match (open, event.status.is_in_progress()) {
            (None, true) => found.push(ResourceWork {
                from: event.at,
                to: None,
                settings: BTreeSet::new(),
            }),
            (Some(work), false) => work.to = Some(event.at),
            (Some(_), true) | (None, false) => {}
        }
    }
    for work in &mut found {
        work.settings.clone_from(&settings);
    }
    found
}
