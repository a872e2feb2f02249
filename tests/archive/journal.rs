//! The archive on real files: what was appended comes back, whatever happens in between.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may fail loudly"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use stacktrail::archive::{FILE_NAME, Open, Repair, SessionFile, SessionFileError, SqliteArchive};
use stacktrail::domain::model::event::{EventExtras, Extras, HookInvocation, StackEvent};
use stacktrail::domain::model::fact::{Fact, FunctionDescription, Recorded, ServiceStatement};
use stacktrail::domain::model::fault::{Fault, FaultKind};
use stacktrail::domain::model::log::{LogAnswer, LogGroup, LogLine, LogSearch};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::{StackDescription, StackId};
use stacktrail::domain::model::status::Status;
use stacktrail::domain::model::trail::{
    Identity, TrailAnswer, TrailAttribute, TrailKey, TrailRecord, TrailSearch,
};
use stacktrail::domain::session::{Session, reading};
use stacktrail::ports::archive::{Archive, ArchiveError};

use crate::support::events;

fn stack(number: u8) -> StackId {
    let arn =
        format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-{number}/{number:04x}3113-b0f9");
    StackId::parse(&arn).unwrap()
}

fn moment(milliseconds: i64) -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::milliseconds(milliseconds)
}

fn event(stack_id: &StackId, number: i64, status: &str) -> StackEvent {
    events::event(
        stack_id,
        moment(number * 1000),
        &format!("Resource{number}"),
        status,
    )
    .id(format!("Resource{number}-{status}"))
    .physical(format!("resource-{number}"))
    .told()
}

fn page(stack_id: &StackId, at: i64, numbers: impl IntoIterator<Item = i64>) -> Recorded {
    let events = numbers
        .into_iter()
        .map(|number| event(stack_id, number, "CREATE_COMPLETE"));
    events::page(stack_id, moment(at), events)
}

fn own_event(stack_id: &StackId, number: i64, status: &str) -> Recorded {
    let own = events::event(stack_id, moment(number * 1000), stack_id.name(), status)
        .id(format!("Resource{number}-{status}"))
        .told();
    events::page(stack_id, moment(number * 1000 + 1), [own])
}

/// In memory where the system offers it: many small commits wait long for a real disk.
fn fast_directory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn open(directory: &Path) -> SqliteArchive {
    SqliteArchive::open(directory, Open::ReadWrite).unwrap()
}

/// Everything that a session tells, in a fixed order.
fn digest(session: &Session) -> String {
    let stacks: Vec<_> = session
        .stacks()
        .map(|(id, history)| {
            let events: Vec<_> = history
                .events()
                .iter()
                .map(|seen| (&seen.event, seen.observed_at))
                .collect();
            format!("{id} {:?} {events:?}", history.description())
        })
        .collect();
    let regions =
        ["eu-west-1", "us-east-1"].map(|region| session.trail().watermark(&SourceId::CLOUDTRAIL, region));
    let statements: Vec<_> = session.statements().collect();
    let reading = session.stacks().map(|(stack, _)| reading::since(session, stack));
    let reading: Vec<_> = reading.collect();
    let too_much = session.found_too_much(&SourceId::LOGS, "key 1");
    format!(
        "{stacks:#?}\n{:?}\n{:?}\n{:?}\n{regions:?}\n{:?}\n{statements:?}\n{:?}\n{:?} {:?} {:?} {}",
        session.functions(),
        session.trail().records(),
        session.trail().answers(),
        session.logs(),
        session.source_troubles(),
        session.gone_since(),
        session.replaced_by(),
        session.last_seen(),
        session.event_count(),
    ) + &format!("{reading:?} {too_much:?}")
}

// ---------------------------------------------------------------- any facts

prop_compose! {
    /// Text as hostile as it gets: control characters, NUL, anything outside the basic plane.
    fn text()(chars in prop::collection::vec(prop_oneof![any::<char>(), prop::char::range('\0', '\u{1f}'), prop::char::range('a', 'z')], 0..12)) -> String {
        chars.into_iter().collect()
    }
}

