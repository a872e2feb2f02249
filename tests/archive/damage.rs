//! Damaged archives: whatever happens to the bytes, what can be read is shown, and what cannot is named.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "helpers of tests may fail loudly; bytes are made out of numbers; a trial is told from its beginning to its end"
)]

mod told;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use stacktrail::archive::{FILE_NAME, Open, Repair, SqliteArchive, Unreadable};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::log::{LogAnswer, LogGroup, LogLine, LogSearch};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;
use stacktrail::ports::archive::Archive as _;

use crate::support::events;

const SESSIONS: i64 = 5;
const PAGES: i64 = 4;
const EVENTS: i64 = 30;
/// Damaged at random so many times.
const TRIALS: u64 = 100;

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + seconds, 0).unwrap()
}

fn stack(number: i64) -> StackId {
    StackId::parse(&format!(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-{number}/{number}f3113b0-f92c"
    ))
    .unwrap()
}

fn page(root: &StackId, page: i64) -> Recorded {
    let events = (0..EVENTS).map(|number| {
        let number = page * EVENTS + number;
        let (name, status) = match number % 10 {
            0 => (root.name().to_owned(), "CREATE_IN_PROGRESS"),
            _ => (format!("Resource{number}"), "CREATE_FAILED"),
        };
        events::event(root, moment(number), &name, status)
            .id(format!("Resource{number}-CREATE_FAILED-2026"))
            .physical(format!("shop-resource-{number}"))
            .reason(&format!("API: s3:CreateBucket Access Denied, number {number}"))
            .told()
    });
    events::page(root, moment(page * EVENTS), events)
}

fn evidence(root: &StackId, page: i64) -> [Recorded; 2] {
    let raw = format!(
        r#"{{"eventID":"{}-{page}","eventName":"CreateBucket","eventSource":"s3.amazonaws.com","awsRegion":"eu-west-1","eventTime":"2026-06-01T10:00:00Z","requestParameters":{{"bucketName":"{}"}}}}"#,
        root.name(),
        "b".repeat(600),
    );
    let records = TrailAnswer {
        search: TrailSearch {
            region: "eu-west-1".to_owned(),
            attribute: None,
            from: moment(page),
            to: moment(page + 1),
        },
        records: vec![TrailRecord::read(&raw).unwrap()],
        complete: true,
        calls: 1,
        source: SourceId::CLOUDTRAIL,
    };
    let lines = (0..5).map(|number| LogLine {
        at: moment(page),
        stream: "2026/06/01/[$LATEST]aaaa".to_owned(),
        id: format!("{page}-{number}"),
        message: format!("line {number} of page {page}: ") + &"x".repeat(120),
    });
    let lines = LogAnswer {
        search: LogSearch {
            group: LogGroup {
                region: "eu-west-1".to_owned(),
                name: "/aws/lambda/setup".to_owned(),
            },
            stream: None,
            filter: None,
            from: moment(page),
            to: moment(page + 1),
        },
        lines: lines.collect(),
        group_missing: false,
        complete: true,
    };
    [
        Fact::TrailSearched { answer: records },
        Fact::LogsRead { answer: lines },
    ]
    .map(|fact| Recorded {
        observed_at: moment(page * EVENTS + 1),
        fact,
    })
}

/// A few sessions, as several watches would have written them: one after the other, page by page.
fn healthy(directory: &Path) {
    let mut archive = SqliteArchive::open(directory, Open::ReadWrite).unwrap();
    for number in 0..PAGES {
        for root in (1..=SESSIONS).map(stack) {
            let [records, lines] = evidence(&root, number);
            archive
                .append(&root, &[page(&root, number), records, lines])
                .unwrap();
        }
    }
    archive.rename(&stack(1), Some("the big one")).unwrap();
}

/// What there is of a session, in numbers: events, records, lines.
type Count = (usize, usize, usize);

const WHOLE: Count = ((PAGES * EVENTS) as usize, PAGES as usize, (PAGES * 5) as usize);

fn count(root: &StackId, facts: &[Recorded]) -> Count {
    let session = Session::replay(root.clone(), facts);
    let lines = facts.iter().map(|recorded| match &recorded.fact {
        Fact::LogsRead { answer } => answer.lines.len(),
        _ => 0,
    });
    (
        session.event_count(),
        session.trail().records().len(),
        lines.sum(),
    )
}

