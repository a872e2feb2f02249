//! What the commands say of a damaged archive, and what they set aside.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use chrono::{DateTime, Utc};
use stacktrail::archive::{FILE_NAME, Open, Repair, SqliteArchive};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::ports::archive::Archive as _;

use super::{Count, PAGES, SESSIONS, WHOLE, count, healthy, is_named, moment, page, shown, stack};

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

/// Overwrites the first place where the text stands.
fn overwrite(directory: &Path, text: &[u8], with: &[u8]) {
    let path = directory.join(FILE_NAME);
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes
        .windows(text.len())
        .position(|window| window == text)
        .unwrap();
    bytes[place..place + with.len()].copy_from_slice(with);
    fs::write(path, bytes).unwrap();
}

#[test]
fn one_row_that_is_no_text_hides_no_session_and_is_named_by_every_command() {
    let directory = tempfile::tempdir().unwrap();
    healthy(directory.path());
    overwrite(directory.path(), b"the big one", b"the \xff\xfe\xfd one");
    let listed = program(directory.path(), &["sessions"]);
    assert!(listed.status.success(), "{}", said(&listed));
    let lines = String::from_utf8(listed.stdout.clone()).unwrap();
    assert_eq!(
        lines.lines().count(),
        usize::try_from(SESSIONS).unwrap(),
        "{lines}"
    );
    assert!(
        said(&listed).contains("cannot be read: shop-1: session 1"),
        "{}",
        said(&listed)
    );
    for arguments in [
        &["open", "shop-2", "--headless"][..],
        &["open", "shop-1", "--headless"],
    ] {
        let opened = program(directory.path(), arguments);
        assert!(said(&opened).contains("CREATE_FAILED"), "{}", said(&opened));
    }
    let repaired = program(directory.path(), &["sessions", "repair"]);
    assert!(
        said(&repaired).contains("could not be read: shop-1: session 1: its name"),
        "{}",
        said(&repaired)
    );
    let again = program(directory.path(), &["sessions", "repair"]);
    assert!(said(&again).contains("every row was read"), "{}", said(&again));
}

#[test]
fn a_missing_table_hides_no_session() {
    for table in [
        "session",
        "word",
        "stack",
        "fact",
        "event",
        "trail_record",
        "log_line",
        "said",
    ] {
        let directory = tempfile::tempdir().unwrap();
        healthy(directory.path());
        let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.execute_batch(&format!("DROP TABLE {table}")).unwrap();
        drop(connection);
        let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
        assert_eq!(archive.sessions().unwrap().len(), 5, "without {table}");
        drop(archive);
        let Repair::Done { sessions, .. } = Repair::of(directory.path(), moment(0)).unwrap() else {
            panic!("without {table} it is damaged");
        };
        assert_eq!(sessions.len(), 5, "without {table}");
    }
}

#[test]
fn a_file_that_lost_its_end_gives_back_what_was_before_it() {
    let directory = tempfile::tempdir().unwrap();
    healthy(directory.path());
    let path = directory.path().join(FILE_NAME);
    let bytes = fs::read(&path).unwrap();
    for (left, least) in [(bytes.len() - 4_096, 570), (bytes.len() * 3 / 4, 300)] {
        fs::write(&path, &bytes[..left]).unwrap();
        let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
        let events: usize = shown(&archive).values().map(|(events, _, _)| events).sum();
        assert!(
            events >= least,
            "{events} of 600 events of {left} of {} bytes",
            bytes.len()
        );
    }
}

/// Changes rows of the page of events that was saved last, one after the other, as no writer of today would.
fn change_newest_page(directory: &Path, statements: &[&str]) {
    let connection = rusqlite::Connection::open(directory.join(FILE_NAME)).unwrap();
    for (position, change) in statements.iter().enumerate() {
        let changed = connection
            .execute(
                &format!(
                    "UPDATE event SET {change} WHERE position = ?1 AND fact = (SELECT max(fact) FROM event)"
                ),
                [i64::try_from(position).unwrap()],
            )
            .unwrap();
        assert_eq!(changed, 1);
    }
}

/// A page of which two are no events, and two are strange and yet somebody's.
fn take_poison_in(directory: &Path) {
    let mut archive = SqliteArchive::open(directory, Open::ReadWrite).unwrap();
    let mut strange = page(&stack(4), PAGES);
    if let Fact::StackEventsSeen { events, .. } = &mut strange.fact {
        events[7].at = DateTime::from_timestamp(1, 0).unwrap();
        events[8].status = Status::new("");
    }
    archive.append(&stack(4), &[strange]).unwrap();
    change_newest_page(directory, &["event_id = ' '", "at = 0"]);
}

