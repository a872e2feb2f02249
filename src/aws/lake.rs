//! CloudTrail Lake: event data stores are listed and described; a query of one is begun, looked at until it is done, and
//! read.
//!
//! Source: CloudTrail API reference, `ListEventDataStores`, `GetEventDataStore`, `StartQuery`, `DescribeQuery`,
//! `GetQueryResults` (1000 rows a page, each a list of maps of one column), `CancelQuery`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{JsonApi, JsonList, text};
use super::trails::{has_management, recorded};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::trail_query::{DescribedStore, LakeQuery, NamedStores, StoreRecords};
use crate::domain::model::trail_table::{RegionName, StoreChoice};
use crate::ports::{EventDataStores, Page, QueryProgress, QueryState, StoreList};

const LIST_ACTION: &str = "cloudtrail:ListEventDataStores";
const STORE_ACTION: &str = "cloudtrail:GetEventDataStore";
const START_ACTION: &str = "cloudtrail:StartQuery";
const PROGRESS_ACTION: &str = "cloudtrail:DescribeQuery";
const RESULTS_ACTION: &str = "cloudtrail:GetQueryResults";
const CANCEL_ACTION: &str = "cloudtrail:CancelQuery";
const API: JsonApi = JsonApi::new(
    "cloudtrail",
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
);
const LIST: JsonList = JsonList {
    api: API,
    action: LIST_ACTION,
    list: ("EventDataStores", "the list of event data stores"),
    token: "NextToken",
};
/// The most rows of a page.
const ROWS: u32 = 1_000;
/// Stores that are described: an account may have ten in a region.
const STORES: usize = 10;
/// Pages of a listing that are read.
const PAGES: usize = 4;

/// CloudTrail Lake.
#[derive(Debug)]
pub struct CloudTrailLake {
    connection: Arc<Connection>,
}

impl CloudTrailLake {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    /// The ARNs or IDs of those that are named.
    async fn named(&self, named: &NamedStores, region: &str) -> Result<Vec<String>, Fault> {
        if let StoreChoice::One(id) = &named.choice {
            return Ok(vec![id.as_str().to_owned()]);
        }
        let stores = LIST.read(&self.connection, region, (&json!({}), PAGES)).await?;
        let arns = stores.iter().filter_map(|store| text(store, "EventDataStoreArn"));
        let mut found: Vec<String> = arns.map(str::to_owned).collect();
        found.truncate(STORES);
        Ok(found)
    }
}

async fn about(connection: &Connection, region: &str, store: &str) -> Result<Value, Fault> {
    let request = json!({ "EventDataStore": store });
    API.ask(connection, region, STORE_ACTION, &request).await
}

async fn of_query(
    connection: &Connection,
    region: &str,
    action: &'static str,
    id: &str,
) -> Result<Value, Fault> {
    API.ask(connection, region, action, &json!({ "QueryId": id }))
        .await
}

