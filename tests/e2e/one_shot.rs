//! `diagnose` without `--wait`: asked at any moment of any story, it asks once and answers at once.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use stacktrail::sandbox::{Call, CallOutcome, Scenario};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::judge::Complaints;
use crate::support::program::{place, run};
use crate::support::stage::{Stage, crowding};

/// Moments of each story in its seconds, with the exit code that is right then: before the failure, during the
/// rollback, seconds after it, minutes after it, and after the deletion where the story has one.
const MOMENTS: &[(&str, &[(u64, i32)])] = &[
    ("clean-update", &[(40, 4), (75, 0), (600, 0), (7_200, 0)]),
    (
        "crowded-account",
        &[(20, 4), (50, 1), (66, 1), (300, 1), (3_600, 1)],
    ),
    (
        "denied-custom-resource",
        &[(30, 4), (60, 1), (90, 1), (180, 1), (600, 1), (3_600, 1)],
    ),
    ("early-validation", &[(3, 0), (30, 1), (240, 1), (3_600, 1)]),
    (
        "export-in-use",
        &[(15, 4), (25, 1), (40, 1), (240, 1), (3_600, 1)],
    ),
    ("failed-hook", &[(12, 4), (30, 1), (50, 1), (240, 1), (3_600, 1)]),
    (
        "failing-container",
        &[(200, 4), (420, 1), (525, 1), (720, 1), (3_600, 1)],
    ),
    (
        "hidden-denial",
        &[(20, 4), (45, 1), (65, 1), (300, 1), (3_600, 1)],
    ),
    (
        "nested-service-rollback",
        &[(600, 4), (1_500, 1), (2_020, 1), (2_045, 1), (4_200, 1)],
    ),
    (
        "provider-framework",
        &[(40, 4), (90, 1), (120, 1), (300, 1), (3_600, 1)],
    ),
    (
        "rough-network",
        &[(60, 4), (110, 1), (165, 1), (400, 1), (3_600, 1)],
    ),
    (
        "tightened-policy",
        &[(7, 4), (16, 1), (30, 1), (240, 1), (3_600, 1)],
    ),
    // Before the failure, with it, in the rollback, in the deletion that cuts it short, and after that.
    (
        "rollback-cut-short",
        &[(10, 4), (14, 1), (30, 1), (50, 1), (100, 1), (3_600, 1)],
    ),
    (
        "cancelled-update",
        &[(120, 4), (160, 1), (220, 1), (600, 1), (3_600, 1)],
    ),
    (
        "continued-rollback",
        &[
            (9, 4),
            (12, 1),
            (20, 1),
            (60, 1),
            (1_863, 1),
            (1_900, 1),
            (7_200, 1),
        ],
    ),
    (
        "silent-instance",
        &[(600, 4), (913, 1), (960, 1), (1_010, 1), (1_200, 1), (7_200, 1)],
    ),
    (
        "vanished-instance",
        &[(300, 4), (600, 4), (1_068, 1), (1_100, 1), (1_140, 1), (3_600, 1)],
    ),
    ("disabled-key", &[(6, 4), (14, 1), (35, 1), (300, 1), (3_600, 1)]),
    (
        "denied-in-china",
        &[(20, 4), (42, 1), (70, 1), (300, 1), (3_600, 1)],
    ),
    (
        "denied-on-behalf",
        &[(60, 4), (160, 1), (200, 1), (330, 1), (3_600, 1)],
    ),
    (
        "unstartable-database",
        &[(600, 4), (1_092, 1), (1_300, 1), (1_500, 1), (7_200, 1)],
    ),
    (
        "unlaunchable-group",
        &[(600, 4), (1_090, 1), (1_200, 1), (1_500, 1), (7_200, 1)],
    ),
    (
        "refused-product",
        &[(120, 4), (222, 1), (250, 1), (360, 1), (3_600, 1)],
    ),
    (
        "addressless-warehouse",
        &[(600, 4), (852, 1), (900, 1), (1_060, 1), (3_600, 1)],
    ),
    (
        "unhealthy-targets",
        &[(120, 4), (492, 1), (520, 1), (650, 1), (3_600, 1)],
    ),
    (
        "timed-out-waiter",
        &[(300, 4), (745, 1), (780, 1), (830, 1), (3_600, 1)],
    ),
    (
        "failed-build",
        &[(120, 4), (282, 1), (310, 1), (600, 1), (3_600, 1)],
    ),
    (
        "unready-addon",
        &[(600, 4), (1_572, 1), (1_640, 1), (1_950, 1), (7_200, 1)],
    ),
    (
        "unvalidated-certificate",
        &[(600, 4), (2_412, 1), (2_450, 1), (2_700, 1), (7_200, 1)],
    ),
    (
        "unmovable-domain",
        &[(300, 4), (1_332, 1), (1_360, 1), (1_500, 1), (7_200, 1)],
    ),
    (
        "alarmed-rollout",
        &[(120, 4), (372, 1), (390, 1), (540, 1), (3_600, 1)],
    ),
    (
        "silent-upload",
        &[(120, 4), (282, 1), (310, 1), (600, 1), (3_600, 1)],
    ),
    (
        "borrowed-key",
        &[(30, 4), (58, 1), (120, 1), (480, 1), (3_600, 1)],
    ),
    (
        "awaited-certificate",
        &[(600, 4), (1_500, 4), (1_570, 0), (3_600, 0)],
    ),
    (
        "refused-stack-set",
        &[(120, 4), (312, 1), (350, 1), (600, 1), (3_600, 1)],
    ),
    (
        "undersized-cache",
        &[(600, 4), (732, 1), (760, 1), (960, 1), (3_600, 1)],
    ),
    (
        "timed-out-custom-resource",
        &[(1_800, 4), (3_660, 1), (3_700, 1), (3_900, 1), (7_200, 1)],
    ),
];

