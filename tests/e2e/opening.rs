//! A countdown that was left alone goes on when its session is opened, and so does a watch: on a real terminal,
//! against the embedded endpoint.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::pty::{Pty, stacktrail};
use crate::support::recording::{Stage, events, saved};
use serde_json::Value;
use stacktrail::ports::Clock as _;
use stacktrail::sandbox::Scenario;

/// Opens the session in the story's time.
fn open(stage: &Stage, data: &Path, more: &[&str], home: &Path) -> Pty {
    let clock = stage.clock_at(stage.clock.now());
    let endpoint = stage.sandbox.endpoint_url();
    let data = data.to_str().unwrap();
    let mut arguments = vec!["open", &stage.stack_name, "--data-dir", data, "--clock", &clock];
    arguments.extend(["--region", &stage.region, "--endpoint-url", &endpoint]);
    arguments.extend(more);
    Pty::stacktrail(&arguments, home, (120, 40))
}

/// Whether the list marks the session as pending.
fn is_pending(stage: &Stage, data: &Path) -> bool {
    let listed = Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .args([
            "sessions",
            "--json",
            "--clock",
            &stage.clock_at(stage.clock.now()),
            "--data-dir",
        ])
        .arg(data)
        .output()
        .unwrap();
    let session: Value = serde_json::from_slice(&listed.stdout).unwrap();
    session.get("pending").and_then(Value::as_bool).unwrap()
}

#[test]
fn a_countdown_goes_on_where_it_was_left() {
    // The failure comes after seconds, its record after minutes of the story. The rollback is over four seconds of the
    // wall after the failure: until then a busy machine must have told it.
    let stage = Stage::of(Scenario::builtin("denied-custom-resource").unwrap(), 10.0);
    let directory = tempfile::tempdir().unwrap();
    let (data, home) = (directory.path().join("data"), directory.path().join("home"));
    let bare_home = directory.path();
    fs::create_dir_all(home.join(".aws")).unwrap();
    let keys = "[default]\naws_access_key_id = test\naws_secret_access_key = test\n";
    fs::write(home.join(".aws/credentials"), keys).unwrap();
    let watch = stage.watch(&data);
    let mut lines = Vec::new();
    while !lines
        .last()
        .is_some_and(|line: &String| line.contains("\"type\":\"failure\""))
    {
        lines.push(watch.printed.recv().unwrap());
    }
    let (lines, ended) = watch.kill_after(lines, Duration::from_millis(100));
    assert_eq!(ended, None);
    assert!(
        !lines.iter().any(|line| line.contains("trail_record")),
        "the record is still to come"
    );
    assert!(
        events(&lines)
            .into_iter()
            .all(|event| saved(&data).contains(&event))
    );
    assert!(is_pending(&stage, &data));

    // Without credentials, and when told to stay offline, it shows what it has.
    let mut bare = open(&stage, &data, &[], bare_home);
    bare.until_text("AWS is not asked");
    bare.press("q");
    assert_eq!(bare.end().1, 0);
    let mut offline = open(&stage, &data, &["--offline"], &home);
    offline.until("the story, and no countdown, since nobody asks", |screen| {
        screen.contains("CloudTrail: open") && !screen.contains("⏳")
    });
    offline.press("q");
    assert_eq!(offline.end().1, 0);
    assert!(is_pending(&stage, &data));

    let mut resumed = open(&stage, &data, &[], &home);
    resumed.until_text("⏳");
    resumed.until("the record", |screen| {
        screen.contains("✔ CloudTrail") && screen.contains("denied s3:CreateBucket")
    });
    resumed.until_text("ROLLBACK_COMPLETE");
    resumed.press("q");
    // The stack still moved when it was left: it is watched to its end, and ends as a watch does.
    assert_eq!(resumed.end().1, 1);
    assert!(!is_pending(&stage, &data));
    let told = stage.sandbox.stack_events().into_iter();
    let told: BTreeSet<_> = told.map(|event| (event.stack_id, event.event_id)).collect();
    assert!(told.len() > events(&lines).len());
    assert_eq!(told.difference(&saved(&data)).count(), 0);

    // What it found is saved.
    let mut saved = open(&stage, &data, &["--offline"], bare_home);
    saved.until_text("denied s3:CreateBucket");
    saved.press("q");
    assert_eq!(saved.end().1, 0);
}

/// An address that counts who comes, and closes the door.
fn counted() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, came)
}

/// A session that was left while its stack moved, of this account.
fn left_moving(home: &Path, account: &str) {
    let root = format!("arn:aws:cloudformation:eu-west-1:{account}:stack/shop-prod/1f3113b0-f92c-11ec");
    let event = serde_json::json!({
        "stack_id": root, "event_id": "1", "at": "2026-05-04T12:00:00Z", "logical_id": "shop-prod",
        "physical_id": root, "resource_type": "AWS::CloudFormation::Stack", "status": "CREATE_IN_PROGRESS",
    });
    let fact = serde_json::json!({
        "observed_at": "2026-05-04T12:00:01Z", "kind": "stack_events_seen", "stack_id": root, "events": [event],
    });
    let session = serde_json::json!({"schema": "stacktrail.session/2", "root": root, "facts": [fact]});
    let file = home.join("left.json");
    fs::write(&file, session.to_string()).unwrap();
    let mut import = Command::new(env!("CARGO_BIN_EXE_stacktrail"));
    import.arg("import").arg(&file).env_clear().env("HOME", home);
    let imported = import.output().unwrap();
    assert!(imported.status.success(), "{imported:?}");
}

/// What AWS would say of the stack of a demo would be put on record as if it were true of it.
#[test]
fn a_demo_that_was_left_is_opened_without_asking_aws_about_its_stack() {
    for (account, is_asked) in [("111122223333", false), ("123456789012", true)] {
        let home = tempfile::tempdir().unwrap();
        left_moving(home.path(), account);
        let (url, came) = counted();
        let mut command = stacktrail(&["open"], home.path());
        for (name, value) in [
            ("AWS_ENDPOINT_URL", url.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_MAX_ATTEMPTS", "1"),
        ] {
            command.env(name, value);
        }
        let mut pty = Pty::of(command, (120, 30));
        pty.until_text("AWS is not asked");
        let told = pty.contents();
        assert_eq!(told.contains("the stack is a demo's"), !is_asked, "{told}");
        pty.press("q");
        assert_eq!(pty.end().1, 0);
        assert_eq!(came.load(Ordering::SeqCst) > 0, is_asked, "{account}");
    }
}
