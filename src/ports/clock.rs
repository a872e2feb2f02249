//! Time, injected. The only place in the program that reads the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::SetOnce;
use tokio::time::Instant;

use crate::domain::model::moment::bounded;

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

    /// When the machine last woke from a sleep, if this clock knows of one: until then nobody could ask anything.
    fn woke(&self) -> Option<DateTime<Utc>> {
        None
    }

    /// Whom it waited for has come: a clock that stood still until then runs from now on.
    fn begin(&self) {}

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
            start: bounded(start.unwrap_or_else(wall)),
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
        let elapsed = Duration::try_from_secs_f64(self.origin.elapsed().as_secs_f64() * self.speed);
        let delta = elapsed.ok().and_then(|elapsed| TimeDelta::from_std(elapsed).ok());
        let moment = self.start.checked_add_signed(delta.unwrap_or(TimeDelta::MAX));
        // Whatever the speed, rules may add minutes to what this clock says.
        bounded(moment.unwrap_or(DateTime::<Utc>::MAX_UTC))
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

/// A scaled clock that stands still until [`Clock::begin`], and goes at the wall's pace once its story is over.
///
/// A story that is played fast is over within seconds: it begins when the first question is asked, however long a busy
/// machine takes to get that far. After its end whoever watches on asks no more often than one does of an account.
#[derive(Debug)]
pub struct WaitingClock {
    start: DateTime<Utc>,
    speed: f64,
    over: Option<Duration>,
    running: SetOnce<Instant>,
}

impl WaitingClock {
    /// A clock that will run `speed` times as fast as the wall, from the moment that is now.
    ///
    /// A speed that is not a positive number counts as 1.
    pub fn new(speed: f64) -> Self {
        let ScaledClock { start, speed, .. } = ScaledClock::new(speed, None);
        Self {
            start,
            speed,
            over: None,
            running: SetOnce::new(),
        }
    }

    /// The clock of a story of this length: whoever waits for what comes late still does so at the story's pace for an
    /// hour of it, and for a minute of the wall. A slow clock is not made faster.
    #[must_use]
    pub fn until(self, length: Duration) -> Self {
        let scaled = |duration: Duration| duration.as_secs_f64() / self.speed;
        let over = scaled(length) + scaled(LATE).max(AFTERWARDS.as_secs_f64());
        Self {
            over: Duration::try_from_secs_f64(over)
                .ok()
                .filter(|_| self.speed > 1.0),
            ..self
        }
    }

    /// How much of the story passes while so much of the wall's time does, from the beginning.
    fn passed(&self, wall: Duration) -> TimeDelta {
        let (fast, slow) = match self.over {
            Some(over) if wall > over => (over, wall.saturating_sub(over)),
            _ => (wall, Duration::ZERO),
        };
        let scaled = Duration::try_from_secs_f64(fast.as_secs_f64() * self.speed).unwrap_or(Duration::MAX);
        TimeDelta::from_std(scaled.saturating_add(slow)).unwrap_or(TimeDelta::MAX)
    }

    /// How much of the wall's time passes until so much of the story has.
    fn wall(&self, story: Duration) -> Option<Duration> {
        let scaled = Duration::try_from_secs_f64(story.as_secs_f64() / self.speed).ok()?;
        let Some(over) = self.over.filter(|over| scaled > *over) else {
            return Some(scaled);
        };
        let fast = Duration::try_from_secs_f64(over.as_secs_f64() * self.speed).ok()?;
        over.checked_add(story.saturating_sub(fast))
    }
}

/// So much of a story may be waited for after its end: the longest that anything is asked again.
const LATE: Duration = Duration::from_hours(1);

/// ... and so much of the wall's time, as a busy machine takes longer to ask than a fast story has patience.
const AFTERWARDS: Duration = Duration::from_mins(1);

