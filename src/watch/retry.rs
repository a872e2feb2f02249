//! A call that fails in a way that may pass is made again, a few times, with pauses.

use chrono::TimeDelta;

use crate::domain::investigate::cadence;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::ports::Clock;
use crate::watch::rate_limiter::RateLimiter;

/// A call is made so often before it counts as failed: with the pauses between, about half a minute of
/// throttling is waited out ...
const TRIES: u32 = 5;
/// ... but where each try costs a whole time-out it is made less often.
const SLOW_TRIES: u32 = 3;

/// Makes a call until it works, or does not work for a reason that will not pass.
///
/// # Errors
/// It does not work.
pub async fn with_retries<T, F>(
    budget: &RateLimiter,
    clock: &dyn Clock,
    mut call: impl FnMut() -> F + Send,
) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>> + Send,
    T: Send,
{
    let mut tries = 1;
    loop {
        budget.acquire().await;
        let answer = call().await;
        budget.observe(&answer);
        match answer {
            Err(fault) if fault.kind.is_passing() && tries < most(fault.kind) => {
                let pause = cadence::after_fault(fault.kind, tries, 0.0).max(TimeDelta::zero());
                clock.sleep(pause.to_std().unwrap_or_default()).await;
                tries += 1;
            }
            other => return other,
        }
    }
}

fn most(kind: FaultKind) -> u32 {
    match kind {
        FaultKind::TimedOut => SLOW_TRIES,
        _ => TRIES,
    }
}
