//! Any text stays text in every form.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
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

use super::pages::assert_well_formed;
use crate::support::events;

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
