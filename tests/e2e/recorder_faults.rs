//! A recorder when everything is denied or broken in turn: it goes on, says so, and loses nothing. And what it hears
//! of besides stacks, where nothing tells it of any, and how others see that it lives.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use stacktrail::sandbox::Scenario;
use tokio::process::Command;

use super::recorder::{assert_all_events, exported, recorder, send};
use crate::support::program::{Ended, Home, run};
use crate::support::stage::Stage;

const STORE: &str = "s3://team-deployments/recorded";

/// Something that goes wrong, and what is said of it.
struct Trouble {
    name: &'static str,
    faults: &'static [&'static str],
    says: &'static [&'static str],
}

const TROUBLES: [Trouble; 7] = [
    Trouble {
        name: "the queue is gone for a while",
        faults: &["ReceiveMessage=server_error#1..2"],
        says: &["the queue cannot be read", "the queue can be read again"],
    },
    Trouble {
        name: "the queue may not be read for a while",
        faults: &["ReceiveMessage=denied#1"],
        says: &["the queue cannot be read", "the queue can be read again"],
    },
    Trouble {
        name: "a message cannot be deleted, nor kept hidden",
        faults: &["DeleteMessage=denied#1..2", "ChangeMessageVisibility=denied#1..3"],
        says: &[],
    },
    Trouble {
        name: "the store may not be written for a while",
        faults: &["PutObject=denied#1"],
        says: &["facts wait on this machine", "the store takes everything again"],
    },
    Trouble {
        name: "the store cannot be written for a while",
        faults: &["PutObject=server_error#1..8"],
        says: &["facts wait on this machine", "the store takes everything again"],
    },
    Trouble {
        name: "the stack may not be looked at",
        faults: &["DescribeStacks=denied#1"],
        says: &["cannot be read", "is left in the queue"],
    },
    Trouble {
        name: "its events may not be read at first",
        faults: &["DescribeStackEvents=denied#1..2"],
        says: &[],
    },
];

async fn over(faults: &[&str]) -> Stage {
    let scenario = Scenario::builtin("clean-update").unwrap();
    Stage::faulty_after(scenario, 40.0, faults, Duration::from_secs(240)).await
}

fn assert_recorded(what: &str, ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{what}: {}; {}", ended.text(), ended.stderr);
    assert!(!ended.of_type("recorded").is_empty(), "{what}: {}", ended.text());
}

