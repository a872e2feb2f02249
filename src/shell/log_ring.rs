//! The newest lines of the program's own log, for the screen.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::Layer;

use crate::app::layout::own_log::{Level, OwnLine};
use crate::ports::{Clock, ScaledClock};

/// So many lines are kept in memory.
const KEPT: usize = 1_000;

/// The newest lines of the log, for the screen.
#[derive(Clone, Default)]
pub struct Ring {
    lines: Arc<Mutex<VecDeque<OwnLine>>>,
    clock: Arc<OnceLock<Arc<dyn Clock>>>,
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring").finish_non_exhaustive()
    }
}

impl Ring {
    /// Moments are told by this clock from now on, as everywhere on the screen.
    pub(crate) fn tell_time_by(&self, clock: Arc<dyn Clock>) {
        // Whoever came first goes on: all of a program's clocks are one.
        let _ = self.clock.set(clock);
    }

    /// What is kept, oldest first.
    pub(crate) fn read(&self) -> Arc<[OwnLine]> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }

    fn keep(&self, level: Level, part: &str, text: &str) {
        let now = self
            .clock
            .get()
            .map_or_else(|| ScaledClock::real().now(), |clock| clock.now());
        let line = OwnLine::new(now, level, part, text);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

impl<S: Subscriber> Layer<S> for Ring {
    fn on_event(&self, event: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let level = match *event.metadata().level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warning,
            tracing::Level::INFO => Level::Info,
            _ => Level::Debug,
        };
        let mut words = Words::default();
        event.record(&mut words);
        let target = event.metadata().target();
        let part = target.strip_prefix("stacktrail::").unwrap_or(target);
        self.keep(level, part.split("::").next().unwrap_or(part), &words.sentence());
    }
}

/// An event's message and its fields.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Words {
    fn sentence(self) -> String {
        self.message + &self.fields
    }
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string does not fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " · {} {value:?}", field.name())
        };
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn what_is_written_is_kept_up_to_a_limit() {
        let ring = Ring::default();
        let subscriber = tracing_subscriber::registry().with(ring.clone());
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..KEPT {
                tracing::debug!(number, "step");
            }
            tracing::warn!(source = "logs", account = "123456789012", "not answered");
        });
        let lines = ring.read();
        assert_eq!(lines.len(), KEPT);
        assert_eq!(lines[0].text, "step · number 1");
        let last = lines.last().unwrap();
        assert_eq!(last.level, Level::Warning);
        assert_eq!(last.part, "shell");
        assert_eq!(last.text, "not answered · source logs · account 1234…9012");
    }
}
