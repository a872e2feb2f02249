//! A watch always ends, at the right time and with the right verdict, whatever cannot be read meanwhile.

use chrono::{DateTime, TimeDelta, Utc};
use rstest::rstest;
use serde_json::Value;
use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::domain::model::stack::StackId;
use stacktrail::ports::Archive as _;
use stacktrail::sandbox::Scenario;

use crate::support::judge::{self, Complaints};
use crate::support::program::{Ended, Running};
use crate::support::stage::{Stage, crowding};

/// A stack with one nested in it; how the root and the resource in the nested one come to their end is left open.
fn nested(root_events: &str, data: &str, database: &str) -> Scenario {
    let text = format!(
        r#"
title = "One stack in another"
summary = "A shop with its data in a nested stack."
region = "eu-west-1"
account = "111122223333"
stack_name = "shop"
duration = "40:00"

[[stack]]
key = "root"
name = "shop"
events = ["00:01 CREATE_IN_PROGRESS User Initiated", {root_events}]
resources = [
    {{ id = "Topic", type = "AWS::SNS::Topic", create = "00:03..00:09" }},
    {{ id = "Data", type = "AWS::CloudFormation::Stack", nested = "data", {data} }},
]

[[stack]]
key = "data"
name = "shop-Data-ABC"
parent = "root"
events = ["00:05 CREATE_IN_PROGRESS User Initiated", {database}]
resources = [{{ id = "Table", type = "AWS::DynamoDB::Table", create = "00:07..00:20" }}]
"#
    );
    Scenario::parse("nested", "nested.toml", &text).unwrap()
}

/// The deployment takes 32 minutes and goes well.
fn long_success() -> Scenario {
    nested(
        r#""32:00 CREATE_COMPLETE""#,
        r#"create = "00:04..31:50""#,
        r#""31:48 CREATE_COMPLETE""#,
    )
}

/// The nested stack fails after a minute, and everything is put back.
fn failure() -> Scenario {
    nested(
        r#""01:10 ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Data]. Rollback requested by user.",
        "01:40 ROLLBACK_COMPLETE""#,
        r#"events = [
            "00:04 CREATE_IN_PROGRESS",
            "00:05 CREATE_IN_PROGRESS Resource creation Initiated",
            "01:08 CREATE_FAILED Embedded stack was not successfully created: The following resource(s) failed to create: [Table].",
        ]"#,
        r#""01:05 CREATE_FAILED The following resource(s) failed to create: [Table].""#,
    )
}

const PLAIN_FAILURE: &str = r#"
title = "A queue that is there already"
summary = "A queue cannot be made, and everything is put back."
region = "eu-west-1"
account = "111122223333"
stack_name = "shop"
duration = "40:00"

[[stack]]
key = "root"
name = "shop"
events = [
    "00:01 CREATE_IN_PROGRESS User Initiated",
    "01:10 ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Queue]. Rollback requested by user.",
    "01:40 ROLLBACK_COMPLETE",
]
resources = [{ id = "Queue", type = "AWS::SQS::Queue", events = [
    "00:04 CREATE_IN_PROGRESS",
    "01:05 CREATE_FAILED Resource handler returned message: \"Queue already exists\" (RequestToken: 1f31, HandlerErrorCode: AlreadyExists)",
] }]
"#;

/// One stack that fails and is put back.
fn plain_failure() -> Scenario {
    Scenario::parse("plain", "plain.toml", PLAIN_FAILURE).unwrap()
}

fn last(ended: &Ended) -> Value {
    ended
        .lines
        .last()
        .map(crate::support::program::Line::json)
        .unwrap_or_default()
}

fn observed(line: &Value) -> DateTime<Utc> {
    line["observed_at"].as_str().unwrap().parse().unwrap()
}

/// How long after the last event of the root stack the watch ended.
fn after_the_end(ended: &Ended, stage: &Stage) -> TimeDelta {
    let story = stage.sandbox.stack_events();
    let root = story.iter().filter(|event| event.stack_id == stage.root());
    let end = root.map(|event| event.visible_at).max().unwrap();
    observed(&last(ended)) - end
}

/// What may pass in the time of the story while the machine is busy with something else for so many seconds.
fn busy(stage: &Stage, seconds: f64) -> TimeDelta {
    let milliseconds = std::time::Duration::from_secs_f64(seconds * stage.clock.speed() * crowding());
    TimeDelta::from_std(milliseconds).unwrap()
}

