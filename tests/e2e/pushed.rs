//! A watch beside a queue: what is told is read at once, failed calls come without the wait for CloudTrail, and a
//! recorder that shares the queue loses nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use portable_pty::CommandBuilder;
use serde_json::Value;
use stacktrail::sandbox::Scenario;

use super::recorder::{assert_all_events, exported, recorder};
use crate::support::judge::event_key;
use crate::support::program::{Ended, Home, Running, run};
use crate::support::pty::{Pty, alone};
use crate::support::stage::Stage;

fn queue(stage: &Stage, name: &str) -> String {
    format!("{}/123456789012/{name}", stage.sandbox.endpoint_url())
}

fn watch(stage: &Stage, home: &Home, more: &[&str]) -> Running {
    let mut command = stage.program_at(home);
    command
        .args(["watch", stage.root(), "--headless", "--output", "jsonl"])
        .args(more);
    Running::start(command)
}

#[tokio::test]
async fn a_watch_with_a_queue_hears_of_a_failed_call_before_cloudtrail_has_it_and_misses_nothing() {
    let stage = Stage::named("denied-custom-resource", 20.0).await;
    let url = queue(&stage, "shop-watch");
    let watching = watch(&stage, &stage.home, &["--queue", &url]);
    let ended = watching.end().await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let export = run({
        let mut command = stage.program();
        command.args(["export", stage.root()]);
        command
    })
    .await;
    let session: Value = serde_json::from_str(&export.text()).unwrap();
    // It need not wait for CloudTrail, and may be over before the stack is deleted.
    let told: BTreeSet<_> = ended.of_type("stack_event").iter().map(event_key).collect();
    let events = stage.sandbox.stack_events();
    let at = |is_told: bool| {
        let of = events
            .iter()
            .filter(|event| told.contains(&(event.stack_id.clone(), event.event_id.clone())) == is_told);
        of.map(|event| event.visible_at).collect::<Vec<_>>()
    };
    let (last, missed) = (at(true).into_iter().max().unwrap(), at(false));
    assert!(missed.iter().all(|at| *at > last), "{missed:?} before {last}");
    let facts = session["facts"].as_array().unwrap();
    let first = |source: &str| {
        let answers = facts.iter().filter(|fact| {
            let records = fact["answer"]["records"].as_array();
            fact["answer"]["source"] == source
                && records.is_some_and(|records| records.iter().any(|one| one["name"] == "CreateBucket"))
        });
        let times = answers.map(|fact| {
            fact["observed_at"]
                .as_str()
                .unwrap()
                .parse::<DateTime<Utc>>()
                .unwrap()
        });
        times.min()
    };
    let told = first("queue").expect("the queue told of the denied call");
    let looked_up = stage.expectation()["roots"][0]["record_visible_at"]
        .as_str()
        .unwrap()
        .parse::<DateTime<Utc>>();
    assert!(told < looked_up.unwrap(), "before the event history had it");
    assert!(stage.calls("DeleteMessage").is_empty());
}

#[tokio::test]
async fn a_recorder_that_shares_the_queue_with_a_watcher_loses_nothing() {
    let stage = Stage::after(
        Scenario::builtin("clean-update").unwrap(),
        40.0,
        Duration::from_secs(10),
    )
    .await;
    let url = queue(&stage, "stacktrail");
    let (store, elsewhere) = (Home::new(), Home::new());
    // The watcher is there first, and the queue is its alone for a while.
    let mut watching = watch(&stage, &elsewhere, &["--queue", &url]);
    watching.until("stack_event").await;
    let mut recording = Running::start(recorder(&stage, &stage.home, store.path(), &[]));
    recording.until("\"recorded\"").await;
    watching.kill().await;
    recording.kill().await;
    let last = run(recorder(&stage, &stage.home, store.path(), &["--until-empty"])).await;
    assert_eq!(last.code, Some(0), "{}; {}", last.text(), last.stderr);
    assert_all_events(&stage, &exported(&stage, store.path()).await);
}

#[tokio::test]
async fn a_queue_that_cannot_be_read_is_told_of_and_the_watch_goes_on_as_without_it() {
    let scenario = Scenario::builtin("clean-update").unwrap();
    let stage = Stage::faulty_after(scenario, 40.0, &["ReceiveMessage=denied"], Duration::ZERO).await;
    let url = queue(&stage, "shop-watch");
    let ended = watch(&stage, &stage.home, &["--queue", &url]).end().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let notices = ended.notices().join("\n");
    assert!(notices.contains("the queue cannot be read"), "{notices}");
    let told: BTreeSet<_> = ended.of_type("stack_event").iter().map(event_key).collect();
    assert_eq!(told.len(), stage.sandbox.stack_events().len());
}