/// The program is up within the second; what it asks of CloudFormation and the other services takes no more than
/// three; each LookupEvents call after the first costs a second, since the account has two for everybody.
const AT_ONCE: Duration = Duration::from_secs(3);
/// The machine that runs this has more to do.
const LOAD: Duration = Duration::from_secs(6);
/// The program's seconds in one of the wall's: most of its time it waits for its turn to ask.
const SPEED: f64 = 2.0;

/// Calls that came with the same parameters to the same place, and were answered.
fn repeated(calls: &[Call]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    // One that was refused for the account's quota is rightly asked again.
    let answered = calls.iter().filter(|call| call.outcome == CallOutcome::Answered);
    // A query is looked at until it is done.
    let answered = answered.filter(|call| call.operation != "GetQueryExecution");
    answered
        .map(|call| format!("{} in {}: {}", call.operation, call.region, call.detail))
        .filter(|call| !seen.insert(call.clone()))
        .collect()
}

async fn asked(story: &str, (second, code): (u64, i32)) -> Complaints {
    let _place = place().await;
    let elapsed = Duration::from_secs(second);
    // It stands still: on a busy machine the moment would be over when the second question is asked.
    let stage = Stage::still(Scenario::builtin(story).unwrap(), SPEED, elapsed).await;
    let mut wrong = Complaints::new();
    let (arn, name) = (
        stage.root().to_owned(),
        Scenario::builtin(story).unwrap().stack_name,
    );
    for target in [&name, &arn] {
        let before = stage.sandbox.calls().len();
        let home = crate::support::program::Home::new();
        let mut command = stage.program_at(&home);
        command.args(["diagnose", target, "--output", "json"]);
        let began = Instant::now();
        let ended = run(command).await;
        let calls = stage.sandbox.calls().split_off(before);
        // From the first question on, in the program's time; and by the wall with all that it took to start.
        let asking = calls.first().zip(calls.last());
        let asking = asking.map_or(Duration::ZERO, |(first, last)| {
            (last.at - first.at).to_std().unwrap()
        });
        let took = asking.max(began.elapsed());
        let lookups = calls
            .iter()
            .filter(|call| call.operation == "LookupEvents")
            .count();
        let mut complain = |what: String| {
            let way = if target == &arn { "ARN" } else { "name" };
            wrong.push(format!("{story} at {second} s by {way}: {what}"));
        };
        if ended.code != Some(code) {
            complain(format!(
                "exit code {:?}, not {code}; {}",
                ended.code, ended.stderr
            ));
        }
        if !ended.stderr.is_empty() {
            complain(format!("on standard error: {}", ended.stderr));
        }
        let document: Value = serde_json::from_str(&ended.text()).unwrap_or_default();
        if document["stack"]["id"] != arn.as_str() {
            complain(format!("it tells of {}", document["stack"]["id"]));
        }
        let spaced = Duration::from_secs(u64::try_from(lookups.saturating_sub(1)).unwrap());
        // Calls that are never answered cost their time-out.
        if took > AT_ONCE + spaced + LOAD.mul_f64(crowding()) && story != "rough-network" {
            complain(format!("{took:?} with {lookups} LookupEvents calls"));
        }
        for again in repeated(&calls) {
            complain(format!("asked twice: {again}"));
        }
        eprintln!(
            "{story} at {second} s: {} calls, {lookups} of them LookupEvents, {took:?}",
            calls.len()
        );
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_diagnosis_asks_once_and_answers_at_every_moment_of_every_story() {
    let told: BTreeSet<&str> = MOMENTS.iter().map(|(story, _)| *story).collect();
    assert_eq!(
        told,
        Scenario::names().iter().copied().collect(),
        "every story is asked about"
    );
    let mut runs = JoinSet::new();
    for (story, moments) in MOMENTS {
        for moment in *moments {
            runs.spawn(asked(story, *moment));
        }
    }
    let wrong = runs.join_all().await.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_of_500_events_is_diagnosed_with_25_requests() {
    let stage = Stage::after(Scenario::synthetic(0, 500), 1.0, Duration::from_mins(30)).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(0), "{document}");
    let calls = stage.sandbox.calls();
    assert!(calls.len() <= 25, "{} requests: {calls:#?}", calls.len());
    assert_eq!(repeated(&calls), [""; 0]);
}

/// A few seconds of throttling, or of an endpoint that breaks, are no reason to give up, whichever call is hit.
#[rstest::rstest]
#[case::describe("DescribeStacks=throttle#1..2")]
#[case::events("DescribeStackEvents=server_error#1..3")]
#[case::list("ListStacks=throttle#1..2")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_that_passes_is_waited_out(#[case] fault: &str) {
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    let name = scenario.stack_name.clone();
    let elapsed = Duration::from_mins(60);
    let stage = Stage::faulty_after(scenario, 20.0, &[fault], elapsed).await;
    // It is deleted: found by its name in the listing.
    let (code, document) = stage.diagnose(&name, &[]).await;
    assert_eq!(code, Some(1), "{document}");
    let operation = fault.split('=').next().unwrap();
    assert!(stage.calls(operation).len() > 2, "the fault was met");
    assert_eq!(document["missing"], serde_json::json!([]), "it was made up for");
}

/// A listing of deleted stacks does not tell under which role each was made: a stack that is named is known by its ARN, and
/// judged as if that had been given.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_stack_is_judged_by_its_name_as_by_its_arn() {
    for story in ["denied-on-behalf", "nested-service-rollback"] {
        let scenario = Scenario::builtin(story).unwrap();
        let name = scenario.stack_name.clone();
        let stage = Stage::after(scenario, 20.0, Duration::from_mins(60)).await;
        let told = |document: &Value| {
            let failures = document["failures"].as_array().unwrap().iter();
            let claims =
                failures.flat_map(|failure| failure["causes"].as_array().cloned().unwrap_or_default());
            claims.map(|cause| cause["claim"].clone()).collect::<Vec<_>>()
        };
        // Nothing that one of them saved helps the other.
        let kept = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [first, second] = kept
            .each_ref()
            .map(|kept| ["--data-dir", kept.path().to_str().unwrap()]);
        let (_, by_name) = stage.diagnose(&name, &first).await;
        let listed = stage.calls("ListStacks");
        assert!(!listed.is_empty(), "{story} is deleted");
        let described = stage.calls("DescribeStacks");
        assert!(
            described.iter().any(|call| call.detail.contains(stage.root())),
            "{described:?}"
        );
        let (_, by_arn) = stage.diagnose(stage.root(), &second).await;
        assert_eq!(told(&by_name), told(&by_arn), "{story}");
        assert!(!told(&by_arn).is_empty());
    }
}

