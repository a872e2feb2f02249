//! The attempt as a chart over time: what to draw, in moments and words. Nothing of columns or colours.
//!
//! Its rows are those of the resource tree, folded and filtered alike, so that one cursor serves both.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::tree::TreeRow;
use super::words;
use crate::app::input::place::RowKey;
use crate::domain::conclude::comparison::{ResourceChangeKey, Usual};

/// Nothing shorter is shown.
const SHORTEST: TimeDelta = TimeDelta::seconds(2);

/// Between two marks of the axis, in seconds.
const STEPS: [i64; 16] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400,
];

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its beginning.
    pub from: DateTime<Utc>,
    /// Its end, later than its beginning.
    pub to: DateTime<Utc>,
}

/// What is found out once about an attempt, for every row of its chart.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    pub(crate) critical: HashSet<RowKey>,
    pub(crate) usual: BTreeMap<ResourceChangeKey, Usual>,
}

/// One row of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The resource.
    pub row: TreeRow,
    /// The length of the attempt hangs on it.
    pub is_critical: bool,
    /// How long it usually takes.
    pub usual: Option<Usual>,
}

/// A mark of the axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// Where.
    pub at: DateTime<Utc>,
    /// How long after the beginning of the attempt: `2m 30s`.
    pub label: String,
}

impl Window {
    /// A stretch that is never empty.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self {
            from,
            to: to.max(from + SHORTEST),
        }
    }

    /// How long it is.
    pub fn length(self) -> TimeDelta {
        self.to - self.from
    }

    /// Half as long around a moment, or twice; never longer than the whole.
    #[must_use]
    pub fn zoomed(self, closer: bool, around: DateTime<Utc>, whole: Self) -> Self {
        let length = if closer {
            (self.length() / 2).max(SHORTEST)
        } else {
            self.length() * 2
        };
        if length >= whole.length() {
            return whole;
        }
        Self {
            from: around - length / 2,
            to: around + length / 2,
        }
        .within(whole)
    }

    /// Moved by a quarter of its length, within the whole.
    #[must_use]
    pub fn panned(self, later: bool, whole: Self) -> Self {
        let step = self.length() / 4;
        let step = if later { step } else { -step };
        Self {
            from: self.from + step,
            to: self.to + step,
        }
        .within(whole)
    }

    fn within(self, whole: Self) -> Self {
        let length = self.length().min(whole.length());
        let from = self.from.min(whole.to - length).max(whole.from);
        Self {
            from,
            to: from + length,
        }
    }

    /// Where a moment lies in so many equal parts; outside of them it is at an end.
    pub fn part(self, at: DateTime<Utc>, parts: i64) -> i64 {
        let whole = self.length().num_milliseconds().max(1);
        let since = (at - self.from).num_milliseconds();
        let wide = i128::from(since) * i128::from(parts) / i128::from(whole);
        i64::try_from(wide.clamp(0, i128::from(parts))).unwrap_or(parts)
    }

    /// Whether a moment lies in it.
    pub fn holds(self, at: DateTime<Utc>) -> bool {
        (self.from..=self.to).contains(&at)
    }

    /// The marks of its axis, at most one for so many columns.
    pub fn ticks(self, origin: DateTime<Utc>, most: i64) -> Vec<Tick> {
        let seconds = self.length().num_seconds().max(1);
        let enough = |step: &&i64| seconds / **step < most.max(1);
        let step = STEPS.iter().find(enough).copied().unwrap_or(86_400 * 7);
        let first = (self.from - origin).num_seconds().div_euclid(step) * step;
        (0..=most + 1)
            .map(|number| origin + TimeDelta::seconds(first + number * step))
            .filter(|at| self.holds(*at))
            .map(|at| Tick {
                at,
                label: mark(at - origin),
            })
            .collect()
    }
}

