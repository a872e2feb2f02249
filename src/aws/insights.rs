//! Logs Insights: a query of a log group is begun, looked at until it is done, and read.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{JsonApi, text};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::log::LogGroup;
use crate::domain::model::trail_query::InsightsQuery;
use crate::ports::{LogQueries, Page, QueryProgress, QueryState};

const START_ACTION: &str = "logs:StartQuery";
const RESULTS_ACTION: &str = "logs:GetQueryResults";
const STOP_ACTION: &str = "logs:StopQuery";
const API: JsonApi = JsonApi::new("logs", "Logs_20140328");
/// The field that holds a whole line.
const MESSAGE: &str = "@message";

/// Logs Insights in the region of the group.
#[derive(Debug)]
pub struct LogInsights {
    connection: Arc<Connection>,
}

impl LogInsights {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }
}

#[async_trait]
impl LogQueries for LogInsights {
    async fn start(&self, group: &LogGroup, query: &InsightsQuery) -> Result<String, Fault> {
        let request = request(group, query);
        let answer = API
            .ask(&self.connection, &group.region, START_ACTION, &request)
            .await?;
        let id = UncheckedAnswer(START_ACTION).text(text(&answer, "queryId"), "the id of the query")?;
        Ok(id.to_owned())
    }

    async fn progress(&self, group: &LogGroup, id: &str) -> Result<QueryProgress, Fault> {
        read_progress(&results(&self.connection, &group.region, id, None).await?)
    }

    async fn lines(&self, group: &LogGroup, id: &str, page: Option<&str>) -> Result<Page<String>, Fault> {
        let answer = results(&self.connection, &group.region, id, page).await?;
        let rows = answer.get("results").and_then(Value::as_array);
        let rows = UncheckedAnswer(RESULTS_ACTION).must(rows, "what the query found")?;
        Ok(Page {
            items: rows.iter().filter_map(line).collect(),
            next: text(&answer, "nextToken").map(str::to_owned),
        })
    }

    async fn stop(&self, group: &LogGroup, id: &str) -> Result<(), Fault> {
        stop(&self.connection, &group.region, id).await
    }
}

/// Times are whole seconds, both ends with them.
///
/// Source: `CloudWatch` Logs API reference, `StartQuery`.
fn request(group: &LogGroup, query: &InsightsQuery) -> Value {
    let window = query.window();
    let mut request = json!({
        "startTime": window.from().timestamp(),
        "endTime": window.to().timestamp(),
        "queryString": query.text(),
    });
    let (member, of) = match group.linked_arn() {
        Some(arn) => ("logGroupIdentifiers", json!([arn])),
        None => ("logGroupName", json!(group.name)),
    };
    if let Some(members) = request.as_object_mut() {
        members.insert(member.to_owned(), of);
    }
    request
}

/// How far it is, what it has read so far, and a page of what it found.
async fn results(
    connection: &Connection,
    region: &str,
    id: &str,
    page: Option<&str>,
) -> Result<Value, Fault> {
    let request = match page {
        Some(token) => json!({ "queryId": id, "nextToken": token }),
        None => json!({ "queryId": id }),
    };
    API.ask(connection, region, RESULTS_ACTION, &request).await
}

async fn stop(connection: &Connection, region: &str, id: &str) -> Result<(), Fault> {
    let request = json!({ "queryId": id });
    API.order(connection, region, STOP_ACTION, &request).await
}

/// Whether it may be asked; none where the action is not one of its own. Nothing is begun: what is asked about is not there.
pub(super) async fn probe(connection: &Connection, action: &str) -> Option<Result<(), Fault>> {
    let region = connection.region();
    let nobody = "00000000-0000-0000-0000-000000000000";
    let answered = match action {
        START_ACTION => {
            let request =
                json!({ "logGroupName": NOBODY, "startTime": 0, "endTime": 0, "queryString": "limit 1" });
            API.ask(connection, region, START_ACTION, &request)
                .await
                .map(drop)
        }
        RESULTS_ACTION => results(connection, region, nobody, None).await.map(drop),
        STOP_ACTION => stop(connection, region, nobody).await,
        _ => return None,
    };
    Some(answered)
}

