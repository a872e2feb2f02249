//! The real program, killed at any moment and started again: nothing that it printed is ever missing.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::similar_names,
    reason = "helpers of tests may fail loudly"
)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;
use stacktrail::archive::{FILE_NAME, Open, SqliteArchive};
use stacktrail::domain::session::Session;
use stacktrail::ports::{Archive as _, Clock, ScaledClock};
use stacktrail::sandbox::{Sandbox, SandboxOptions, Scenario};

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

/// An event as the program prints it and as the archive knows it.
type Event = (String, String);

/// The endpoint with the story, and the time in it.
struct Stage {
    sandbox: Sandbox,
    clock: Arc<ScaledClock>,
    speed: f64,
    region: String,
    stack_name: String,
    _runtime: tokio::runtime::Runtime,
}

impl Stage {
    fn new(speed: f64, events: u32) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let scenario = Scenario::synthetic(NESTED, events);
        let (region, stack_name) = (scenario.region.clone(), scenario.stack_name.clone());
        let (sandbox, clock) = runtime.block_on(async {
            let clock = Arc::new(ScaledClock::new(speed, None));
            let shared: Arc<dyn Clock> = Arc::<ScaledClock>::clone(&clock);
            let options = SandboxOptions::new(scenario, shared);
            (Sandbox::start(options).await.unwrap(), clock)
        });
        Self {
            sandbox,
            clock,
            speed,
            region,
            stack_name,
            _runtime: runtime,
        }
    }

    fn watch(&self, data: &Path) -> Watch {
        let clock = format!("{}@{}", self.speed, self.clock.now().to_rfc3339());
        let mut child = Command::new(env!("CARGO_BIN_EXE_stacktrail"))
            .args(["watch", &self.stack_name, "--headless", "--output", "jsonl"])
            .args([
                "--region",
                &self.region,
                "--endpoint-url",
                &self.sandbox.endpoint_url(),
            ])
            .args(["--clock", &clock, "--data-dir"])
            .arg(data)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env_remove("AWS_PROFILE")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (lines, printed) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    return;
                }
            }
        });
        Watch { child, printed }
    }
}

/// The program at work.
struct Watch {
    child: Child,
    printed: mpsc::Receiver<String>,
}

impl Watch {
    /// Lets it work for a while and kills it. Returns every whole line that it has printed, and how it ended
    /// if it did so by itself.
    fn kill_after(mut self, life: Duration) -> (Vec<String>, Option<ExitStatus>) {
        let deadline = Instant::now() + life;
        let mut lines = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.printed.recv_timeout(left) {
                Ok(line) => lines.push(line),
                Err(mpsc::RecvTimeoutError::Timeout) => break,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return (lines, Some(self.child.wait().unwrap()));
                }
            }
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        lines.extend(self.printed.iter());
        (lines, None)
    }
}

/// The events among printed lines. The last line may have been cut by the kill.
fn events(lines: &[String]) -> Vec<Event> {
    let values = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let events = values.filter(|value| value["type"] == "stack_event");
    events
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            (text("stack_id"), text("event_id"))
        })
        .collect()
}

/// What the archive holds, its pages and rows examined.
fn saved(data: &Path) -> BTreeSet<Event> {
    let connection = rusqlite::Connection::open(data.join(FILE_NAME)).unwrap();
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    drop(connection);
    let archive = SqliteArchive::open(data, Open::ReadOnly).unwrap();
    let Some(summary) = archive.sessions().unwrap().into_iter().next() else {
        return BTreeSet::new();
    };
    let facts = archive.load(&summary.root).unwrap();
    let session = Session::replay_owned(summary.root, facts);
    let events: BTreeSet<Event> = session
        .events()
        .into_iter()
        .map(|seen| (seen.event.stack_id.to_string(), seen.event.event_id.clone()))
        .collect();
    assert_eq!(
        u64::try_from(events.len()).unwrap(),
        summary.events,
        "the counter is right"
    );
    events
}

fn survives(kills: u32, speed: f64, shortest: u64, longest: u64) {
    let stage = Stage::new(speed, EVENTS);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut dice = Dice(20_261_122);
    let mut printed: BTreeSet<Event> = BTreeSet::new();
    let mut killed = 0;
    let mut grown = 0;
    while killed < kills {
        let life = Duration::from_millis(shortest + dice.up_to(longest - shortest));
        let (lines, ended) = stage.watch(&data).kill_after(life);
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
    let (_, ended) = stage.watch(&data).kill_after(Duration::from_mins(5));
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
fn while_the_archive_is_locked_the_watch_goes_on_and_says_so() {
    let stage = Stage::new(20.0, 6_000);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut watch = stage.watch(&data);
    let mut lines = Vec::new();
    let patience = Duration::from_mins(1);
    let mut wait_for = |what: &str| loop {
        let line = watch
            .printed
            .recv_timeout(patience)
            .unwrap_or_else(|_| panic!("no {what} after {:?}", lines.last()));
        let found = line.contains(what);
        lines.push(line);
        if found {
            return;
        }
    };
    wait_for("stack_event");
    let locker = rusqlite::Connection::open(data.join(FILE_NAME)).unwrap();
    locker.busy_timeout(patience).unwrap();
    locker.execute_batch("BEGIN EXCLUSIVE").unwrap();
    wait_for("not saving: the archive could not be written: another program keeps");
    wait_for("stack_event");
    locker.execute_batch("COMMIT").unwrap();
    drop(locker);
    wait_for("everything is saved again");
    wait_for("\"type\":\"end\"");
    assert_eq!(watch.child.wait().unwrap().code(), Some(0));
    let saved = saved(&data);
    let printed: BTreeSet<Event> = events(&lines).into_iter().collect();
    assert_eq!(printed.difference(&saved).count(), 0);
    assert_eq!(saved.len(), stage.sandbox.stack_events().len());
}

#[test]
fn what_was_printed_outlives_a_dozen_kills() {
    survives(12, 60.0, 150, 900);
}

#[test]
#[ignore = "takes some minutes: a hundred kills"]
fn what_was_printed_outlives_a_hundred_kills() {
    survives(100, 8.0, 100, 1_200);
}
