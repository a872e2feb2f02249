//! Everything that runs while AWS is watched: followers, the inquiry runner, the recorder, and the door to the state.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use color_eyre::eyre::{Result, WrapErr as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::Message;
use crate::archive::{Open, Recorder, RetryingArchive, SqliteArchive};
use crate::aws::{
    self, AthenaTables, CloudFormation, CloudTrail, CloudTrailLake, Connection, Functions, LogInsights, Logs,
    Trails, Validations,
};
use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::source::declared;
use crate::domain::model::stack::{StackId, StackTarget};
use crate::domain::model::trail_query::TrailEngines;
use crate::ports::{Archive as _, ArchiveError, Batch, Clock, Queue, SaveState, Saved, StackSource};
use crate::shell::watch_queue::{SeenFacts, WatchQueue};
use crate::watch::{
    Follower, InquiryRunner, Ports, PushRegistry, RateLimiter, SavedHistory, SourceStatusUpdate, sources,
};

/// Batches on their way to the archive. A slow disk slows the followers, and nothing is lost.
const FACTS: usize = 64;
/// Messages on their way to the state. A slow screen slows the recorder.
const MESSAGES: usize = 256;
/// Reports of how sources are doing.
const REPORTS: usize = 64;
/// Calls to CloudFormation are at least this far apart, over all stacks on the screen.
const STACK_GAP: TimeDelta = TimeDelta::milliseconds(200);
/// While CloudFormation throttles, calls are at most this far apart.
const STACK_WIDEST: TimeDelta = TimeDelta::seconds(15);

/// The running engine.
pub(crate) struct Live {
    /// What reaches the state.
    pub messages: mpsc::Receiver<Message>,
    /// Where the shell puts what it has to say itself.
    pub notices: mpsc::Sender<Message>,
    runner: Arc<InquiryRunner>,
    /// What every target is followed by.
    follower: Follower,
    stop: CancellationToken,
    tasks: TaskTracker,
    recorder: Recorder,
}

/// What the engine is started with.
pub(crate) struct Start {
    /// The connection to AWS.
    pub connection: Arc<Connection>,
    /// The archive that records.
    pub archive: RetryingArchive,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is followed.
    pub targets: Vec<StackTarget>,
    /// What tells of news before it is polled, if there is such a queue.
    pub queue: Option<Arc<dyn Queue>>,
    /// Which engines may be asked for what trails recorded.
    pub engines: TrailEngines,
}

/// The budget for all calls to CloudFormation, whoever makes them.
pub(crate) fn stack_budget(clock: &Arc<dyn Clock>) -> RateLimiter {
    RateLimiter::new(Arc::clone(clock), STACK_GAP, STACK_WIDEST)
}

impl Live {
    /// Starts everything.
    ///
    /// # Errors
    ///
    /// The system gives no thread for the recorder.
    pub(crate) fn start(start: Start) -> Result<Self> {
        let Start {
            connection,
            archive,
            clock,
            targets,
            queue,
            engines,
        } = start;
        let past: Arc<dyn SavedHistory> = Arc::new(SavedPast {
            directory: archive.directory().to_owned(),
            listens: queue.is_some(),
        });
        let (facts, facts_in) = mpsc::channel::<Batch>(FACTS);
        let (saved, saved_out) = mpsc::channel::<Saved>(FACTS);
        let (reports, reports_out) = mpsc::channel::<SourceStatusUpdate>(REPORTS);
        let (messages_in, messages) = mpsc::channel(MESSAGES);
        let recorder = Recorder::spawn(Box::new(archive), facts_in, saved.clone())
            .wrap_err("the thread that saves could not be started")?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let push = PushRegistry::default();
        let watch_queue = queue.map(|queue| WatchQueue {
            queue,
            clock: Arc::clone(&clock),
            push: push.clone(),
            facts: facts.clone(),
            notices: messages_in.clone(),
        });
        let seen = watch_queue.map(|watch_queue| beside(watch_queue, &tasks, &stop));
        tasks.spawn(forward(saved_out, reports_out, messages_in.clone(), seen));
        let stacks: Arc<dyn StackSource> = Arc::new(CloudFormation::new(Arc::clone(&connection)));
        let budget = stack_budget(&clock);
        let follower = Follower {
            stacks,
            clock: Arc::clone(&clock),
            budget: budget.clone(),
            facts: facts.clone(),
            saved,
            reports: reports.clone(),
            past,
            push,
            stop: stop.clone(),
        };
        let asked = sources::with_engines(engines);
        let runner = InquiryRunner::new(ports(&connection), asked, clock, facts, reports);
        let runner = Arc::new(runner.sharing(declared::CLOUDFORMATION.pace, budget));
        let live = Self {
            messages,
            notices: messages_in,
            runner,
            follower,
            stop,
            tasks,
            recorder,
        };
        for target in targets {
            live.follow(target);
        }
        Ok(live)
    }

    /// Follows one more target, until what is returned is cancelled or everything ends.
    pub(crate) fn follow(&self, target: StackTarget) -> CancellationToken {
        let stop = self.stop.child_token();
        let follower = Follower {
            stop: stop.clone(),
            ..self.follower.clone()
        };
        self.tasks.spawn(follower.follow(target));
        stop
    }

