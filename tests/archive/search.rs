//! Search, verdicts and repair on real files.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests may fail loudly; what is measured is told"
)]

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use chrono::{DateTime, Utc};
use stacktrail::archive::{FILE_NAME, Open, Repair, SqliteArchive};
use stacktrail::domain::conclude::digest::{FailureDigest, SessionDigest};
use stacktrail::domain::deployment::attempt::Outcome;
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::log::{LogAnswer, LogGroup, LogLine, LogSearch};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;
use stacktrail::ports::archive::{Archive as _, ArchiveError, HitKind};

use crate::support::events;

fn stack(name: &str) -> StackId {
    StackId::parse(&format!(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/5ee3113-b0f9"
    ))
    .unwrap()
}

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

fn event(stack_id: &StackId, number: i64, status: &str, reason: Option<&str>) -> StackEvent {
    events::event(stack_id, moment(number), &format!("Bucket{number}"), status)
        .id(format!("Bucket{number}-{status}-{number}"))
        .said(reason)
        .told()
}

fn own(stack_id: &StackId, number: i64, status: &str) -> StackEvent {
    events::event(stack_id, moment(number), stack_id.name(), status)
        .id(format!("Bucket{number}-{status}-{number}"))
        .told()
}

fn seen(stack_id: &StackId, second: i64, events: Vec<StackEvent>) -> Recorded {
    events::page(stack_id, moment(second), events)
}

fn log(second: i64, message: &str) -> Recorded {
    Recorded {
        observed_at: moment(second),
        fact: Fact::LogsRead {
            answer: LogAnswer {
                search: LogSearch {
                    group: LogGroup {
                        region: "eu-west-1".to_owned(),
                        name: "/aws/lambda/setup".to_owned(),
                    },
                    stream: None,
                    filter: None,
                    from: moment(0),
                    to: moment(second),
                },
                lines: vec![LogLine {
                    at: moment(second),
                    stream: "s".to_owned(),
                    id: format!("l{second}"),
                    message: message.to_owned(),
                }],
                group_missing: false,
                complete: true,
            },
        },
    }
}

fn trail(second: i64, raw: &str) -> Recorded {
    Recorded {
        observed_at: moment(second),
        fact: Fact::TrailSearched {
            answer: TrailAnswer {
                search: TrailSearch {
                    region: "eu-west-1".to_owned(),
                    attribute: None,
                    from: moment(0),
                    to: moment(second),
                },
                records: vec![TrailRecord::read(raw).unwrap()],
                complete: true,
                calls: 1,
                source: SourceId::CLOUDTRAIL,
            },
        },
    }
}

const RECORD: &str = r#"{"eventID":"r1","eventTime":"2027-01-15T08:00:00Z","eventSource":"s3.amazonaws.com","eventName":"CreateBucket","awsRegion":"eu-west-1","errorCode":"AccessDenied","requestParameters":{"bucketName":"shop-uploads-7f"}}"#;

