//! Elastic Load Balancing: which targets of a resource are unhealthy, and why.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::NOBODY;
use super::connection::Connection;
use super::lean::{QueryApi, QueryList, XmlRecord};
use super::time::as_it_was;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const ACTION: &str = "elasticloadbalancing:DescribeTargetHealth";
/// Target groups of one resource that are asked about.
const GROUPS: usize = 5;
/// Targets of one group that are told, unhealthy ones first: one mistake makes all of them so.
const TARGETS: usize = 10;

const LIST: QueryList = QueryList {
    api: QueryApi::new("elasticloadbalancing", "2015-12-01"),
    action: ACTION,
    list: "TargetHealthDescriptions",
    token: None,
    parts: &[
        "Target/Id",
        "Target/Port",
        "TargetHealth/State",
        "TargetHealth/Reason",
        "TargetHealth/Description",
    ],
};

/// Load balancers in the region of the resource.
#[derive(Debug)]
pub(super) struct TargetHealth {
    connection: Arc<Connection>,
}

impl TargetHealth {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    async fn targets(&self, region: &str, group: &str) -> Result<Vec<XmlRecord>, Fault> {
        let form = vec![("TargetGroupArn", group.to_owned())];
        LIST.read(&self.connection, region, form, 1).await
    }
}

#[async_trait]
impl ServiceSource for TargetHealth {
    async fn statements(&self, about: &ServiceQuestion, asked_at: DateTime<Utc>) -> Result<Stated, Fault> {
        let mut stated = Stated::default();
        for group in about.companions.iter().take(GROUPS) {
            match self.targets(about.stack_id.region(), group).await {
                Ok(targets) => stated.statements.extend(told(about, asked_at, group, &targets)),
                Err(fault) if fault.kind == FaultKind::NotFound => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(stated)
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        if action != ACTION {
            return None;
        }
        Some(self.targets(self.connection.region(), NOBODY).await.map(drop))
    }
}

/// What is said of the targets that are unhealthy or healthy; of those that are only being registered or taken away
/// nothing is. What is said of a target takes the place of what was said of it before.
fn told(
    about: &ServiceQuestion,
    asked_at: DateTime<Utc>,
    group: &str,
    targets: &[XmlRecord],
) -> Vec<ServiceStatement> {
    let told = targets.iter().filter_map(|target| {
        let part = |key| target.get(key).map(|text| text.trim()).unwrap_or_default();
        let id = part("Target/Id");
        let why = match part("TargetHealth/State") {
            _ if id.is_empty() => return None,
            "healthy" => "healthy".to_owned(),
            "unhealthy" => format!("unhealthy{}", why(target)),
            _ => return None,
        };
        let target = match part("Target/Port") {
            "" => id.to_owned(),
            number => format!("{id}:{number}"),
        };
        let text = format!(
            "target {target} of {} is {why}, {}",
            name(group),
            as_it_was(asked_at)
        );
        let id = format!("{group}/{target}");
        Some(about.statement(SourceId::TARGET_HEALTH, id, asked_at, text))
    });
    let mut told: Vec<ServiceStatement> = told.collect();
    told.sort_by_key(|said| !said.text.contains("is unhealthy"));
    told.truncate(TARGETS);
    told
}

fn why(target: &XmlRecord) -> String {
    let part = |key| target.get(key).map(|text| text.trim()).unwrap_or_default();
    match (part("TargetHealth/Description"), part("TargetHealth/Reason")) {
        ("", "") => String::new(),
        (only, "") | ("", only) => format!(": {only}"),
        (description, reason) => format!(": {description} ({reason})"),
    }
}

/// The group's name, of `arn:..:targetgroup/NAME/ID`.
fn name(group: &str) -> &str {
    group.split('/').nth(1).unwrap_or(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/api/0123";

    fn target(id: &str, state: &str, reason: &str, description: &str) -> XmlRecord {
        XmlRecord::from([
            ("Target/Id", id.to_owned()),
            ("Target/Port", "8080".to_owned()),
            ("TargetHealth/State", state.to_owned()),
            ("TargetHealth/Reason", reason.to_owned()),
            ("TargetHealth/Description", description.to_owned()),
        ])
    }

    fn texts(targets: &[XmlRecord]) -> Vec<String> {
        let about = crate::aws::tests::question("AWS::ECS::Service", "service/main/api");
        let at = "2026-05-04T12:00:03Z".parse().unwrap();
        let told = told(&about, at, GROUP, targets);
        assert!(told.iter().all(|told| told.at == at));
        told.into_iter().map(|told| told.text).collect()
    }

    #[test]
    fn an_unhealthy_target_is_told_with_why_and_when_it_was_so() {
        let codes = "Health checks failed with these codes: [404]";
        let targets = [
            target("10.0.1.7", "unhealthy", "Target.ResponseCodeMismatch", codes),
            target("10.0.1.8", "draining", "Target.DeregistrationInProgress", "x"),
            target("10.0.1.9", "healthy", "", ""),
        ];
        assert_eq!(
            texts(&targets),
            [
                "target 10.0.1.7:8080 of api is unhealthy: Health checks failed with these codes: [404] (Target.ResponseCodeMismatch), as it was at 2026-05-04 12:00:03 UTC",
                "target 10.0.1.9:8080 of api is healthy, as it was at 2026-05-04 12:00:03 UTC",
            ]
        );
    }

    #[test]
    fn what_is_only_beginning_or_leaves_out_its_name_is_not_told() {
        let starting = target("10.0.1.7", "initial", "Elb.InitialHealthChecking", "x");
        assert_eq!(texts(&[]), Vec::<String>::new());
        assert_eq!(texts(&[starting]), Vec::<String>::new());
        let nameless = XmlRecord::from([("TargetHealth/State", "unhealthy".to_owned())]);
        assert_eq!(texts(&[nameless]), Vec::<String>::new());
    }
}
