//! The command `record`: what a queue tells of is recorded by nobody's hand, opens on another machine, and is whole though a
//! recorder is killed again and again.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};
use stacktrail::ports::Clock as _;
use stacktrail::sandbox::Scenario;
use stacktrail::store::{SharedStore, deployments};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::Instant;

use crate::support::program::{Ended, Home, PATIENCE, Running, run};
use crate::support::stage::Stage;

/// The recorder at a home of its own, with a store.
pub(super) fn recorder(stage: &Stage, home: &Home, store: impl AsRef<OsStr>, more: &[&str]) -> Command {
    let mut command = stage.program_at(home);
    command
        .arg("--store")
        .arg(store)
        .args(["record", "--output", "jsonl", "--queue"])
        .arg(format!(
            "{}/123456789012/stacktrail",
            stage.sandbox.endpoint_url()
        ))
        .args(more);
    command
}

/// Puts a message into the queue, as somebody else would.
pub(super) async fn send(stage: &Stage, body: &str) {
    let address = stage.sandbox.endpoint_url().replace("http://", "");
    let message = json!({ "QueueUrl": "any", "MessageBody": body }).to_string();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{message}",
        message.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// A session as another machine has it from the store.
pub(super) async fn exported(stage: &Stage, store: impl AsRef<OsStr>) -> Value {
    let elsewhere = Home::new();
    let mut command = stage.program_at(&elsewhere);
    command.arg("--store").arg(store).args(["export", stage.root()]);
    let ended = run(command).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    serde_json::from_str(&ended.text()).unwrap()
}

/// Every event in a session, as often as it is there.
fn events(session: &Value) -> Vec<(String, String)> {
    let facts = session["facts"].as_array().unwrap().iter();
    let pages = facts.filter(|fact| fact["kind"] == "stack_events_seen");
    let events = pages.flat_map(|page| page["events"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    events
        .map(|event| (text(&event["stack_id"]), text(&event["event_id"])))
        .collect()
}

/// Every event of the story, once, and nothing else.
pub(super) fn assert_all_events(stage: &Stage, session: &Value) {
    let told = stage.sandbox.stack_events().into_iter();
    let told: BTreeSet<_> = told.map(|event| (event.stack_id, event.event_id)).collect();
    let stored = events(session);
    let once: BTreeSet<_> = stored.iter().cloned().collect();
    assert_eq!(stored.len(), once.len(), "each event is there once");
    let missing: Vec<_> = told.difference(&once).take(3).collect();
    assert!(missing.is_empty(), "{missing:?} of {}", told.len());
}

fn assert_recorded(ended: &Ended) {
    let recorded = ended.of_type("recorded");
    assert!(!recorded.is_empty(), "{}; {}", ended.text(), ended.stderr);
}

#[tokio::test]
async fn a_deployment_that_nobody_watched_opens_on_another_machine_with_its_cause() {
    // Its log group is gone 19 seconds after the failure.
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    let stage = Stage::after(scenario, 5.0, Duration::from_secs(5)).await;
    let store = Home::new();
    let ended = run(recorder(&stage, &stage.home, store.path(), &["--until-empty"])).await;
    assert_eq!(ended.code, Some(0), "{}; {}", ended.text(), ended.stderr);
    let recorded = ended.of_type("recorded");
    assert_eq!(recorded.len(), 1, "{}", ended.text());
    assert_eq!(recorded[0]["verdict"], "rolled_back");
    // The queue tells of the cause, and the recorder need not wait for CloudTrail: it may be done before the stack is
    // deleted. What the queue tells of that is for the next one.
    let deleted = stage.sandbox.zero() + TimeDelta::seconds(150);
    while stage.clock.now() < deleted {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let ended = run(recorder(&stage, &stage.home, store.path(), &["--until-empty"])).await;
    assert_eq!(ended.code, Some(0), "{}; {}", ended.text(), ended.stderr);

    let elsewhere = Home::new();
    let mut command = stage.program_at(&elsewhere);
    command
        .arg("--store")
        .arg(store.path())
        .args(["sessions", "--json"]);
    let listed = run(command).await;
    let listed: Value = serde_json::from_str(&listed.text()).unwrap();
    assert_eq!(listed["stack_id"], stage.root());
    assert_eq!(listed["verdict"], "rolled_back");

    let mut command = stage.program_at(&elsewhere);
    command
        .arg("--store")
        .arg(store.path())
        .args(["open", "--offline", stage.root()]);
    let opened = run(command).await;
    let expected = stage.expectation();
    let told = opened.text();
    for root in expected["roots"].as_array().unwrap() {
        let resource = root["logical_id"].as_str().unwrap();
        assert!(told.contains(resource), "{resource}: {told}");
    }
    assert!(told.contains("s3:CreateBucket"), "{told}");
    assert_all_events(&stage, &exported(&stage, store.path()).await);

    // What is concluded of it lies beside, for questions over many.
    let store = SharedStore::folder(store.path()).unwrap();
    let all_days = (NaiveDate::MIN, NaiveDate::MAX);
    let concluded = deployments::read(&store, all_days).await.unwrap();
    assert_eq!(concluded.flaws, []);
    let says = |kind: &str, column: &str, value: &str| {
        let mut of_kind = concluded.rows.iter().filter(|row| row["kind"] == kind);
        of_kind.any(|row| row.get(column).is_some_and(|said| said == value))
    };
    assert!(says("deployment", "outcome", "rolled_back"), "{concluded:?}");
    assert!(says("failure", "action", "s3:CreateBucket"), "{concluded:?}");
}

#[tokio::test]
async fn two_recorders_of_which_one_is_killed_again_and_again_leave_one_whole_session() {
    let stage = Stage::of(Scenario::synthetic(3, 600), 40.0).await;
    let store = Home::new();
    let steady = Home::new();
    let mut other = Running::start(recorder(&stage, &steady, store.path(), &[]));
    for life in 0..20_u64 {
        let killed = Running::start(recorder(&stage, &stage.home, store.path(), &[]));
        tokio::time::sleep(Duration::from_millis(150 + life * 37 % 400)).await;
        killed.kill().await;
    }
    // Whatever the killed one had in its hands comes back to the others.
    other.until("\"recorded\"").await;
    other.kill().await;
    let last = run(recorder(&stage, &steady, store.path(), &["--until-empty"])).await;
    assert_eq!(last.code, Some(0), "{}; {}", last.text(), last.stderr);
    assert_all_events(&stage, &exported(&stage, store.path()).await);
}

#[tokio::test]
async fn what_is_no_event_and_what_is_another_accounts_is_told_and_left() {
    let scenario = Scenario::builtin("clean-update").unwrap();
    let stage = Stage::after(scenario, 40.0, Duration::from_secs(10)).await;
    let store = Home::new();
    send(&stage, "hello").await;
    let foreign = json!({
        "id": "1", "source": "aws.cloudformation", "detail-type": "CloudFormation Stack Status Change",
        "account": "999999999999", "region": "eu-west-1", "time": "2026-05-04T12:00:00Z",
        "detail": { "stack-id": "arn:aws:cloudformation:eu-west-1:999999999999:stack/theirs/1f31",
                    "status-details": { "status": "CREATE_IN_PROGRESS" } },
    });
    send(&stage, &foreign.to_string()).await;
    let mut recording = Running::start(recorder(&stage, &stage.home, store.path(), &[]));
    recording.until("\"recorded\"").await;
    let deadline = Instant::now() + PATIENCE;
    while stage.calls("DeleteMessage").is_empty() {
        assert!(
            Instant::now() < deadline,
            "what is kept is deleted from the queue"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ended = recording.kill().await;
    let notices = ended.notices().join("\n");
    assert!(
        notices.contains("is left in the queue: it is no event of EventBridge"),
        "{notices}"
    );
    assert!(notices.contains("account 999999999999"), "{notices}");
    assert_recorded(&ended);
}

#[tokio::test]
async fn a_queue_and_a_store_in_trouble_are_told_and_waited_for() {
    let scenario = Scenario::builtin("clean-update").unwrap();
    let faults = ["ReceiveMessage=server_error#2..3", "DeleteMessage=server_error#1"];
    let stage = Stage::faulty_after(scenario, 40.0, &faults, Duration::from_secs(10)).await;
    let store = Home::new();
    // A file stands where the facts should.
    std::fs::write(store.path().join("facts"), "in the way").unwrap();
    let mut recording = Running::start(recorder(&stage, &stage.home, store.path(), &[]));
    recording.until("could not be written").await;
    assert_eq!(stage.calls("DeleteMessage").len(), 0, "nothing is kept yet");
    std::fs::remove_file(store.path().join("facts")).unwrap();
    recording.until("\"recorded\"").await;
    let ended = recording.kill().await;
    let notices = ended.notices().join("\n");
    assert!(notices.contains("the queue cannot be read"), "{notices}");
    assert!(notices.contains("the queue can be read again"), "{notices}");
    assert!(notices.contains("the store takes everything again"), "{notices}");
    assert_all_events(&stage, &exported(&stage, store.path()).await);
}

#[tokio::test]
async fn only_what_the_rules_name_is_recorded() {
    let scenario = Scenario::builtin("clean-update").unwrap();
    let stage = Stage::after(scenario, 40.0, Duration::from_secs(10)).await;
    let store = Home::new();
    let rules = store.path().join("rules.toml");
    std::fs::write(&rules, "only-failures = true").unwrap();
    let rules = rules.to_str().unwrap();
    let ended = run(recorder(
        &stage,
        &stage.home,
        store.path(),
        &["--until-empty", "--rules", rules],
    ))
    .await;
    assert_eq!(ended.code, Some(0), "{}; {}", ended.text(), ended.stderr);
    assert!(ended.of_type("recorded").is_empty(), "{}", ended.text());
    assert!(!stage.calls("DeleteMessage").is_empty());
    assert!(!store.path().join("facts").exists());
}

#[tokio::test]
async fn a_store_in_a_bucket_is_written_and_read_also_where_it_fails_at_first() {
    const STORE: &str = "s3://team-deployments/recorded";
    let scenario = Scenario::builtin("clean-update").unwrap();
    let faults = ["PutObject=server_error#1", "ListObjectsV2=throttle#1"];
    let stage = Stage::faulty_after(scenario, 40.0, &faults, Duration::from_secs(10)).await;
    let ended = run(recorder(&stage, &stage.home, STORE, &["--until-empty"])).await;
    assert_eq!(ended.code, Some(0), "{}; {}", ended.text(), ended.stderr);
    assert_recorded(&ended);
    assert_all_events(&stage, &exported(&stage, STORE).await);
    // What was fetched once is not fetched again.
    let home = Home::new();
    for _ in 0..2 {
        let mut command = stage.program_at(&home);
        command.args(["--store", STORE, "export", stage.root()]);
        assert_eq!(run(command).await.code, Some(0));
    }
    let got = stage.calls("GetObject").len();
    let mut command = stage.program_at(&home);
    command.args(["--store", STORE, "export", stage.root()]);
    assert_eq!(run(command).await.code, Some(0));
    assert_eq!(stage.calls("GetObject").len(), got);
}

#[tokio::test]
async fn a_store_is_made_smaller_and_tells_the_same() {
    let scenario = Scenario::builtin("clean-update").unwrap();
    let stage = Stage::after(scenario, 40.0, Duration::from_secs(10)).await;
    let store = Home::new();
    for home in [&stage.home, &Home::new()] {
        let ended = run(recorder(&stage, home, store.path(), &["--until-empty"])).await;
        assert_eq!(ended.code, Some(0), "{}; {}", ended.text(), ended.stderr);
    }
    let before = exported(&stage, store.path()).await;
    let mut later = stage.home.program();
    let tomorrow = (stage.clock.now() + TimeDelta::days(2)).to_rfc3339();
    later
        .arg("--store")
        .arg(store.path())
        .args(["--clock", &format!("1@{tomorrow}"), "store", "compact"]);
    let compacted = run(later).await;
    assert_eq!(compacted.code, Some(0), "{}", compacted.stderr);
    assert!(compacted.text().contains("files became"), "{}", compacted.text());
    assert_eq!(exported(&stage, store.path()).await, before);
    let mut unnamed = stage.home.program();
    unnamed.args(["store", "compact"]);
    let refused = run(unnamed).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("name the store"), "{}", refused.stderr);
}
