//! Lines instead of a screen: for pipes, logs and jobs.

mod announced;
mod status_lines;
mod untold;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::announced::Announced;
use self::untold::{is_ended_by, is_gone_target};
use super::drive::{Frontend, Wake, drive};
use super::exit::Exit;
use super::hang_up::hang_up;
use super::output::{self, Output};
use crate::app::{App, Effect, Message, Watched};
use crate::clean;
use crate::domain::conclude::ending;
use crate::domain::conclude::ending::{Case, Limits, WatchStatus, Witness};
use crate::domain::conclude::hanging::{Hanging, hanging};
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::source::trail_backend::is_further;
use crate::domain::model::source_status::{Origin, SaveState, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::model::validation::ChangeSet;
use crate::domain::session::StackHistory;
use crate::ports::Clock;
use crate::report::stream::{self, Item, Stream};
use crate::shell::context::StreamFormat;
use crate::shell::engine::Live;

/// A job's log shows at least one line in thirty seconds.
const HEARTBEAT: TimeDelta = TimeDelta::seconds(25);
/// An operation that ended longer ago than this is not what somebody wants to watch now.
const STALE: TimeDelta = TimeDelta::minutes(5);

/// When lines end.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ExitPolicy {
    /// Wait for the next operation even if the last one has only just ended.
    pub next_operation: bool,
    /// What else is waited for, and how long.
    pub limits: Limits,
    /// However it stands by then.
    pub timeout: Option<TimeDelta>,
    /// What had ended a while before this is passed over; the beginning of the watch, if nothing else is said.
    pub began_at: Option<DateTime<Utc>>,
}

/// Watches and writes lines until the deployment is over and explained.
pub(crate) struct Headless {
    app: App,
    clock: Arc<dyn Clock>,
    format: StreamFormat,
    exit_policy: ExitPolicy,
    /// What is followed, in the person's words.
    targets: Vec<String>,
    started_at: DateTime<Utc>,
    last_line: DateTime<Utc>,
    streams: BTreeMap<StackId, Stream>,
    /// The attempt that each session is judged by, once it is known which: by its beginning, since a change
    /// set that is heard of later can move the numbers.
    judged: BTreeMap<StackId, DateTime<Utc>>,
    passed_over: BTreeMap<StackId, DateTime<Utc>>,
    /// Stacks that were seen to be under way.
    moved: BTreeSet<StackId>,
    /// ... and those of which what they did was undone.
    undone: BTreeSet<StackId>,
    told: Announced,
    /// The time was up before the end came.
    is_cut_off: bool,
}

impl Headless {
    pub(crate) fn new(
        app: App,
        clock: Arc<dyn Clock>,
        format: StreamFormat,
        exit_policy: ExitPolicy,
        targets: Vec<String>,
    ) -> Self {
        let now = clock.now();
        let started_at = exit_policy.began_at.unwrap_or(now);
        let told = Announced::of(app.asked.clone());
        Self {
            app,
            clock,
            format,
            exit_policy,
            targets,
            started_at,
            last_line: now,
            streams: BTreeMap::new(),
            judged: BTreeMap::new(),
            passed_over: BTreeMap::new(),
            moved: BTreeSet::new(),
            undone: BTreeSet::new(),
            told,
            is_cut_off: false,
        }
    }

    /// Runs to the end of the deployment, or until a signal.
    pub(crate) async fn run(mut self, mut live: Live) -> Result<Exit> {
        let clock = Arc::clone(&self.clock);
        let mut messages = live.take_messages();
        let mut lines = HeadlessFrontend {
            headless: &mut self,
            live: &live,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: hang_up()?,
        };
        let exit = match drive(&mut lines, &mut messages, &*clock).await {
            // Nobody reads any more: what was seen is saved all the same.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(self.verdict(clock.now())),
            exit => exit,
        };
        live.messages = messages;
        if let Ok(exit) = &exit {
            let now = self.clock.now();
            let _ = self.last_words(now).and_then(|()| self.farewell(*exit, now));
        }
        match live.shut_down().await {
            SaveState::NotSaving { reason, pending } => {
                let _ =
                    output::stderr().line(clean!("stacktrail: {pending} facts could not be saved: {reason}"));
            }
            SaveState::Saved if exit.is_ok() => {
                let _ = self.how_to_open_again();
            }
            SaveState::Saved => {}
        }
        Ok(exit?)
    }

