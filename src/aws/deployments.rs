//! `CodeDeploy`: why a deployment of a stack's deployment groups failed.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{JsonApi, code_and_message, json_time};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::resource_type::LAMBDA_ALIAS;
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const LIST_ACTION: &str = "codedeploy:ListDeployments";
const GET_ACTION: &str = "codedeploy:BatchGetDeployments";
const API: JsonApi = JsonApi::new("codedeploy", "CodeDeploy_20141006");
/// Deployments that are looked at: one answer holds no more.
const DEPLOYMENTS: usize = 25;
/// As what a deployment is listed that did not succeed ...
const FAILED: [&str; 2] = ["Failed", "Stopped"];
/// ... and one that did, or may yet.
const NOT_FAILED: [&str; 5] = ["Succeeded", "InProgress", "Ready", "Queued", "Created"];

/// `CodeDeploy` in the region of the stack.
#[derive(Debug)]
pub(super) struct Deployments {
    connection: Arc<Connection>,
}

impl Deployments {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    /// The account's deployments of a time that ended or go on so, whichever their application.
    async fn list(
        &self,
        region: &str,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        statuses: &[&str],
    ) -> Result<Value, Fault> {
        let parameters = json!({
            "createTimeRange": { "start": from.timestamp(), "end": to.timestamp() },
            "includeOnlyStatuses": statuses,
        });
        API.ask(&self.connection, region, LIST_ACTION, &parameters).await
    }

    /// The same with all that is known of them.
    async fn deployments(
        &self,
        region: &str,
        time: (DateTime<Utc>, DateTime<Utc>),
        statuses: &[&str],
    ) -> Result<Vec<Value>, Fault> {
        let listed = self.list(region, time, statuses).await?;
        let ids = listed.get("deployments").and_then(Value::as_array);
        let ids = ids.into_iter().flatten().filter_map(Value::as_str);
        let ids: Vec<&str> = ids.take(DEPLOYMENTS).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.get(region, &ids).await?;
        let found = answer.get("deploymentsInfo").and_then(Value::as_array).cloned();
        UncheckedAnswer(GET_ACTION).must(found, "the deployments")
    }

    async fn get(&self, region: &str, ids: &[&str]) -> Result<Value, Fault> {
        let parameters = json!({ "deploymentIds": ids });
        API.ask(&self.connection, region, GET_ACTION, &parameters).await
    }
}

#[async_trait]
impl ServiceSource for Deployments {
    async fn statements(&self, about: &ServiceQuestion, _: DateTime<Utc>) -> Result<Stated, Fault> {
        let region = about.stack_id.region();
        let mut stated = Stated::default();
        for deployment in self.deployments(region, (about.from, about.to), &FAILED).await? {
            stated.statements.extend(told(about, &deployment)?);
        }
        let failed = stated.statements.iter().map(|said| said.at).min();
        let Some(failed) = failed.filter(|failed| *failed <= about.to) else {
            return Ok(stated);
        };
        for deployment in self.deployments(region, (failed, about.to), &NOT_FAILED).await? {
            stated.statements.extend(begun_after(about, &deployment, failed)?);
        }
        Ok(stated)
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        let region = self.connection.region();
        let past = DateTime::UNIX_EPOCH;
        match action {
            LIST_ACTION => Some(self.list(region, (past, past), &FAILED).await.map(drop)),
            GET_ACTION => Some(match self.get(region, &["d-000000000"]).await {
                Err(fault) if fault.kind == FaultKind::NotFound => Ok(()),
                answered => answered.map(drop),
            }),
            _ => None,
        }
    }
}

/// Why a deployment failed, if it was one of the resource's.
fn told(about: &ServiceQuestion, deployment: &Value) -> Result<Option<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(GET_ACTION);
    let (Some(id), Some(began)) = (text(deployment, "/deploymentId"), deployment.get("createTime")) else {
        answer.left_out("id or time");
        return Ok(None);
    };
    let began = answer.moment(answer.must(json_time(began), "the time of a deployment")?)?;
    if !(about.from..=about.to).contains(&began) || !is_of(about, deployment) {
        return Ok(None);
    }
    let code = text(deployment, "/errorInformation/code").unwrap_or_default();
    let message = text(deployment, "/errorInformation/message").unwrap_or_default();
    let why = code_and_message(code, message);
    let why = why.or_else(|| text(deployment, "/rollbackInfo/rollbackMessage").map(str::to_owned));
    let Some(why) = why else {
        return Ok(None);
    };
    let ended = deployment
        .get("completeTime")
        .and_then(json_time)
        .unwrap_or(began);
    let words = format!("deployment {id} failed: {why}");
    let at = answer.moment(ended)?;
    Ok(Some(about.statement(
        SourceId::CODEDEPLOY,
        id.to_owned(),
        at,
        words,
    )))
}

/// The marks of a deployment of the resource that was begun after one that failed, and has not failed itself.
fn begun_after(
    about: &ServiceQuestion,
    deployment: &Value,
    failed: DateTime<Utc>,
) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(GET_ACTION);
    let time = |key| {
        deployment
            .get(key)
            .and_then(json_time)
            .map(|at| answer.moment(at))
    };
    let (Some(id), Some(began)) = (text(deployment, "/deploymentId"), time("createTime").transpose()?) else {
        return Ok(Vec::new());
    };
    if began < failed || !is_of(about, deployment) {
        return Ok(Vec::new());
    }
    let ended = time("completeTime").transpose()?;
    let ended = ended.filter(|_| text(deployment, "/status") == Some("Succeeded"));
    let name = format!("deployment {id}");
    Ok(about.marks((&SourceId::CODEDEPLOY, &name), id, began, ended))
}

