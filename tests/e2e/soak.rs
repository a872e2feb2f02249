//! An hour with every kind of trouble, beside the same hour without any: what is on record in the end is the same,
//! field by field.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::session::Session;
use stacktrail::ports::{Clock as _, ScaledClock};
use stacktrail::sandbox::Scenario;

use crate::support::judge::{self, Complaints};
use crate::support::program::Ended;
use crate::support::stage::Stage;

const TROUBLE: [&str; 13] = [
    "DescribeStackEvents=throttle@02:00..05:00",
    "DescribeStackEvents=server_error@06:00..08:00",
    "DescribeStackEvents=reset@09:00..09:30",
    "DescribeStackEvents=html@11:00..11:40",
    "DescribeStackEvents=malformed@13:00..13:30",
    "DescribeStackEvents=truncated@15:00..15:20",
    "DescribeStackEvents=refused@17:00..18:00",
    "DescribeStackEvents(Services)=denied@19:00..23:00",
    "*=expired@24:30..26:00",
    "*=reset@28:00..29:00",
    "LookupEvents=throttle@20:00..30:00",
    "FilterLogEvents=server_error@24:00..26:00",
    "ListChangeSets=html",
];

fn session(stage: &Stage) -> Session {
    let archive = SqliteArchive::open(&stage.home.data(), Open::ReadOnly).unwrap();
    archive.session(&StackId::parse(stage.root()).unwrap()).unwrap()
}

/// The events by what tells them apart; a complaint for each that is there twice.
fn events<'a>(session: &'a Session, wrong: &mut Complaints) -> BTreeMap<(&'a str, &'a str), &'a StackEvent> {
    let mut events = BTreeMap::new();
    for seen in session.events() {
        let key = (seen.event.stack_id.as_str(), seen.event.event_id.as_str());
        if events.insert(key, &*seen.event).is_some() {
            wrong.push(format!("kept twice: {key:?}"));
        }
    }
    events
}

/// When each of the two watches ended. The story goes on after both (the stack is deleted), and either may see more
/// of that than the other.
struct Ends {
    troubled: DateTime<Utc>,
    calm: DateTime<Utc>,
}

/// Every event, record and log line that both have is the same in all of its fields; nothing is kept that was not
/// served, and no event that was served before the end is missing.
fn differences(troubled: &Session, calm: &Session, stage: &Stage, ends: &Ends) -> Complaints {
    let mut wrong = Complaints::new();
    let (kept, served) = (events(troubled, &mut wrong), events(calm, &mut wrong));
    let schedule = stage.sandbox.stack_events();
    // The calm watch asked for the last time shortly before it ended.
    let last_look = ends.calm - TimeDelta::minutes(2);
    for (key, event) in &kept {
        let after_the_calm_end = || {
            let mut served_later = schedule.iter().filter(|one| one.visible_at >= last_look);
            served_later.any(|one| (one.stack_id.as_str(), one.event_id.as_str()) == *key)
        };
        match served.get(key) {
            Some(other) if other == event => {}
            None if after_the_calm_end() => {}
            other => wrong.push(format!("{event:?} was served as {other:?}")),
        }
    }
    for event in &schedule {
        let (end, key) = (ends.troubled, (event.stack_id.as_str(), event.event_id.as_str()));
        if event.visible_at < end && !kept.contains_key(&key) {
            wrong.push(format!("lost: {key:?}"));
        }
    }
    for (id, seen) in troubled.trail().records() {
        let other = calm.trail().records().get(id);
        if stage.sandbox.visible_at(id).is_none() {
            wrong.push(format!("no such record was served: {seen:?}"));
        } else if other.is_some_and(|other| other.record != seen.record) {
            wrong.push(format!("{seen:?} was served as {other:?}"));
        }
    }
    for (group, book) in troubled.logs() {
        let Some(other) = calm.logs().get(group) else {
            continue;
        };
        for (key, line) in &book.lines {
            if other.lines.get(key).is_some_and(|other| other != line) {
                wrong.push(format!(
                    "{group:?}: {line:?} was served as {:?}",
                    other.lines.get(key)
                ));
            }
        }
    }
    wrong
}

/// A piece of evidence by what it says. A task of the service calls in vain like each before it: which of them were
/// seen to stop, and so looked for, is a matter of seconds.
fn piece(id: &str, session: &Session) -> String {
    let records = session.trail().records();
    let record = id
        .strip_prefix("trail:")
        .and_then(|id| records.iter().find(|(key, _)| key.as_str() == id));
    let Some((_, seen)) = record else {
        return id.to_owned();
    };
    let record = &seen.record;
    format!("trail:{}:{}:{:?}", record.source, record.name, record.error_code)
}

/// What is claimed of each failure, and the records and log lines that it rests on.
fn evidence(document: &Value, session: &Session) -> Vec<Value> {
    let failures = document["failures"].as_array().unwrap();
    let of_root = failures.iter().filter(|failure| failure["role"] == "root");
    of_root
        .map(|failure| {
            let records = failure["trail"]["records"].as_array().unwrap();
            let strong: Vec<&Value> = records
                .iter()
                .filter(|record| record["confidence"] != "low")
                .collect();
            let first = &failure["causes"][0];
            let pieces = first["evidence"].as_array().unwrap().iter();
            let pieces: BTreeSet<String> = pieces.map(|id| piece(id.as_str().unwrap(), session)).collect();
            serde_json::json!([
                failure["stack_id"],
                failure["logical_id"],
                failure["reason"],
                strong,
                first["claim"],
                first["confidence"],
                pieces,
            ])
        })
        .collect()
}

fn end(ended: &Ended) -> DateTime<Utc> {
    let last = ended.lines.last().unwrap().json();
    last["observed_at"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_trouble_leaves_on_record_what_a_calm_one_does() {
    let clock = ScaledClock::new(60.0, None);
    let start = clock.now();
    let scenario = Scenario::builtin("nested-service-rollback").unwrap();
    let troubled = Stage::from(scenario.clone(), clock, start, &TROUBLE).await;
    let calm = Stage::from(scenario, clock, start, &[]).await;
    assert_eq!(troubled.root(), calm.root(), "both tell the same story");
    let (ended, calmly) = tokio::join!(troubled.watch().end(), calm.watch().end());
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.text(), ended.stderr);
    assert_eq!(calmly.code, Some(1), "{}\n{}", calmly.text(), calmly.stderr);
    assert_eq!(judge::events(&ended, &troubled), Complaints::new());
    let (kept, served) = (session(&troubled), session(&calm));
    assert!(!kept.trail().records().is_empty(), "the evidence is on record");
    let ends = Ends {
        troubled: end(&ended),
        calm: end(&calmly),
    };
    let wrong = differences(&kept, &served, &troubled, &ends);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let (_, told) = troubled.diagnose(troubled.root(), &["--offline"]).await;
    let (_, told_calmly) = calm.diagnose(calm.root(), &["--offline"]).await;
    let (told, told_calmly) = (evidence(&told, &kept), evidence(&told_calmly, &served));
    assert_eq!(told, told_calmly);
    assert!(!told.is_empty(), "there was something to explain");
}