/// Two watchers side by side on two endpoints that tell the same story in the same seconds; what was told of each.
async fn side_by_side(scenario: fn() -> Scenario, speed: f64) -> Vec<Vec<TimeDelta>> {
    let (polled, pushed) = (
        Stage::of(scenario(), speed).await,
        Stage::of(scenario(), speed).await,
    );
    let url = queue(&pushed, "shop-watch");
    let (one, other) = tokio::join!(
        watch(&polled, &polled.home, &["--until", "settled"]).end(),
        watch(&pushed, &pushed.home, &["--until", "settled", "--queue", &url]).end(),
    );
    let of = |(what, stage, ended): (&str, &Stage, &Ended)| {
        assert!(matches!(ended.code, Some(0 | 1)), "{}", ended.stderr);
        let first = ended
            .lines
            .iter()
            .find(|line| line.json()["type"] == "stack_event");
        let delays = stage.delays(ended, stage.story_time(first.unwrap().at));
        let at = |percent: usize| delays[(delays.len() - 1) * percent / 100].num_milliseconds();
        eprintln!(
            "{what:<8} {} events, median {} ms, 95% {} ms; {} DescribeStackEvents, {} ReceiveMessage, {} others in the queue",
            delays.len(),
            at(50),
            at(95),
            stage.calls("DescribeStackEvents").len(),
            stage.calls("ReceiveMessage").len(),
            stage.calls("ChangeMessageVisibility").len() + stage.calls("GetQueueAttributes").len(),
        );
        delays
    };
    vec![of(("polling", &polled, &one)), of(("push", &pushed, &other))]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures the wall: run alone, as .ci/run does"]
async fn the_latency_of_pushed_events_is_below_that_of_polled_ones() {
    eprintln!("nine events a second, at the wall's speed");
    let delays = side_by_side(|| Scenario::synthetic(0, 90), 1.0).await;
    assert!(delays.iter().all(|delays| delays.len() > 30), "enough to measure");
    let median = |delays: &[TimeDelta]| delays[(delays.len() - 1) / 2];
    assert!(median(&delays[1]) < median(&delays[0]));
    eprintln!("a deployment of minutes, ten times as fast");
    side_by_side(|| Scenario::builtin("clean-update").unwrap(), 10.0).await;
}

/// The denied custom resource as a stack of another name.
fn of_stack(name: &str) -> Scenario {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/assets/scenarios/denied-custom-resource.toml"
    );
    let text = std::fs::read_to_string(path).unwrap().replace("shop-prod", name);
    Scenario::parse(name, name, &text).unwrap()
}

/// What the queue did for the stacks of an account before is what the next one is told to wait for; CloudTrail's own five
/// minutes are not.
#[tokio::test(flavor = "multi_thread")]
async fn the_countdown_of_a_screen_is_the_queues_where_it_was_seen_at_work() {
    let home = Home::new();
    let before = async |name| {
        let stage = Stage::of(of_stack(name), 20.0).await;
        let url = queue(&stage, "shop-watch");
        let ended = watch(&stage, &home, &["--queue", &url]).end().await;
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    };
    tokio::join!(before("cart-prod"), before("mail-prod"), before("pay-prod"));
    let stage = Stage::named("denied-custom-resource", 10.0).await;
    let url = queue(&stage, "shop-watch");
    let mut command = stage.program_at(&home);
    command.args(["watch", stage.root(), "--queue", &url]);
    let mut on_terminal = CommandBuilder::new(command.as_std().get_program());
    on_terminal.args(command.as_std().get_args());
    alone(&mut on_terminal, home.path());
    for (key, value) in command.as_std().get_envs() {
        on_terminal.env(key, value.unwrap_or_default());
    }
    let mut screen = Pty::of(on_terminal, (160, 48));
    screen.until("the queue's countdown", |screen| {
        screen.contains("CloudTrail in 00:") && screen.contains("(from the queue, ")
    });
    // Which is the cause before CloudTrail's history has it.
    screen.until_text("denied s3:CreateBucket");
    let public = stage.expectation()["roots"][0]["record_visible_at"]
        .as_str()
        .map(|at| at.parse::<DateTime<Utc>>().unwrap());
    assert!(
        Some(stage.story_time(Instant::now().into())) < public,
        "{}",
        screen.contents()
    );
    screen.press("qq");
    screen.end();
}