prop_compose! {
    fn any_event(owner: StackId)(
        named in prop_oneof![8 => Just(None), 1 => (0_u8..3).prop_map(|number| Some(stack(number)))],
        number in 0_u8..12,
        at in 0_i64..5,
        nanoseconds in 0_i64..3,
        physical_id in prop_oneof![Just(None), text().prop_map(Some), (0_u8..4).prop_map(|number| Some(stack(number).to_string()))],
        resource_type in prop_oneof![Just("AWS::CloudFormation::Stack".to_owned()), text()],
        status in prop_oneof![Just("CREATE_FAILED".to_owned()), Just("CREATE_IN_PROGRESS".to_owned()), text()],
        reason in prop::option::of(text()),
        operation_id in prop::option::of(text().prop_map(Arc::<str>::from)),
        logical_id in text(),
        hook in prop::option::of(text()),
        settings in prop::collection::btree_map(text(), text(), 0..2),
    ) -> StackEvent {
        StackEvent {
            stack_id: named.unwrap_or_else(|| owner.clone()),
            event_id: format!("event-{number}\0"),
            at: moment(at) + TimeDelta::nanoseconds(nanoseconds),
            logical_id, physical_id, resource_type, reason, operation_id,
            status: Status::new(&status),
            extras: EventExtras::from(Extras {
                client_request_token: None,
                detailed_status: None,
                hook: hook.map(|name| Box::new(HookInvocation { name, ..HookInvocation::default() })),
                settings,
            }),
        }
    }
}

prop_compose! {
    /// A record's time belongs to its id, as in CloudTrail; the rest may differ from answer to answer.
    fn any_record()(number in 0_u8..8, raw in text(), error in prop::option::of(text()), name in text()) -> TrailRecord {
        TrailRecord {
            event_id: format!("record-{number}"),
            at: moment(i64::from(number)),
            region: "eu-west-1".to_owned(),
            source: "s3.amazonaws.com".to_owned(),
            name, raw,
            error_code: error.clone(),
            error_message: error,
            request_id: None,
            identity: Identity { kind: "AssumedRole".to_owned(), ..Identity::default() },
            source_ip: None,
            user_agent: None,
            read_only: Some(false),
        }
    }
}

prop_compose! {
    fn any_search()(region in prop_oneof![Just("eu-west-1"), Just("us-east-1")], value in prop::option::of(text()), from in 0_i64..3) -> TrailSearch {
        TrailSearch {
            region: region.to_owned(),
            attribute: value.map(|value| TrailAttribute { key: TrailKey::Username, value }),
            from: moment(from),
            to: moment(from + 10),
        }
    }
}

prop_compose! {
    fn any_log()(
        group in 0_u8..2, stream in 0_u8..2, filter in prop::option::of(text()),
        group_missing in any::<bool>(), complete in any::<bool>(),
        lines in prop::collection::vec((0_u8..2, 0_u8..6, 0_i64..2, text()), 0..5),
    ) -> LogAnswer {
        let group = LogGroup { region: "eu-west-1".to_owned(), name: format!("/aws/lambda/{group}") };
        LogAnswer {
            search: LogSearch { group, stream: Some(format!("stream {stream}")), filter, from: moment(0), to: moment(9) },
            lines: lines.into_iter().map(|(stream, id, at, message)| LogLine {
                at: moment(at), stream: format!("stream {stream}"), id: format!("line {id}"), message,
            }).collect(),
            group_missing,
            complete,
        }
    }
}

