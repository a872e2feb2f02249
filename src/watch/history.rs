//! Reads the whole history of a stack and of all that is nested in it, once.

use std::collections::{BTreeSet, VecDeque};

use super::retry::with_retries;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::stack::{StackDescription, StackId};
use crate::ports::{Clock, StackSource};
use crate::watch::rate_limiter::RateLimiter;

/// After so many pages one that is empty is the end, whatever it says.
const EMPTY: usize = 50;

/// Every event that CloudFormation still has, a fact for each page.
///
/// A nested stack that cannot be read is left out: its parent's events still tell of it.
///
/// # Errors
///
/// The root stack cannot be read.
pub(crate) async fn read(
    stacks: &dyn StackSource,
    budget: &RateLimiter,
    clock: &dyn Clock,
    root: &StackId,
) -> Result<Vec<Fact>, Fault> {
    let mut facts = Vec::new();
    let mut seen = BTreeSet::from([root.clone()]);
    let mut queue = VecDeque::from([root.clone()]);
    while let Some(stack) = queue.pop_front() {
        let events = match read_stack(stacks, budget, clock, &stack).await {
            Ok(events) => events,
            Err(fault) if stack == *root => return Err(fault),
            Err(fault) => {
                facts.push(Fact::StackEventsUnreadable {
                    stack_id: stack,
                    fault,
                });
                continue;
            }
        };
        for child in events.iter().filter_map(StackEvent::nested_stack) {
            if seen.insert(child.clone()) {
                queue.push_back(child);
            }
        }
        facts.push(if events.is_empty() {
            Fact::StackRead { stack_id: stack }
        } else {
            Fact::StackEventsSeen {
                stack_id: stack,
                events,
            }
        });
    }
    Ok(facts)
}

async fn read_stack(
    stacks: &dyn StackSource,
    budget: &RateLimiter,
    clock: &dyn Clock,
    stack: &StackId,
) -> Result<Vec<StackEvent>, Fault> {
    let mut events = Vec::new();
    let mut token: Option<String> = None;
    let mut asked = BTreeSet::new();
    loop {
        let at = token.as_deref();
        let page = with_retries(budget, clock, || stacks.events(stack, at)).await?;
        let bare = page.items.is_empty();
        events.extend(page.items);
        match page.next {
            // A listing that leads back to where it was, or on and on through nothing, has no end.
            Some(next) if asked.insert(next.clone()) && !(bare && asked.len() > EMPTY) => token = Some(next),
            _ => return Ok(events),
        }
    }
}

/// Finds a deleted stack by its name, as long as AWS lists it (90 days): the newest of that name.
///
/// # Errors
/// The listing cannot be read.
pub(crate) async fn deleted(
    stacks: &dyn StackSource,
    budget: &RateLimiter,
    clock: &dyn Clock,
    name: &str,
) -> Result<Option<StackDescription>, Fault> {
    let mut token: Option<String> = None;
    let mut asked = BTreeSet::new();
    loop {
        let at = token.as_deref();
        let page = with_retries(budget, clock, || stacks.list(at)).await?;
        if let Some(found) = page.items.into_iter().find(|stack| stack.id.name() == name) {
            return Ok(Some(found));
        }
        match page.next {
            Some(next) if asked.insert(next.clone()) => token = Some(next),
            _ => return Ok(None),
        }
    }
}
