//! A scenario on the embedded endpoint, and the program in front of it, both in the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use stacktrail::ports::{Clock, ScaledClock, WakingClock};
use stacktrail::sandbox::{Call, Sandbox, SandboxOptions, Scenario};
use tokio::process::Command;
use tokio::time::Instant;

use crate::support::judge::event_key;
use crate::support::program::{Ended, Home, Running, run};

/// How many programs want each processor of this machine: what takes a second alone takes so many. At least one.
pub(crate) fn crowding() -> f64 {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().and_then(|load| load.parse::<f64>().ok());
    (load.unwrap_or(1.0) / f64::from(u32::try_from(processors).unwrap())).max(1.0)
}

/// A scenario that is being played, and a home for the program.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) home: Home,
    pub(crate) clock: ScaledClock,
    /// What the first moment of the clock was on the wall, to tell when a line was read in its time.
    origin: (Instant, DateTime<Utc>),
    /// By how much the program's clock is behind the endpoint's.
    pub(crate) behind: TimeDelta,
    sleep: Option<Sleep>,
    region: String,
    stack: String,
    table: Option<String>,
}

/// The machine sleeps once while the world goes on: after so much of the story, for so long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sleep {
    pub(crate) after: TimeDelta,
    pub(crate) slept: TimeDelta,
}

impl Stage {
    /// A built-in scenario from its beginning.
    pub(crate) async fn named(name: &str, speed: f64) -> Self {
        Self::of(Scenario::builtin(name).unwrap(), speed).await
    }

    /// A scenario from its beginning.
    pub(crate) async fn of(scenario: Scenario, speed: f64) -> Self {
        Self::with(scenario, speed, |_| {}).await
    }

    /// A built-in scenario with faults of the test's own.
    pub(crate) async fn faulty(name: &str, speed: f64, faults: &[&str]) -> Self {
        Self::faulty_after(Scenario::builtin(name).unwrap(), speed, faults, Duration::ZERO).await
    }

    /// A scenario of which so much has passed, with faults from now on.
    pub(crate) async fn faulty_after(
        scenario: Scenario,
        speed: f64,
        faults: &[&str],
        elapsed: Duration,
    ) -> Self {
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        Self::with(scenario, speed, |options| {
            options.elapsed = elapsed;
            options.faults = faults;
        })
        .await
    }

    /// ... and a machine that sleeps.
    pub(crate) async fn asleep(name: &str, speed: f64, faults: &[&str], sleep: Option<Sleep>) -> Self {
        let clock = ScaledClock::new(speed, None);
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let mut stage = Self::timed(Scenario::builtin(name).unwrap(), clock, |options| {
            options.faults = faults;
            if let Some(Sleep { after, slept }) = sleep {
                options.clock = Arc::new(WakingClock::sleeping(clock, after, slept));
            }
        })
        .await;
        stage.sleep = sleep;
        stage
    }

    /// A scenario from this moment on: two with the same one tell the same.
    pub(crate) async fn from(
        scenario: Scenario,
        clock: ScaledClock,
        start: DateTime<Utc>,
        faults: &[&str],
    ) -> Self {
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        Self::timed(scenario, clock, |options| {
            options.start = Some(start);
            options.faults = faults;
        })
        .await
    }

    /// A scenario of which so much has passed.
    pub(crate) async fn after(scenario: Scenario, speed: f64, elapsed: Duration) -> Self {
        Self::with(scenario, speed, |options| options.elapsed = elapsed).await
    }

    /// A scenario that stands still at this moment.
    pub(crate) async fn still(scenario: Scenario, speed: f64, elapsed: Duration) -> Self {
        Self::with(scenario, speed, |options| {
            options.elapsed = elapsed;
            options.still = true;
        })
        .await
    }

    async fn with(scenario: Scenario, speed: f64, set: impl FnOnce(&mut SandboxOptions)) -> Self {
        Self::timed(scenario, ScaledClock::new(speed, None), set).await
    }