#[rstest::rstest]
#[case("throttle", "ThrottlingException")]
#[case("server_error", "could not be read")]
#[case("denied", "allow cloudtrail:LookupEvents")]
#[case("html", "could not be read")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trail_that_cannot_be_read_is_said_and_ends(#[case] fault: &str, #[case] words: &str) {
    let scenario = Scenario::builtin("hidden-denial").unwrap();
    let faults = format!("LookupEvents={fault}");
    let stage = Stage::faulty_after(scenario, 1.0, &[&faults], Duration::from_mins(6)).await;
    let mut command = stage.program();
    command.args(["diagnose", stage.root()]);
    let began = Instant::now();
    let ended = run(command).await;
    let text = ended.text();
    assert_eq!(ended.code, Some(1), "{text}{}", ended.stderr);
    assert!(text.contains("CloudTrail could not be read: "), "{text}");
    assert!(text.contains(words), "{text}");
    assert!(!text.contains("expected about"), "{text}");
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
}

/// Without a form for programs it says the same, narrowed to one attempt where that is asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_is_written_to_a_file_and_one_attempt_can_be_asked_for() {
    let scenario = Scenario::builtin("export-in-use").unwrap();
    let stage = Stage::after(scenario, 20.0, Duration::from_mins(30)).await;
    for (form, beginning) in [
        ("text", "network-shared"),
        ("json", "{"),
        ("jsonl", "{\"type\":"),
        ("markdown", "#"),
        ("html", "<!doctype html>"),
    ] {
        let file = stage.home.path().join(format!("report.{form}"));
        let mut command = stage.program();
        command
            .args(["diagnose", stage.root(), "--output", form, "-o"])
            .arg(&file);
        let ended = run(command).await;
        assert_eq!(
            (ended.code, ended.text().as_str()),
            (Some(1), ""),
            "{form}: {}",
            ended.stderr
        );
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(
            text.to_lowercase().starts_with(beginning),
            "{form}: {}",
            text.lines().next().unwrap_or_default()
        );
    }
    let attempt = |number: u32| {
        let mut command = stage.program();
        command.args([
            "diagnose",
            stage.root(),
            "--offline",
            "--output",
            "json",
            "--attempt",
        ]);
        command.arg(number.to_string());
        run(command)
    };
    let ended = attempt(1).await;
    let document: Value = serde_json::from_str(&ended.text()).unwrap();
    let numbers: Vec<u64> = document["failures"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|failure| failure["attempt"].as_u64())
        .collect();
    assert!(numbers.iter().all(|number| *number == 1), "{numbers:?}");
    let ended = attempt(99).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("no attempt 99"), "{}", ended.stderr);
}

