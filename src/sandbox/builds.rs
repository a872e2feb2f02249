//! `CodeBuild`'s builds, for as long as their project exists.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::json::epoch_seconds;
use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::world::{SimulatedServiceEvents, World};
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of `CodeBuild`. Each build is one of its resources, of the kind of its number.
pub(super) static CODEBUILD: ServiceDeclaration = ServiceDeclaration::json("codebuild", answer);

/// Answers one question about builds.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    let there = world
        .events_of(CODEBUILD.prefix, &question.region)
        .filter(|build| build.exists(now));
    let begun = |build: &&SimulatedServiceEvents| build.has_begun(now);
    match question.operation.as_str() {
        "ListBuildsForProject" => {
            let project = question.parameters.text("projectName").unwrap_or_default();
            let mut builds: Vec<_> = there.filter(|build| build.id == project).collect();
            if builds.is_empty() {
                let message = format!("The project {project} does not exist");
                return Err(ServiceError::caller("ResourceNotFoundException", message));
            }
            builds.retain(begun);
            builds.sort_by_key(|build| std::cmp::Reverse(build.began()));
            let ids: Vec<String> = builds.into_iter().map(id).collect();
            Ok(json!({ "ids": ids }))
        }
        "BatchGetBuilds" => {
            let wanted = question.parameters.list("ids");
            let builds = there
                .filter(begun)
                .filter(|build| wanted.contains(&id(build).as_str()));
            let builds: Vec<Value> = builds.map(|build| described(build, now)).collect();
            Ok(json!({ "builds": builds, "buildsNotFound": [] }))
        }
        other => Err(ServiceError::unknown_operation(Protocol::Json, other)),
    }
}

fn id(build: &SimulatedServiceEvents) -> String {
    format!("{}:{}", build.id, build.kind)
}

/// A build of the lines `BY INITIATOR`, `LOG GROUP STREAM`, `WITH NAME VALUE`, `PHASE STATUS [CODE MESSAGE]` and
/// `END STATUS`.
fn described(build: &SimulatedServiceEvents, now: DateTime<Utc>) -> Value {
    let (mut status, mut ended) = ("IN_PROGRESS", None);
    let (mut initiator, mut logs) = ("", json!({}));
    let (mut variables, mut phases) = (Vec::new(), Vec::new());
    for (at, line) in build.events.iter().filter(|(at, _)| *at <= now) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        match kind {
            "BY" => initiator = rest,
            "LOG" => logs = json!({ "groupName": first, "streamName": second }),
            "WITH" => variables.push(json!({ "name": first, "value": second, "type": "PLAINTEXT" })),
            "END" => (status, ended) = (first, Some(epoch_seconds(*at))),
            phase => {
                let (code, message) = second.split_once(' ').unwrap_or((second, ""));
                phases.push(json!({
                    "phaseType": phase,
                    "phaseStatus": first,
                    "endTime": epoch_seconds(*at),
                    "contexts": [{ "statusCode": code, "message": message }],
                }));
            }
        }
    }
    json!({
        "id": id(build),
        "projectName": build.id,
        "startTime": build.began().map(epoch_seconds),
        "endTime": ended,
        "buildStatus": status,
        "initiator": initiator,
        "environment": { "environmentVariables": variables },
        "logs": logs,
        "phases": phases,
    })
}