#[track_caller]
fn assert_judged(ended: &Ended, code: i32, outcome: &str) {
    assert_eq!(ended.code, Some(code), "{}\n{}", ended.text(), ended.stderr);
    let last = last(ended);
    assert_eq!(last["type"], "end", "{last}");
    assert_eq!(last["exit_code"], code, "{last}");
    assert_eq!(last["outcome"], outcome, "{last}");
}

/// CloudTrail or a log that cannot be read for good: twenty minutes after the end of the deployment are the end.
#[rstest]
#[case::throttled(
    "denied-custom-resource",
    "LookupEvents=throttle",
    "CloudTrail could not be read: ThrottlingException"
)]
#[case::broken(
    "denied-custom-resource",
    "LookupEvents=server_error",
    "CloudTrail could not be read: InternalFailure"
)]
#[case::foreign(
    "denied-custom-resource",
    "LookupEvents=html",
    "CloudTrail could not be read: "
)]
#[case::malformed(
    "denied-custom-resource",
    "LookupEvents=malformed",
    "CloudTrail could not be read: "
)]
#[case::reset(
    "denied-custom-resource",
    "LookupEvents=reset",
    "CloudTrail could not be read: "
)]
#[case::hanging(
    "denied-custom-resource",
    "LookupEvents=silent",
    "CloudTrail could not be read: timeout"
)]
#[case::logs_throttled(
    "failing-container",
    "FilterLogEvents=throttle",
    "CloudWatch Logs could not be read: Throttl"
)]
#[case::logs_hanging(
    "failing-container",
    "FilterLogEvents=silent",
    "CloudWatch Logs could not be read: timeout"
)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_for_good_ends_twenty_minutes_after_the_deployment(
    #[case] story: &str,
    #[case] fault: &str,
    #[case] said: &str,
) {
    // Who never answers is given up after eight seconds of the clock: they must not be the whole of the twenty minutes.
    let speed = if fault.ends_with("=silent") { 60.0 } else { 120.0 };
    let stage = Stage::faulty(story, speed, &[fault]).await;
    let ended = stage.watch_by_arn().end().await;
    assert_judged(&ended, 1, "rolled_back");
    let notices = ended.notices();
    assert!(
        notices.iter().any(|notice| notice.starts_with(said)),
        "{notices:#?}"
    );
    let waited = after_the_end(&ended, &stage);
    assert!(waited <= TimeDelta::minutes(21) + busy(&stage, 8.0), "{waited}");
    assert_eq!(judge::events(&ended, &stage), Complaints::new());
}

