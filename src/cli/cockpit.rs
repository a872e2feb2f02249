//! One terminal and what is on it: a session, the home screen, another session. What is watched goes on
//! while something else is shown.

use std::sync::Arc;
use std::time::Duration;

use chrono::{Local, Offset as _, TimeDelta, TimeZone as _};
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use crossterm::event::EventStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::args::Global;
use super::exit::Exit;
use super::live::{Live, Start};
use super::screen::{Feed, Machine, farewell};
use super::{data, home, memory, open, watch};
use crate::app::state::{NOTICE_STAYS, Pace};
use crate::app::{App, Effect, Message, Mode};
use crate::aws::Connection;
use crate::domain::link::SaveState;
use crate::domain::stack::{StackId, StackTarget};
use crate::domain::text::Clean;
use crate::ports::Clock;
use crate::tui::{self, CrosstermStage, Elsewhere, Ended, Inputs, Shell as _};

/// What is behind the screen looks this often at most whether something is due.
const SHORTEST_WAIT: TimeDelta = TimeDelta::milliseconds(100);

/// One state, what feeds it, and what it says.
pub(super) struct Front {
    app: App,
    machine: Machine,
    messages: mpsc::Receiver<Message>,
    /// Ends the errands that are run for it.
    errands: Option<DropGuard>,
}

impl Front {
    /// A state that is fed.
    pub(super) fn new(global: &Global, mut app: App, feed: Feed, clock: &Arc<dyn Clock>) -> Self {
        app.zone = Local.offset_from_utc_datetime(&clock.now().naive_utc()).fix();
        super::settings::arrange(global, &mut app);
        memory::recall(global, &mut app);
        app.notices_stay = clock.reading(Duration::from_secs(NOTICE_STAYS.unsigned_abs()));
        let directory = data::directory(global).ok();
        let (mut machine, messages) = Machine::fed_by(feed, Arc::clone(clock), directory);
        machine.remember_in(memory::path(global));
        global.log.tell_time_by(Arc::clone(clock));
        machine.reads(global.log.clone());
        Self {
            app,
            machine,
            messages,
            errands: None,
        }
    }

    fn shows(&self, root: &StackId) -> bool {
        self.app
            .watched
            .iter()
            .any(|watched| watched.session.root() == root)
    }

    fn is_home(&self) -> bool {
        self.app.screen.home.is_some()
    }

    /// Goes on without a screen until it is asked back: what is seen is taken in, what is due is asked.
    async fn go_on(mut self, back: CancellationToken, clock: Arc<dyn Clock>) -> Self {
        // Nobody waits for a frame.
        self.app.pace = Pace::AtOnce;
        let mut open = true;
        loop {
            let soon = clock.now() + SHORTEST_WAIT;
            let due = self.app.next_due().map(|due| due.max(soon));
            let wait = async {
                match due {
                    Some(due) => clock.sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let message = tokio::select! {
                biased;
                () = back.cancelled() => return self,
                message = self.messages.recv(), if open => message,
                () = wait => Some(Message::Tick),
            };
            let Some(message) = message else {
                open = false;
                continue;
            };
            for effect in self.app.update(message, clock.now()) {
                if matches!(effect, Effect::Inquire { .. }) {
                    self.machine.dispatch(effect);
                }
            }
        }
    }

    /// Ends it: what was seen is saved, and said on the terminal. The exit code that it calls for.
    async fn end(self) -> Result<Exit> {
        let Self { app, machine, .. } = self;
        let saving = match machine.into_live() {
            Some(live) => live.shut_down().await,
            None => SaveState::Saved,
        };
        let said = farewell(&app, &saving);
        if let Err(error) = said
            && !tui::terminal::is_gone(&error)
        {
            return Err(error.into());
        }
        if app.mode != Mode::Live {
            return Ok(Exit::Success);
        }
        let judged = app
            .watched
            .iter()
            .filter_map(|watched| watched.diagnosis.judged());
        let worst = judged.map(|attempt| Exit::of_attempt(Some(attempt))).max();
        Ok(worst.unwrap_or(Exit::Success))
    }
}

/// A front that is not on the screen.
struct Parked {
    roots: Vec<StackId>,
    mode: Mode,
    back: CancellationToken,
    task: JoinHandle<Front>,
}

impl Parked {
    async fn back(self) -> Option<Front> {
        self.back.cancel();
        self.task.await.ok()
    }
}

/// The terminal and everything that is or was on it.
pub(super) struct Cockpit<'g> {
    global: &'g Global,
    clock: Arc<dyn Clock>,
    connection: Option<Arc<Connection>>,
    parked: Vec<Parked>,
    /// AWS is not asked, wherever the person goes.
    offline: bool,
}

impl<'g> Cockpit<'g> {
    /// Nothing is on the screen yet.
    pub(super) fn new(
        global: &'g Global,
        clock: Arc<dyn Clock>,
        connection: Option<Arc<Connection>>,
    ) -> Self {
        Self {
            global,
            clock,
            connection,
            parked: Vec::new(),
            offline: false,
        }
    }

