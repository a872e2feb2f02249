//! The session that a listing of events tells of.

use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::domain::read::event_listing::{self, DumpError};
use crate::domain::session::Session;

/// The session that an event listing tells of: its root is the stack that no other event names as nested.
///
/// Members that are missing are missing; times that are missing follow the order of the listing.
///
/// # Errors
/// When there is no event in the text.
pub fn read(text: &str) -> Result<Session, DumpError> {
    let events = event_listing::events(text)?;
    let nested: Vec<StackId> = events.iter().filter_map(StackEvent::nested_stack).collect();
    let root = events
        .iter()
        .map(|event| &event.stack_id)
        .find(|stack| !nested.contains(stack))
        .or_else(|| events.first().map(|event| &event.stack_id))
        .ok_or(DumpError::NoEvents)?
        .clone();
    let observed_at = events.iter().map(|event| event.at).max().unwrap_or_default();
    let facts = Recorded {
        observed_at,
        fact: Fact::StackEventsSeen {
            stack_id: root.clone(),
            events: Vec::new(),
        },
    };
    let mut session = Session::replay(root, [&facts]);
    for event in events {
        // Tools repeat what failed at the end, cut or in other words: what was said first counts.
        let history = session.stack(&event.stack_id);
        if history.is_some_and(|history| history.knows(&event.event_id)) {
            continue;
        }
        let fact = Fact::StackEventsSeen {
            stack_id: event.stack_id.clone(),
            events: vec![event],
        };
        session.apply(&Recorded { observed_at, fact });
    }
    // What has no id or no time that can be is no event.
    if session.event_count() == 0 {
        return Err(DumpError::NoEvents);
    }
    Ok(session)
}

#[cfg(test)]
mod tests;
