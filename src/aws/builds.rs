//! `CodeBuild`: in which phase the build behind a custom resource failed, and where its log is.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{JsonApi, json_time};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const LIST_ACTION: &str = "codebuild:ListBuildsForProject";
const GET_ACTION: &str = "codebuild:BatchGetBuilds";
const API: JsonApi = JsonApi::new("codebuild", "CodeBuild_20161006");
/// Projects of one resource that are asked.
const PROJECTS: usize = 4;
/// Builds that are looked at, the newest of a project: one answer holds no more.
const BUILDS: usize = 25;

/// `CodeBuild` in the region of the stack.
#[derive(Debug)]
pub(super) struct Builds {
    connection: Arc<Connection>,
}

impl Builds {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    async fn list(&self, region: &str, project: &str) -> Result<Value, Fault> {
        let parameters = json!({ "projectName": project, "sortOrder": "DESCENDING" });
        API.ask(&self.connection, region, LIST_ACTION, &parameters).await
    }

    async fn get(&self, region: &str, ids: &[&str]) -> Result<Value, Fault> {
        let parameters = json!({ "ids": ids });
        API.ask(&self.connection, region, GET_ACTION, &parameters).await
    }

    /// The newest builds of a project.
    async fn builds(&self, region: &str, project: &str) -> Result<Vec<Value>, Fault> {
        let listed = match self.list(region, project).await {
            Err(fault) if fault.kind == FaultKind::NotFound => return Ok(Vec::new()),
            listed => listed?,
        };
        let ids = listed.get("ids").and_then(Value::as_array);
        let ids = UncheckedAnswer(LIST_ACTION).must(ids, "the list of builds")?;
        let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).take(BUILDS).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.get(region, &ids).await?;
        let builds = answer.get("builds").and_then(Value::as_array).cloned();
        UncheckedAnswer(GET_ACTION).must(builds, "the builds")
    }
}

#[async_trait]
impl ServiceSource for Builds {
    async fn statements(&self, about: &ServiceQuestion, _: DateTime<Utc>) -> Result<Stated, Fault> {
        let mut stated = Stated::default();
        for project in about.companions.iter().take(PROJECTS) {
            let builds = self.builds(about.stack_id.region(), project).await?;
            let mut of_project = Vec::new();
            for build in &builds {
                of_project.extend(told(about, build)?);
            }
            if let Some(failed) = of_project.iter().map(|said| said.at).min() {
                for build in &builds {
                    of_project.extend(begun_after(about, build, failed)?);
                }
            }
            stated.statements.extend(of_project);
        }
        Ok(stated)
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        let region = self.connection.region();
        let id = format!("{NOBODY}:00000000-0000-0000-0000-000000000000");
        match action {
            LIST_ACTION => Some(self.list(region, NOBODY).await.map(drop)),
            GET_ACTION => Some(self.get(region, &[&id]).await.map(drop)),
            _ => None,
        }
    }
}

/// What a build that did not succeed says of its phases, if it was begun for this resource.
fn told(about: &ServiceQuestion, build: &Value) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(GET_ACTION);
    let text = |key| {
        build
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let (Some(id), Some(status), Some(began)) = (text("id"), text("buildStatus"), build.get("startTime"))
    else {
        answer.left_out("id, status or time");
        return Ok(Vec::new());
    };
    let began = answer.moment(answer.must(json_time(began), "the time of a build")?)?;
    let failed = ["FAILED", "FAULT", "TIMED_OUT", "STOPPED"].contains(&status);
    if !failed || !(about.from..=about.to).contains(&began) || !is_for(about, build) {
        return Ok(Vec::new());
    }
    let mut told = Vec::new();
    for phase in build
        .get("phases")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        told.extend(of_phase(about, id, phase)?);
    }
    if told.is_empty() {
        let ended = build.get("endTime").and_then(json_time).unwrap_or(began);
        let how = status.to_ascii_lowercase().replace('_', " ");
        let text = format!("build {id}: {how}");
        told.push(about.statement(SourceId::CODEBUILD, id.to_owned(), answer.moment(ended)?, text));
    }
    for statement in &mut told {
        statement
            .principals
            .extend(text("serviceRole").map(ToOwned::to_owned));
        statement.logs.extend(log(build));
    }
    Ok(told)
}