    /// AWS is not asked, wherever the person goes.
    pub(super) fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    /// Shows this, and whatever the person goes to from there, until the person leaves.
    pub(super) async fn run(mut self, mut front: Front) -> Result<Exit> {
        let shutdown = CancellationToken::new();
        let heard = tui::terminal::shutdown_on_signal(shutdown.clone())
            .wrap_err("the system's signals cannot be listened to")?;
        let signals = tokio::spawn(heard);
        let ended = {
            let mut stage = CrosstermStage::take(self.global.config.theme.clone())
                .wrap_err("the terminal could not be taken; try --headless")?
                .with(super::settings::manners(self.global));
            let mut terminal = EventStream::new();
            loop {
                let mut inputs = Inputs {
                    terminal: &mut terminal,
                    messages: front.messages,
                    shutdown: shutdown.clone(),
                };
                let ended = tui::run(&mut front.app, &mut stage, &mut front.machine, &mut inputs).await;
                front.messages = inputs.messages;
                match ended {
                    Ok(Ended::Elsewhere(to)) => front = self.go(to, front).await,
                    ended => break ended,
                }
            }
        };
        shutdown.cancel();
        let _ = signals.await;
        let exit = self.end(front).await?;
        let ended = match ended {
            // Nobody is there any more to be told of it; what was seen is saved.
            Err(error) if tui::terminal::is_gone(&error) => Ended::InputClosed,
            ended => ended.wrap_err("the terminal could not be drawn on")?,
        };
        Ok(match ended {
            Ended::Shutdown => Exit::Interrupted,
            Ended::Quit | Ended::InputClosed | Ended::Elsewhere(_) => exit,
        })
    }

    async fn end(mut self, front: Front) -> Result<Exit> {
        let mut worst = Exit::Success;
        for parked in std::mem::take(&mut self.parked) {
            if let Some(front) = parked.back().await {
                worst = worst.max(front.end().await?);
            }
        }
        if !front.is_home() {
            worst = worst.max(front.end().await?);
        }
        Ok(worst)
    }

    /// What is shown next. What cannot be shown is told on the home screen.
    async fn go(&mut self, to: Elsewhere, from: Front) -> Front {
        let was_home = from.is_home();
        if !was_home {
            self.park(from);
        }
        let next = match to {
            Elsewhere::Home => return self.home(None),
            Elsewhere::Back => self.last().await,
            Elsewhere::Session(root) => match self.unpark(&root, false).await {
                Some(front) => Ok(front),
                None => self.open(root),
            },
            Elsewhere::Watch(root) => match self.unpark(&root, true).await {
                Some(front) => Ok(front),
                None => self.watch(root).await,
            },
        };
        match next {
            Ok(front) => front,
            Err(error) => self.home(Some(super::sentence(&error))),
        }
    }

    fn park(&mut self, front: Front) {
        let roots = front
            .app
            .watched
            .iter()
            .map(|watched| watched.session.root().clone());
        let (roots, mode) = (roots.collect(), front.app.mode);
        let back = CancellationToken::new();
        let task = tokio::spawn(front.go_on(back.clone(), Arc::clone(&self.clock)));
        self.parked.push(Parked {
            roots,
            mode,
            back,
            task,
        });
    }

    /// The front that shows this stack, if there is one behind the screen.
    async fn unpark(&mut self, root: &StackId, live: bool) -> Option<Front> {
        let fits = |parked: &Parked| parked.roots.contains(root) && (!live || parked.mode == Mode::Live);
        let index = self.parked.iter().position(fits)?;
        let mut front = self.parked.remove(index).back().await?;
        let shown = front
            .app
            .watched
            .iter()
            .position(|watched| watched.session.root() == root);
        if let Some(shown) = shown.filter(|_| front.shows(root)) {
            front.app.screen.shown = shown;
        }
        front.app.update(Message::Tick, self.clock.now());
        Some(front)
    }

    async fn last(&mut self) -> Result<Front> {
        let back = match self.parked.pop() {
            Some(parked) => parked.back().await,
            None => None,
        };
        match back {
            Some(mut front) => {
                front.app.update(Message::Tick, self.clock.now());
                Ok(front)
            }
            None => Ok(self.home(None)),
        }
    }

    fn open(&self, root: StackId) -> Result<Front> {
        let archive = data::archive_to_read(self.global)?;
        let (app, feed) = open::saved(self.global, &archive, root, self.offline, &self.clock)?;
        Ok(Front::new(self.global, app, feed, &self.clock))
    }

    async fn watch(&self, root: StackId) -> Result<Front> {
        if self.offline {
            return Err(eyre!("{} is not watched: {}", root.name(), home::OFFLINE));
        }
        let target = StackTarget::Id(root.clone());
        let connection = match &self.connection {
            Some(connection) => Arc::clone(connection),
            None => watch::connect(self.global, std::slice::from_ref(&target), None).await?,
        };
        let live = Live::start(Start {
            connection,
            archive: data::recording(self.global)?,
            clock: Arc::clone(&self.clock),
            targets: vec![target],
        })?;
        let app = App::new(Mode::Live, root.name().to_owned(), watch::planners());
        Ok(Front::new(self.global, app, Feed::Live(live), &self.clock))
    }

    fn home(&self, notice: Option<Clean>) -> Front {
        let watched: Vec<StackId> = self
            .parked
            .iter()
            .filter(|parked| parked.mode == Mode::Live)
            .flat_map(|parked| parked.roots.clone())
            .collect();
        let mut front = home::front(
            self.global,
            &self.clock,
            (self.connection.clone(), self.offline),
            watched,
        );
        if let Some(words) = notice {
            front.app.update(Message::Notice(words), self.clock.now());
        }
        front
    }
}

impl Front {
    /// Where errands put what they find, and the token that ends them when this front goes.
    pub(super) fn errands(&mut self) -> (mpsc::Sender<Message>, CancellationToken) {
        let stop = CancellationToken::new();
        self.errands = Some(stop.clone().drop_guard());
        (self.machine.notices(), stop)
    }

    /// Tells the state something before it is shown.
    pub(super) fn tell(&mut self, message: Message) {
        let now = self.machine.now();
        self.app.update(message, now);
    }
}
