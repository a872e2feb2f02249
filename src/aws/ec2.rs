//! EC2: what became of instances.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime, Utc};

use super::NOBODY;
use super::connection::Connection;
use super::lean::{QueryApi, QueryList, XmlRecord, code_and_message};
use super::time::as_it_was;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const ACTION: &str = "ec2:DescribeInstances";
/// Instances that are asked about at once.
const INSTANCES: usize = 3;
/// The names of the values of a filter, as many as there are instances.
const VALUES: [&str; INSTANCES] = ["Filter.1.Value.1", "Filter.1.Value.2", "Filter.1.Value.3"];

const LIST: QueryList = QueryList {
    api: QueryApi::ec2("2016-11-15"),
    action: ACTION,
    list: "reservationSet/item/instancesSet",
    token: None,
    parts: &[
        "instanceId",
        "instanceState/name",
        "reason",
        "stateReason/code",
        "stateReason/message",
    ],
};

/// The instances in the region of the resource.
#[derive(Debug)]
pub(super) struct Instances {
    connection: Arc<Connection>,
}

impl Instances {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    /// Those of these ids that EC2 knows. One that it does not know any more is no error of a filter.
    async fn described(&self, region: &str, ids: &[String]) -> Result<Vec<XmlRecord>, Fault> {
        let mut form = vec![("Filter.1.Name", "instance-id".to_owned())];
        form.extend(VALUES.into_iter().zip(ids.iter().cloned()));
        LIST.read(&self.connection, region, form, 1).await
    }
}

#[async_trait]
impl ServiceSource for Instances {
    async fn statements(&self, about: &ServiceQuestion, asked_at: DateTime<Utc>) -> Result<Stated, Fault> {
        let ids: Vec<String> = about.companions.iter().map(|id| own_id(id)).collect();
        let known = self.described(about.stack_id.region(), &ids).await?;
        Ok(Stated {
            statements: known
                .iter()
                .filter_map(|one| told(about, asked_at, one))
                .collect(),
            missed: Vec::new(),
        })
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        if action != ACTION {
            return None;
        }
        let nobody = [NOBODY.to_owned()];
        let answered = self.described(self.connection.region(), &nobody).await;
        Some(answered.map(drop))
    }
}

/// The id, of an ARN too.
fn own_id(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_owned()
}

/// What is said of one instance; nothing of what became of it only after the time that is asked about.
fn told(about: &ServiceQuestion, asked_at: DateTime<Utc>, instance: &XmlRecord) -> Option<ServiceStatement> {
    let part = |key| instance.get(key).map(|text| text.trim()).unwrap_or_default();
    let id = part("instanceId");
    let state = match part("instanceState/name") {
        _ if id.is_empty() => return None,
        "shutting-down" => "shutting down",
        state @ ("pending" | "running" | "stopping" | "stopped" | "terminated") => state,
        _ => return None,
    };
    let is_there = matches!(state, "pending" | "running");
    let since = since(part("reason")).filter(|_| !is_there);
    // A rollback ends instances as a person does. Where EC2 does not tell when it was, it may have been that.
    let (code, is_late) = (part("stateReason/code"), asked_at > about.to);
    let of_somebody = code.is_empty() || code == "Client.UserInitiatedShutdown";
    let is_after = since.map_or(is_late && of_somebody, |since| since > about.to);
    if !is_there && is_after {
        return None;
    }
    let message = part("stateReason/message");
    // It begins with the code.
    let message = message
        .strip_prefix(code)
        .map_or(message, |rest| rest.trim_start_matches([':', ' ']));
    let why = code_and_message(code, message)
        .filter(|_| !is_there)
        .map_or_else(String::new, |why| format!(": {why}"));
    let text = match since {
        Some(since) => format!(
            "instance {id} is {state} since {} UTC{why}",
            since.format("%Y-%m-%d %H:%M:%S")
        ),
        None => format!("instance {id} is {state}{why}, {}", as_it_was(asked_at)),
    };
    // What is not told since when was so at the failure at the latest.
    let at = since.unwrap_or_else(|| asked_at.min(about.to.max(about.from)));
    Some(about.statement(SourceId::EC2, id.to_owned(), at, text))
}

