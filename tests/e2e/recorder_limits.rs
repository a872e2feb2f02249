//! A recorder whose disk is full, and recorders of several accounts that write into one store.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::ports::Clock as _;
use stacktrail::sandbox::Scenario;
use tokio::process::Command;

use super::recorder::{assert_all_events, exported, recorder, send};
use crate::support::program::{Home, Running, run};
use crate::support::stage::Stage;

/// The same program where no file can grow beyond so much: to it the disk is full.
fn on_a_full_disk(command: &Command, bytes: u64) -> Command {
    let command = command.as_std();
    let mut limited = Command::new("sh");
    // The system would else end the program, which a full disk does not.
    let script = format!(
        "trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"",
        bytes.div_ceil(512)
    );
    limited
        .args(["-c", &script])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true);
    limited
}

/// What a journal needs to be opened, and no deployment's events besides.
const ROOM: u64 = 40 << 10;

/// The recorder without a store: what its archive has is all there is.
fn alone(stage: &Stage, home: &Home) -> Command {
    let mut command = stage.program_at(home);
    command
        .args(["record", "--output", "jsonl", "--queue"])
        .arg(format!(
            "{}/123456789012/stacktrail",
            stage.sandbox.endpoint_url()
        ));
    command
}

#[tokio::test]
async fn with_a_full_disk_the_recorder_goes_on_says_so_and_deletes_no_message_of_a_stack() {
    let scenario = Scenario::builtin("clean-update").unwrap();
    let stage = Stage::after(scenario, 40.0, Duration::from_secs(10)).await;
    for with_store in [false, true] {
        let (home, store) = (Home::new(), Home::new());
        drop(SqliteArchive::open(&home.data(), Open::ReadWrite).unwrap());
        let command = if with_store {
            recorder(&stage, &home, store.path(), &[])
        } else {
            alone(&stage, &home)
        };
        let mut recording = Running::start(on_a_full_disk(&command, ROOM));
        recording.until("cannot be saved").await;
        // Long after the deployment is over.
        let over = stage
            .clock
            .now()
            .max(stage.sandbox.zero() + TimeDelta::seconds(200));
        while stage.clock.now() < over + TimeDelta::seconds(60) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let ended = recording.kill().await;
        assert!(
            ended.of_type("recorded").is_empty(),
            "{with_store}: {}",
            ended.text()
        );
    }
    // Nothing is lost: the next one has it all.
    let store = Home::new();
    let mut next = Running::start(recorder(&stage, &stage.home, store.path(), &[]));
    next.until("\"recorded\"").await;
    next.kill().await;
    assert_all_events(&stage, &exported(&stage, store.path()).await);
}

#[tokio::test]
async fn stacks_of_one_name_in_two_accounts_stay_apart_on_one_queue_and_in_one_store() {
    let ours = Scenario::builtin("clean-update").unwrap();
    let mut theirs = ours.clone();
    theirs.account = "999988887777".to_owned();
    let store = Home::new();
    let mut roots = Vec::new();
    for (scenario, other) in [(&ours, &theirs), (&theirs, &ours)] {
        let stage = Stage::after(scenario.clone(), 40.0, Duration::from_secs(240)).await;
        // The organisation's bus brings what is the other's as well: a stack of the same name and id.
        let stack = stage.root().replace(&scenario.account, &other.account);
        let foreign = json!({
            "id": "1", "source": "aws.cloudformation", "detail-type": "CloudFormation Stack Status Change",
            "account": other.account, "region": scenario.region, "time": "2026-05-04T12:00:00Z",
            "detail": { "stack-id": stack, "status-details": { "status": "UPDATE_IN_PROGRESS" } },
        });
        send(&stage, &foreign.to_string()).await;
        let ended = run(recorder(&stage, &stage.home, store.path(), &["--until-empty"])).await;
        assert_eq!(ended.code, Some(0), "{}; {}", ended.text(), ended.stderr);
        let recorded: Vec<Value> = ended
            .of_type("recorded")
            .iter()
            .map(|line| line["stack_id"].clone())
            .collect();
        assert!(
            !recorded.is_empty() && recorded.iter().all(|id| id == stage.root()),
            "{recorded:?}"
        );
        assert!(
            ended.notices().iter().any(|said| said.contains(&other.account)),
            "{:?}",
            ended.notices()
        );
        let session = exported(&stage, store.path()).await;
        assert_all_events(&stage, &session);
        assert!(
            !session.to_string().contains(&other.account),
            "nothing of the other's"
        );
        roots.push(stage.root().to_owned());
    }
    let machine = Home::new();
    let mut command = machine.program();
    command
        .arg("--store")
        .arg(store.path())
        .args(["sessions", "--json"]);
    let listed = run(command).await;
    let mut ids: Vec<String> = listed
        .text()
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["stack_id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    ids.sort();
    roots.sort();
    assert_eq!(ids, roots);
}