#[async_trait]
impl Clock for WaitingClock {
    fn now(&self) -> DateTime<Utc> {
        let passed = self
            .running
            .get()
            .map_or(TimeDelta::zero(), |begun| self.passed(begun.elapsed()));
        let moment = self.start.checked_add_signed(passed);
        bounded(moment.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    fn reading(&self, wall: Duration) -> TimeDelta {
        let before = self.running.get().map_or(Duration::ZERO, Instant::elapsed);
        let after = self.passed(before.saturating_add(wall));
        after.checked_sub(&self.passed(before)).unwrap_or(TimeDelta::MAX)
    }

    fn begin(&self) {
        if self.running.get().is_none() {
            // Whoever was first has begun it.
            let _ = self.running.set(Instant::now());
        }
    }

    async fn sleep_until(&self, at: DateTime<Utc>) {
        let Ok(story) = (at - self.start).to_std() else {
            return;
        };
        if story.is_zero() {
            return;
        }
        let begun = self.running.wait().await;
        match self.wall(story).and_then(|wall| begun.checked_add(wall)) {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }
}

/// By how much the wall must be ahead before the machine has slept: a step of the network's time is no sleep.
const SLEPT: TimeDelta = TimeDelta::seconds(30);

/// How long a sleep of the machine may stay unnoticed by somebody who waits.
const LOOK: TimeDelta = TimeDelta::seconds(2);

/// A clock that notices when the machine has slept.
///
/// Monotonic time stands still while a machine sleeps: a watch of the evening would date the morning's events to the
/// future and wait out in the morning what was due at night. Where the wall has run ahead of the steady clock this
/// one follows it. It never goes back: a wall that is set back changes nothing.
#[derive(Clone)]
pub struct WakingClock {
    steady: ScaledClock,
    wall: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    night: Arc<Night>,
}

/// What is known of the machine's sleep.
#[derive(Debug)]
struct Night {
    /// Milliseconds that were slept through.
    slept: AtomicI64,
    /// The moment at which it woke last, in milliseconds of its time; the least number before that.
    woke: AtomicI64,
}

impl std::fmt::Debug for WakingClock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("WakingClock")
            .field("steady", &self.steady)
            .field("night", &self.night)
            .finish_non_exhaustive()
    }
}

impl WakingClock {
    /// The wall's time from now, also after a sleep.
    pub fn real() -> Self {
        Self::over(ScaledClock::real(), Arc::new(wall))
    }

    /// A steady clock whose machine sleeps once, for so long, after so much of the clock's time.
    pub fn sleeping(steady: ScaledClock, after: TimeDelta, slept: TimeDelta) -> Self {
        let at = steady.start.checked_add_signed(after);
        let wall = move || {
            let now = steady.now();
            let ahead = if at.is_some_and(|at| now >= at) {
                slept
            } else {
                TimeDelta::zero()
            };
            now.checked_add_signed(ahead).unwrap_or(now)
        };
        Self::over(steady, Arc::new(wall))
    }

    fn over(steady: ScaledClock, wall: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>) -> Self {
        Self {
            steady,
            wall,
            night: Arc::new(Night {
                slept: AtomicI64::new(0),
                woke: AtomicI64::new(i64::MIN),
            }),
        }
    }
}

#[async_trait]
impl Clock for WakingClock {
    fn now(&self) -> DateTime<Utc> {
        let steady = self.steady.now();
        let ahead = (self.wall)() - steady;
        let Night { slept, woke } = &*self.night;
        let known = TimeDelta::milliseconds(slept.load(Ordering::Relaxed));
        if ahead > known + SLEPT {
            slept.fetch_max(ahead.num_milliseconds(), Ordering::Relaxed);
            woke.fetch_max((steady + ahead).timestamp_millis(), Ordering::Relaxed);
        }
        let slept = TimeDelta::milliseconds(slept.load(Ordering::Relaxed));
        steady.checked_add_signed(slept).unwrap_or(steady)
    }

    fn woke(&self) -> Option<DateTime<Utc>> {
        let woke = self.night.woke.load(Ordering::Relaxed);
        (woke > i64::MIN)
            .then(|| DateTime::from_timestamp_millis(woke))
            .flatten()
    }

