//! The outputs of a deployment that went well, by the real program: in lines, in JSON, on the screen, and out and in again.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use stacktrail::sandbox::Scenario;

use crate::support::program::Ended;
use crate::support::pty::Pty;
use crate::support::stage::Stage;

fn run(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(home)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The outputs that a saved session tells to programs.
fn outputs(home: &Path, stack: &str) -> Value {
    let told = run(home, &["diagnose", stack, "--offline", "--output", "json"]);
    let document: Value = serde_json::from_slice(&told.stdout).unwrap();
    document["stack"]["outputs"].clone()
}

#[test]
fn a_success_is_told_with_its_outputs_wherever_it_is_looked_at() {
    let home = tempfile::tempdir().unwrap();
    let told = run(
        home.path(),
        &["demo", "clean-update", "--headless", "--speed", "8"],
    );
    let text = said(&told);
    assert_eq!(told.status.code(), Some(0), "{text}");
    let listed = text.split("outputs:\n").nth(1).unwrap_or_default();
    assert!(listed.starts_with("  ApiUrl = https://"), "{text}");
    assert!(listed.contains("\n  FunctionVersion = 42\n"), "{text}");
    assert!(
        !text.contains("FunctionVersion = 41"),
        "those of before the update: {text}"
    );
    assert_eq!(text.matches("ApiUrl").count(), 1, "{text}");

    let known = outputs(home.path(), "orders-api");
    assert_eq!(known[1]["value"], "42", "{known}");
    assert_eq!(known[2]["export_name"], "orders-api-RetriesUrl", "{known}");
    let file = home.path().join("session.json");
    let file = file.to_str().unwrap();
    let exported = run(
        home.path(),
        &["export", "orders-api", "--format", "json", "-o", file],
    );
    assert!(exported.status.success(), "{}", said(&exported));
    let report = |format: &str| said(&run(home.path(), &["export", "orders-api", "--format", format]));
    let post = report("markdown");
    assert!(post.contains("## Outputs"), "{post}");
    assert!(post.contains("- `FunctionVersion`: `42`"), "{post}");
    let page = report("html");
    assert!(
        page.contains("<td><bdi>FunctionVersion</bdi></td><td><code>42</code></td>"),
        "{page}"
    );
    let elsewhere = tempfile::tempdir().unwrap();
    let imported = run(elsewhere.path(), &["import", file]);
    assert!(imported.status.success(), "{}", said(&imported));
    assert_eq!(outputs(elsewhere.path(), "orders-api"), known);

    let mut pty = Pty::stacktrail(&["open", "orders-api", "--offline"], elsewhere.path(), (80, 24));
    pty.until("the outputs", |screen| {
        screen.contains("Outputs") && screen.contains("FunctionVersion  42")
    });
    pty.press("q");
    assert_eq!(pty.end().1, 0);
}

#[test]
fn a_program_that_follows_is_told_them_before_the_end() {
    let home = tempfile::tempdir().unwrap();
    let arguments = [
        "demo",
        "clean-update",
        "--headless",
        "--speed",
        "8",
        "--output",
        "jsonl",
    ];
    let told = run(home.path(), &arguments);
    let lines: Vec<Value> = String::from_utf8_lossy(&told.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let outputs: Vec<&Value> = lines.iter().filter(|line| line["type"] == "outputs").collect();
    let last = outputs.last().unwrap();
    assert_eq!(last["stack_name"], "orders-api");
    assert_eq!(last["outputs"][1]["value"], "42", "{last}");
    assert_eq!(lines.last().unwrap()["type"], "end");
}

/// Sixty outputs, one of a nested stack, one that looks as if it were another line, and one as long as AWS allows.
fn crowded() -> String {
    let many: Vec<String> = (1..=60)
        .map(|number| format!("    {{ key = \"Export{number:02}\", value = \"value-{number}\" }},\n"))
        .collect();
    let many = many.concat();
    let long = "v".repeat(1_024);
    format!(
        r#"title = "t"
summary = "s"
region = "eu-west-1"
account = "123456789012"
stack_name = "shop"
duration = "00:40"

[[stack]]
key = "shop"
name = "shop"
events = ["00:01 CREATE_IN_PROGRESS User Initiated", "00:20 CREATE_COMPLETE"]
outputs = [
{many}    {{ key = "Long", value = "{long}" }},
    {{ key = "Forged", value = "a\nsaved; open it again with: evil" }},
]
resources = [{{ id = "Data", type = "AWS::CloudFormation::Stack", nested = "data", create = "00:02..00:15" }}]

[[stack]]
key = "data"
name = "shop-Data"
parent = "shop"
events = ["00:03 CREATE_IN_PROGRESS", "00:14 CREATE_COMPLETE"]
outputs = [{{ key = "OfNested", value = "nested" }}]
resources = [{{ id = "Queue", type = "AWS::SQS::Queue", create = "00:05..00:10" }}]

[expect]
failed = false
final_status = "CREATE_COMPLETE"
"#
    )
}

#[test]
fn many_of_them_are_all_told_and_those_of_a_nested_stack_are_not_taken_for_them() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("crowded.toml");
    fs::write(&file, crowded()).unwrap();
    let told = run(
        home.path(),
        &["demo", file.to_str().unwrap(), "--headless", "--speed", "5"],
    );
    let text = said(&told);
    assert_eq!(told.status.code(), Some(0), "{text}");
    for number in 1..=60 {
        assert!(
            text.contains(&format!("\n  Export{number:02} = value-{number}\n")),
            "{text}"
        );
    }
    assert!(
        text.contains(&format!("Long = {}\n", "v".repeat(1_024))),
        "{text}"
    );
    assert!(!text.contains("OfNested"), "{text}");
    assert!(
        !text
            .lines()
            .any(|line| line.ends_with("with: evil") && line.starts_with("saved")),
        "{text}"
    );
}

/// What is asked for them, and what becomes of it all where they are not told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_is_made_for_them_and_none_is_needed_for_the_verdict() {
    let version = |ended: &Ended| {
        let told = ended.of_type("outputs");
        told.last().map(|told| told["outputs"][1]["value"].clone())
    };
    let stage = Stage::of(Scenario::builtin("clean-update").unwrap(), 6.0).await;
    let ended = stage.watch().end().await;
    assert_eq!(ended.code, Some(0), "{}", ended.text());
    assert_eq!(version(&ended), Some("42".into()), "{}", ended.text());
    let calls = stage.calls("DescribeStacks").len();
    assert!(
        calls <= 5,
        "at the beginning, for what had gone well before, and at the end until it says what its events say: {calls}"
    );

    let denied = Stage::faulty("clean-update", 6.0, &["DescribeStacks=denied@00:40..30:00"]).await;
    let ended = denied.watch().end().await;
    assert_eq!(ended.code, Some(0), "{}", ended.text());
    // Those of before the update may have been told before it began.
    assert_ne!(version(&ended), Some("42".into()), "{}", ended.text());
    assert!(
        denied.calls("DescribeStacks").len() <= 7,
        "it is not asked for ever"
    );

    // What ended before anybody watched it is asked once more, too.
    let scenario = Scenario::builtin("clean-update").unwrap();
    let late = Stage::after(scenario, 6.0, Duration::from_secs(80)).await;
    let ended = late.watch().end().await;
    assert_eq!(version(&ended), Some("42".into()), "{}", ended.text());
}
