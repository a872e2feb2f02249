//! One request budget for everybody who calls the same service.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use crate::domain::investigate::cadence::Pacer;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::ports::Clock;

/// Lets calls through one after the other, with the pause that the service's mood asks for.
///
/// Whoever waits says how long it could well wait: the turn goes to the one whose time is up first. So what is
/// pressing goes before what is not, and nobody waits for ever.
#[derive(Debug, Clone)]
pub struct RateLimiter {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    pace: Pacer,
    next: DateTime<Utc>,
    /// Who waits, by when it would like its turn, and in the order of asking.
    waiting: BTreeMap<Ticket, Arc<Notify>>,
    tickets: u64,
}

type Ticket = (DateTime<Utc>, u64);

impl State {
    fn wake_first(&self) {
        if let Some((_, first)) = self.waiting.first_key_value() {
            first.notify_one();
        }
    }
}

/// A place in the queue, which is given up when nobody waits at it any more.
struct QueueSlot<'a> {
    budget: &'a RateLimiter,
    ticket: Ticket,
}

impl Drop for QueueSlot<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        if state.waiting.remove(&self.ticket).is_some() {
            state.wake_first();
        }
    }
}

impl RateLimiter {
    /// A budget with calls at least `closest` and, while throttled, at most `widest` apart.
    pub fn new(clock: Arc<dyn Clock>, closest: TimeDelta, widest: TimeDelta) -> Self {
        let state = State {
            pace: Pacer::new(closest, widest),
            next: clock.now(),
            waiting: BTreeMap::new(),
            tickets: 0,
        };
        Self {
            clock,
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here is half done when a panic elsewhere poisons it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when it is this caller's turn, which is pressing.
    pub async fn acquire(&self) {
        self.turn_within(TimeDelta::zero()).await;
    }

    /// Returns when it is this caller's turn, which could well wait for so long while others do.
    pub async fn turn_within(&self, max_wait: TimeDelta) {
        let called = Arc::new(Notify::new());
        let place = {
            let mut state = self.state();
            state.tickets += 1;
            let ticket = (self.clock.now() + max_wait, state.tickets);
            state.waiting.insert(ticket, Arc::clone(&called));
            QueueSlot { budget: self, ticket }
        };
        loop {
            let at = {
                let mut state = self.state();
                let now = self.clock.now();
                let is_first = state.waiting.keys().next() == Some(&place.ticket);
                if is_first && state.next <= now {
                    state.waiting.remove(&place.ticket);
                    state.next = now + state.pace.gap();
                    state.wake_first();
                    return;
                }
                is_first.then_some(state.next)
            };
            match at {
                Some(at) => tokio::select! {
                    () = self.clock.sleep_until(at) => {}
                    () = called.notified() => {}
                },
                None => called.notified().await,
            }
        }
    }

    /// Learns from how a call went.
    pub fn observe<T>(&self, answer: &Result<T, Fault>) {
        let mut state = self.state();
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ports::ScaledClock;

    fn budget() -> RateLimiter {
        let clock = Arc::new(ScaledClock::real());
        RateLimiter::new(clock, TimeDelta::milliseconds(200), TimeDelta::seconds(8))
    }

    /// Has callers wait with so long a wait each, a millisecond after one another; returns who came when.
    async fn served(budget: &RateLimiter, max_wait: &[i64]) -> Vec<usize> {
        let served = Arc::new(Mutex::new(Vec::new()));
        budget.acquire().await;
        let mut waiting = Vec::new();
        for (caller, seconds) in max_wait.iter().enumerate() {
            let (budget, served) = (budget.clone(), Arc::clone(&served));
            let max_wait = TimeDelta::seconds(*seconds);
            waiting.push(tokio::spawn(async move {
                budget.turn_within(max_wait).await;
                served.lock().unwrap().push(caller);
            }));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for one in waiting {
            one.await.unwrap();
        }
        let served = served.lock().unwrap();
        served.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_pressing_goes_first_and_at_the_same_pace() {
        let budget = budget();
        let begun = tokio::time::Instant::now();
        assert_eq!(served(&budget, &[60, 5, 0, 60, 0]).await, [2, 4, 1, 0, 3]);
        // Six turns, five pauses.
        assert_eq!(begun.elapsed().as_millis() / 10, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_long_enough_goes_before_what_is_pressing() {
        let budget = budget();
        let patient = tokio::spawn({
            let budget = budget.clone();
            async move { budget.turn_within(TimeDelta::seconds(3)).await }
        });
        budget.acquire().await;
        let mut turns = 0;
        while !patient.is_finished() {
            let pressing: Vec<_> = (0..3)
                .map(|_| {
                    let budget = budget.clone();
                    tokio::spawn(async move { budget.acquire().await })
                })
                .collect();
            for one in pressing {
                one.await.unwrap();
                turns += 1;
            }
        }
        assert!((15..=21).contains(&turns), "{turns} turns");
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_the_queue_holds_nobody_up() {
        let budget = budget();
        budget.acquire().await;
        let left = tokio::time::timeout(Duration::from_millis(50), budget.acquire());
        let behind = {
            let budget = budget.clone();
            tokio::spawn(async move { budget.turn_within(TimeDelta::seconds(1)).await })
        };
        assert!(left.await.is_err());
        behind.await.unwrap();
        assert_eq!(budget.state().waiting.len(), 0);
    }
}
