//! Recording unattended: whatever deployment a queue tells of is followed, explained and brought into the store.
//!
//! A message only says that something happened; what is recorded is read from AWS by the same engine that a screen
//! has. A message is deleted once everything of its deployment is kept where it is to be kept. Until then it stays
//! hidden from other recorders, and goes to one of them when this one is gone.

mod conclusions;
mod deployment;
mod heartbeat;
mod log;
mod masked;
pub(crate) mod polling;
mod publishing;
mod queue_worker;
pub(crate) mod rules;

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::conclusions::Conclusions;
use self::deployment::Recording;
use self::log::RecorderLog;
use self::publishing::{Order, Publishing, Stored};
use self::queue_worker::{Heard, QueueWorker};
use self::rules::RecordRules;
use super::context::StreamFormat;
use super::drive::{Frontend, Wake, drive};
use super::engine::Live;
use super::exit::Exit;
use super::pushed_calls::PushedCalls;
use crate::app::{App, Effect, Message};
use crate::domain::model::fact::Recorded;
use crate::domain::model::fault::Fault;
use crate::domain::model::source_status::SaveState;
use crate::domain::model::stack::{StackDescription, StackId, StackTarget};
use crate::domain::model::status::Status;
use crate::domain::read::bus_event::{BusEvent, Happened};
use crate::ports::{Clock, Queue, QueueMessage, StackSource};
use crate::store::Publisher;

/// It says how it stands this often.
const HEARTBEAT: TimeDelta = TimeDelta::seconds(60);
/// What is on its way between the loop and those who work for it.
const ON_THE_WAY: usize = 256;
/// With `--until-empty`: the queue is empty when it said so this often in a row.
const EMPTY: u32 = 2;

/// What a recorder is started with.
pub(crate) struct QueueRecorder {
    /// What is recorded, and what it says together.
    pub(crate) app: App,
    /// The queue that is read.
    pub(crate) queue: Arc<dyn Queue>,
    /// Which stacks a message is about.
    pub(crate) stacks: Arc<dyn StackSource>,
    /// What is recorded here at all.
    pub(crate) admission: Admission,
    /// What brings them into a store; none where the archive is all.
    pub(crate) publisher: Option<StoreWriter>,
    /// Of the archive.
    pub(crate) directory: PathBuf,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// How it tells what it does.
    pub(crate) format: StreamFormat,
    /// It ends when the queue is empty and nothing is recorded any more.
    pub(crate) until_empty: bool,
    /// The file that says how it does.
    pub(crate) heartbeat: Option<PathBuf>,
}

/// What brings sessions into a store.
pub(crate) struct StoreWriter {
    /// Puts facts there.
    pub(crate) publisher: Publisher,
    /// Masked, and so whole: who knows a part of a session does not know yet what is to be masked in it.
    pub(crate) redact: bool,
}

/// What comes to the loop besides what the engine says.
enum Event {
    Heard(Heard),
    Resolved(Box<Resolved>),
    Stored(Stored),
    Stop,
}

/// Whose deployment a message is about.
struct Resolved {
    message: HeardEvent,
    found: Result<Option<StackDescription>, Fault>,
}

/// A message that was understood.
#[derive(Debug, Clone)]
struct HeardEvent {
    receipt: String,
    event: BusEvent,
}

/// The loop of a recorder.
struct RecorderLoop<'a> {
    app: App,
    live: &'a Live,
    clock: Arc<dyn Clock>,
    stacks: Arc<dyn StackSource>,
    admission: Admission,
    worker: QueueWorker,
    log: RecorderLog,
    deployments: Deployments,
    ending: Ending,
    wires: Wires,
}

/// What is recorded here at all.
pub(crate) struct Admission {
    /// Whose stacks can be read here.
    pub(crate) account: String,
    /// Which deployments are recorded.
    pub(crate) rules: RecordRules,
}

