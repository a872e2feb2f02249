//! Brings what the archive has into the store, behind the loop that records.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::DateTime;
use chrono::{TimeDelta, Utc};
use tokio::sync::mpsc;

use super::StoreWriter;
use super::conclusions::Conclusions;
use super::masked::Masked;
use crate::archive::{Open, SqliteArchive};
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;
use crate::ports::{ArchiveError, Clock};
use crate::shell::drive::falls_due;
use crate::store::{Publisher, StoreError};

/// What is seen of a deployment is in the store after so long at the latest.
const FLUSH: TimeDelta = TimeDelta::seconds(30);
/// A store that did not take something is tried again after so long.
const AGAIN: TimeDelta = TimeDelta::seconds(10);

/// What is to be brought into the store.
#[derive(Debug)]
pub(super) enum Order {
    /// Facts that an earlier run saved: those that the store has not.
    Resume(StackId, Vec<Recorded>),
    /// Facts that were saved just now.
    Take(StackId, Arc<[Recorded]>),
    /// All of a session, with what lists show of it: its messages are deleted when that is done.
    Settle(StackId, Conclusions),
    /// All of everything, and that is the end.
    End,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Stored {
    /// Everything of a session is kept where it is to be kept.
    Settled(StackId),
    /// The store does not take what it is given; so many facts wait.
    Trouble(String, usize),
    /// It does again.
    Well,
    /// So many facts of a session cannot be masked, and are not put.
    Unmasked(StackId, usize),
}

/// Brings facts into the store.
pub(super) struct Publishing {
    publisher: Option<Publisher>,
    /// What is put is masked.
    redact: bool,
    /// Of the archive.
    directory: PathBuf,
    clock: Arc<dyn Clock>,
    stored: mpsc::Sender<Stored>,
    /// Sessions that were saved before and are not compared with the store yet.
    unresumed: BTreeMap<StackId, Vec<Recorded>>,
    /// Sessions that are to be settled.
    unsettled: BTreeMap<StackId, Conclusions>,
    is_troubled: bool,
    /// When something is put into the store, unless an order comes before.
    next: Option<DateTime<Utc>>,
}

impl Publishing {
    pub(super) fn new(
        writer: Option<StoreWriter>,
        directory: PathBuf,
        clock: Arc<dyn Clock>,
        stored: mpsc::Sender<Stored>,
    ) -> Self {
        let redact = writer.as_ref().is_some_and(|writer| writer.redact);
        Self {
            publisher: writer.map(|writer| writer.publisher),
            redact,
            directory,
            clock,
            stored,
            unresumed: BTreeMap::new(),
            unsettled: BTreeMap::new(),
            is_troubled: false,
            next: None,
        }
    }

    /// Works until the end is ordered. Whether everything was put.
    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) -> bool {
        loop {
            let order = tokio::select! {
                biased;
                order = orders.recv() => order,
                () = falls_due(&*self.clock, self.next), if self.next.is_some() => {
                    self.publish(false).await;
                    continue;
                }
            };
            let mut ends = matches!(order, None | Some(Order::End));
            self.follow(order);
            // Sessions that end together are one part of the index.
            while let Ok(order) = orders.try_recv() {
                ends |= matches!(order, Order::End);
                self.follow(Some(order));
            }
            if ends {
                return self.publish(true).await;
            }
            let now = self.clock.now();
            if !self.unsettled.is_empty() && !self.is_troubled {
                self.publish(false).await;
            } else if self.next.is_none() && self.publisher.as_ref().is_some_and(|some| some.waiting() > 0) {
                self.next = Some(now + FLUSH);
            }
        }
    }

    fn follow(&mut self, order: Option<Order>) {
        match order {
            // What is masked is put when its deployment is over, out of the archive.
            Some(Order::Resume(..) | Order::Take(..)) if self.redact => {}
            Some(Order::Resume(root, facts)) => drop(self.unresumed.insert(root, facts)),
            Some(Order::Take(root, facts)) => {
                if let Some(publisher) = &mut self.publisher {
                    publisher.take(&root, &facts);
                }
            }
            Some(Order::Settle(root, told)) => drop(self.unsettled.insert(root, told)),
            Some(Order::End) | None => {}
        }
    }

    /// Puts everything that waits, and tells what is settled by it. Whether everything is put.
    async fn publish(&mut self, ends: bool) -> bool {
        let put = self.put_all().await;
        let waiting = self.publisher.as_ref().map_or(0, Publisher::waiting);
        let news = match &put {
            Ok(settled) => {
                let well = std::mem::take(&mut self.is_troubled).then_some(Stored::Well);
                well.into_iter()
                    .chain(settled.iter().cloned().map(Stored::Settled))
                    .collect()
            }
            Err(error) => {
                self.is_troubled = true;
                vec![Stored::Trouble(error.to_string(), waiting)]
            }
        };
        self.next = put.is_err().then(|| self.clock.now() + AGAIN);
        if !ends {
            for news in news {
                // A closed channel means that the program is leaving.
                let _ = self.stored.send(news).await;
            }
        }
        put.is_ok()
    }

    async fn put_all(&mut self) -> Result<BTreeSet<StackId>, StoreError> {
        let Some(publisher) = &mut self.publisher else {
            // What the archive has is kept.
            return Ok(std::mem::take(&mut self.unsettled).into_keys().collect());
        };
        while let Some((root, facts)) = self.unresumed.first_key_value() {
            let root = root.clone();
            publisher.resume(&root, facts.clone()).await?;
            self.unresumed.remove(&root);
        }
        let behind: Vec<StackId> = publisher.behind().cloned().collect();
        for root in behind {
            publisher.flush(&root).await?;
        }
        for (root, conclusions) in &self.unsettled {
            if self.redact {
                let Some(masked) = read(&self.directory, root, publisher, Masked::of).await? else {
                    continue;
                };
                if masked.lost() > 0 {
                    // A closed channel means that the program is leaving.
                    let _ = self
                        .stored
                        .send(Stored::Unmasked(root.clone(), masked.lost()))
                        .await;
                }
                masked.put(publisher).await?;
            } else if let Some(summary) =
                read(&self.directory, root, publisher, SqliteArchive::summary).await?
            {
                conclusions.note(publisher, &summary);
            }
        }
        publisher.write_deployments().await?;
        publisher.write_index(self.clock.now()).await?;
        let settled: BTreeSet<StackId> = std::mem::take(&mut self.unsettled).into_keys().collect();
        for root in &settled {
            publisher.let_go(root);
        }
        Ok(settled)
    }
}

/// What the archive has of a session; none where it has nothing. Where it cannot be read nothing is settled: facts in
/// the store of which no list tells would be found by nobody.
async fn read<T: Send + 'static>(
    directory: &Path,
    root: &StackId,
    publisher: &Publisher,
    of: fn(&SqliteArchive, &StackId) -> Result<Option<T>, ArchiveError>,
) -> Result<Option<T>, StoreError> {
    let unreadable = |error: &dyn std::fmt::Display| StoreError::Unusable {
        store: publisher.store().name().to_owned(),
        reason: format!(
            "what is saved of {} on this machine cannot be read: {error}",
            root.name()
        ),
    };
    let (directory, of_root) = (directory.to_owned(), root.clone());
    let read = move || of(&SqliteArchive::open(&directory, Open::ReadOnly)?, &of_root);
    let read = tokio::task::spawn_blocking(read).await;
    let read = read.map_err(|error| unreadable(&error))?;
    read.map_err(|error| unreadable(&error))
}
