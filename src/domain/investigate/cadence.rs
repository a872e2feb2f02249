//! When to ask next: pure rules for polling, backing off and spacing calls.

use chrono::TimeDelta;

use crate::domain::model::fault::FaultKind;

/// What the next poll of a stack depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Nothing moves in the stack.
    pub settled: bool,
    /// For how long nothing new has come.
    pub quiet_for: TimeDelta,
}

/// While something moves; also the closest spacing of two calls for one stack.
pub const MOVING: TimeDelta = TimeDelta::milliseconds(1_000);
/// While something should move, but nothing has come for [`LONG_QUIET`].
const SLOW: TimeDelta = TimeDelta::milliseconds(2_000);
/// A custom resource or a database may be silent for an hour.
const LONG_QUIET: TimeDelta = TimeDelta::minutes(3);
/// Shortly after settling, when the next operation often follows.
const JUST_SETTLED: TimeDelta = TimeDelta::seconds(3);
/// Long after settling.
const SETTLED: TimeDelta = TimeDelta::seconds(10);
/// While a queue tells of everything that comes new: a look of its own, in case it misses something.
pub const PUSHED: TimeDelta = TimeDelta::seconds(5);
/// A queue told of something that could not be read yet.
pub const OWED: TimeDelta = TimeDelta::milliseconds(500);
/// How long "shortly" is.
const SETTLING: TimeDelta = TimeDelta::minutes(2);

/// The pause before a stack is asked again. `jitter` in 0..1 adds up to a tenth, never takes away.
pub fn next_poll(activity: Activity, jitter: f64) -> TimeDelta {
    let base = match (activity.settled, activity.quiet_for) {
        (false, quiet) if quiet < LONG_QUIET => MOVING,
        (false, _) => SLOW,
        (true, quiet) if quiet < SETTLING => JUST_SETTLED,
        (true, _) => SETTLED,
    };
    stretched(base, jitter)
}

/// No stack waits longer for its turn than this, however many there are.
const LONGEST_MAX_WAIT: TimeDelta = TimeDelta::minutes(3);
/// A stack that has settled gives way to all that move for so much longer.
const SETTLED_WAIT: TimeDelta = TimeDelta::seconds(20);
/// A stack that nobody has read yet gives way to those that are known to move.
pub const UNREAD_MAX_WAIT: TimeDelta = TimeDelta::seconds(2);

/// A stack in which something happened within this time is in the midst of it.
const LIVELY: TimeDelta = TimeDelta::seconds(15);

/// How long a stack's turn to be read can well wait while others are read, given how long ago its newest event
/// happened. With two hundred stacks and five calls a second, those in which something happens every few seconds
/// must not wait for those in which nothing does: these soon wait long.
pub fn max_wait(settled: bool, since_newest: TimeDelta) -> TimeDelta {
    let quiet = (since_newest - LIVELY).num_seconds();
    let quiet = quiet.clamp(0, LONGEST_MAX_WAIT.num_seconds());
    let max_wait = TimeDelta::seconds(quiet * quiet).min(LONGEST_MAX_WAIT);
    if settled {
        max_wait + SETTLED_WAIT
    } else {
        max_wait
    }
}

/// What came together is read together ...
const GATHERED: TimeDelta = TimeDelta::milliseconds(200);
/// ... and whoever is woken again and again asks no more often than so.
const CLOSEST: TimeDelta = TimeDelta::milliseconds(500);

/// The pause before a stack is read of which somebody has news, so long after it was read last.
pub fn after_poke(since: TimeDelta) -> TimeDelta {
    GATHERED.max(CLOSEST - since.max(TimeDelta::zero()))
}

/// Where a message is left for somebody else: hidden for so long the first time ...
const LEFT: TimeDelta = TimeDelta::seconds(2);
/// ... and a few times more, since whoever works on the queue may not get it at once ...
const CHANCES: u32 = 4;
/// ... then twice as long each further time, and no longer than this.
const LEFT_LONGEST: TimeDelta = TimeDelta::minutes(15);

/// How long a watcher hides a message of a queue that others may read, too, when it is delivered for the `deliveries`-th
/// time. It takes nothing away: somebody who works on the queue has it after that, and where nobody does it is given
/// out less and less, so that the queue does not put it aside as one that nobody can use.
pub fn left_to_others(deliveries: u32) -> TimeDelta {
    let doublings = deliveries.saturating_sub(CHANCES).min(16);
    let factor = 1_i32.checked_shl(doublings).unwrap_or(i32::MAX);
    LEFT.checked_mul(factor).unwrap_or(LEFT_LONGEST).min(LEFT_LONGEST)
}

/// The pause after the `times`-th fault in a row (from 1).
pub fn after_fault(kind: FaultKind, times: u32, jitter: f64) -> TimeDelta {
    let doubled = |first: i64, last: i64| {
        let factor = 1_i64
            .checked_shl(times.saturating_sub(1).min(16))
            .unwrap_or(i64::MAX);
        TimeDelta::seconds(first.saturating_mul(factor).min(last))
    };
    let base = match kind {
        FaultKind::Throttled => doubled(2, 15),
        FaultKind::TimedOut | FaultKind::Network | FaultKind::Service | FaultKind::Malformed => {
            doubled(1, 15)
        }
        FaultKind::Expired | FaultKind::NoCredentials | FaultKind::Skewed => TimeDelta::seconds(5),
        FaultKind::NotFound | FaultKind::Invalid => doubled(5, 60),
        FaultKind::Denied | FaultKind::NotEnabled => doubled(30, 300),
    };
    stretched(base, jitter)
}