/// Facts that are kept as they are. What they say belongs to what they are about.
fn any_plain_fact() -> impl Strategy<Value = Fact> {
    let function = (0_u8..3).prop_map(|number| Fact::FunctionDescribed {
        function: FunctionDescription {
            arn: format!("function {number}"),
            name: format!("name\u{0}{number}"),
            role_arn: None,
            log_group: "/g".to_owned(),
            in_vpc: true,
            timeout_seconds: Some(3),
        },
    });
    let stated = (0_u8..3).prop_map(|number| Fact::ServiceStated {
        statement: ServiceStatement {
            source: "ecs".into(),
            id: format!("task {number}"),
            stack_id: stack(1),
            logical_id: "Service".to_owned(),
            at: moment(3),
            text: "CannotPullContainerError\u{7}".to_owned(),
            principals: vec!["role".to_owned()],
            logs: vec![("/g".to_owned(), None)],
        },
    });
    let failed = (0_u8..3).prop_map(|number| Fact::SourceFailed {
        source: "cloudtrail".into(),
        region: "eu-west-1".to_owned(),
        key: format!("key {number}"),
        fault: Fault::new(
            "cloudtrail:LookupEvents",
            FaultKind::Throttled,
            "slow down\u{1b}[0m",
        ),
    });
    let key = || (0_u8..3).prop_map(|number| format!("key {number}"));
    let answered = (key(), 0_i64..5).prop_map(|(key, at)| Fact::SourceAnswered {
        source: "cloudtrail".into(),
        key,
        at: moment(at),
    });
    let too_much = (key(), 0_i64..5).prop_map(|(key, at)| Fact::SourceFoundTooMuch {
        source: "logs".into(),
        key,
        at: moment(at),
    });
    let missed = key().prop_map(|key| Fact::SourceMissedPart {
        source: "ecs".into(),
        region: String::new(),
        key,
        fault: Fault::new("ecs:ListTasks", FaultKind::Denied, "no\u{0}"),
    });
    prop_oneof![function, stated, failed, answered, too_much, missed, any_mark()]
}

/// Facts about how a stack's events are read.
fn any_mark() -> impl Strategy<Value = Fact> {
    (0_u8..5, 0_u8..3, 0_i64..5).prop_map(|(kind, number, at)| {
        let (stack_id, at) = (stack(number), moment(at));
        match kind {
            0 => Fact::StackRead { stack_id },
            1 => Fact::StackReadingBegun { stack_id, at },
            2 => Fact::StackReadingEnded { stack_id, at },
            3 => Fact::StackEventsReadable { stack_id, at },
            _ => Fact::StackEventsUnreadable {
                stack_id,
                fault: Fault::new("cloudformation:DescribeStackEvents", FaultKind::Denied, "no"),
            },
        }
    })
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let events = (0_u8..3).prop_flat_map(|number| {
        prop::collection::vec(any_event(stack(number)), 0..6).prop_map(move |events| Fact::StackEventsSeen {
            stack_id: stack(number),
            events,
        })
    });
    let described =
        (0_u8..3, text(), prop::option::of(text())).prop_map(|(number, status, status_reason)| {
            Fact::StackDescribed {
                stack: StackDescription {
                    id: stack(number),
                    status: Status::new(&status),
                    status_reason,
                    parent: None,
                    root: Some(stack(0)),
                    role_arn: None,
                    created_at: Some(moment(0)),
                    deleted_at: None,
                },
            }
        });
    let trail = (
        any_search(),
        prop::collection::vec(any_record(), 0..5),
        any::<bool>(),
        0_u32..3,
    )
        .prop_map(|(search, records, complete, calls)| Fact::TrailSearched {
            answer: TrailAnswer {
                search,
                records,
                complete,
                calls,
                source: SourceId::CLOUDTRAIL,
            },
        });
    prop_oneof![
        4 => events,
        1 => described,
        3 => trail,
        3 => any_log().prop_map(|answer| Fact::LogsRead { answer }),
        3 => any_plain_fact(),
        1 => (0_u8..2).prop_map(|number| Fact::StackGone { stack_id: stack(number) }),
        1 => (0_u8..2, 1_u8..4).prop_map(|(number, by)| Fact::StackReplaced { stack_id: stack(number), by: stack(by) }),
    ]
}

