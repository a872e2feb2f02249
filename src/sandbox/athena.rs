//! Athena over the story's tables: a query is really evaluated, with the values that were bound to it, over the records
//! that were delivered.
//!
//! A query is not done at once: it waits, it runs and has read a part, it is done. How far it is depends on how often it was
//! asked, and on no clock.

mod evaluate;
mod sql;
mod table;

use std::collections::BTreeMap;
use std::sync::PoisonError;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::seed::Seed;
use super::tables::{FoundRows, SimulatedQuery};
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of Athena.
pub(super) static ATHENA: ServiceDeclaration = ServiceDeclaration::json("athena", answer);

/// So many bytes a query of the workgroup `people` may read.
const PEOPLE_MAY_READ: u64 = 20_000_000;
/// The most rows of one page.
const PAGE: usize = 1_000;

fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    let mut queries = world.queries.0.lock().unwrap_or_else(PoisonError::into_inner);
    match question.operation.as_str() {
        "GetTableMetadata" => table::metadata(world, question),
        "GetWorkGroup" => workgroup(question),
        "StartQueryExecution" => start(world, &mut queries, question, now),
        "GetQueryExecution" => {
            let (id, query) = known(&mut queries, question)?;
            query.look();
            Ok(told(&id, query))
        }
        "GetQueryResults" => {
            let (_, query) = known(&mut queries, question)?;
            results(query, question)
        }
        "StopQueryExecution" => {
            let (_, query) = known(&mut queries, question)?;
            query.stop();
            Ok(json!({}))
        }
        other => Err(ServiceError::unknown_operation(Protocol::Json, other)),
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::caller("InvalidRequestException", message)
}

fn workgroup(question: &ApiRequest) -> Result<Value, ServiceError> {
    let name = question.parameters.text("WorkGroup").unwrap_or_default();
    let configuration = match name {
        "primary" => json!({}),
        "people" => json!({ "BytesScannedCutoffPerQuery": PEOPLE_MAY_READ }),
        _ => return Err(invalid(format!("WorkGroup {name} is not found."))),
    };
    Ok(json!({ "WorkGroup": { "Name": name, "State": "ENABLED", "Configuration": configuration } }))
}

fn start(
    world: &World,
    queries: &mut BTreeMap<String, SimulatedQuery>,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Result<Value, ServiceError> {
    let text = question.parameters.text("QueryString").unwrap_or_default();
    let workgroup = question.parameters.text("WorkGroup").unwrap_or("primary");
    if !["primary", "people"].contains(&workgroup) {
        return Err(invalid(format!("WorkGroup {workgroup} is not found.")));
    }
    let token = question.parameters.text("ClientRequestToken").unwrap_or_default();
    if !(32..=128).contains(&token.len()) {
        return Err(invalid("ClientRequestToken is 32 to 128 characters long"));
    }
    let output = question
        .parameters
        .value("ResultConfiguration")
        .get("OutputLocation");
    // The first has a place of its own for what is found.
    if output.is_none() && workgroup != "primary" {
        return Err(invalid("No output location provided."));
    }
    let parsed = sql::parse(text).map_err(|at| invalid(format!("line 1:{at}: mismatched input")))?;
    let parameters = question.parameters.list("ExecutionParameters");
    if parameters.iter().any(|value| !(1..=1_024).contains(&value.len())) {
        return Err(invalid("a parameter is 1 to 1024 characters long"));
    }
    let outcome = evaluate::run(world, &parsed, &parameters, now);
    let query = SimulatedQuery::new(text, workgroup, outcome);
    let id = Seed::of(&["query", token]).uuid();
    queries.entry(id.clone()).or_insert(query);
    Ok(json!({ "QueryExecutionId": id }))
}

/// What a statement without places finds; an error where it is none, at which of its parts.
pub(super) fn evaluated(
    world: &World,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Result<FoundRows, String>, usize> {
    Ok(evaluate::run(world, &sql::parse(text)?, &[], now))
}

fn known<'q>(
    queries: &'q mut BTreeMap<String, SimulatedQuery>,
    question: &ApiRequest,
) -> Result<(String, &'q mut SimulatedQuery), ServiceError> {
    let id = question.parameters.text("QueryExecutionId").unwrap_or_default();
    let query = queries.get_mut(id);
    let query = query.ok_or_else(|| invalid(format!("QueryExecution {id} was not found")))?;
    Ok((id.to_owned(), query))
}

fn told(id: &str, query: &SimulatedQuery) -> Value {
    let state = query.state();
    let mut status = json!({ "State": state });
    if let (Err(reason), "FAILED", Some(status)) = (&query.outcome, state, status.as_object_mut()) {
        status.insert("StateChangeReason".to_owned(), json!(reason));
    }
    json!({ "QueryExecution": {
        "QueryExecutionId": id,
        "Query": query.text,
        "StatementType": "DML",
        "Status": status,
        "Statistics": { "DataScannedInBytes": query.scanned() },
        "WorkGroup": query.workgroup,
    } })
}

fn results(query: &SimulatedQuery, question: &ApiRequest) -> Result<Value, ServiceError> {
    let found = match (&query.outcome, query.state()) {
        (Ok(found), "SUCCEEDED") => found,
        (_, state) => {
            return Err(invalid(format!(
                "Query has not yet finished. Current state: {state}"
            )));
        }
    };
    let begin = question
        .parameters
        .text("NextToken")
        .map_or(Ok(0), str::parse::<usize>);
    let begin = begin.map_err(|_no_number| invalid("Invalid NextToken"))?;
    let most = question
        .parameters
        .number("MaxResults")
        .and_then(|most| usize::try_from(most).ok());
    let most = most.unwrap_or(PAGE).min(PAGE);
    let row = |row: &Vec<Option<String>>| {
        let data = row.iter().map(|value| match value {
            Some(text) => json!({ "VarCharValue": text }),
            None => json!({}),
        });
        json!({ "Data": data.collect::<Vec<Value>>() })
    };
    let rows: Vec<Value> = found.rows.iter().skip(begin).take(most).map(row).collect();
    let mut answer = json!({ "ResultSet": { "Rows": rows } });
    let end = begin + most;
    if let (true, Some(members)) = (end < found.rows.len(), answer.as_object_mut()) {
        members.insert("NextToken".to_owned(), json!(end.to_string()));
    }
    Ok(answer)
}