#[test]
fn what_an_older_version_read_out_of_damaged_answers_is_set_aside_when_its_archive_is_brought_up_to_date() {
    let directory = tempfile::tempdir().unwrap();
    healthy(directory.path());
    take_poison_in(directory.path());
    let older = "ALTER TABLE session DROP COLUMN told; ALTER TABLE event DROP COLUMN said_at;
                 ALTER TABLE event DROP COLUMN contested; PRAGMA user_version = 3;";
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    connection.execute_batch(older).unwrap();
    drop(connection);

    let listed = said(&program(directory.path(), &["sessions"]));
    assert!(listed.contains("shop-4: 2 saved events are none"), "{listed}");
    assert!(listed.contains("set aside in the archive, untouched"), "{listed}");
    let again = said(&program(directory.path(), &["sessions"]));
    assert!(!again.contains("set aside"), "told once: {again}");
    let repaired = said(&program(directory.path(), &["sessions", "repair"]));
    assert!(repaired.contains("the archive is sound"), "{repaired}");
    assert!(repaired.contains("shop-4: 2 saved events are none"), "{repaired}");

    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let shown = archive.load(&stack(4)).unwrap();
    assert_eq!(count(&stack(4), &shown).0, WHOLE.0 + 28);
    let listed = archive.sessions().unwrap();
    let listed = listed.iter().find(|session| session.root == stack(4)).unwrap();
    assert_eq!(listed.events, u64::try_from(WHOLE.0 + 28).unwrap());
    assert_eq!(archive.damage(), None);
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    let kept: i64 = connection
        .query_row(
            "SELECT count(*) FROM fact WHERE kind = 'no_event' AND json_valid(body)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(kept, 2);
}

#[test]
fn a_time_at_the_end_of_the_calendar_stops_nobody() {
    let directory = tempfile::tempdir().unwrap();
    healthy(directory.path());
    // As an older version took it in, which had the file open when this one brought it up to date.
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    archive.append(&stack(2), &[page(&stack(2), PAGES)]).unwrap();
    change_newest_page(
        directory.path(),
        &["at = '8210266876799 999999999'", "at = '-8334601228800 0'"],
    );
    let gone = Recorded {
        observed_at: DateTime::<Utc>::MAX_UTC,
        fact: Fact::StackGone { stack_id: stack(3) },
    };
    archive.append(&stack(3), &[gone]).unwrap();
    drop(archive);
    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let expected: BTreeMap<StackId, Count> = (1..=SESSIONS)
        .map(|number| {
            let more = if number == 2 { 28 } else { 0 };
            (stack(number), (WHOLE.0 + more, WHOLE.1, WHOLE.2))
        })
        .collect();
    assert_eq!(shown(&archive), expected);
    let told = archive.damage().unwrap().unreadable.clone();
    assert!(
        is_named(&told, &stack(2)) && is_named(&told, &stack(3)),
        "{told:?}"
    );
    drop(archive);
    for arguments in [
        &["sessions"][..],
        &["open", "shop-2", "--headless"],
        &["diff", "shop-3"],
        &["export", "shop-2"],
    ] {
        let output = program(directory.path(), arguments);
        assert!(
            output.status.code().is_some_and(|code| code < 100),
            "{}",
            said(&output)
        );
    }
    let exported = program(directory.path(), &["export", "shop-2", "--format", "json"]).stdout;
    let repaired = program(directory.path(), &["sessions", "repair"]);
    assert!(
        said(&repaired).contains("its time cannot be"),
        "{}",
        said(&repaired)
    );
    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    assert_eq!((shown(&archive), archive.damage()), (expected, None));

    // Nothing of the kind is taken in again.
    let exported = String::from_utf8(exported).unwrap();
    let at = "\"at\":\"2026-05-28T";
    assert!(exported.contains(at), "{exported:.300}");
    let file = directory.path().join("poison.json");
    fs::write(&file, exported.replacen(at, "\"at\":\"+262142-05-28T", 1)).unwrap();
    let refused = program(directory.path(), &["import", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(
        said(&refused).contains("outside of the years 1 to 9999"),
        "{}",
        said(&refused)
    );
}

#[test]
fn what_an_older_version_read_out_of_damaged_answers_is_set_aside_by_repair() {
    let directory = tempfile::tempdir().unwrap();
    healthy(directory.path());
    take_poison_in(directory.path());
    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let shown = archive.load(&stack(4)).unwrap();
    assert_eq!(
        count(&stack(4), &shown).0,
        WHOLE.0 + 28,
        "what is no event is none"
    );
    drop(archive);
    let repaired = program(directory.path(), &["sessions", "repair"]);
    let told = said(&repaired);
    assert_eq!(
        told.matches("it is no event").count(),
        3,
        "what was met first, and each of two: {told}"
    );
    assert!(told.contains("it is set aside, untouched"), "{told}");
    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let sessions = archive.sessions().unwrap();
    let events = sessions
        .iter()
        .find(|session| session.root == stack(4))
        .map(|session| session.events);
    assert_eq!(events, Some(u64::try_from(WHOLE.0 + 28).unwrap()));
    let again = Repair::of(directory.path(), moment(0)).unwrap();
    assert_eq!(again, Repair::Sound);
}

#[test]
fn what_a_repair_could_not_keep_whole_is_marked_everywhere() {
    let directory = tempfile::tempdir().unwrap();
    healthy(directory.path());
    change_newest_page(directory.path(), &["at = 'never'"]);
    let incomplete = |line: &str| line.contains("incomplete");
    let repaired = program(directory.path(), &["sessions", "repair"]);
    assert!(
        said(&repaired).contains("recovered shop-5: 119 of 120 events"),
        "{}",
        said(&repaired)
    );
    let marked = || {
        let listed = program(directory.path(), &["sessions"]).stdout;
        let listed = String::from_utf8(listed).unwrap();
        let marked: Vec<String> = listed
            .lines()
            .filter(|line| incomplete(line))
            .map(ToOwned::to_owned)
            .collect();
        marked
    };
    let [only] = marked().try_into().unwrap();
    assert!(only.contains("shop-5"), "{only}");
    let listed = program(directory.path(), &["sessions", "--json"]).stdout;
    for line in String::from_utf8(listed).unwrap().lines() {
        let session: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(session["incomplete"], session["name"] == "shop-5", "{session}");
        assert!(session["headline"].is_string(), "{session}");
    }
    let opened = said(&program(directory.path(), &["open", "shop-5", "--headless"]));
    assert!(
        opened.contains("Some of what was saved could not be read"),
        "{opened}"
    );
    let whole = said(&program(directory.path(), &["open", "shop-1", "--headless"]));
    assert!(!whole.contains("could not be read"), "{whole}");

    // It stays so: in what is exported and taken in again, and after another repair.
    let again = said(&program(directory.path(), &["sessions", "repair"]));
    assert!(again.contains("the archive is sound"), "{again}");
    assert_eq!(marked().len(), 1);
    let exported = program(directory.path(), &["export", "shop-5", "--format", "json"]).stdout;
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("session.json");
    fs::write(&file, exported).unwrap();
    let taken = program(elsewhere.path(), &["import", file.to_str().unwrap()]);
    assert!(taken.status.success(), "{}", said(&taken));
    let listed = said(&program(elsewhere.path(), &["sessions"]));
    assert!(incomplete(&listed), "{listed}");
}

/// What an overwritten page leaves of a record, and what passes for one at a glance.
#[test]
fn a_record_that_is_none_any_more_is_named_and_what_was_read_out_of_it_is_kept() {
    for (raw, is_seen_at_once) in [
        ("CAST(zeroblob(700) AS TEXT)", true),
        ("'{\"eventID\": '", true),
        ("'nothing'", true),
        ("'{nothing}'", false),
    ] {
        let directory = tempfile::tempdir().unwrap();
        healthy(directory.path());
        let set = |raw: &str| {
            let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
            let update = format!("UPDATE trail_record SET raw = {raw} WHERE id = 1");
            assert_eq!(connection.execute(&update, []).unwrap(), 1);
        };
        // That there is none is no damage.
        set("''");
        let sound = said(&program(directory.path(), &["sessions", "repair"]));
        assert!(sound.contains("the archive is sound"), "{sound}");
        set(raw);
        let opened = said(&program(directory.path(), &["open", "shop-1", "--headless"]));
        assert_eq!(
            opened.contains("shop-1: trail_record 1"),
            is_seen_at_once,
            "{raw}: {opened}"
        );
        let repaired = said(&program(directory.path(), &["sessions", "repair"]));
        assert!(
            repaired.contains("could not be read: shop-1: trail_record 1: the record itself cannot be read"),
            "{raw}: {repaired}"
        );
        let again = said(&program(directory.path(), &["sessions", "repair"]));
        assert!(again.contains("the archive is sound"), "{again}");
        let opened = said(&program(directory.path(), &["open", "shop-1", "--headless"]));
        assert!(
            opened.contains("Some of what was saved could not be read"),
            "{opened}"
        );
        let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
        assert_eq!(shown(&archive)[&stack(1)], WHOLE, "{raw}");
    }
}

/// A session of which no event is left is told so: that it is damaged, not that it was never seen.
#[test]
fn a_session_that_lost_its_events_says_so_when_it_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    healthy(directory.path());
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    let owned = "fact IN (SELECT seq FROM fact WHERE session = 1)";
    connection
        .execute(&format!("UPDATE event SET at = 'never' WHERE {owned}"), [])
        .unwrap();
    drop(connection);
    let repaired = said(&program(directory.path(), &["sessions", "repair"]));
    assert!(
        repaired.contains("recovered shop-1: 0 of 120 events"),
        "{repaired}"
    );
    let opened = said(&program(directory.path(), &["open", "shop-1", "--headless"]));
    assert!(
        opened.contains("some of what was saved could not be read"),
        "{opened}"
    );
}
