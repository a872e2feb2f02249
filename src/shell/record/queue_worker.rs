//! Takes messages out of the queue, keeps those that are worked on hidden from other recorders, and deletes those of
//! which everything is kept.
//!
//! The time-outs of the queue are the division of work: a recorder that is killed hides nothing any more, and
//! another one takes over. Nothing is deleted unless the loop (`shell::record`) says that it is done.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::domain::investigate::cadence;
use crate::domain::model::fault::Fault;
use crate::ports::{Clock, Queue, QueueMessage};

/// A message is hidden for so long at a time: what a killed recorder had goes to another one after it.
const HIDDEN: Duration = Duration::from_secs(120);
/// ... and is hidden again after so long.
const HIDE_AGAIN: TimeDelta = TimeDelta::seconds(40);
/// The queue waits so long for a message before it says that there is none.
const WAIT: Duration = Duration::from_secs(5);
/// After it has said so it is asked again after so long.
const PAUSE: Duration = Duration::from_secs(1);
/// So many messages are worked on at once: the queue keeps the others.
pub(super) const MOST: usize = 500;

/// What was heard from the queue.
#[derive(Debug)]
pub(super) enum Heard {
    /// A message, which is hidden from others until it is done or left.
    Message(QueueMessage),
    /// There was none.
    Empty,
    /// The queue does not answer.
    Trouble(Fault),
}

/// The messages that are worked on, by receipt: when each is hidden again.
#[derive(Debug, Default)]
struct HiddenMessages(Mutex<BTreeMap<String, DateTime<Utc>>>);

impl HiddenMessages {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, DateTime<Utc>>> {
        // A receipt is either in the map or not: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The queue, as one recorder works on it.
#[derive(Clone)]
pub(super) struct QueueWorker {
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    held: Arc<HiddenMessages>,
    /// Somebody let go of a message: there is room.
    room: Arc<Notify>,
}

impl QueueWorker {
    pub(super) fn new(queue: Arc<dyn Queue>, clock: Arc<dyn Clock>) -> Self {
        Self {
            queue,
            clock,
            held: Arc::default(),
            room: Arc::default(),
        }
    }

    /// So many messages are worked on.
    pub(super) fn held(&self) -> usize {
        self.held.lock().len()
    }

    /// What the queue does not tell of now.
    pub(super) fn blind_spot(&self) -> Option<String> {
        self.queue.blind_spot()
    }

    /// No more are taken until one is done.
    pub(super) fn is_full(&self) -> bool {
        self.held() >= MOST
    }

    /// Receives until told to stop, or until nobody hears any more.
    pub(super) async fn receive(self, heard: mpsc::Sender<Heard>, stop: CancellationToken) {
        let mut troubles = 0;
        while !stop.is_cancelled() {
            if self.is_full() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = self.room.notified() => continue,
                }
            }
            // Not given up in its midst: a message that is on its way would be hidden from everybody for nothing.
            let (news, pause) = match self.queue.receive(WAIT, HIDDEN).await {
                Ok(messages) if messages.is_empty() => {
                    troubles = 0;
                    (vec![Heard::Empty], PAUSE)
                }
                Ok(messages) => {
                    troubles = 0;
                    self.hold(&messages);
                    (messages.into_iter().map(Heard::Message).collect(), Duration::ZERO)
                }
                Err(fault) => {
                    troubles += 1;
                    let pause = cadence::after_fault(fault.kind, troubles, 0.0);
                    (vec![Heard::Trouble(fault)], pause.to_std().unwrap_or(PAUSE))
                }
            };
            for news in news {
                if heard.send(news).await.is_err() {
                    return;
                }
            }
            if !pause.is_zero() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = self.clock.sleep(pause) => {}
                }
            }
        }
    }

    fn hold(&self, messages: &[QueueMessage]) {
        let again = self.clock.now() + HIDE_AGAIN;
        let receipts = messages.iter().map(|message| (message.receipt.clone(), again));
        self.held.lock().extend(receipts);
    }

    /// Keeps what is worked on hidden until told to stop; what is left then is there for others at once.
    pub(super) async fn keep_hidden(self, stop: CancellationToken) {
        loop {
            let now = self.clock.now();
            let due: Vec<String> = {
                let mut held = self.held.lock();
                let due = held.iter_mut().filter(|(_, again)| **again <= now);
                due.map(|(receipt, again)| {
                    *again = now + HIDE_AGAIN;
                    receipt.clone()
                })
                .collect()
            };
            for receipt in due {
                if let Err(fault) = self.queue.hide(&receipt, HIDDEN).await {
                    tracing::warn!(kind = ?fault.kind, "a message could not be kept hidden: another recorder may take it, too");
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.clock.sleep(PAUSE) => {}
            }
        }
        let left: Vec<String> = std::mem::take(&mut *self.held.lock()).into_keys().collect();
        self.give_back(&left).await;
    }

    /// Deletes messages of which everything is kept. One that cannot be deleted comes again, and does no harm.
    pub(super) async fn delete(&self, receipts: &[String]) {
        for receipt in receipts {
            self.held.lock().remove(receipt);
            if let Err(fault) = self.queue.delete(receipt).await {
                tracing::warn!(kind = ?fault.kind, "a message could not be deleted: it will come again");
            }
        }
        self.room.notify_one();
    }

    /// Works no longer on messages that others may make more of: the queue gives them out again, until it puts them
    /// aside.
    pub(super) fn let_go(&self, receipts: &[String]) {
        let mut held = self.held.lock();
        for receipt in receipts {
            held.remove(receipt);
        }
        drop(held);
        self.room.notify_one();
    }

    async fn give_back(&self, receipts: &[String]) {
        for receipt in receipts {
            // What is not given back is there again when its time is up.
            let _ = self.queue.hide(receipt, Duration::ZERO).await;
        }
    }
}
