//! EC2 Auto Scaling: what became of the instances that a group was to have.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{QueryApi, QueryList, XmlRecord};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const ACTION: &str = "autoscaling:DescribeScalingActivities";
/// Activities of a page, the most there are, and pages that are read at most, newest first: a group that cannot
/// launch tries again every few minutes.
const ACTIVITIES: usize = 100;
const PAGES: usize = 3;

const LIST: QueryList = QueryList {
    api: QueryApi::new("autoscaling", "2011-01-01"),
    action: ACTION,
    list: "Activities",
    token: Some("NextToken"),
    parts: &[
        "ActivityId",
        "AutoScalingGroupName",
        "Description",
        "Cause",
        "StartTime",
        "StatusCode",
        "StatusMessage",
    ],
};

/// Auto Scaling in the region of the group.
#[derive(Debug)]
pub(super) struct AutoScaling {
    connection: Arc<Connection>,
}

impl AutoScaling {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }
}

#[async_trait]
impl ServiceSource for AutoScaling {
    async fn statements(&self, about: &ServiceQuestion, _: DateTime<Utc>) -> Result<Stated, Fault> {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let form = vec![
            ("AutoScalingGroupName", about.physical_id.clone()),
            // A rollback deletes the group; what it did can be read for weeks all the same.
            ("IncludeDeletedGroups", "true".to_owned()),
            ("Filters.member.1.Name", "StartTimeLowerBound".to_owned()),
            ("Filters.member.1.Values.member.1", time(about.from)),
            ("Filters.member.2.Name", "StartTimeUpperBound".to_owned()),
            ("Filters.member.2.Values.member.1", time(about.to)),
            ("MaxRecords", ACTIVITIES.to_string()),
        ];
        let region = about.stack_id.region();
        let read = LIST.read(&self.connection, region, form, PAGES).await;
        let activities = read.map_err(unknown_group)?;
        let statements = activities
            .into_iter()
            .filter_map(|activity| statement(about, &activity));
        Ok(Stated {
            statements: statements.collect::<Result<_, _>>()?,
            missed: Vec::new(),
        })
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        if action != ACTION {
            return None;
        }
        let form = vec![
            ("AutoScalingGroupName", NOBODY.to_owned()),
            ("MaxRecords", "1".to_owned()),
        ];
        let region = self.connection.region();
        let answered = LIST.read(&self.connection, region, form, 1).await;
        Some(answered.map(drop))
    }
}

/// Auto Scaling has no code of its own for a group that there never was.
fn unknown_group(mut fault: Fault) -> Fault {
    if fault.kind == FaultKind::Invalid && fault.message.contains("not found") {
        fault.kind = FaultKind::NotFound;
    }
    fault
}

/// What an activity says of this very group; none where it leaves out what it is or when.
fn statement(about: &ServiceQuestion, activity: &XmlRecord) -> Option<Result<ServiceStatement, Fault>> {
    let answer = UncheckedAnswer(ACTION);
    let part = |name| activity.get(name).filter(|text| !text.is_empty());
    let (Some(id), Some(began), Some(status)) = (part("ActivityId"), part("StartTime"), part("StatusCode"))
    else {
        answer.left_out("id, time or status");
        return None;
    };
    // Names of groups differ in case.
    let mine = part("AutoScalingGroupName").is_none_or(|name| *name == about.physical_id);
    mine.then(|| {
        let at = answer.text_time(began, "the time of an activity")?;
        Ok(about.statement(SourceId::AUTO_SCALING, id.clone(), at, text(activity, status)))
    })
}

/// Its description, which tells of a failed launch why it failed as well, with its status before it; and of one that
/// went well why it was begun, which is where a failed health check stands.
fn text(activity: &XmlRecord, status: &str) -> String {
    let part = |name| activity.get(name).map(|text| text.trim()).unwrap_or_default();
    let description = part("Description");
    let mut text = format!("{status}: {description}");
    let further = match status {
        "Successful" => part("Cause"),
        _ => part("StatusMessage"),
    };
    if !further.is_empty() && !description.contains(further.trim_end_matches('.')) {
        let end = if text.ends_with('.') { "" } else { "." };
        text.push_str(end);
        text.push(' ');
        text.push_str(further);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(parts: &[(&'static str, &str)]) -> XmlRecord {
        parts
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()))
            .collect()
    }

    const FAILED: &[(&str, &str)] = &[
        ("ActivityId", "f9b6fb3b"),
        ("AutoScalingGroupName", "web"),
        (
            "Description",
            "Launching a new EC2 instance.  Status Reason: No room.",
        ),
        (
            "Cause",
            "At 2026-05-04T12:00:00Z a user request created an AutoScalingGroup",
        ),
        ("StartTime", "2026-05-04T12:00:01.250Z"),
        ("StatusCode", "Failed"),
        ("StatusMessage", "No room."),
    ];

    #[test]
    fn an_activity_is_told_with_its_status_and_once_with_its_reason() {
        let about = crate::aws::tests::question("AWS::AutoScaling::AutoScalingGroup", "web");
        let said = statement(&about, &activity(FAILED)).unwrap().unwrap();
        assert_eq!(
            said.text,
            "Failed: Launching a new EC2 instance.  Status Reason: No room."
        );
        assert_eq!(said.at.timestamp_subsec_millis(), 250);
        let told = |status, message| {
            let parts = [("Description", "Launching a new EC2 instance: i-1"), message];
            text(&activity(&parts), status)
        };
        assert_eq!(
            told("Cancelled", ("StatusMessage", "It was abandoned")),
            "Cancelled: Launching a new EC2 instance: i-1. It was abandoned"
        );
        assert_eq!(
            told("Successful", ("Cause", "At .. an instance was started")),
            "Successful: Launching a new EC2 instance: i-1. At .. an instance was started"
        );
    }

    #[test]
    fn another_groups_activity_and_half_of_one_say_nothing() {
        let about = crate::aws::tests::question("AWS::AutoScaling::AutoScalingGroup", "Web");
        assert!(statement(&about, &activity(FAILED)).is_none());
        assert!(statement(&about, &activity(&[("ActivityId", "a")])).is_none());
        let about = crate::aws::tests::question("AWS::AutoScaling::AutoScalingGroup", "web");
        let mut bad = activity(FAILED);
        bad.insert("StartTime", "soon".to_owned());
        let fault = statement(&about, &bad).unwrap().unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed);
    }

    #[test]
    fn a_group_that_there_never_was_is_not_found() {
        let fault = |message| unknown_group(Fault::new(ACTION, FaultKind::Invalid, message)).kind;
        assert_eq!(
            fault("ValidationError: AutoScalingGroup name not found"),
            FaultKind::NotFound
        );
        assert_eq!(fault("ValidationError: 1 validation error"), FaultKind::Invalid);
    }
}