fn any_journal() -> impl Strategy<Value = Vec<Recorded>> {
    let timed = prop::collection::vec((any_fact(), 0_i64..6), 0..30);
    // Some of what was seen is seen again, at another moment.
    let again = prop::collection::vec((any::<prop::sample::Index>(), 0_i64..6), 0..6);
    (timed, again).prop_map(|(mut facts, again)| {
        let seen = |(fact, _): &&(Fact, i64)| matches!(fact, Fact::StackEventsSeen { .. });
        let events: Vec<Fact> = facts.iter().filter(seen).map(|(fact, _)| fact.clone()).collect();
        if !events.is_empty() {
            facts.extend(
                again
                    .into_iter()
                    .map(|(which, at)| (which.get(&events).clone(), at)),
            );
        }
        let recorded = facts.into_iter().enumerate().map(|(index, (fact, at))| {
            // Two answers to one search are never given at one moment.
            let apart = match fact {
                Fact::TrailSearched { .. } => TimeDelta::nanoseconds(i64::try_from(index).unwrap()),
                _ => TimeDelta::zero(),
            };
            Recorded {
                observed_at: moment(at) + apart,
                fact,
            }
        });
        recorded.collect()
    })
}

/// More of them where somebody asks for it.
fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(128)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn what_is_loaded_folds_to_what_was_recorded(journal in any_journal(), first in 1_usize..7, second in 1_usize..7) {
        let directory = fast_directory();
        let root = stack(0);
        let mut archive = open(directory.path());
        for batch in journal.chunks(first) {
            archive.append(&root, batch).unwrap();
        }
        // The same again, cut differently and by another connection, as after a restart.
        drop(archive);
        let mut archive = open(directory.path());
        for batch in journal.chunks(second) {
            archive.append(&root, batch).unwrap();
        }
        let expected = Session::replay(root.clone(), &journal);
        let summaries = archive.sessions().unwrap();
        if journal.is_empty() {
            prop_assert!(summaries.is_empty());
        } else {
            let loaded = archive.load(&root).unwrap();
            let reopened = Session::replay(root.clone(), &loaded);
            prop_assert_eq!(digest(&reopened), digest(&expected));
            let reader = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
            prop_assert_eq!(reader.load(&root).unwrap(), loaded);

            // Exported, imported elsewhere and exported again: the same bytes.
            let mut first = Vec::new();
            reader.export(&root).unwrap().write(&mut first).unwrap();
            let elsewhere = fast_directory();
            let mut other = open(elsewhere.path());
            match SessionFile::read(first.as_slice()) {
                Ok(file) => {
                    other.import(&file).unwrap();
                    let mut second = Vec::new();
                    other.export(&root).unwrap().write(&mut second).unwrap();
                    prop_assert_eq!(String::from_utf8(second).unwrap(), String::from_utf8(first).unwrap());
                }
                // All that it tells is of other stacks: the made-up journal is no session of this one.
                Err(SessionFileError::Stranger { of, .. }) => prop_assert_ne!(of, root),
                Err(error) => prop_assert!(false, "{error}"),
            }

            let summary = &summaries[0];
            prop_assert_eq!(summary.events, u64::try_from(expected.event_count()).unwrap());
            prop_assert_eq!(Some(summary.last_seen), expected.last_seen());
            prop_assert_eq!(summary.gone, expected.gone_since().is_some());
            let status = expected.root_history().and_then(|root| root.status());
            prop_assert_eq!(summary.status.as_deref(), status.map(Status::as_str));
        }
    }
}

// ---------------------------------------------------------------- the journal

#[test]
fn the_journal_keeps_its_order_and_the_moments_of_sight() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let journal = vec![
        page(&root, 100, [3, 2, 1]),
        Recorded {
            observed_at: moment(90),
            fact: Fact::StackGone {
                stack_id: root.clone(),
            },
        },
        page(&stack(1), 150, [1]),
        page(&root, 200, [4]),
    ];
    let mut archive = open(directory.path());
    archive.append(&root, &journal).unwrap();
    assert_eq!(archive.load(&root).unwrap(), journal);
    // Seen again later: nothing new but the moment of the last look.
    archive.append(&root, &[page(&root, 300, [1, 2, 3, 4])]).unwrap();
    let mut expected = journal;
    expected.push(Recorded {
        observed_at: moment(300),
        fact: Fact::StackRead {
            stack_id: root.clone(),
        },
    });
    assert_eq!(archive.load(&root).unwrap(), expected);
}

