//! One request budget for everybody who calls the same service.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use crate::domain::cadence::Pace;
use crate::domain::fault::{Fault, FaultKind};
use crate::ports::Clock;

/// Lets calls through one after the other, with the pause that the service's mood asks for.
///
/// Waiting is first come, first served, so that no stack starves another.
#[derive(Debug, Clone)]
pub struct Budget {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    pace: Pace,
    next: DateTime<Utc>,
}

impl Budget {
    /// A budget with calls at least `closest` and, while throttled, at most `widest` apart.
    pub fn new(clock: Arc<dyn Clock>, closest: TimeDelta, widest: TimeDelta) -> Self {
        let state = State {
            pace: Pace::new(closest, widest),
            next: clock.now(),
        };
        Self {
            clock,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Returns when it is this caller's turn.
    pub async fn turn(&self) {
        let at = {
            let mut state = self.state.lock().await;
            let at = state.next.max(self.clock.now());
            state.next = at + state.pace.gap();
            at
        };
        self.clock.sleep_until(at).await;
    }

    /// Learns from how a call went.
    pub async fn learn<T>(&self, answer: &Result<T, Fault>) {
        let mut state = self.state.lock().await;
        match answer {
            Err(fault) if fault.kind == FaultKind::Throttled => {
                state.pace.throttled();
                state.next = state.next.max(self.clock.now() + state.pace.gap());
            }
            Err(_) => {}
            Ok(_) => state.pace.answered(),
        }
    }
}