/// What is being recorded.
#[derive(Default)]
struct Deployments {
    /// By root stack.
    recordings: BTreeMap<StackId, Recording>,
    /// The root stack of each stack that was asked for.
    roots: BTreeMap<StackId, StackId>,
    /// Stacks that are being asked for.
    resolving: usize,
    /// Calls that were told of.
    calls: PushedCalls,
}

/// Whether it ends with the queue.
struct Ending {
    until_empty: bool,
    /// So often in a row the queue said that it is empty.
    empty: u32,
}

/// Who works for the loop, and what it hears from them.
struct Wires {
    orders: mpsc::Sender<Order>,
    /// What is to be ordered, in its order: the loop waits for nobody.
    unordered: Vec<Order>,
    heard: mpsc::Receiver<Heard>,
    resolved: (mpsc::Sender<Resolved>, mpsc::Receiver<Resolved>),
    stored: mpsc::Receiver<Stored>,
    interrupt: Signal,
    terminate: Signal,
}

impl QueueRecorder {
    /// Records until it is told to stop, or until the queue is empty.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written, or signals cannot be heard.
    pub(crate) async fn run(self, mut live: Live) -> Result<Exit> {
        let clock = Arc::clone(&self.clock);
        let stop = CancellationToken::new();
        let worker = QueueWorker::new(self.queue, Arc::clone(&clock));
        let (heard_in, heard) = mpsc::channel(ON_THE_WAY);
        let (orders, orders_in) = mpsc::channel(ON_THE_WAY);
        let (stored_in, stored) = mpsc::channel(ON_THE_WAY);
        let receiving = tokio::spawn(worker.clone().receive(heard_in, stop.child_token()));
        let hiding_stop = CancellationToken::new();
        let hiding = tokio::spawn(worker.clone().keep_hidden(hiding_stop.clone()));
        let publishing = Publishing::new(self.publisher, self.directory, Arc::clone(&clock), stored_in);
        let publishing = tokio::spawn(publishing.run(orders_in));
        let mut messages = live.take_messages();
        let mut loops = RecorderLoop {
            app: self.app,
            live: &live,
            clock: Arc::clone(&clock),
            stacks: self.stacks,
            admission: self.admission,
            worker,
            log: RecorderLog::new(self.format, self.heartbeat, clock.now()),
            deployments: Deployments::default(),
            ending: Ending {
                until_empty: self.until_empty,
                empty: 0,
            },
            wires: Wires {
                orders: orders.clone(),
                unordered: Vec::new(),
                heard,
                resolved: mpsc::channel(ON_THE_WAY),
                stored,
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            },
        };
        let exit = drive(&mut loops, &mut messages, &*clock).await;
        // Nobody may be there any more to be told that it cannot be written.
        let _ = heartbeat::last_beat(&mut loops, clock.now());
        drop(loops);
        stop.cancel();
        live.messages = messages;
        let state = live.shut_down().await;
        let _ = orders.send(Order::End).await;
        let all_put = publishing.await.unwrap_or(false);
        hiding_stop.cancel();
        for ending in [receiving, hiding] {
            // What it had to do is done, or comes again by itself.
            let _ = ending.await;
        }
        let exit = exit?;
        Ok(match (exit, state, all_put) {
            (Exit::Success, SaveState::Saved, false) | (Exit::Success, SaveState::NotSaving { .. }, _) => {
                Exit::Unreadable
            }
            (exit, ..) => exit,
        })
    }
}