#[test]
fn an_event_seen_earlier_by_somebody_else_takes_the_earlier_moment() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut archive = open(directory.path());
    archive.append(&root, &[page(&root, 200, [1, 2])]).unwrap();
    archive.append(&root, &[page(&root, 100, [2])]).unwrap();
    let loaded = archive.load(&root).unwrap();
    assert_eq!(loaded, [page(&root, 200, [1]), page(&root, 100, [2])]);
}

#[test]
fn a_summary_follows_the_root_stacks_own_newest_event() {
    let directory = tempfile::tempdir().unwrap();
    let (root, nested) = (stack(0), stack(1));
    let mut archive = open(directory.path());
    archive
        .append(&root, &[own_event(&root, 5, "UPDATE_COMPLETE")])
        .unwrap();
    archive
        .append(&root, &[own_event(&root, 2, "UPDATE_IN_PROGRESS")])
        .unwrap();
    archive
        .append(&root, &[own_event(&nested, 9, "DELETE_COMPLETE")])
        .unwrap();
    let summary = archive.sessions().unwrap().remove(0);
    assert_eq!(summary.status.as_deref(), Some("UPDATE_COMPLETE"));
    assert_eq!((summary.events, summary.gone), (3, false));
    assert_eq!(
        (summary.first_seen, summary.last_seen),
        (moment(2001), moment(9001))
    );
    assert!(summary.bytes > 100);
}

#[test]
fn a_person_finds_a_session_by_arn_name_or_id() {
    let directory = tempfile::tempdir().unwrap();
    let mut archive = open(directory.path());
    let arn =
        |id: &str| StackId::parse(&format!("arn:aws:cloudformation:eu-west-1:1:stack/shop/{id}")).unwrap();
    let (old, new) = (arn("aaaa1111-b0f9"), arn("aaaa2222-b0f9"));
    archive.append(&new, &[page(&new, 900, [1])]).unwrap();
    archive.append(&old, &[page(&old, 100, [1])]).unwrap();
    assert_eq!(archive.find(" shop ").unwrap(), new);
    assert_eq!(archive.find(old.as_str()).unwrap(), old);
    assert_eq!(archive.find("AAAA1").unwrap(), old);
    let ambiguous = archive.find("aaaa").unwrap_err();
    assert!(matches!(&ambiguous, ArchiveError::Ambiguous { candidates, .. } if candidates == &[new, old]));
    assert!(
        ambiguous.to_string().contains("aaaa1111-b0f9 (shop)"),
        "{ambiguous}"
    );
    for unknown in [
        "",
        "aaa",
        "shop-2",
        "bbbb",
        "arn:aws:cloudformation:eu-west-1:1:stack/shop/x",
    ] {
        assert!(
            matches!(archive.find(unknown), Err(ArchiveError::NoSession { .. })),
            "{unknown}"
        );
    }
    assert!(matches!(
        archive.load(&stack(7)),
        Err(ArchiveError::NoSession { .. })
    ));
}

// ---------------------------------------------------------------- the file

fn refused(directory: &Path, mode: Open) -> ArchiveError {
    let path = directory.join(FILE_NAME);
    let before = std::fs::read(&path).unwrap();
    let error = SqliteArchive::open(directory, mode).expect_err("refused");
    assert!(std::fs::read(&path).unwrap() == before, "the file was touched");
    assert!(error.to_string().contains(FILE_NAME), "{error}");
    error
}

#[test]
fn a_newer_file_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let path = directory.path().join(FILE_NAME);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 4711).unwrap();
    drop(connection);
    for mode in [Open::ReadWrite, Open::ReadOnly] {
        assert!(matches!(
            refused(directory.path(), mode),
            ArchiveError::Newer { found: 4711, .. }
        ));
        let beside: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
        assert_eq!(beside.len(), 2, "only the file and its lock: {beside:?}");
    }
}

#[test]
fn a_newer_file_whose_version_is_still_in_its_log_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    connection.pragma_update(None, "user_version", 4711).unwrap();
    for mode in [Open::ReadWrite, Open::ReadOnly] {
        assert!(matches!(
            refused(directory.path(), mode),
            ArchiveError::Newer { .. }
        ));
    }
}

