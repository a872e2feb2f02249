//! A session of 100,000 events, measured as whole processes.
//!
//! `cargo test --release --test e2e large -- --ignored --nocapture`; the directory follows `TMPDIR`, so name a
//! real disk.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "a story is told from its beginning to its end, and may fail loudly"
)]

use crate::support::pty;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::slice;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::ports::archive::Archive as _;

use crate::support::events;

const ATTEMPTS: i64 = 40;
/// Resources of an attempt, each with three events.
const RESOURCES: i64 = 832;

fn stack(name: &str) -> StackId {
    let arn = format!(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f3113b0-f92c-11ec-902e-02bac4959566"
    );
    StackId::parse(&arn).unwrap()
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// Pages of a hundred events: updates one after the other, each failing in one resource and rolled back.
fn pages(root: &StackId) -> Vec<Recorded> {
    let mut told = Vec::new();
    for attempt in 0..ATTEMPTS {
        let mut tell = |logical: &str, second: i64, status: &str, reason: Option<String>| {
            let at = start() + TimeDelta::hours(attempt) + TimeDelta::milliseconds(second * 1000);
            let event = events::event(root, at, logical, status)
                .id(format!(
                    "{logical}-{status}-2027-01-15T08:00:00.{:06}Z",
                    told.len()
                ))
                .physical(format!("shop-prod-{logical}-1X2Y3Z4A5B6C7"))
                .said(reason.as_deref())
                .operation(&format!("0f0e5b0a-1111-2222-3333-{attempt:012}"));
            told.push(event.told());
        };
        tell(
            "shop-prod",
            0,
            "UPDATE_IN_PROGRESS",
            Some("User Initiated".to_owned()),
        );
        for number in 0..RESOURCES {
            let name = format!("Resource{number}");
            tell(&name, 1 + number, "CREATE_IN_PROGRESS", None);
            tell(
                &name,
                2 + number,
                "CREATE_IN_PROGRESS",
                Some("Resource creation Initiated".to_owned()),
            );
            if number == 700 {
                tell(
                    &name,
                    3 + number,
                    "CREATE_FAILED",
                    Some(format!(
                        "Bucket number {attempt} already exists (Service: S3, Status Code: 409, Request ID: R{attempt})"
                    )),
                );
            } else {
                let reason =
                    (number % 3 == 0).then(|| format!("Resource {number} waited for its neighbours"));
                tell(&name, 3 + number, "CREATE_COMPLETE", reason);
            }
        }
        tell(
            "shop-prod",
            900,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            Some("The following resource(s) failed to create: [Resource700]. ".to_owned()),
        );
        tell("shop-prod", 950, "UPDATE_ROLLBACK_COMPLETE", None);
    }
    told.chunks(100)
        .map(|page| Recorded {
            observed_at: page.last().unwrap().at + TimeDelta::seconds(1),
            fact: Fact::StackEventsSeen {
                stack_id: root.clone(),
                events: page.to_vec(),
            },
        })
        .collect()
}

fn records(root: &StackId) -> Recorded {
    let record = |number: i64| {
        let at = start() + TimeDelta::hours(number % ATTEMPTS) + TimeDelta::seconds(700);
        let raw = serde_json::json!({
            "eventID": format!("record-{number}"), "eventTime": at.to_rfc3339(), "awsRegion": "eu-west-1",
            "eventSource": "s3.amazonaws.com", "eventName": "CreateBucket", "errorCode": "BucketAlreadyExists",
            "requestID": format!("R{number}"), "requestParameters": { "bucketName": format!("bucket-{number}"), "stack": root },
        });
        TrailRecord::read(&raw.to_string()).unwrap()
    };
    Recorded {
        observed_at: start() + TimeDelta::hours(ATTEMPTS),
        fact: Fact::TrailSearched {
            answer: TrailAnswer {
                search: TrailSearch {
                    region: "eu-west-1".to_owned(),
                    attribute: None,
                    from: start(),
                    to: start() + TimeDelta::hours(ATTEMPTS),
                },
                records: (0..400).map(record).collect(),
                complete: true,
                calls: 8,
                source: SourceId::CLOUDTRAIL,
            },
        },
    }
}

/// How long it takes until the first full screen stands, and the largest resident set when all has been read.
fn opened(data: &Path) -> (Duration, u64) {
    let begun = Instant::now();
    let arguments = ["open", "shop-prod", "--data-dir", data.to_str().unwrap()];
    let mut screen = pty::Pty::stacktrail(&arguments, data, (120, 40));
    screen.until_text("shop-prod");
    screen.until("the first screen", |shown| {
        shown.contains("Resource700") && shown.contains("Events 2499") && shown.contains("quit")
    });
    let first = begun.elapsed();
    screen.until("the whole session", |shown| !shown.contains("reading the rest"));
    let of_ours = |entry: fs::DirEntry| {
        let line = fs::read_to_string(entry.path().join("cmdline")).ok()?;
        let ours = line.contains("\0open\0") && line.contains(data.to_str()?);
        let status = fs::read_to_string(entry.path().join("status"))
            .ok()
            .filter(|_| ours)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    let kilobytes = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .find_map(of_ours)
        .unwrap();
    screen.press("q");
    screen.end();
    (first, kilobytes / 1024)
}

struct Measured {
    first_byte: Duration,
    whole: Duration,
    memory_mb: u64,
    bytes: usize,
}

/// Runs the program to its end: when the first byte came, when it ended, and its largest resident set.
fn measured(data: &Path, arguments: &[&str]) -> Measured {
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .args(arguments)
        .arg("--data-dir")
        .arg(data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watcher = std::thread::spawn(move || {
        let mut most = 0;
        while let Ok(text) = fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let Some(line) = line else { break };
            let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0);
            most = most.max(kilobytes);
            std::thread::yield_now();
        }
        most / 1024
    });
    let mut out = child.stdout.take().unwrap();
    let mut first = [0];
    let read = out.read(&mut first).unwrap();
    let first_byte = begun.elapsed();
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).unwrap();
    child.wait().unwrap();
    let whole = begun.elapsed();
    Measured {
        first_byte,
        whole,
        memory_mb: watcher.join().unwrap(),
        bytes: read + rest.len(),
    }
}

