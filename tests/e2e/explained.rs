//! `explain` from outside: files of many kinds, standard input, the forms of the answer, exit codes.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use stacktrail::domain::read::forms;

use crate::support::json_schema;
use crate::support::pty::{Terminal, size, stacktrail};

fn program(arguments: &[&str], input: Option<&[u8]>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .arg("explain")
        .args(arguments)
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        pipe.write_all(input).unwrap();
    }
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn remarks(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn log_file(names: &[&str]) -> String {
    let records: Vec<Value> = names
        .iter()
        .map(|name| {
            let code = name.starts_with("Create").then_some("AccessDenied");
            json!({"eventVersion": "1.08", "eventSource": "sqs.amazonaws.com", "eventName": name, "errorCode": code,
                "eventTime": "2026-05-04T12:00:00Z", "eventID": format!("id-{name}")})
        })
        .collect();
    json!({ "Records": records }).to_string()
}

fn written(directory: &Path, name: &str, bytes: &[u8]) -> String {
    let path = directory.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schemas/stacktrail.explanation-1.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn many_files_are_told_by_name_and_a_bad_one_does_not_stop_the_others() {
    let home = tempfile::tempdir().unwrap();
    let first = written(
        home.path(),
        "a.json.gz",
        &packed(log_file(&["CreateQueue", "ListQueues"]).as_bytes()),
    );
    let plain = written(
        home.path(),
        "b.json",
        log_file(&["ListQueues", "GetQueueUrl"]).as_bytes(),
    );
    let reason = written(home.path(), "c.txt", b"Jobs already exists in stack x\r\n");
    let whole = packed(log_file(&["CreateQueue"; 40]).as_bytes());
    let cut = written(home.path(), "d.json.gz", whole.get(..whole.len() - 30).unwrap());
    let gone = home.path().join("gone.json.gz").to_str().unwrap().to_owned();
    let directory = home.path().to_str().unwrap();

    let good = program(&[&first, &plain, &reason], None);
    assert_eq!(good.status.code(), Some(0), "{}", remarks(&good));
    let text = told(&good);
    for wanted in [
        format!("file           {first}\n2 records, 1 of them with an error\n"),
        format!("\n\nfile           {plain}\n2 records, 0 of them with an error\n"),
        format!("\n\nfile           {reason}\n"),
    ] {
        assert!(text.contains(&wanted), "{wanted}: {text}");
    }

    let bad = program(&[&gone, directory, &first], None);
    assert_eq!(bad.status.code(), Some(2));
    assert!(told(&bad).contains("sqs:CreateQueue"), "{}", told(&bad));
    let said = remarks(&bad);
    assert!(said.contains(&gone) && said.contains("is a directory"), "{said}");

    let damaged = program(&[&cut, &first], None);
    assert_eq!(damaged.status.code(), Some(3), "{}", remarks(&damaged));
    let text = told(&damaged);
    assert!(
        text.contains("note           the file ends in the middle") && text.contains(&first),
        "{text}"
    );
}

#[test]
fn json_is_one_document_or_a_list_and_jsonl_a_line_a_file_all_by_the_schema() {
    let home = tempfile::tempdir().unwrap();
    let first = written(
        home.path(),
        "a.json.gz",
        &packed(log_file(&["CreateQueue"]).as_bytes()),
    );
    let second = written(home.path(), "b.txt", b"Jobs already exists in stack x");
    let schema = schema();
    let holds = |value: &Value| assert_eq!(json_schema::violations(&schema, value), [""; 0], "{value}");

    let one: Value = serde_json::from_slice(&program(&[&first, "--output", "json"], None).stdout).unwrap();
    holds(&one);
    assert_eq!(one["file"], Value::Null);
    let list: Value =
        serde_json::from_slice(&program(&["--output", "json", &first, &second], None).stdout).unwrap();
    let list = list.as_array().unwrap();
    list.iter().for_each(holds);
    assert_eq!((list.len(), &list[1]["file"]), (2, &json!(second)));
    let none = program(&["--output", "json", "gone.json", "gone.txt"], None);
    assert_eq!(serde_json::from_slice::<Value>(&none.stdout).unwrap(), json!([]));
    let lines = told(&program(&["--output", "jsonl", &first, &second], None));
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, *list);
}

#[test]
fn every_form_s_sample_is_answered_by_the_schema_in_every_form_of_output() {
    let schema = schema();
    for form in forms::described() {
        let json = program(&["--output", "json", "-"], Some(form.sample.as_bytes()));
        assert_eq!(json.status.code(), Some(0), "{}: {}", form.name, remarks(&json));
        let document: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(
            json_schema::violations(&schema, &document),
            [""; 0],
            "{}: {document}",
            form.name
        );
        let told_something = ["failures", "records", "notes"]
            .iter()
            .any(|key| document[key].as_array().is_some_and(|list| !list.is_empty()));
        assert!(told_something, "{}: {document}", form.name);
    }
}

#[test]
fn standard_input_may_be_packed_and_words_may_lack_their_quotation_marks() {
    let packed = program(&[], Some(&packed(log_file(&["CreateQueue"]).as_bytes())));
    assert!(
        told(&packed).starts_with("call           sqs:CreateQueue\n"),
        "{}",
        told(&packed)
    );
    let named = program(&["-"], Some(b"Resource creation cancelled"));
    let bare = program(&["Resource", "creation", "cancelled"], None);
    assert_eq!(told(&named), told(&bare));
    let nothing = program(&[], Some(b" \n"));
    assert_eq!(nothing.status.code(), Some(2));
    assert!(
        remarks(&nothing).contains("nothing to explain"),
        "{}",
        remarks(&nothing)
    );
    let zip = program(&["-"], Some(b"PK\x03\x04and so on"));
    assert!(remarks(&zip).contains("is packed with zip"), "{}", remarks(&zip));
    assert_ne!(zip.status.code(), Some(0));
    let page = program(&["--output", "markdown", "Resource creation cancelled"], None);
    assert!(
        told(&page).starts_with("```text\nResource creation cancelled\n```\n"),
        "{}",
        told(&page)
    );
}

/// What unpacks to more than a text can be is told of within bounds.
#[test]
fn a_large_log_file_is_counted() {
    let home = tempfile::tempdir().unwrap();
    let names: Vec<&str> = ["CreateQueue", "ListQueues", "ListQueues"]
        .into_iter()
        .cycle()
        .take(30_000)
        .collect();
    let file = written(home.path(), "large.json.gz", &packed(log_file(&names).as_bytes()));
    let text = told(&program(&[&file], None));
    assert!(
        text.starts_with("30000 records, 10000 of them with an error\n"),
        "{text}"
    );
    assert!(text.contains("… and 9980 more with an error\n"), "{text}");
    assert!(
        text.ends_with("without error  sqs:ListQueues (20000)\n"),
        "{text}"
    );
}

#[test]
fn the_forms_are_listed() {
    let text = told(&program(&["--forms"], None));
    for form in forms::described() {
        assert!(
            text.contains(&format!("{}\n  {}\n", form.name, form.what)),
            "{text}"
        );
    }
}

/// Whoever gives nothing on a terminal is told what to paste and how to end it.
#[test]
fn on_a_terminal_it_says_what_to_paste_and_how_to_end_it() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(stacktrail(&["explain"], home.path()), size((80, 30)));
    terminal.press("Resource creation cancelled\n\u{4}");
    let (said, code) = terminal.end();
    assert!(
        said.contains("Paste what failed") && said.contains("End it with Ctrl-D"),
        "{said}"
    );
    assert_eq!(code, 0);
    assert!(said.contains("known as       cascade-cancelled"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
}
