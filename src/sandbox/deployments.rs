//! `CodeDeploy`'s deployments, for as long as their group exists.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::json::epoch_seconds;
use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::world::{SimulatedServiceEvents, World};
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of `CodeDeploy`. Each deployment is one of a group's, of the kind of its id.
pub(super) static CODEDEPLOY: ServiceDeclaration = ServiceDeclaration::json("codedeploy", answer);

/// Answers one question about deployments.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    let there = world
        .events_of(CODEDEPLOY.prefix, &question.region)
        .filter(|it| it.exists(now))
        .filter(|it| it.has_begun(now));
    match question.operation.as_str() {
        "ListDeployments" => {
            let range = question.parameters.value("createTimeRange");
            let bound = |key: &str| range.get(key).and_then(Value::as_i64);
            let within = |at: DateTime<Utc>| {
                bound("start").is_none_or(|from| at.timestamp() >= from)
                    && bound("end").is_none_or(|to| at.timestamp() <= to)
            };
            let wanted = question.parameters.list("includeOnlyStatuses");
            let mine = there.filter(|it| it.began().is_some_and(within));
            let mine = mine.filter(|it| wanted.is_empty() || wanted.contains(&status(it, now)));
            let ids: Vec<&str> = mine.map(|it| it.kind.as_str()).collect();
            Ok(json!({ "deployments": ids }))
        }
        "BatchGetDeployments" => {
            let wanted = question.parameters.list("deploymentIds");
            let found = there.filter(|it| wanted.contains(&it.kind.as_str()));
            let found: Vec<Value> = found.map(|it| described(it, now)).collect();
            Ok(json!({ "deploymentsInfo": found }))
        }
        other => Err(ServiceError::unknown_operation(Protocol::Json, other)),
    }
}

/// A deployment has the lines `FOR FUNCTION` and `STATUS [CODE MESSAGE]`.
fn status(deployment: &SimulatedServiceEvents, now: DateTime<Utc>) -> &str {
    let told = deployment.events.iter().filter(|(at, _)| *at <= now);
    let mut lines = told.filter_map(|(_, line)| line.split(' ').next());
    lines.rfind(|word| *word != "FOR").unwrap_or("InProgress")
}

fn described(deployment: &SimulatedServiceEvents, now: DateTime<Utc>) -> Value {
    let mut info = json!({
        "deploymentId": deployment.kind,
        "deploymentGroupName": deployment.id,
        "createTime": deployment.began().map(epoch_seconds),
        "status": status(deployment, now),
    });
    for (at, line) in deployment.events.iter().filter(|(at, _)| *at <= now) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        if kind == "FOR" {
            let properties =
                json!({ "Name": rest, "Alias": "live", "CurrentVersion": "7", "TargetVersion": "8" });
            let resource = json!({ "live": { "Type": "AWS::Lambda::Function", "Properties": properties } });
            let content = json!({ "version": "0.0", "Resources": [resource] }).to_string();
            let revision =
                json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } });
            info.as_object_mut()
                .and_then(|info| info.insert("revision".to_owned(), revision));
        } else if kind == "Succeeded" {
            let info = info.as_object_mut();
            info.and_then(|info| info.insert("completeTime".to_owned(), json!(epoch_seconds(*at))));
        } else if let Some((code, message)) = rest.split_once(' ') {
            let error = json!({ "code": code, "message": message });
            let info = info.as_object_mut();
            if let Some(info) = info {
                info.insert("errorInformation".to_owned(), error);
                info.insert("completeTime".to_owned(), json!(epoch_seconds(*at)));
            }
        }
    }
    info
}