/// One nested stack whose events cannot be read: the verdict is that of the deployment, a minute after its end.
#[rstest]
#[case::denied(
    "DescribeStackEvents(shop-Data)=denied",
    "allow cloudformation:DescribeStackEvents"
)]
#[case::broken("DescribeStackEvents(shop-Data)=server_error", "InternalFailure")]
#[case::refused("DescribeStackEvents(shop-Data)=refused", "control characters")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nested_stack_that_cannot_be_read_is_that_stacks_trouble(#[case] fault: &str, #[case] said: &str) {
    for (scenario, code, outcome, speed) in [
        (long_success(), 0, "succeeded", 120.0),
        (failure(), 1, "rolled_back", 60.0),
    ] {
        let stage = Stage::faulty_after(scenario, speed, &[fault], std::time::Duration::ZERO).await;
        let ended = stage.watch_with(&["--evidence-wait", "0"]).end().await;
        assert_judged(&ended, code, outcome);
        let waited = after_the_end(&ended, &stage);
        assert!(waited <= TimeDelta::seconds(90) + busy(&stage, 6.0), "{waited}");
        let named = ended.notices();
        let named: Vec<_> = named
            .iter()
            .filter(|notice| notice.contains("shop-Data-ABC"))
            .collect();
        assert_eq!(named.len(), 1, "{:#?}", ended.notices());
        assert!(named[0].contains(said), "{named:?}");
        let told = ended.of_type("stack_event");
        let of_root = told
            .iter()
            .filter(|event| event["stack_id"] == stage.root())
            .count();
        let story = stage.sandbox.stack_events();
        let all = story
            .iter()
            .filter(|event| event.stack_id == stage.root())
            .count();
        assert_eq!(of_root, all);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_deployment_with_a_nested_stack_that_is_denied_is_told_within_two_minutes() {
    let denied = &["DescribeStackEvents(shop-Data)=denied"];
    let after = std::time::Duration::from_secs(120);
    let stage = Stage::faulty_after(failure(), 20.0, denied, after).await;
    let ended = stage.watch_with(&["--evidence-wait", "0"]).end().await;
    assert_judged(&ended, 1, "rolled_back");
    let waited = observed(&last(&ended)) - observed(&ended.lines[0].json());
    assert!(waited <= TimeDelta::seconds(90) + busy(&stage, 6.0), "{waited}");
}

/// The stack answers how it stands, but does not show its events, from the beginning or from some moment on: a
/// minute after its end where AWS refuses them, and when trouble that might pass has lasted a quarter of an hour.
#[rstest]
#[case::denied(
    "DescribeStackEvents=denied",
    "allow cloudformation:DescribeStackEvents",
    30.0,
    90
)]
#[case::refused("DescribeStackEvents=refused", "control characters", 30.0, 90)]
#[case::refused_midway("DescribeStackEvents=refused@00:20..99:00", "control characters", 30.0, 90)]
#[case::malformed("DescribeStackEvents=malformed", "nothing of it was kept", 60.0, 930)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_that_hides_its_events_is_judged_by_its_status(
    #[case] fault: &str,
    #[case] said: &str,
    #[case] speed: f64,
    #[case] most: i64,
) {
    for (story, code, outcome) in [
        ("clean-update", 0, "succeeded"),
        ("denied-custom-resource", 1, "rolled_back"),
    ] {
        let stage = Stage::faulty(story, speed, &[fault]).await;
        let ended = stage.watch_with(&["--evidence-wait", "0"]).end().await;
        assert_judged(&ended, code, outcome);
        let notices = ended.notices();
        assert!(notices.iter().any(|notice| notice.contains(said)), "{notices:#?}");
        assert!(
            notices.iter().any(|notice| notice.contains("by its status")),
            "{notices:#?}"
        );
        let waited = after_the_end(&ended, &stage);
        assert!(
            waited <= TimeDelta::seconds(most) + busy(&stage, 6.0),
            "{story}: {waited}"
        );
    }
}

/// The stack was deleted before anybody looked, and all that can be read is that it is gone: no verdict rests on
/// that, least of all a good one.
#[rstest]
#[case::denied("denied", 20.0)]
#[case::refused("refused", 20.0)]
#[case::malformed("malformed", 120.0)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_stack_that_hides_its_events_is_not_judged(#[case] kind: &str, #[case] speed: f64) {
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    let fault = format!("DescribeStackEvents={kind}");
    let hour = std::time::Duration::from_hours(1);
    let stage = Stage::faulty_after(scenario, speed, &[&fault], hour).await;
    let ended = stage.watch_by_arn().end().await;
    assert_eq!(ended.code, Some(3), "{}\n{}", ended.text(), ended.stderr);
    assert_eq!(last(&ended)["outcome"], Value::Null, "{}", last(&ended));
    let notices = ended.notices();
    let said = "was deleted, and its events could not be read";
    assert!(notices.iter().any(|notice| notice.contains(said)), "{notices:#?}");
    let mut command = stage.program();
    command.args(["diagnose", stage.root()]);
    let diagnosed = crate::support::program::run(command).await;
    assert_eq!(
        diagnosed.code,
        Some(3),
        "{}\n{}",
        diagnosed.text(),
        diagnosed.stderr
    );
}

/// ... and one whose events can be read after a minute is judged by them.
#[rstest]
#[case("malformed")]
#[case("truncated")]
#[case("server_error")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_stack_that_shows_its_events_late_is_judged_by_them(#[case] kind: &str) {
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    // It is deleted by the third minute.
    let fault = format!("DescribeStackEvents={kind}@00:00..05:10");
    let elapsed = std::time::Duration::from_mins(4);
    let stage = Stage::faulty_after(scenario, 15.0, &[&fault], elapsed).await;
    let ended = stage.watch_by_arn().end().await;
    assert_judged(&ended, 1, "rolled_back");
    assert_eq!(judge::events(&ended, &stage), Complaints::new());
}