#[test]
fn words_are_found_wherever_they_were_said_and_go_with_their_session() {
    let directory = tempfile::tempdir().unwrap();
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    let (shop, other) = (stack("shop"), stack("other"));
    let failed = event(
        &shop,
        5,
        "CREATE_FAILED",
        Some("Über: s3:CreateBucket was denied (\"x\")"),
    );
    let facts = [
        seen(&shop, 9, vec![failed.clone()]),
        log(10, "\u{1b}[31mERROR cannot make shop-uploads-7f"),
        trail(11, RECORD),
    ];
    archive.append(&shop, &facts).unwrap();
    archive
        .append(
            &other,
            &[seen(
                &other,
                1,
                vec![event(&other, 1, "CREATE_FAILED", Some("denied as well"))],
            )],
        )
        .unwrap();
    let kinds = |words: &str| -> Vec<HitKind> {
        let hits = archive.search(words, 10).unwrap();
        hits.iter().map(|hit| hit.kind).collect()
    };
    assert_eq!(
        kinds("s3:createbuck den"),
        [HitKind::Event],
        "beginnings, any case"
    );
    assert_eq!(kinds("uber"), [HitKind::Event], "accents do not matter");
    assert_eq!(kinds("shop-uploads-7f").len(), 2, "log line and record");
    assert_eq!(kinds("was denied"), [HitKind::Event]);
    assert_eq!(
        kinds("denied").len(),
        3,
        "both sessions, and AccessDenied in the record"
    );
    assert_eq!(kinds("Bucket5"), [HitKind::Event], "by the resource's name");
    assert_eq!(kinds("NOT"), [HitKind::LogLine], "a word and no operator: cannot");
    for nothing in ["", "\"", "unheard-of", "NOR", "\0", "a AND"] {
        assert_eq!(kinds(nothing), [], "{nothing:?}");
    }
    assert_eq!(
        archive.search("denied", 1).unwrap()[0].root,
        other,
        "recorded last"
    );
    assert_eq!(archive.search("denied", 9).unwrap()[0].root, shop, "newest first");

    // The same event seen earlier by somebody else moves; it is found once, where it is now.
    archive.append(&shop, &[seen(&shop, 2, vec![failed])]).unwrap();
    assert_eq!(archive.search("über", 10).unwrap().len(), 1);
    archive.forget(&shop).unwrap();
    let left = archive.search("denied", 10).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].root, other);
}

/// What the program told of a session in which Setup was denied something.
fn told_of_setup() -> SessionDigest {
    SessionDigest {
        failures: vec![FailureDigest {
            resource: "Setup".to_owned(),
            at: moment(20),
            said: "role deploy was denied s3:CreateBucket".to_owned(),
            counts: true,
            more: vec!["attach a statement to the role".to_owned()],
        }],
        ..SessionDigest::default()
    }
}

/// U19: any part of a word, in the program's own sentences, too.
#[test]
fn u19_any_part_of_a_word_is_found_and_so_are_the_causes() {
    use HitKind::{Cause, Event, LogLine, TrailRecord};

    let directory = tempfile::tempdir().unwrap();
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    let shop = stack("shop");
    let failed = event(
        &shop,
        5,
        "CREATE_FAILED",
        Some("API: s3:CreateBucket AccessDenied"),
    );
    let facts = [
        seen(&shop, 9, vec![failed]),
        log(10, "the call was dEnIeD in s3"),
        trail(11, RECORD),
    ];
    archive.append(&shop, &facts).unwrap();
    let summary = archive.sessions().unwrap().remove(0);
    let told = told_of_setup();
    archive.keep_told(&summary, &told).unwrap();
    let kinds = |words: &str| -> Vec<HitKind> {
        let hits = archive.search(words, 10).unwrap();
        let is_there = |kind: &HitKind| hits.iter().any(|hit| hit.kind == *kind);
        let there: Vec<HitKind> = [Event, LogLine, TrailRecord, Cause]
            .into_iter()
            .filter(is_there)
            .collect();
        assert_eq!(hits.len(), there.len(), "one of each: {words}");
        there
    };
    assert_eq!(kinds("denied"), [Event, LogLine, TrailRecord, Cause]);
    assert_eq!(
        kinds("ENIE"),
        [Event, LogLine, TrailRecord, Cause],
        "the middle of a word"
    );
    assert_eq!(
        kinds("eateBuck denied"),
        [Event, TrailRecord, Cause],
        "both, in any order"
    );
    assert_eq!(kinds("statement"), [Cause], "what to do");
    assert_eq!(kinds("setup deploy"), [Cause], "what failed and why");
    assert_eq!(kinds("s3"), [Event, LogLine, TrailRecord, Cause], "two letters");
    assert_eq!(
        kinds("creabucket"),
        [],
        "all threes of letters stand there, but not together"
    );
    // It is of other facts as soon as there are more of them, until it is made anew.
    assert_eq!(
        archive.digests(&archive.sessions().unwrap()).unwrap()[&shop],
        told
    );
    archive.append(&shop, &[log(12, "more")]).unwrap();
    assert!(archive.digests(&archive.sessions().unwrap()).unwrap().is_empty());
    archive.forget(&shop).unwrap();
    assert!(archive.search("denied", 10).unwrap().is_empty());
}