    /// When to wake even if nothing comes.
    fn wake(&self) -> DateTime<Utc> {
        let now = self.clock.now();
        let soon = now + TimeDelta::milliseconds(250);
        let heartbeat = self.last_line + HEARTBEAT;
        let ending = self
            .cases()
            .flat_map(|case| case.moments(self.exit_policy.limits, now));
        let timeout = self.exit_policy.timeout.map(|timeout| self.started_at + timeout);
        let moments = self.app.next_due().into_iter().chain(ending).chain(timeout);
        moments.map(|at| at.max(soon)).fold(heartbeat, DateTime::min)
    }

    /// Writes what is written and says whether it is over.
    fn finish_turn(&mut self) -> io::Result<ControlFlow<Exit>> {
        output::stdout().flush()?;
        let now = self.clock.now();
        self.tell_hanging(now)?;
        self.tell_stopped(now)?;
        if now - self.last_line >= HEARTBEAT {
            self.beat(now)?;
        }
        Ok(self.turn(now))
    }

    fn update(&mut self, message: Message, live: &Live) -> io::Result<()> {
        let now = self.clock.now();
        let news = match &message {
            Message::Facts { root, facts, .. } => {
                self.tell_troubles(facts, now)?;
                Some((root.clone(), Arc::clone(facts)))
            }
            Message::SourceStatus { origin, status: link } => {
                for said in self.told.link(origin, link, now) {
                    self.notice(&said, now)?;
                }
                None
            }
            Message::Notice(said) => {
                self.notice(said.as_str(), now)?;
                None
            }
            Message::Key(_)
            | Message::Intent(_)
            | Message::Choose(_)
            | Message::Edit(_)
            | Message::Home(_)
            | Message::Mouse(_)
            | Message::Attention(_)
            | Message::OwnLog(_)
            | Message::Known(_)
            | Message::Deleted(_)
            | Message::NoBrowser(_)
            | Message::Restored(_)
            | Message::Grown(_)
            | Message::Resumed(_)
            | Message::Tick => None,
        };
        for effect in self.app.update(message, now) {
            match effect {
                Effect::Inquire { root, inquiry } => live.inquire(root, inquiry),
                // There is no screen.
                Effect::Terminal(_) | Effect::Host(_) | Effect::Go(_) | Effect::Quit => {}
            }
        }
        let Some((root, facts)) = news else { return Ok(()) };
        let saving = self.app.saving.clone();
        self.tell_saving(&saving, now)?;
        let Some(watched) = self
            .app
            .watched
            .iter()
            .find(|watched| *watched.session.root() == root)
        else {
            return Ok(());
        };
        let stream = self.streams.entry(root).or_default();
        let items = stream.advance(&facts, &watched.session, &watched.diagnosis);
        for item in &items {
            write_item(self.format, item)?;
            self.last_line = now;
        }
        Ok(())
    }

    /// Says once what could not be asked, and once that it can be again.
    fn tell_troubles(&mut self, facts: &[Recorded], now: DateTime<Utc>) -> io::Result<()> {
        let started_at = self.started_at;
        let new = || facts.iter().filter(|recorded| recorded.observed_at >= started_at);
        let mut said = Vec::new();
        for fact in new().map(|recorded| &recorded.fact) {
            match fact {
                // How stacks answer is told as it changes.
                Fact::SourceFailed {
                    source, key, fault, ..
                } => said.extend(self.told.failed(source.as_str(), key, fault, now)),
                Fact::SourceMissedPart {
                    source, key, fault, ..
                } => {
                    let part = format!("{key} {}", fault.action);
                    said.extend(self.told.failed(source.as_str(), &part, fault, now));
                }
                other => {
                    if let Some(key) = key_answered(other) {
                        said.extend(self.told.answered(&key));
                    }
                }
            }
        }
        for said in said {
            self.notice(&said, now)?;
        }
        Ok(())
    }