#[test]
#[ignore = "measures whole processes: run it in release, alone"]
#[expect(clippy::disallowed_methods, reason = "a measurement is told")]
fn a_hundred_thousand_events_are_no_trouble() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack("shop-prod");
    let pages = pages(&root);
    let events: usize = pages
        .iter()
        .map(|page| match &page.fact {
            Fact::StackEventsSeen { events, .. } => events.len(),
            _ => 0,
        })
        .sum();
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    let begun = Instant::now();
    for page in &pages {
        archive.append(&root, slice::from_ref(page)).unwrap();
    }
    let took = begun.elapsed();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "append {events} events in batches of 100: {took:?}, {} a second",
        u128::try_from(events).unwrap() * 1000 / took.as_millis()
    )
    .unwrap();
    archive.append(&root, &[records(&root)]).unwrap();
    for words in [
        "already exists",
        "bucket",
        "neighbours",
        "bucket-17",
        "resource700 already",
        "nowhere",
    ] {
        let begun = Instant::now();
        let hits = archive.search(words, 50).unwrap().len();
        let took = begun.elapsed();
        writeln!(out, "search `{words}`: {took:?}, {hits} hits").unwrap();
        assert!(took < Duration::from_millis(50), "{words}: {took:?}");
    }
    let begun = Instant::now();
    archive.sessions().unwrap();
    writeln!(out, "sessions: {:?}", begun.elapsed()).unwrap();
    drop(archive);
    let size = fs::metadata(directory.path().join("stacktrail.db"))
        .unwrap()
        .len();
    writeln!(out, "file: {} MB", size / 1_000_000).unwrap();
    let runs: Vec<_> = (0..5).map(|_| opened(directory.path())).collect();
    let (first, memory) = runs.iter().min().unwrap();
    writeln!(
        out,
        "{:<40} first full screen {first:>8.1?} (worst of five {:.1?})  {memory:>4} MB",
        "open shop-prod, on a terminal",
        runs.iter().max().unwrap().0
    )
    .unwrap();
    assert!(*first < Duration::from_millis(250), "{first:?}");
    assert!(*memory <= 150, "{memory} MB");
    for arguments in [
        &["sessions"][..],
        &["sessions", "search", "already", "exists"],
        &["open", "shop-prod", "--headless"],
        &["export", "shop-prod", "--format", "html"],
        &["export", "shop-prod", "--format", "markdown"],
        &["export", "shop-prod", "--format", "json"],
        &["export", "shop-prod", "--format", "json", "--redact"],
        &["export", "shop-prod", "--format", "html", "--redact"],
        &["diff", "shop-prod"],
    ] {
        // The best of three: what else runs on the machine only ever makes it slower.
        let runs: Vec<Measured> = (0..3).map(|_| measured(directory.path(), arguments)).collect();
        let best = runs.iter().min_by_key(|run| run.whole).unwrap();
        writeln!(
            out,
            "{:<40} first byte {:>8.1?}  whole {:>8.1?}  {:>4} MB  {:>10} bytes",
            arguments.join(" "),
            best.first_byte,
            best.whole,
            best.memory_mb,
            best.bytes
        )
        .unwrap();
        if arguments.contains(&"html") && !arguments.contains(&"--redact") {
            assert!(best.whole < Duration::from_secs(3));
        }
        if arguments.first() == Some(&"open") {
            assert!(best.memory_mb <= 150, "{} MB", best.memory_mb);
        }
    }
}
