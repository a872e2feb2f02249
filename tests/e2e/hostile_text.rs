//! Foreign text that would take over a terminal, in every place where some comes in, through every command and
//! every form of it: nothing raw arrives, and nothing is lost where a program reads it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "helpers of tests may fail loudly"
)]

mod screen;

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use rstest::rstest;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation as _;

/// C0 and C1 controls, CSI, OSC 0, 8 and 52, DCS, an OSC without an end, line breaks of every kind, and characters
/// that reorder, hide or pile up.
pub(crate) static EVIL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "EVIL\u{1b}[2J\u{1b}]52;c;UFdO\u{7}\u{1b}]0;PWNED\u{1b}\\\u{1b}]8;;http://evil\u{1b}\\\u{1b}Pq\u{1b}\\\
         \u{9b}31m\u{9d}0;PWNED\u{9c}\u{90}q\u{9c}\u{85}\u{7f}\u{0}\u{8}\u{c}\t\r\n\u{2718} Forged\r\u{2718} Forged\
         \u{2028}\u{2718} Forged\u{2029}\u{202e}\u{2066}\u{200b}a\u{200d}b\u{feff}\u{e0041}\u{ad}\u{3164}\u{ffff}z{}\u{1b}]0;PWNED",
        "\u{336}".repeat(300)
    )
});

/// The same without what no ARN of a stack that is known can hold.
pub(crate) static EVIL_NAME: LazyLock<String> = LazyLock::new(|| {
    let bare = EVIL.replace(
        |letter: char| letter.is_whitespace() || letter == '/' || letter == ':',
        "",
    );
    bare.replace("EVIL", "")
});

/// Emoji and scripts that are written with joiners and marks stay as they are.
const WRITTEN: &str = "👩\u{200d}👩\u{200d}👧 می\u{200c}خواهم é";

/// What must not reach a terminal or a page.
fn is_raw(character: char) -> bool {
    let hidden = matches!(
        character,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}'
    );
    hidden || (character.is_control() && character != '\n')
}

/// Nothing in this would be obeyed, hides, reorders or piles up.
fn assert_harmless(what: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    for (number, line) in text.lines().enumerate() {
        let raw = line.char_indices().find(|(_, character)| is_raw(*character));
        if let Some((at, character)) = raw {
            let from = line.floor_char_boundary(at.saturating_sub(60));
            panic!(
                "{what}: {character:?} in line {number}, after {:?}",
                &line[from..at]
            );
        }
        let flood = line.graphemes(true).find(|cluster| cluster.chars().count() > 10);
        assert_eq!(flood, None, "{what}: line {number}");
    }
}

/// No text has begun a line of its own.
fn assert_not_forged(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let forged = text.lines().find(|line| line.starts_with("\u{2718} Forged"));
    assert_eq!(forged, None, "{what}");
}

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stacktrail"));
    command
        .env_clear()
        .env("HOME", home)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .args(arguments);
    command
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).output().unwrap()
}

fn fed(home: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = command(home, arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// A saved session of a released version.
fn saved(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/samples/journals")
        .join(format!("{name}.json.gz"));
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

/// How far a session is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoilt {
    /// What the rules read stays readable, so that there are failures, causes and matches to tell of.
    Text,
    /// Every text.
    All,
}

/// Members by which the format itself is read.
const FORM: [&str; 4] = ["schema", "kind", "source", "key"];
/// Members that say what an event or a call is.
const READ: [&str; 9] = [
    "resource_type",
    "status",
    "event_id",
    "errorCode",
    "error_code",
    "eventName",
    "eventSource",
    "name",
    "type",
];

fn spoil(value: &mut Value, member: &str, spoilt: Spoilt) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, member, spoilt)),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                spoil(value, name, spoilt);
            }
        }
        Value::String(text) => spoil_text(text, member, spoilt),
        _ => {}
    }
}

fn spoil_text(text: &mut String, member: &str, spoilt: Spoilt) {
    let kept = FORM.contains(&member)
        || (spoilt == Spoilt::Text && READ.contains(&member))
        || chrono::DateTime::parse_from_rfc3339(text).is_ok();
    if member == "raw" {
        let mut record: Value = serde_json::from_str(text).unwrap();
        spoil(&mut record, "", spoilt);
        *text = record.to_string();
    } else if text.starts_with("arn:aws:cloudformation:") && text.contains(":stack/") {
        *text = text.replacen("stack/", &format!("stack/{}", *EVIL_NAME), 1);
    } else if !kept {
        text.push(' ');
        text.push_str(&EVIL);
        text.push_str(WRITTEN);
    }
}