#[test]
fn garbage_and_other_programs_files_are_refused_untouched() {
    for mode in [Open::ReadWrite, Open::ReadOnly] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        for garbage in [vec![0_u8; 5000], b"# notes\n".repeat(1000), b"x".to_vec()] {
            std::fs::write(&path, garbage).unwrap();
            assert!(matches!(
                refused(directory.path(), mode),
                ArchiveError::Damaged { .. }
            ));
        }
        std::fs::remove_file(&path).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection
            .execute_batch("CREATE TABLE recipes (text TEXT)")
            .unwrap();
        drop(connection);
        assert!(matches!(
            refused(directory.path(), mode),
            ArchiveError::Damaged { .. }
        ));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let error = SqliteArchive::open(directory.path(), mode).expect_err("refused");
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_file_overwritten_inside_gives_what_is_left_and_is_called_damaged() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut archive = open(directory.path());
    archive.append(&root, &[page(&root, 1, 0..5000)]).unwrap();
    drop(archive);
    let path = directory.path().join(FILE_NAME);
    let mut bytes = std::fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[8192..length - 4096].fill(0xAA);
    std::fs::write(&path, bytes).unwrap();
    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let left = archive.load(&root);
    let told = archive.damage().map(|damage| damage.told(Some(&root)));
    match left {
        Ok(_) => assert!(told.is_some_and(|told| told.len() > 1)),
        Err(error) => assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}"),
    }
}

#[test]
fn reading_creates_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("data");
    let archive = SqliteArchive::open(&inside, Open::ReadOnly).unwrap();
    assert_eq!(archive.sessions().unwrap(), []);
    assert!(!inside.exists());
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = SqliteArchive::open(&file.join("data"), Open::ReadWrite).expect_err("refused");
    assert!(matches!(error, ArchiveError::Directory { .. }), "{error}");
    assert!(error.to_string().contains("--data-dir"), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("a/data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let root = stack(0);
    let mut archive = open(&inside);
    archive.append(&root, &[page(&root, 1, [1])]).unwrap();
    let names = [
        "stacktrail.db",
        "stacktrail.db-wal",
        "stacktrail.db-shm",
        "stacktrail.lock",
    ];
    for name in names {
        assert_eq!(mode(&inside.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&inside), 0o700);
    // A file that came from elsewhere is closed, too.
    drop(archive);
    std::fs::set_permissions(inside.join(FILE_NAME), std::fs::Permissions::from_mode(0o644)).unwrap();
    let _archive = open(&inside);
    assert_eq!(mode(&inside.join(FILE_NAME)), 0o600);
}

#[cfg(unix)]
#[test]
fn a_link_is_refused_and_what_it_leads_to_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let theirs = directory.path().join("theirs");
    std::fs::write(&theirs, "").unwrap();
    for name in [FILE_NAME, "stacktrail.db-wal", "stacktrail.db-shm"] {
        let data = directory.path().join(format!("data of {name}"));
        std::fs::create_dir(&data).unwrap();
        std::os::unix::fs::symlink(&theirs, data.join(name)).unwrap();
        for mode in [Open::ReadWrite, Open::ReadOnly] {
            let error = SqliteArchive::open(&data, mode).expect_err("refused");
            assert!(matches!(error, ArchiveError::Linked { .. }), "{error}");
            assert!(error.to_string().contains("--data-dir"), "{error}");
        }
        assert!(Repair::of(&data, moment(0)).is_err());
    }
    assert_eq!(std::fs::read(&theirs).unwrap(), b"");
}

// ---------------------------------------------------------------- several at once, and crashes

#[test]
fn two_writers_of_one_session_do_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (root, path) = (&root, directory.path());
            scope.spawn(move || {
                // Both also race to create the file.
                let mut archive = open(path);
                for number in 0..100 {
                    let seen = page(root, number * 10 + writer, number..number + 5);
                    archive.append(root, &[seen]).unwrap();
                }
            });
        }
    });
    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let session = Session::replay(root.clone(), &archive.load(&root).unwrap());
    assert_eq!(session.event_count(), 104);
    assert_eq!(archive.sessions().unwrap()[0].events, 104);
    assert_eq!(session.last_seen(), Some(moment(991)));
}

