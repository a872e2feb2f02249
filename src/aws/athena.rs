//! Athena: a statement is begun, looked at until it is done, and read.
//!
//! Values are bound to the places in a statement's text by Athena itself (`ExecutionParameters`).

mod database;
mod tables;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{JsonApi, text};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::ports::{Page, QueryProgress, QueryState};

pub use database::{AthenaDatabase, DatabasePlace};
pub use tables::AthenaTables;
pub(super) use tables::probe;

const START_ACTION: &str = "athena:StartQueryExecution";
const PROGRESS_ACTION: &str = "athena:GetQueryExecution";
const RESULTS_ACTION: &str = "athena:GetQueryResults";
const STOP_ACTION: &str = "athena:StopQueryExecution";
const API: JsonApi = JsonApi::new("athena", "AmazonAthena");
/// The most rows of a page, the one with the names among them.
const ROWS: u32 = 1_000;

/// A statement and where it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement<'a> {
    /// Its text, with `?` where values go.
    pub(super) text: &'a str,
    /// The values as literals, in the order of the text.
    pub(super) parameters: &'a [String],
    /// The database that names without one are of.
    pub(super) database: Option<&'a str>,
    /// The workgroup; none for Athena's own choice.
    pub(super) workgroup: Option<&'a str>,
    /// Where what is found is put; none where the workgroup says it.
    pub(super) output: Option<&'a str>,
}

impl Statement<'_> {
    fn request(&self, token: &str) -> Value {
        let mut request = json!({ "QueryString": self.text, "ClientRequestToken": token });
        let mut put = |key: &str, value: Value| {
            if let Some(members) = request.as_object_mut() {
                members.insert(key.to_owned(), value);
            }
        };
        // An empty list is refused.
        if !self.parameters.is_empty() {
            put("ExecutionParameters", json!(self.parameters));
        }
        if let Some(database) = self.database {
            put("QueryExecutionContext", json!({ "Database": database }));
        }
        if let Some(workgroup) = self.workgroup {
            put("WorkGroup", json!(workgroup));
        }
        if let Some(output) = self.output {
            put("ResultConfiguration", json!({ "OutputLocation": output }));
        }
        request
    }
}

/// Begins a statement, and names it.
pub(super) async fn start(
    connection: &Connection,
    region: &str,
    statement: &Statement<'_>,
) -> Result<String, Fault> {
    let request = statement.request(&token(connection, region, statement));
    let answer = API.ask(connection, region, START_ACTION, &request).await?;
    let id = UncheckedAnswer(START_ACTION).text(text(&answer, "QueryExecutionId"), "the id of the query")?;
    Ok(id.to_owned())
}

/// How far it is.
pub(super) async fn progress(
    connection: &Connection,
    region: &str,
    id: &str,
) -> Result<QueryProgress, Fault> {
    let request = json!({ "QueryExecutionId": id });
    let answer = API.ask(connection, region, PROGRESS_ACTION, &request).await?;
    read_progress(&answer)
}

/// One page of its rows, without the one that holds the names.
pub(super) async fn rows(
    connection: &Connection,
    region: &str,
    id: &str,
    page: Option<&str>,
) -> Result<Page<Vec<Option<String>>>, Fault> {
    let request = match page {
        Some(token) => json!({ "QueryExecutionId": id, "MaxResults": ROWS, "NextToken": token }),
        None => json!({ "QueryExecutionId": id, "MaxResults": ROWS }),
    };
    let answer = API.ask(connection, region, RESULTS_ACTION, &request).await?;
    let rows = answer.pointer("/ResultSet/Rows").and_then(Value::as_array);
    let rows = UncheckedAnswer(RESULTS_ACTION).must(rows, "the rows")?;
    Ok(Page {
        items: rows
            .iter()
            .skip(usize::from(page.is_none()))
            .map(values)
            .collect(),
        next: text(&answer, "NextToken").map(str::to_owned),
    })
}

/// Stops it.
pub(super) async fn stop(connection: &Connection, region: &str, id: &str) -> Result<(), Fault> {
    let request = json!({ "QueryExecutionId": id });
    API.order(connection, region, STOP_ACTION, &request).await
}

/// Names one request, so that Athena does not take it for another one: no two of one moment are alike.
fn token(connection: &Connection, region: &str, statement: &Statement<'_>) -> String {
    let time = connection.config_for(region).time_source().unwrap_or_default();
    let since = time.now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    (statement.text, statement.parameters).hash(&mut hasher);
    format!("stacktrail-{:032x}-{:016x}", since.as_nanos(), hasher.finish())
}

