//! EKS' word on node groups, add-ons and clusters, for as long as they are there.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::json::epoch_seconds;
use super::registry::ServiceDeclaration;
use super::request::{ApiRequest, Protocol};
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// What the endpoint must know of EKS.
pub(super) static EKS: ServiceDeclaration = ServiceDeclaration {
    prefix: "eks",
    namespace: "",
    items: &[],
    paths: &[
        ("/clusters/{name}", "DescribeCluster"),
        ("/clusters/{name}/addons/{addonName}", "DescribeAddon"),
        (
            "/clusters/{name}/node-groups/{nodegroupName}",
            "DescribeNodegroup",
        ),
    ],
    resource: "*",
    answer,
};

/// Answers one question about a thing, which a scenario calls as CloudFormation does.
fn answer(world: &World, question: &ApiRequest, now: DateTime<Utc>) -> Result<Value, ServiceError> {
    let text = |key| question.parameters.text(key).unwrap_or_default();
    let cluster = text("name");
    let (kind, id) = match question.operation.as_str() {
        "DescribeCluster" => ("cluster", cluster.to_owned()),
        "DescribeAddon" => ("addon", format!("{cluster}|{}", text("addonName"))),
        "DescribeNodegroup" => ("nodegroup", format!("{cluster}/{}", text("nodegroupName"))),
        other => return Err(ServiceError::unknown_operation(Protocol::Rest, other)),
    };
    let mut known = world.events_of(EKS.prefix, &question.region);
    let it = known.find(|it| it.kind == kind && it.id == id && it.exists(now));
    let created = it
        .and_then(|it| it.events.first())
        .map(|(at, _)| *at)
        .filter(|at| *at <= now);
    let (Some(it), Some(created)) = (it, created) else {
        let message = format!("No {kind} found for name: {id}.");
        return Err(ServiceError::with_status(
            404,
            "ResourceNotFoundException",
            message,
        ));
    };
    let mut modified = created;
    let mut status = "CREATING";
    let mut issues = Vec::new();
    for (at, line) in it.events.iter().filter(|(at, _)| *at <= now) {
        modified = *at;
        match line.strip_prefix("ISSUE ") {
            Some(issue) => issues.push(issue_of(issue)),
            None => {
                status = line;
                if status == "ACTIVE" {
                    issues.clear();
                }
            }
        }
    }
    Ok(json!({ kind: {
        "clusterName": cluster,
        "status": status,
        "createdAt": epoch_seconds(created),
        "modifiedAt": epoch_seconds(modified),
        "health": { "issues": issues },
    } }))
}

/// `CODE IDS MESSAGE`, with `-` for no ids.
fn issue_of(line: &str) -> Value {
    let mut parts = line.splitn(3, ' ');
    let (code, ids, message) = (parts.next(), parts.next(), parts.next());
    let ids: Vec<&str> = ids
        .filter(|ids| *ids != "-")
        .into_iter()
        .flat_map(|ids| ids.split(','))
        .collect();
    json!({ "code": code, "message": message, "resourceIds": ids })
}
