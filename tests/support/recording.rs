//! The program at work on a long story: watched, killed, and what is saved of it then.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;
use stacktrail::archive::{FILE_NAME, Open, SqliteArchive};
use stacktrail::domain::session::Session;
use stacktrail::ports::{Archive as _, Clock, ScaledClock};
use stacktrail::sandbox::{Sandbox, SandboxOptions, Scenario};

/// An event as the program prints it and as the archive knows it.
pub(crate) type Event = (String, String);

/// The endpoint with the story, and the time in it.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Arc<ScaledClock>,
    speed: f64,
    pub(crate) region: String,
    pub(crate) stack_name: String,
    _runtime: tokio::runtime::Runtime,
}

impl Stage {
    /// A story from its beginning.
    pub(crate) fn of(scenario: Scenario, speed: f64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (region, stack_name) = (scenario.region.clone(), scenario.stack_name.clone());
        let (sandbox, clock) = runtime.block_on(async {
            let clock = Arc::new(ScaledClock::new(speed, None));
            let options = SandboxOptions::new(scenario, Arc::<ScaledClock>::clone(&clock));
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

    pub(crate) fn watch(&self, data: &Path) -> Watch {
        self.watch_from(data, self.clock.now())
    }

    /// The `--clock` of a program that starts at this moment.
    pub(crate) fn clock_at(&self, now: DateTime<Utc>) -> String {
        format!("{}@{}", self.speed, now.to_rfc3339())
    }

    /// Watches with a clock that shows this moment, whatever the endpoint's shows.
    pub(crate) fn watch_from(&self, data: &Path, now: DateTime<Utc>) -> Watch {
        let clock = self.clock_at(now);
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
pub(crate) struct Watch {
    pub(crate) child: Child,
    pub(crate) printed: mpsc::Receiver<String>,
}

impl Watch {
    /// Lets it work for a while longer, after it has printed these lines, and kills it. Returns every whole line
    /// that it has printed, and how it ended if it did so by itself.
    pub(crate) fn kill_after(
        mut self,
        mut lines: Vec<String>,
        life: Duration,
    ) -> (Vec<String>, Option<ExitStatus>) {
        let deadline = Instant::now() + life;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.printed.recv_timeout(left) {
                Ok(printed) => lines.push(printed),
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
pub(crate) fn events(lines: &[String]) -> Vec<Event> {
    let values = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let events = values.filter(|value| value["type"] == "stack_event");
    events
        .map(|event| {
            let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap().to_owned();
            (text("stack_id"), text("event_id"))
        })
        .collect()
}

/// What the archive holds, its pages and rows examined.
pub(crate) fn saved(data: &Path) -> BTreeSet<Event> {
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
