//! Sessions that leave the archive: what they say, what they hide, and that they come back whole.
#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "helpers of tests may fail loudly; a session is told from its beginning to its end"
)]

mod any_text;
mod journals;
mod pages;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::support::json_schema;

fn program(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .args(arguments)
        .arg("--data-dir")
        .arg(directory)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// A deployment as the program recorded it, made once for all tests.
static RECORDED: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let output = program(
        directory.path(),
        &["demo", "denied-custom-resource", "--headless", "--speed", "30"],
    );
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    directory
});

fn exported(directory: &Path, arguments: &[&str]) -> String {
    let output = program(directory, &[&["export", "shop-prod"], arguments].concat());
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets/schemas")
        .join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

// ---------------------------------------------------------------- the contracts

#[test]
fn an_exported_session_comes_back_byte_for_byte() {
    let first = exported(RECORDED.path(), &["--format", "json"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("session.json");
    fs::write(&file, &first).unwrap();
    let data = elsewhere.path().join("data");
    let imported = program(&data, &["import", file.to_str().unwrap()]);
    assert!(imported.status.success(), "{}", said(&imported));
    assert_eq!(exported(&data, &[]), first);

    let again = program(&data, &["import", file.to_str().unwrap()]);
    assert!(said(&again).contains("no new events"), "{}", said(&again));
    assert_eq!(exported(&data, &[]), first);
}

#[test]
fn json_output_keeps_to_its_schemas() {
    let session: Value = serde_json::from_str(&exported(RECORDED.path(), &[])).unwrap();
    let session_schema = schema("stacktrail.session-2.json");
    assert_eq!(json_schema::violations(&session_schema, &session), [""; 0]);
    let redacted: Value = serde_json::from_str(&exported(RECORDED.path(), &["--redact"])).unwrap();
    assert_eq!(json_schema::violations(&session_schema, &redacted), [""; 0]);

    let output = program(
        RECORDED.path(),
        &["diagnose", "shop-prod", "--offline", "--output", "json"],
    );
    let diagnosis: Value = serde_json::from_slice(&output.stdout).unwrap();
    let diagnosis_schema = schema("stacktrail.diagnosis-1.json");
    assert_eq!(json_schema::violations(&diagnosis_schema, &diagnosis), [""; 0]);
    assert!(!diagnosis["failures"].as_array().unwrap().is_empty());

    let explanation_schema = schema("stacktrail.explanation-1.json");
    for text in [
        "Resource creation cancelled",
        "wxyz",
        include_str!("../../assets/schemas/stacktrail.diagnosis-1.json"),
        "{\"Records\":[{\"eventName\":\"CreateBucket\",\"eventSource\":\"s3.amazonaws.com\",\"errorCode\":\"AccessDenied\"}]}",
        "{\"StackEvents\":[{\"StackName\":\"s\",\"LogicalResourceId\":\"Data\",\"ResourceType\":\"AWS::S3::Bucket\",\
         \"ResourceStatus\":\"CREATE_FAILED\",\"ResourceStatusReason\":\"data already exists\"}]}",
    ] {
        let output = program(RECORDED.path(), &["explain", text, "--output", "json"]);
        let explanation: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            json_schema::violations(&explanation_schema, &explanation),
            [""; 0],
            "{text}"
        );
    }

    // The schemas say no as well.
    let mut wrong = session;
    wrong["facts"][0]["observed_at"] = Value::from("yesterday");
    wrong["pinned"] = Value::from("perhaps");
    assert_eq!(json_schema::violations(&session_schema, &wrong).len(), 2);
    let mut wrong = diagnosis;
    wrong["failures"][0]["facts"]["category"] = Value::from("bad luck");
    wrong["failures"][0]["reasons"] = Value::Null;
    assert_eq!(json_schema::violations(&diagnosis_schema, &wrong).len(), 2);
}

#[test]
fn what_is_no_session_is_refused_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let whole = exported(RECORDED.path(), &[]);
    let file = directory.path().join("file.json");
    let cut = whole.get(..whole.len() / 2).unwrap();
    let last = whole.trim_end().strip_suffix(']').map_or(cut, |rest| rest);
    for wrong in [
        "",
        "garbage",
        cut,
        last.trim_end_matches('}'),
        &whole.replacen("session/2", "session/3", 1),
        &whole.replacen("\"kind\":\"", "\"kind\":\"un", 1),
        &whole.replacen("arn:aws:cloudformation", "arn:aws:s3", 1),
        &format!("{whole}{whole}"),
        &"[".repeat(1_000_000),
    ] {
        fs::write(&file, wrong).unwrap();
        let data = directory.path().join("data");
        let refused = program(&data, &["import", file.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        let said = said(&refused);
        assert!(
            said.starts_with("stacktrail: nothing was imported from "),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!data.join("stacktrail.db").exists());
    }
}

#[test]
fn lines_tell_the_story_and_its_end() {
    let text = exported(RECORDED.path(), &["--format", "jsonl"]);
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for kind in ["stack_event", "failure", "trail_record", "cause", "status"] {
        assert!(lines.iter().any(|line| line["type"] == kind), "{kind}");
    }
    let end = lines.last().unwrap();
    assert_eq!(
        (&end["type"], &end["outcome"]),
        (&"end".into(), &"rolled_back".into())
    );
}

#[test]
fn a_file_is_written_for_its_owner_in_the_form_that_its_name_says() {
    let directory = tempfile::tempdir().unwrap();
    for (name, begins) in [
        ("report.html", "<!doctype html>"),
        ("report.md", "# shop-prod"),
        ("lines.jsonl", "{\"type\""),
        ("session.json", "{\"schema\":\"stacktrail.session/2\""),
    ] {
        let path = directory.path().join(name);
        fs::write(&path, "what was there before").unwrap();
        exported(RECORDED.path(), &["-o", path.to_str().unwrap()]);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(begins), "{name}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        4,
        "nothing half-written is left"
    );
    let nowhere = program(
        RECORDED.path(),
        &["export", "shop-prod", "-o", "/nowhere/at/all.json"],
    );
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(
        said(&nowhere).contains("/nowhere/at/all.json could not be written"),
        "{}",
        said(&nowhere)
    );
}

#[test]
fn whoever_stops_reading_is_told_nothing() {
    for arguments in [
        &["demo", "--list"][..],
        &["sessions"],
        &["export", "shop-prod", "--format", "json"],
        &["diff", "shop-prod"],
        &["explain", "Bucket already exists"],
        &["open", "shop-prod", "--replay", "600", "--headless"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["man"],
        &["config", "path"],
        &["explain", "Bucket already exists", "--output", "json"],
        &["diagnose", "shop-prod", "--offline", "--attempt", "1"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stacktrail"))
            .args(arguments)
            .arg("--data-dir")
            .arg(RECORDED.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(said(&ended), "", "{arguments:?}");
        let quiet = if arguments.first() == Some(&"diagnose") {
            0..=1
        } else {
            0..=0
        };
        assert!(
            ended.status.code().is_some_and(|code| quiet.contains(&code)),
            "{arguments:?}: {:?}",
            ended.status
        );
    }
}

#[test]
fn attempts_are_compared_or_it_is_said_why_not() {
    let text = program(RECORDED.path(), &["diff", "shop-prod"]);
    assert!(
        said(&text).contains("failed in one of them: Setup in shop-prod"),
        "{}",
        said(&text)
    );
    let json = program(
        RECORDED.path(),
        &["diff", "shop-prod", "1", "2", "--output", "json"],
    );
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["failures"][0]["change"], "apart");
    let none = program(RECORDED.path(), &["diff", "shop-prod", "1", "7"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        said(&none).contains("shop-prod has no attempt 7; it has 2"),
        "{}",
        said(&none)
    );
}

#[test]
fn what_a_deployment_was_denied_is_told_as_a_policy_in_three_forms() {
    let text = program(RECORDED.path(), &["policy", "shop-prod"]);
    assert_eq!(text.status.code(), Some(0), "{}", said(&text));
    assert!(
        said(&text).contains("role ") && said(&text).contains("\"Statement\""),
        "{}",
        said(&text)
    );
    let json = program(RECORDED.path(), &["policy", "shop-prod", "--output", "json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["schema"], "stacktrail.policy/1");
    let statement = &json["principals"][0]["policy"]["Statement"][0];
    assert_eq!(statement["Effect"], "Allow", "{json:#}");
    let action = statement["Action"].as_str().unwrap();
    let terraform = program(RECORDED.path(), &["policy", "shop-prod", "--output", "terraform"]);
    let terraform = said(&terraform);
    assert!(
        terraform.contains("data \"aws_iam_policy_document\""),
        "{terraform}"
    );
    assert!(
        terraform.contains(&format!("actions   = [\"{action}\"]")),
        "{terraform}"
    );
    let none = program(RECORDED.path(), &["policy", "shop-prod", "--attempt", "7"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        said(&none).contains("shop-prod has no attempt 7; it has 2"),
        "{}",
        said(&none)
    );
}

#[test]
fn a_replay_tells_the_same_story_in_the_same_order() {
    let begun = std::time::Instant::now();
    let output = program(
        RECORDED.path(),
        &[
            "open",
            "shop-prod",
            "--replay",
            "600",
            "--output",
            "jsonl",
            "--clock",
            "4",
        ],
    );
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let events = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| line.contains("\"type\":\"stack_event\""));
        lines.map(ToOwned::to_owned).collect()
    };
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        events(&told),
        events(&exported(RECORDED.path(), &["--format", "jsonl"]))
    );
    assert!(
        told.lines()
            .last()
            .unwrap()
            .contains("\"outcome\":\"rolled_back\"")
    );
    assert!(begun.elapsed() < std::time::Duration::from_secs(30));
}
