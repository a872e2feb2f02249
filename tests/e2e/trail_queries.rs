//! Queries of a trail's log group, where a failure took so long that pages over it would never end, and of event data stores:
//! found, denied, stopped, switched off.

use std::time::Duration;

use serde_json::Value;
use stacktrail::domain::model::log::LogGroup;
use stacktrail::domain::model::trail::{TrailAttribute, TrailKey, TrailRecord, TrailSearch};
use stacktrail::domain::model::trail_query::InsightsQuery;
use stacktrail::domain::model::trail_table::AccountId;
use stacktrail::ports::QueryState;
use stacktrail::sandbox::Scenario;

use crate::support::nobody;
use crate::support::program::run;
use crate::support::stage::Stage;

const GROUP: &str = "/trails/audit";

/// The upload that is denied and not told of, where the function was an hour about it.
pub(crate) fn long_upload() -> Scenario {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenarios/silent-upload.toml");
    let mut text = std::fs::read_to_string(path).unwrap();
    for (short, long) in [
        ("\"00:01.1 UPDATE_IN_PROGRESS", "\"-70:01.1 UPDATE_IN_PROGRESS"),
        ("\"04:06.8 UPDATE_IN_PROGRESS", "\"-65:06.8 UPDATE_IN_PROGRESS"),
        ("at = \"00:01.0\"", "at = \"-70:01.2\""),
        ("\"-52:00..-51:40\"", "\"-152:00..-151:40\""),
        ("\"-50:00..-49:40\"", "\"-150:00..-149:40\""),
        ("created = \"-49:50\"", "created = \"-149:50\""),
        ("created = \"-49:00\"", "created = \"-149:00\""),
    ] {
        assert!(text.contains(short), "{short}");
        text = text.replace(short, long);
    }
    Scenario::parse("long-upload", "long-upload.toml", &text).unwrap()
}

async fn over(faults: &[&str]) -> Stage {
    Stage::faulty_after(long_upload(), 10.0, faults, Duration::from_mins(40)).await
}

fn pages_of_group(stage: &Stage) -> usize {
    let calls = stage.calls("FilterLogEvents");
    calls.iter().filter(|call| call.detail.contains(GROUP)).count()
}

/// The names of the records that were found, with how surely they belong.
fn told(document: &Value) -> Vec<(String, String)> {
    let records = document["failures"][0]["trail"]["records"].as_array().unwrap();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    records
        .iter()
        .map(|one| (text(one, "event_name"), text(one, "confidence")))
        .collect()
}

#[tokio::test]
async fn a_long_window_is_read_by_a_query_which_finds_what_event_history_does_not_have() {
    let stage = over(&[]).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    let found = told(&document);
    assert!(
        found.contains(&("PutObject".to_owned(), "high".to_owned())),
        "{found:?}"
    );
    assert!(document.to_string().contains("s3:PutObject"));
    // Once, since it was found; and no page beside it.
    assert_eq!(stage.calls("StartQuery").len(), 1);
    assert_eq!(pages_of_group(&stage), 0);
    let elsewhere = &document["failures"][0]["trail"]["elsewhere"];
    let why = elsewhere[0]["why"].as_str().unwrap();
    assert!(
        why.contains(GROUP) && why.contains("by a query, since pages would be read over 7"),
        "{why}"
    );
}

#[tokio::test]
async fn what_a_query_was_denied_is_named_and_its_pages_are_read_instead() {
    for action in ["logs:StartQuery", "logs:GetQueryResults"] {
        let stage = over(&[&format!("{action}=denied")]).await;
        let (code, document) = stage.diagnose(stage.root(), &[]).await;
        assert_eq!(code, Some(1), "{action}");
        let missing = document["missing"].as_array().unwrap();
        let missing: Vec<&Value> = missing.iter().map(|one| &one["permission"]).collect();
        assert_eq!(missing, [action]);
        let found = told(&document);
        assert!(
            found.contains(&("PutObject".to_owned(), "high".to_owned())),
            "{action}: {found:?}"
        );
        assert!(pages_of_group(&stage) > 0, "{action}");
        // What cannot be looked at is not left to go on.
        assert_eq!(
            stage.calls("StopQuery").len(),
            usize::from(action == "logs:GetQueryResults")
        );
        let elsewhere = document["failures"][0]["trail"]["elsewhere"].to_string();
        assert!(
            elsewhere.contains("page by page, since a query of it was not answered"),
            "{elsewhere}"
        );
    }
}

#[tokio::test]
async fn queries_that_are_switched_off_are_not_made() {
    let stage = over(&[]).await;
    let settings = tempfile::TempDir::new().unwrap();
    std::fs::write(
        settings.path().join("config.toml"),
        "[trail-insights]\nmegabytes = 0\n",
    )
    .unwrap();
    let mut command = stage.program();
    command.arg("--config-dir").arg(settings.path());
    command.args(["diagnose", stage.root(), "--output", "json"]);
    let document: Value = serde_json::from_str(&run(command).await.text()).unwrap();
    assert!(stage.calls("StartQuery").is_empty());
    assert!(pages_of_group(&stage) > 0);
    assert!(
        told(&document).contains(&("PutObject".to_owned(), "high".to_owned())),
        "{document}"
    );
}

