//! Sessions that leave the archive: what they say, what they hide, and that they come back whole.

#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "helpers of tests may fail loudly; a session is told from its beginning to its end"
)]

mod journals;

use crate::support::json_schema;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::Value;
use stacktrail::archive::{Open, SessionFile, SqliteArchive};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::log::{LogAnswer, LogGroup, LogLine, LogSearch};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;
use stacktrail::ports::archive::Archive as _;
use stacktrail::report::redact::Redactor;
use stacktrail::report::{html, markdown};

use crate::support::events;

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
fn the_page_explains_and_needs_nothing_from_elsewhere() {
    let page = exported(RECORDED.path(), &["--format", "html"]);
    for part in [
        "Content-Security-Policy",
        "default-src 'none'",
        "was denied s3:CreateBucket",
        "<svg ",
        "class=\"bad\"",
        "prefers-color-scheme: dark",
        "@media print",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for needy in [
        "<script",
        "src=",
        "url(",
        "@import",
        "style=\"",
        "onload",
        "http-equiv=\"refresh\"",
    ] {
        assert!(!page.contains(needy), "{needy}");
    }
    assert_well_formed(&page);
    // A link leads into the page itself, to something that is there.
    let links: Vec<&str> = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(!links.is_empty());
    for link in links {
        let id = link.strip_prefix('#').expect("a link into the page");
        assert!(page.contains(&format!("id=\"{id}\"")), "{link}");
    }
}

/// U46: what the page says is on top of it, each claim leads to its record, and every time says its zone.
#[test]
fn u46_the_page_begins_with_what_failed_and_why_and_leads_from_the_claim_to_the_record() {
    let page = exported(RECORDED.path(), &["--format", "html"]);
    let (top, rest) = page.split_once("</header>").unwrap();
    assert!(top.contains("create failed and was rolled back: Setup"), "{top}");
    assert!(
        top.contains("<a href=\"#failure-1\"><bdi>Setup</bdi></a>: <bdi>role"),
        "{top}"
    );
    assert!(rest.contains("<section class=\"failure\" id=\"failure-1\">"));
    assert!(
        rest.contains(
            "<li>evidence: <a href=\"#failure-1-record-1\"><bdi>CloudTrail record of s3:CreateBucket"
        )
    );
    assert!(rest.contains("<tr id=\"failure-1-record-1\">"));
    for heading in page
        .split("<th>")
        .skip(1)
        .filter_map(|rest| rest.split("</th>").next())
    {
        let is_time = ["Time", "When", "Began"]
            .iter()
            .any(|word| heading.starts_with(word));
        assert!(!is_time || heading.ends_with("(UTC)"), "{heading}");
    }
}

/// U9: what was cancelled is not painted as what failed, and no time on the axis is cut.
#[test]
fn u09_the_timeline_of_the_page_tells_a_cascade_from_its_root_and_cuts_no_time() {
    let page = exported(RECORDED.path(), &["--format", "html"]);
    let (_, picture) = page.split_once("<svg ").unwrap();
    let (picture, _) = picture.split_once("</svg>").unwrap();
    let row = |name: &str| {
        let mut rows = picture.split("<g>");
        rows.find(|row| row.contains(&format!(" {name}<title>"))).unwrap()
    };
    for (name, sign, class) in [
        ("Setup", "✘", "bad"),
        ("Cache", "⊘", "cascade"),
        ("Distribution", "⊘", "cascade"),
    ] {
        assert!(
            row(name).contains(&format!("class=\"{class}\">{sign} {name}")),
            "{}",
            row(name)
        );
        assert!(
            row(name).contains(&format!("<rect class=\"{class}\"")),
            "{}",
            row(name)
        );
    }
    assert_eq!(picture.matches("<rect class=\"bad\"").count(), 1);
    for tick in picture.split("class=\"tick\" x=\"").skip(1) {
        let x: f64 = tick.split('"').next().unwrap().parse().unwrap();
        let ends = tick.split('>').next().unwrap().contains("text-anchor=\"end\"");
        assert!(x + 60.0 <= 1100.0 || ends, "{tick}");
    }
}

/// U3 and U46: the Markdown is a post, not the screen's text.
#[test]
fn u03_the_markdown_is_a_post_that_says_what_failed_where_when_and_why() {
    let page = exported(RECORDED.path(), &["--format", "markdown"]);
    let lines: Vec<&str> = page.lines().collect();
    assert_eq!(lines[0], "# shop-prod: rolled back");
    assert!(
        lines[2].starts_with("**shop-prod: create failed and was rolled back: Setup"),
        "{}",
        lines[2]
    );
    assert!(
        lines[2].contains(".** Cause (confidence: high): role shop-prod-SetupRole"),
        "{}",
        lines[2]
    );
    assert!(
        lines[2].contains(" was denied `s3:CreateBucket` on `arn:aws:s3:::"),
        "{}",
        lines[2]
    );
    let has = |what: &str| assert!(page.contains(what), "{what}\n{page}");
    for part in [
        "- Account: 111122223333, region: eu-west-1\n- Stack: `arn:aws:cloudformation:",
        "- Operation: create, began ",
        "- Failed: `shop-prod › Setup` at ",
        "### `Setup` (`Custom::Setup`)",
        "   - evidence: CloudTrail record of `s3:CreateBucket` by ",
        "## Who did what\n\n- 20",
        "## Deployments\n\n| # | operation | outcome | began (UTC) |",
    ] {
        has(part);
    }
    // The statement belongs to its cause: within the item, and marked as what it is.
    let (_, statement) = page.split_once("\n\n   ```json\n").unwrap();
    let (statement, _) = statement.split_once("\n   ```\n").unwrap();
    assert!(
        statement.lines().all(|line| line.starts_with("   ")),
        "{statement}"
    );
    let statement: Value = serde_json::from_str(statement).unwrap();
    assert_eq!(statement["Action"], "s3:CreateBucket");
    let prose: String = page.split("```").step_by(2).collect();
    for needless in ["\\(", "\\)", "\\_", "\\{", "\\!", "\\+"] {
        assert!(!prose.contains(needless), "{needless}");
    }
    // A time of day stands only in tables that say the zone.
    let said = |line: &&str| line.contains(" at 20") || line.contains("began 20");
    for line in prose.lines().filter(said) {
        assert!(line.contains("UTC"), "{line}");
    }
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

/// Every tag is closed by its own, and all text outside of tags is free of `<` and `>`.
fn assert_well_formed(page: &str) {
    const EMPTY: [&str; 3] = ["meta", "br", "!doctype"];
    let mut open: Vec<&str> = Vec::new();
    let body = page.split_once("<style>").map(|(head, rest)| {
        let (_, rest) = rest.split_once("</style>").unwrap();
        format!("{head}{rest}")
    });
    let body = body.unwrap_or_else(|| page.to_owned());
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        assert!(!text.contains('>'), "{text}");
        let name = tag.split([' ', '\n']).next().unwrap().trim_end_matches('/');
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in …{text}");
        } else if !EMPTY.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

// ---------------------------------------------------------------- any text

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

/// A failed deployment in which every text that AWS writes is this one.
fn saying(text: &str, raw: &str) -> (StackId, Vec<Recorded>) {
    let root =
        StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/5ee3113-b0f9").unwrap();
    let event = |number: i64, logical: &str, status: &str, reason: Option<&str>| {
        events::event(&root, moment(number), logical, status)
            .id(format!("e{number}"))
            .kind("Custom::Setup")
            .physical(text)
            .said(reason)
            .told()
    };
    let events = vec![
        event(0, "shop", "CREATE_IN_PROGRESS", None),
        event(1, text, "CREATE_IN_PROGRESS", Some(text)),
        event(5, text, "CREATE_FAILED", Some(text)),
        event(6, "shop", "ROLLBACK_IN_PROGRESS", Some(text)),
        event(9, "shop", "ROLLBACK_COMPLETE", None),
    ];
    let mut record = TrailRecord::read(
        r#"{"eventID":"r1","eventTime":"2027-01-15T08:00:04Z","eventSource":"s3.amazonaws.com","eventName":"CreateBucket","awsRegion":"eu-west-1","errorCode":"AccessDenied"}"#,
    )
    .unwrap();
    record.at = moment(4);
    record.error_message = Some(text.to_owned());
    record.identity.name = Some(text.to_owned());
    record.source_ip = Some(text.to_owned());
    raw.clone_into(&mut record.raw);
    let facts = vec![
        Fact::StackEventsSeen {
            stack_id: root.clone(),
            events,
        },
        Fact::LogsRead {
            answer: LogAnswer {
                search: LogSearch {
                    group: LogGroup {
                        region: "eu-west-1".to_owned(),
                        name: text.to_owned(),
                    },
                    stream: None,
                    filter: None,
                    from: moment(0),
                    to: moment(9),
                },
                lines: vec![LogLine {
                    at: moment(4),
                    stream: "s".to_owned(),
                    id: "l1".to_owned(),
                    message: text.to_owned(),
                }],
                group_missing: false,
                complete: true,
            },
        },
        Fact::TrailSearched {
            answer: TrailAnswer {
                search: TrailSearch {
                    region: "eu-west-1".to_owned(),
                    attribute: None,
                    from: moment(0),
                    to: moment(9),
                },
                records: vec![record],
                complete: true,
                calls: 1,
                source: SourceId::CLOUDTRAIL,
            },
        },
    ];
    let facts = facts.into_iter().zip(20..).map(|(fact, second)| Recorded {
        observed_at: moment(second),
        fact,
    });
    (root, facts.collect())
}

/// Everything that is exported of a session, form by form.
fn forms(root: &StackId, facts: &[Recorded]) -> Vec<(&'static str, String)> {
    let session = Session::replay(root.clone(), facts);
    let diagnosis = Diagnosis::of(&session);
    let now = moment(60 * 60);
    let file = SessionFile {
        root: root.clone(),
        name: None,
        note: None,
        pinned: false,
        facts: facts.to_vec(),
    };
    let mut json = Vec::new();
    file.write(&mut json).unwrap();
    let items = stacktrail::report::stream::Stream::default().advance(facts, &session, &diagnosis);
    let lines: Vec<_> = items.iter().map(|item| item.json().to_string()).collect();
    vec![
        ("json", String::from_utf8(json).unwrap()),
        ("jsonl", lines.join("\n")),
        ("markdown", markdown::page(&session, &diagnosis, None, now)),
        ("html", html::page(&session, &diagnosis, None, now)),
    ]
}

const HOSTILE: &str = "</title></style></pre><script>alert(1)</script><img src=x onerror=alert(1)>\u{1b}[31m\u{1b}]0;owned\u{7}\u{202e}gpj\u{2066}\" onload='x' ]]> &lt; `` ``` ```` | @everyone #1 ![x](http://evil.example/x.png)";

#[test]
fn hostile_text_stays_text_in_every_form() {
    let (root, facts) = saying(HOSTILE, "{\"a\":\"<script>\"}");
    for (form, text) in forms(&root, &facts) {
        if form == "jsonl" {
            assert!(text.contains("\"type\":\"log_line\""));
        }
        if form == "html" {
            assert_well_formed(&text);
            assert!(text.contains("&lt;script&gt;alert(1)"));
            assert!(!text.contains("<script") && !text.contains("<img"));
        }
        if form == "markdown" {
            let outside: String = text.split("```").step_by(2).collect();
            assert!(!outside.contains("![x](http"), "{outside}");
        }
        let hidden = |c: char| {
            (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        if form == "html" || form == "markdown" {
            assert!(!text.contains(hidden), "{form}");
        } else {
            assert!(
                !text.contains('\u{1b}'),
                "{form}: JSON escapes control characters"
            );
        }
    }
}

prop_compose! {
    fn any_secret()(kind in 0..8, a in 0_u64..10, b in 1_u8..250) -> (String, String) {
        match kind {
            0 => ("account".to_owned(), format!("{}", 111_122_223_333_u64 + a * 1_000_003)),
            1 => ("access key".to_owned(), format!("AKIA{:0>16}", format!("QX{a}ZB{b}"))),
            2 => ("principal".to_owned(), format!("AROA{:0>17}", format!("KJ{a}MN{b}"))),
            3 => ("address".to_owned(), format!("10.{b}.{a}.17")),
            4 => ("address 6".to_owned(), format!("2a05:d018:{b:x}::{:x}", a + 16)),
            5 => ("mail".to_owned(), format!("jane.doe{a}+{b}@corp{a}.example.com")),
            6 => ("password".to_owned(), format!("hunter{a}-{b}-Xy")),
            _ => ("web token".to_owned(), format!("eyJhbGciOi{a}JIUzI1.eyJzdWIiOi{b}Jqb2Ui.c2ln{a}")),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_tells_who_is_left_in_any_form(
        secrets in prop::collection::vec(any_secret(), 1..6),
        words in prop::collection::vec("[a-z ]{1,8}", 1..4),
    ) {
        let told: Vec<String> = secrets.iter().map(|(kind, value)| match kind.as_str() {
            "password" => format!("password={value}"),
            _ => value.clone(),
        }).collect();
        let text = format!("{} {} {}", words.join(" "), told.join(", "), words.join("/"));
        let raw = serde_json::json!({
            "userIdentity": { "accountId": secrets[0].1, "arn": format!("arn:aws:sts::111122223333:assumed-role/x/{}", told.join("/")) },
            "requestParameters": { "text": text, "number": 111_122_223_333_u64, "masterUserPassword": "cOrrect-h0rse" },
        });
        let (root, facts) = saying(&text, &raw.to_string());
        let mut redactor = Redactor::of(&facts);
        let masked: Vec<Recorded> = facts.iter().filter_map(|fact| redactor.fact(fact)).collect();
        prop_assert_eq!(masked.len(), facts.len());
        for (form, text) in forms(&redactor.stack(&root), &masked) {
            for (kind, value) in &secrets {
                prop_assert!(!text.contains(value.as_str()), "{} {} in {}: {}", kind, value, form, text);
            }
            for always in ["123456789012", "111122223333", "cOrrect-h0rse"] {
                prop_assert!(!text.contains(always), "{} in {}", always, form);
            }
            // The same value has the same mask wherever it is told.
            let account = redactor.text("123456789012");
            prop_assert!(form == "jsonl" || text.contains(&account), "{}", form);
        }
        // What belonged together still does: as many failures, attempts and records as before.
        let counts = |root: &StackId, facts: &[Recorded]| {
            let session = Session::replay(root.clone(), facts);
            let diagnosis = Diagnosis::of(&session);
            (session.event_count(), diagnosis.attempts.list().len(), diagnosis.findings.len())
        };
        prop_assert_eq!(counts(&root, &facts), counts(&redactor.stack(&root), &masked));
    }

    #[test]
    fn any_text_survives_the_journey(text in any::<String>(), raw in any::<String>()) {
        let (root, facts) = saying(&text, &raw);
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
        archive.append(&root, &facts).unwrap();
        archive.annotate(&root, Some(&text)).unwrap();
        let mut first = Vec::new();
        archive.export(&root).unwrap().write(&mut first).unwrap();
        let read = SessionFile::read(first.as_slice()).unwrap();
        let elsewhere = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let mut other = SqliteArchive::open(elsewhere.path(), Open::ReadWrite).unwrap();
        other.import(&read).unwrap();
        let mut second = Vec::new();
        other.export(&root).unwrap().write(&mut second).unwrap();
        prop_assert_eq!(first, second);
        let page = forms(&root, &facts).pop().unwrap().1;
        assert_well_formed(&page);
    }
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
