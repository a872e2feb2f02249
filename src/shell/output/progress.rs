//! What is being done, on standard error, while somebody waits at a terminal: one line, written over, gone at
//! the end. What takes less than half a second says nothing.
//!
//! Whatever else is written goes before it: the line is cleared first ([`make_way`]), and where that is the
//! answer (standard output) it does not come again.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Output, Way};
use crate::domain::read::text::{Clean, one_line};
use crate::shell::clock::ClockSpec;
use crate::shell::output;
use crate::shell::terminal_size::size;

/// Nobody needs to be told about what is over by then.
const SILENT: Duration = Duration::from_millis(500);

/// How many times as fast as the wall's the program's clock is: what waits follows it.
static SPEED: AtomicU64 = AtomicU64::new(0);

/// Nothing is written over: a screen reader would read it each time.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Says nothing from now on, if that is so.
pub(crate) fn quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Takes note of the program's clock.
pub(crate) fn tell_time_by(clock: Option<ClockSpec>) {
    let speed = clock.map_or(1.0, |clock| clock.speed);
    SPEED.store(speed.to_bits(), Ordering::Relaxed);
}

fn silent() -> Duration {
    let speed = f64::from_bits(SPEED.load(Ordering::Relaxed));
    let wait = Duration::try_from_secs_f64(SILENT.as_secs_f64() / speed.max(1.0));
    wait.unwrap_or(SILENT)
}

/// The line that is on the terminal now, if one is.
static CURRENT: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

/// A line that goes when this does.
#[derive(Debug, Default)]
pub(crate) struct Progress(Option<ProgressLine>);

#[derive(Debug)]
struct ProgressLine {
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
    /// What of it stands on the terminal.
    shown: String,
    over: bool,
}

/// Something is about to be written that way: the line goes first.
pub(crate) fn make_way(way: Way) {
    let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
    if let Some(shared) = current {
        shared.yield_to(way, &mut output::stderr());
    }
}

impl Progress {
    /// Begins; says nothing where standard error is no terminal, or everything is told in lines.
    pub(crate) fn begin(text: &str) -> Self {
        if QUIET.load(Ordering::Relaxed) || !output::stderr().is_terminal() {
            return Self(None);
        }
        let shared = Arc::new(Shared::default());
        shared.say(text);
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&shared);
        let silent = silent();
        if silent < Duration::from_millis(1) {
            shared.lock().show(&mut output::stderr());
        }
        let theirs = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || theirs.write(&mut output::stderr(), silent));
        Self(Some(ProgressLine {
            shared,
            writer: writer.ok(),
        }))
    }

    /// Something else is being done.
    pub(crate) fn say(&self, text: &str) {
        if let Some(line) = &self.0 {
            line.shared.say(text);
        }
    }

    /// It is over: the line goes.
    pub(crate) fn end(self) {
        drop(self);
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.shared.end();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to clear.
            let _ = writer.join();
        }
    }
}

impl State {
    fn show(&mut self, out: &mut Output<impl io::Write>) {
        if self.text != self.shown {
            self.shown.clone_from(&self.text);
            // Where it cannot be written nobody misses it.
            let _ = out.passing(&fitting(&self.shown));
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

    fn end(&self) {
        self.lock().over = true;
        self.changed.notify_all();
    }

    /// Clears the line; before the answer it is over, and after a remark it comes back with its next text.
    fn yield_to(&self, way: Way, out: &mut Output<impl io::Write>) {
        let mut state = self.lock();
        if !state.shown.is_empty() {
            let _ = out.passing(&Clean::default());
        }
        match way {
            Way::Answer => {
                state.shown.clear();
                state.over = true;
                self.changed.notify_all();
            }
            // It stands for shown: the next text brings it back.
            Way::Remark => {}
        }
    }

    /// Waits, then shows each text until it is over. Where it cannot be written nobody misses it.
    fn write(&self, out: &mut Output<impl io::Write>, silent: Duration) {
        let state = self.lock();
        let waited = self
            .changed
            .wait_timeout_while(state, silent, |state| !state.over);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        while !state.over {
            state.show(out);
            state = self
                .changed
                .wait_while(state, |state| !state.over && state.text == state.shown)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if !state.shown.is_empty() {
            state.shown.clear();
            let _ = out.passing(&Clean::default());
        }
    }
}

/// One line of the terminal: a longer one could not be taken back.
fn fitting(text: &str) -> Clean {
    let text = one_line(text);
    let width = size().map_or(80, |(width, _)| usize::from(width));
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
        shared.end();
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
            shared.end();
        });
        let text = String::from_utf8(out).unwrap();
        assert!(text.is_empty() || text.ends_with("\x1b[2K"), "{text:?}");
        assert!(!text.contains("\x1b[31m"), "{text:?}");
    }

    #[test]
    fn the_answer_takes_the_place_of_the_line_for_good_and_a_remark_for_now() {
        let shown = || {
            let shared = Shared::default();
            shared.say("reading");
            shared.lock().shown = "reading".to_owned();
            shared
        };
        for (way, over) in [(Way::Answer, true), (Way::Remark, false)] {
            let (shared, mut out) = (shown(), Vec::new());
            shared.yield_to(way, &mut Output::to(&mut out));
            assert_eq!(String::from_utf8(out).unwrap(), "\r\x1b[2K");
            assert_eq!(shared.lock().over, over);
        }
        // Nothing is cleared where nothing was shown: an escape sequence would be in the way of a pipe.
        let (shared, mut out) = (Shared::default(), Vec::new());
        shared.say("reading");
        shared.yield_to(Way::Answer, &mut Output::to(&mut out));
        assert!(out.is_empty());
    }
}
