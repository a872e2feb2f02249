//! Backends of the trail beside each other: the same search over the same records brings the same records from each, and
//! where event history is blind the other one finds what it cannot.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::domain::investigate::inquiry::{AnyQuestion, Inquiry};
use stacktrail::domain::model::fact::Fact;
use stacktrail::domain::model::log::LogGroup;
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::source::trail_backend::TRAIL_LOG_GROUP;
use stacktrail::domain::model::trail::{TrailAttribute, TrailKey, TrailRecord, TrailSearch};
use stacktrail::ports::ScaledClock;
use stacktrail::sandbox::{Sandbox, SandboxOptions, Scenario};
use stacktrail::watch::sources::{TrailLogQuestion, TrailLogSource};
use stacktrail::watch::{AnySource as _, InquiryContext, Ports};

use crate::support::nobody;
use crate::support::stage::Stage;

const REGION: &str = "eu-west-1";
const GROUP: &str = "/trails/audit";

/// A story that is over and stands still, with the program's own ports to it, and a clock that lets pauses pass.
async fn over() -> (Sandbox, Ports, Arc<ScaledClock>) {
    let clock = Arc::new(ScaledClock::new(10_000.0, None));
    let options = SandboxOptions {
        elapsed: Duration::from_mins(40),
        still: true,
        ..SandboxOptions::new(Scenario::builtin("silent-upload").unwrap(), clock.clone())
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let ports = nobody::ports_at(&sandbox.endpoint_url()).await;
    (sandbox, ports, clock)
}

async fn by_event_history(ports: &Ports, search: &TrailSearch) -> Vec<TrailRecord> {
    let (mut found, mut token) = (Vec::new(), None::<String>);
    loop {
        let page = ports.trail.lookup(search, token.as_deref()).await;
        // The account's limit is a matter of patience.
        let Ok(page) = page else {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        found.extend(page.items);
        token = page.next;
        if token.is_none() {
            return found;
        }
    }
}

async fn by_log_group(context: &InquiryContext, search: &TrailSearch) -> (Vec<TrailRecord>, bool) {
    let inquiry = Inquiry {
        key: search.name(),
        source: SourceId::TRAIL_LOGS,
        region: REGION.to_owned(),
        due: search.to,
        priority: 0,
        question: AnyQuestion::new(TrailLogQuestion {
            group: LogGroup {
                region: REGION.to_owned(),
                name: GROUP.to_owned(),
            },
            search: search.clone(),
        }),
        why: String::new(),
        serves: Vec::new(),
    };
    let facts = TrailLogSource.answer(&inquiry, context).await.unwrap();
    let answer = facts.into_iter().find_map(|fact| match fact {
        Fact::TrailSearched { answer } => Some(answer),
        _ => None,
    });
    let answer = answer.unwrap();
    assert_eq!(answer.source, TRAIL_LOG_GROUP.source.id);
    (answer.records, answer.complete)
}

fn ids(records: &[TrailRecord]) -> BTreeSet<&str> {
    records.iter().map(|record| record.event_id.as_str()).collect()
}

/// Whether a record is of a call on data, which no event history has.
fn is_of_data(record: &TrailRecord) -> bool {
    record.raw.contains(r#""managementEvent":false"#)
}

/// For every attribute by which both can filter: the values of records that there are, and values that try to be more.
fn attributes(all: &[TrailRecord]) -> Vec<Option<TrailAttribute>> {
    let mut found = BTreeSet::new();
    let mut add = |key, value: &str| {
        let value = value.to_owned();
        found.insert(TrailAttribute { key, value });
    };
    for record in all.iter().step_by(7) {
        let raw: serde_json::Value = serde_json::from_str(&record.raw).unwrap();
        add(TrailKey::EventId, &record.event_id);
        add(TrailKey::EventName, &record.name);
        add(TrailKey::EventSource, &record.source);
        add(
            TrailKey::Username,
            record.identity.name.as_deref().unwrap_or("nobody"),
        );
        let key = raw["userIdentity"]["accessKeyId"].as_str();
        add(TrailKey::AccessKeyId, key.unwrap_or("none"));
    }
    for value in ["true", "false"] {
        add(TrailKey::ReadOnly, value);
    }
    let name = all[0].name.as_str();
    let part: String = name.chars().take(3).collect();
    for value in [
        format!(r#"{name}" || $.eventName = "*"#),
        format!("{name}*"),
        format!("{part}*"),
        part,
        r#"x" }"#.to_owned(),
        "%.%".to_owned(),
    ] {
        add(TrailKey::EventName, &value);
        add(TrailKey::Username, &value);
    }
    std::iter::once(None).chain(found.into_iter().map(Some)).collect()
}

#[tokio::test]
async fn the_same_search_brings_the_same_records_from_every_backend() {
    let (sandbox, ports, clock) = over().await;
    let context = InquiryContext::new(ports.clone(), clock);
    let zero = sandbox.zero();
    let search = |attribute, from: DateTime<Utc>, to| TrailSearch {
        region: REGION.to_owned(),
        attribute,
        from,
        to,
    };
    let minutes = |from: i64, to: i64| (zero + TimeDelta::minutes(from), zero + TimeDelta::minutes(to));
    let (from, to) = minutes(-10, 30);
    let all = by_event_history(&ports, &search(None, from, to)).await;
    assert!(all.len() > 100, "{}", all.len());
    let (mut compared, mut with_records) = (0, 0);
    for attribute in attributes(&all) {
        for (from, to) in [minutes(-10, 30), minutes(2, 5)] {
            let search = search(attribute.clone(), from, to);
            let of_history = by_event_history(&ports, &search).await;
            let (mut of_group, complete) = by_log_group(&context, &search).await;
            of_group.retain(|record| !is_of_data(record));
            assert!(complete, "{search:?}");
            assert_eq!(ids(&of_history), ids(&of_group), "{search:?}");
            compared += 1;
            with_records += usize::from(!of_history.is_empty());
        }
    }
    eprintln!("{compared} searches compared, {with_records} of them with records");
    assert!(compared > 100 && with_records > 60);
}

#[tokio::test]
async fn a_denial_on_data_is_found_where_event_history_has_nothing() {
    let story = Scenario::builtin("silent-upload").unwrap();
    let stage = Stage::after(story, 10.0, Duration::from_mins(40)).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    let text = document.to_string();
    assert!(text.contains("s3:PutObject"), "{text}");
    assert!(
        text.contains("the trail invocations records calls on Lambda functions"),
        "{text}"
    );
    assert!(stage.calls("LookupEvents").len() <= 40);
    assert_eq!(stage.calls("DescribeTrails").len(), 1);
    assert_eq!(stage.calls("GetEventSelectors").len(), 2);
    let of_group = stage.calls("FilterLogEvents");
    let of_group = of_group.iter().filter(|call| call.detail.contains(GROUP));
    assert!((1..=4).contains(&of_group.count()));
}

/// Nobody asks for trails where nothing failed, or where the event history has what there is to know.
#[tokio::test]
async fn trails_are_asked_for_only_where_event_history_is_blind() {
    for story in [
        "clean-update",
        "hidden-denial",
        "denied-custom-resource",
        "export-in-use",
    ] {
        let story = Scenario::builtin(story).unwrap();
        let name = story.name.clone();
        let stage = Stage::after(story, 10.0, Duration::from_mins(60)).await;
        stage.diagnose(stage.root(), &[]).await;
        assert!(stage.calls("DescribeTrails").is_empty(), "{name}");
    }
}
