//! Killed at any moment: what was printed is kept, and a new start goes on where the old one stopped.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};

use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::domain::model::fact::Fact;
use stacktrail::domain::model::stack::StackId;
use stacktrail::ports::Archive as _;
use stacktrail::sandbox::Scenario;
use tokio::task::JoinSet;

use crate::support::judge::{self, Complaints, Readable};
use crate::support::program::{Ended, place, run};
use crate::support::stage::Stage;

/// How many times the program is killed.
const KILLS: u64 = 10;

/// The seed of the moments: given to repeat a run, else another every time.
fn seed() -> u64 {
    let given = std::env::var("STACKTRAIL_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| RandomState::new().hash_one("moments"))
}

/// The next number of a sequence that one seed always gives (`SplitMix64`).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The events that the archive holds, with how often it gives each.
fn archived(stage: &Stage) -> Vec<(String, String)> {
    let archive = SqliteArchive::open(&stage.home.data(), Open::ReadOnly).unwrap();
    let facts = archive.load(&StackId::parse(stage.root()).unwrap()).unwrap();
    let events = facts.iter().flat_map(|recorded| match &recorded.fact {
        Fact::StackEventsSeen { events, .. } => events.as_slice(),
        _ => &[],
    });
    events
        .map(|event| (event.stack_id.to_string(), event.event_id.clone()))
        .collect()
}

/// What of the printed lines the archive lost.
fn lost(killed: &Ended, stage: &Stage) -> Complaints {
    let kept: BTreeSet<(String, String)> = archived(stage).into_iter().collect();
    // The kill may have torn the last line; what a reader can read was printed.
    let whole = killed
        .lines
        .iter()
        .filter_map(|line| serde_json::from_str(&line.text).ok());
    let printed = whole.filter(|line: &serde_json::Value| line["type"] == "stack_event");
    let missing = printed
        .map(|event| judge::event_key(&event))
        .filter(|key| !kept.contains(key));
    missing
        .map(|(_, id)| format!("{id} was printed and is lost"))
        .collect()
}

/// One run: killed after so many lines, read again, started again.
async fn one(story: &'static str, lines: u64) -> Complaints {
    let _place = place().await;
    let stage = Stage::named(story, 15.0).await;
    // By its ARN: where everything starts slowly the stack is deleted before the first look.
    let mut running = stage.watch_by_arn();
    for _ in 0..lines {
        if running.next().await.is_none() {
            break;
        }
    }
    let killed = running.kill().await;
    let mut wrong = lost(&killed, &stage);
    // The program itself reads it, too.
    let mut open = stage.home.program();
    open.args(["open", stage.root(), "--offline", "--headless"]);
    let opened = run(open).await;
    // The story was left in mid-deployment, or after it.
    let told = matches!(opened.code, Some(0 | 1 | 4));
    if !told || opened.lines.is_empty() {
        wrong.push(format!("opened: {:?} {}", opened.code, opened.stderr));
    }
    // Started again, it tells the whole story: what it knew from before, then the rest.
    let again = stage.watch_by_arn().end().await;
    // A log group that was there for seconds may have gone while the program was dead.
    wrong.extend(judge::lines(&again, &stage, Readable::NO_LOGS));
    let kept = archived(&stage);
    let distinct: BTreeSet<_> = kept.iter().collect();
    if distinct.len() != kept.len() {
        wrong.push(format!("{} events are kept twice", kept.len() - distinct.len()));
    }
    let printed = killed.lines.len();
    wrong
        .iter()
        .map(|what| format!("{story}, killed after {printed} lines: {what}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_printed_survives_a_kill_and_a_new_start_goes_on() {
    let mut state = seed();
    eprintln!("STACKTRAIL_SEED={state}");
    let mut runs = JoinSet::new();
    for number in 0..KILLS {
        // Its 70 lines or so: from the first to the rollback, and a story without a rollback.
        let story = if number % 3 == 2 {
            "clean-update"
        } else {
            "denied-custom-resource"
        };
        runs.spawn(one(story, 1 + next(&mut state) % 60));
    }
    let wrong = runs.join_all().await.concat();
    assert!(wrong.is_empty(), "STACKTRAIL_SEED={state}\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_events_survives_a_kill() {
    let mut seeded = seed();
    eprintln!("STACKTRAIL_SEED={seeded}");
    let stage = Stage::of(Scenario::synthetic(4, 2_000), 4.0).await;
    let mut wrong = Complaints::new();
    for _ in 0..3 {
        let mut running = stage.watch();
        for _ in 0..=next(&mut seeded) % 900 {
            if running.next().await.is_none() {
                break;
            }
        }
        wrong.extend(lost(&running.kill().await, &stage));
    }
    let again = stage.watch().end().await;
    wrong.extend(judge::lines(&again, &stage, Readable::ALL));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