/// When a state began: `User initiated (2026-05-04 12:00:03 GMT)`.
fn since(reason: &str) -> Option<DateTime<Utc>> {
    let (_, time) = reason.rsplit_once('(')?;
    let time = time.strip_suffix(" GMT)")?;
    let read = NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").ok()?;
    Some(read.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "i-0a1b2c3d4e5f60718";
    const BY_USER: (&str, &str) = (
        "Client.UserInitiatedShutdown",
        "Client.UserInitiatedShutdown: User initiated shutdown",
    );
    const BY_ITSELF: (&str, &str) = (
        "Client.InstanceInitiatedShutdown",
        "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
    );

    fn at(time: &str) -> DateTime<Utc> {
        format!("2026-05-04T{time}Z").parse().unwrap()
    }

    /// Asked at a time about what was until another.
    fn said((until, asked_at): (&str, &str), state: &str, reason: &str, why: (&str, &str)) -> Option<String> {
        let about = ServiceQuestion {
            to: at(until),
            ..crate::aws::tests::question("AWS::EC2::Instance", ID)
        };
        let instance = XmlRecord::from([
            ("instanceId", ID.to_owned()),
            ("instanceState/name", state.to_owned()),
            ("reason", reason.to_owned()),
            ("stateReason/code", why.0.to_owned()),
            ("stateReason/message", why.1.to_owned()),
        ]);
        told(&about, at(asked_at), &instance).map(|said| format!("{} {}", said.at.format("%T"), said.text))
    }

    const IN_PROGRESS: (&str, &str) = ("12:20:00", "12:20:00");

    #[test]
    fn an_instance_that_was_ended_is_told_with_when_and_why() {
        let by_user = said(
            IN_PROGRESS,
            "terminated",
            "User initiated (2026-05-04 12:09:03 GMT)",
            BY_USER,
        );
        assert_eq!(
            by_user.as_deref(),
            Some(
                "12:09:03 instance i-0a1b2c3d4e5f60718 is terminated since 2026-05-04 12:09:03 UTC: Client.UserInitiatedShutdown: User initiated shutdown"
            )
        );
        let by_itself = said(IN_PROGRESS, "shutting-down", "", BY_ITSELF);
        assert_eq!(
            by_itself.as_deref(),
            Some(
                "12:20:00 instance i-0a1b2c3d4e5f60718 is shutting down: Client.InstanceInitiatedShutdown: Instance initiated shutdown, as it was at 2026-05-04 12:20:00 UTC"
            )
        );
        assert_eq!(
            said(IN_PROGRESS, "running", "", ("", "")).as_deref(),
            Some("12:20:00 instance i-0a1b2c3d4e5f60718 is running, as it was at 2026-05-04 12:20:00 UTC")
        );
    }

    /// The rollback ends the instance that did not signal.
    #[test]
    fn what_became_of_an_instance_after_the_failure_is_no_word_about_it() {
        let late = ("12:15:00", "12:15:30");
        let reason = "User initiated (2026-05-04 12:15:04 GMT)";
        for state in ["shutting-down", "terminated"] {
            assert_eq!(said(late, state, reason, BY_USER), None);
            assert_eq!(said(late, state, "", BY_USER), None);
            assert_eq!(said(late, state, "", ("", "")), None);
        }
        let before = said(
            late,
            "terminated",
            "User initiated (2026-05-04 12:14:04 GMT)",
            BY_USER,
        );
        assert!(before.is_some_and(|said| said.starts_with("12:14:04 ")));
        // Nobody rolls back by switching a machine off from within.
        assert!(said(late, "terminated", "", BY_ITSELF).is_some_and(|said| said.starts_with("12:15:00 ")));
        // That it runs says nothing bad, whenever that is.
        assert!(said(late, "running", "", ("", "")).is_some());
    }

    #[test]
    fn an_instance_without_an_id_or_in_a_state_of_which_nobody_has_heard_is_not_told() {
        let about = crate::aws::tests::question("AWS::EC2::Instance", ID);
        let nameless = XmlRecord::from([("instanceState/name", "terminated".to_owned())]);
        assert_eq!(told(&about, at("12:00:00"), &nameless), None);
        assert_eq!(said(IN_PROGRESS, "hibernated", "", ("", "")), None);
        for reason in ["", "User initiated", "User initiated (yesterday GMT)"] {
            assert_eq!(since(reason), None, "{reason}");
        }
    }

    /// EC2's answers have a form of their own.
    #[test]
    fn an_answer_is_read_as_ec2_writes_it() {
        let item = |id: &str| {
            format!(
                "<item><instanceId>{id}</instanceId><instanceState><code>48</code><name>terminated</name></instanceState>\
                 <blockDeviceMapping><item><deviceName>x</deviceName></item></blockDeviceMapping></item>"
            )
        };
        let answer = |reservations: &str| {
            format!(
                "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>\
                 <reservationSet>{reservations}</reservationSet></DescribeInstancesResponse>"
            )
        };
        let reservation = |items: &str| {
            format!(
                "<item><reservationId>r-1</reservationId><groupSet/><instancesSet>{items}</instancesSet></item>"
            )
        };
        let two = answer(&(reservation(&(item("i-1") + &item("i-2"))) + &reservation(&item("i-3"))));
        let ids = |body: &str| -> Vec<String> {
            let read = LIST.records(body.as_bytes()).unwrap();
            read.into_iter()
                .filter_map(|one| one.get("instanceId").cloned())
                .collect()
        };
        assert_eq!(ids(&two), ["i-1", "i-2", "i-3"]);
        assert_eq!(ids(&answer("")), Vec::<String>::new());
        assert!(LIST.records(b"<DescribeInstancesResponse/>").is_err());
        for end in 0..two.len() {
            assert!(LIST.records(&two.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