/// What an archive shows: every session that it lists, opened.
fn shown(archive: &SqliteArchive) -> BTreeMap<StackId, Count> {
    let sessions = archive.sessions().unwrap().into_iter();
    sessions
        .map(|summary| {
            let facts = archive.load(&summary.root).unwrap();
            let (newest, _) = archive.load_newest(&summary.root, 10).unwrap();
            assert!(!newest.is_empty());
            let counted = count(&summary.root, &facts);
            (summary.root, counted)
        })
        .collect()
}

/// Numbers that only look random.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// Damages the bytes: single bits, single bytes, zeroed pages, a lost end. Says what was done.
fn damage(bytes: &mut Vec<u8>, seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1));
    for _ in 0..8 {
        dice.roll(2);
    }
    let length = bytes.len();
    let times = 1 + dice.roll(8);
    match seed % 4 {
        0 => {
            for _ in 0..times {
                bytes[dice.roll(length)] ^= 1 << dice.roll(8);
            }
            format!("{times} bits turned")
        }
        1 => {
            for _ in 0..times {
                bytes[dice.roll(length)] = dice.roll(256) as u8;
            }
            format!("{times} bytes overwritten")
        }
        2 => {
            let page = dice.roll(length / 4096) * 4096;
            bytes[page..page + 4096].fill(0);
            format!("page {} zeroed", page / 4096)
        }
        _ => {
            let left = length - 1 - dice.roll(length / 2);
            bytes.truncate(left);
            format!("cut to {left} of {length} bytes")
        }
    }
}

/// Something is said that may be about this session.
fn is_named(unreadable: &[Unreadable], root: &StackId) -> bool {
    let touches = |lost: &Unreadable| lost.session.as_ref().is_none_or(|session| session == root);
    unreadable.iter().any(touches)
}

#[test]
fn whatever_is_damaged_the_rest_is_shown_and_what_is_missing_is_named() {
    let original = tempfile::tempdir().unwrap();
    healthy(original.path());
    let sound = fs::read(original.path().join(FILE_NAME)).unwrap();
    let (mut listed, mut kept, mut found) = (0, 0, 0);
    for seed in 0..TRIALS {
        let directory = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .unwrap();
        let path = directory.path().join(FILE_NAME);
        let mut bytes = sound.clone();
        let done = format!("trial {seed}: {}", damage(&mut bytes, seed));
        fs::write(&path, &bytes).unwrap();

        let archive = SqliteArchive::open(directory.path(), Open::ReadOnly)
            .unwrap_or_else(|error| panic!("{done}: {error}"));
        let seen = shown(&archive);
        let told = archive.damage().cloned();
        drop(archive);
        assert!(fs::read(&path).unwrap() == bytes, "{done}: the file was touched");
        listed += seen.len();

        let repaired = Repair::of(directory.path(), moment(0)).unwrap();
        let unreadable = match &repaired {
            Repair::Done {
                set_aside,
                unreadable,
                ..
            } => {
                found += 1;
                assert!(
                    fs::read(set_aside).unwrap() == bytes,
                    "{done}: the damaged file is kept"
                );
                unreadable.clone()
            }
            Repair::Sound => Vec::new(),
            Repair::Nothing => panic!("{done}: there is an archive"),
        };
        let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
        let recovered = shown(&archive);
        assert!(archive.damage().is_none(), "{done}: {:?}", archive.damage());
        drop(archive);
        assert_eq!(
            Repair::of(directory.path(), moment(0)).unwrap(),
            Repair::Sound,
            "{done}"
        );
        for root in (1..=SESSIONS).map(stack) {
            let (seen, recovered) = (seen.get(&root), recovered.get(&root));
            if recovered == Some(&WHOLE) {
                kept += 1;
            } else {
                assert!(
                    is_named(&unreadable, &root),
                    "{done}: {recovered:?} of {root}, {unreadable:#?}"
                );
            }
            if seen != Some(&WHOLE) {
                let told = told.as_ref().map(|told| told.unreadable.as_slice());
                assert!(
                    is_named(told.unwrap_or_default(), &root),
                    "{done}: {seen:?} of {root}"
                );
            }
        }
    }
    assert_eq!(listed, 500, "every session of every trial is listed");
    assert!(kept >= 340, "{kept} of 500 sessions are whole");
    // The others changed a letter of a text or a place that nothing uses, which nobody can tell; how many do depends on
    // where things lie in the file.
    assert!(found >= 88, "{found} of 100 are found to be damaged");
}