/// 50 ms is what a person takes for at once; this build is not optimised, and the machine may be busy.
#[test]
#[ignore = "measures the wall; run alone, with --nocapture"]
fn u19_a_hundred_thousand_events_are_searched_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    let shop = stack("shop");
    for page in 0..1_000 {
        let reason = |number: i64| match number % 4 {
            0 => Some("Resource creation Initiated".to_owned()),
            2 => Some(format!("Resource {number} waited for its neighbours")),
            _ => None,
        };
        let numbers = page * 100..page * 100 + 100;
        let events = numbers.map(|number| event(&shop, number, "CREATE_FAILED", reason(number).as_deref()));
        archive
            .append(&shop, &[seen(&shop, page, events.collect())])
            .unwrap();
    }
    let size = fs::metadata(directory.path().join(FILE_NAME)).unwrap().len();
    eprintln!("the file: {} kB", size / 1_000);
    for words in [
        "neighbours",
        "aited 47",
        "unheard-of",
        "s3",
        "e",
        "4711",
        "urs 99998",
        "waitedfor",
    ] {
        let begin = std::time::Instant::now();
        let hits = archive.search(words, 50).unwrap().len();
        let took = begin.elapsed();
        eprintln!("{words:12} {hits:3} hits {took:?}");
        assert!(took.as_millis() < 50, "{words}: {took:?}");
    }
}

#[test]
fn a_list_tells_attempts_and_the_verdict_that_counts() {
    let directory = tempfile::tempdir().unwrap();
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    let shop = stack("shop");
    let mut expect = |number: i64, status: &str, attempts: u32, verdict: Outcome| {
        let page = seen(
            &shop,
            number,
            vec![own(&shop, number, status), event(&shop, number, status, None)],
        );
        archive.append(&shop, &[page]).unwrap();
        let summary = archive.sessions().unwrap().remove(0);
        assert_eq!(
            (summary.attempts, summary.verdict),
            (attempts, Some(verdict)),
            "{status}"
        );
    };
    expect(1, "CREATE_IN_PROGRESS", 1, Outcome::InProgress);
    expect(2, "CREATE_COMPLETE", 1, Outcome::Succeeded);
    expect(3, "UPDATE_IN_PROGRESS", 2, Outcome::InProgress);
    expect(4, "UPDATE_ROLLBACK_IN_PROGRESS", 2, Outcome::RollingBack);
    expect(5, "UPDATE_ROLLBACK_COMPLETE", 2, Outcome::RolledBack);
    expect(6, "DELETE_IN_PROGRESS", 3, Outcome::RolledBack);
    expect(7, "DELETE_COMPLETE", 3, Outcome::RolledBack);
}

// ---------------------------------------------------------------- repair

const EVENTS: i64 = 3_000;

fn large(directory: &Path) -> StackId {
    let shop = stack("shop");
    let mut archive = SqliteArchive::open(directory, Open::ReadWrite).unwrap();
    for page in 0..EVENTS / 100 {
        let numbers = page * 100..page * 100 + 100;
        let events =
            numbers.map(|number| event(&shop, number, "CREATE_FAILED", Some("because of this and that")));
        let facts = [
            seen(&shop, page, events.collect()),
            log(page, &format!("line {page}")),
            trail(page, &RECORD.replace("r1", &format!("r{page}"))),
        ];
        archive.append(&shop, &facts).unwrap();
    }
    archive.rename(&shop, Some("the big one")).unwrap();
    archive.pin(&shop, true).unwrap();
    shop
}

/// Overwrites a page of the file, counted from 0.
fn damage(directory: &Path, page: u64) {
    let mut file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(directory.join(FILE_NAME))
        .unwrap();
    file.seek(SeekFrom::Start(page * 4096)).unwrap();
    file.write_all(&[0xA5; 4096]).unwrap();
}

