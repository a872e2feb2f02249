//! Two hundred nested stacks and one budget: what moves is read first.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Follower, RateLimiter, SavedHistory};
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::stack::{StackDescription, StackId, StackTarget};
use crate::domain::model::status::Status;
use crate::ports::{Batch, Clock, Page, ScaledClock, StackSource};

const NESTED: usize = 200;

fn stack(number: usize) -> StackId {
    let name = if number == 0 {
        "root".to_owned()
    } else {
        format!("root-n{number}")
    };
    StackId::parse(&format!(
        "arn:aws:cloudformation:eu-west-1:1:stack/{name}/{number}"
    ))
    .unwrap()
}

/// Stacks whose events are known beforehand and become visible when they happen.
#[derive(Debug)]
struct Script {
    clock: Arc<dyn Clock>,
    events: BTreeMap<StackId, Vec<StackEvent>>,
    calls: Mutex<Vec<DateTime<Utc>>>,
}

impl Script {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            events: BTreeMap::new(),
            calls: Mutex::new(Vec::new()),
        }
    }

    fn add(&mut self, of: usize, start: DateTime<Utc>, second: f64, about: usize, status: &str) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::as_conversions,
            reason = "seconds of a test"
        )]
        let at = start + TimeDelta::milliseconds((second * 1000.0) as i64);
        let is_stack = of == about || of == 0;
        let events = self.events.entry(stack(of)).or_default();
        events.push(StackEvent {
            stack_id: stack(of),
            event_id: format!("{of}-{}", events.len()),
            at,
            logical_id: if of == about {
                stack(of).name().to_owned()
            } else {
                format!("R{about}")
            },
            physical_id: is_stack.then(|| stack(about).to_string()),
            resource_type: if is_stack { STACK_TYPE } else { "AWS::SNS::Topic" }.to_owned(),
            status: Status::new(status),
            reason: None,
            operation_id: None,
            extras: EventExtras::default(),
        });
    }

    fn call(&self) {
        self.calls.lock().unwrap().push(self.clock.now());
    }
}

#[async_trait]
impl StackSource for Script {
    async fn describe(&self, _: &str) -> Result<Option<StackDescription>, Fault> {
        self.call();
        Ok(Some(StackDescription {
            id: stack(0),
            status: Status::new("CREATE_IN_PROGRESS"),
            status_reason: None,
            parent: None,
            root: None,
            role_arn: None,
            deployment_mode: None,
            created_at: None,
            deleted_at: None,
            outputs: None,
        }))
    }

    async fn events(&self, stack: &StackId, page: Option<&str>) -> Result<Page<StackEvent>, Fault> {
        self.call();
        let now = self.clock.now();
        let mut visible: Vec<&StackEvent> = self.events[stack]
            .iter()
            .filter(|event| event.at <= now)
            .collect();
        visible.sort_by_key(|event| std::cmp::Reverse(event.at));
        let from: usize = page.map_or(0, |page| page.parse().unwrap());
        let items: Vec<_> = visible
            .iter()
            .skip(from)
            .take(100)
            .map(|event| (*event).clone())
            .collect();
        let end = from + items.len();
        Ok(Page {
            items,
            next: (end < visible.len()).then(|| end.to_string()),
        })
    }

    async fn list(&self, _: Option<&str>) -> Result<Page<StackDescription>, Fault> {
        Err(Fault::new(
            "cloudformation:ListStacks",
            FaultKind::Denied,
            "not here",
        ))
    }
}

#[derive(Debug)]
struct NoPast;

#[async_trait]
impl SavedHistory for NoPast {
    async fn of(&self, _: &StackId) -> Vec<Recorded> {
        Vec::new()
    }

    async fn delays(&self, _: &StackId) -> Vec<Fact> {
        Vec::new()
    }
}