    async fn timed(scenario: Scenario, clock: ScaledClock, set: impl FnOnce(&mut SandboxOptions)) -> Self {
        let origin = (Instant::now(), clock.now());
        let (region, stack) = (scenario.region.clone(), scenario.stack_name.clone());
        let table = scenario.table().map(str::to_owned);
        let mut options = SandboxOptions::new(scenario, Arc::new(clock));
        set(&mut options);
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            home: Home::new(),
            clock,
            origin,
            behind: TimeDelta::zero(),
            sleep: None,
            region,
            stack,
            table,
        }
    }

    /// The same where nobody told the program of the story's table.
    pub(crate) fn without_table(self) -> Self {
        Self { table: None, ..self }
    }

    /// The program, pointed at the endpoint, in the endpoint's time.
    pub(crate) fn program(&self) -> Command {
        self.program_at(&self.home)
    }

    /// ... at another home, where nothing is saved.
    pub(crate) fn program_at(&self, home: &Home) -> Command {
        self.program_behind(home, self.behind)
    }

    /// ... with a clock that is behind the endpoint's.
    fn program_behind(&self, home: &Home, behind: TimeDelta) -> Command {
        let mut command = home.program();
        let now = self.clock.now();
        let sleep = self.sleep.map_or_else(String::new, |sleep| {
            // Rounded up: the world may be ahead for a moment, and never behind.
            let after = sleep.after - (now - self.origin.1) + TimeDelta::milliseconds(999);
            format!("~{}s+{}s", after.num_seconds().max(0), sleep.slept.num_seconds())
        });
        let now = (now - behind).to_rfc3339_opts(SecondsFormat::Micros, true);
        command
            .args(["--endpoint-url", &self.sandbox.endpoint_url()])
            .args(["--region", &self.region])
            .args(["--clock", &format!("{}@{now}{sleep}", self.clock.speed())]);
        if let Some(table) = &self.table {
            command.args(["--trail-table", table]);
        }
        command
    }

    /// `watch` with lines for programs.
    pub(crate) fn watch(&self) -> Running {
        self.watch_with(&[])
    }

    /// ... and more arguments.
    pub(crate) fn watch_with(&self, more: &[&str]) -> Running {
        self.watch_behind(self.behind, more)
    }

    /// ... and with a clock that is behind the endpoint's.
    pub(crate) fn watch_behind(&self, behind: TimeDelta, more: &[&str]) -> Running {
        let mut command = self.program_behind(&self.home, behind);
        command
            .args(["watch", &self.stack, "--headless", "--output", "jsonl"])
            .args(more);
        Running::start(command)
    }

    /// `watch` of the stack of the story and no other: it may have been deleted by now.
    pub(crate) fn watch_by_arn(&self) -> Running {
        let mut command = self.program();
        command.args(["watch", self.root(), "--headless", "--output", "jsonl"]);
        Running::start(command)
    }

    /// ... and no longer than to the end of the deployment.
    pub(crate) fn watch_settled(&self) -> Running {
        let mut command = self.program();
        command
            .args(["watch", self.root(), "--headless", "--output", "jsonl"])
            .args(["--until", "settled"]);
        Running::start(command)
    }

    /// `diagnose` with its exit code and its document.
    pub(crate) async fn diagnose(&self, target: &str, more: &[&str]) -> (Option<i32>, Value) {
        let mut command = self.program();
        command.args(["diagnose", target, "--output", "json"]).args(more);
        let ended = run(command).await;
        let document = serde_json::from_str(&ended.text());
        let document = document.unwrap_or_else(|error| panic!("{error}: {}; {}", ended.text(), ended.stderr));
        (ended.code, document)
    }

    /// The ARN of the root stack.
    pub(crate) fn root(&self) -> &str {
        &self.sandbox.expectation().stack_id
    }

    /// What must be found, as data.
    pub(crate) fn expectation(&self) -> Value {
        serde_json::to_value(self.sandbox.expectation()).unwrap()
    }

    /// Whether the program was there within so much of the story: a machine that starts it later has missed what
    /// the test is about.
    pub(crate) fn was_met_within(&self, time: TimeDelta) -> bool {
        let first = self.sandbox.calls().first().map(|call| call.at);
        first.is_some_and(|at| at - self.sandbox.zero() <= time)
    }

    /// The calls of one operation so far.
    pub(crate) fn calls(&self, operation: &str) -> Vec<Call> {
        let mut calls = self.sandbox.calls();
        calls.retain(|call| call.operation == operation);
        calls
    }

    /// How long after an event could be read first it was told, sorted. What could be read before the program was ready is
    /// no news.
    pub(crate) fn delays(&self, ended: &Ended, ready: DateTime<Utc>) -> Vec<TimeDelta> {
        let visible: BTreeMap<_, DateTime<Utc>> = self
            .sandbox
            .stack_events()
            .into_iter()
            .map(|event| ((event.stack_id, event.event_id), event.visible_at))
            .collect();
        let told = ended
            .lines
            .iter()
            .filter(|line| line.json()["type"] == "stack_event");
        let news = told.map(|line| (self.story_time(line.at), visible[&event_key(&line.json())]));
        let mut delays: Vec<TimeDelta> = news
            .filter(|(_, visible)| *visible > ready)
            .map(|(told, visible)| told - visible)
            .collect();
        delays.sort();
        delays
    }

    /// When something happened, in the time of the story.
    pub(crate) fn story_time(&self, at: Instant) -> DateTime<Utc> {
        let passed = at.duration_since(self.origin.0).mul_f64(self.clock.speed());
        let passed = TimeDelta::from_std(passed).unwrap();
        let slept = self.sleep.filter(|sleep| passed >= sleep.after);
        self.origin.1 + passed + slept.map_or_else(TimeDelta::zero, |sleep| sleep.slept)
    }
}
