//! Backends of the trail beside each other: the same search over the same records brings the same records from each, and
//! where event history is blind the other one finds what it cannot.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use stacktrail::domain::investigate::inquiry::AnyQuestion;
use stacktrail::domain::model::fact::Fact;
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::trail::{TrailAttribute, TrailKey, TrailRecord, TrailSearch};
use stacktrail::domain::model::trail_table::{
    AccountId, DescribedTable, OutputPlace, QueryBounds, RegionName, TableLayout, TableName, TablePartition,
    TrailDays, TrailQuery, TrailTable, WorkGroup,
};
use stacktrail::ports::{QueryState, ScaledClock};
use stacktrail::sandbox::{Sandbox, SandboxOptions, Scenario};
use stacktrail::watch::sources::{TrailInsightsSource, TrailTableQuestion, TrailTableSource};
use stacktrail::watch::{AnySource as _, InquiryContext, Ports};

mod asking;

use self::asking::{by_event_history, by_insights, by_log_group, by_store, by_table, inquiry, store, table};
use crate::support::nobody;
use crate::support::program::run;
use crate::support::stage::Stage;

const REGION: &str = "eu-west-1";
const ACCOUNT: &str = "640000000112";
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

fn ids(records: &[TrailRecord]) -> BTreeSet<&str> {
    records.iter().map(|record| record.event_id.as_str()).collect()
}

/// What the rules read of a record.
fn said(record: &TrailRecord) -> impl PartialEq + std::fmt::Debug + '_ {
    let who = &record.identity;
    let call = (
        &record.name,
        &record.source,
        record.at,
        &record.request_id,
        record.read_only,
    );
    let error = (&record.error_code, &record.error_message);
    let who = (
        &who.kind,
        &who.arn,
        &who.account,
        &who.role_arn,
        &who.name,
        &who.invoked_by,
    );
    (call, error, who, record.request())
}