fn pages(directory: &Path) -> u64 {
    fs::metadata(directory.join(FILE_NAME)).unwrap().len() / 4096
}

fn is_sound(directory: &Path) -> bool {
    let connection = rusqlite::Connection::open(directory.join(FILE_NAME)).unwrap();
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    verdict == "ok"
}

#[test]
fn a_sound_archive_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(Repair::of(directory.path(), moment(0)).unwrap(), Repair::Nothing);
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        0,
        "nothing is created"
    );
    large(directory.path());
    let before = fs::read(directory.path().join(FILE_NAME)).unwrap();
    assert_eq!(Repair::of(directory.path(), moment(0)).unwrap(), Repair::Sound);
    assert_eq!(fs::read(directory.path().join(FILE_NAME)).unwrap(), before);
}

#[test]
fn whichever_page_is_damaged_most_is_recovered_and_the_file_set_aside() {
    let original = tempfile::tempdir().unwrap();
    let shop = large(original.path());
    // What stands on a page of which nothing is left is no loss.
    let connection = rusqlite::Connection::open(original.path().join(FILE_NAME)).unwrap();
    connection.execute_batch("VACUUM").unwrap();
    drop(connection);
    let count = pages(original.path());
    let mut nearly_all = 0;
    let damaged_pages: Vec<u64> = (0..count).step_by(usize::try_from(count / 24).unwrap()).collect();
    for page in &damaged_pages {
        let directory = tempfile::tempdir().unwrap();
        fs::copy(original.path().join(FILE_NAME), directory.path().join(FILE_NAME)).unwrap();
        damage(directory.path(), *page);
        let damaged = fs::read(directory.path().join(FILE_NAME)).unwrap();
        let Repair::Done {
            set_aside, sessions, ..
        } = Repair::of(directory.path(), moment(0)).unwrap()
        else {
            panic!("page {page} is damaged");
        };
        assert_eq!(fs::read(&set_aside).unwrap(), damaged, "page {page}");
        assert!(is_sound(directory.path()), "page {page}");
        let archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
        let events = archive
            .load(&shop)
            .map_or(0, |facts| Session::replay(shop.clone(), &facts).event_count());
        if *page > 0 {
            assert!(!sessions.is_empty(), "page {page}");
            assert_eq!(sessions[0].events, u64::try_from(events).unwrap());
        }
        if events > 2_800 {
            nearly_all += 1;
        }
        assert_eq!(Repair::of(directory.path(), moment(0)).unwrap(), Repair::Sound);
        assert_eq!(archive.damaged_copies(), [set_aside]);
    }
    let most = damaged_pages.len() * 9 / 10;
    assert!(nearly_all >= most, "{nearly_all} of {}", damaged_pages.len());
}

#[test]
fn garbage_is_set_aside_and_other_programs_files_are_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(FILE_NAME), vec![b'x'; 5000]).unwrap();
    let Repair::Done { sessions, .. } = Repair::of(directory.path(), moment(0)).unwrap() else {
        panic!("it is damaged");
    };
    assert_eq!(sessions, []);
    assert!(is_sound(directory.path()));

    let directory = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    other
        .execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        .unwrap();
    drop(other);
    let refused = Repair::of(directory.path(), moment(0));
    assert!(
        matches!(refused, Err(ArchiveError::Damaged { .. })),
        "{refused:?}"
    );
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn an_archive_that_somebody_writes_to_is_not_repaired_under_their_hands() {
    let directory = tempfile::tempdir().unwrap();
    let shop = large(directory.path());
    let mut writer = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    writer.append(&shop, &[log(5_000, "still here")]).unwrap();
    damage(directory.path(), pages(directory.path()) / 2);
    let refused = Repair::of(directory.path(), moment(0));
    assert!(
        matches!(&refused, Err(ArchiveError::Storage { passing: true, .. })),
        "{refused:?}"
    );
    drop(writer);
    let done = Repair::of(directory.path(), moment(0)).unwrap();
    assert!(matches!(done, Repair::Done { .. }));
}