/// The session spoilt, in an archive of its own.
pub(crate) fn imported(name: &str, spoilt: Spoilt) -> (tempfile::TempDir, String, Value) {
    let home = tempfile::tempdir().unwrap();
    let mut session = saved(name);
    spoil(&mut session, "", spoilt);
    session["note"] = Value::String(EVIL.clone());
    session["name"] = Value::String(EVIL.clone());
    let file = home.path().join("session.json");
    fs::write(&file, session.to_string()).unwrap();
    let imported = run(home.path(), &["import", file.to_str().unwrap()]);
    assert!(
        imported.status.success(),
        "{}",
        String::from_utf8_lossy(&imported.stderr)
    );
    assert_harmless("import", &imported.stdout);
    let root = session["root"].as_str().unwrap();
    let id = root.rsplit('/').next().unwrap()[..8].to_owned();
    (home, id, session)
}

/// Every command that tells of a session, and whether its lines are ours alone.
const TELLING: [(&[&str], bool); 26] = [
    (&["sessions"], true),
    (&["sessions", "--json"], true),
    (&["sessions", "show", "ID"], true),
    (&["sessions", "show", "ID", "--json"], true),
    (&["sessions", "search", "EVIL"], true),
    (&["sessions", "search", "EVIL", "--json"], true),
    (&["open", "ID", "--offline", "--headless"], true),
    (
        &["open", "ID", "--offline", "--headless", "--output", "jsonl"],
        true,
    ),
    (
        &["open", "ID", "--replay", "600", "--headless", "--clock", "600"],
        true,
    ),
    (
        &[
            "open",
            "ID",
            "--replay",
            "600",
            "--headless",
            "--output",
            "jsonl",
            "--clock",
            "600",
        ],
        true,
    ),
    (&["diagnose", "ID", "--offline"], true),
    (&["diagnose", "ID", "--offline", "--output", "json"], true),
    (&["export", "ID"], true),
    (&["export", "ID", "--format", "jsonl"], true),
    (&["export", "ID", "--format", "markdown"], false),
    (&["export", "ID", "--format", "html"], false),
    (&["export", "ID", "--format", "json", "--redact"], true),
    (&["export", "ID", "--format", "markdown", "--redact"], false),
    (&["sessions", "note", "ID", "x"], true),
    (&["sessions", "rename", "ID", "x"], true),
    (&["sessions", "pin", "ID"], true),
    (&["diff", "ID"], true),
    (&["policy", "ID"], true),
    (&["policy", "ID", "--output", "json"], true),
    (&["policy", "ID", "--output", "terraform"], true),
    (&["sessions", "forget", "ID"], true),
];

/// What tells of no saved session, or of one that comes from elsewhere and is held there: `watch` and `demo` by the
/// stories, `explain` by the pastes, `import` in [`imported`], `record`, `store` and `fleet` by their own tests.
const OTHERS: [&str; 11] = [
    "watch",
    "demo",
    "explain",
    "import",
    "record",
    "store",
    "fleet",
    "doctor",
    "config",
    "man",
    "completions",
];

#[test]
fn no_command_is_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let help = run(home.path(), &["help"]).stdout;
    let help = String::from_utf8(help).unwrap();
    let table = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("Options:")
        .next()
        .unwrap();
    let commands: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() > 10, "{commands:?}");
    for name in commands {
        let is_held = TELLING
            .iter()
            .any(|(arguments, _)| arguments.first() == Some(&name));
        assert!(
            is_held || OTHERS.contains(&name),
            "{name} is a line in TELLING, or one of the OTHERS"
        );
    }
}

// The largest is spoilt once only: its megabytes take long without optimisation.
#[rstest]
#[case("denied-custom-resource", Spoilt::Text)]
#[case("denied-custom-resource", Spoilt::All)]
#[case("failing-container", Spoilt::Text)]
#[case("failing-container", Spoilt::All)]
#[case("nested-service-rollback", Spoilt::Text)]
#[case("early-validation", Spoilt::Text)]
#[case("early-validation", Spoilt::All)]
#[case("failed-hook", Spoilt::Text)]
#[case("failed-hook", Spoilt::All)]
fn nothing_raw_is_told_of_a_session(#[case] name: &str, #[case] spoilt: Spoilt) {
    let (home, id, _) = imported(name, spoilt);
    for (arguments, ours) in TELLING {
        // ... and looking for secrets in them; the others have all forms of text.
        if arguments.contains(&"--redact") && name == "nested-service-rollback" {
            continue;
        }
        let arguments: Vec<&str> = arguments
            .iter()
            .map(|argument| if *argument == "ID" { id.as_str() } else { argument })
            .collect();
        let told = run(home.path(), &arguments);
        let what = format!("{name}, {spoilt:?}: {}", arguments.join(" "));
        assert_harmless(&what, &told.stdout);
        assert_harmless(&what, &told.stderr);
        let text = [told.stdout, told.stderr].concat();
        assert!(!text.is_empty(), "{what} said nothing");
        assert!(!String::from_utf8_lossy(&text).contains("panicked"), "{what}");
        if ours {
            assert_not_forged(&what, &text);
        }
    }
}