/// The marks of a build that was begun for this resource after one that failed, and has not failed itself.
fn begun_after(
    about: &ServiceQuestion,
    build: &Value,
    failed: DateTime<Utc>,
) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(GET_ACTION);
    let text = |key| build.get(key).and_then(Value::as_str).unwrap_or_default();
    let (id, status) = (text("id"), text("buildStatus"));
    let time = |key| build.get(key).and_then(json_time).map(|at| answer.moment(at));
    let Some(began) = time("startTime").transpose()? else {
        return Ok(Vec::new());
    };
    let ended = time("endTime").transpose()?.filter(|_| status == "SUCCEEDED");
    let counts = ended.is_some() || status == "IN_PROGRESS";
    if id.is_empty() || !counts || began < failed || !is_for(about, build) {
        return Ok(Vec::new());
    }
    Ok(about.marks((&SourceId::CODEBUILD, &format!("build {id}")), id, began, ended))
}

/// What a phase that did not succeed says.
fn of_phase(about: &ServiceQuestion, build: &str, phase: &Value) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(GET_ACTION);
    let text = |key| phase.get(key).and_then(Value::as_str).unwrap_or_default();
    let failed = ["FAILED", "FAULT", "TIMED_OUT"].contains(&text("phaseStatus"));
    let ended = phase.get("endTime").or_else(|| phase.get("startTime"));
    let (true, Some(ended)) = (failed, ended) else {
        return Ok(Vec::new());
    };
    let at = answer.moment(answer.must(json_time(ended), "the time of a phase")?)?;
    let name = text("phaseType");
    let contexts = phase
        .get("contexts")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let said = contexts.zip(0..).filter_map(|(context, number)| {
        let part = |key| {
            context
                .get(key)
                .and_then(Value::as_str)
                .map(str::trim)
                .unwrap_or_default()
        };
        let words = match (part("statusCode"), part("message")) {
            (_, "") => return None,
            ("", message) => message.to_owned(),
            (code, message) => format!("{code}: {message}"),
        };
        let text = format!("build {build}, phase {name} failed: {words}");
        Some(about.statement(SourceId::CODEBUILD, format!("{build}/{name}/{number}"), at, text))
    });
    Ok(said.collect())
}

/// Whether a build was begun for the request: it was handed the request's id, or else a function of the resource's stack
/// began it. A pipeline, a person or another stack's function begins builds of the same project for other ends.
fn is_for(about: &ServiceQuestion, build: &Value) -> bool {
    let variables = build
        .pointer("/environment/environmentVariables")
        .and_then(Value::as_array);
    let values = || {
        let variables = variables.into_iter().flatten();
        variables.filter_map(|variable| variable.get("value").and_then(Value::as_str))
    };
    if let Some(request) = about.request.as_deref().filter(|request| !request.is_empty())
        && values().any(|value| value.contains(request))
    {
        return true;
    }
    // It was handed where to answer another request.
    if values().any(|value| value.contains("cloudformation-custom-resource-response"))
        && about.request.is_some()
    {
        return false;
    }
    let initiator = build.get("initiator").and_then(Value::as_str).unwrap_or_default();
    let session = initiator.rsplit('/').next().unwrap_or_default();
    about.functions.iter().any(|function| function == session)
}

