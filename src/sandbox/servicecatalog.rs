//! Service Catalog's records: what became of requests for products, also of those that are gone.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::json::epoch_seconds;
use super::paging::page;
use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::seed::Seed;
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of Service Catalog.
pub(super) static SERVICE_CATALOG: ServiceDeclaration = ServiceDeclaration::json("servicecatalog", answer);

/// Records of a page, the most there are.
const PAGE: usize = 20;

/// Answers one question about records: those of the account, where they are asked for, newest first.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    if question.operation != "ListRecordHistory" {
        return Err(ServiceError::unknown_operation(
            Protocol::Json,
            &question.operation,
        ));
    }
    let parameters = &question.parameters;
    // The watcher has asked for no product itself.
    let of_account = parameters.value("AccessLevelFilter")["Key"] == "Account";
    let filter = parameters.value("SearchFilter");
    let wanted = filter["Value"]
        .as_str()
        .filter(|_| filter["Key"] == "provisionedproduct");
    let mut records: Vec<(DateTime<Utc>, Value)> = world
        .events_of(SERVICE_CATALOG.prefix, &question.region)
        .filter(|product| of_account && wanted.is_none_or(|id| product.id == id))
        .flat_map(|product| product.events.iter().map(move |event| (product, event)))
        .filter(|(_, (at, _))| *at <= now)
        .map(|(product, (at, line))| (*at, record(&product.id, *at, line)))
        .collect();
    records.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let page = page(
        records.into_iter().map(|(_, record)| record),
        PAGE,
        parameters.text("PageToken"),
        &parameters.fingerprint("PageToken"),
        |record| record["RecordId"].to_string(),
    );
    let wrong = |_wrong| ServiceError::caller("InvalidParametersException", "Invalid page token");
    let page = page.map_err(wrong)?;
    let mut answer = json!({ "RecordDetails": page.items });
    if let (Some(next), Some(answer)) = (page.next, answer.as_object_mut()) {
        answer.insert("NextPageToken".to_owned(), json!(next));
    }
    Ok(answer)
}

/// A record of a line that begins with its status and its type; what follows is its error.
fn record(product: &str, at: DateTime<Utc>, line: &str) -> Value {
    let (status, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (kind, error) = rest.split_once(' ').unwrap_or((rest, ""));
    let errors = match error {
        "" => json!([]),
        error => json!([{ "Code": "CloudFormationError", "Description": error }]),
    };
    json!({
        "RecordId": format!("rec-{}", Seed::of(&["record", product, line]).hex(13)),
        "ProvisionedProductId": product,
        "ProvisionedProductType": "CFN_STACK",
        "RecordType": kind,
        "Status": status,
        "CreatedTime": epoch_seconds(at),
        "UpdatedTime": epoch_seconds(at),
        "RecordErrors": errors,
        "RecordTags": [],
    })
}
