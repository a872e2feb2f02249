//! Lines instead of a screen: for pipes, logs and jobs.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use tokio::signal::unix::{SignalKind, signal};

use super::args::StreamFormat;
use super::exit::Exit;
use super::live::Live;
use super::paper;
use crate::app::{App, Effect, Message, Watched};
use crate::domain::attempt::{Attempt, Outcome};
use crate::domain::fault::FaultKind;
use crate::domain::link::{Link, SaveState};
use crate::domain::reading;
use crate::domain::stack::StackId;
use crate::domain::text::one_line;
use crate::ports::Clock;
use crate::report::stream::{self, Item, Stream};
use crate::report::text;

/// A job's log shows at least one line in this time.
const HEARTBEAT: TimeDelta = TimeDelta::seconds(30);
/// An operation that ended longer ago than this is not what somebody wants to watch now.
const STALE: TimeDelta = TimeDelta::minutes(5);
/// After the stack has settled its last events may still come.
const GRACE: TimeDelta = TimeDelta::seconds(3);
/// When CloudFormation could not be read for so long, there is nothing left to watch.
const LOST: TimeDelta = TimeDelta::minutes(15);
/// Messages taken in before what they brought is written.
const AT_ONCE: usize = 64;

/// When lines end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Patience {
    /// Wait for the next operation even if the last one has only just ended.
    pub next_operation: bool,
}

/// Watches and writes lines until the deployment is over and explained.
pub(super) struct Headless {
    app: App,
    clock: Arc<dyn Clock>,
    format: StreamFormat,
    patience: Patience,
    expected: usize,
    started_at: DateTime<Utc>,
    last_line: DateTime<Utc>,
    streams: BTreeMap<StackId, Stream>,
    /// The attempt that each session is judged by, once it is known which: by its beginning, since a change
    /// set that is heard of later can move the numbers.
    judged: BTreeMap<StackId, DateTime<Utc>>,
    passed_over: BTreeMap<StackId, DateTime<Utc>>,
    told: BTreeMap<String, String>,
}

/// Whether to go on.
enum Turn {
    On,
    Over(Exit),
}

