//! What is being done, on standard error, while somebody waits at a terminal: one line, written over, gone at
//! the end. What takes less than half a second says nothing.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::output::{self, Output};
use crate::domain::text::{Clean, one_line};

/// Nobody needs to be told about what is over by then.
const SILENT: Duration = Duration::from_millis(500);

/// A line that goes when this does.
#[derive(Debug, Default)]
pub(super) struct Progress(Option<Line>);

#[derive(Debug)]
struct Line {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    text: String,
    over: bool,
}

impl Progress {
    /// Begins; says nothing where standard error is no terminal.
    pub(super) fn begin(text: &str) -> Self {
        if !output::stderr().is_terminal() {
            return Self(None);
        }
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || theirs.write(&mut output::stderr(), SILENT));
        let line = Line {
            shared,
            writer: writer.ok(),
        };
        line.shared.say(text);
        Self(Some(line))
    }

    /// Something else is being done.
    pub(super) fn say(&self, text: &str) {
        if let Some(line) = &self.0 {
            line.shared.say(text);
        }
    }

    /// It is over: the line goes.
    pub(super) fn end(self) {
        drop(self);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.changed.notify_all();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to clear.
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, text: &str) {
        let mut state = self.lock();
        if state.text != text {
            text.clone_into(&mut state.text);
            self.changed.notify_all();
        }
    }

    /// Waits, then shows each text until it is over. Where it cannot be written nobody misses it.
    fn write(&self, out: &mut Output<impl io::Write>, silent: Duration) {
        let state = self.lock();
        let waited = self
            .changed
            .wait_timeout_while(state, silent, |state| !state.over);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let mut shown = String::new();
        while !state.over {
            if state.text != shown {
                shown.clone_from(&state.text);
                let _ = out.passing(&fitting(&shown));
            }
            state = self
                .changed
                .wait_while(state, |state| !state.over && state.text == shown)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if !shown.is_empty() {
            let _ = out.passing(&Clean::default());
        }
    }
}

/// One line of the terminal: a longer one could not be taken back.
fn fitting(text: &str) -> Clean {
    let text = one_line(text);
    let width = crossterm::terminal::size().map_or(80, |(width, _)| usize::from(width));
    let room = width.saturating_sub(1).max(1);
    text.cut(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(texts: &[&str], silent: Duration) -> String {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let writer = std::thread::spawn(move || {
            let mut out = Vec::new();
            theirs.write(&mut Output::to(&mut out), silent);
            String::from_utf8(out).unwrap()
        });
        for text in texts {
            shared.say(text);
        }
        // Long enough to be seen where it is to be seen: the writer takes the last text when it wakes.
        if silent.is_zero() {
            while shared.lock().text != *texts.last().unwrap() {}
        }
        shared.lock().over = true;
        shared.changed.notify_all();
        writer.join().unwrap()
    }

    #[test]
    fn what_is_over_soon_says_nothing() {
        assert_eq!(written(&["reading"], Duration::from_secs(60)), "");
    }

    #[test]
    fn what_was_written_is_taken_back() {
        let mut out = Vec::new();
        let shared = Shared::default();
        shared.say("reading\x1b[31m the events");
        std::thread::scope(|scope| {
            scope.spawn(|| shared.write(&mut Output::to(&mut out), Duration::ZERO));
            // The state is locked by the writer whenever it does not wait.
            std::thread::yield_now();
            shared.lock().over = true;
            shared.changed.notify_all();
        });
        let text = String::from_utf8(out).unwrap();
        assert!(text.is_empty() || text.ends_with("\x1b[2K"), "{text:?}");
        assert!(!text.contains("\x1b[31m"), "{text:?}");
    }
}
