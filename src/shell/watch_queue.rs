//! A queue beside the watch: what it tells of a stack that is watched is read at once, and failed calls of which it
//! tells go on record before CloudTrail's event history has them.
//!
//! The watcher deletes nothing, ever: a recorder that reads the same queue would never learn of it. What it hides it
//! hides for seconds, longer only where the message comes back to it, that is where nobody else takes it; and before
//! a queue would put a message aside because nobody could use it, the watcher reads it no more. A queue of its own
//! keeps messages for minutes and so needs nobody who deletes them: there each is received once.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::pushed_calls::PushedCalls;
use crate::app::Message;
use crate::clean;
use crate::domain::investigate::cadence;
use crate::domain::model::fact::Recorded;
use crate::domain::model::fault::Fault;
use crate::domain::model::stack::StackId;
use crate::domain::read::bus_event::{BusEvent, Happened};
use crate::domain::read::text::{Clean, one_line};
use crate::domain::session::Session;
use crate::ports::{Batch, Clock, Queue, QueueMessage};
use crate::watch::PushRegistry;

/// The queue waits so long for a message before it says that there is none.
const WAIT: Duration = Duration::from_secs(5);
/// A queue that keeps messages no longer than this is a watcher's own: whoever relies upon what it tells keeps it for
/// days. They are hidden until they are gone.
const OWN: Duration = Duration::from_secs(15 * 60);
/// After an answer with nothing of what is watched, a queue that others may read is left to them for so long.
const PAUSE: Duration = Duration::from_secs(1);
/// A message that was delivered so often may be put aside after a few times more.
const WORN: u32 = 15;
/// So many messages are remembered, so that one that comes again is no news.
const REMEMBERED: usize = 10_000;
/// Messages on their way to the record.
const ON_THE_WAY: usize = 64;
/// Calls that were told of are looked through this often.
const LOOK: Duration = Duration::from_secs(1);

/// What was seen of a session, and is saved.
pub(crate) type SeenFacts = (StackId, Arc<[Recorded]>);

/// A queue beside the watch.
pub(crate) struct WatchQueue {
    /// The queue.
    pub(crate) queue: Arc<dyn Queue>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Whom news of a stack reach.
    pub(crate) push: PushRegistry,
    /// Where calls go that belong to what is watched.
    pub(crate) facts: mpsc::Sender<Batch>,
    /// Where it says that the queue cannot be read.
    pub(crate) notices: mpsc::Sender<Message>,
}

/// Takes messages out of the queue for a while.
struct Receiver {
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    push: PushRegistry,
    notices: mpsc::Sender<Message>,
    calls: mpsc::Sender<BusEvent>,
    /// The queue is this watcher's own.
    is_own: bool,
    known: HashSet<String>,
    /// So many times in a row it could not be read.
    troubles: u32,
}

/// What an answer of the queue was good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnswerUse {
    /// It told of what is watched.
    News,
    /// It did not.
    Nothing,
    /// Its messages are about to be put aside: it is to be read no more.
    WornOut,
}

impl WatchQueue {
    /// Works until told to stop.
    pub(crate) async fn run(self, seen: mpsc::Receiver<SeenFacts>, stop: CancellationToken) {
        let (calls, told) = mpsc::channel(ON_THE_WAY);
        let receiver = Receiver {
            queue: self.queue,
            clock: Arc::clone(&self.clock),
            push: self.push,
            notices: self.notices,
            calls,
            is_own: false,
            known: HashSet::new(),
            troubles: 0,
        };
        let filing = file(self.clock, self.facts, seen, told);
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            ((), ()) = async { tokio::join!(receiver.receive(), filing) } => {}
        }
    }
}

impl Receiver {
    /// Looks whose queue it is; so long a message of it is hidden at first.
    async fn begin(&mut self) -> Duration {
        // Where that is not told, others may read it.
        let keeps = self.queue.keeps().await.ok().flatten();
        self.is_own = keeps.is_some_and(|keeps| keeps <= OWN);
        if keeps.is_some() && !self.is_own {
            self.say(clean!(
                "the queue keeps its messages as one does that a recorder reads: two that read one queue each hear later \
                 of what the other took. A watcher had better have its own (assets/watcher.yaml makes one)"
            ))
            .await;
        }
        if self.is_own {
            OWN
        } else {
            cadence::left_to_others(1).to_std().unwrap_or(PAUSE)
        }
    }

    async fn receive(mut self) {
        let hidden = self.begin().await;
        loop {
            let asked = self.clock.now();
            let pause = match self.queue.receive(WAIT, hidden).await {
                Ok(messages) => {
                    self.well().await;
                    let at_once = self.clock.now() - asked < TimeDelta::seconds(1);
                    let is_empty = messages.is_empty();
                    match self.take(messages).await {
                        AnswerUse::WornOut => return self.leave().await,
                        AnswerUse::News => Duration::ZERO,
                        // Not all that speak this protocol wait as long as they are asked to.
                        AnswerUse::Nothing if is_empty && !at_once => Duration::ZERO,
                        AnswerUse::Nothing if !is_empty && self.is_own => Duration::ZERO,
                        AnswerUse::Nothing => PAUSE,
                    }
                }
                Err(fault) => self.trouble(&fault).await,
            };
            if !pause.is_zero() {
                self.clock.sleep(pause).await;
            }
        }
    }

