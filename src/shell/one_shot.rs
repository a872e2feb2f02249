//! One shot: what CloudFormation has of a stack is read, the sources are asked, and that is all.

use std::convert::Infallible;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;

use super::context::Context;
use super::drive::{Frontend, Wake, drive};
use super::engine::{Live, Start};
use super::output::progress::Progress;
use super::storage;
use crate::app::state::schedule::Asking;
use crate::app::{App, Effect, Message, Mode, Preference};
use crate::aws::Connection;
use crate::domain::investigate::delivery::GIVE_UP;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::stack::{StackDescription, StackId, StackTarget};
use crate::ports::{Archive as _, Batch, Clock, StackSource};
use crate::shell::connecting;
use crate::watch::{RateLimiter, history, with_retries};

/// Calls to CloudFormation are this far apart: there are few of them, and somebody waits.
pub(crate) const GAP: TimeDelta = TimeDelta::milliseconds(100);

/// ... and while it throttles at most so far.
pub(crate) const WIDEST_GAP: TimeDelta = TimeDelta::seconds(15);

/// With --wait: what falls due so soon is waited for in any case, most of all what is tried again after trouble ...
const SOON: TimeDelta = TimeDelta::seconds(20);

/// ... until so long after the trail's time is up.
const LAST_LOOK: TimeDelta = TimeDelta::minutes(2);

/// Reads what CloudFormation has.
pub(crate) struct Reader<'a> {
    pub(crate) stacks: &'a dyn StackSource,
    pub(crate) budget: RateLimiter,
    pub(crate) clock: &'a dyn Clock,
}

impl Reader<'_> {
    /// The stack of that name or ARN, deleted ones included, and whether it is gone.
    pub(crate) async fn resolve(&self, target: &StackTarget) -> Result<Option<(StackDescription, bool)>> {
        let unreadable = |fault| connecting::unreadable(fault, target.name());
        let found = self.describe(target.as_str()).await.map_err(unreadable)?;
        match (found, target) {
            (None, StackTarget::Name(name)) => {
                let deleted = history::deleted(self.stacks, &self.budget, self.clock, name);
                let Some(listed) = deleted.await.map_err(unreadable)? else {
                    return Ok(None);
                };
                // A listing does not tell under which role the stack was made.
                let whole = self.describe(listed.id.as_str()).await.ok().flatten();
                let found = whole.filter(|whole| whole.id == listed.id).unwrap_or(listed);
                // A stack that has only just begun may be listed and not yet found by its name.
                let gone = found.status.as_str() == "DELETE_COMPLETE";
                Ok(Some((found, gone)))
            }
            (Some(found), _) => {
                let gone = self.is_gone(&found).await;
                Ok(Some((found, gone)))
            }
            (None, StackTarget::Id(_)) => Ok(None),
        }
    }

    async fn describe(&self, name_or_id: &str) -> Result<Option<StackDescription>, Fault> {
        let ask = || self.stacks.describe(name_or_id);
        with_retries(&self.budget, self.clock, ask).await
    }

    /// Everything that CloudFormation has of the stack, as facts. A stack whose events cannot be read still
    /// says how it stands; one whose events may not be read is not to be diagnosed.
    pub(crate) async fn read(&self, found: StackDescription, gone: bool) -> Result<Vec<Recorded>> {
        let root = found.id.clone();
        let events = match history::read(self.stacks, &self.budget, self.clock, &root).await {
            Ok(events) => events,
            Err(fault) if is_about_the_events(&fault) => vec![Fact::StackEventsUnreadable {
                stack_id: root.clone(),
                fault,
            }],
            Err(fault) => return Err(connecting::unreadable(fault, root.name())),
        };
        let gone = gone.then_some(Fact::StackGone { stack_id: root });
        let observed_at = self.clock.now();
        let facts = [Fact::StackDescribed { stack: found }]
            .into_iter()
            .chain(events)
            .chain(gone);
        Ok(facts.map(|fact| Recorded { observed_at, fact }).collect())
    }

    /// A deleted stack answers to its ARN only.
    async fn is_gone(&self, found: &StackDescription) -> bool {
        // A stack has a time of deletion as soon as that begins.
        if found.status.as_str() != "DELETE_COMPLETE" {
            return false;
        }
        match self.describe(found.id.name()).await {
            Ok(other) => other.is_none_or(|other| other.id != found.id),
            Err(_) => false,
        }
    }
}

/// AWS answers, but what it has to say of these events cannot be read.
fn is_about_the_events(fault: &Fault) -> bool {
    !matches!(
        fault.kind,
        FaultKind::Denied
            | FaultKind::Expired
            | FaultKind::NoCredentials
            | FaultKind::Network
            | FaultKind::TimedOut
    )
}

/// The sources are being asked.
pub(crate) struct Inquiring {
    app: App,
    /// Everything known, in the order of the journal.
    facts: Vec<Recorded>,
    live: Live,
    clock: Arc<dyn Clock>,
}

