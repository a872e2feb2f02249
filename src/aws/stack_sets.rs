//! `StackSets`: in which account and region an operation failed, and why.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{QueryApi, QueryList, XmlRecord};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const OPERATIONS_ACTION: &str = "cloudformation:ListStackSetOperations";
const RESULTS_ACTION: &str = "cloudformation:ListStackSetOperationResults";
/// Items of a page, the most there are.
const PAGE: usize = 100;
/// Pages that are read at most: of operations, and of one operation's failures.
const PAGES: usize = 2;
/// Operations of one deployment whose failures are read.
const OPERATIONS: usize = 3;
/// How an operation, or what it did at a place, ended.
const FAILED: &str = "FAILED";
const SUCCEEDED: &str = "SUCCEEDED";
/// Failures of one operation that are told: a mistake in a template fails everywhere.
const FAILURES: usize = 20;

const API: QueryApi = QueryApi::new("cloudformation", "2010-05-15");
const LIST_OPERATIONS: QueryList = QueryList {
    api: API,
    action: OPERATIONS_ACTION,
    list: "Summaries",
    token: Some("NextToken"),
    parts: &[
        "OperationId",
        "Status",
        "StatusReason",
        "CreationTimestamp",
        "EndTimestamp",
    ],
};
const LIST_RESULTS: QueryList = QueryList {
    api: API,
    action: RESULTS_ACTION,
    list: "Summaries",
    token: Some("NextToken"),
    parts: &["Account", "Region", "Status", "StatusReason"],
};

/// CloudFormation in the region of the set.
#[derive(Debug)]
pub(super) struct StackSets {
    connection: Arc<Connection>,
}

impl StackSets {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    async fn operations(
        &self,
        region: &str,
        set: &str,
        (caller, pages): (AskedAs, usize),
    ) -> Result<Vec<XmlRecord>, Fault> {
        let mut form = vec![("StackSetName", set.to_owned()), ("MaxResults", PAGE.to_string())];
        form.extend(caller.parameter());
        LIST_OPERATIONS.read(&self.connection, region, form, pages).await
    }

    /// The operations, and as whom they were asked for: a set of an organisation is not known to its delegated
    /// administrator under the account's own name.
    async fn known_operations(&self, region: &str, set: &str) -> Result<(AskedAs, Vec<XmlRecord>), Fault> {
        let own = self.operations(region, set, (AskedAs::Own, PAGES)).await;
        let refused = match own {
            Ok(operations) => return Ok((AskedAs::Own, operations)),
            Err(fault) if [FaultKind::NotFound, FaultKind::Invalid].contains(&fault.kind) => fault,
            Err(fault) => return Err(fault),
        };
        let delegated = self.operations(region, set, (AskedAs::Delegated, PAGES)).await;
        match delegated {
            Ok(operations) => Ok((AskedAs::Delegated, operations)),
            Err(_) => Err(refused),
        }
    }

    /// Where an operation came to such an end.
    async fn results(
        &self,
        region: &str,
        set: &str,
        (caller, operation, status): (AskedAs, &str, &str),
    ) -> Result<Vec<XmlRecord>, Fault> {
        let mut form = vec![
            ("StackSetName", set.to_owned()),
            ("OperationId", operation.to_owned()),
            ("Filters.member.1.Name", "OPERATION_RESULT_STATUS".to_owned()),
            ("Filters.member.1.Values", status.to_owned()),
            ("MaxResults", PAGE.to_string()),
        ];
        form.extend(caller.parameter());
        LIST_RESULTS.read(&self.connection, region, form, PAGES).await
    }
}

/// As whom a stack set is asked about.
#[derive(Debug, Clone, Copy)]
enum AskedAs {
    Own,
    Delegated,
}

impl AskedAs {
    fn parameter(self) -> Option<(&'static str, String)> {
        match self {
            Self::Own => None,
            Self::Delegated => Some(("CallAs", "DELEGATED_ADMIN".to_owned())),
        }
    }
}