    fn reading(&self, wall: Duration) -> TimeDelta {
        self.steady.reading(wall)
    }

    async fn sleep_until(&self, at: DateTime<Utc>) {
        loop {
            let left = at - self.now();
            if left <= TimeDelta::zero() {
                return;
            }
            // What is waited for may come while the machine sleeps.
            let look = left.min(self.reading(LOOK.to_std().unwrap_or_default()));
            self.steady.sleep(look.to_std().unwrap_or_default()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_speed_and_no_start_leads_to_where_minutes_cannot_be_added() {
        let starts = [
            None,
            Some(DateTime::<Utc>::MIN_UTC),
            Some(DateTime::<Utc>::MAX_UTC),
        ];
        for (speed, start) in [1e-300, 1.0, 1e18, 1e300, f64::MAX]
            .into_iter()
            .flat_map(|speed| starts.map(|start| (speed, start)))
        {
            let clock = ScaledClock::new(speed, start);
            tokio::time::advance(Duration::from_hours(1)).await;
            let century = TimeDelta::days(36_500);
            assert!(
                clock.now().checked_add_signed(century).is_some(),
                "{speed} {start:?}"
            );
            assert!(
                clock.now().checked_sub_signed(century).is_some(),
                "{speed} {start:?}"
            );
        }
    }

    #[test]
    fn people_read_no_faster_where_the_clock_is() {
        let six = Duration::from_secs(6);
        assert_eq!(ScaledClock::real().reading(six), TimeDelta::seconds(6));
        assert_eq!(ScaledClock::new(40.0, None).reading(six), TimeDelta::seconds(240));
        assert_eq!(ScaledClock::new(1e300, None).reading(six), TimeDelta::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_waits_loses_no_time_until_it_is_begun_and_is_begun_once() {
        let clock = WaitingClock::new(120.0);
        let start = clock.now();
        let due = clock.sleep(Duration::from_mins(2));
        tokio::pin!(due);
        let waited = tokio::time::timeout(Duration::from_hours(1), &mut due).await;
        assert!(waited.is_err(), "nothing is due before it runs");
        assert_eq!(clock.now(), start);
        clock.sleep_until(start).await;
        clock.begin();
        let begun = Instant::now();
        due.await;
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        clock.begin();
        assert_eq!(clock.now(), start + TimeDelta::minutes(2));
        assert_eq!(clock.reading(Duration::from_secs(1)), TimeDelta::minutes(2));
    }

    /// Where nothing more is told a watch asks as often as of an account: what it pauses for is the wall's time, and a
    /// notice that somebody began to read stays as long as it would have.
    #[tokio::test(start_paused = true)]
    async fn a_clock_goes_at_the_walls_pace_once_its_story_is_over() {
        let clock = WaitingClock::new(600.0).until(Duration::from_mins(10));
        let start = clock.now();
        let six = Duration::from_secs(6);
        clock.begin();
        // The story takes a second, and is waited for a minute more.
        tokio::time::advance(Duration::from_secs(58)).await;
        assert_eq!(clock.now(), start + TimeDelta::minutes(580));
        assert_eq!(
            clock.reading(six),
            TimeDelta::minutes(30) + TimeDelta::seconds(3),
            "begun before the end, and read after it"
        );
        let begun = Instant::now();
        clock.sleep_until(start + TimeDelta::minutes(611)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(63));
        assert_eq!(clock.now(), start + TimeDelta::minutes(611));
        assert_eq!(clock.reading(six), TimeDelta::seconds(6));
        let begun = Instant::now();
        clock.sleep(Duration::from_secs(10)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(10));
    }

    /// What would tempt it: a story that is told slowly is not hurried at its end, one without an end never slows down,
    /// and a speed without bounds breaks nothing.
    #[tokio::test(start_paused = true)]
    async fn a_slow_story_is_not_hurried_and_one_without_an_end_runs_on() {
        for (clock, hours) in [
            (WaitingClock::new(0.5).until(Duration::from_secs(1)), 5),
            (WaitingClock::new(1.0).until(Duration::from_secs(1)), 10),
            (WaitingClock::new(2.0), 20),
            (WaitingClock::new(2.0).until(Duration::from_hours(24)), 20),
        ] {
            let start = clock.now();
            clock.begin();
            tokio::time::advance(Duration::from_hours(10)).await;
            assert_eq!(clock.now(), start + TimeDelta::hours(hours), "{clock:?}");
        }
        for speed in [1e-300, 1e18, 1e300, f64::MAX] {
            let clock = WaitingClock::new(speed).until(Duration::MAX);
            clock.begin();
            tokio::time::advance(Duration::from_hours(1)).await;
            assert!(clock.now().checked_add_signed(TimeDelta::days(36_500)).is_some());
        }
    }

    fn night(slept: TimeDelta) -> WakingClock {
        let steady = ScaledClock::new(1.0, Some(DateTime::UNIX_EPOCH));
        WakingClock::sleeping(steady, TimeDelta::seconds(40), slept)
    }

    fn passed(clock: &WakingClock) -> TimeDelta {
        clock.now() - DateTime::UNIX_EPOCH
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_of_the_machine_has_passed_once_it_wakes() {
        let clock = night(TimeDelta::hours(3));
        clock.sleep(Duration::from_secs(39)).await;
        assert_eq!((passed(&clock), clock.woke()), (TimeDelta::seconds(39), None));
        tokio::time::advance(Duration::from_secs(2)).await;
        let morning = TimeDelta::hours(3) + TimeDelta::seconds(41);
        assert_eq!(passed(&clock), morning);
        assert_eq!(clock.woke(), Some(DateTime::UNIX_EPOCH + morning));
        clock.sleep(Duration::from_secs(9)).await;
        assert_eq!(passed(&clock), TimeDelta::hours(3) + TimeDelta::seconds(50));
    }

    /// Twenty minutes that were to pass while the lid was closed are over soon after it is opened.
    #[tokio::test(start_paused = true)]
    async fn what_was_due_in_the_night_is_not_waited_for_in_the_morning() {
        let clock = night(TimeDelta::hours(3));
        let begun = Instant::now();
        clock.sleep(Duration::from_mins(20)).await;
        assert!(
            begun.elapsed() <= Duration::from_secs(43),
            "{:?}",
            begun.elapsed()
        );
        // ... and what is due later than the morning is.
        let begun = Instant::now();
        clock.sleep(Duration::from_mins(20)).await;
        assert_eq!(begun.elapsed(), Duration::from_mins(20));
    }

    /// What would tempt it: steps of the network's time, and a wall that is set back.
    #[tokio::test(start_paused = true)]
    async fn a_small_step_ahead_and_any_step_back_are_no_sleep() {
        for step in [TimeDelta::seconds(20), TimeDelta::hours(-3)] {
            let clock = night(step);
            tokio::time::advance(Duration::from_secs(60)).await;
            assert_eq!(passed(&clock), TimeDelta::seconds(60), "{step}");
        }
    }

    /// After a night that was followed, a wall that is set back takes nothing of it away.
    #[tokio::test(start_paused = true)]
    async fn time_that_was_told_is_never_taken_back() {
        let offset = Arc::new(AtomicI64::new(7_200_000));
        let steady = ScaledClock::new(1.0, Some(DateTime::UNIX_EPOCH));
        let ahead = Arc::clone(&offset);
        let wall = move || steady.now() + TimeDelta::milliseconds(ahead.load(Ordering::Relaxed));
        let clock = WakingClock::over(steady, Arc::new(wall));
        assert_eq!(passed(&clock), TimeDelta::hours(2));
        offset.store(0, Ordering::Relaxed);
        assert_eq!(passed(&clock), TimeDelta::hours(2));
        offset.store(10_800_000, Ordering::Relaxed);
        assert_eq!(passed(&clock), TimeDelta::hours(3));
    }
}