#[test]
fn a_spoilt_session_is_told_of_and_leaves_as_it_came() {
    let (home, id, mut session) = imported("denied-custom-resource", Spoilt::Text);
    let told = run(home.path(), &["diagnose", &id, "--offline"]);
    let told = String::from_utf8(told.stdout).unwrap();
    for words in ["\u{2718} Setup EVIL", "Message returned", "Forged", WRITTEN] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    let exported = run(home.path(), &["export", &id, "--format", "json"]);
    let exported: Value = serde_json::from_slice(&exported.stdout).unwrap();
    // It came in an older format, and leaves in today's.
    session["schema"] = Value::from("stacktrail.session/2");
    assert_eq!(exported, session);
    let lines = run(home.path(), &["export", &id, "--format", "jsonl"]);
    let lines = String::from_utf8(lines.stdout).unwrap();
    let reasons = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| {
            line["reason"]
                .as_str()
                .is_some_and(|reason| reason.contains(EVIL.as_str()))
        });
    assert!(reasons.count() > 3, "for a program it means what it meant");
}

/// Arguments, files, variables and pasted texts that are wrong or strange.
#[test]
fn nothing_raw_is_told_of_what_is_typed_or_read() {
    let home = tempfile::tempdir().unwrap();
    // A process takes no NUL in its arguments and no file name a slash.
    let typed = EVIL.replace('\u{0}', "");
    let named = typed.replace('/', "");
    let file = home.path().join(named.chars().take(60).collect::<String>());
    let wrong = file.to_str().unwrap();
    let elsewhere = format!("{wrong}d");
    let told = |arguments: &[&str], input: Option<&str>| {
        let told = match input {
            Some(input) => fed(home.path(), arguments, input),
            None => run(home.path(), arguments),
        };
        let what = format!("{:?}", &arguments[..1]);
        assert_harmless(&what, &told.stdout);
        assert_harmless(&what, &told.stderr);
        let text = [told.stdout, told.stderr].concat();
        assert!(!String::from_utf8_lossy(&text).contains("panicked"), "{what}");
        assert_not_forged(&what, &text);
        String::from_utf8(text).unwrap()
    };
    let option = format!("--{typed}");
    let spoilt: [&[&str]; 17] = [
        &[&option],
        &["sessions", &option],
        &["watch", &typed, "--headless"],
        &["open", &typed, "--offline"],
        &["export", &typed],
        &["diff", &typed],
        &["diagnose", &typed, "--offline"],
        &["demo", &typed],
        &["demo", wrong],
        &["demo", "--elapsed", &typed],
        &["import", wrong],
        &["completions", &typed],
        &["sessions", "forget", &typed],
        &["--log-level", &typed, "sessions"],
        &["--region", &typed, "doctor"],
        &["--clock", &typed, "sessions"],
        &["--data-dir", &elsewhere, "sessions", "repair"],
    ];
    for arguments in spoilt {
        told(arguments, None);
    }
    assert!(told(&["sessions", "search", &typed], None).contains("EVIL"));
    assert!(
        told(&["open", &typed, "--offline"], None).contains("EVIL"),
        "the name is told"
    );

    fs::write(&file, &*EVIL).unwrap();
    told(&["import", wrong], None);
    let schema = serde_json::json!({ "schema": *EVIL, "root": *EVIL, "facts": [] }).to_string();
    told(&["import", "-"], Some(&schema));
    let scenario = home.path().join("scenario.toml");
    fs::write(
        &scenario,
        format!("title = {:?}\n\"\\u001b[2J\u{202e}\" = 1", "x"),
    )
    .unwrap();
    told(&["demo", scenario.to_str().unwrap()], None);
    let config = home.path().join(".config/stacktrail");
    fs::create_dir_all(&config).unwrap();
    fs::write(
        config.join("config.toml"),
        "\"\\u001b[2J\\u009b\\u202e\" = \"\\u001b]0;x\\u0007\"\ntheme = \"\\u001b[2J\u{202e}\"",
    )
    .unwrap();
    for arguments in [["config", "check"], ["sessions", "list"], ["config", "path"]] {
        told(&arguments, None);
    }
    fs::remove_dir_all(&config).unwrap();
    let spoilt = command(home.path(), &["watch", "--help"])
        .env("AWS_PROFILE", &typed)
        .env("AWS_REGION", &typed)
        .output()
        .unwrap();
    assert_harmless("help", &spoilt.stdout);
}