impl Frontend for RecorderLoop<'_> {
    type Event = Event;
    type End = Exit;
    const AT_ONCE: usize = 64;

    fn before_wait(&mut self) -> io::Result<ControlFlow<Exit, Wake>> {
        let now = self.clock.now();
        self.file_calls(now);
        self.settle(now);
        self.order();
        heartbeat::beat(self, now)?;
        if self.ending.until_empty && self.is_done() {
            return Ok(ControlFlow::Break(Exit::Success));
        }
        let soon = now + TimeDelta::milliseconds(250);
        let moments = self
            .deployments
            .recordings
            .values()
            .filter_map(|recording| recording.next_look(now));
        let due = self
            .app
            .next_due()
            .into_iter()
            .chain(moments)
            .map(|at| at.max(soon));
        let due = due.fold(self.log.next(now), DateTime::min);
        Ok(ControlFlow::Continue(Wake {
            due: Some(due),
            frame: None,
        }))
    }

    async fn next_event(&mut self) -> Event {
        let (_, resolved) = &mut self.wires.resolved;
        tokio::select! {
            biased;
            _ = self.wires.interrupt.recv() => Event::Stop,
            _ = self.wires.terminate.recv() => Event::Stop,
            Some(stored) = self.wires.stored.recv() => Event::Stored(stored),
            Some(resolved) = resolved.recv() => Event::Resolved(Box::new(resolved)),
            Some(heard) = self.wires.heard.recv() => Event::Heard(heard),
            else => std::future::pending().await,
        }
    }

    fn on_event(&mut self, event: Event, _: &mut Vec<Message>) -> io::Result<ControlFlow<Exit>> {
        let now = self.clock.now();
        match event {
            Event::Stop => return Ok(ControlFlow::Break(Exit::Interrupted)),
            Event::Heard(Heard::Message(message)) => self.take_message(message, now)?,
            Event::Heard(Heard::Empty) => {
                self.ending.empty += 1;
                self.log.queue(None, now)?;
            }
            Event::Heard(Heard::Trouble(fault)) => self.log.queue(Some(&fault), now)?,
            Event::Resolved(resolved) => self.resolve(*resolved, now)?,
            Event::Stored(stored) => self.stored(stored, now)?,
        }
        Ok(ControlFlow::Continue(()))
    }

    fn on_batch(&mut self, batch: Vec<Message>) -> io::Result<ControlFlow<Exit>> {
        let now = self.clock.now();
        for message in batch {
            if let Message::Facts { root, facts, .. } = &message {
                self.publish(root, facts);
                self.keep_calls(root, facts, now);
            }
            for effect in self.app.update(message, now) {
                match effect {
                    Effect::Inquire { root, inquiry } => self.live.inquire(root, inquiry),
                    // There is no screen.
                    Effect::Terminal(_) | Effect::Host(_) | Effect::Go(_) | Effect::Quit => {}
                }
            }
        }
        let saving = self.app.saving.clone();
        self.log.saving(&saving, now)?;
        Ok(ControlFlow::Continue(()))
    }
}