#[async_trait]
impl ServiceSource for StackSets {
    async fn statements(&self, about: &ServiceQuestion, _: DateTime<Utc>) -> Result<Stated, Fault> {
        let (region, set) = (about.stack_id.region(), about.physical_id.as_str());
        let (caller, operations) = self.known_operations(region, set).await?;
        let failed = operations
            .iter()
            .filter_map(|operation| failed(about, operation).transpose());
        let failed: Vec<FailedOperation> = failed.collect::<Result<_, _>>()?;
        let mut stated = Stated::default();
        for operation in failed.into_iter().take(OPERATIONS) {
            stated.statements.extend(operation.own.clone());
            match self.results(region, set, (caller, &operation.id, FAILED)).await {
                Ok(results) => {
                    let told = results
                        .iter()
                        .filter_map(|result| operation.result(about, result));
                    stated.statements.extend(told.take(FAILURES));
                }
                // That it failed, and why as a whole, is worth having all the same.
                Err(fault) if fault.kind == FaultKind::Denied => stated.missed.push(fault),
                Err(fault) => return Err(fault),
            }
        }
        let Some(failed) = stated.statements.iter().map(|said| said.at).min() else {
            return Ok(stated);
        };
        let later = operations.iter().filter_map(|operation| {
            let later = LaterOperation::read(operation, failed);
            later.transpose()
        });
        let later: Vec<LaterOperation> = later.collect::<Result<_, _>>()?;
        for operation in later.into_iter().take(OPERATIONS) {
            stated.statements.extend(operation.marks(about, ""));
            let Ok(results) = self
                .results(region, set, (caller, &operation.id, SUCCEEDED))
                .await
            else {
                continue;
            };
            for result in results {
                let place = |name| result.get(name).map_or("", String::as_str);
                let place = format!("/{}/{}", place("Account"), place("Region"));
                stated.statements.extend(operation.marks(about, &place));
            }
        }
        Ok(stated)
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        let region = self.connection.region();
        match action {
            OPERATIONS_ACTION => Some(self.operations(region, NOBODY, (AskedAs::Own, 1)).await.map(drop)),
            RESULTS_ACTION => Some(
                self.results(region, NOBODY, (AskedAs::Own, NOBODY, FAILED))
                    .await
                    .map(drop),
            ),
            _ => None,
        }
    }
}

/// An operation that failed while the set was worked on.
#[derive(Debug)]
struct FailedOperation {
    id: String,
    at: DateTime<Utc>,
    /// What is said of it as a whole.
    own: Option<ServiceStatement>,
}

/// An operation that was begun after one that failed, and has not failed itself.
#[derive(Debug)]
struct LaterOperation {
    id: String,
    began: DateTime<Utc>,
    succeeded: Option<DateTime<Utc>>,
}

impl LaterOperation {
    fn read(operation: &XmlRecord, failed: DateTime<Utc>) -> Result<Option<Self>, Fault> {
        let answer = UncheckedAnswer(OPERATIONS_ACTION);
        let part = |name| operation.get(name).filter(|text| !text.is_empty());
        let (Some(id), Some(status), Some(began)) =
            (part("OperationId"), part("Status"), part("CreationTimestamp"))
        else {
            return Ok(None);
        };
        let time = |text: &String| answer.text_time(text, "the time of an operation");
        let began = time(began)?;
        let succeeded = match part("EndTimestamp").filter(|_| status == SUCCEEDED) {
            Some(end) => Some(time(end)?),
            None => None,
        };
        let is_running = ["RUNNING", "QUEUED"].contains(&status.as_str());
        let counts = began >= failed && (succeeded.is_some() || is_running);
        Ok(counts.then(|| Self {
            id: id.clone(),
            began,
            succeeded,
        }))
    }

    /// Its marks as a whole, or at a place.
    fn marks(&self, about: &ServiceQuestion, place: &str) -> Vec<ServiceStatement> {
        let run = format!("{}{place}", self.id);
        let name = format!("operation {run}");
        about.marks((&SourceId::STACK_SETS, &name), &run, self.began, self.succeeded)
    }
}

/// None for one that did not fail, was begun at another time, or leaves out what it is.
fn failed(about: &ServiceQuestion, operation: &XmlRecord) -> Result<Option<FailedOperation>, Fault> {
    let answer = UncheckedAnswer(OPERATIONS_ACTION);
    let part = |name| operation.get(name).filter(|text| !text.is_empty());
    let (Some(id), Some(status), Some(began)) =
        (part("OperationId"), part("Status"), part("CreationTimestamp"))
    else {
        answer.left_out("id, status or time");
        return Ok(None);
    };
    let began = answer.text_time(began, "the time of an operation")?;
    if !["FAILED", "STOPPED"].contains(&status.as_str()) || !(about.from..=about.to).contains(&began) {
        return Ok(None);
    }
    let at = match part("EndTimestamp") {
        Some(end) => answer.text_time(end, "the time of an operation")?,
        None => began,
    };
    let own = part("StatusReason").map(|reason| {
        let text = format!("operation {id} failed: {reason}");
        about.statement(SourceId::STACK_SETS, id.clone(), at, text)
    });
    Ok(Some(FailedOperation {
        id: id.clone(),
        at,
        own,
    }))
}

