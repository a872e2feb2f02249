//! Every built-in story: told live, told again afterwards, told when only traces are left.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::sandbox::{Call, CallOutcome, Scenario};
use tokio::task::JoinSet;

use crate::any_order;
use crate::support::judge::{self, Complaints, Readable};
use crate::support::program::{Home, Running, place, run};
use crate::support::stage::Stage;

/// How fast each story is played: slow enough for what it hides to be there for some seconds of the wall. A machine
/// that is busy for longer than that is given a second chance, at half the speed.
const STORIES: &[(&str, f64)] = &[
    // Its log group is gone 19 seconds after the failure.
    ("denied-custom-resource", 5.0),
    ("nested-service-rollback", 60.0),
    ("hidden-denial", 60.0),
    ("export-in-use", 20.0),
    ("clean-update", 20.0),
    // A call that is never answered costs eight seconds of the wall, whatever the speed.
    ("rough-network", 10.0),
    ("timed-out-custom-resource", 120.0),
    ("failed-hook", 20.0),
    ("early-validation", 20.0),
    ("provider-framework", 10.0),
    ("crowded-account", 20.0),
    ("failing-container", 20.0),
    ("tightened-policy", 30.0),
    ("rollback-cut-short", 10.0),
    ("cancelled-update", 10.0),
    ("continued-rollback", 60.0),
    ("silent-instance", 30.0),
    ("disabled-key", 40.0),
    ("denied-on-behalf", 40.0),
    ("denied-in-china", 20.0),
    ("unstartable-database", 40.0),
    ("unlaunchable-group", 40.0),
    ("refused-product", 30.0),
    ("addressless-warehouse", 40.0),
    ("undersized-cache", 40.0),
    ("refused-stack-set", 20.0),
    ("unhealthy-targets", 20.0),
    ("timed-out-waiter", 20.0),
    ("failed-build", 20.0),
    ("unready-addon", 60.0),
    ("unvalidated-certificate", 90.0),
    ("unmovable-domain", 40.0),
    ("alarmed-rollout", 20.0),
    ("silent-upload", 20.0),
    ("borrowed-key", 20.0),
    // From 10 to 24 minutes it is told to hang: 14 seconds of the wall.
    ("awaited-certificate", 60.0),
    ("vanished-instance", 40.0),
];

/// Stories in which something else than a signal makes a resource hang.
const HANGING: &[&str] = &[
    "timed-out-custom-resource",
    "nested-service-rollback",
    "awaited-certificate",
    "unvalidated-certificate",
    "unlaunchable-group",
    "failing-container",
    "unhealthy-targets",
];

/// The story is not over and its log groups are gone.
const TRACES: Readable = Readable {
    logs: false,
    actors: false,
    end: false,
};

/// LookupEvents calls for one diagnosis in a busy account.
const BUSY: usize = 40;
/// ... and for one root failure in a quiet one.
const QUIET: usize = 12;

fn lookups(stage: &Stage) -> usize {
    let made = stage.calls("LookupEvents");
    let by_script = |call: &&Call| matches!(call.outcome, CallOutcome::Fault(_));
    made.len() - made.iter().filter(by_script).count()
}

fn about(story: &str, what: &str, complaints: Complaints) -> Complaints {
    complaints
        .into_iter()
        .map(|one| format!("{story}, {what}: {one}"))
        .collect()
}

fn assert_content(complaints: &Complaints) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// A story from its beginning: watched, then diagnosed, then diagnosed from the archive alone.
async fn live(stage: Stage, story: &'static str) -> Complaints {
    let expected = stage.expectation();
    let failed = i32::from(expected["failed"] == true);
    let ended = stage.watch().end().await;
    let watched = lookups(&stage);
    let mut wrong = about(story, "watched", judge::lines(&ended, &stage, Readable::ALL));
    let hangs = |said: &String| {
        said.starts_with("Certificate hangs")
            && said.contains(".acm-validations.aws.")
            && said.contains("CloudFormation gives up about")
    };
    if story.ends_with("-certificate") && ended.notices().iter().filter(|said| hangs(said)).count() != 1 {
        wrong.push(format!(
            "{story}: hanging is not told once: {:?}",
            ended.notices()
        ));
    }
    // Said a quarter of an hour before CloudFormation says anything, with the time at which it will.
    let is_lost = |said: &String| {
        said.starts_with("RunnerReady hangs")
            && said.contains("the signal that it waits for cannot come any more")
            && said.contains("Client.UserInitiatedShutdown")
            && said.contains("CloudFormation gives up about")
    };
    let told_hanging = ended
        .notices()
        .iter()
        .filter(|said| said.contains(" hangs, "))
        .count();
    let lost = ended.notices().iter().filter(|said| is_lost(said)).count();
    let expected_lost = usize::from(story == "vanished-instance");
    if lost != expected_lost || (!HANGING.contains(&story) && told_hanging != expected_lost) {
        wrong.push(format!("{story}: what hangs is told as {:?}", ended.notices()));
    }
    let (code, document) = stage.diagnose(stage.root(), &["--offline"]).await;
    let archived = judge::diagnosis(
        &document,
        &expected,
        Readable {
            logs: true,
            // Of those whose cause is somebody's deed before everybody is known who had a part in it.
            actors: ["disabled-key", "tightened-policy", "vanished-instance"].contains(&story),
            end: false,
        },
    );
    wrong.extend(about(story, "archived", archived));
    if code != Some(failed) {
        wrong.push(format!("{story}, archived: exit code {code:?}"));
    }
    wrong.extend(about(
        story,
        "shuffled",
        any_order::complaints(&stage.home.data()),
    ));
    eprintln!("{story}: {watched} LookupEvents calls to watch and explain it");
    if watched > BUSY {
        wrong.push(format!("{story}: {watched} LookupEvents calls to watch it"));
    }
    wrong
}