impl Headless {
    pub(super) fn new(
        app: App,
        clock: Arc<dyn Clock>,
        format: StreamFormat,
        patience: Patience,
        expected: usize,
    ) -> Self {
        let now = clock.now();
        Self {
            app,
            clock,
            format,
            patience,
            expected,
            started_at: now,
            last_line: now,
            streams: BTreeMap::new(),
            judged: BTreeMap::new(),
            passed_over: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// Runs to the end of the deployment, or until a signal.
    pub(super) async fn run(mut self, mut live: Live) -> Result<Exit> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let exit = loop {
            let wake = self.wake();
            let turn = tokio::select! {
                biased;
                _ = interrupt.recv() => Ok(Turn::Over(Exit::Interrupted)),
                _ = terminate.recv() => Ok(Turn::Over(Exit::Interrupted)),
                message = live.messages.recv() => match message {
                    Some(message) => self.take(message, &mut live),
                    None => Ok(Turn::Over(Exit::Unreadable)),
                },
                () = self.clock.sleep_until(wake) => self.take(Message::Tick, &mut live),
            };
            match turn {
                Ok(Turn::On) => {}
                Ok(Turn::Over(exit)) => break Ok(exit),
                // Nobody reads any more: what was seen is saved all the same.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break Ok(self.verdict()),
                Err(error) => break Err(error),
            }
        };
        if let Ok(exit) = &exit {
            let _ = self.farewell(*exit);
        }
        let state = live.shut_down().await;
        if let SaveState::NotSaving { reason, pending } = state {
            let _ = writeln!(
                io::stderr(),
                "stacktrail: {pending} facts could not be saved: {reason}"
            );
        }
        Ok(exit?)
    }

    /// When to wake even if nothing comes.
    fn wake(&self) -> DateTime<Utc> {
        let heartbeat = self.last_line + HEARTBEAT;
        let due = self.app.next_due();
        let settling = self.app.watched.iter().filter_map(|watched| {
            let ended = self.judged_attempt(watched)?.ended_at?;
            Some((ended + GRACE).max(self.clock.now() + TimeDelta::milliseconds(250)))
        });
        due.into_iter().chain(settling).fold(heartbeat, DateTime::min)
    }

    fn take(&mut self, first: Message, live: &mut Live) -> io::Result<Turn> {
        let mut message = Some(first);
        let mut taken = 0;
        while let Some(next) = message {
            self.update(next, live)?;
            taken += 1;
            message = if taken < AT_ONCE {
                live.messages.try_recv().ok()
            } else {
                None
            };
        }
        io::stdout().flush()?;
        let now = self.clock.now();
        if now - self.last_line >= HEARTBEAT {
            self.beat(now)?;
        }
        Ok(self.turn(now))
    }

    fn update(&mut self, message: Message, live: &Live) -> io::Result<()> {
        let now = self.clock.now();
        let news = match &message {
            Message::Facts { root, facts, .. } => Some((root.clone(), Arc::clone(facts))),
            Message::Link { source, link } => {
                self.tell_link(source, link, now)?;
                None
            }
            Message::Key(_)
            | Message::Intent(_)
            | Message::Edit(_)
            | Message::Home(_)
            | Message::Mouse(_)
            | Message::Attention(_)
            | Message::Notice(_)
            | Message::OwnLog(_)
            | Message::NoBrowser(_)
            | Message::Restored(_)
            | Message::Resumed(_)
            | Message::Tick => None,
        };
        for effect in self.app.update(message, now) {
            if matches!(effect, Effect::Inquire { .. }) {
                live.dispatch(effect);
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

    /// Says once what is wrong with a source, and once that it is over.
    fn tell_link(&mut self, source: &str, link: &Link, now: DateTime<Utc>) -> io::Result<()> {
        let said = match link {
            Link::Answering { .. } => match self.told.remove(source) {
                Some(_) => format!("{source} answers"),
                None => return Ok(()),
            },
            Link::Troubled { fault, .. } => format!("{source}: {fault}; {}", fault.advice()),
            Link::Absent { .. } => format!(
                "no stack {} here yet; waiting for it (is the region right? --region chooses another)",
                self.app.target
            ),
        };
        if !matches!(link, Link::Answering { .. }) {
            let before = self.told.insert(source.to_owned(), said.clone());
            if before.as_ref() == Some(&said) {
                return Ok(());
            }
        }
        self.notice(&said, now)
    }

    fn tell_saving(&mut self, saving: &SaveState, now: DateTime<Utc>) -> io::Result<()> {
        let said = match saving {
            SaveState::NotSaving { reason, .. } => format!("not saving: {reason}; it is tried again"),
            SaveState::Saved | SaveState::ReadOnly => match self.told.remove("archive") {
                Some(_) => return self.notice("everything is saved again", now),
                None => return Ok(()),
            },
        };
        if self.told.insert("archive".to_owned(), said.clone()).as_ref() == Some(&said) {
            return Ok(());
        }
        self.notice(&said, now)
    }

    fn notice(&mut self, text: &str, now: DateTime<Utc>) -> io::Result<()> {
        self.last_line = now;
        write_item(self.format, &stream::notice(now, text))?;
        io::stdout().flush()
    }

    /// The line that says that the program is alive, and what it waits for.
    fn beat(&mut self, now: DateTime<Utc>) -> io::Result<()> {
        self.last_line = now;
        if self.format == StreamFormat::Jsonl {
            return Ok(());
        }
        let waiting = if self.app.watched.is_empty() {
            format!("waiting for {}", self.app.target)
        } else {
            let states = self
                .app
                .watched
                .iter()
                .map(|watched| self.state_line(watched, now));
            states.collect::<Vec<_>>().join("; ")
        };
        writeln!(io::stdout(), "{}  …       {waiting}", now.format("%H:%M:%S"))?;
        io::stdout().flush()
    }

    fn state_line(&self, watched: &Watched, now: DateTime<Utc>) -> String {
        let root = watched.session.root();
        let status = watched
            .session
            .root_history()
            .and_then(|history| history.status());
        let status = status.map_or("", |status| status.as_str());
        let Some(attempt) = self.judged_attempt(watched) else {
            return format!("{} is {status}; waiting for its next operation", root.name());
        };
        let expected = watched
            .diagnosis
            .roots()
            .filter(|finding| finding.failure.attempt == attempt.number)
            .filter_map(|finding| {
                let standing = watched.diagnosis.standing(finding, &watched.session, now);
                standing.expected_at.filter(|_| standing.trail.is_open())
            })
            .min();
        match expected {
            Some(at) if at > now => {
                let left = (at - now).num_seconds();
                format!(
                    "{} is {status}; CloudTrail in {:02}:{:02}",
                    root.name(),
                    left / 60,
                    left % 60
                )
            }
            Some(_) => format!("{} is {status}; CloudTrail is due, searching", root.name()),
            None => format!("{} is {status}", root.name()),
        }
    }

    /// The attempt that a session is judged by.
    fn judged_attempt<'a>(&self, watched: &'a Watched) -> Option<&'a Attempt> {
        let begun = self.judged.get(watched.session.root())?;
        let attempts = watched.diagnosis.attempts.list();
        // Older pages of events can still move a beginning back.
        let judged = attempts.iter().rfind(|attempt| attempt.started_at <= *begun);
        judged.or_else(|| attempts.first())
    }

    /// Chooses the attempt to judge: the one under way or just ended; one that ended long ago is passed
    /// over for the next.
    fn choose(&mut self) {
        for watched in &self.app.watched {
            let root = watched.session.root();
            if self.judged.contains_key(root) {
                continue;
            }
            let Some(last) = watched.diagnosis.attempts.last() else {
                continue;
            };
            let passed = self.passed_over.get(root).copied();
            let is_next = |attempt: &Attempt| passed.is_none_or(|passed| attempt.started_at > passed);
            let stale = last.ended_at.is_some_and(|ended| {
                let before = ended < self.started_at;
                before && (self.patience.next_operation || self.started_at - ended > STALE)
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

    fn turn(&mut self, now: DateTime<Utc>) -> Turn {
        self.choose();
        if let Some(Link::Troubled { since, fault, .. }) = self.app.links.get("cloudformation") {
            let hopeless = now - *since > LOST && fault.kind != FaultKind::Throttled;
            if hopeless {
                return Turn::Over(Exit::Unreadable);
            }
        }
        let followed = self.current().count() >= self.expected;
        if followed && self.current().all(|watched| self.is_over(watched, now)) {
            Turn::Over(self.verdict())
        } else {
            Turn::On
        }
    }

    fn is_over(&self, watched: &Watched, now: DateTime<Utc>) -> bool {
        let Some(attempt) = self.judged_attempt(watched) else {
            return false;
        };
        let Some(ended) = attempt.ended_at else {
            return false;
        };
        if now < ended + GRACE || reading::has_more(&watched.session, ended.max(self.started_at), now) {
            return false;
        }
        let of_attempt = || {
            watched
                .diagnosis
                .roots()
                .filter(|found| found.failure.attempt == attempt.number)
        };
        if !attempt.outcome.is_failure() && of_attempt().next().is_none() {
            return true;
        }
        // Something that explains it may be on its way.
        if of_attempt().next().is_some() && !watched.schedule.in_flight().is_empty() {
            return false;
        }
        of_attempt().all(|finding| {
            let standing = watched.diagnosis.standing(finding, &watched.session, now);
            !standing.trail.is_open() && !standing.logs.is_open()
        })
    }

    /// The sessions that are still followed: those whose stack no other has replaced.
    fn current(&self) -> impl DoubleEndedIterator<Item = &Watched> {
        let watched = self.app.watched.iter();
        watched.filter(|watched| watched.session.replaced_by().is_none())
    }

    /// The worst outcome.
    fn outcome(&self) -> Option<Outcome> {
        let judged = || self.current().filter_map(|watched| self.judged_attempt(watched));
        let failed = judged().find(|attempt| attempt.outcome.is_failure());
        failed
            .or_else(|| judged().next_back())
            .map(|attempt| attempt.outcome)
    }

    fn verdict(&self) -> Exit {
        Exit::of(self.outcome())
    }

    fn farewell(&self, exit: Exit) -> io::Result<()> {
        let now = self.clock.now();
        let mut out = io::stdout();
        match self.format {
            StreamFormat::Jsonl => {
                writeln!(out, "{}", stream::end(self.outcome(), now, exit.code()))?;
            }
            StreamFormat::Text => {
                for watched in &self.app.watched {
                    writeln!(out)?;
                    write!(
                        out,
                        "{}",
                        text::diagnosis(&watched.session, &watched.diagnosis, now, paper::width())
                    )?;
                    let name = watched.session.root().name();
                    writeln!(
                        out,
                        "\nsaved; open it again with: stacktrail open {}",
                        one_line(name)
                    )?;
                }
            }
        }
        out.flush()
    }
}

/// An item in the form that is asked for; none where there is nothing to say in it.
pub(super) fn line_of(format: StreamFormat, item: &Item) -> Option<String> {
    match format {
        StreamFormat::Text => item.line(),
        StreamFormat::Jsonl => Some(item.json()),
    }
}

/// Each line is flushed, so that who reads it sees it when it is saved.
fn write_item(format: StreamFormat, item: &Item) -> io::Result<()> {
    let Some(line) = line_of(format, item) else {
        return Ok(());
    };
    let mut out = io::stdout();
    writeln!(out, "{line}")?;
    out.flush()
}