    /// Hands over what reaches the state.
    pub(crate) fn take_messages(&mut self) -> mpsc::Receiver<Message> {
        let (_, none) = mpsc::channel(1);
        std::mem::replace(&mut self.messages, none)
    }

    /// Asks a source of evidence for a session. What it says comes back as messages.
    pub(crate) fn inquire(&self, root: StackId, inquiry: Inquiry) {
        let runner = Arc::clone(&self.runner);
        let stop = self.stop.clone();
        self.tasks
            .spawn(async move { runner.answer(root, inquiry, stop).await });
    }

    /// Puts facts on record that were read by other means.
    pub(crate) async fn record(&self, batch: Batch) {
        // A closed channel means that the program is leaving.
        let _ = self.follower.facts.send(batch).await;
    }

    /// The same where nobody can wait; gives it back where there is no room now.
    pub(crate) fn offer(&self, batch: Batch) -> Result<(), Batch> {
        match self.follower.facts.try_send(batch) {
            Ok(()) => Ok(()),
            Err(refused) => Err(refused.into_inner()),
        }
    }

    /// Ends everything; what was seen is saved. Returns whether it is.
    pub(crate) async fn shut_down(self) -> SaveState {
        let Self {
            mut messages,
            notices,
            runner,
            follower,
            stop,
            tasks,
            recorder,
        } = self;
        stop.cancel();
        tasks.close();
        drop((runner, follower, notices));
        // The recorder may be waiting for a free place in the channel: take what it has to say.
        let drained = async { while messages.recv().await.is_some() {} };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), drained).await;
        drop(messages);
        tokio::task::spawn_blocking(move || recorder.join())
            .await
            .unwrap_or_default()
    }
}

/// What answers inquiries.
fn ports(connection: &Arc<Connection>) -> Ports {
    Ports {
        trail: Arc::new(CloudTrail::new(Arc::clone(connection))),
        trails: Arc::new(Trails::new(Arc::clone(connection))),
        tables: Arc::new(AthenaTables::new(Arc::clone(connection))),
        stores: Arc::new(CloudTrailLake::new(Arc::clone(connection))),
        queries: Arc::new(LogInsights::new(Arc::clone(connection))),
        logs: Arc::new(Logs::new(Arc::clone(connection))),
        functions: Arc::new(Functions::new(Arc::clone(connection))),
        services: aws::services(connection),
        validation: Arc::new(Validations::new(Arc::clone(connection))),
    }
}

/// Has a queue read beside everything else; where it hears what was seen.
fn beside(watch_queue: WatchQueue, tasks: &TaskTracker, stop: &CancellationToken) -> mpsc::Sender<SeenFacts> {
    let (seen, seen_in) = mpsc::channel(FACTS);
    tasks.spawn(watch_queue.run(seen_in, stop.clone()));
    seen
}

/// One door, one order: what is saved and how the sources are doing, as messages.
async fn forward(
    mut saved: mpsc::Receiver<Saved>,
    mut reports: mpsc::Receiver<SourceStatusUpdate>,
    messages: mpsc::Sender<Message>,
    seen: Option<mpsc::Sender<SeenFacts>>,
) {
    loop {
        let message = tokio::select! {
            saved = saved.recv() => match saved {
                Some(Saved { root, facts, ends, state }) => {
                    if let Some(seen) = &seen {
                        // Whoever listened is gone: there is no queue any more.
                        let _ = seen.send((root.clone(), Arc::clone(&facts))).await;
                    }
                    Message::Facts { root, facts, ends, saving: state }
                }
                None => return,
            },
            report = reports.recv() => match report {
                Some(SourceStatusUpdate { origin, link }) => Message::SourceStatus { origin, status: link },
                None => return,
            },
        };
        if messages.send(message).await.is_err() {
            return;
        }
    }
}

/// The facts that earlier runs saved, read from the archive's file.
struct SavedPast {
    directory: PathBuf,
    /// This watch listens to a queue: how soon one told matters to no other.
    listens: bool,
}

#[async_trait]
impl SavedHistory for SavedPast {
    async fn delays(&self, root: &StackId) -> Vec<Fact> {
        let directory = self.directory.clone();
        let root = root.clone();
        let listens = self.listens;
        let read = move || SqliteArchive::open(&directory, Open::ReadOnly)?.trail_delays(&root, listens);
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(facts)) => facts,
            Ok(Err(ArchiveError::NoSession { .. })) | Err(_) => Vec::new(),
            Ok(Err(_)) => {
                tracing::warn!("what earlier sessions tell of the trail could not be read");
                Vec::new()
            }
        }
    }

    async fn of(&self, root: &StackId) -> Vec<Recorded> {
        let directory = self.directory.clone();
        let root = root.clone();
        let load = move || {
            let archive = SqliteArchive::open(&directory, Open::ReadOnly)?;
            archive.load(&root)
        };
        match tokio::task::spawn_blocking(load).await {
            Ok(Ok(facts)) => facts,
            // Nothing is saved of a stack that is watched for the first time.
            Ok(Err(ArchiveError::NoSession { .. })) | Err(_) => Vec::new(),
            Ok(Err(_)) => {
                // The error may name the session, and with it the account.
                tracing::warn!("the saved part of the session could not be read");
                Vec::new()
            }
        }
    }
}
