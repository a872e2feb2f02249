//! The recorder: an archive on a thread of its own, through which every fact passes before it is shown.
//!
//! When the archive fails, facts are passed on all the same, marked as not saved, and kept in memory until
//! the archive takes them. None is ever dropped: what waits shares its memory with what was passed on, so
//! that it costs little more than the session on the screen does anyway.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::timeout;

use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::ports::archive::{Archive, ArchiveError, Batch, SaveState, Saved};

/// How much one transaction takes at most, in events, records and lines: enough to make the cost of
/// `fsync` small, little enough to be written in some tens of milliseconds.
const ENOUGH: usize = 2_000;

/// The pause before the first new attempt, doubled with each.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause: how long after the trouble is over facts may still be unsaved.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often it is looked whether the archive is still where it was, while nothing is appended.
const LOOK: Duration = Duration::from_secs(5);

/// How often the archive is tried once more when the program ends.
const LAST_ATTEMPTS: u32 = 3;

/// A running recorder.
#[derive(Debug)]
pub struct Recorder {
    thread: JoinHandle<SaveState>,
}

impl Recorder {
    /// Starts a thread that commits what comes in by `facts` and then sends it on by `out`.
    ///
    /// What has piled up is committed together, one transaction per root stack. The thread ends when all
    /// senders of `facts` are gone; a closed `out` does not keep it from saving.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn spawn(archive: Box<dyn Archive>, facts: Receiver<Batch>, out: Sender<Saved>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let recorder = RecorderLoop {
            archive,
            facts,
            out,
            runtime,
            waiting: VecDeque::new(),
            trouble: None,
            last: None,
        };
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || recorder.run())?;
        Ok(Self { thread })
    }

    /// Waits until everything is saved and the thread has ended, and tells how that went. Blocks: drop all
    /// senders of the facts first.
    pub fn join(self) -> SaveState {
        self.thread.join().unwrap_or_else(|_| SaveState::NotSaving {
            reason: "the recorder stopped unexpectedly".to_owned(),
            pending: 0,
        })
    }
}

/// What has piled up for one session.
struct PendingBatch {
    facts: Vec<Recorded>,
    ends: Vec<String>,
}

/// What waits for the archive.
struct Waiting {
    root: StackId,
    facts: Arc<[Recorded]>,
}

/// Why saving fails, and when it is tried again.
struct Trouble {
    reason: String,
    /// Not before this moment.
    due: Instant,
    pause: Duration,
    /// Trouble with the archive as a whole, not with these facts: nothing else is worth trying.
    passing: bool,
}

/// What the recorder's thread works at.
struct RecorderLoop {
    archive: Box<dyn Archive>,
    facts: Receiver<Batch>,
    out: Sender<Saved>,
    runtime: Runtime,
    waiting: VecDeque<Waiting>,
    trouble: Option<Trouble>,
    /// The session that was recorded last: whom trouble is told that comes without facts.
    last: Option<StackId>,
}

/// What a wait for facts brought.
enum Next {
    Batch(Batch),
    Due,
    Look,
    Closed,
}

impl RecorderLoop {
    fn run(mut self) -> SaveState {
        loop {
            match self.next() {
                Next::Batch(first) => {
                    for (root, pending) in self.drain(first) {
                        self.record(root, pending);
                    }
                }
                Next::Due => self.retry(),
                Next::Look => self.settle(),
                Next::Closed => break,
            }
        }
        self.settle();
        for _ in 0..LAST_ATTEMPTS {
            let Some(trouble) = &mut self.trouble else { break };
            trouble.pause = FIRST_PAUSE / 2;
            let left = trouble.due.saturating_duration_since(Instant::now());
            let pause = left.min(FIRST_PAUSE);
            // The sleep must be made within the runtime, hence the block.
            self.runtime.block_on(async { tokio::time::sleep(pause).await });
            self.retry();
        }
        self.state()
    }

    fn next(&mut self) -> Next {
        let (left, then) = match &self.trouble {
            None => (LOOK, Next::Look),
            Some(trouble) => (trouble.due.saturating_duration_since(Instant::now()), Next::Due),
        };
        if left.is_zero() {
            return then;
        }
        let facts = &mut self.facts;
        match self.runtime.block_on(async { timeout(left, facts.recv()).await }) {
            Ok(batch) => batch.map_or(Next::Closed, Next::Batch),
            Err(_) => then,
        }
    }

    /// Looks whether what was saved is still there.
    fn settle(&mut self) {
        if self.trouble.is_some() {
            return;
        }
        let Some(root) = self.last.clone() else { return };
        if let Err(error) = self.archive.settle() {
            self.note(&error);
            self.pass_on(root, Arc::from([]), Vec::new());
        }
    }