#[tokio::test]
async fn whatever_is_denied_or_broken_in_turn_is_told_and_nothing_is_lost() {
    for Trouble { name, faults, says } in TROUBLES {
        let stage = over(faults).await;
        let ended = run(recorder(&stage, &stage.home, STORE, &["--until-empty"])).await;
        assert_recorded(name, &ended);
        let notices = ended.notices().join("\n");
        for said in says {
            assert!(notices.contains(said), "{name}: `{said}` is not in {notices}");
        }
        assert_all_events(&stage, &exported(&stage, STORE).await);
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_keeps_nothing_from_the_store() {
    for behind in [TimeDelta::minutes(10), TimeDelta::minutes(-3)] {
        let mut stage = over(&[]).await;
        stage.behind = behind;
        let store = Home::new();
        let ended = run(recorder(&stage, &stage.home, store.path(), &["--until-empty"])).await;
        assert_recorded("a wrong clock", &ended);
        stage.behind = TimeDelta::zero();
        assert_all_events(&stage, &exported(&stage, store.path()).await);
    }
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(segments(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// A name that tells the digest of what is written there, as the store's own names do.
fn named(beside: &Path, bytes: &[u8]) -> PathBuf {
    use sha2::{Digest as _, Sha256};
    use std::fmt::Write as _;
    let mut digest = String::new();
    for byte in Sha256::digest(bytes).iter().take(16) {
        write!(digest, "{byte:02x}").unwrap();
    }
    beside.with_file_name(format!("other-00000001-{digest}.jsonl.gz"))
}

#[tokio::test]
async fn a_half_written_segment_and_one_of_a_newer_program_are_told_and_left_out() {
    let stage = over(&[]).await;
    let store = Home::new();
    let first = run(recorder(&stage, &stage.home, store.path(), &["--until-empty"])).await;
    assert_recorded("the first", &first);
    let whole = segments(&store.path().join("facts")).remove(0);
    let bytes = fs::read(&whole).unwrap();
    let half = &bytes[..bytes.len() / 2];
    // One under the name of the whole, one under a name of its own.
    let cut = whole.with_file_name(
        whole
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .replacen('-', "x-", 1),
    );
    fs::write(&cut, half).unwrap();
    fs::write(named(&whole, half), half).unwrap();
    let mut newer = GzEncoder::new(Vec::new(), Compression::fast());
    let head = json!({ "kind": "segment", "schema": "stacktrail.segment/2", "root": stage.root() });
    std::io::Write::write_all(&mut newer, format!("{head}\n").as_bytes()).unwrap();
    let newer = newer.finish().unwrap();
    fs::write(named(&whole, &newer), &newer).unwrap();
    // Another recorder is not kept from its work by them.
    let again = run(recorder(&stage, &Home::new(), store.path(), &["--until-empty"])).await;
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let elsewhere = Home::new();
    let mut command = stage.program_at(&elsewhere);
    command
        .arg("--store")
        .arg(store.path())
        .args(["export", stage.root()]);
    let ended = run(command).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for said in [
        "its content is not what its name says",
        "written by a newer stacktrail",
        "it is no segment",
    ] {
        assert!(ended.stderr.contains(said), "`{said}`: {}", ended.stderr);
    }
    assert_eq!(
        ended.stderr.matches("it was left out").count(),
        3,
        "{}",
        ended.stderr
    );
    assert_all_events(&stage, &serde_json::from_str(&ended.text()).unwrap());
}

/// `record --poll` at the stage's home.
fn polling(stage: &Stage, store: &Path, more: &[&str]) -> Command {
    let mut command = stage.program();
    command
        .arg("--store")
        .arg(store)
        .args(["record", "--poll", "--output", "jsonl", "--until-empty"])
        .args(more);
    command
}

#[tokio::test]
async fn without_a_queue_what_is_in_progress_is_found_by_listing_and_a_file_says_how_it_goes() {
    let scenario = Scenario::builtin("clean-update").unwrap();
    let stage = Stage::after(scenario, 4.0, Duration::from_secs(2)).await;
    let store = Home::new();
    let beat = store.path().join("heartbeat.json");
    let ended = run(polling(
        &stage,
        store.path(),
        &["--heartbeat", beat.to_str().unwrap()],
    ))
    .await;
    assert_recorded("polling", &ended);
    assert!(stage.calls("ReceiveMessage").is_empty());
    assert!(
        stage.calls("ListStacks").len() < 40,
        "{}",
        stage.calls("ListStacks").len()
    );
    let beat: Value = serde_json::from_str(&fs::read_to_string(beat).unwrap()).unwrap();
    assert_eq!(beat["schema"], "stacktrail.heartbeat/1");
    assert_eq!(beat["troubles"], json!({}));
    assert_eq!(beat["back_pressure"], json!([]));
    assert!(beat["last_message"].is_string(), "{beat}");
    assert_all_events(&stage, &exported(&stage, store.path()).await);
}

#[tokio::test]
async fn what_was_over_before_is_history_to_one_who_only_lists() {
    let stage = over(&[]).await;
    let store = Home::new();
    let ended = run(polling(&stage, store.path(), &[])).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.of_type("recording").is_empty(), "{}", ended.text());
}

#[tokio::test]
async fn a_heartbeat_tells_what_is_left_and_one_that_cannot_be_written_is_told() {
    let stage = over(&[]).await;
    let store = Home::new();
    send(&stage, "hello").await;
    let beat = store.path().join("heartbeat.json");
    let path = beat.to_str().unwrap();
    let ended = run(recorder(
        &stage,
        &stage.home,
        store.path(),
        &["--until-empty", "--heartbeat", path],
    ))
    .await;
    assert_recorded("a heartbeat", &ended);
    let told: Value = serde_json::from_str(&fs::read_to_string(&beat).unwrap()).unwrap();
    assert!(told["messages"]["poison"].as_u64().unwrap() >= 1, "{told}");
    assert_eq!(told["messages"]["most_in_hand"], 500);
    let stage = over(&[]).await;
    let nowhere = store.path().join("no/such/folder/heartbeat.json");
    let more = ["--until-empty", "--heartbeat", nowhere.to_str().unwrap()];
    let ended = run(recorder(&stage, &stage.home, store.path(), &more)).await;
    assert_recorded("no heartbeat", &ended);
    let notices = ended.notices().join("\n");
    assert!(notices.contains("the heartbeat cannot be written"), "{notices}");
}

#[tokio::test]
async fn a_call_that_the_queue_tells_of_is_on_the_record_of_its_deployment_and_no_other_is() {
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    let stage = Stage::after(scenario, 40.0, Duration::from_secs(200)).await;
    // Somebody else is denied something in the same minutes.
    let foreign = json!({
        "id": "c-1", "source": "aws.s3", "detail-type": "AWS API Call via CloudTrail",
        "account": stage.root().split(':').nth(4).unwrap(), "region": "eu-west-1", "time": "2026-05-04T12:00:00Z",
        "detail": {
            "eventVersion": "1.10", "eventID": "foreign-1", "eventTime": (stage.sandbox.zero() + TimeDelta::seconds(30)).to_rfc3339(),
            "eventName": "DeleteBucket", "eventSource": "s3.amazonaws.com", "awsRegion": "eu-west-1",
            "errorCode": "AccessDenied", "requestParameters": { "bucketName": "payroll" },
            "userIdentity": { "type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/payroll/nightly" },
        },
    });
    send(&stage, &foreign.to_string()).await;
    let store = Home::new();
    let ended = run(recorder(&stage, &stage.home, store.path(), &["--until-empty"])).await;
    assert_recorded("calls", &ended);
    let session = exported(&stage, store.path()).await;
    let facts = session["facts"].as_array().unwrap().iter();
    let told = facts.filter(|fact| fact["answer"]["source"] == "queue");
    let records: Vec<&Value> = told
        .flat_map(|fact| fact["answer"]["records"].as_array().unwrap())
        .collect();
    let denied =
        |record: &&&Value| record["name"] == "CreateBucket" && record["error_code"] == "AccessDenied";
    // A queue may deliver twice.
    let denials: BTreeSet<_> = records
        .iter()
        .filter(denied)
        .map(|record| record["event_id"].as_str())
        .collect();
    assert_eq!(denials.len(), 1, "{records:?}");
    assert!(
        records.iter().all(|record| record["event_id"] != "foreign-1"),
        "{records:?}"
    );
    assert_all_events(&stage, &session);
}
