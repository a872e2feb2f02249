//! The state on a screen: keys and messages in, frames and effects out.
//!
//! What is ready is drained, taken in at once, and drawn once if it changed anything. A quiet screen wakes for
//! nothing.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use crossterm::event::Event;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::drive::{Frontend, Wake, drive};
use crate::app::state::effect::{Destination, HostEffect};
use crate::app::state::{DiagnosisPace, Mouse};
use crate::app::{App, Effect, Message, Preference};
use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::stack::StackId;
use crate::ports::Clock;
use crate::tui::backdrop::{Answers, TerminalInput};
use crate::tui::draw_target::{self, DrawTarget, FramePacer};
use crate::tui::input::read;

/// What the screen needs of the program around it.
pub trait Host {
    /// Asks a source of evidence for a session, without waiting. What it says comes back as messages.
    fn inquire(&mut self, root: StackId, inquiry: Inquiry);

    /// Sees to an effect without waiting for it. What came of it comes back as a message.
    fn perform(&mut self, app: &App, effect: HostEffect);
}

/// Where things come from.
#[derive(Debug)]
pub struct Inputs<S> {
    /// Keys, pastes and sizes.
    pub terminal: S,
    /// Facts and everything else from the program around.
    pub messages: mpsc::Receiver<Message>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Somebody else wants it to end: a signal.
    pub shutdown: CancellationToken,
}

/// Why the screen ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The person wanted to leave.
    Quit,
    /// The shutdown token was cancelled.
    Shutdown,
    /// The terminal is gone.
    InputClosed,
    /// The person wants to see something else.
    Elsewhere(Destination),
}

/// Runs the screen until the person leaves, the token is cancelled or the terminal goes away.
///
/// # Errors
/// When the terminal can be neither read nor drawn on.
pub async fn run<S, G, H>(
    app: &mut App,
    target: &mut G,
    host: &mut H,
    inputs: &mut Inputs<S>,
) -> io::Result<Ended>
where
    S: Stream<Item = io::Result<Event>> + Unpin,
    G: DrawTarget,
    H: Host,
{
    target.capture_mouse(app.screen.mouse != Mouse::Terminal)?;
    app.prefer(Preference::Pace(DiagnosisPace::Screen));
    let clock = Arc::clone(&inputs.clock);
    let mut answers = Answers::of(&mut inputs.terminal);
    let mut screen = ScreenFrontend {
        app,
        target,
        host,
        clock: &*clock,
        terminal: &mut answers,
        shutdown: &inputs.shutdown,
        frames: FramePacer::default(),
    };
    drive(&mut screen, &mut inputs.messages, &*clock).await
}

/// The screen as the loop drives it.
struct ScreenFrontend<'a, S, G, H> {
    app: &'a mut App,
    target: &'a mut G,
    host: &'a mut H,
    clock: &'a dyn Clock,
    terminal: &'a mut Answers<S>,
    shutdown: &'a CancellationToken,
    frames: FramePacer,
}

/// What the screen hears besides messages.
enum ScreenEvent {
    Shutdown,
    Terminal(Option<io::Result<TerminalInput>>),
}

impl<S, G, H> Frontend for ScreenFrontend<'_, S, G, H>
where
    S: Stream<Item = io::Result<Event>> + Unpin,
    G: DrawTarget,
    H: Host,
{
    type Event = ScreenEvent;
    type End = Ended;
    /// More would make keys feel late.
    const AT_ONCE: usize = 64;

    fn before_wait(&mut self) -> io::Result<ControlFlow<Ended, Wake>> {
        self.frames.changed(self.app.take_change());
        if self.frames.is_due() {
            let drawn = self.target.draw(self.app, self.clock.now())?;
            self.app.drawn(drawn);
            self.frames.drawn();
        }
        Ok(ControlFlow::Continue(Wake {
            due: self.app.next_wake(self.clock.now()),
            frame: self.frames.next_frame(),
        }))
    }

    async fn next_event(&mut self) -> ScreenEvent {
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => ScreenEvent::Shutdown,
            event = self.terminal.next() => ScreenEvent::Terminal(event),
        }
    }

    fn on_event(&mut self, event: ScreenEvent, batch: &mut Vec<Message>) -> io::Result<ControlFlow<Ended>> {
        match event {
            ScreenEvent::Shutdown => Ok(ControlFlow::Break(Ended::Shutdown)),
            ScreenEvent::Terminal(None) => Ok(ControlFlow::Break(Ended::InputClosed)),
            ScreenEvent::Terminal(Some(said)) => {
                self.frames.hurry();
                let event = match said? {
                    TerminalInput::Event(event) => event,
                    TerminalInput::Backdrop(ground) => {
                        self.frames.changed(self.target.apply_background(ground));
                        return Ok(ControlFlow::Continue(()));
                    }
                };
                if event == Event::FocusGained {
                    self.target.query_background()?;
                }
                let read = read(self.app, event, batch);
                self.frames.changed(!read);
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    fn on_batch(&mut self, batch: Vec<Message>) -> io::Result<ControlFlow<Ended>> {
        for effect in self.app.update_all(batch, self.clock.now()) {
            match effect {
                Effect::Quit => return Ok(ControlFlow::Break(Ended::Quit)),
                Effect::Go(to) => return Ok(ControlFlow::Break(Ended::Elsewhere(to))),
                Effect::Terminal(effect) => draw_target::perform(self.target, effect)?,
                Effect::Host(effect) => self.host.perform(self.app, effect),
                Effect::Inquire { root, inquiry } => self.host.inquire(root, inquiry),
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests;