    async fn take(&mut self, messages: Vec<QueueMessage>) -> AnswerUse {
        let is_worn = |message: &QueueMessage| message.deliveries >= WORN;
        if !self.is_own && messages.iter().any(is_worn) {
            return AnswerUse::WornOut;
        }
        let mut taken = AnswerUse::Nothing;
        for message in messages {
            if !self.is_own && message.deliveries > 1 {
                let hidden = cadence::left_to_others(message.deliveries).to_std();
                // It is there for others somewhat sooner.
                let _ = self.queue.hide(&message.receipt, hidden.unwrap_or(PAUSE)).await;
            }
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            if self.known.insert(message.id) && self.tell(&message.body).await {
                taken = AnswerUse::News;
            }
        }
        taken
    }

    /// Passes a message on; whether it may be about what is watched.
    async fn tell(&self, body: &str) -> bool {
        // What is no event is for the recorder to tell of, and for the queue to put aside.
        let Ok(event) = BusEvent::read(body) else {
            return false;
        };
        match &event.what {
            Happened::Stack { stack_id, .. } | Happened::Within { stack_id } => self.push.tell(stack_id),
            Happened::Call(record) if record.is_error() => self.calls.send(event).await.is_ok(),
            Happened::Call(_) | Happened::Elsewhere { .. } => false,
        }
    }

    async fn say(&self, said: Clean) {
        // A closed channel means that the program is leaving.
        let _ = self.notices.send(Message::Notice(said)).await;
    }

    async fn well(&mut self) {
        if std::mem::take(&mut self.troubles) > 0 {
            self.say(clean!("the queue can be read again")).await;
        }
    }

    /// Says once that it cannot be read; when it is tried again.
    async fn trouble(&mut self, fault: &Fault) -> Duration {
        self.troubles += 1;
        if self.troubles == 1 {
            let said = format!(
                "the queue cannot be read: {fault}; {}. Stacks are polled as without it",
                fault.remedy()
            );
            self.say(one_line(&said)).await;
        }
        let pause = cadence::after_fault(fault.kind, self.troubles, 0.0);
        pause.to_std().unwrap_or(PAUSE)
    }

    async fn leave(&self) {
        self.say(clean!(
            "nobody else takes the queue's messages, and it would put them aside soon: it is read no more, and stacks \
             are polled as without it. A watcher needs a queue of its own (assets/watcher.yaml)"
        ))
        .await;
    }
}

/// Puts calls on record with the session that they may belong to.
async fn file(
    clock: Arc<dyn Clock>,
    facts: mpsc::Sender<Batch>,
    mut seen: mpsc::Receiver<SeenFacts>,
    mut told: mpsc::Receiver<BusEvent>,
) {
    let mut sessions: BTreeMap<StackId, Session> = BTreeMap::new();
    // By account: stacks of the same name in two of them are strangers to each other.
    let mut calls: BTreeMap<String, PushedCalls> = BTreeMap::new();
    loop {
        let is_idle = calls.is_empty();
        tokio::select! {
            biased;
            news = seen.recv() => {
                let Some((root, facts)) = news else { return };
                let session = sessions.entry(root.clone()).or_insert_with(|| Session::new(root));
                for recorded in facts.iter() {
                    session.apply(recorded);
                }
                if let Some(calls) = calls.get_mut(session.root().account()) {
                    calls.kept(&facts);
                }
            }
            Some(event) = told.recv() => {
                let now = clock.now();
                if let Happened::Call(record) = event.what {
                    // Nothing is deleted, and so no receipt is needed.
                    calls.entry(event.account).or_default().take(String::new(), *record, now);
                }
            }
            () = clock.sleep(LOOK), if !is_idle => {}
        }
        let now = clock.now();
        let due = calls
            .iter_mut()
            .filter_map(|(account, calls)| calls.is_due(now).then_some(account));
        let due: Vec<String> = due.cloned().collect();
        for session in sessions.values() {
            let account = session.root().account();
            let is_due = due.iter().any(|due| due == account);
            let Some(calls) = calls.get_mut(account).filter(|_| is_due) else {
                continue;
            };
            if let Some(batch) = calls.of(session, now)
                && let Err(refused) = facts.try_send(batch)
            {
                calls.take_back(refused.into_inner(), now);
            }
        }
        calls.retain(|_, calls| {
            calls.given_up(now);
            !calls.is_empty()
        });
    }
}

#[cfg(test)]
mod tests;