/// `diagnose` where event data stores may be asked, and no table.
async fn with_stores(stage: &Stage) -> Value {
    let mut command = stage.program();
    command.args([
        "--event-data-store",
        "any",
        "diagnose",
        stage.root(),
        "--output",
        "json",
    ]);
    let ended = run(command).await;
    serde_json::from_str(&ended.text()).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr))
}

async fn borrowed(faults: &[&str]) -> Stage {
    let story = Scenario::builtin("borrowed-key").unwrap();
    Stage::faulty_after(story, 10.0, faults, Duration::from_mins(60))
        .await
        .without_table()
}

#[tokio::test]
async fn a_denial_in_another_account_is_found_in_the_event_data_store_of_the_organisation() {
    let stage = borrowed(&[]).await;
    let document = with_stores(&stage).await;
    assert_eq!(told(&document), [("Decrypt".to_owned(), "certain".to_owned())]);
    let text = document.to_string();
    assert!(
        text.contains(
            "in the event data store organisation-store, since the caller is of account 640000000990"
        ),
        "{text}"
    );
    assert_eq!(stage.calls("ListEventDataStores").len(), 1);
    assert_eq!(stage.calls("StartQuery").len(), 1);
    // Who names none is not asked for any.
    let stage = borrowed(&[]).await;
    let (_, document) = stage.diagnose(stage.root(), &[]).await;
    assert!(stage.calls("ListEventDataStores").is_empty());
    assert!(told(&document).is_empty(), "{document}");
}

/// A table that is named comes first, and what it finds need not be paid for again.
#[tokio::test]
async fn an_event_data_store_is_asked_after_a_table() {
    let story = Scenario::builtin("borrowed-key").unwrap();
    let stage = Stage::after(story, 10.0, Duration::from_mins(60)).await;
    let document = with_stores(&stage).await;
    assert_eq!(told(&document), [("Decrypt".to_owned(), "certain".to_owned())]);
    assert_eq!(stage.calls("StartQueryExecution").len(), 1);
    assert!(stage.calls("StartQuery").is_empty());
}

#[tokio::test]
async fn what_was_denied_of_an_event_data_store_is_named() {
    for (action, is_found) in [
        ("cloudtrail:ListEventDataStores", false),
        ("cloudtrail:GetEventDataStore", true),
        ("cloudtrail:StartQuery", false),
        ("cloudtrail:DescribeQuery", false),
        ("cloudtrail:GetQueryResults", false),
    ] {
        let stage = borrowed(&[&format!("{action}=denied")]).await;
        let document = with_stores(&stage).await;
        let missing = document["missing"].as_array().unwrap();
        let missing: Vec<&Value> = missing.iter().map(|one| &one["permission"]).collect();
        assert_eq!(missing, [action]);
        assert_eq!(!told(&document).is_empty(), is_found, "{action}");
        assert_eq!(
            stage.calls("CancelQuery").len(),
            usize::from(action == "cloudtrail:DescribeQuery"),
            "{action}"
        );
    }
}

/// Begun, looked at until it is done, and read. It evaluates no conditions: what it finds too much is left out here.
#[tokio::test]
#[ignore = "needs a Logs Insights that nobody here wrote: tests/interop/run.sh starts one"]
async fn a_logs_insights_that_nobody_here_wrote_understands_the_query() {
    let ports = nobody::ports_at(&std::env::var("STACKTRAIL_LOGS").unwrap()).await;
    // It takes no lines that are older than two weeks.
    let noon = std::env::var("STACKTRAIL_LOGS_NOON").unwrap();
    let noon: chrono::DateTime<chrono::Utc> = noon.parse().unwrap();
    let search = TrailSearch {
        region: "eu-west-1".to_owned(),
        attribute: Some(TrailAttribute {
            key: TrailKey::EventName,
            value: "PutObject".to_owned(),
        }),
        from: noon,
        to: noon + chrono::TimeDelta::hours(1),
    };
    let query = InsightsQuery::new(&AccountId::parse("123456789012").unwrap(), &search).unwrap();
    let group = LogGroup {
        region: "eu-west-1".to_owned(),
        name: GROUP.to_owned(),
    };
    let id = ports.queries.start(&group, &query).await.unwrap();
    let mut looks = 0;
    while ports.queries.progress(&group, &id).await.unwrap().state != QueryState::Succeeded {
        looks += 1;
        assert!(looks < 20, "it is never done");
    }
    let page = ports.queries.lines(&group, &id, None).await.unwrap();
    let records = page.items.iter().filter_map(|line| TrailRecord::read(line).ok());
    let found: Vec<TrailRecord> = records.filter(|record| search.admits(record)).collect();
    let found: Vec<&str> = found.iter().map(|record| record.event_id.as_str()).collect();
    assert_eq!(found, ["put-2", "put-1"], "the newest first: {page:?}");
    // What lies outside the time is not sent.
    assert!(page.items.iter().all(|line| !line.contains("put-0")), "{page:?}");
}