/// The creation failed and was rolled back, and the stack was deleted by the fifth minute: a watch that begins then
/// tells that story, however soon after it, by whatever clock.
#[rstest]
#[case::at_once(260, 0)]
#[case::soon(600, 0)]
#[case::long_after(36_000, 0)]
#[case::by_a_clock_behind(600, 10)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_stack_is_judged_by_its_story_and_not_by_its_deletion(
    #[case] elapsed: u64,
    #[case] minutes: i64,
) {
    let deleted = r#""04:00 DELETE_IN_PROGRESS User Initiated", "04:10 DELETE_COMPLETE","#;
    let text = PLAIN_FAILURE.replace("\n]\nresources", &format!("\n    {deleted}\n]\nresources"));
    let scenario = Scenario::parse("deleted", "deleted.toml", &text).unwrap();
    let elapsed = std::time::Duration::from_secs(elapsed);
    let mut stage = Stage::after(scenario, 30.0, elapsed).await;
    stage.behind = TimeDelta::minutes(minutes);
    let ended = stage.watch_by_arn().end().await;
    assert_judged(&ended, 1, "rolled_back");
    let mut command = stage.program();
    command.args(["diagnose", stage.root()]);
    let diagnosed = crate::support::program::run(command).await;
    assert_eq!(diagnosed.code, Some(1), "{}", diagnosed.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_that_never_comes_is_told_of_once() {
    let stage = Stage::named("clean-update", 120.0).await;
    let mut command = stage.program();
    command.args(["watch", "nope", "--headless", "--timeout", "10m"]);
    let ended = Running::start(command).end().await;
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let lines: Vec<_> = ended
        .lines
        .iter()
        .filter(|line| line.text.contains("nope"))
        .collect();
    let told = lines
        .iter()
        .filter(|line| line.text.contains("no stack nope in eu-west-1"));
    assert_eq!(told.count(), 1, "{}", ended.text());
    // A line at least every thirty seconds, and not many more.
    assert!((20..=30).contains(&lines.len()), "{}", ended.text());
    let moments: Vec<_> = lines.iter().map(|line| stage.story_time(line.at)).collect();
    let gaps = moments.windows(2).map(|pair| pair[1] - pair[0]);
    let widest = gaps.max().unwrap();
    // The clock runs 120 times as fast as the machine that tells the time of a line.
    assert!(widest <= TimeDelta::seconds(30) + busy(&stage, 0.5), "{widest}");
}

/// The facts on record of a stack.
fn facts(stage: &Stage) -> usize {
    let archive = SqliteArchive::open(&stage.home.data(), Open::ReadOnly).unwrap();
    archive
        .load(&StackId::parse(stage.root()).unwrap())
        .unwrap()
        .len()
}

/// An hour in which nothing happens, whether AWS answers, denies or breaks.
#[rstest]
#[case::answering(&[])]
#[case::denied(&["ListChangeSets=denied"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_without_news_writes_nothing(#[case] faults: &[&str]) {
    let after = std::time::Duration::from_mins(10);
    let scenario = Scenario::builtin("clean-update").unwrap();
    let stage = Stage::faulty_after(scenario, 240.0, faults, after).await;
    let watch = |time| stage.watch_with(&["--next", "--timeout", time]).end();
    assert_eq!(watch("20m").await.code, Some(4));
    let (before, asked) = (facts(&stage), stage.calls("ListChangeSets").len());
    let ended = watch("1h").await;
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let written = facts(&stage) - before;
    // How the stack stands when the watch begins, what other sessions tell of the trail, the first listing.
    assert!(written <= 8, "{written} facts");
    let asked = stage.calls("ListChangeSets").len() - asked;
    assert!((2..=150).contains(&asked), "{asked} listings");
}

/// A status nobody has heard of ends the watch when nothing comes any more, judged by what is known.
#[rstest]
#[case("ROLLBACK_IN_PROGRESS", "ROLLBACK_ABANDONED", 1)]
#[case("CREATE_IN_PROGRESS", "CREATE_SUSPENDED", 4)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_never_heard_of_is_not_watched_for_ever(
    #[case] way: &str,
    #[case] status: &str,
    #[case] code: i32,
) {
    let events = format!(r#""00:40 {way}", "01:00 {status}""#);
    let scenario = nested(
        &events,
        r#"create = "00:04..00:30""#,
        r#""00:28 CREATE_COMPLETE""#,
    );
    let stage = Stage::of(scenario, 60.0).await;
    let ended = stage.watch_with(&["--evidence-wait", "0"]).end().await;
    assert_eq!(ended.code, Some(code), "{}\n{}", ended.text(), ended.stderr);
    assert_eq!(last(&ended)["exit_code"], code);
    let notices = ended.notices();
    let said = notices
        .iter()
        .filter(|notice| notice.contains(status) && notice.contains("not known"));
    assert_eq!(said.count(), 1, "{notices:#?}");
    let waited = after_the_end(&ended, &stage);
    assert!(
        (TimeDelta::minutes(4)..TimeDelta::minutes(6) + busy(&stage, 8.0)).contains(&waited),
        "{waited}"
    );
}

/// AWS's clock is ten minutes ahead: the end is not waited for until it has come here, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_of_aws_that_is_ahead_does_not_delay_the_end() {
    let stage = Stage::named("clean-update", 60.0).await;
    let ended = stage.watch_behind(TimeDelta::minutes(10), &[]).end().await;
    assert_judged(&ended, 0, "succeeded");
    let waited = after_the_end(&ended, &stage) + TimeDelta::minutes(10);
    assert!(waited <= TimeDelta::seconds(30) + busy(&stage, 6.0), "{waited}");
}

