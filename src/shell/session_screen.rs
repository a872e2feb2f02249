//! One state, what feeds it, and what it says: on the screen, or going on behind it.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use chrono::{Local, Offset as _, TimeDelta, TimeZone as _};
use color_eyre::eyre::Result;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::context::Context;
use super::drive::{Frontend, Wake, drive};
use super::exit::Exit;
use super::host::{Feed, ScreenHost, farewell};
use super::screen::Host as _;
use super::{memory, storage};
use crate::app::state::{DiagnosisPace, NOTICE_STAYS};
use crate::app::{App, Effect, Message, Mode, Preference};
use crate::domain::model::source_status::SaveState;
use crate::ports::Clock;
use crate::tui;

/// What is behind the screen looks this often at most whether something is due.
const SHORTEST_WAIT: TimeDelta = TimeDelta::milliseconds(100);

/// One state, what feeds it, and what it says.
pub(crate) struct SessionScreen {
    pub(crate) app: App,
    pub(crate) host: ScreenHost,
    pub(crate) messages: mpsc::Receiver<Message>,
    clock: Arc<dyn Clock>,
    /// Ends the errands that are run for it.
    errands: Option<DropGuard>,
}

impl SessionScreen {
    /// A state that is fed.
    pub(crate) fn new(context: &Context, mut app: App, feed: Feed, clock: &Arc<dyn Clock>) -> Self {
        let zone = Local.offset_from_utc_datetime(&clock.now().naive_utc()).fix();
        app.prefer(Preference::Zone(zone));
        crate::shell::appearance::arrange(context, &mut app);
        memory::recall(context, &mut app);
        let notices_stay = clock.reading(Duration::from_secs(NOTICE_STAYS.unsigned_abs()));
        app.prefer(Preference::NoticesStay(notices_stay));
        let directory = storage::directory(context).ok();
        let (mut host, messages) = ScreenHost::fed_by(feed, directory);
        host.remember_in(memory::path(context));
        context.log.tell_time_by(Arc::clone(clock));
        host.reads(context.log.clone());
        Self {
            app,
            host,
            messages,
            clock: Arc::clone(clock),
            errands: None,
        }
    }

    pub(crate) fn is_home(&self) -> bool {
        self.app.screen.home.is_some()
    }

    /// Goes on without a screen until it is asked back: what is seen is taken in, what is due is asked.
    pub(crate) async fn go_on(mut self, back: CancellationToken) -> Self {
        // Nobody waits for a frame.
        self.app.prefer(Preference::Pace(DiagnosisPace::AtOnce));
        let clock = Arc::clone(&self.clock);
        let mut background = BackgroundFrontend {
            app: &mut self.app,
            host: &mut self.host,
            clock: &*clock,
            back: &back,
        };
        // It neither reads nor writes anything itself, so nothing can fail.
        let _ = drive(&mut background, &mut self.messages, &*clock).await;
        self
    }

    /// Ends it: what was seen is saved, and said on the terminal. The exit code that it calls for.
    pub(crate) async fn end(self) -> Result<Exit> {
        let Self { app, host, .. } = self;
        let saving = match host.into_live() {
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
            .filter_map(|watched| watched.diagnosis.headline_attempt());
        let worst = judged.map(|attempt| Exit::of_attempt(Some(attempt))).max();
        Ok(worst.unwrap_or(Exit::Success))
    }
}

impl SessionScreen {
    /// Where errands put what they find, and the token that ends them when this front goes.
    pub(crate) fn errands(&mut self) -> (mpsc::Sender<Message>, CancellationToken) {
        let stop = CancellationToken::new();
        self.errands = Some(stop.clone().drop_guard());
        (self.host.notices(), stop)
    }

    /// Tells the state something before it is shown.
    pub(crate) fn tell(&mut self, message: Message) {
        let now = self.clock.now();
        self.app.update(message, now);
    }
}

/// A session behind the screen, as the loop drives it.
struct BackgroundFrontend<'a> {
    app: &'a mut App,
    host: &'a mut ScreenHost,
    clock: &'a dyn Clock,
    back: &'a CancellationToken,
}

impl Frontend for BackgroundFrontend<'_> {
    /// It is asked back.
    type Event = ();
    type End = ();
    const AT_ONCE: usize = 1;

    fn before_wait(&mut self) -> io::Result<ControlFlow<(), Wake>> {
        let soon = self.clock.now() + SHORTEST_WAIT;
        Ok(ControlFlow::Continue(Wake {
            due: self.app.next_due().map(|due| due.max(soon)),
            frame: None,
        }))
    }

    async fn next_event(&mut self) {
        self.back.cancelled().await;
    }

    fn on_event(&mut self, (): (), _: &mut Vec<Message>) -> io::Result<ControlFlow<()>> {
        Ok(ControlFlow::Break(()))
    }

    fn on_batch(&mut self, batch: Vec<Message>) -> io::Result<ControlFlow<()>> {
        for message in batch {
            for effect in self.app.update(message, self.clock.now()) {
                match effect {
                    Effect::Inquire { root, inquiry } => self.host.inquire(root, inquiry),
                    // Nobody is there to be shown anything, and nobody pressed a key.
                    Effect::Terminal(_) | Effect::Host(_) | Effect::Go(_) | Effect::Quit => {}
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