/// Plays these stories, the longest first; what was wrong, by story.
async fn play(stories: &[(&'static str, f64)]) -> Vec<(&'static str, Complaints)> {
    let seconds = |(story, speed): &(&str, f64)| Scenario::builtin(story).unwrap().length().div_f64(*speed);
    let mut stories = stories.to_vec();
    stories.sort_by_key(|story| std::cmp::Reverse(seconds(story)));
    let mut runs = JoinSet::new();
    for (story, speed) in stories {
        let place = place().await;
        runs.spawn(async move {
            let wrong = live(Stage::named(story, speed).await, story).await;
            drop(place);
            (story, wrong)
        });
    }
    runs.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_story_is_told_right_while_it_happens() {
    assert_eq!(
        STORIES.len(),
        Scenario::names().len(),
        "every built-in scenario is played"
    );
    let mut again = Vec::new();
    for (story, wrong) in play(STORIES).await {
        if !wrong.is_empty() {
            eprintln!("{story} is played again, slower: {wrong:#?}");
            let speed = STORIES.iter().find(|(name, _)| *name == story).unwrap().1;
            again.push((story, speed / 2.0));
        }
    }
    assert!(again.len() <= 4, "{again:?} were told wrong");
    let wrong: Complaints = play(&again)
        .await
        .into_iter()
        .flat_map(|(_, wrong)| wrong)
        .collect();
    assert_content(&wrong);
}

/// A story of which so much has passed, and which waits there for a program that starts slowly: diagnosed by ARN, with
/// nothing saved.
async fn afterwards(
    story: &'static str,
    moment: &'static str,
    elapsed: Duration,
    readable: Readable,
) -> Complaints {
    let _place = place().await;
    let stage = Stage::still(Scenario::builtin(story).unwrap(), 10.0, elapsed).await;
    let expected = stage.expectation();
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    let mut wrong = about(story, moment, judge::diagnosis(&document, &expected, readable));
    if code != Some(i32::from(expected["failed"] == true)) {
        wrong.push(format!("{story}, {moment}: exit code {code:?}"));
    }
    let calls = lookups(&stage);
    eprintln!("{story}, {moment}: {calls} LookupEvents calls");
    if calls > BUSY {
        wrong.push(format!("{story}, {moment}: {calls} LookupEvents calls"));
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_story_is_told_right_when_it_is_over() {
    let mut runs = JoinSet::new();
    for story in Scenario::names() {
        let elapsed = Scenario::builtin(story).unwrap().length() + Duration::from_mins(25);
        let readable = Readable::of_what_is_over(story);
        runs.spawn(afterwards(story, "over", elapsed, readable));
    }
    let minutes = Duration::from_mins;
    runs.spawn(afterwards(
        "nested-service-rollback",
        "rolled back",
        minutes(33) + Duration::from_secs(40),
        TRACES,
    ));
    runs.spawn(afterwards(
        "nested-service-rollback",
        "deleted",
        minutes(34),
        TRACES,
    ));
    // Before the records of the end came, and before somebody deleted the stack.
    for (story, seconds) in [
        // Who did it is sure once nothing can come any more that undid it.
        ("disabled-key", 16 * 60),
        ("silent-instance", 17 * 60),
        ("denied-on-behalf", 4 * 60 + 50),
        ("unlaunchable-group", 19 * 60),
        ("refused-product", 4 * 60 + 10),
        ("addressless-warehouse", 15 * 60),
        ("undersized-cache", 13 * 60),
        ("refused-stack-set", 5 * 60 + 30),
        ("unhealthy-targets", 9 * 60 + 30),
        ("timed-out-waiter", 13 * 60),
        ("failed-build", 5 * 60 + 30),
        ("unready-addon", 27 * 60),
        ("unvalidated-certificate", 41 * 60),
        ("unmovable-domain", 24 * 60),
        ("alarmed-rollout", 8 * 60),
    ] {
        runs.spawn(afterwards(
            story,
            "rolled back",
            Duration::from_secs(seconds),
            TRACES,
        ));
    }
    assert_content(&runs.join_all().await.concat());
}

/// The same story where nobody else is at work.
fn quiet(story: &str) -> Scenario {
    let path = format!("{}/assets/scenarios/{story}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut script: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    script.remove("noise");
    Scenario::parse(story, story, &script.to_string()).unwrap()
}

/// The stories of services that are asked about their own resources.
const OF_SERVICES: &[&str] = &[
    "alarmed-rollout",
    "addressless-warehouse",
    "disabled-key",
    "failed-build",
    "failing-container",
    "refused-product",
    "refused-stack-set",
    "silent-instance",
    "timed-out-waiter",
    "undersized-cache",
    "unhealthy-targets",
    "unlaunchable-group",
    "unmovable-domain",
    "unready-addon",
    "unstartable-database",
    "unvalidated-certificate",
    "vanished-instance",
];

/// The same story where fifty others are at work, and refused something now and then, in the very minutes.
fn busy(story: &str) -> Scenario {
    let path = format!("{}/assets/scenarios/{story}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut script: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let noise = script
        .get_mut("noise")
        .and_then(toml::Value::as_array_mut)
        .unwrap();
    let first = noise.first().and_then(toml::Value::as_table).unwrap().clone();
    for seed in 0..8 {
        let mut more = first.clone();
        more.insert("count".into(), 250.into());
        more.insert("seed".into(), format!("busy-{seed}").into());
        noise.push(more.into());
    }
    Scenario::parse(story, story, &script.to_string()).unwrap()
}

/// A story in an account of this kind: watched, and asked about once it is over.
async fn in_account(story: &'static str, kind: &'static str, scenario: Scenario, limit: usize) -> Complaints {
    let over = Stage::after(
        scenario.clone(),
        10.0,
        scenario.length() + Duration::from_mins(25),
    )
    .await;
    let speed = STORIES.iter().find(|(name, _)| *name == story).unwrap().1;
    let watched = Stage::of(scenario, speed).await;
    let ((_, document), ended) = tokio::join!(over.diagnose(over.root(), &[]), watched.watch().end());
    let mut wrong = about(
        story,
        kind,
        judge::diagnosis(&document, &over.expectation(), Readable::of_what_is_over(story)),
    );
    wrong.extend(about(story, kind, judge::lines(&ended, &watched, Readable::ALL)));
    for (what, stage) in [("diagnose", &over), ("watch", &watched)] {
        let calls = lookups(stage);
        eprintln!("{story}, {kind} account, {what}: {calls} LookupEvents calls");
        if calls > limit {
            wrong.push(format!("{story}, {kind}, {what}: {calls} LookupEvents calls"));
        }
    }
    wrong
}

/// Every service's story where nobody else is at work, and where very many are. Each run of the tests plays some of them
/// as they are, `a_service_is_heard_in_a_quiet_and_in_a_busy_account` one in both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes three minutes"]
async fn every_service_is_heard_in_a_quiet_and_in_a_busy_account() {
    let mut wrong = Complaints::new();
    for some in OF_SERVICES.chunks(6) {
        let mut runs = JoinSet::new();
        for story in some {
            runs.spawn(in_account(story, "quiet", quiet(story), QUIET));
            runs.spawn(in_account(story, "busy", busy(story), BUSY));
        }
        wrong.extend(runs.join_all().await.concat());
    }
    assert_content(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_heard_in_a_quiet_and_in_a_busy_account() {
    let story = "failed-build";
    let (quiet, busy) = tokio::join!(
        in_account(story, "quiet", quiet(story), QUIET),
        in_account(story, "busy", busy(story), BUSY)
    );
    assert_content(&[quiet, busy].concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_account_is_asked_seldom() {
    let over = Stage::after(quiet("denied-custom-resource"), 10.0, Duration::from_mins(30)).await;
    let watched = Stage::of(quiet("denied-custom-resource"), 20.0).await;
    let ((_, document), ended) = tokio::join!(over.diagnose(over.root(), &[]), watched.watch_by_arn().end());
    // How fast a busy machine must be to read a log that vanishes is told where every story is.
    let readable = Readable {
        logs: false,
        ..Readable::ALL
    };
    let mut wrong = about(
        "quiet",
        "over",
        judge::diagnosis(&document, &over.expectation(), readable),
    );
    wrong.extend(about(
        "quiet",
        "watched",
        judge::lines(&ended, &watched, readable),
    ));
    for (what, stage) in [("diagnose", &over), ("watch", &watched)] {
        let calls = lookups(stage);
        eprintln!("quiet account, {what}: {calls} LookupEvents calls");
        if calls > QUIET {
            wrong.push(format!("{what}: {calls} LookupEvents calls"));
        }
    }
    assert_content(&wrong);
}

/// The endpoint as a program of its own, the story so far advanced; diagnosed by ARN by another.
async fn served(elapsed: &'static str, seconds: i64) -> Complaints {
    let (host, home) = (Home::new(), Home::new());
    let mut command = host.program();
    command.args([
        "demo",
        "nested-service-rollback",
        "--serve",
        "--speed",
        "10",
        "--elapsed",
        elapsed,
    ]);
    let mut server = Running::start(command);
    let line = server.next().await.unwrap();
    let ready = line.json();
    let said = |key: &str| ready[key].as_str().unwrap().to_owned();
    let began: DateTime<Utc> = said("started_at").parse().unwrap();
    let now = began + TimeDelta::seconds(seconds) + line.at.elapsed() * 10;
    let mut command = home.program();
    command
        .args([
            "diagnose",
            ready["expect"]["stack_id"].as_str().unwrap(),
            "--output",
            "json",
        ])
        .args([
            "--endpoint-url",
            &said("endpoint_url"),
            "--clock",
            &format!("10@{}", now.to_rfc3339()),
        ]);
    let ended = run(command).await;
    server.kill().await;
    let document = serde_json::from_str(&ended.text()).unwrap_or_default();
    let mut wrong = judge::diagnosis(&document, &ready["expect"], TRACES);
    if ended.code != Some(1) {
        wrong.push(format!("exit code {:?}; {}", ended.code, ended.stderr));
    }
    about("served", elapsed, wrong)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_served_story_is_told_right_after_the_rollback_and_after_the_deletion() {
    let mut runs = JoinSet::new();
    runs.spawn(served("33:40", 33 * 60 + 40));
    runs.spawn(served("34:10", 34 * 60 + 10));
    runs.spawn(served("1:10:00", 70 * 60));
    assert_content(&runs.join_all().await.concat());
}

/// CloudFormation ends such an operation before what it made is stable: that it went well says less.
#[tokio::test]
async fn an_operation_in_express_mode_is_said_to_be_one() {
    let text = include_str!("../../assets/scenarios/clean-update.toml");
    let express = text.replacen("[[stack]]\n", "[[stack]]\nmode = \"EXPRESS\"\n", 1);
    assert_ne!(text, express);
    for (text, is_express) in [(express.as_str(), true), (text, false)] {
        let scenario = Scenario::parse("clean-update", "here", text).unwrap();
        let stage = Stage::after(scenario, 10.0, Duration::from_mins(30)).await;
        let mut command = stage.program();
        command.args(["diagnose", stage.root()]);
        let told = run(command).await.text();
        assert_eq!(
            told.contains("Express Mode: it ended before"),
            is_express,
            "{told}"
        );
    }
}

/// Where nothing fails and nothing takes long, only the stacks are asked, and who began it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_deployment_is_asked_about_its_stacks_and_who_began_it_and_nothing_else() {
    let over = Stage::after(
        Scenario::builtin("clean-update").unwrap(),
        10.0,
        Duration::from_mins(30),
    )
    .await;
    let watched = Stage::named("clean-update", 20.0).await;
    let ((code, _), ended) = tokio::join!(over.diagnose(over.root(), &[]), watched.watch().end());
    assert_eq!((code, ended.code), (Some(0), Some(0)));
    for (what, stage) in [("diagnose", &over), ("watch", &watched)] {
        let calls = stage.sandbox.calls();
        let of_others: Vec<_> = calls
            .iter()
            .map(|call| call.operation.as_str())
            .filter(|operation| !OF_STACKS.contains(operation) && *operation != "LookupEvents")
            .collect();
        assert!(of_others.is_empty(), "{what}: {of_others:?}");
        let asked = lookups(stage);
        eprintln!(
            "healthy deployment, {what}: {} calls, {asked} LookupEvents",
            calls.len()
        );
        assert!(asked <= 3, "{what}: {asked} LookupEvents calls");
    }
}

/// What is asked of the stacks themselves.
const OF_STACKS: [&str; 5] = [
    "DescribeStacks",
    "DescribeStackEvents",
    "ListStacks",
    "ListChangeSets",
    "DescribeEvents",
];
