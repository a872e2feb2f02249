//! Time, injected. The only place in the program that reads the wall clock.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// Where the program gets the time from, and how it waits.
#[async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment, as this clock counts it.
    fn now(&self) -> DateTime<Utc>;

    /// Returns once [`Clock::now`] has reached `at`; at once if it already has.
    async fn sleep_until(&self, at: DateTime<Utc>);

    /// How much of this clock's time passes while somebody reads for so long: people are no faster where the
    /// clock is.
    fn reading(&self, wall: Duration) -> TimeDelta {
        TimeDelta::from_std(wall).unwrap_or(TimeDelta::MAX)
    }

    /// Returns after `duration` of this clock's time.
    async fn sleep(&self, duration: Duration) {
        let delta = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        let at = self
            .now()
            .checked_add_signed(delta)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.sleep_until(at).await;
    }
}

/// A clock that runs a fixed number of times as fast as the wall, from a chosen start.
///
/// With speed 1 and the present as its start it is the real time. It counts monotonic time from its
/// creation, so that a wall clock set back never makes a countdown grow.
#[derive(Debug, Clone, Copy)]
pub struct ScaledClock {
    origin: Instant,
    start: DateTime<Utc>,
    speed: f64,
}

impl ScaledClock {
    /// A clock at the wall's own pace, from now.
    pub fn real() -> Self {
        Self::new(1.0, None)
    }

    /// A clock `speed` times as fast as the wall, from `start` or else from now.
    ///
    /// A speed that is not a positive number counts as 1.
    pub fn new(speed: f64, start: Option<DateTime<Utc>>) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            1.0
        };
        Self {
            origin: Instant::now(),
            start: start.unwrap_or_else(wall),
            speed,
        }
    }

    /// How many of this clock's seconds pass in one second of the wall.
    pub fn speed(&self) -> f64 {
        self.speed
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the wall clock"
)]
fn wall() -> DateTime<Utc> {
    Utc::now()
}

#[async_trait]
impl Clock for ScaledClock {
    fn now(&self) -> DateTime<Utc> {
        let elapsed = self.origin.elapsed().mul_f64(self.speed);
        let delta = TimeDelta::from_std(elapsed).unwrap_or(TimeDelta::MAX);
        self.start
            .checked_add_signed(delta)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn reading(&self, wall: Duration) -> TimeDelta {
        let scaled = Duration::try_from_secs_f64(wall.as_secs_f64() * self.speed);
        let delta = scaled.ok().map(TimeDelta::from_std);
        delta.and_then(Result::ok).unwrap_or(TimeDelta::MAX)
    }

    async fn sleep_until(&self, at: DateTime<Utc>) {
        let from_start = (at - self.start).to_std().unwrap_or(Duration::ZERO);
        let wall = Duration::try_from_secs_f64(from_start.as_secs_f64() / self.speed);
        let deadline = wall.ok().and_then(|wall| self.origin.checked_add(wall));
        match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_no_faster_where_the_clock_is() {
        let six = Duration::from_secs(6);
        assert_eq!(ScaledClock::real().reading(six), TimeDelta::seconds(6));
        assert_eq!(ScaledClock::new(40.0, None).reading(six), TimeDelta::seconds(240));
        assert_eq!(ScaledClock::new(1e300, None).reading(six), TimeDelta::MAX);
    }
}
