//! The loop: input, messages and time in; effects and frames out.
//!
//! It awaits nothing but one `select!`. What is ready is drained, taken in at once, and drawn once if it
//! changed anything. A quiet screen wakes for nothing.

use std::future::Future;
use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent as TerminalMouseEvent,
    MouseEventKind,
};
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::keymap;
use crate::app::input::intent::{Intent, Motion};
use crate::app::input::place::LastFrame;
use crate::app::state::message::{MouseAction, MouseEvent};
use crate::app::state::{Attention, Mouse, Pace};
use crate::app::{App, Edit, Effect, Message};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::{Clean, CleanText};

/// So many waiting messages are taken in before the next frame: more would make keys feel late.
const DRAINED_AT_ONCE: usize = 64;

/// Frames that facts ask for are at least this far apart: 30 a second. Keys are answered at once.
const PACE: Duration = Duration::from_millis(33);

/// What the loop needs from the program around it.
pub trait Host {
    /// The present moment, by the program's clock.
    fn now(&self) -> DateTime<Utc>;

    /// Returns once the program's clock has reached `at`.
    fn sleep_until(&self, at: DateTime<Utc>) -> impl Future<Output = ()>;

    /// Sees to an effect without waiting for it. What came of it comes back as a message.
    fn dispatch(&mut self, effect: Effect);
}

/// What the loop draws on.
pub trait Stage {
    /// Draws a frame and says what is in sight.
    fn draw(&mut self, app: &App, now: DateTime<Utc>) -> io::Result<LastFrame>;

    /// Puts a text on the clipboard.
    fn copy(&mut self, text: &CleanText) -> io::Result<()>;

    /// Tells somebody who looks elsewhere.
    fn notify(&mut self, words: &Clean) -> io::Result<()>;

    /// Forgets what was drawn, so that the next frame draws everything.
    fn repaint(&mut self) -> io::Result<()>;

    /// Takes the mouse, or gives it back.
    fn capture_mouse(&mut self, captured: bool) -> io::Result<()>;

    /// Goes to the background and returns when it is back.
    fn suspend(&mut self) -> io::Result<()>;
}

/// Where things come from.
#[derive(Debug)]
pub struct Inputs<S> {
    /// Keys, pastes and sizes.
    pub terminal: S,
    /// Facts and everything else from the program around.
    pub messages: mpsc::Receiver<Message>,
    /// Somebody else wants it to end: a signal.
    pub shutdown: CancellationToken,
}

/// Why the loop ended.
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

/// Where the person goes within the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To the home screen.
    Home,
    /// From the home screen back to what was shown before.
    Back,
    /// To a saved session.
    Session(StackId),
    /// To a stack that is watched.
    Watch(StackId),
}

/// What woke the loop up.
enum WakeReason {
    Shutdown,
    Terminal(Option<io::Result<Event>>),
    Message(Option<Message>),
    Clock,
    Pace,
}

/// When the next frame is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Urgency {
    Paced,
    AtOnce,
}

/// Runs the screen until the person leaves, the token is cancelled or the terminal goes away.
///
/// # Errors
/// When the terminal can be neither read nor drawn on.
pub async fn run<S, G, H>(
    app: &mut App,
    stage: &mut G,
    shell: &mut H,
    inputs: &mut Inputs<S>,
) -> io::Result<Ended>
where
    S: Stream<Item = io::Result<Event>> + Unpin,
    G: Stage,
    H: Host,
{
    stage.capture_mouse(app.screen.mouse != Mouse::Terminal)?;
    app.pace = Pace::Screen;
    let mut last_frame: Option<Instant> = None;
    let mut urgency = Urgency::AtOnce;
    let mut open = true;
    let mut undrawn = true;
    loop {
        undrawn |= app.take_change();
        let due = last_frame.map(|at| at + PACE).filter(|due| *due > Instant::now());
        if undrawn && (urgency == Urgency::AtOnce || due.is_none()) {
            let drawn = stage.draw(app, shell.now())?;
            app.drawn(drawn);
            last_frame = Some(Instant::now());
            (undrawn, urgency) = (false, Urgency::Paced);
        }
        let now = shell.now();
        let wake = app.next_wake(now);
        // Biased, so that a flood of facts starves neither the person nor the end.
        let woken = tokio::select! {
            biased;
            () = inputs.shutdown.cancelled() => WakeReason::Shutdown,
            event = inputs.terminal.next() => WakeReason::Terminal(event),
            message = inputs.messages.recv(), if open => WakeReason::Message(message),
            () = sleep_until(shell, wake), if wake.is_some() => WakeReason::Clock,
            () = pace(due), if undrawn && due.is_some() => WakeReason::Pace,
        };
        let mut batch = Vec::new();
        match woken {
            WakeReason::Shutdown => return Ok(Ended::Shutdown),
            WakeReason::Pace => continue,
            WakeReason::Clock => batch.push(Message::Tick),
            WakeReason::Terminal(None) => return Ok(Ended::InputClosed),
            WakeReason::Terminal(Some(event)) => {
                urgency = Urgency::AtOnce;
                undrawn |= !read(app, event?, &mut batch);
            }
            WakeReason::Message(None) => open = false,
            WakeReason::Message(Some(message)) => batch.push(message),
        }
        while batch.len() < DRAINED_AT_ONCE {
            match inputs.messages.try_recv() {
                Ok(message) => batch.push(message),
                Err(_) => break,
            }
        }
        let effects = app.update_all(batch, shell.now());
        if let ControlFlow::Away(ended) = perform(stage, shell, effects)? {
            return Ok(ended);
        }
    }
}