/// A value that is missing is NULL.
fn values(row: &Value) -> Vec<Option<String>> {
    let data = row.get("Data").and_then(Value::as_array).into_iter().flatten();
    let value = |datum: &Value| {
        datum
            .get("VarCharValue")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    data.map(value).collect()
}

fn read_progress(answer: &Value) -> Result<QueryProgress, Fault> {
    let checked = UncheckedAnswer(PROGRESS_ACTION);
    let execution = checked.must(answer.get("QueryExecution"), "the query")?;
    let status = execution.get("Status").unwrap_or(&Value::Null);
    let reason = text(status, "StateChangeReason").unwrap_or_default();
    let state = match checked.text(text(status, "State"), "its state")? {
        "SUCCEEDED" => QueryState::Succeeded,
        "FAILED" => QueryState::Failed(failed(reason)),
        "CANCELLED" => QueryState::Stopped(reason.to_owned()),
        _ => QueryState::Running,
    };
    let scanned = execution
        .pointer("/Statistics/DataScannedInBytes")
        .and_then(Value::as_u64);
    Ok(QueryProgress {
        state,
        scanned: scanned.unwrap_or_default(),
    })
}

/// Why a query came to nothing. What Athena asks in the caller's name can be denied, too, and the reason names the action.
fn failed(reason: &str) -> Fault {
    let denied = reason.split("not authorized to perform: ").nth(1);
    let is_action = |c: char| c.is_ascii_alphanumeric() || ":-".contains(c);
    let action = denied.map(|rest| rest.split(|c| !is_action(c)).next().unwrap_or_default());
    if let Some(action) = action.filter(|action| action.contains(':')) {
        return Fault::new(action, FaultKind::Denied, reason);
    }
    if reason.contains("Permission denied on S3 path") {
        return Fault::new("s3:GetObject", FaultKind::Denied, reason);
    }
    let words = match reason {
        "" => "the query came to nothing, and Athena does not say why",
        reason => reason,
    };
    Fault::new(START_ACTION, FaultKind::Invalid, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_asked_with_its_values_beside_it() {
        let parameters = ["'it''s'".to_owned()];
        let statement = Statement {
            text: "SELECT a FROM b WHERE c = ?",
            parameters: &parameters,
            database: Some("audit"),
            workgroup: Some("people"),
            output: Some("s3://results/x/"),
        };
        assert_eq!(
            statement.request("t"),
            json!({
                "QueryString": "SELECT a FROM b WHERE c = ?",
                "ClientRequestToken": "t",
                "ExecutionParameters": ["'it''s'"],
                "QueryExecutionContext": { "Database": "audit" },
                "WorkGroup": "people",
                "ResultConfiguration": { "OutputLocation": "s3://results/x/" },
            })
        );
        let bare = Statement {
            parameters: &[],
            database: None,
            workgroup: None,
            output: None,
            ..statement
        };
        let request = bare.request("t");
        assert_eq!(
            request.as_object().map(serde_json::Map::len),
            Some(2),
            "{request}"
        );
    }

    fn of(state: &str, reason: &str) -> QueryProgress {
        read_progress(&json!({ "QueryExecution": {
            "Status": { "State": state, "StateChangeReason": reason },
            "Statistics": { "DataScannedInBytes": 12 },
        } }))
        .unwrap()
    }

    #[test]
    fn how_far_a_query_is_is_read() {
        assert_eq!(of("QUEUED", "").state, QueryState::Running);
        assert_eq!(of("RUNNING", "").scanned, 12);
        assert_eq!(of("SUCCEEDED", "").state, QueryState::Succeeded);
        assert_eq!(
            of("CANCELLED", "by a person").state,
            QueryState::Stopped("by a person".to_owned())
        );
        let damaged = read_progress(&json!({ "QueryExecution": {} })).unwrap_err();
        assert_eq!(damaged.kind, FaultKind::Malformed);
    }

    #[test]
    fn what_athena_was_denied_is_named() {
        let fault = |reason| match of("FAILED", reason).state {
            QueryState::Failed(fault) => (fault.action, fault.kind),
            other => panic!("{other:?}"),
        };
        let glue = "Insufficient permissions to execute the query. User: arn:aws:sts::1:assumed-role/r/s is not \
                    authorized to perform: glue:GetTable on resource: arn:aws:glue:eu-west-1:1:catalog";
        assert_eq!(fault(glue), ("glue:GetTable".to_owned(), FaultKind::Denied));
        let s3 = "Permission denied on S3 path: s3://trails/AWSLogs/1/CloudTrail/eu-west-1/2026/05/04";
        assert_eq!(fault(s3), ("s3:GetObject".to_owned(), FaultKind::Denied));
        let limit = "Query cancelled! : Bytes scanned limit was exceeded";
        assert_eq!(fault(limit), (START_ACTION.to_owned(), FaultKind::Invalid));
    }

    #[test]
    fn a_value_that_is_missing_is_none() {
        let row = json!({ "Data": [{ "VarCharValue": "a" }, {}, { "VarCharValue": "" }] });
        assert_eq!(values(&row), [Some("a".to_owned()), None, Some(String::new())]);
    }
}