impl Inquiring {
    /// Puts what was read on record, beside what is saved of the session.
    pub(crate) async fn begin(
        context: &Context,
        connection: Arc<Connection>,
        clock: &Arc<dyn Clock>,
        (root, mut read): (StackId, Vec<Recorded>),
        asking: Asking,
    ) -> Result<Self> {
        let archive = storage::recording(context)?;
        let past = archive.load(&root).unwrap_or_default();
        let observed_at = clock.now();
        let listens = false;
        let delays = archive.trail_delays(&root, listens).unwrap_or_default();
        read.extend(delays.into_iter().map(|fact| Recorded { observed_at, fact }));
        let live = Live::start(Start {
            connection,
            archive,
            clock: Arc::clone(clock),
            targets: Vec::new(),
            queue: None,
            engines: context.engines.clone(),
        })?;
        let mut app = App::new(Mode::Live, root.name().to_owned(), connecting::planners(context));
        app.prefer(Preference::Asking(asking));
        app.restore(&root, &past, clock.now());
        live.record(Batch {
            root,
            facts: read,
            ends: None,
        })
        .await;
        Ok(Self {
            app,
            facts: past,
            live,
            clock: Arc::clone(clock),
        })
    }

    /// Asks the sources what can be asked now, once, or by the clock until all has been said. What is known then.
    pub(crate) async fn run(self, progress: &Progress) -> (App, Vec<Recorded>) {
        let Self {
            mut app,
            mut facts,
            mut live,
            clock,
        } = self;
        let mut messages = live.take_messages();
        let mut shot = OneShotFrontend {
            app: &mut app,
            facts: &mut facts,
            live: &live,
            clock: &*clock,
            progress,
            read: false,
        };
        // It writes nothing that could fail.
        let _ = drive(&mut shot, &mut messages, &*clock).await;
        live.messages = messages;
        progress.say("saving");
        live.shut_down().await;
        (app, facts)
    }
}

/// One shot, as the loop drives it.
struct OneShotFrontend<'a> {
    app: &'a mut App,
    facts: &'a mut Vec<Recorded>,
    live: &'a Live,
    clock: &'a dyn Clock,
    progress: &'a Progress,
    /// What CloudFormation has is known.
    read: bool,
}

impl Frontend for OneShotFrontend<'_> {
    type Event = Infallible;
    type End = ();
    const AT_ONCE: usize = 1;

    fn before_wait(&mut self) -> io::Result<ControlFlow<(), Wake>> {
        let now = self.clock.now();
        let next = self.app.next_due();
        let over = match (self.app.asking, next) {
            (Asking::ByTheClock, Some(due)) if due <= now + SOON => false,
            (Asking::ByTheClock, _) => all_closed(self.app, now),
            (Asking::Once, next) => next.is_none(),
        };
        let is_waited_for = self.app.asking == Asking::ByTheClock;
        let mut due = next.unwrap_or(now + TimeDelta::seconds(5));
        if self.read && over && !self.app.is_asking() {
            if !is_waited_for {
                return Ok(ControlFlow::Break(()));
            }
            // Nothing is waited for any more: what may be known by now is asked once.
            self.app.prefer(Preference::Asking(Asking::Once));
            due = now;
        }
        due = due.max(now + TimeDelta::milliseconds(100));
        Ok(ControlFlow::Continue(Wake {
            due: Some(due),
            frame: None,
        }))
    }

    async fn next_event(&mut self) -> Infallible {
        std::future::pending().await
    }

    fn on_event(&mut self, event: Infallible, _: &mut Vec<Message>) -> io::Result<ControlFlow<()>> {
        match event {}
    }

    fn on_closed(&mut self) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    fn on_batch(&mut self, batch: Vec<Message>) -> io::Result<ControlFlow<()>> {
        for message in batch {
            if let Message::Facts { facts, .. } = &message {
                self.read = true;
                self.facts.extend(facts.iter().cloned());
            }
            for effect in self.app.update(message, self.clock.now()) {
                match effect {
                    Effect::Inquire { root, inquiry } => {
                        self.progress
                            .say(&format!("asking {}: {}", inquiry.source, inquiry.why));
                        self.live.inquire(root, inquiry);
                    }
                    // There is no screen.
                    Effect::Terminal(_) | Effect::Host(_) | Effect::Go(_) | Effect::Quit => {}
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Nothing may still come. What cannot be read is waited for no longer than what can.
fn all_closed(app: &App, now: DateTime<Utc>) -> bool {
    app.watched.iter().all(|watched| {
        let trail = watched.session.sources().trail();
        watched.diagnosis.roots().all(|finding| {
            let failed_at = finding.failure.failed_at();
            let late = failed_at
                .checked_add_signed(GIVE_UP.max(trail.delivery.give_up) + LAST_LOOK)
                .is_none_or(|end| now > end);
            let standing = watched.diagnosis.standing(finding, &watched.session, now);
            late || (!standing.trail.is_open() && !standing.logs.is_open())
        })
    })
}
