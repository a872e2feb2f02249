//! A queue of messages that are delivered at least once, and hidden from others while somebody works on them.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::model::fault::Fault;

/// A message, hidden from all others until its time is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMessage {
    /// The message's own id: the same with each delivery.
    pub id: String,
    /// What this delivery is called: by it the message is kept hidden, or deleted.
    pub receipt: String,
    /// What it says.
    pub body: String,
    /// How many times it was delivered, this time included.
    pub deliveries: u32,
}

/// A queue.
#[async_trait]
pub trait Queue: Send + Sync {
    /// The next messages, ten at most, each hidden from others for so long; none where none came within the wait.
    async fn receive(&self, wait: Duration, hidden: Duration) -> Result<Vec<QueueMessage>, Fault>;

    /// Keeps a message hidden for so long from now; with no time at all it is there for others at once.
    async fn hide(&self, receipt: &str, hidden: Duration) -> Result<(), Fault>;

    /// How long it keeps a message that nobody deletes; none where it does not say so.
    async fn keeps(&self) -> Result<Option<Duration>, Fault> {
        Ok(None)
    }

    /// What it does not tell of, and why, if there is such a thing now.
    fn blind_spot(&self) -> Option<String> {
        None
    }

    /// Removes a message for good. One that is gone is removed.
    async fn delete(&self, receipt: &str) -> Result<(), Fault>;
}
