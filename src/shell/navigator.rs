//! One terminal and what is on it: a session, the home screen, another session. What is watched goes on
//! while something else is shown.

use super::saved;
use super::screen::{self, Ended, Inputs};
use super::session_screen::SessionScreen;
use super::spoken;
use crate::shell::connecting;
use std::io;
use std::sync::Arc;

use color_eyre::eyre::{Result, WrapErr as _, eyre};
use crossterm::event::EventStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use crate::app::state::effect::Destination;
use crate::app::{App, Message, Mode};
use crate::aws::Connection;
use crate::clean;
use crate::domain::model::stack::{StackId, StackTarget};
use crate::domain::read::text::Clean;
use crate::ports::{Archive as _, Clock};
use crate::shell::context::Context;
use crate::shell::engine::{Live, Start};
use crate::shell::host::Feed;
use crate::shell::{home, shared_store, storage};
use crate::tui::{self, CrosstermTarget};

/// A front that is not on the screen.
struct Backgrounded {
    roots: Vec<StackId>,
    mode: Mode,
    back: CancellationToken,
    task: JoinHandle<SessionScreen>,
}

impl Backgrounded {
    async fn back(self) -> Option<SessionScreen> {
        self.back.cancel();
        self.task.await.ok()
    }
}

/// The terminal and everything that is or was on it.
pub(crate) struct Navigator<'g> {
    context: &'g Context,
    clock: Arc<dyn Clock>,
    connection: Option<Arc<Connection>>,
    backgrounded: Vec<Backgrounded>,
    /// AWS is not asked, wherever the person goes.
    offline: bool,
}

impl<'g> Navigator<'g> {
    /// Nothing is on the screen yet.
    pub(crate) fn new(
        context: &'g Context,
        clock: Arc<dyn Clock>,
        connection: Option<Arc<Connection>>,
    ) -> Self {
        Self {
            context,
            clock,
            connection,
            backgrounded: Vec::new(),
            offline: false,
        }
    }