#[test]
fn a_reader_sees_what_another_connection_commits() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut writer = open(directory.path());
    writer.append(&root, &[page(&root, 1, [1])]).unwrap();
    let reader = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    assert_eq!(reader.load(&root).unwrap().len(), 1);
    writer.append(&root, &[page(&root, 2, [2])]).unwrap();
    assert_eq!(reader.load(&root).unwrap().len(), 2);
    let mut reader = reader;
    let refused = reader.append(&root, &[page(&root, 3, [3])]);
    assert!(
        matches!(refused, Err(ArchiveError::Storage { doing: "written", .. })),
        "{refused:?}"
    );
}

#[test]
fn a_reader_does_not_keep_writers_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut archive = open(directory.path());
    archive.append(&root, &[page(&root, 1, [1])]).unwrap();
    let locker = rusqlite::Connection::open(archive.path()).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(archive.load(&root).unwrap().len(), 1);
    assert_eq!(archive.sessions().unwrap().len(), 1);
}

#[test]
fn nothing_is_lost_without_a_proper_end() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut archive = open(directory.path());
    archive.append(&root, &[page(&root, 1, 0..50)]).unwrap();
    // The files as a crash leaves them: with a log, and without its shared memory.
    let crashed = tempfile::tempdir().unwrap();
    for name in [FILE_NAME, "stacktrail.db-wal"] {
        std::fs::copy(directory.path().join(name), crashed.path().join(name)).unwrap();
    }
    for mode in [Open::ReadOnly, Open::ReadWrite] {
        let archive = SqliteArchive::open(crashed.path(), mode).unwrap();
        assert_eq!(archive.sessions().unwrap()[0].events, 50);
    }
}

const CHILD: &str = "STACKTRAIL_TEST_APPEND_TO";

/// Not a test by itself: the process that [`a_killed_process_has_kept_all_that_it_reported`] kills.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test tells its parent how far it is")]
fn appends_until_killed() {
    use std::io::Write as _;
    let Some(directory) = std::env::var_os(CHILD) else {
        return;
    };
    let root = stack(0);
    let mut archive = open(Path::new(&directory));
    for number in 0.. {
        archive
            .append(&root, &[page(&root, number, number * 10..number * 10 + 10)])
            .unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nkept {}", number * 10 + 10).unwrap();
        out.flush().unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_killed_process_has_kept_all_that_it_reported() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    for round in 1..=5_usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::appends_until_killed", "--nocapture"])
            .env(CHILD, directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let reports = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let mut reports = reports.filter_map(|line| {
            line.strip_prefix("kept ")
                .map(|kept| kept.parse::<u64>().unwrap())
        });
        let mut kept = reports.nth(round * 7).unwrap();
        child.kill().unwrap();
        kept = reports.last().unwrap_or(kept);
        child.wait().unwrap();
        let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
        assert!(archive.sessions().unwrap()[0].events >= kept);
        assert!(
            Session::replay(root.clone(), &archive.load(&root).unwrap()).event_count()
                >= usize::try_from(kept).unwrap()
        );
    }
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    let check: String = connection
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
}

#[test]
fn rare_settings_of_an_event_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut rare = event(&root, 1, "CREATE_FAILED");
    rare.extras.settings = BTreeMap::from([("ServiceToken".to_owned(), "arn:aws:lambda".to_owned())]);
    rare.extras.hook = Some(Box::new(HookInvocation {
        name: "A::B::Hook".to_owned(),
        ..HookInvocation::default()
    }));
    rare.reason = Some("\0 lone \u{1b} and \u{202e} kept".to_owned());
    let seen = Recorded {
        observed_at: moment(1),
        fact: Fact::StackEventsSeen {
            stack_id: root.clone(),
            events: vec![rare],
        },
    };
    let mut archive = open(directory.path());
    archive.append(&root, std::slice::from_ref(&seen)).unwrap();
    assert_eq!(archive.load(&root).unwrap(), [seen]);
}
