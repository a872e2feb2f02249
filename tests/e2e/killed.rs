//! A real `watch`, killed at any moment and started again: nothing that it printed is ever missing.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::recording::{Event, Stage, events, saved};
use crate::support::stage::crowding;
use stacktrail::archive::FILE_NAME;
use stacktrail::sandbox::Scenario;

/// Events in the story.
const EVENTS: u32 = 30_000;
/// Stacks nested in the one that is watched.
const NESTED: u32 = 8;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn survives(kills: u32, speed: f64, shortest: u64, longest: u64) {
    // What is done in so long alone takes longer beside other tests: lives are longer then, and the story slower, so
    // that it is not over before the last of them begins.
    let crowding = crowding().clamp(1.0, 5.0);
    let stage = Stage::of(Scenario::synthetic(NESTED, EVENTS), speed / crowding);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut dice = Dice(20_261_122);
    let mut printed: BTreeSet<Event> = BTreeSet::new();
    let mut killed = 0;
    let mut grown = 0;
    // Where it starts so slowly that little is printed, it is killed more often.
    while killed < kills || (grown <= kills / 4 && killed < 3 * kills) {
        let life = Duration::from_millis(shortest + dice.up_to(longest - shortest)).mul_f64(crowding);
        let watch = stage.watch(&data);
        // Some while it starts, most while it works.
        let first = match dice.up_to(4) {
            0 => Vec::new(),
            _ => watch.printed.recv().into_iter().collect(),
        };
        let (lines, ended) = watch.kill_after(first, life);
        killed += u32::from(ended.is_none());
        let before = printed.len();
        printed.extend(events(&lines));
        grown += u32::from(printed.len() > before);
        if !data.join(FILE_NAME).exists() {
            assert!(printed.is_empty());
            continue;
        }
        let saved = saved(&data);
        let missing: Vec<_> = printed.difference(&saved).take(3).collect();
        assert!(missing.is_empty(), "after kill {killed}: {missing:?}");
    }
    assert!(grown > kills / 4, "{grown} of {kills} runs printed something new");

    // The last one is left alone: it fills every gap and ends with the story.
    let (_, ended) = stage.watch(&data).kill_after(Vec::new(), Duration::from_mins(5));
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
    let told = stage.sandbox.stack_events();
    let told: BTreeSet<Event> = told
        .into_iter()
        .map(|event| (event.stack_id, event.event_id))
        .collect();
    let saved = saved(&data);
    assert!(
        told.len() >= usize::try_from(EVENTS).unwrap() * 9 / 10,
        "{} events",
        told.len()
    );
    assert_eq!(
        told.difference(&saved).count(),
        0,
        "all {} events are saved",
        told.len()
    );
}

#[test]
fn what_was_printed_outlives_a_dozen_kills() {
    survives(12, 20.0, 50, 700);
}

#[test]
#[ignore = "takes some minutes: a hundred kills"]
fn what_was_printed_outlives_a_hundred_kills() {
    survives(100, 4.0, 20, 600);
}