    /// AWS is not asked, wherever the person goes.
    pub(crate) fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    /// Shows this, and whatever the person goes to from there, until the person leaves.
    pub(crate) async fn run(mut self, session_screen: SessionScreen) -> Result<Exit> {
        let shutdown = CancellationToken::new();
        let heard = tui::terminal::shutdown_on_signal(shutdown.clone())
            .wrap_err("the system's signals cannot be listened to")?;
        let signals = tokio::spawn(heard);
        let told = self.context.tells_in_lines();
        let (session_screen, ended) = if told {
            Box::pin(self.told(session_screen, &shutdown)).await
        } else {
            Box::pin(self.drawn(session_screen, &shutdown)).await?
        };
        shutdown.cancel();
        let _ = signals.await;
        let exit = self.end(session_screen).await?;
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

    /// On the screen.
    async fn drawn(
        &mut self,
        mut session_screen: SessionScreen,
        shutdown: &CancellationToken,
    ) -> Result<(SessionScreen, io::Result<Ended>)> {
        let mut target = CrosstermTarget::take(self.context.config.theme.clone())
            .wrap_err("the terminal could not be taken; try --headless")?
            .with(crate::shell::appearance::terminal_features(self.context))
            .following(self.context.config.automatic.clone())
            .wrap_err("the terminal could not be asked")?;
        let mut terminal = EventStream::new();
        loop {
            let mut inputs = Inputs {
                terminal: &mut terminal,
                messages: session_screen.messages,
                clock: Arc::clone(&self.clock),
                shutdown: shutdown.clone(),
            };
            let ended = screen::run(
                &mut session_screen.app,
                &mut target,
                &mut session_screen.host,
                &mut inputs,
            )
            .await;
            session_screen.messages = inputs.messages;
            match ended {
                Ok(Ended::Elsewhere(to)) => session_screen = self.go(to, session_screen).await,
                ended => return Ok((session_screen, ended)),
            }
        }
    }

    /// In lines.
    async fn told(
        &mut self,
        mut session_screen: SessionScreen,
        shutdown: &CancellationToken,
    ) -> (SessionScreen, io::Result<Ended>) {
        let (mut typed, mut announcer) = (spoken::typed(), spoken::Announcer::default());
        let clock = Arc::clone(&self.clock);
        loop {
            let conversation = spoken::Conversation {
                typed: &mut typed,
                announcer: &mut announcer,
                shutdown: shutdown.clone(),
            };
            let SessionScreen {
                app, host, messages, ..
            } = &mut session_screen;
            match spoken::run(app, host, messages, &*clock, conversation).await {
                Ok(Ended::Elsewhere(to)) => session_screen = self.go(to, session_screen).await,
                ended => return (session_screen, ended),
            }
        }
    }

    async fn end(mut self, session_screen: SessionScreen) -> Result<Exit> {
        let mut worst = Exit::Success;
        for backgrounded in std::mem::take(&mut self.backgrounded) {
            if let Some(session_screen) = backgrounded.back().await {
                worst = worst.max(session_screen.end().await?);
            }
        }
        if !session_screen.is_home() {
            worst = worst.max(session_screen.end().await?);
        }
        Ok(worst)
    }

    /// What is shown next. What cannot be shown is told on the home screen.
    async fn go(&mut self, to: Destination, from: SessionScreen) -> SessionScreen {
        let was_home = from.is_home();
        if !was_home {
            self.send_to_background(from);
        }
        let next = match to {
            Destination::Home => return self.home(None),
            Destination::Back => self.last().await,
            Destination::Session(root) => match self.bring_back(&root, false).await {
                Some(session_screen) => Ok(session_screen),
                None => Box::pin(self.open(root)).await,
            },
            Destination::Watch(root) => match self.bring_back(&root, true).await {
                Some(session_screen) => Ok(session_screen),
                None => Box::pin(self.watch(root)).await,
            },
        };
        match next {
            Ok(session_screen) => session_screen,
            Err(error) => self.home(Some(crate::shell::error::sentence(&error))),
        }
    }

    fn send_to_background(&mut self, session_screen: SessionScreen) {
        let roots = session_screen
            .app
            .watched
            .iter()
            .map(|watched| watched.session.root().clone());
        let (roots, mode) = (roots.collect(), session_screen.app.mode);
        let back = CancellationToken::new();
        let task = tokio::spawn(session_screen.go_on(back.clone()));
        self.backgrounded.push(Backgrounded {
            roots,
            mode,
            back,
            task,
        });
    }

    /// The front that shows this stack, if there is one behind the screen.
    async fn bring_back(&mut self, root: &StackId, live: bool) -> Option<SessionScreen> {
        let fits = |backgrounded: &Backgrounded| {
            backgrounded.roots.contains(root) && (!live || backgrounded.mode == Mode::Live)
        };
        let index = self.backgrounded.iter().position(fits)?;
        let mut session_screen = self.backgrounded.remove(index).back().await?;
        session_screen.app.show_session(root);
        session_screen.app.update(Message::Tick, self.clock.now());
        Some(session_screen)
    }

    async fn last(&mut self) -> Result<SessionScreen> {
        let back = match self.backgrounded.pop() {
            Some(backgrounded) => backgrounded.back().await,
            None => None,
        };
        match back {
            Some(mut session_screen) => {
                session_screen.app.update(Message::Tick, self.clock.now());
                Ok(session_screen)
            }
            None => Ok(self.home(None)),
        }
    }

    async fn open(&self, root: StackId) -> Result<SessionScreen> {
        let brought = shared_store::bring_chosen(self.context, &root).await;
        let archive = storage::archive_to_read(self.context)?;
        let said = match brought {
            Ok(0) => None,
            Ok(flaws) => Some(clean!(
                "{flaws} files of the store could not be used and were left out"
            )),
            // What is here is shown, whatever the store says.
            Err(error) if archive.find(root.as_str()).is_ok() => Some(crate::shell::error::sentence(&error)),
            Err(error) => return Err(error),
        };
        let (mut app, feed) = saved::saved(self.context, &archive, root, self.offline, &self.clock)?;
        if let Some(said) = said {
            app.update(Message::Notice(said), self.clock.now());
        }
        Ok(SessionScreen::new(self.context, app, feed, &self.clock))
    }

    async fn watch(&self, root: StackId) -> Result<SessionScreen> {
        if self.offline {
            return Err(eyre!("{} is not watched: {}", root.name(), home::OFFLINE));
        }
        if let Some(why) = self.context.why_not_asked(&root) {
            return Err(eyre!("{} is not watched: {why}", root.name()));
        }
        let target = StackTarget::Id(root.clone());
        // A connection to another region knows nothing of it.
        let connection = self.connection.as_ref();
        let connection = match connection.filter(|connection| connection.region() == root.region()) {
            Some(connection) => Arc::clone(connection),
            None => {
                let mut there = self.context.clone();
                there.region = None;
                connecting::connect(&there, std::slice::from_ref(&target), None).await?
            }
        };
        let live = Live::start(Start {
            connection,
            archive: storage::recording(self.context)?,
            clock: Arc::clone(&self.clock),
            targets: vec![target],
            queue: None,
            engines: self.context.engines.clone(),
        })?;
        let mut app = App::new(
            Mode::Live,
            root.name().to_owned(),
            connecting::planners(self.context),
        );
        // What was recorded stays in sight, and what comes is added to it.
        if let Ok(facts) = storage::archive_to_read(self.context).and_then(|archive| Ok(archive.load(&root)?))
        {
            app.restore_owned(root, facts);
        }
        Ok(SessionScreen::new(
            self.context,
            app,
            Feed::Live(live),
            &self.clock,
        ))
    }

    fn home(&self, notice: Option<Clean>) -> SessionScreen {
        let watched: Vec<StackId> = self
            .backgrounded
            .iter()
            .filter(|backgrounded| backgrounded.mode == Mode::Live)
            .flat_map(|backgrounded| backgrounded.roots.clone())
            .collect();
        let mut session_screen = home::session_screen(
            self.context,
            &self.clock,
            (self.connection.clone(), self.offline),
            watched,
        );
        if let Some(words) = notice {
            session_screen
                .app
                .update(Message::Notice(words), self.clock.now());
        }
        session_screen
    }
}

/// Shows the state until the person leaves.
pub(crate) async fn show(
    context: &Context,
    app: App,
    feed: impl Into<Feed>,
    (clock, offline): (Arc<dyn Clock>, bool),
) -> Result<Exit> {
    let session_screen = SessionScreen::new(context, app, feed.into(), &clock);
    let navigator = Navigator::new(context, clock, None).offline(offline);
    Box::pin(navigator.run(session_screen)).await
}
