//! What is in progress, found by listing, for accounts in which nothing fills a queue: the same to the recorder as one.
//!
//! A round lists the region's stacks, a bounded number of pages of it, newest first. A stack that moves is a message,
//! and so is one that stands otherwise than in the round before: it may have begun and ended in between.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;

use crate::domain::model::fault::Fault;
use crate::domain::model::stack::{StackDescription, StackId};
use crate::ports::{Clock, Queue, QueueMessage, StackSource};

/// A round begins so long after the one before.
const ROUND: TimeDelta = TimeDelta::seconds(20);
/// A round is so many calls at most, a hundred stacks each ...
const PAGES: usize = 50;
/// ... and each of them puts off the next one.
const A_CALL: TimeDelta = TimeDelta::seconds(2);

/// The stacks of a region as a queue.
pub(crate) struct Polling {
    stacks: Arc<dyn StackSource>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the last round began.
    last: Option<DateTime<Utc>>,
    /// When the next one is to begin.
    next: Option<DateTime<Utc>>,
    /// There are more stacks than it looked at.
    is_cut: bool,
    /// How each stack stood in it.
    known: BTreeMap<StackId, String>,
    /// Messages that are not done, by receipt.
    messages: BTreeMap<String, Waiting>,
    /// So many messages there were.
    count: u64,
}

#[derive(Debug)]
struct Waiting {
    body: String,
    hidden_until: DateTime<Utc>,
    deliveries: u32,
}

impl Polling {
    /// Of these stacks.
    pub(crate) fn new(stacks: Arc<dyn StackSource>, clock: Arc<dyn Clock>) -> Self {
        Self {
            stacks,
            clock,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A round is taken in as a whole or not at all.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn round(&self, now: DateTime<Utc>) -> Result<(), Fault> {
        let (mut found, mut next, mut calls) = (Vec::new(), None, 0);
        for _ in 0..PAGES {
            let page = self.stacks.list(next.as_deref()).await?;
            calls += 1;
            found.extend(page.items);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        let mut state = self.state();
        state.is_cut = next.is_some();
        state.next = Some(now + ROUND.max(A_CALL * calls));
        state.take(found, now);
        Ok(())
    }
}

impl State {
    fn take(&mut self, found: Vec<StackDescription>, now: DateTime<Utc>) {
        let is_first = self.last.is_none();
        for stack in found {
            let status = stack.status.as_str().to_owned();
            let before = self.known.insert(stack.id.clone(), status.clone());
            if before.as_ref() == Some(&status) {
                continue;
            }
            // What stood so when the recorder began is history; what is new and over already was missed in between.
            if stack.status.is_in_progress() || !is_first {
                self.tell(&stack.id, &status, now);
            }
        }
        self.last = Some(now);
    }

    fn tell(&mut self, stack: &StackId, status: &str, now: DateTime<Utc>) {
        self.count += 1;
        let id = format!("listed-{}", self.count);
        let body = json!({
            "id": id, "source": "aws.cloudformation", "detail-type": "CloudFormation Stack Status Change",
            "account": stack.account(), "region": stack.region(), "time": now.to_rfc3339_opts(SecondsFormat::Secs, true),
            "detail": { "stack-id": stack, "status-details": { "status": status } },
        });
        let waiting = Waiting {
            body: body.to_string(),
            hidden_until: DateTime::<Utc>::MIN_UTC,
            deliveries: 0,
        };
        self.messages.insert(id, waiting);
    }

    fn receive(&mut self, hidden: TimeDelta, now: DateTime<Utc>) -> Vec<QueueMessage> {
        let there = self
            .messages
            .iter_mut()
            .filter(|(_, waiting)| waiting.hidden_until <= now);
        let messages = there.take(10).map(|(id, waiting)| {
            waiting.hidden_until = now + hidden;
            waiting.deliveries += 1;
            QueueMessage {
                id: id.clone(),
                receipt: id.clone(),
                body: waiting.body.clone(),
                deliveries: waiting.deliveries,
            }
        });
        messages.collect()
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[async_trait]
impl Queue for Polling {
    async fn receive(&self, wait: Duration, hidden: Duration) -> Result<Vec<QueueMessage>, Fault> {
        let now = self.clock.now();
        let next = self.state().next.unwrap_or(now);
        if next <= now {
            self.round(now).await?;
        }
        let messages = self.state().receive(delta(hidden), self.clock.now());
        if messages.is_empty() {
            self.clock.sleep_until(next.max(now).min(now + delta(wait))).await;
        }
        Ok(messages)
    }

    async fn hide(&self, receipt: &str, hidden: Duration) -> Result<(), Fault> {
        let now = self.clock.now();
        if let Some(waiting) = self.state().messages.get_mut(receipt) {
            waiting.hidden_until = now + delta(hidden);
        }
        Ok(())
    }

    fn blind_spot(&self) -> Option<String> {
        let is_cut = self.state().is_cut;
        is_cut.then(|| {
            let most = PAGES * 100;
            format!("only the newest {most} stacks of the region are looked at: for more, fill a queue (assets/recorder.yaml)")
        })
    }

    async fn delete(&self, receipt: &str) -> Result<(), Fault> {
        self.state().messages.remove(receipt);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(name: &str, status: &str) -> StackDescription {
        let id = format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f31");
        serde_json::from_value(json!({ "id": id, "status": status })).unwrap()
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
    }

    fn told(state: &mut State, second: i64) -> Vec<String> {
        let told = state.receive(TimeDelta::seconds(120), at(second));
        told.into_iter().map(|message| message.body).collect()
    }

    #[test]
    fn what_moves_is_told_once_and_what_ended_between_two_rounds_too() {
        let mut state = State::default();
        state.take(
            vec![
                stack("done", "CREATE_COMPLETE"),
                stack("busy", "UPDATE_IN_PROGRESS"),
            ],
            at(0),
        );
        let first = told(&mut state, 0);
        assert_eq!(first.len(), 1);
        assert!(first[0].contains("stack/busy/"), "{first:?}");
        assert!(told(&mut state, 1).is_empty(), "it is hidden");
        state.take(
            vec![
                stack("done", "CREATE_COMPLETE"),
                stack("busy", "UPDATE_IN_PROGRESS"),
            ],
            at(20),
        );
        assert!(told(&mut state, 20).is_empty(), "nothing is new");
        let between = vec![
            stack("done", "UPDATE_ROLLBACK_COMPLETE"),
            stack("new", "ROLLBACK_COMPLETE"),
        ];
        state.take(between, at(40));
        assert_eq!(told(&mut state, 40).len(), 2);
    }

    #[test]
    fn what_is_not_done_comes_again() {
        let mut state = State::default();
        state.take(vec![stack("busy", "UPDATE_IN_PROGRESS")], at(0));
        assert_eq!(told(&mut state, 0).len(), 1);
        assert_eq!(told(&mut state, 121).len(), 1);
    }
}