/// The searches that a failure tells are those that were made: none more, and none less but for who called an operation
/// that is no failure's.
#[rstest::rstest]
#[case("denied-custom-resource")]
#[case("hidden-denial")]
#[case("crowded-account")]
#[case("export-in-use")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_searches_that_are_told_are_the_calls_that_were_made(#[case] story: &str) {
    let elapsed = Duration::from_hours(3);
    let stage = Stage::still(Scenario::builtin(story).unwrap(), SPEED, elapsed).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1), "{document}");
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut told = BTreeSet::new();
    for failure in document["failures"].as_array().unwrap() {
        for search in failure["trail"]["searches"].as_array().into_iter().flatten() {
            told.insert([
                words(&search["region"]),
                words(&search["attribute"]),
                words(&search["value"]),
            ]);
        }
    }
    let made: BTreeSet<_> = stage
        .calls("LookupEvents")
        .into_iter()
        .map(|call| {
            let question: Value = serde_json::from_str(&call.detail).unwrap();
            let attribute = &question["LookupAttributes"][0];
            [
                call.region,
                words(&attribute["AttributeKey"]),
                words(&attribute["AttributeValue"]),
            ]
        })
        .collect();
    assert!(!made.is_empty());
    let never_made: Vec<_> = told.difference(&made).collect();
    assert!(never_made.is_empty(), "{never_made:?}");
    let operation = |name: &str| ["CreateStack", "UpdateStack", "DeleteStack"].contains(&name);
    let untold: Vec<_> = made
        .difference(&told)
        .filter(|[_, attribute, value]| attribute != "EventName" || !operation(value))
        .collect();
    assert!(untold.is_empty(), "{untold:?}");
}

/// A failure of the rollback is told apart from the one that it undoes, in the text for people as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_text_says_what_failed_during_the_rollback() {
    for (story, is_told) in [("continued-rollback", true), ("denied-custom-resource", false)] {
        let elapsed = Duration::from_hours(3);
        let stage = Stage::still(Scenario::builtin(story).unwrap(), SPEED, elapsed).await;
        let mut command = stage.program();
        command.args(["diagnose", stage.root(), "--output", "text"]);
        let text = run(command).await.text();
        assert_eq!(
            text.contains(", deployment 1, during the rollback, at "),
            is_told,
            "{text}"
        );
    }
}
