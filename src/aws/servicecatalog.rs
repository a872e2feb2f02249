//! Service Catalog: why a product was not provisioned, which is a stack of its own behind the scenes.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{JsonApi, json_time};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const ACTION: &str = "servicecatalog:ListRecordHistory";
const API: JsonApi = JsonApi::new("servicecatalog", "AWS242ServiceCatalogService");
/// Records of a page, the most there are, and pages that are read at most.
const RECORDS: usize = 20;
const PAGES: usize = 3;

/// Service Catalog in the region of the product.
#[derive(Debug)]
pub(super) struct ServiceCatalog {
    connection: Arc<Connection>,
}

impl ServiceCatalog {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    async fn page(&self, region: &str, product: &str, token: Option<&Value>) -> Result<Value, Fault> {
        let mut parameters = json!({
            // Whoever asked for it: that was CloudFormation's role.
            "AccessLevelFilter": { "Key": "Account", "Value": "self" },
            "SearchFilter": { "Key": "provisionedproduct", "Value": product },
            "PageSize": RECORDS,
        });
        if let (Some(token), Some(object)) = (token, parameters.as_object_mut()) {
            object.insert("PageToken".to_owned(), token.clone());
        }
        API.ask(&self.connection, region, ACTION, &parameters).await
    }
}

#[async_trait]
impl ServiceSource for ServiceCatalog {
    async fn statements(&self, about: &ServiceQuestion, _: DateTime<Utc>) -> Result<Stated, Fault> {
        let mut stated = Stated::default();
        let Some(product) = product(&about.physical_id) else {
            return Ok(stated);
        };
        let answer = UncheckedAnswer(ACTION);
        let mut token = None;
        let mut read = Vec::new();
        for _ in 0..PAGES {
            let page = self
                .page(about.stack_id.region(), product, token.as_ref())
                .await?;
            let records = page.get("RecordDetails").and_then(Value::as_array);
            for record in answer.must(records, "the list of records")? {
                stated.statements.extend(statements(about, product, record)?);
                read.push(record.clone());
            }
            token = page
                .get("NextPageToken")
                .filter(|token| token.as_str().is_some_and(|token| !token.is_empty()))
                .cloned();
            if token.is_none() {
                break;
            }
        }
        if let Some(failed) = stated.statements.iter().map(|said| said.at).min() {
            for record in &read {
                stated
                    .statements
                    .extend(begun_after(about, (product, record), failed)?);
            }
        }
        Ok(stated)
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        if action != ACTION {
            return None;
        }
        let answered = self.page(self.connection.region(), NOBODY, None).await;
        Some(answered.map(drop))
    }
}

/// The product's id; CloudFormation puts the record's behind it.
fn product(physical_id: &str) -> Option<&str> {
    physical_id.split('|').find(|part| part.starts_with("pp-"))
}

/// What a record of this very product says went wrong; nothing where it is of another time.
fn statements(
    about: &ServiceQuestion,
    product: &str,
    record: &Value,
) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(ACTION);
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let errors = record.get("RecordErrors").and_then(Value::as_array);
    let errors = errors.filter(|errors| !errors.is_empty());
    let time = record.get("UpdatedTime").or_else(|| record.get("CreatedTime"));
    let (Some(errors), Some(id), Some(time)) = (errors, text("RecordId"), time) else {
        return Ok(Vec::new());
    };
    let at = answer.must(json_time(time), "the time of a record")?;
    let at = answer.moment(at)?;
    if text("ProvisionedProductId").is_some_and(|of| of != product) || !(about.from..=about.to).contains(&at)
    {
        return Ok(Vec::new());
    }
    let said = errors
        .iter()
        .filter_map(|error| error.get("Description").and_then(Value::as_str))
        .flat_map(said_in);
    // CloudFormation lists the newest first, and what failed first is why the others did.
    let said: Vec<String> = said.collect();
    let statement = |(number, text): (usize, String)| {
        about.statement(SourceId::SERVICE_CATALOG, format!("{id}/{number:03}"), at, text)
    };
    Ok(said.into_iter().rev().enumerate().map(statement).collect())
}

/// The marks of a record of this very product that was made after one that failed, and has not failed itself.
fn begun_after(
    about: &ServiceQuestion,
    (product, record): (&str, &Value),
    failed: DateTime<Utc>,
) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(ACTION);
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    let time = |key| record.get(key).and_then(json_time).map(|at| answer.moment(at));
    let Some(began) = time("CreatedTime").transpose()? else {
        return Ok(Vec::new());
    };
    let status = text("Status");
    let ended = time("UpdatedTime").transpose()?.filter(|_| status == "SUCCEEDED");
    let counts = ended.is_some() || ["CREATED", "IN_PROGRESS"].contains(&status);
    let (id, of) = (text("RecordId"), text("ProvisionedProductId"));
    if id.is_empty() || !counts || began < failed || ![product, ""].contains(&of) {
        return Ok(Vec::new());
    }
    Ok(about.marks(
        (&SourceId::SERVICE_CATALOG, &format!("record {id}")),
        id,
        began,
        ended,
    ))
}