    fn tell_saving(&mut self, saving: &SaveState, now: DateTime<Utc>) -> io::Result<()> {
        let trouble = match saving {
            SaveState::NotSaving { reason, .. } => Some(reason.as_str()),
            SaveState::Saved => None,
        };
        match self.told.saving(trouble, now) {
            Some(said) => self.notice(&said, now),
            None => Ok(()),
        }
    }

    /// Says of each resource that hangs once why it does.
    fn tell_hanging(&mut self, now: DateTime<Utc>) -> io::Result<()> {
        if !self.told.is_time_for_hanging(now) {
            return Ok(());
        }
        let found: Vec<Hanging> = self
            .current()
            .flat_map(|watched| hanging(&watched.session, &watched.diagnosis, now))
            .collect();
        for one in found {
            if self.told.is_new(&one) {
                self.notice(&one.sentence(now), now)?;
            }
        }
        Ok(())
    }

    fn notice(&mut self, text: &str, now: DateTime<Utc>) -> io::Result<()> {
        self.last_line = now;
        write_item(self.format, &stream::notice(now, text))?;
        output::stdout().flush()
    }

    /// The attempt that a session is judged by.
    fn judged_attempt<'a>(&self, watched: &'a Watched) -> Option<&'a Attempt> {
        if self.is_history(watched) {
            return watched.diagnosis.headline_attempt();
        }
        let begun = self.judged.get(watched.session.root())?;
        let attempts = watched.diagnosis.attempts.list();
        // Older pages of events can still move a beginning back.
        let judged = attempts.iter().rfind(|attempt| attempt.started_at <= *begun);
        judged.or_else(|| attempts.first())
    }

    /// A stack that is named by its id and was deleted before: no operation of it is to come, and it is judged as a
    /// whole. AWS's clock need not be ours: what was never seen under way was over.
    fn is_history(&self, watched: &Watched) -> bool {
        let unmoved = !self.moved.contains(watched.session.root());
        is_gone_target(watched, &self.targets) && (unmoved || is_ended_by(watched, self.started_at))
    }

    /// Chooses the attempt to judge: the one under way or just ended; one that ended long ago is passed
    /// over for the next.
    fn choose(&mut self) {
        for watched in &self.app.watched {
            let root = watched.session.root();
            if self.judged.contains_key(root) || self.is_history(watched) {
                continue;
            }
            let Some(last) = watched.diagnosis.attempts.last() else {
                continue;
            };
            let passed = self.passed_over.get(root).copied();
            let is_next = |attempt: &Attempt| passed.is_none_or(|passed| attempt.started_at > passed);
            let stale = last.ended_at.is_some_and(|ended| {
                let before = ended < self.started_at;
                before && (self.exit_policy.next_operation || self.started_at - ended > STALE)
            });
            if is_next(last) && !stale {
                // An operation that failed and was at once followed by a deletion is what matters.
                let attempts = watched.diagnosis.attempts.list().iter();
                let judged = attempts
                    .filter(|attempt| is_next(attempt))
                    .find(|attempt| {
                        attempt
                            .ended_at
                            .is_none_or(|ended| ended + STALE >= self.started_at)
                    })
                    .unwrap_or(last);
                self.judged.insert(root.clone(), judged.started_at);
            } else if stale {
                self.passed_over.insert(root.clone(), last.started_at);
            }
        }
    }

    fn turn(&mut self, now: DateTime<Utc>) -> ControlFlow<Exit> {
        self.choose();
        self.see_movement();
        let limits = self.exit_policy.limits;
        let timeout = self.exit_policy.timeout;
        let time_is_up = timeout.is_some_and(|timeout| now - self.started_at >= timeout);
        let settled = |watched: &Watched| {
            let asking = !watched.schedule.in_flight().is_empty();
            let case = self.case(watched);
            case.is_some_and(|case| case.watch_status(limits, asking, now) != WatchStatus::InProgress)
        };
        let found = self
            .current()
            .all(|watched| settled(watched) || self.nothing_to_do(watched).is_some());
        let nowhere = self.awaited().all(|target| self.is_lost_target(target, now));
        let over = found && nowhere;
        self.is_cut_off = time_is_up && !over;
        if time_is_up || over {
            ControlFlow::Break(self.verdict(now))
        } else {
            ControlFlow::Continue(())
        }
    }

    /// The targets of which no stack was found yet.
    fn awaited(&self) -> impl Iterator<Item = &str> {
        let found = |target: &str| {
            self.current().any(|watched| {
                let root = watched.session.root();
                target == root.name() || target == root.as_str()
            })
        };
        let targets = self.targets.iter().map(String::as_str);
        targets.filter(move |target| !found(target))
    }

    /// AWS cannot be asked for it, and that will not pass.
    fn is_lost_target(&self, target: &str, now: DateTime<Utc>) -> bool {
        let link = self.app.links.get(&Origin::target(target));
        let trouble = link.and_then(SourceStatus::trouble);
        trouble.is_some_and(|(since, fault)| ending::is_lost(since.max(self.awake_since()), fault, now))
    }

    /// Remembers which stacks were under way: one that does not show its events tells by that whether the
    /// operation that ended is the one that is waited for, and whether it was undone before it was removed.
    fn see_movement(&mut self) {
        let mut undone = Vec::new();
        for watched in &self.app.watched {
            let root = watched.session.root();
            if watched.is_moving() {
                self.moved.insert(root.clone());
            }
            let status = watched.session.root_history().and_then(StackHistory::status);
            if status.is_some_and(Status::is_rollback) && self.status_tells(root) {
                undone.push(root.clone());
            }
        }
        self.undone.extend(undone);
    }

    /// Whether a settled status is that of the operation that is waited for.
    fn status_tells(&self, root: &StackId) -> bool {
        let waits = self.exit_policy.next_operation || self.passed_over.contains_key(root);
        !waits || self.moved.contains(root)
    }

    /// What a session is judged by; nothing while it waits for its next operation.
    fn case<'a>(&'a self, watched: &'a Watched) -> Option<Case<'a>> {
        let attempt = self.judged_attempt(watched);
        let root = watched.session.root();
        let link = self.app.links.get(&Origin::stack(root));
        let unreadable = link.and_then(SourceStatus::trouble).is_some();
        let told = attempt.is_some() || unreadable;
        told.then_some(Case {
            session: &watched.session,
            diagnosis: &watched.diagnosis,
            attempt,
            links: &self.app.links,
            since: self.awake_since(),
            status_tells: self.status_tells(root),
            undone: self.undone.contains(root),
        })
    }

    /// The change set by which it is known that the operation that is waited for does not come.
    fn nothing_to_do<'a>(&self, watched: &'a Watched) -> Option<&'a ChangeSet> {
        let waits = self.judged_attempt(watched).is_none() && !watched.is_moving();
        let before = if self.exit_policy.next_operation {
            TimeDelta::zero()
        } else {
            STALE
        };
        let since = self.started_at - before;
        let found = || ending::nothing_to_do(&watched.session, since);
        waits.then(found).flatten()
    }

    /// Since when somebody could ask: since the beginning, or since the machine woke.
    fn awake_since(&self) -> DateTime<Utc> {
        self.started_at.max(self.clock.woke().unwrap_or(self.started_at))
    }

    /// What the sessions that are followed are judged by.
    fn cases(&self) -> impl DoubleEndedIterator<Item = Case<'_>> {
        self.current().filter_map(|watched| self.case(watched))
    }

    /// The sessions that are still followed: those whose stack no other has replaced.
    fn current(&self) -> impl DoubleEndedIterator<Item = &Watched> {
        let watched = self.app.watched.iter();
        watched.filter(|watched| watched.session.replaced_by().is_none())
    }

    /// The worst outcome.
    fn outcome(&self, now: DateTime<Utc>) -> Option<Outcome> {
        let outcome = |case: Case<'_>| {
            let by_attempt = case.attempt.map(|attempt| attempt.outcome);
            case.end(now).map(|end| end.outcome).or(by_attempt)
        };
        let failed = self.cases().find(|case| case.has_failed(now));
        let unfinished = || self.cases().find(|case| case.end(now).is_none());
        let chosen = failed.or_else(unfinished).or_else(|| self.cases().next_back());
        let unchanged = || {
            self.current()
                .any(|watched| self.nothing_to_do(watched).is_some())
        };
        chosen
            .and_then(outcome)
            .or_else(|| unchanged().then_some(Outcome::NotExecuted))
    }

    /// How it is judged as it stands: what is known to have failed goes before what cannot be known.
    fn verdict(&self, now: DateTime<Utc>) -> Exit {
        if self.cases().any(|case| case.has_failed(now)) {
            return Exit::Failed;
        }
        let lost = |case: Case<'_>| {
            matches!(
                case.watch_status(self.exit_policy.limits, false, now),
                WatchStatus::Lost(_)
            )
        };
        if self.cases().any(lost) || self.awaited().any(|target| self.is_lost_target(target, now)) {
            return Exit::Unreadable;
        }
        // What was waited for and has not come did not succeed.
        let ended = |watched: &Watched| {
            let end = self.case(watched).and_then(|case| case.end(now));
            end.is_some_and(|end| end.by != Witness::Silence)
        };
        let ended = |watched: &Watched| ended(watched) || self.nothing_to_do(watched).is_some();
        if self.awaited().next().is_none() && self.current().all(ended) {
            Exit::Success
        } else {
            Exit::InProgress
        }
    }
}