/// The pause after the `times`-th inquiry in a row (from 1) of which all tries failed: each was several calls, and
/// what does not pass within minutes is looked at once a minute.
pub fn after_inquiry(kind: FaultKind, times: u32) -> TimeDelta {
    let pause = after_fault(kind, times, 0.0);
    let lasting = match times {
        0..=2 => TimeDelta::zero(),
        3 => TimeDelta::seconds(30),
        _ => TimeDelta::seconds(60),
    };
    if kind.is_passing() {
        pause.max(lasting)
    } else {
        pause
    }
}

fn stretched(base: TimeDelta, jitter: f64) -> TimeDelta {
    let tenth = base / 10;
    let share = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.0
    };
    let thousandths = (share * 1000.0).round();
    // 0..=1000 by construction, which every integer type holds.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "clamped to 0..=1000 above"
    )]
    let thousandths = thousandths as i32;
    base + tenth * thousandths / 1000
}

/// Spaces the calls to one service, for everybody who calls it: slower when it throttles, faster again
/// as it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pacer {
    closest: TimeDelta,
    widest: TimeDelta,
    gap: TimeDelta,
}

impl Pacer {
    /// Calls at least `closest` and at most `widest` apart.
    pub fn new(closest: TimeDelta, widest: TimeDelta) -> Self {
        Self {
            closest,
            widest: widest.max(closest),
            gap: closest,
        }
    }

    /// The pause to keep between two calls now.
    pub fn gap(&self) -> TimeDelta {
        self.gap
    }

    /// The service throttled.
    pub fn throttled(&mut self) {
        self.gap = (self.gap * 2).max(TimeDelta::milliseconds(200)).min(self.widest);
    }

    /// The service answered.
    pub fn answered(&mut self) {
        self.gap = (self.gap * 9 / 10).max(self.closest);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_poll_is_never_closer_than_a_second_nor_farther_than_eleven(
            settled: bool, quiet in 0_i64..10_000_000, jitter in any::<f64>()
        ) {
            let pause = next_poll(Activity { settled, quiet_for: TimeDelta::seconds(quiet) }, jitter);
            prop_assert!((MOVING..=TimeDelta::seconds(11)).contains(&pause));
        }

        #[test]
        fn what_moves_is_never_less_pressing_than_what_is_quieter_or_has_settled(
            quiet in -1_000_i64..10_000_000, more in 0_i64..1_000
        ) {
            let of = |settled, quiet| max_wait(settled, TimeDelta::seconds(quiet));
            prop_assert!(of(false, quiet) <= of(false, quiet + more));
            prop_assert!(of(true, quiet) <= of(true, quiet + more));
            prop_assert!(of(false, quiet) < of(true, quiet));
            prop_assert!((TimeDelta::zero()..TimeDelta::minutes(4)).contains(&of(true, quiet)));
        }

        #[test]
        fn pauses_after_faults_grow_and_stay_bounded(times in 1_u32..100, jitter in 0.0_f64..1.0) {
            for kind in [FaultKind::Throttled, FaultKind::Network, FaultKind::Expired, FaultKind::Denied] {
                let pause = after_fault(kind, times, 0.0);
                prop_assert!(pause <= after_fault(kind, times + 1, jitter));
                prop_assert!(pause <= TimeDelta::minutes(6) && pause >= TimeDelta::seconds(1));
            }
        }

        #[test]
        fn the_pace_stays_between_its_bounds(throttles in proptest::collection::vec(any::<bool>(), 0..200)) {
            let (closest, widest) = (TimeDelta::milliseconds(250), TimeDelta::seconds(8));
            let mut pace = Pacer::new(closest, widest);
            for throttled in throttles {
                if throttled { pace.throttled() } else { pace.answered() }
                prop_assert!((closest..=widest).contains(&pace.gap()));
            }
        }
    }

    #[test]
    fn what_keeps_failing_is_asked_less_and_less_and_what_was_seldom_asked_no_oftener() {
        let pauses = |kind| (1..7).map(move |times| after_inquiry(kind, times).num_seconds());
        assert!(pauses(FaultKind::Service).eq([1, 2, 30, 60, 60, 60]));
        assert!(pauses(FaultKind::Throttled).is_sorted());
        assert!(pauses(FaultKind::Denied).eq([30, 60, 120, 240, 300, 300]));
    }

    #[test]
    fn news_are_read_soon_and_a_flood_of_them_together() {
        let at = |milliseconds| after_poke(TimeDelta::milliseconds(milliseconds)).num_milliseconds();
        assert_eq!(
            [at(-5_000), at(0), at(100), at(300), at(1_000)],
            [500, 500, 400, 200, 200]
        );
    }

    #[test]
    fn what_is_left_to_others_is_soon_theirs_and_what_nobody_takes_is_not_worn_out() {
        assert_eq!(left_to_others(0), left_to_others(1));
        for (deliveries, seconds) in [(1, 2), (CHANCES, 2), (CHANCES + 1, 4), (CHANCES + 3, 16)] {
            assert_eq!(left_to_others(deliveries), TimeDelta::seconds(seconds));
        }
        let all: Vec<TimeDelta> = (1..=20).map(left_to_others).collect();
        assert!(all.is_sorted());
        assert_eq!(left_to_others(u32::MAX), LEFT_LONGEST);
        // A queue puts a message aside after 20 deliveries: a watcher for itself takes hours to come so far.
        assert!(all.iter().sum::<TimeDelta>() > TimeDelta::hours(2));
    }

    #[test]
    fn throttling_widens_the_gap_and_answers_narrow_it() {
        let mut pace = Pacer::new(TimeDelta::seconds(1), TimeDelta::seconds(8));
        pace.throttled();
        pace.throttled();
        assert_eq!(pace.gap(), TimeDelta::seconds(4));
        for _ in 0..40 {
            pace.answered();
        }
        assert_eq!(pace.gap(), TimeDelta::seconds(1));
    }
}
