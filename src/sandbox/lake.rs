//! CloudTrail Lake over the story's event data stores: a query is really evaluated, over the records that were delivered.

use std::sync::PoisonError;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::athena;
use super::request::ApiRequest;
use super::seed::Seed;
use super::tables::{SimulatedQuery, SimulatedTable};
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// The most rows of one page.
const PAGE: usize = 1_000;

/// Answers one question about event data stores; nothing for a question of another kind.
pub(super) fn answer(
    world: &World,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Option<Result<Value, ServiceError>> {
    Some(match question.operation.as_str() {
        "ListEventDataStores" => {
            let stores = stores(world)
                .map(|store| json!({ "EventDataStoreArn": arn(world, store), "Name": store.name() }));
            Ok(json!({ "EventDataStores": stores.collect::<Vec<Value>>() }))
        }
        "GetEventDataStore" => described(world, question),
        "StartQuery" => start(world, question, now),
        "DescribeQuery" => with_query(world, question, |id, query| {
            query.look();
            Ok(told(id, query))
        }),
        "GetQueryResults" => with_query(world, question, |_, query| results(query, question)),
        "CancelQuery" => with_query(world, question, |id, query| {
            if ["SUCCEEDED", "FAILED", "CANCELLED"].contains(&query.state()) {
                let message = "The query is not active.";
                return Err(ServiceError::caller("InactiveQueryException", message));
            }
            query.stop();
            Ok(json!({ "QueryId": id, "QueryStatus": "CANCELLED" }))
        }),
        _ => return None,
    })
}

fn stores(world: &World) -> impl Iterator<Item = &SimulatedTable> {
    world.tables.iter().filter(|table| table.is_store())
}

fn arn(world: &World, store: &SimulatedTable) -> String {
    let World { region, account, .. } = world;
    format!(
        "arn:aws:cloudtrail:{region}:{account}:eventdatastore/{}",
        store.table
    )
}

fn described(world: &World, question: &ApiRequest) -> Result<Value, ServiceError> {
    let wanted = question.parameters.text("EventDataStore").unwrap_or_default();
    let store = stores(world).find(|store| wanted.ends_with(&store.table));
    let store = store.ok_or_else(|| {
        let message = "The event data store was not found.";
        ServiceError::caller("EventDataStoreNotFoundException", message)
    })?;
    let equals = |field: &str, value: &str| json!({ "Field": field, "Equals": [value] });
    let management = json!({ "FieldSelectors": [equals("eventCategory", "Management")] });
    let data = store.kinds.iter().map(
        |kind| json!({ "FieldSelectors": [equals("eventCategory", "Data"), equals("resources.type", kind)] }),
    );
    let selectors: Vec<Value> = std::iter::once(management).chain(data).collect();
    Ok(json!({
        "EventDataStoreArn": arn(world, store),
        "Name": store.name(),
        "Status": "ENABLED",
        "AdvancedEventSelectors": selectors,
        "MultiRegionEnabled": true,
        "OrganizationEnabled": store.is_of_organisation,
        "RetentionPeriod": 365,
    }))
}

fn start(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    let invalid = |message: String| ServiceError::caller("InvalidQueryStatementException", message);
    let text = question.parameters.text("QueryStatement").unwrap_or_default();
    if !(1..=10_000).contains(&text.len()) {
        return Err(invalid("a statement is 1 to 10000 characters long".to_owned()));
    }
    let outcome = athena::evaluated(world, &named(text), now)
        .map_err(|at| invalid(format!("line 1:{at}: mismatched input")))?;
    let mut queries = world.queries.0.lock().unwrap_or_else(PoisonError::into_inner);
    let id = Seed::of(&["lake", text, &queries.len().to_string()]).uuid();
    queries.insert(id.clone(), SimulatedQuery::new(text, "", outcome));
    Ok(json!({ "QueryId": id }))
}

/// The ID of a store stands without quotes where a table's name is.
fn named(text: &str) -> String {
    let Some((before, rest)) = text.split_once(" FROM ") else {
        return text.to_owned();
    };
    let (id, after) = rest.split_once(' ').unwrap_or((rest, ""));
    format!("{before} FROM \"{id}\" {after}")
}

fn with_query(
    world: &World,
    question: &ApiRequest,
    then: impl FnOnce(&str, &mut SimulatedQuery) -> Result<Value, ServiceError>,
) -> Result<Value, ServiceError> {
    let id = question.parameters.text("QueryId").unwrap_or_default();
    let mut queries = world.queries.0.lock().unwrap_or_else(PoisonError::into_inner);
    let query = queries.get_mut(id).ok_or_else(|| {
        let message = format!("The query {id} was not found.");
        ServiceError::caller("QueryIdNotFoundException", message)
    })?;
    then(id, query)
}

fn status(query: &SimulatedQuery) -> &'static str {
    match query.state() {
        "SUCCEEDED" => "FINISHED",
        other => other,
    }
}

fn told(id: &str, query: &SimulatedQuery) -> Value {
    let mut told = json!({
        "QueryId": id,
        "QueryString": query.text,
        "QueryStatus": status(query),
        "QueryStatistics": { "BytesScanned": query.scanned() },
    });
    if let (Err(reason), "FAILED", Some(members)) = (&query.outcome, query.state(), told.as_object_mut()) {
        members.insert("ErrorMessage".to_owned(), json!(reason));
    }
    told
}

fn results(query: &SimulatedQuery, question: &ApiRequest) -> Result<Value, ServiceError> {
    let rows = match (&query.outcome, query.state()) {
        // The first has the names.
        (Ok(found), "SUCCEEDED") => found.rows.get(1..).unwrap_or_default(),
        _ => &[],
    };
    let begin = question
        .parameters
        .text("NextToken")
        .map_or(Ok(0), str::parse::<usize>);
    let begin = begin
        .map_err(|_no_number| ServiceError::caller("InvalidNextTokenException", "The token is not valid."))?;
    let most = question
        .parameters
        .number("MaxQueryResults")
        .and_then(|most| usize::try_from(most).ok());
    let most = most.unwrap_or(PAGE).min(PAGE);
    let page = rows.iter().skip(begin).take(most);
    let page = page.map(|row| json!([{ "eventJson": row.first() }]));
    let mut answer = json!({ "QueryStatus": status(query), "QueryResultRows": page.collect::<Vec<Value>>() });
    let end = begin + most;
    if let (true, Some(members)) = (end < rows.len(), answer.as_object_mut()) {
        members.insert("NextToken".to_owned(), json!(end.to_string()));
    }
    Ok(answer)
}