/// A time since the beginning, without what is zero: `0`, `45s`, `2m`, `2m 30s`, `1h`.
fn mark(since: TimeDelta) -> String {
    let seconds = since.num_seconds();
    match (seconds, seconds / 60, seconds % 60) {
        (0, ..) => "0".to_owned(),
        (..60, ..) => format!("{seconds}s"),
        (60..3_600, minutes, 0) => format!("{minutes}m"),
        (60..3_600, minutes, rest) => format!("{minutes}m {rest:02}s"),
        (_, minutes, _) if minutes % 60 == 0 => format!("{}h", minutes / 60),
        (_, minutes, _) => format!("{}h {:02}m", minutes / 60, minutes % 60),
    }
}

impl Bar {
    /// What the chart cannot show of it, in words.
    pub fn told(&self, moment: DateTime<Utc>, origin: DateTime<Utc>) -> Vec<String> {
        let mut told = Vec::new();
        if let Some(from) = self.row.started_at {
            told.push(format!("began after {}", words::duration(from - origin)));
        }
        if let Some(took) = self.row.took(moment) {
            let how = if self.row.is_over() { "took" } else { "for" };
            told.push(format!("{how} {}", words::duration(took)));
        }
        if let Some(usual) = self.usual {
            told.push(usual_words(usual));
        }
        if let Some(undo) = self.row.undo {
            let took = words::duration(undo.ended.unwrap_or(moment) - undo.began);
            let part = if matches!(self.row.key, RowKey::Stack(_)) {
                "of that, "
            } else {
                ""
            };
            let how = if undo.ended.is_some() {
                "rolled back in"
            } else {
                "being rolled back for"
            };
            told.push(format!("{part}{how} {took}"));
        }
        if self.is_critical {
            told.push("◆ on the critical path".to_owned());
        }
        told
    }
}

/// `usually 12s (2 deployments)`. Once is not usually.
pub(crate) fn usual_words(usual: Usual) -> String {
    let took = words::duration(usual.took);
    match usual.attempts {
        0 | 1 => format!("last time {took}"),
        several => format!("usually {took} ({several} deployments)"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn window(from: i64, to: i64) -> Window {
        Window::new(at(from), at(to))
    }

    #[test]
    fn zooming_and_panning_stay_within_the_attempt() {
        let whole = window(0, 100);
        let closer = whole.zoomed(true, at(90), whole);
        assert_eq!(closer, window(50, 100));
        assert_eq!(closer.panned(true, whole), closer);
        assert_eq!(
            closer.panned(false, whole),
            Window::new(
                closer.from - TimeDelta::milliseconds(12_500),
                closer.to - TimeDelta::milliseconds(12_500)
            )
        );
        assert_eq!(closer.zoomed(false, at(90), whole), whole);
    }

    #[test]
    fn marks_are_round_and_few() {
        let labels = |window: Window, most| -> Vec<String> {
            window
                .ticks(at(0), most)
                .into_iter()
                .map(|tick| tick.label)
                .collect()
        };
        assert_eq!(
            labels(window(0, 78), 6),
            ["0", "15s", "30s", "45s", "1m", "1m 15s"]
        );
        assert_eq!(labels(window(0, 4_000), 4), ["0", "30m", "1h"]);
        assert_eq!(labels(window(70, 95), 3), ["1m 10s", "1m 20s", "1m 30s"]);
    }

    proptest! {
        #[test]
        fn no_stretch_is_ever_empty_or_outside(steps in prop::collection::vec((0_u8..4, 0_i64..5_000), 0..40)) {
            let whole = window(0, 4_000);
            let mut shown = whole;
            for (step, around) in steps {
                shown = match step {
                    0 => shown.zoomed(true, at(around), whole),
                    1 => shown.zoomed(false, at(around), whole),
                    2 => shown.panned(true, whole),
                    _ => shown.panned(false, whole),
                };
                prop_assert!(shown.from >= whole.from && shown.to <= whole.to && shown.length() >= SHORTEST);
                prop_assert!(shown.ticks(at(0), 8).len() <= 10);
                prop_assert!((0..=80).contains(&shown.part(at(around), 80)));
            }
        }
    }
}