/// Whether a deployment is of the resource: a group of its own name, or an alias that the deployment names. One that
/// does not say what it deploys is of the only group that there is.
fn is_of(about: &ServiceQuestion, deployment: &Value) -> bool {
    let Some(group) = text(deployment, "/deploymentGroupName") else {
        return false;
    };
    if about.resource_type != LAMBDA_ALIAS {
        return group == about.physical_id;
    }
    if !about.companions.iter().any(|companion| companion == group) {
        return false;
    }
    let content = text(deployment, "/revision/appSpecContent/content")
        .or_else(|| text(deployment, "/revision/string/content"));
    match (content, function_of(&about.physical_id)) {
        (Some(content), Some(function)) => names(content, function),
        _ => about.companions.len() == 1,
    }
}

/// `f` of an alias' `arn:aws:lambda:eu-west-1:1:function:f:live`.
fn function_of(alias: &str) -> Option<&str> {
    alias.split(':').nth(6).filter(|function| !function.is_empty())
}

/// Whether a name stands in a text by itself.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    text.split(|c: char| !is_part(c)).any(|word| word == name)
}

fn text<'a>(of: &'a Value, pointer: &str) -> Option<&'a str> {
    let text = of.pointer(pointer).and_then(Value::as_str).map(str::trim);
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALIAS: &str = "arn:aws:lambda:eu-west-1:1:function:shop-pay:live";
    const AT: f64 = 1_777_896_100.0;

    fn about(resource_type: &str, physical_id: &str, groups: &[&str]) -> ServiceQuestion {
        ServiceQuestion {
            from: "2026-05-04T12:00:00Z".parse().unwrap(),
            to: "2026-05-04T13:00:00Z".parse().unwrap(),
            companions: groups.iter().map(|group| (*group).to_owned()).collect(),
            ..crate::aws::tests::question(resource_type, physical_id)
        }
    }

    fn deployment(group: &str, content: Option<&str>) -> Value {
        json!({
            "deploymentId": "d-1", "deploymentGroupName": group, "createTime": AT, "completeTime": AT + 60.0,
            "revision": { "appSpecContent": { "content": content } },
            "errorInformation": { "code": "ALARM_ACTIVE", "message": "One or more alarms have been activated" },
        })
    }

    fn said(about: &ServiceQuestion, deployment: &Value) -> Option<String> {
        told(about, deployment).unwrap().map(|told| told.text)
    }

    #[test]
    fn a_failed_deployment_says_why_for_the_alias_that_it_shifts() {
        let alias = about(LAMBDA_ALIAS, ALIAS, &["pay", "search"]);
        let of = |name: &str| {
            format!(r#"{{"Resources":[{{"f":{{"Properties":{{"Name":"{name}","Alias":"live"}}}}}}]}}"#)
        };
        assert_eq!(
            said(&alias, &deployment("pay", Some(&of("shop-pay")))).unwrap(),
            "deployment d-1 failed: ALARM_ACTIVE: One or more alarms have been activated"
        );
        // Another function's, one whose name only begins so, somebody else's group, and one that does not say whose it is.
        assert_eq!(
            said(&alias, &deployment("search", Some(&of("shop-search")))),
            None
        );
        assert_eq!(said(&alias, &deployment("pay", Some(&of("shop-pay-2")))), None);
        assert_eq!(said(&alias, &deployment("other", Some(&of("shop-pay")))), None);
        assert_eq!(said(&alias, &deployment("pay", None)), None);
        let only = about(LAMBDA_ALIAS, ALIAS, &["pay"]);
        assert!(said(&only, &deployment("pay", None)).is_some());
    }

    #[test]
    fn a_group_hears_of_its_own_deployments_of_that_time_only() {
        let group = about("AWS::CodeDeploy::DeploymentGroup", "web", &["web", "jobs"]);
        assert!(said(&group, &deployment("web", None)).is_some());
        assert_eq!(said(&group, &deployment("jobs", None)), None);
        let mut early = deployment("web", None);
        early["createTime"] = json!(AT - 7_200.0);
        assert_eq!(said(&group, &early), None);
        let mut again = deployment("web", None);
        again["status"] = json!("Succeeded");
        let made = DateTime::from_timestamp(1_777_896_100, 0).unwrap();
        let after = |seconds: i64| {
            let marks = begun_after(&group, &again, made + chrono::TimeDelta::seconds(seconds)).unwrap();
            marks.into_iter().map(|mark| mark.id).collect::<Vec<_>>()
        };
        assert_eq!(after(-1), ["d-1#begun", "d-1#succeeded"]);
        assert!(after(1).is_empty());
        let mut silent = deployment("web", None);
        silent["errorInformation"] = json!(null);
        assert_eq!(said(&group, &silent), None);
        silent["createTime"] = json!("yesterday");
        assert!(told(&group, &silent).is_err());
    }
}
