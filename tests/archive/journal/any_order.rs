//! Any facts in any order and in any pages make the same session, in memory and on a disk.

use std::sync::Arc;

use chrono::TimeDelta;
use proptest::prelude::*;
use stacktrail::archive::{Open, SessionFile, SessionFileError, SqliteArchive};
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
use stacktrail::ports::archive::Archive;

use super::{fast_directory, moment, open, stack};

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
            name,
            raw: serde_json::json!({ "text": raw }).to_string(),
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
                    deployment_mode: None,
                    created_at: Some(moment(0)),
                    deleted_at: None,
                    outputs: None,
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
