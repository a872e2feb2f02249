//! The one loop of the program: messages and time go in, until what is driven says that it is over.
//!
//! A screen, lines, one shot and a session behind the screen differ in what they hear besides, in how many
//! messages they take in at once, and in what they do with what came of it: that is a [`Frontend`]. The loop
//! awaits nothing but one `select!`, and wakes for nothing where nothing is due.

use std::io;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::app::Message;
use crate::ports::Clock;

/// When to wake even if nothing comes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wake {
    /// When something falls due, by the program's clock.
    pub(crate) due: Option<DateTime<Utc>>,
    /// When a frame does, by the wall's: nobody sees faster because a clock runs faster.
    pub(crate) frame: Option<Instant>,
}

/// What is driven by the loop.
pub(crate) trait Frontend {
    /// What it hears besides messages: keys, signals.
    type Event;
    /// Why it is over.
    type End;
    /// So many waiting messages are taken in at once.
    const AT_ONCE: usize;

    /// Shows what is to be shown before the wait; when to wake, or that it is over.
    fn before_wait(&mut self) -> io::Result<ControlFlow<Self::End, Wake>>;

    /// What it hears next. Given up and asked again whenever something else comes first.
    fn next_event(&mut self) -> impl Future<Output = Self::Event>;

    /// Turns what was heard into messages.
    fn on_event(
        &mut self,
        event: Self::Event,
        batch: &mut Vec<Message>,
    ) -> io::Result<ControlFlow<Self::End>>;

    /// No message is to come any more.
    fn on_closed(&mut self) -> ControlFlow<Self::End> {
        ControlFlow::Continue(())
    }

    /// Takes in what came, in its order.
    fn on_batch(&mut self, batch: Vec<Message>) -> io::Result<ControlFlow<Self::End>>;
}

/// What woke the loop up.
enum WakeReason<E> {
    Event(E),
    Message(Option<Message>),
    Clock,
    Frame,
}

/// Drives it until it is over.
///
/// # Errors
/// Whatever keeps it from showing or hearing.
pub(crate) async fn drive<F: Frontend>(
    frontend: &mut F,
    messages: &mut mpsc::Receiver<Message>,
    clock: &dyn Clock,
) -> io::Result<F::End> {
    let mut open = true;
    loop {
        let wake = match frontend.before_wait()? {
            ControlFlow::Continue(wake) => wake,
            ControlFlow::Break(end) => return Ok(end),
        };
        // Biased, so that a flood of facts starves neither the person nor the end.
        let woken = tokio::select! {
            biased;
            event = frontend.next_event() => WakeReason::Event(event),
            message = messages.recv(), if open => WakeReason::Message(message),
            () = falls_due(clock, wake.due), if wake.due.is_some() => WakeReason::Clock,
            () = frame(wake.frame), if wake.frame.is_some() => WakeReason::Frame,
        };
        let mut batch = Vec::new();
        let turn = match woken {
            WakeReason::Frame => continue,
            WakeReason::Clock => {
                batch.push(Message::Tick);
                ControlFlow::Continue(())
            }
            WakeReason::Event(event) => frontend.on_event(event, &mut batch)?,
            WakeReason::Message(None) => {
                open = false;
                frontend.on_closed()
            }
            WakeReason::Message(Some(message)) => {
                batch.push(message);
                ControlFlow::Continue(())
            }
        };
        if let ControlFlow::Break(end) = turn {
            return Ok(end);
        }
        while batch.len() < F::AT_ONCE {
            match messages.try_recv() {
                Ok(message) => batch.push(message),
                Err(_) => break,
            }
        }
        if let ControlFlow::Break(end) = frontend.on_batch(batch)? {
            return Ok(end);
        }
    }
}

/// Waits until something falls due; for ever where nothing does.
pub(crate) async fn falls_due(clock: &dyn Clock, at: Option<DateTime<Utc>>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn frame(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
