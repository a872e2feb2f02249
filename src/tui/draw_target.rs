//! What the program draws on, and when the next frame is due.

use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::app::AppState;
use crate::app::input::place::LastFrame;
use crate::app::state::effect::TerminalEffect;
use crate::domain::read::text::{Clean, CleanText};
use crate::tui::backdrop::Backdrop;

/// Frames that facts ask for are at least this far apart: 30 a second. Keys are answered at once.
const PACE: Duration = Duration::from_millis(33);

/// What is drawn on.
pub trait DrawTarget {
    /// Draws a frame and says what is in sight.
    fn draw(&mut self, app: &AppState, now: DateTime<Utc>) -> io::Result<LastFrame>;

    /// Puts a text on the clipboard.
    fn copy(&mut self, text: &CleanText) -> io::Result<()>;

    /// Tells somebody who looks elsewhere.
    fn notify(&mut self, words: &Clean) -> io::Result<()>;

    /// Forgets what was drawn, so that the next frame draws everything.
    fn repaint(&mut self) -> io::Result<()>;

    /// Takes the mouse, or gives it back.
    fn capture_mouse(&mut self, captured: bool) -> io::Result<()>;

    /// Draws in the theme of that name from now on.
    fn set_theme(&mut self, theme: &str) -> io::Result<()>;

    /// Goes to the background and returns when it is back.
    fn suspend(&mut self) -> io::Result<()>;

    /// Asks whether the ground is light or dark, where that matters. Nothing waits for the answer.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    fn query_background(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes the answer; true where it looks different from now on.
    fn apply_background(&mut self, _ground: Backdrop) -> bool {
        false
    }
}

/// Has the terminal do it.
///
/// # Errors
/// When the terminal cannot be written to.
pub(crate) fn perform(target: &mut impl DrawTarget, effect: TerminalEffect) -> io::Result<()> {
    match effect {
        TerminalEffect::Copy(text) => target.copy(&text),
        TerminalEffect::Notify(words) => target.notify(&words),
        TerminalEffect::Repaint => target.repaint(),
        TerminalEffect::CaptureMouse(captured) => target.capture_mouse(captured),
        TerminalEffect::SetTheme(theme) => target.set_theme(theme),
        TerminalEffect::Suspend => {
            target.suspend()?;
            target.repaint()
        }
    }
}

/// When the next frame is due: at once for the person, at the pace of frames for everything else, never while
/// nothing changes.
#[derive(Debug)]
pub(crate) struct FramePacer {
    last_frame: Option<Instant>,
    at_once: bool,
    undrawn: bool,
}

impl Default for FramePacer {
    fn default() -> Self {
        Self {
            last_frame: None,
            at_once: true,
            undrawn: true,
        }
    }
}

impl FramePacer {
    /// Something shown has changed, or not.
    pub(crate) fn changed(&mut self, changed: bool) {
        self.undrawn |= changed;
    }

    /// The person did something.
    pub(crate) fn hurry(&mut self) {
        self.at_once = true;
    }

    /// Whether a frame is to be drawn now.
    pub(crate) fn is_due(&self) -> bool {
        self.undrawn && (self.at_once || self.earliest().is_none())
    }

    /// A frame has been drawn.
    pub(crate) fn drawn(&mut self) {
        self.last_frame = Some(Instant::now());
        (self.undrawn, self.at_once) = (false, false);
    }

    /// When to draw what has changed since the last frame, if that is not to be at once.
    pub(crate) fn next_frame(&self) -> Option<Instant> {
        self.earliest().filter(|_| self.undrawn)
    }

    fn earliest(&self) -> Option<Instant> {
        let due = self.last_frame.map(|at| at + PACE);
        due.filter(|due| *due > Instant::now())
    }
}

#[cfg(test)]
pub(crate) mod paper;