#[async_trait]
impl EventDataStores for CloudTrailLake {
    async fn describe(&self, named: &NamedStores) -> Result<StoreList, Fault> {
        let region = named.region.as_ref().map(RegionName::as_str);
        let region = region.unwrap_or_else(|| self.connection.region());
        let mut list = StoreList::default();
        for store in self.named(named, region).await? {
            match about(&self.connection, region, &store).await {
                Ok(answer) => list.stores.extend(described(&answer)),
                // That it is there is known, though not what it records.
                Err(fault) if fault.kind == FaultKind::Denied && store.starts_with("arn:") => {
                    list.missed.push(fault);
                    list.stores.push(DescribedStore {
                        name: store.rsplit('/').next().unwrap_or_default().to_owned(),
                        arn: store,
                        records: None,
                    });
                }
                Err(fault) if fault.kind == FaultKind::NotFound && named.choice == StoreChoice::Any => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(list)
    }

    async fn start(&self, region: &RegionName, query: &LakeQuery) -> Result<String, Fault> {
        let answer = start(&self.connection, region.as_str(), query.text()).await?;
        let id = UncheckedAnswer(START_ACTION).text(text(&answer, "QueryId"), "the id of the query")?;
        Ok(id.to_owned())
    }

    async fn progress(&self, region: &RegionName, id: &str) -> Result<QueryProgress, Fault> {
        let answer = of_query(&self.connection, region.as_str(), PROGRESS_ACTION, id).await?;
        read_progress(&answer)
    }

    async fn records(
        &self,
        region: &RegionName,
        id: &str,
        page: Option<&str>,
    ) -> Result<Page<String>, Fault> {
        let answer = results(&self.connection, region.as_str(), id, page).await?;
        let rows = answer.get("QueryResultRows").and_then(Value::as_array);
        let rows = UncheckedAnswer(RESULTS_ACTION).must(rows, "the rows")?;
        Ok(Page {
            items: rows.iter().filter_map(record).collect(),
            next: text(&answer, "NextToken").map(str::to_owned),
        })
    }

    async fn stop(&self, region: &RegionName, id: &str) -> Result<(), Fault> {
        let stopped = of_query(&self.connection, region.as_str(), CANCEL_ACTION, id).await;
        stopped.map(drop)
    }
}

async fn start(connection: &Connection, region: &str, statement: &str) -> Result<Value, Fault> {
    let request = json!({ "QueryStatement": statement });
    API.ask(connection, region, START_ACTION, &request).await
}

async fn results(
    connection: &Connection,
    region: &str,
    id: &str,
    page: Option<&str>,
) -> Result<Value, Fault> {
    let request = match page {
        Some(token) => json!({ "QueryId": id, "MaxQueryResults": ROWS, "NextToken": token }),
        None => json!({ "QueryId": id, "MaxQueryResults": ROWS }),
    };
    API.ask(connection, region, RESULTS_ACTION, &request).await
}

/// Whether it may be asked; none where the action is not one of its own. Nothing is begun: what is asked about is not there.
pub(super) async fn probe(connection: &Connection, action: &str) -> Option<Result<(), Fault>> {
    let region = connection.region();
    let nobody = "00000000-0000-0000-0000-000000000000";
    let answered = match action {
        LIST_ACTION => LIST.page(connection, region, (&json!({}), None)).await,
        STORE_ACTION => about(connection, region, nobody).await,
        START_ACTION => {
            let statement = format!("SELECT eventID FROM {nobody} WHERE eventTime < '2000-01-01 00:00:00'");
            start(connection, region, &statement).await
        }
        PROGRESS_ACTION | CANCEL_ACTION => {
            let action = if action == PROGRESS_ACTION {
                PROGRESS_ACTION
            } else {
                CANCEL_ACTION
            };
            of_query(connection, region, action, nobody).await
        }
        RESULTS_ACTION => results(connection, region, nobody, None).await,
        _ => return None,
    };
    Some(answered.map(drop))
}

/// One that is being deleted cannot be asked.
fn described(answer: &Value) -> Option<DescribedStore> {
    if text(answer, "Status") == Some("PENDING_DELETION") {
        return None;
    }
    let is_so = |key| answer.get(key).and_then(Value::as_bool) == Some(true);
    let records = answer.get("AdvancedEventSelectors").map(|_| StoreRecords {
        management: has_management(answer),
        data: recorded(answer),
        organisation: is_so("OrganizationEnabled"),
        every_region: is_so("MultiRegionEnabled"),
    });
    let arn = text(answer, "EventDataStoreArn")?;
    Some(DescribedStore {
        arn: arn.to_owned(),
        name: text(answer, "Name").unwrap_or(arn).to_owned(),
        records,
    })
}

/// The record of a row: `[{"eventJson": ".."}]`.
fn record(row: &Value) -> Option<String> {
    let mut columns = row.as_array()?.iter();
    let is_record = |column: &&Value| {
        column
            .as_object()
            .is_some_and(|one| one.contains_key("eventJson"))
    };
    columns
        .find(is_record)
        .and_then(|column| text(column, "eventJson"))
        .map(str::to_owned)
}

fn read_progress(answer: &Value) -> Result<QueryProgress, Fault> {
    let reason = text(answer, "ErrorMessage");
    let failed = |words: &str| QueryState::Failed(Fault::new(START_ACTION, FaultKind::Invalid, words));
    let status = UncheckedAnswer(PROGRESS_ACTION).text(text(answer, "QueryStatus"), "how the query is")?;
    let state = match status {
        "FINISHED" => QueryState::Succeeded,
        "FAILED" => {
            failed(reason.unwrap_or("the query came to nothing, and CloudTrail Lake does not say why"))
        }
        "TIMED_OUT" => failed("the query took longer than CloudTrail Lake allows"),
        "CANCELLED" => QueryState::Stopped(String::new()),
        _ => QueryState::Running,
    };
    let scanned = answer
        .pointer("/QueryStatistics/BytesScanned")
        .and_then(Value::as_u64);
    Ok(QueryProgress {
        state,
        scanned: scanned.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_tells_what_it_records_and_of_whom() {
        let field = |name: &str, value: &str| json!({ "Field": name, "Equals": [value] });
        let answer = json!({
            "EventDataStoreArn": "arn:aws:cloudtrail:eu-west-1:1:eventdatastore/x", "Name": "audit", "Status": "ENABLED",
            "AdvancedEventSelectors": [
                { "FieldSelectors": [field("eventCategory", "Management")] },
                { "FieldSelectors": [field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object")] },
            ],
            "MultiRegionEnabled": true, "OrganizationEnabled": false,
        });
        let store = described(&answer).unwrap();
        let records = store.records.unwrap();
        assert!(records.management && records.every_region && !records.organisation);
        assert_eq!(records.data.len(), 1);
        let gone = json!({ "EventDataStoreArn": "arn", "Status": "PENDING_DELETION" });
        assert_eq!(described(&gone), None);
        assert_eq!(described(&json!({})), None);
    }

    #[test]
    fn how_far_a_query_is_is_read() {
        let of = |status: &str| {
            read_progress(&json!({ "QueryStatus": status, "QueryStatistics": { "BytesScanned": 12 }, "ErrorMessage": "no" }))
                .unwrap()
        };
        assert_eq!(of("QUEUED").state, QueryState::Running);
        assert_eq!(of("RUNNING").scanned, 12);
        assert_eq!(of("FINISHED").state, QueryState::Succeeded);
        assert_eq!(of("CANCELLED").state, QueryState::Stopped(String::new()));
        assert!(matches!(of("FAILED").state, QueryState::Failed(fault) if fault.message == "no"));
        assert!(matches!(of("TIMED_OUT").state, QueryState::Failed(_)));
        assert_eq!(read_progress(&json!({})).unwrap_err().kind, FaultKind::Malformed);
    }

    #[test]
    fn a_row_is_its_record() {
        let row = json!([{ "eventTime": "x" }, { "eventJson": "{}" }]);
        assert_eq!(record(&row).as_deref(), Some("{}"));
        assert_eq!(record(&json!([{ "eventTime": "x" }])), None);
    }
}