/// What is done to the first page, which says where everything is.
const FIRST_PAGES: [(&str, std::ops::Range<usize>); 4] = [
    ("all of it is gone", 0..4096),
    ("its header is gone", 0..100),
    ("what is behind its header is gone", 100..4096),
    ("where the tables are listed is gone", 100..300),
];

/// Makes tables anew with what is in them, as migrations do that change a table.
fn make_tables_anew(connection: &rusqlite::Connection) {
    connection
        .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON")
        .unwrap();
    for table in ["event", "trail_record", "log_line", "word", "fact"] {
        let texts = |query: &str| -> Vec<String> {
            let mut statement = connection.prepare(query).unwrap();
            let rows = statement.query_map([table], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let made = texts("SELECT sql FROM sqlite_schema WHERE name = ?1").concat();
        let made = made.replacen(&format!("CREATE TABLE {table}"), "CREATE TABLE moved", 1);
        let indexes =
            texts("SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 AND type = 'index' AND sql IS NOT NULL");
        connection
            .execute_batch(&format!(
                "{made}; INSERT INTO moved SELECT * FROM {table}; DROP TABLE {table};
                 ALTER TABLE moved RENAME TO {table}; {}",
                indexes.join(";")
            ))
            .unwrap();
    }
}

#[test]
fn without_its_first_page_an_archive_whose_tables_were_moved_is_recovered_by_what_stands_in_it() {
    for (moved, kept) in [
        ("written anew", SESSIONS),
        ("without the second session, written anew", SESSIONS - 1),
        ("with tables made anew", SESSIONS),
    ] {
        let original = tempfile::tempdir().unwrap();
        healthy(original.path());
        let path = original.path().join(FILE_NAME);
        let connection = rusqlite::Connection::open(&path).unwrap();
        if kept < SESSIONS {
            connection.pragma_update(None, "foreign_keys", true).unwrap();
            connection
                .execute_batch("DELETE FROM session WHERE id = 2")
                .unwrap();
        }
        match moved {
            "with tables made anew" => make_tables_anew(&connection),
            _ => connection.execute_batch("VACUUM").unwrap(),
        }
        connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        drop(connection);
        let sound = fs::read(&path).unwrap();
        for (what, range) in FIRST_PAGES {
            let directory = tempfile::tempdir().unwrap();
            let mut bytes = sound.clone();
            for byte in &mut bytes[range] {
                *byte = 0xa5;
            }
            fs::write(directory.path().join(FILE_NAME), &bytes).unwrap();
            let repaired = Repair::of(directory.path(), moment(0)).unwrap();
            assert!(
                matches!(repaired, Repair::Done { .. }),
                "{moved}, {what}: {repaired:?}"
            );
            let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
            let recovered = shown(&archive);
            assert_eq!(i64::try_from(recovered.len()).unwrap(), kept, "{moved}, {what}");
            for (root, counted) in recovered {
                assert_eq!(counted, WHOLE, "{moved}, {what}: {root}");
            }
            let names = archive
                .sessions()
                .unwrap()
                .into_iter()
                .filter_map(|session| session.name);
            assert_eq!(names.collect::<Vec<_>>(), ["the big one"], "{moved}, {what}");
        }
    }
}

#[test]
fn what_was_removed_does_not_come_back_for_a_lost_first_page() {
    let directory = tempfile::tempdir().unwrap();
    healthy(directory.path());
    let path = directory.path().join(FILE_NAME);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
        .execute_batch("VACUUM; DELETE FROM session WHERE id = 2")
        .unwrap();
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(connection);
    let mut bytes = fs::read(&path).unwrap();
    bytes[..4096].fill(0);
    fs::write(&path, &bytes).unwrap();
    Repair::of(directory.path(), moment(0)).unwrap();
    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let recovered = shown(&archive);
    assert_eq!(
        i64::try_from(recovered.len()).unwrap(),
        SESSIONS - 1,
        "{recovered:?}"
    );
    assert!(
        recovered.values().all(|counted| *counted == WHOLE),
        "{recovered:?}"
    );
}
