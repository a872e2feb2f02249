//! Reads the whole history of a stack and of all that is nested in it, once.

use std::collections::{BTreeSet, VecDeque};

use super::budget::Budget;
use crate::domain::cadence;
use crate::domain::event::StackEvent;
use crate::domain::fact::Fact;
use crate::domain::fault::Fault;
use crate::domain::stack::StackId;
use crate::ports::{Clock, Page, StackSource};

/// A call that fails in a way that may pass is made so often before it counts as failed.
const TRIES: u32 = 5;

/// Every event that CloudFormation still has, a fact for each page.
///
/// A nested stack that cannot be read is left out: its parent's events still tell of it.
///
/// # Errors
///
/// The root stack cannot be read.
pub async fn read(
    stacks: &dyn StackSource,
    budget: &Budget,
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
                facts.push(Fact::SourceFailed {
                    source: "cloudformation".to_owned(),
                    region: stack.region().to_owned(),
                    key: format!("events:{stack}"),
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
        facts.push(Fact::StackEventsSeen {
            stack_id: stack,
            events,
        });
    }
    Ok(facts)
}

async fn read_stack(
    stacks: &dyn StackSource,
    budget: &Budget,
    clock: &dyn Clock,
    stack: &StackId,
) -> Result<Vec<StackEvent>, Fault> {
    let mut events = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let page = patiently(stacks, budget, clock, stack, token.as_deref()).await?;
        events.extend(page.items);
        match page.next {
            Some(next) => token = Some(next),
            None => return Ok(events),
        }
    }
}

async fn patiently(
    stacks: &dyn StackSource,
    budget: &Budget,
    clock: &dyn Clock,
    stack: &StackId,
    token: Option<&str>,
) -> Result<Page<StackEvent>, Fault> {
    let mut tries = 1;
    loop {
        budget.turn().await;
        let answer = stacks.events(stack, token).await;
        budget.learn(&answer).await;
        match answer {
            Err(fault) if fault.kind.is_passing() && tries < TRIES => {
                let pause = cadence::after_fault(fault.kind, tries, 0.0);
                clock.sleep(pause.to_std().unwrap_or_default()).await;
                tries += 1;
            }
            other => return other,
        }
    }
}