#[test]
fn nothing_raw_is_told_by_explaining() {
    let home = tempfile::tempdir().unwrap();
    let evil = EVIL.as_str();
    let denied = format!(
        "User: arn:aws:sts::111122223333:assumed-role/role/x is not authorized to perform: s3:CreateBucket on resource: \
         arn:aws:s3:::b\u{9b}2J\u{202e}{} because no identity-based policy allows the s3:CreateBucket action",
        *EVIL_NAME
    );
    let event = |status: &str, kind: &str| {
        serde_json::json!({ "StackEvents": [{
            "StackId": format!("arn:aws:cloudformation:eu-west-1:1:stack/{}/1f31", *EVIL_NAME),
            "StackName": evil, "EventId": "e1", "Timestamp": "2026-11-22T12:00:00Z",
            "LogicalResourceId": format!("X{evil}"), "PhysicalResourceId": evil,
            "ResourceType": format!("AWS::S3::Bucket{kind}"), "ResourceStatus": format!("CREATE_FAILED{status}"),
            "ResourceStatusReason": denied,
        }]})
        .to_string()
    };
    let record = serde_json::json!({
        "eventTime": "2026-11-22T12:00:00Z", "eventSource": "s3.amazonaws.com", "eventName": "CreateBucket",
        "awsRegion": evil, "errorCode": "AccessDenied", "errorMessage": denied, "requestID": evil,
        "userIdentity": { "type": "AssumedRole", "arn": evil, "userName": evil },
    });
    let spoilt = serde_json::json!({ "Records": [record, record] }).to_string();
    let inputs = [
        evil.to_owned(),
        denied.clone(),
        denied.replace("assumed-role/role/x", &format!("assumed-role/role{evil}/x")),
        event("", ""),
        event(evil, evil),
        record.to_string(),
        spoilt,
        serde_json::json!({ "StackStatusReason": denied, "StackName": evil, "StackStatus": evil })
            .to_string(),
    ];
    for input in &inputs {
        let told = fed(home.path(), &["explain"], input);
        assert_harmless(input, &[told.stdout.as_slice(), &told.stderr].concat());
        assert_not_forged(input, &told.stdout);
        assert!(!told.stdout.is_empty(), "{input}");
    }
    let told = fed(home.path(), &["explain"], &inputs[3]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("\u{2718} XEVIL"), "{told}");
    assert!(
        told.contains(r"\u009b2J\u202e"),
        "what is copied is what is shown: {told}"
    );
    let line = serde_json::json!({ "id": evil, "reason": denied, "resource_type": evil }).to_string();
    let told = fed(home.path(), &["explain", "--jsonl"], &format!("{line}\n{line}\n"));
    assert_harmless("explain --jsonl", &told.stdout);
    let answer: Value =
        serde_json::from_slice(told.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!(answer["id"], Value::String(evil.to_owned()));
}

/// The whole way: a service that tells such things, watched as it does.
#[rstest]
#[case("text")]
#[case("jsonl")]
fn nothing_raw_is_told_while_watching(#[case] form: &str) {
    let home = tempfile::tempdir().unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scenarios/denied-custom-resource.toml");
    // XML can carry no controls but those of C1; JSON, of which logs and the trail are made, all of them.
    let xml = "EVIL\\u009b2J\\u009d0;PWNED\\u009c\\u0085\\u202e\\u200b\\ufeff\\u2028\u{2718} Forged";
    let json = format!("{xml}\\u001b[2J\\u001b]52;c;UFdO\\u0007\\u0000");
    let text = fs::read_to_string(scenario).unwrap();
    let text = text
        .replace(
            "due to an internal error",
            &format!("due to an internal error {json}"),
        )
        .replace(
            "Rollback requested by user.",
            &format!("Rollback requested by user. {xml}"),
        )
        .replace(
            "session = \"GitHubActions\"",
            &format!("session = \"GitHubActions{json}\""),
        );
    let spoilt = home.path().join("spoilt.toml");
    fs::write(&spoilt, text).unwrap();
    let arguments = [
        "demo",
        spoilt.to_str().unwrap(),
        "--headless",
        "--output",
        form,
        "--speed",
        "120",
    ];
    let told = run(home.path(), &arguments);
    assert_harmless(form, &told.stdout);
    assert_harmless(form, &told.stderr);
    assert_not_forged(form, &told.stdout);
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(
        text.contains("EVIL"),
        "{text}\n{}",
        String::from_utf8_lossy(&told.stderr)
    );
    assert_eq!(told.status.code(), Some(1), "{text}");
}