/// Its log group and stream, where it writes to CloudWatch.
fn log(build: &Value) -> Option<(String, Option<String>)> {
    let logs = build.get("logs")?;
    let text = |key| {
        logs.get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    Some((
        text("groupName")?.to_owned(),
        text("streamName").map(ToOwned::to_owned),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::fault::FaultKind;

    const REQUEST: &str = "5d478078-13e9-baf0-464a-7ef285ecc786";

    fn about(request: Option<&str>) -> ServiceQuestion {
        ServiceQuestion {
            from: "2026-05-04T12:00:00Z".parse().unwrap(),
            to: "2026-05-04T13:00:00Z".parse().unwrap(),
            request: request.map(ToOwned::to_owned),
            functions: vec!["builder".to_owned()],
            ..crate::aws::tests::question("Custom::Assets", "assets")
        }
    }

    fn build(initiator: &str, variable: &str) -> Value {
        json!({ "initiator": initiator, "environment": { "environmentVariables": [{ "name": "CFN", "value": variable }] } })
    }

    #[test]
    fn a_build_belongs_to_the_request_or_to_a_function_of_the_stack_and_to_no_other() {
        let asked = about(Some(REQUEST));
        let url = |request: &str| {
            format!("https://cloudformation-custom-resource-response-euwest1.s3.amazonaws.com/x%7C{request}")
        };
        assert!(is_for(&asked, &build("somebody", REQUEST)));
        assert!(is_for(&asked, &build("builder-role/builder", "x")));
        assert!(is_for(&asked, &build("builder-role/builder", &url(REQUEST))));
        // Another request's, by the same function; a pipeline's; a person's; another function's.
        assert!(!is_for(&asked, &build("builder-role/builder", &url("another"))));
        for initiator in [
            "codepipeline/site",
            "alice",
            "admin/alice",
            "other-role/other",
            "",
        ] {
            assert!(!is_for(&asked, &build(initiator, "x")), "{initiator}");
        }
        assert!(is_for(&about(None), &build("builder-role/builder", "x")));
        assert!(!is_for(&about(None), &json!({})));
    }

    fn whole(status: &str, began: &str, phases: &Value) -> Value {
        json!({
            "id": "assets:1", "buildStatus": status, "startTime": began, "initiator": "role/builder",
            "serviceRole": "arn:aws:iam::1:role/build", "phases": phases,
            "logs": { "groupName": "/aws/codebuild/assets", "streamName": "1" },
        })
    }

    #[test]
    fn a_phase_that_failed_is_told_with_its_log_and_role() {
        let phases = json!([
            { "phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED", "endTime": "2026-05-04T12:01:00Z", "contexts": [{ "statusCode": "", "message": "" }] },
            { "phaseType": "BUILD", "phaseStatus": "FAILED", "endTime": "2026-05-04T12:03:00Z", "contexts": [{ "statusCode": "COMMAND_EXECUTION_ERROR", "message": "Error while executing command: make. Reason: exit status 2" }] },
            { "phaseType": "COMPLETED", "startTime": "2026-05-04T12:04:00Z" },
        ]);
        let said = told(&about(None), &whole("FAILED", "2026-05-04T12:00:30Z", &phases)).unwrap();
        let [said] = said.as_slice() else {
            panic!("{said:?}")
        };
        assert_eq!(
            said.text,
            "build assets:1, phase BUILD failed: COMMAND_EXECUTION_ERROR: Error while executing command: make. Reason: exit status 2"
        );
        assert_eq!(
            said.logs,
            [("/aws/codebuild/assets".to_owned(), Some("1".to_owned()))]
        );
        assert_eq!(said.principals, ["arn:aws:iam::1:role/build"]);
    }

    #[test]
    fn one_that_went_well_one_of_another_time_and_half_of_one_say_nothing() {
        let none = json!([]);
        for silent in [
            whole("SUCCEEDED", "2026-05-04T12:00:30Z", &none),
            whole("IN_PROGRESS", "2026-05-04T12:00:30Z", &none),
            whole("FAILED", "2026-05-04T11:00:30Z", &none),
            json!({ "id": "assets:1" }),
        ] {
            assert!(told(&about(None), &silent).unwrap().is_empty(), "{silent}");
        }
        let mut again = whole("SUCCEEDED", "2026-05-04T12:05:00Z", &none);
        again["endTime"] = json!("2026-05-04T12:09:00Z");
        let after = |failed: &str| begun_after(&about(None), &again, failed.parse().unwrap()).unwrap();
        let ids: Vec<String> = after("2026-05-04T12:04:00Z")
            .into_iter()
            .map(|mark| mark.id)
            .collect();
        assert_eq!(ids, ["assets:1#begun", "assets:1#succeeded"]);
        assert!(after("2026-05-04T12:06:00Z").is_empty());
        let stopped = told(&about(None), &whole("TIMED_OUT", "2026-05-04T12:00:30Z", &none)).unwrap();
        assert_eq!(stopped[0].text, "build assets:1: timed out");
        let fault = told(&about(None), &whole("FAILED", "soon", &none)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed);
    }
}