/// Whether a record is of a call on data, which no event history has.
fn is_of_data(record: &TrailRecord) -> bool {
    let signs = [r#""managementEvent":false"#, r#""eventCategory":"Data""#];
    signs.iter().any(|sign| record.raw.contains(sign))
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

/// The table in every layout.
async fn tables(ports: &Ports) -> Vec<(TrailTable, TableLayout)> {
    let mut tables = Vec::new();
    for name in [
        "audit.logs",
        "audit.logs_pp",
        "audit.organisation",
        "audit.organisation_pp",
    ] {
        tables.push(table(ports, name).await);
    }
    tables
}

#[tokio::test]
async fn the_same_search_brings_the_same_records_from_every_backend() {
    let (sandbox, ports, clock) = over().await;
    let context = InquiryContext::new(ports.clone(), clock);
    // A trail writes whole seconds, and the program asks for whole ones: no window of its ends within one.
    let zero = sandbox.zero().trunc_subsecs(0);
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
    let tables = tables(&ports).await;
    let lake = store(&ports).await;
    let (mut compared, mut with_records) = (0, 0);
    for attribute in attributes(&all) {
        for (from, to) in [minutes(-10, 30), minutes(2, 5)] {
            let search = search(attribute.clone(), from, to);
            let of_history = by_event_history(&ports, &search).await;
            let (mut of_group, complete) = by_log_group(&context, &search).await;
            of_group.retain(|record| !is_of_data(record));
            assert!(complete, "{search:?}");
            assert_eq!(ids(&of_history), ids(&of_group), "{search:?}");
            let (mut of_query, complete) = by_insights(&context, ACCOUNT, &search).await;
            of_query.retain(|record| !is_of_data(record));
            assert!(complete, "{search:?}");
            assert_eq!(ids(&of_history), ids(&of_query), "{search:?} by a query");
            let (mut of_store, complete) = by_store(&context, &lake, ACCOUNT, &search).await;
            of_store.retain(|record| !is_of_data(record));
            assert!(complete, "{search:?}");
            assert_eq!(ids(&of_history), ids(&of_store), "{search:?} in {}", lake.name);
            let layout = &tables[compared % tables.len()];
            let (mut of_table, complete) = by_table(&context, layout, ACCOUNT, &search).await;
            of_table.retain(|record| !is_of_data(record));
            assert!(complete, "{search:?}");
            assert_eq!(
                ids(&of_history),
                ids(&of_table),
                "{search:?} in {}",
                layout.0.name
            );
            for record in of_table.iter().chain(&of_query).chain(&of_store) {
                let mut others = of_history.iter();
                let same = others.find(|other| other.event_id == record.event_id).unwrap();
                assert_eq!(said(record), said(same), "{}", layout.0.name);
            }
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
    // Which other trail was searched, for whose calls, and what it brought.
    let elsewhere = &document["failures"][0]["trail"]["elsewhere"];
    assert_eq!(elsewhere[0]["state"], "answered", "{elsewhere}");
    assert!(
        elsewhere[0]["records"].as_u64().is_some_and(|found| found > 0),
        "{elsewhere}"
    );
    assert!(
        elsewhere[0]["why"]
            .as_str()
            .is_some_and(|why| why.contains(GROUP)),
        "{elsewhere}"
    );
    let mut command = stage.program();
    command.args(["diagnose", stage.root(), "--offline"]);
    let text_form = run(command).await.text();
    assert!(
        text_form.contains("also searched: calls made by function"),
        "{text_form}"
    );
    // One that cannot deliver is a blind spot, with since when.
    assert!(
        text.contains("the trail invocations has delivered nothing since"),
        "{text}"
    );
    assert!(stage.calls("LookupEvents").len() <= 40);
    assert_eq!(stage.calls("DescribeTrails").len(), 1);
    assert_eq!(stage.calls("GetEventSelectors").len(), 2);
    assert_eq!(stage.calls("GetTrailStatus").len(), 2);
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

/// A value that tries to be more than a value finds what bears that very name, and that is nothing.
#[tokio::test]
async fn what_is_bound_stays_data() {
    let (sandbox, ports, clock) = over().await;
    let context = InquiryContext::new(ports.clone(), clock);
    let zero = sandbox.zero();
    let table = table(&ports, "audit.organisation").await;
    let lake = store(&ports).await;
    for value in [
        "' OR '1'='1",
        "x') OR ('1'='1",
        "'; DROP TABLE logs; --",
        "' UNION SELECT * FROM audit.logs --",
        "\\' OR 1=1 --",
        "?",
        "%",
        "\" | limit 10000 #",
        "\" or @message like \"",
        "/.*/",
    ] {
        for key in [TrailKey::EventName, TrailKey::Username, TrailKey::EventSource] {
            let search = TrailSearch {
                region: REGION.to_owned(),
                attribute: Some(TrailAttribute {
                    key,
                    value: value.to_owned(),
                }),
                from: zero - TimeDelta::minutes(10),
                to: zero + TimeDelta::minutes(30),
            };
            let (found, complete) = by_table(&context, &table, ACCOUNT, &search).await;
            assert!(found.is_empty() && complete, "{value}");
            let (found, complete) = by_insights(&context, ACCOUNT, &search).await;
            assert!(found.is_empty() && complete, "{value} by a query");
            let (found, complete) = by_store(&context, &lake, ACCOUNT, &search).await;
            assert!(found.is_empty() && complete, "{value} in a store");
        }
    }
    let search = TrailSearch {
        region: REGION.to_owned(),
        attribute: None,
        from: zero - TimeDelta::minutes(10),
        to: zero + TimeDelta::minutes(30),
    };
    let (of_another, _) = by_table(&context, &table, "640000000999", &search).await;
    assert!(of_another.is_empty(), "no other account's records");
    let (of_another, _) = by_store(&context, &lake, "640000000999", &search).await;
    assert!(of_another.is_empty(), "no other account's records");
    let (of_another, _) = by_insights(&context, "640000000999", &search).await;
    assert!(of_another.is_empty(), "no other account's records");
}

#[tokio::test]
async fn a_denial_in_another_account_is_found_through_the_table_of_the_organisation() {
    for minutes in [2, 8, 60] {
        let story = Scenario::builtin("borrowed-key").unwrap();
        let stage = Stage::after(story, 10.0, Duration::from_mins(minutes)).await;
        let (code, document) = stage.diagnose(stage.root(), &[]).await;
        assert_eq!(code, Some(1));
        let text = document.to_string();
        assert!(text.contains("kms:Decrypt"), "{text}");
        let is_there = stage.calls("StartQueryExecution").len();
        // Nothing is paid for before it can have been delivered.
        assert_eq!(is_there, usize::from(minutes > 2), "after {minutes} minutes");
        assert_eq!(stage.calls("GetTableMetadata").len(), is_there);
        assert!(stage.calls("LookupEvents").len() <= 12);
        // The account's own trails cannot have it: they are described once, for a group of the other that it monitors.
        assert!(stage.calls("DescribeTrails").len() <= 1);
        assert!(
            stage
                .calls("FilterLogEvents")
                .iter()
                .all(|call| !call.detail.contains("/trails/"))
        );
        let records = document["failures"][0]["trail"]["records"].as_array().unwrap();
        let told: Vec<(&str, &str)> = records
            .iter()
            .map(|one| {
                (
                    one["event_name"].as_str().unwrap(),
                    one["confidence"].as_str().unwrap(),
                )
            })
            .collect();
        let expected: &[(&str, &str)] = if minutes > 2 {
            &[("Decrypt", "certain")]
        } else {
            &[]
        };
        assert_eq!(told, expected, "after {minutes} minutes");
    }
}

/// Without a table nothing is asked that was not asked before, and it is said what would help.
#[tokio::test]
async fn without_a_table_nothing_more_is_asked_and_it_is_said_where_the_record_is() {
    let story = Scenario::builtin("borrowed-key").unwrap();
    let stage = Stage::after(story, 10.0, Duration::from_mins(60))
        .await
        .without_table();
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    for operation in ["GetTableMetadata", "StartQueryExecution", "GetQueryExecution"] {
        assert!(stage.calls(operation).is_empty(), "{operation}");
    }
    let text = document.to_string();
    assert!(
        text.contains("the caller is of account 640000000990: its calls are in the trails of that account"),
        "{text}"
    );
}

#[tokio::test]
async fn a_query_that_would_read_too_much_is_stopped_and_that_is_told() {
    let (sandbox, ports, clock) = over().await;
    let context = InquiryContext::new(ports.clone(), clock);
    let (mut table, layout) = table(&ports, "audit.logs").await;
    table.most_bytes = 1_000_000;
    let search = TrailSearch {
        region: REGION.to_owned(),
        attribute: None,
        from: sandbox.zero(),
        to: sandbox.zero() + TimeDelta::minutes(30),
    };
    let question = AnyQuestion::new(TrailTableQuestion::Records {
        layout: Box::new(layout),
        account: AccountId::parse(ACCOUNT).unwrap(),
        search: search.clone(),
        workgroup_bytes: None,
    });
    let inquiry = inquiry(SourceId::TRAIL_TABLE, &search, question);
    let facts = TrailTableSource::of(table)
        .answer(&inquiry, &context)
        .await
        .unwrap();
    let told = facts.iter().any(|fact| {
        matches!(fact, Fact::SourceFailed { fault, .. } if fault.message.contains("was stopped: it may read 1 MB"))
    });
    assert!(told, "{facts:?}");
    let stopped = sandbox
        .calls()
        .into_iter()
        .filter(|call| call.operation == "StopQueryExecution");
    assert_eq!(stopped.count(), 1);
}

/// The table may be read in two workgroups, of which one says how much; one that may not be read says nothing, and nothing is
/// wrong with it.
#[tokio::test]
async fn a_workgroups_own_limit_is_read_where_it_may_be() {
    let (sandbox, ports, _) = over().await;
    let mut table = TrailTable::named(TableName::parse("audit.logs").unwrap());
    assert_eq!(ports.tables.describe(&table).await.unwrap().most_bytes, None);
    table.workgroup = WorkGroup::parse("people").ok();
    assert_eq!(
        ports.tables.describe(&table).await.unwrap().most_bytes,
        Some(20_000_000)
    );
    drop(sandbox);
    let story = Scenario::builtin("borrowed-key").unwrap();
    let faults = ["athena:GetWorkGroup=denied"];
    let stage = Stage::faulty_after(story, 10.0, &faults, Duration::from_mins(60)).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    assert_eq!(
        document["missing"].as_array().map_or(0, Vec::len),
        0,
        "{document}"
    );
    assert!(document.to_string().contains("kms:Decrypt"));
}

#[tokio::test]
async fn a_query_of_a_log_group_that_would_read_too_much_is_stopped_and_that_is_told() {
    let (sandbox, ports, clock) = over().await;
    let context = InquiryContext::new(ports, clock);
    let search = TrailSearch {
        region: REGION.to_owned(),
        attribute: None,
        from: sandbox.zero(),
        to: sandbox.zero() + TimeDelta::minutes(30),
    };
    let question = asking::insights_question(ACCOUNT, &search);
    let inquiry = inquiry(SourceId::TRAIL_INSIGHTS, &search, question);
    let source = TrailInsightsSource::reading(1_000);
    let facts = source.answer(&inquiry, &context).await.unwrap();
    let told = facts.iter().any(|fact| {
        matches!(fact, Fact::SourceFailed { fault, .. } if fault.message.contains("was stopped: it may read 1 kB"))
    });
    assert!(told, "{facts:?}");
    let paid = |fact: &Fact| matches!(fact, Fact::TrailTableScanned { bytes, .. } if *bytes > 1_000);
    assert!(facts.iter().any(paid), "{facts:?}");
    let calls = sandbox.calls().into_iter();
    assert_eq!(calls.filter(|call| call.operation == "StopQuery").count(), 1);
}

/// What a table of the user guide is described as: moto describes none.
fn documented() -> TableLayout {
    let columns = [
        "awsregion",
        "errorcode",
        "errormessage",
        "eventid",
        "eventname",
        "eventsource",
        "eventtime",
        "readonly",
        "recipientaccountid",
        "useridentity",
    ];
    let partition = TablePartition {
        name: "timestamp".to_owned(),
        of_type: "string".to_owned(),
        format: Some("yyyy/MM/dd".to_owned()),
    };
    let table = DescribedTable {
        name: "audit.logs".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        partitions: vec![partition],
        most_bytes: None,
    };
    table.layout().unwrap()
}

/// Begun, looked at until it is done, read, and stopped, by an Athena that evaluates nothing.
#[tokio::test]
#[ignore = "needs an Athena that nobody here wrote: tests/interop/run.sh starts one"]
async fn an_athena_that_nobody_here_wrote_understands_the_query() {
    let ports = nobody::ports_at(&std::env::var("STACKTRAIL_ATHENA").unwrap()).await;
    let table = TrailTable {
        output: Some(OutputPlace::parse("s3://results/stacktrail/").unwrap()),
        ..TrailTable::named(TableName::parse("audit.logs").unwrap())
    };
    let at: DateTime<Utc> = "2026-05-04T12:00:00Z".parse().unwrap();
    let search = TrailSearch {
        region: REGION.to_owned(),
        attribute: Some(TrailAttribute {
            key: TrailKey::EventName,
            value: "it's".to_owned(),
        }),
        from: at,
        to: at,
    };
    let bounds = QueryBounds::new(
        AccountId::parse(ACCOUNT).unwrap(),
        RegionName::parse(REGION).unwrap(),
        TrailDays::of(at, at).unwrap(),
    );
    let query = TrailQuery::new(&documented(), &bounds, &search);
    let id = ports.tables.start(&table, &query).await.unwrap();
    let mut looks = 0;
    loop {
        looks += 1;
        assert!(looks < 20, "it is never done");
        match ports.tables.progress(&table, &id).await.unwrap().state {
            QueryState::Running => {}
            state => {
                assert_eq!(state, QueryState::Succeeded);
                break;
            }
        }
    }
    let page = ports.tables.rows(&table, &id, None).await.unwrap();
    assert_eq!(
        (page.items.len(), page.next),
        (1, None),
        "the first row has the names"
    );
    let other = ports.tables.start(&table, &query).await.unwrap();
    assert_ne!(id, other);
    ports.tables.stop(&table, &other).await.unwrap();
    let stopped = ports.tables.progress(&table, &other).await.unwrap().state;
    assert!(matches!(stopped, QueryState::Stopped(_)), "{stopped:?}");
}
