//! The ends of the calendar and of numbers, through every door that a time or a duration comes in: none leads to
//! where rules that add minutes would break.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::path::Path;
use std::process::{Command, Output};

/// Years that chrono can hold and years that it cannot, with and without what RFC 3339 allows.
const MOMENTS: [&str; 8] = [
    "+262142-12-31T23:59:59Z",
    "-262143-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "9999-12-31T23:59:60Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1970-01-01T00:00:00Z",
    "+999999999-01-01T00:00:00Z",
];
const SPEEDS: [&str; 6] = ["1e-300", "1e6", "1e18", "1e308", "inf", "NaN"];
const DURATIONS: [&str; 6] = [
    "0",
    "36500d",
    "100000000d",
    "9223372036854775807s",
    "99999999999999999999d",
    "106751991167d",
];
const NUMBERS: [&str; 6] = [
    "1e300",
    "-1e300",
    "8210266876799",
    "-8334601228800",
    "253402300800",
    "1e18",
];

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .env_clear()
        .env("HOME", directory)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .arg("--data-dir")
        .arg(directory.join("data"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The program ends by itself, in words of its own.
fn stands(directory: &Path, arguments: &[&str]) {
    let output = run(directory, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code();
    assert!(
        matches!(code, Some(0..=4)) && !said.contains("panicked"),
        "{arguments:?}: {code:?}: {said}"
    );
}

fn session(at: &str) -> String {
    let id = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/5ee3113b-b0f9-11f0-8c6a-0e2b7d3d91ad";
    let event = |event_id: &str, logical: &str, kind: &str, status: &str, at: &str| {
        serde_json::json!({"stack_id": id, "event_id": event_id, "at": at, "logical_id": logical, "resource_type": kind,
            "status": status, "reason": "Access denied (Service: S3, Status Code: 403, Request ID: X)"})
    };
    let usual = "2026-11-26T10:00:00Z";
    let facts: Vec<_> = [(usual, at), (at, usual), (at, at)]
        .into_iter()
        .zip(0..)
        .map(|((observed_at, at), number)| {
            serde_json::json!({"observed_at": observed_at, "kind": "stack_events_seen", "stack_id": id, "events": [
                event(&format!("a{number}"), "shop", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", at),
                event(&format!("b{number}"), "Bucket", "AWS::S3::Bucket", "CREATE_FAILED", at),
                event(&format!("c{number}"), "shop", "AWS::CloudFormation::Stack", "ROLLBACK_IN_PROGRESS", usual),
            ]})
        })
        .collect();
    serde_json::json!({"schema": "stacktrail.session/1", "root": id, "facts": facts}).to_string()
}

/// Every way in which a saved session is told.
fn tell(directory: &Path) {
    for arguments in [
        &["sessions"][..],
        &["sessions", "repair"],
        &["sessions", "prune", "--dry-run", "--older-than", "1d"],
        &["open", "shop", "--offline", "--headless"],
        &["diagnose", "shop", "--offline", "--output", "json"],
        &["export", "shop", "--output", "html"],
        &["export", "shop", "--output", "jsonl", "--redact"],
        &[
            "--clock",
            "1@0000-01-01T00:00:00Z",
            "diagnose",
            "shop",
            "--offline",
        ],
    ] {
        stands(directory, arguments);
    }
}

#[test]
fn an_import_with_a_moment_at_the_end_of_the_calendar_is_refused_or_told() {
    for moment in MOMENTS {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("session.json");
        std::fs::write(&file, session(moment)).unwrap();
        stands(directory.path(), &["import", file.to_str().unwrap()]);
        stands(directory.path(), &["explain", &session(moment)]);
        tell(directory.path());
    }
}

#[test]
fn the_clock_stays_where_minutes_can_be_added() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("session.json");
    std::fs::write(&file, session("2026-11-26T10:00:01Z")).unwrap();
    stands(directory.path(), &["import", file.to_str().unwrap()]);
    for speed in SPEEDS {
        let ahead = format!("{speed}@8999-12-31T23:59:59Z");
        stands(directory.path(), &["--clock", speed, "sessions"]);
        stands(
            directory.path(),
            &["--clock", &ahead, "open", "shop", "--offline", "--headless"],
        );
    }
    for moment in MOMENTS {
        stands(directory.path(), &["--clock", &format!("1@{moment}"), "sessions"]);
    }
    // A whole deployment by such a clock; the slow ones would wait for ever, as they are asked to.
    for speed in ["1e6", "1e18", "1e300"] {
        stands(
            directory.path(),
            &["demo", "--headless", "--speed", speed, "--timeout", "2s"],
        );
    }
}

#[test]
fn durations_and_ages_are_bounded_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("session.json");
    std::fs::write(&file, session("2026-11-26T10:00:01Z")).unwrap();
    stands(directory.path(), &["import", file.to_str().unwrap()]);
    for duration in DURATIONS {
        stands(
            directory.path(),
            &["sessions", "prune", "--dry-run", "--older-than", duration],
        );
        let demo = ["demo", "--headless", "--speed", "1e6", "--timeout", "2s"];
        for option in ["--evidence-wait", "--elapsed"] {
            stands(directory.path(), &[&demo[..], &[option, duration]].concat());
        }
    }
    let config = directory.path().join("config");
    std::fs::create_dir(&config).unwrap();
    for days in ["1", "100000", "9223372036854775807", "-1", "1e300"] {
        std::fs::write(config.join("config.toml"), format!("[keep]\ndays = {days}\n")).unwrap();
        let config = config.to_str().unwrap();
        stands(
            directory.path(),
            &["--config-dir", config, "sessions", "prune", "--dry-run"],
        );
    }
}

#[test]
fn what_is_pasted_may_hold_any_time() {
    let directory = tempfile::tempdir().unwrap();
    let quoted = MOMENTS.map(|moment| format!("\"{moment}\""));
    for at in quoted.iter().map(String::as_str).chain(NUMBERS) {
        let event = format!(
            r#"{{"StackId":"arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1","EventId":"e","StackName":"s","LogicalResourceId":"A","ResourceType":"AWS::S3::Bucket","Timestamp":{at},"ResourceStatus":"CREATE_FAILED","ResourceStatusReason":"Access Denied"}}"#
        );
        let own = event.replace("\"LogicalResourceId\":\"A\"", "\"LogicalResourceId\":\"s\"");
        let listing = format!(r#"{{"StackEvents":[{event},{own}]}}"#);
        let record = format!(
            r#"{{"eventVersion":"1.08","eventID":"a","eventTime":{at},"eventSource":"iam.amazonaws.com","eventName":"CreateRole","awsRegion":"eu-west-1","errorCode":"AccessDenied","errorMessage":"x"}}"#
        );
        let line = format!(
            r#"{{"type":"stack_event","observed_at":{at},"stack_id":"arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1","event_id":"e","at":{at},"logical_id":"A","resource_type":"AWS::S3::Bucket","status":"CREATE_FAILED","reason":"Access Denied"}}"#
        );
        for text in [listing, record, line] {
            stands(directory.path(), &["explain", "--output", "json", &text]);
        }
    }
}