/// The parts of `Errors from CloudFormation: [{LogicalResourceId : A, ResourceType : T, StatusReason : R}, ..]`; any
/// other text whole.
fn said_in(description: &str) -> Vec<String> {
    let parts: Vec<String> = description
        .split("{LogicalResourceId : ")
        .skip(1)
        .filter_map(of_resource)
        .collect();
    if parts.is_empty() {
        return vec![format!("error: {description}")];
    }
    parts
}

/// `error of A (T): R`.
fn of_resource(part: &str) -> Option<String> {
    let (logical_id, rest) = part.split_once(", ResourceType : ")?;
    let (resource_type, reason) = rest.split_once(", StatusReason : ")?;
    let reason = reason.trim_end().trim_end_matches([',', ']']).trim_end();
    let reason = reason.strip_suffix('}').unwrap_or(reason);
    Some(format!("error of {logical_id} ({resource_type}): {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::fault::FaultKind;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn about() -> ServiceQuestion {
        ServiceQuestion {
            from: at("2026-05-04T12:00:00Z"),
            to: at("2026-05-04T13:00:00Z"),
            ..crate::aws::tests::question(
                "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
                "pp-1|rec-1",
            )
        }
    }

    const ERRORS: &str = "Errors from CloudFormation: [{LogicalResourceId : SC-1-pp-1, ResourceType : AWS::CloudFormation::Stack, StatusReason : The following resource(s) failed to create: [Vend]. . Rollback requested by user.}, {LogicalResourceId : Vend, ResourceType : Custom::Vend, StatusReason : No {braces}, no more}, {LogicalResourceId : SC-1-pp-1, ResourceType : AWS::CloudFormation::Stack, StatusReason : User Initiated}]";

    #[test]
    fn the_errors_of_the_stack_behind_it_are_told_one_by_one_and_the_first_first() {
        let record = json!({
            "RecordId": "rec-1", "ProvisionedProductId": "pp-1", "Status": "FAILED", "UpdatedTime": "2026-05-04T12:30:00Z",
            "RecordErrors": [{ "Code": "CloudFormationError", "Description": ERRORS }],
        });
        let said = statements(&about(), "pp-1", &record).unwrap();
        let texts: Vec<&str> = said.iter().map(|said| said.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "error of SC-1-pp-1 (AWS::CloudFormation::Stack): User Initiated",
                "error of Vend (Custom::Vend): No {braces}, no more",
                "error of SC-1-pp-1 (AWS::CloudFormation::Stack): The following resource(s) failed to create: [Vend]. . Rollback requested by user.",
            ]
        );
        assert_eq!(said[1].id, "rec-1/001");
        assert_eq!(said_in("No launch path"), ["error: No launch path"]);
    }

    #[test]
    fn another_products_record_an_older_one_and_one_without_errors_say_nothing() {
        let record = |product: &str, time: Value, errors: Value| {
            let record = json!({
                "RecordId": "rec-1", "ProvisionedProductId": product, "UpdatedTime": time, "RecordErrors": errors,
            });
            statements(&about(), "pp-1", &record)
        };
        let errors = json!([{ "Description": "no" }]);
        assert_eq!(
            record("pp-1", json!(1_777_897_800.5), errors.clone())
                .unwrap()
                .len(),
            1
        );
        for silent in [
            record("pp-2", json!("2026-05-04T12:30:00Z"), errors.clone()),
            record("pp-1", json!("2026-05-03T12:30:00Z"), errors.clone()),
            record("pp-1", json!("2026-05-04T12:30:00Z"), json!([])),
            record("pp-1", Value::Null, json!(null)),
        ] {
            assert!(silent.unwrap().is_empty());
        }
        let later = |product: &str, status: &str| {
            let later = json!({
                "RecordId": "rec-2", "ProvisionedProductId": product, "Status": status,
                "CreatedTime": "2026-05-04T12:31:00Z", "UpdatedTime": "2026-05-04T12:35:00Z",
            });
            begun_after(&about(), ("pp-1", &later), at("2026-05-04T12:30:00Z"))
                .unwrap()
                .len()
        };
        assert_eq!(later("pp-1", "SUCCEEDED"), 2);
        assert_eq!(later("pp-1", "IN_PROGRESS"), 1);
        assert_eq!(later("pp-2", "SUCCEEDED") + later("pp-1", "FAILED"), 0);
        let fault = record("pp-1", json!("soon"), errors).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed);
        assert_eq!(product("arn:x"), None);
    }
}