impl FailedOperation {
    /// Where it failed, and why there.
    fn result(&self, about: &ServiceQuestion, result: &XmlRecord) -> Option<ServiceStatement> {
        let part = |name| result.get(name).filter(|text| !text.is_empty());
        let (account, region, reason) = (part("Account")?, part("Region")?, part("StatusReason")?);
        if part("Status").is_some_and(|status| status != "FAILED") {
            return None;
        }
        let id = format!("{}/{account}/{region}", self.id);
        let text = format!("failed in account {account}, {region}: {reason}");
        Some(about.statement(SourceId::STACK_SETS, id, self.at, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> ServiceQuestion {
        ServiceQuestion {
            from: "2026-05-04T12:00:00Z".parse().unwrap(),
            to: "2026-05-04T13:00:00Z".parse().unwrap(),
            ..crate::aws::tests::question("AWS::CloudFormation::StackSet", "guardrails:1")
        }
    }

    fn operation(status: &str, began: &str) -> XmlRecord {
        XmlRecord::from([
            ("OperationId", "op-1".to_owned()),
            ("Status", status.to_owned()),
            ("CreationTimestamp", began.to_owned()),
            ("EndTimestamp", "2026-05-04T12:05:00Z".to_owned()),
        ])
    }

    #[test]
    fn where_an_operation_failed_is_told_and_what_was_only_cancelled_is_not() {
        let failed = failed(&about(), &operation("FAILED", "2026-05-04T12:01:00Z"));
        let failed = failed.unwrap().unwrap();
        let result = |status: &str| {
            let result = XmlRecord::from([
                ("Account", "222222222222".to_owned()),
                ("Region", "eu-west-1".to_owned()),
                ("Status", status.to_owned()),
                ("StatusReason", "audit-reader already exists".to_owned()),
            ]);
            failed.result(&about(), &result)
        };
        let told = result("FAILED").unwrap();
        assert_eq!(
            told.text,
            "failed in account 222222222222, eu-west-1: audit-reader already exists"
        );
        assert_eq!(
            (told.id.as_str(), told.at.timestamp()),
            ("op-1/222222222222/eu-west-1", 1_777_896_300)
        );
        assert!(result("CANCELLED").is_none());
        assert!(failed.result(&about(), &XmlRecord::new()).is_none());
    }

    #[test]
    fn an_operation_of_another_time_one_that_went_well_and_half_of_one_say_nothing() {
        for other in [
            operation("FAILED", "2026-05-03T12:01:00Z"),
            operation("SUCCEEDED", "2026-05-04T12:01:00Z"),
            operation("RUNNING", "2026-05-04T12:01:00Z"),
            XmlRecord::from([("OperationId", "op-1".to_owned())]),
        ] {
            assert!(failed(&about(), &other).unwrap().is_none(), "{other:?}");
        }
        let later = |status: &str, failed: &str| {
            let later = operation(status, "2026-05-04T12:01:00Z");
            let later = LaterOperation::read(&later, failed.parse().unwrap()).unwrap();
            later.map(|later| later.marks(&about(), "/222222222222/eu-west-1").len())
        };
        assert_eq!(later("SUCCEEDED", "2026-05-04T12:00:00Z"), Some(2));
        assert_eq!(later("RUNNING", "2026-05-04T12:00:00Z"), Some(1));
        assert_eq!(later("FAILED", "2026-05-04T12:00:00Z"), None);
        assert_eq!(later("SUCCEEDED", "2026-05-04T12:02:00Z"), None);
        let fault = failed(&about(), &operation("FAILED", "soon")).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed);
        let mut whole = operation("STOPPED", "2026-05-04T12:01:00Z");
        whole.insert("StatusReason", "it was stopped".to_owned());
        let told = failed(&about(), &whole).unwrap().unwrap().own.unwrap();
        assert_eq!(told.text, "operation op-1 failed: it was stopped");
    }
}