    /// Takes what has piled up behind the first batch, by root stack in the order of arrival.
    fn drain(&mut self, first: Batch) -> Vec<(StackId, PendingBatch)> {
        let mut taken = weight(&first.facts);
        let mut by_root = vec![(
            first.root,
            PendingBatch {
                facts: first.facts,
                ends: Vec::from_iter(first.ends),
            },
        )];
        while taken < ENOUGH {
            let Ok(batch) = self.facts.try_recv() else { break };
            taken += weight(&batch.facts);
            if let Some((_, pending)) = by_root.iter_mut().find(|(root, _)| *root == batch.root) {
                pending.facts.extend(batch.facts);
                pending.ends.extend(batch.ends);
            } else {
                let pending = PendingBatch {
                    facts: batch.facts,
                    ends: Vec::from_iter(batch.ends),
                };
                by_root.push((batch.root, pending));
            }
        }
        by_root
    }

    fn record(&mut self, root: StackId, pending: PendingBatch) {
        let facts: Arc<[Recorded]> = pending.facts.into();
        self.last = Some(root.clone());
        let hopeless = self.trouble.as_ref().is_some_and(|trouble| trouble.passing);
        let saved = !hopeless
            && match self.archive.append(&root, &facts) {
                Ok(()) => true,
                Err(error) => {
                    self.note(&error);
                    false
                }
            };
        if !saved {
            self.waiting.push_back(Waiting {
                root: root.clone(),
                facts: Arc::clone(&facts),
            });
        }
        self.pass_on(root, facts, pending.ends);
    }

    /// Tries everything that waits, oldest first.
    fn retry(&mut self) {
        let mut still_waiting = VecDeque::new();
        let mut failure: Option<ArchiveError> = None;
        let mut last_root = None;
        while let Some(waiting) = self.waiting.pop_front() {
            match self.archive.append(&waiting.root, &waiting.facts) {
                Ok(()) => last_root = Some(waiting.root),
                Err(error) => {
                    let stop = is_passing(&error);
                    failure = Some(error);
                    still_waiting.push_back(waiting);
                    if stop {
                        break;
                    }
                }
            }
        }
        still_waiting.append(&mut self.waiting);
        self.waiting = still_waiting;
        if failure.is_none()
            && let Err(error) = self.archive.settle()
        {
            failure = Some(error);
        }
        last_root = last_root.or_else(|| self.last.clone());
        match failure {
            Some(error) => self.note(&error),
            None => self.trouble = None,
        }
        if let Some(root) = last_root {
            self.pass_on(root, Arc::from([]), Vec::new());
        }
    }

    fn note(&mut self, error: &ArchiveError) {
        let pause = self.trouble.as_ref().map_or(FIRST_PAUSE, |trouble| {
            trouble.pause.saturating_mul(2).min(LONGEST_PAUSE)
        });
        let reason = error.to_string();
        if self.trouble.is_none() {
            tracing::warn!(reason, "facts are not being saved");
        }
        self.trouble = Some(Trouble {
            reason,
            due: Instant::now() + pause,
            pause,
            passing: is_passing(error),
        });
    }

    fn state(&self) -> SaveState {
        match &self.trouble {
            None => SaveState::Saved,
            Some(trouble) => SaveState::NotSaving {
                reason: trouble.reason.clone(),
                pending: self.waiting.iter().map(|waiting| weight(&waiting.facts)).sum(),
            },
        }
    }

    fn pass_on(&self, root: StackId, facts: Arc<[Recorded]>, ends: Vec<String>) {
        let state = self.state();
        // Nobody listens any more while the program ends; what it saw is saved all the same.
        let _ = self.out.blocking_send(Saved {
            root,
            facts,
            ends,
            state,
        });
    }
}

/// The archive as a whole does not work at the moment, whatever one gives it.
fn is_passing(error: &ArchiveError) -> bool {
    match error {
        ArchiveError::Storage { passing, .. } => *passing,
        ArchiveError::Directory { .. }
        | ArchiveError::Damaged { .. }
        | ArchiveError::Newer { .. }
        | ArchiveError::Linked { .. }
        | ArchiveError::NotAFile { .. }
        | ArchiveError::Lost { .. } => true,
        ArchiveError::NoSession { .. } | ArchiveError::NoneYet | ArchiveError::Ambiguous { .. } => false,
    }
}

/// How many events, records, lines and other facts these are.
fn weight(facts: &[Recorded]) -> usize {
    facts
        .iter()
        .map(|recorded| match &recorded.fact {
            Fact::StackEventsSeen { events, .. } => events.len().max(1),
            Fact::TrailSearched { answer } => answer.records.len() + 1,
            Fact::LogsRead { answer } => answer.lines.len() + 1,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests;