/// Watches the script for so long. Returns how late each event was seen, sorted, and the calls.
async fn watched(script: Script, length: Duration) -> (Vec<f64>, Vec<DateTime<Utc>>) {
    let clock = Arc::clone(&script.clock);
    let script = Arc::new(script);
    let (facts, mut batches) = mpsc::channel::<Batch>(64);
    let (saved, _saved) = mpsc::channel(64);
    let (reports, mut links) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let follower = Follower {
        push: super::PushRegistry::default(),
        stacks: Arc::<Script>::clone(&script),
        clock: Arc::clone(&clock),
        budget: RateLimiter::new(
            Arc::clone(&clock),
            TimeDelta::milliseconds(200),
            TimeDelta::seconds(15),
        ),
        facts,
        saved,
        reports,
        past: Arc::new(NoPast),
        stop: stop.clone(),
    };
    tokio::spawn(follower.follow(StackTarget::Id(stack(0))));
    tokio::spawn(async move { while links.recv().await.is_some() {} });
    let ended = tokio::time::sleep(length);
    tokio::pin!(ended);
    let mut late: Vec<f64> = Vec::new();
    loop {
        tokio::select! {
            () = &mut ended => break,
            batch = batches.recv() => {
                for recorded in batch.unwrap().facts {
                    let Fact::StackEventsSeen { events, .. } = recorded.fact else { continue };
                    late.extend(events.iter().map(|event| (recorded.observed_at - event.at).as_seconds_f64()));
                }
            }
        }
    }
    stop.cancel();
    late.sort_by(f64::total_cmp);
    let calls = script.calls.lock().unwrap().clone();
    (late, calls)
}

fn percentile(late: &[f64], percent: usize) -> f64 {
    late[(late.len() - 1) * percent / 100]
}

/// The most calls within any second.
fn busiest_second(calls: &[DateTime<Utc>]) -> usize {
    let within = |from: &DateTime<Utc>| {
        let end = *from + TimeDelta::milliseconds(999);
        calls.iter().filter(|call| (*from..=end).contains(call)).count()
    };
    calls.iter().map(within).max().unwrap_or(0)
}

fn hold(name: &str, (late, calls): (Vec<f64>, Vec<DateTime<Utc>>), expected: usize) {
    let (p50, p95) = (percentile(&late, 50), percentile(&late, 95));
    assert_eq!(late.len(), expected, "{name}");
    assert!(p95 < 10.0, "{name}: p95 {p95}, p50 {p50}, {} calls", calls.len());
    assert!(busiest_second(&calls) <= 5, "{name}");
}

/// Spreads numbers over 0..1 without a pattern.
fn scattered(seed: usize) -> f64 {
    let mixed = seed.wrapping_mul(2_654_435_761) % 10_007;
    f64::from(u32::try_from(mixed).unwrap()) / 10_007.0
}

#[tokio::test(start_paused = true)]
async fn events_of_some_of_two_hundred_stacks_are_seen_within_seconds_while_the_others_are_still() {
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::real());
    let start = clock.now();
    let mut script = Script::new(clock);
    script.add(0, start, 0.0, 0, "CREATE_IN_PROGRESS");
    for number in 1..=NESTED {
        // CloudFormation begins them over five minutes.
        let begun = scattered(number) * 300.0;
        script.add(0, start, begun, number, "CREATE_IN_PROGRESS");
        script.add(number, start, begun, number, "CREATE_IN_PROGRESS");
        // One in ten makes one resource after another; the others wait for something slow.
        if number % 10 == 0 {
            let mut second = begun;
            for step in 0..50_usize {
                second += 4.0 + 12.0 * scattered(number * 97 + step);
                script.add(number, start, second, 1_000 + step, "CREATE_COMPLETE");
            }
        }
    }
    let expected = script.events.values().map(Vec::len).sum();
    hold(
        "still",
        watched(script, Duration::from_secs(1_200)).await,
        expected,
    );
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_goes_through_two_hundred_stacks_is_seen_within_seconds() {
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::real());
    let start = clock.now();
    let mut script = Script::new(clock);
    script.add(0, start, 0.0, 0, "CREATE_IN_PROGRESS");
    for number in 1..=NESTED {
        let wave = f64::from(u32::try_from((number - 1) / 10).unwrap());
        let begun = wave * 35.0 + scattered(number) * 5.0;
        script.add(0, start, begun, number, "CREATE_IN_PROGRESS");
        script.add(number, start, begun, number, "CREATE_IN_PROGRESS");
        for step in 0..18_usize {
            let second = begun + 30.0 * scattered(number * 31 + step);
            script.add(number, start, second, 1_000 + step, "CREATE_COMPLETE");
        }
        script.add(number, start, begun + 31.0, number, "CREATE_COMPLETE");
        script.add(0, start, begun + 32.0, number, "CREATE_COMPLETE");
    }
    let expected = script.events.values().map(Vec::len).sum::<usize>();
    assert!(expected > 4_000);
    let ids: HashSet<&String> = script
        .events
        .values()
        .flatten()
        .map(|event| &event.event_id)
        .collect();
    assert_eq!(ids.len(), expected);
    hold(
        "waves",
        watched(script, Duration::from_secs(1_000)).await,
        expected,
    );
}
