//! `OpenSearch`: at which stage a change of a domain failed, and why.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{RestApi, encoded, json_time};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const ACTION: &str = "es:DescribeDomainChangeProgress";
const API: RestApi = RestApi::new("es");
/// As the service takes a name: [`NOBODY`](super::NOBODY) is too long for it.
const NOBODYS_DOMAIN: &str = "stacktrail-doctor-asks";

/// `OpenSearch` in the region of the domain.
#[derive(Debug)]
pub(super) struct OpenSearch {
    connection: Arc<Connection>,
}

impl OpenSearch {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    async fn progress(&self, region: &str, domain: &str) -> Result<Value, Fault> {
        let path = format!("/2021-01-01/opensearch/domain/{}/progress", encoded(domain));
        API.get(&self.connection, region, ACTION, &path).await
    }
}

#[async_trait]
impl ServiceSource for OpenSearch {
    async fn statements(&self, about: &ServiceQuestion, _: DateTime<Utc>) -> Result<Stated, Fault> {
        let mut stated = Stated::default();
        match self.progress(about.stack_id.region(), &about.physical_id).await {
            Ok(answered) => stated.statements = told(about, &answered)?,
            // Gone with its rollback.
            Err(fault) if fault.kind == FaultKind::NotFound => {}
            Err(fault) => return Err(fault),
        }
        Ok(stated)
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        if action != ACTION {
            return None;
        }
        let region = self.connection.region();
        Some(self.progress(region, NOBODYS_DOMAIN).await.map(drop))
    }
}

/// What failed of the domain's newest change; nothing of one that was begun before or after the resource's own.
fn told(about: &ServiceQuestion, answered: &Value) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(ACTION);
    // A domain that was never changed has none.
    let Some(change) = answered.get("ChangeProgressStatus").filter(|it| it.is_object()) else {
        return Ok(Vec::new());
    };
    let (Some(id), Some(began)) = (
        text(change, "ChangeId"),
        change.get("StartTime").and_then(json_time),
    ) else {
        answer.left_out("id or time");
        return Ok(Vec::new());
    };
    let began = answer.moment(began)?;
    if !(about.from..=about.to).contains(&began) {
        return Ok(Vec::new());
    }
    let said = |id: String, at, words: String| about.statement(SourceId::OPENSEARCH, id, at, words);
    let stages = change.get("ChangeProgressStages").and_then(Value::as_array);
    let mut told = Vec::new();
    for stage in stages.into_iter().flatten().filter(|stage| has_failed(stage)) {
        let name = text(stage, "Name").unwrap_or("without a name");
        let at = stage.get("LastUpdated").and_then(json_time).unwrap_or(began);
        let why = text(stage, "Description").map_or_else(String::new, |why| format!(": {why}"));
        let words = format!(
            "the change of domain {}, stage {name} failed{why}",
            about.physical_id
        );
        told.push(said(format!("{id}/{name}"), answer.moment(at)?, words));
    }
    if told.is_empty()
        && (has_failed(change) || text(change, "ConfigChangeStatus") == Some("ValidationFailed"))
    {
        let at = change.get("LastUpdatedTime").and_then(json_time).unwrap_or(began);
        let words = format!("the change of domain {} failed", about.physical_id);
        told.push(said(id.to_owned(), answer.moment(at)?, words));
    }
    Ok(told)
}

fn text<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    let text = of.get(key).and_then(Value::as_str).map(str::trim);
    text.filter(|text| !text.is_empty())
}

/// The model leaves a stage's status to the service: it is told in capitals for the whole, and as words for a stage.
fn has_failed(of: &Value) -> bool {
    text(of, "Status").is_some_and(|status| status.to_ascii_uppercase().contains("FAIL"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn about() -> ServiceQuestion {
        ServiceQuestion {
            from: "2026-05-04T12:00:00Z".parse().unwrap(),
            to: "2026-05-04T13:00:00Z".parse().unwrap(),
            ..crate::aws::tests::question("AWS::OpenSearchService::Domain", "catalogue")
        }
    }

    fn texts(change: &Value) -> Vec<String> {
        let told = told(&about(), &json!({ "ChangeProgressStatus": change })).unwrap();
        told.into_iter().map(|told| told.text).collect()
    }

    const BEGAN: f64 = 1_777_896_100.0;

    #[test]
    fn the_stage_that_failed_says_why() {
        let stages = json!([
            { "Name": "Validation", "Status": "COMPLETED", "Description": "passed", "LastUpdated": BEGAN + 5.0 },
            { "Name": "Creating a new environment", "Status": "Failed", "Description": "no address is left", "LastUpdated": BEGAN + 9.0 },
        ]);
        let change = json!({ "ChangeId": "c", "StartTime": BEGAN, "Status": "FAILED", "ChangeProgressStages": stages });
        assert_eq!(
            texts(&change),
            ["the change of domain catalogue, stage Creating a new environment failed: no address is left"]
        );
    }

    #[test]
    fn a_change_that_goes_on_or_is_another_says_nothing() {
        let failed = |began: f64| json!({ "ChangeId": "c", "StartTime": began, "Status": "FAILED" });
        assert_eq!(texts(&failed(BEGAN)), ["the change of domain catalogue failed"]);
        for other in [
            failed(BEGAN - 7_200.0),
            failed(BEGAN + 7_200.0),
            json!({ "ChangeId": "c", "StartTime": BEGAN, "Status": "PROCESSING" }),
            json!({ "StartTime": BEGAN, "Status": "FAILED" }),
            json!(null),
        ] {
            assert!(texts(&other).is_empty(), "{other}");
        }
        let damaged = json!({ "ChangeProgressStatus": failed(-9e15) });
        assert!(told(&about(), &damaged).unwrap_or_default().is_empty());
    }
}