/// What `--until`, `--evidence-wait` and `--timeout` ask for.
#[rstest]
#[case::settled(&["--until", "settled"], "not waited for: ", 0, 30)]
#[case::no_wait(&["--evidence-wait", "0"], "not waited for: ", 0, 90)]
#[case::some_wait(&["--evidence-wait", "6m"], "waited for no longer than 6 minutes: ", 330, 400)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_end_when_they_are_asked_to(
    #[case] arguments: &[&str],
    #[case] waiting: &str,
    #[case] least: i64,
    #[case] most: i64,
) {
    // CloudTrail never has anything, so that only what is asked for decides.
    let faults = &["LookupEvents=server_error"];
    let stage = Stage::faulty_after(plain_failure(), 30.0, faults, std::time::Duration::ZERO).await;
    let ended = stage.watch_with(arguments).end().await;
    assert_judged(&ended, 1, "rolled_back");
    let notices = ended.notices();
    let said = format!("CloudTrail's records were {waiting}");
    let told: Vec<_> = notices.iter().filter(|notice| notice.contains(&said)).collect();
    assert_eq!(told.len(), 1, "{notices:#?}");
    assert!(
        told[0].ends_with("`stacktrail diagnose shop` looks again then"),
        "{told:?}"
    );
    let waited = after_the_end(&ended, &stage);
    let most = TimeDelta::seconds(most) + busy(&stage, 6.0);
    // The program's clock is behind the story's by the time that it takes to start.
    let least = TimeDelta::seconds(least) - busy(&stage, 2.0);
    assert!((least..=most).contains(&waited), "{waited}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_whose_time_is_up_is_in_progress_unless_it_has_failed() {
    let stage = Stage::of(long_success(), 60.0).await;
    let ended = stage.watch_with(&["--timeout", "2m"]).end().await;
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert_eq!(last(&ended)["exit_code"], 4);
    let stage = Stage::of(failure(), 30.0).await;
    let ended = stage.watch_with(&["--timeout", "90s"]).end().await;
    assert_eq!(ended.code, Some(1), "it was rolling back: {}", ended.stderr);
    assert_eq!(last(&ended)["exit_code"], 1);
}

/// What failed hours before the watch began is asked about before it ends, as `diagnose` does. The stack is gone:
/// nothing else is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_begins_hours_after_the_failure_asks_why() {
    let hours = std::time::Duration::from_hours(3);
    let scenario = || Scenario::builtin("denied-custom-resource").unwrap();
    let stage = Stage::after(scenario(), 20.0, hours).await;
    let ended = stage.watch_by_arn().end().await;
    let first = ended
        .of_type("cause")
        .into_iter()
        .rfind(|cause| cause["rank"] == 1);
    let first = first.unwrap_or_default();
    assert_eq!(first["confidence"], "high", "{}", ended.text());
    assert!(
        first["claim"].as_str().unwrap().contains("s3:CreateBucket"),
        "{first}"
    );
    let waited = observed(&last(&ended)) - observed(&ended.lines[0].json());
    assert!(waited <= TimeDelta::minutes(2) + busy(&stage, 6.0), "{waited}");
    // Who does not want to wait for it does not.
    let stage = Stage::after(scenario(), 20.0, hours).await;
    let mut command = stage.program();
    command.args([
        "watch",
        stage.root(),
        "--headless",
        "--output",
        "jsonl",
        "--evidence-wait",
        "0",
    ]);
    let ended = Running::start(command).end().await;
    let waited = observed(&last(&ended)) - observed(&ended.lines[0].json());
    assert!(waited <= TimeDelta::seconds(10) + busy(&stage, 2.0), "{waited}");
}
