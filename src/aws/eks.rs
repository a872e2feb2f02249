//! EKS: what it says of the health of a node group, an add-on or a cluster.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{RestApi, code_and_message, encoded, json_time};
use super::time::as_it_was;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const NODE_GROUP_ACTION: &str = "eks:DescribeNodegroup";
const ADD_ON_ACTION: &str = "eks:DescribeAddon";
const CLUSTER_ACTION: &str = "eks:DescribeCluster";
const API: RestApi = RestApi::new("eks");

/// EKS in the region of the resource.
#[derive(Debug)]
pub(super) struct Eks {
    connection: Arc<Connection>,
}

/// What is asked about: the call, the path, and what stands around it in the answer.
#[derive(Debug, PartialEq, Eq)]
struct EksCall {
    action: &'static str,
    path: String,
    member: &'static str,
    /// For people: `node group workers`.
    what: String,
}

impl EksCall {
    /// None for a resource without a name of which EKS knows.
    fn of(resource_type: &str, physical_id: &str) -> Option<Self> {
        let (cluster, own) = physical_id.split_once(['/', '|']).unwrap_or((physical_id, ""));
        let within = |kind: &str| format!("/clusters/{}/{kind}/{}", encoded(cluster), encoded(own));
        if cluster.is_empty() {
            return None;
        }
        Some(match resource_type {
            "AWS::EKS::Nodegroup" if !own.is_empty() => Self {
                action: NODE_GROUP_ACTION,
                path: within("node-groups"),
                member: "nodegroup",
                what: format!("node group {own}"),
            },
            "AWS::EKS::Addon" if !own.is_empty() => Self {
                action: ADD_ON_ACTION,
                path: within("addons"),
                member: "addon",
                what: format!("add-on {own}"),
            },
            "AWS::EKS::Cluster" => Self {
                action: CLUSTER_ACTION,
                path: format!("/clusters/{}", encoded(cluster)),
                member: "cluster",
                what: format!("cluster {cluster}"),
            },
            _ => return None,
        })
    }
}

impl Eks {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    async fn ask(&self, region: &str, call: &EksCall) -> Result<Value, Fault> {
        API.get(&self.connection, region, call.action, &call.path).await
    }
}

#[async_trait]
impl ServiceSource for Eks {
    async fn statements(&self, about: &ServiceQuestion, asked_at: DateTime<Utc>) -> Result<Stated, Fault> {
        let mut stated = Stated::default();
        if let Some(call) = EksCall::of(&about.resource_type, &about.physical_id) {
            let answered = self.ask(about.stack_id.region(), &call).await?;
            stated.statements = told(about, asked_at, &call, &answered)?;
        }
        Ok(stated)
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        let resource_type = match action {
            NODE_GROUP_ACTION => "AWS::EKS::Nodegroup",
            ADD_ON_ACTION => "AWS::EKS::Addon",
            CLUSTER_ACTION => "AWS::EKS::Cluster",
            _ => return None,
        };
        let call = EksCall::of(resource_type, &format!("{NOBODY}/{NOBODY}"))?;
        Some(self.ask(self.connection.region(), &call).await.map(drop))
    }
}

/// The issues that it has; nothing of one that was made anew since, under the same name.
fn told(
    about: &ServiceQuestion,
    asked_at: DateTime<Utc>,
    call: &EksCall,
    answered: &Value,
) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(call.action);
    let it = answer.must(
        answered.get(call.member).filter(|it| it.is_object()),
        "the resource",
    )?;
    let created = it.get("createdAt").and_then(json_time);
    if created.is_some_and(|created| created > about.to) {
        return Ok(Vec::new());
    }
    // Long after it failed it may still be there, as it was left.
    let left_at = it.get("modifiedAt").and_then(json_time);
    let left_at = left_at.filter(|at| asked_at > about.to && (about.from..=about.to).contains(at));
    let at = left_at.unwrap_or(asked_at);
    let issues = it.pointer("/health/issues").and_then(Value::as_array);
    let told = issues.into_iter().flatten().filter_map(|issue| {
        let part = |key| {
            issue
                .get(key)
                .and_then(Value::as_str)
                .map(str::trim)
                .unwrap_or_default()
        };
        let words = code_and_message(part("code"), part("message"))?;
        let things = issue
            .get("resourceIds")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let things: Vec<&str> = things.filter_map(Value::as_str).take(5).collect();
        let of = if things.is_empty() {
            String::new()
        } else {
            format!(" ({})", things.join(", "))
        };
        let text = format!(
            "{} has a problem: {words}{of}, {}",
            call.what,
            as_it_was(asked_at)
        );
        let id = format!("{}/{}/{words}", call.member, about.physical_id);
        Some(about.statement(SourceId::EKS, id, at, text))
    });
    Ok(told.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::model::fault::FaultKind;

    #[test]
    fn each_is_asked_about_by_its_path() {
        let call = EksCall::of("AWS::EKS::Nodegroup", "main/workers").unwrap();
        assert_eq!(
            (call.path.as_str(), call.what.as_str()),
            ("/clusters/main/node-groups/workers", "node group workers")
        );
        let call = EksCall::of("AWS::EKS::Addon", "main|aws-ebs-csi-driver").unwrap();
        assert_eq!(call.path, "/clusters/main/addons/aws-ebs-csi-driver");
        let call = EksCall::of("AWS::EKS::Cluster", "a b").unwrap();
        assert_eq!(call.path, "/clusters/a%20b");
        for (kind, id) in [
            ("AWS::EKS::Addon", "main"),
            ("AWS::EKS::Cluster", ""),
            ("AWS::EKS::Nodegroup", ""),
        ] {
            assert_eq!(EksCall::of(kind, id), None);
        }
    }

    #[test]
    fn an_issue_is_told_with_what_it_is_about_and_when_it_was_so() {
        let about = ServiceQuestion {
            to: "2026-05-04T12:10:00Z".parse().unwrap(),
            ..crate::aws::tests::question("AWS::EKS::Nodegroup", "main/workers")
        };
        let call = EksCall::of(&about.resource_type, &about.physical_id).unwrap();
        let asked_at = "2026-05-04T12:00:03Z".parse().unwrap();
        let of = |created: f64, issues: Value| json!({ "nodegroup": { "createdAt": created, "health": { "issues": issues } } });
        let issue = json!([{ "code": "NodeCreationFailure", "message": "Instances failed to join", "resourceIds": ["i-1"] }]);
        let said = told(&about, asked_at, &call, &of(1_777_895_000.0, issue.clone())).unwrap();
        assert_eq!(
            said[0].text,
            "node group workers has a problem: NodeCreationFailure: Instances failed to join (i-1), as it was at 2026-05-04 12:00:03 UTC"
        );
        // Made anew after it had failed; healthy; saying nothing.
        for none in [
            of(1_777_999_000.0, issue),
            of(1.0, json!([])),
            of(1.0, json!([{}])),
        ] {
            assert!(told(&about, asked_at, &call, &none).unwrap().is_empty(), "{none}");
        }
        let fault = told(&about, asked_at, &call, &json!({})).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed);
    }
}