impl RecorderLoop<'_> {
    /// Nothing is recorded, and nothing is to come.
    fn is_done(&self) -> bool {
        self.ending.empty >= EMPTY
            && self.deployments.recordings.is_empty()
            && self.deployments.resolving == 0
            && self.deployments.calls.is_empty()
            && self.wires.unordered.is_empty()
    }

    /// Takes a message out of the queue.
    fn take_message(&mut self, message: QueueMessage, now: DateTime<Utc>) -> io::Result<()> {
        self.ending.empty = 0;
        self.log.queue(None, now)?;
        self.log.heard(now);
        let event = match BusEvent::read(&message.body) {
            Ok(event) => event,
            // The queue puts it aside when it was given out often enough, for somebody to look at.
            Err(error) => {
                self.worker.let_go(&[message.receipt]);
                return self.log.poison(&message.id, &error.to_string(), now);
            }
        };
        let account = event.stack().map_or(event.account.as_str(), StackId::account);
        if self.admission.account != account {
            // Another recorder may be able to read it.
            self.worker.let_go(&[message.receipt]);
            return self.log.foreign(account, now);
        }
        let Some(stack) = event.stack().cloned() else {
            return self.pass_by(event, message.receipt, now);
        };
        let taken = HeardEvent {
            receipt: message.receipt,
            event,
        };
        match self.deployments.roots.get(&stack).cloned() {
            Some(root) if self.deployments.recordings.contains_key(&root) => self.attach(&root, taken, now),
            _ if !self.begins(&taken.event) => self.done(vec![taken.receipt]),
            _ => self.ask(stack, taken),
        }
        Ok(())
    }

    /// A call or an operation of no single stack: there is nothing to follow.
    fn pass_by(&mut self, event: BusEvent, receipt: String, now: DateTime<Utc>) -> io::Result<()> {
        match event.what {
            Happened::Call(record) if record.is_error() => {
                let given_up = self.deployments.calls.take(receipt, *record, now);
                self.done(given_up);
                Ok(())
            }
            Happened::Elsewhere { detail_type } => {
                self.done(vec![receipt]);
                self.log.elsewhere(&detail_type, now)
            }
            Happened::Call(_) | Happened::Stack { .. } | Happened::Within { .. } => {
                self.done(vec![receipt]);
                Ok(())
            }
        }
    }

    /// Brings calls that were told of to the record of the deployment that they may belong to.
    fn file_calls(&mut self, now: DateTime<Utc>) {
        let Deployments {
            recordings, calls, ..
        } = &mut self.deployments;
        let is_due = calls.is_due(now);
        for watched in &self.app.watched {
            if is_due
                && recordings.contains_key(watched.session.root())
                && let Some(batch) = calls.of(&watched.session, now)
                && let Err(refused) = self.live.offer(batch)
            {
                calls.take_back(refused, now);
            }
        }
        let nothing_comes =
            self.ending.until_empty && self.ending.empty >= EMPTY && self.deployments.recordings.is_empty();
        let given_up = if nothing_comes && self.deployments.resolving == 0 {
            self.deployments.calls.all()
        } else {
            self.deployments.calls.given_up(now)
        };
        self.done(given_up);
    }

    /// The messages of calls that are saved are done with their deployment.
    fn keep_calls(&mut self, root: &StackId, facts: &[Recorded], now: DateTime<Utc>) {
        let kept = self.deployments.calls.kept(facts);
        match self.deployments.recordings.get_mut(root) {
            Some(recording) => kept
                .into_iter()
                .for_each(|receipt| recording.attach(receipt, None, now)),
            // They come again, and find nobody.
            None => self.worker.let_go(&kept),
        }
    }

    /// Whether an event is where a recording begins.
    fn begins(&self, event: &BusEvent) -> bool {
        let (stack_id, status) = match &event.what {
            Happened::Stack { stack_id, status } => (stack_id, Some(status)),
            Happened::Within { stack_id } => (stack_id, None),
            Happened::Call(_) | Happened::Elsewhere { .. } => return false,
        };
        let by_status = |status: &Status| self.admission.rules.begins_with(status);
        self.admission.rules.records(stack_id) && status.is_some_and(by_status)
    }

    /// Asks whose deployment it is: a nested stack is recorded with its root.
    fn ask(&mut self, stack: StackId, message: HeardEvent) {
        self.deployments.resolving += 1;
        let (stacks, answers) = (Arc::clone(&self.stacks), self.wires.resolved.0.clone());
        tokio::spawn(async move {
            let found = stacks.describe(stack.as_str()).await;
            // A closed channel means that the program is leaving.
            let _ = answers.send(Resolved { message, found }).await;
        });
    }

    fn resolve(&mut self, resolved: Resolved, now: DateTime<Utc>) -> io::Result<()> {
        self.deployments.resolving = self.deployments.resolving.saturating_sub(1);
        let Resolved { message, found } = resolved;
        let Some(stack) = message.event.stack().cloned() else {
            return Ok(());
        };
        let description = match found {
            Ok(Some(description)) => description,
            // Deleted more than 90 days ago, or never there: nobody can read anything of it.
            Ok(None) => {
                self.done(vec![message.receipt]);
                return self.log.unknown(&stack, now);
            }
            Err(fault) => {
                self.worker.let_go(&[message.receipt]);
                return self.log.unreadable(&stack, &fault, now);
            }
        };
        let root = description.root.unwrap_or(description.id);
        self.deployments.roots.insert(stack, root.clone());
        if !self.deployments.recordings.contains_key(&root) {
            let stop = self.live.follow(StackTarget::Id(root.clone()));
            self.deployments
                .recordings
                .insert(root.clone(), Recording::new(stop, now));
            self.log.begun(&root, now)?;
        }
        self.attach(&root, message, now);
        Ok(())
    }

    fn attach(&mut self, root: &StackId, message: HeardEvent, now: DateTime<Utc>) {
        if let Some(recording) = self.deployments.recordings.get_mut(root) {
            let own = match &message.event.what {
                Happened::Stack { stack_id, .. } if stack_id == root => Some(message.event.at),
                _ => None,
            };
            recording.attach(message.receipt, own, now);
        }
    }

    /// Brings facts to whoever puts them into the store: those of an earlier run may be there already.
    fn publish(&mut self, root: &StackId, facts: &Arc<[Recorded]>) {
        let since = self.deployments.recordings.get(root).map(Recording::since);
        let is_old = |recorded: &Recorded| since.is_some_and(|since| recorded.observed_at < since);
        let mut orders = Vec::new();
        if facts.iter().any(is_old) {
            let (old, new): (Vec<Recorded>, Vec<Recorded>) = facts.iter().cloned().partition(is_old);
            orders.push(Order::Resume(root.clone(), old));
            orders.push(Order::Take(root.clone(), new.into()));
        } else {
            orders.push(Order::Take(root.clone(), Arc::clone(facts)));
        }
        self.wires.unordered.extend(orders);
    }

    /// Has everything of each deployment kept that is over.
    fn settle(&mut self, now: DateTime<Utc>) {
        // What the archive could not save is nowhere yet, or in a store that does not list it.
        if matches!(self.app.saving, SaveState::NotSaving { .. }) {
            return;
        }
        for watched in &self.app.watched {
            let root = watched.session.root();
            let Some(recording) = self.deployments.recordings.get_mut(root) else {
                continue;
            };
            if recording.is_over(watched, &self.app, &*self.clock, now) {
                let told = Conclusions::of(&watched.session, &watched.diagnosis);
                self.wires.unordered.push(Order::Settle(root.clone(), told));
            }
        }
    }

    /// Hands over what is ordered, as far as there is room.
    fn order(&mut self) {
        let mut orders = std::mem::take(&mut self.wires.unordered).into_iter();
        while let Some(order) = orders.next() {
            if let Err(refused) = self.wires.orders.try_send(order) {
                // The channel is full: the store is slow. What follows waits in its order.
                self.wires.unordered.push(refused.into_inner());
                self.wires.unordered.extend(orders);
                return;
            }
        }
    }

    fn stored(&mut self, stored: Stored, now: DateTime<Utc>) -> io::Result<()> {
        match stored {
            Stored::Settled(root) => {
                let Some(recording) = self.deployments.recordings.get_mut(&root) else {
                    return Ok(());
                };
                let receipts = recording.settled();
                if let Some(watched) = self.app.watched.iter().find(|one| *one.session.root() == root) {
                    self.log.settled(watched, now)?;
                }
                self.done(receipts);
                let is_idle = self
                    .deployments
                    .recordings
                    .get(&root)
                    .is_some_and(Recording::is_idle);
                if is_idle && let Some(recording) = self.deployments.recordings.remove(&root) {
                    recording.stop();
                    self.app.forget(&root);
                    self.deployments.roots.retain(|_, of| *of != root);
                }
                Ok(())
            }
            Stored::Trouble(reason, waiting) => self.log.store(Some((&reason, waiting)), now),
            Stored::Well => self.log.store(None, now),
            Stored::Unmasked(root, count) => self.log.unmasked(&root, count, now),
        }
    }

    /// Deletes messages of which everything is kept.
    fn done(&self, receipts: Vec<String>) {
        if receipts.is_empty() {
            return;
        }
        let worker = self.worker.clone();
        tokio::spawn(async move { worker.delete(&receipts).await });
    }
}