/// Lines, as the loop drives them.
struct HeadlessFrontend<'a> {
    headless: &'a mut Headless,
    live: &'a Live,
    interrupt: Signal,
    terminate: Signal,
    /// Nobody asks by it where the program was started to outlive its terminal.
    hang_up: Option<Signal>,
}

async fn hung_up(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

impl Frontend for HeadlessFrontend<'_> {
    /// Somebody wants it to end.
    type Event = ();
    type End = Exit;
    /// Taken in before what they brought is written.
    const AT_ONCE: usize = 64;

    fn before_wait(&mut self) -> io::Result<ControlFlow<Exit, Wake>> {
        Ok(ControlFlow::Continue(Wake {
            due: Some(self.headless.wake()),
            frame: None,
        }))
    }

    async fn next_event(&mut self) {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = hung_up(&mut self.hang_up) => {}
        }
    }

    fn on_event(&mut self, (): (), _: &mut Vec<Message>) -> io::Result<ControlFlow<Exit>> {
        Ok(ControlFlow::Break(Exit::Interrupted))
    }

    fn on_closed(&mut self) -> ControlFlow<Exit> {
        ControlFlow::Break(self.headless.verdict(self.headless.clock.now()))
    }

    fn on_batch(&mut self, batch: Vec<Message>) -> io::Result<ControlFlow<Exit>> {
        for message in batch {
            self.headless.update(message, self.live)?;
        }
        self.headless.finish_turn()
    }
}

/// The key of the inquiry that a fact answers, in the words of the source that asked.
fn key_answered(fact: &Fact) -> Option<String> {
    match fact {
        Fact::SourceAnswered { key, .. } | Fact::SourceFoundTooMuch { key, .. } => Some(key.clone()),
        Fact::TrailSearched { answer } if !is_further(&answer.source) => Some(answer.search.name()),
        Fact::FunctionDescribed { function } => Some(format!("function:{}", function.arn)),
        _ => None,
    }
}

/// Writes an item in the form that is asked for, if there is something to say in it.
pub(crate) fn tell_item(
    out: &mut Output<impl io::Write>,
    format: StreamFormat,
    item: &Item,
) -> io::Result<()> {
    match format {
        StreamFormat::Text => item.line().map_or(Ok(()), |line| out.line(line)),
        StreamFormat::Jsonl => out.json(&item.json()),
    }
}

/// Each line is flushed, so that who reads it sees it when it is saved.
fn write_item(format: StreamFormat, item: &Item) -> io::Result<()> {
    let mut out = output::stdout();
    tell_item(&mut out, format, item)?;
    out.flush()
}