/// The line of a row: `[{"field": "@message", "value": ".."}, ..]`.
fn line(row: &Value) -> Option<String> {
    let mut fields = row.as_array()?.iter();
    let message = fields.find(|field| text(field, "field") == Some(MESSAGE))?;
    text(message, "value").map(str::to_owned)
}

fn read_progress(answer: &Value) -> Result<QueryProgress, Fault> {
    let failed = |words| Fault::new(START_ACTION, FaultKind::Invalid, words);
    let status = UncheckedAnswer(RESULTS_ACTION).text(text(answer, "status"), "how the query is")?;
    let state = match status {
        "Complete" => QueryState::Succeeded,
        "Failed" => QueryState::Failed(failed(
            "the query came to nothing, and Logs Insights does not say why",
        )),
        "Timeout" => QueryState::Failed(failed("the query took longer than Logs Insights allows")),
        "Cancelled" => QueryState::Stopped(String::new()),
        _ => QueryState::Running,
    };
    let scanned = answer.pointer("/statistics/bytesScanned").and_then(Value::as_f64);
    Ok(QueryProgress {
        state,
        scanned: scanned.map_or(0, whole),
    })
}

/// Bytes come as a number with a point: one that is no amount is none.
fn whole(number: f64) -> u64 {
    format!("{number:.0}").parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::trail::TrailSearch;
    use crate::domain::model::trail_table::AccountId;

    #[test]
    fn a_query_is_asked_with_both_ends_of_its_time() {
        let search = TrailSearch {
            region: "eu-west-1".to_owned(),
            attribute: None,
            from: "2026-05-04T12:00:00.7Z".parse().unwrap(),
            to: "2026-05-04T13:00:00Z".parse().unwrap(),
        };
        let query = InsightsQuery::new(&AccountId::parse("123456789012").unwrap(), &search).unwrap();
        let group = |name: &str| LogGroup {
            region: search.region.clone(),
            name: name.to_owned(),
        };
        let arn = "arn:aws:logs:eu-west-1:640000000990:log-group:/trails/audit";
        assert_eq!(request(&group(arn), &query)["logGroupIdentifiers"], json!([arn]));
        let request = request(&group("/trails/audit"), &query);
        assert_eq!(request["logGroupName"], "/trails/audit");
        assert_eq!(request["logGroupIdentifiers"], Value::Null);
        assert_eq!(request["startTime"], 1_777_896_000);
        assert_eq!(request["endTime"], 1_777_896_000 + 3_600 + 1_800);
        assert_eq!(request["queryString"], query.text());
    }

    #[test]
    fn how_far_a_query_is_is_read() {
        let of = |status: &str, bytes: f64| {
            read_progress(&json!({ "status": status, "statistics": { "bytesScanned": bytes } })).unwrap()
        };
        assert_eq!(of("Scheduled", 0.0).state, QueryState::Running);
        assert_eq!(of("Running", 1.5e9).scanned, 1_500_000_000);
        assert_eq!(of("Complete", 1.0).state, QueryState::Succeeded);
        assert_eq!(of("Cancelled", 1.0).state, QueryState::Stopped(String::new()));
        assert!(matches!(of("Timeout", 1.0).state, QueryState::Failed(_)));
        assert!(matches!(
            of("Failed", -1.0),
            QueryProgress {
                state: QueryState::Failed(_),
                scanned: 0
            }
        ));
        assert_eq!(of("Unknown", 1.0).state, QueryState::Running);
        let damaged = read_progress(&json!({ "results": [] })).unwrap_err();
        assert_eq!(damaged.kind, FaultKind::Malformed);
    }

    #[test]
    fn a_row_is_its_line() {
        let row = json!([{ "field": "@timestamp", "value": "2026-05-04 12:00:00.000" }, { "field": "@message", "value": "{}" }, { "field": "@ptr", "value": "x" }]);
        assert_eq!(line(&row).as_deref(), Some("{}"));
        assert_eq!(line(&json!([{ "field": "@ptr", "value": "x" }])), None);
    }
}