async fn sleep_until<H: Host>(shell: &H, at: Option<DateTime<Utc>>) {
    match at {
        Some(at) => shell.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn pace(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Whether the loop goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ControlFlow {
    On,
    Away(Ended),
}

fn perform<G: Stage, H: Host>(stage: &mut G, shell: &mut H, effects: Vec<Effect>) -> io::Result<ControlFlow> {
    for effect in effects {
        match effect {
            Effect::Quit => return Ok(ControlFlow::Away(Ended::Quit)),
            Effect::GoHome => return Ok(away(Destination::Home)),
            Effect::LeaveHome => return Ok(away(Destination::Back)),
            Effect::OpenSession(root) => return Ok(away(Destination::Session(root))),
            Effect::Watch(root) => return Ok(away(Destination::Watch(root))),
            Effect::Copy(text) => stage.copy(&text)?,
            Effect::Notify(words) => stage.notify(&words)?,
            Effect::Repaint => stage.repaint()?,
            Effect::CaptureMouse(captured) => stage.capture_mouse(captured)?,
            Effect::Suspend => {
                stage.suspend()?;
                stage.repaint()?;
            }
            other @ (Effect::Inquire { .. }
            | Effect::OpenUrl(_)
            | Effect::SaveReport { .. }
            | Effect::SearchSessions(_)
            | Effect::ReadOwnLog
            | Effect::Remember(_)) => {
                shell.dispatch(other);
            }
        }
    }
    Ok(ControlFlow::On)
}

fn away(to: Destination) -> ControlFlow {
    ControlFlow::Away(Ended::Elsewhere(to))
}

/// Turns what the terminal says into messages; false when only a new frame is needed.
pub fn read(app: &App, event: Event, batch: &mut Vec<Message>) -> bool {
    let before = batch.len();
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => batch.extend(key_message(app, &key)),
        Event::Paste(text) if app.screen.overlay.takes_text() => {
            batch.push(Message::Edit(Edit::Insert(text)));
        }
        Event::FocusGained => batch.push(Message::Attention(Attention::Here)),
        Event::FocusLost => batch.push(Message::Attention(Attention::Elsewhere)),
        Event::Mouse(mouse) => {
            batch.extend(pointer(app, mouse).map(Message::Mouse));
            // A mouse that only moves changes nothing.
            return true;
        }
        _ => {}
    }
    batch.len() > before
}

/// What the mouse does, as long as it is the program's.
fn pointer(app: &App, mouse: TerminalMouseEvent) -> Option<MouseEvent> {
    if app.screen.mouse == Mouse::Terminal {
        return None;
    }
    let does = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseAction::Press,
        MouseEventKind::Drag(MouseButton::Left) => MouseAction::Drag,
        MouseEventKind::Up(MouseButton::Left) => MouseAction::Release,
        MouseEventKind::ScrollDown => MouseAction::WheelDown,
        MouseEventKind::ScrollUp => MouseAction::WheelUp,
        _ => return None,
    };
    Some(MouseEvent {
        column: mouse.column,
        row: mouse.row,
        does,
    })
}

/// What a key says, which depends on whether something is being typed.
pub fn key_message(app: &App, key: &KeyEvent) -> Option<Message> {
    if !app.screen.overlay.takes_text() {
        return keymap::key(key).map(Message::Key);
    }
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let edit = match key.code {
        KeyCode::Enter => Edit::Accept,
        KeyCode::Esc => Edit::Cancel,
        KeyCode::Backspace => Edit::Backspace,
        KeyCode::Char('u' | 'w') if ctrl => Edit::Clear,
        KeyCode::Char('c') if ctrl => return Some(Message::Intent(Intent::Quit)),
        KeyCode::Char(_) if ctrl => return None,
        KeyCode::Char(letter) => Edit::Insert(letter.to_string()),
        KeyCode::Down => return Some(Message::Intent(Intent::Go(Motion::Next))),
        KeyCode::Up => return Some(Message::Intent(Intent::Go(Motion::Previous))),
        _ => return None,
    };
    Some(Message::Edit(edit))
}

#[cfg(test)]
mod tests;
