//! Who did what: the control-plane calls on a stack.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use crate::domain::deployment::attempt::{Attempt, Attempts};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::model::span::{is_none, later, span};
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::TrailRecord;
use crate::domain::session::Session;

/// Somebody's call that began, changed or ended an operation of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// When.
    pub at: DateTime<Utc>,
    /// The API operation: `ExecuteChangeSet`.
    pub event_name: String,
    /// Who, as short as it stays clear: a role and session, a user.
    pub user: String,
    /// The trail record.
    pub event_id: String,
    /// From where.
    pub source_ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// CloudFormation said no: the error code. Such a call began nothing.
    pub refused: Option<String>,
    /// The sentence shown: "`DeleteStack` 35 minutes after `ExecuteChangeSet` by ci/aws-cdk-showboat, with
    /// aws-cli/2.31.4".
    pub story: String,
}

/// The calls that begin, change or end an operation of a stack.
pub const CONTROL_CALLS: [&str; 12] = [
    "CreateChangeSet",
    "ExecuteChangeSet",
    "DeleteChangeSet",
    "CreateStack",
    "UpdateStack",
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "RollbackStack",
    "DeleteStack",
    "SignalResource",
    "SetStackPolicy",
    "UpdateTerminationProtection",
];

/// A call by name can only be on this stack, and not on another one of the same name, within its life.
const BEFORE_LIFE: TimeDelta = TimeDelta::hours(1);
/// The record of a deletion that nobody watched to its end.
const AFTER_LIFE: TimeDelta = TimeDelta::days(90);

/// Who did what on the root stack, oldest first.
pub fn actors(session: &Session, index: &RecordIndex<'_>) -> Vec<Actor> {
    let calls: Vec<&TrailRecord> = index
        .control_plane()
        .map(|seen| seen.record.as_ref())
        .filter(|record| CONTROL_CALLS.contains(&record.operation()))
        .collect();
    let change_sets = change_sets(session.root(), &calls);
    let life = life(session);
    let mut previous: Option<&TrailRecord> = None;
    let mut actors = Vec::new();
    for record in calls {
        if !is_on_stack(session.root(), record, &change_sets, life.as_ref()) {
            continue;
        }
        actors.push(Actor {
            at: record.at,
            event_name: record.operation().to_owned(),
            user: record.caller(),
            event_id: record.event_id.clone(),
            source_ip: record.source_ip.clone(),
            user_agent: record.user_agent.clone(),
            refused: record.error().map(str::to_owned),
            story: story(record, previous),
        });
        previous = Some(record);
    }
    actors
}

/// So long before the stack's own event its call was made, at most: CloudFormation writes it at once.
const CALLED_BEFORE: TimeDelta = TimeDelta::seconds(60);
/// The trail tells whole seconds, and clocks differ a little.
const CALLED_AFTER: TimeDelta = TimeDelta::seconds(5);

/// Who made the call that brought about what the stack told at that moment.
pub fn who_called<'a>(actors: &'a [Actor], event_name: &str, at: DateTime<Utc>) -> Option<&'a Actor> {
    let from = at.checked_sub_signed(CALLED_BEFORE)?;
    let to = at.checked_add_signed(CALLED_AFTER)?;
    actors.iter().rfind(|actor| {
        let began = actor.event_name == event_name && actor.refused.is_none();
        began && (from..=to).contains(&actor.at)
    })
}

/// A call before this moment did not begin the attempt, but belongs to the one before it: a stack takes no new
/// operation, a deletion aside, while one goes on. The trail tells whole seconds.
pub fn first_moment(attempts: &Attempts, attempt: &Attempt) -> DateTime<Utc> {
    let list = attempts.list().iter();
    let before = list.take_while(|other| other.number != attempt.number).last();
    let Some(before) = before else {
        return DateTime::<Utc>::MIN_UTC;
    };
    let ended = before.ended_at.filter(|ended| *ended <= attempt.started_at);
    let since = ended.unwrap_or(attempt.started_at - CALLED_AFTER);
    since.duration_trunc(TimeDelta::seconds(1)).unwrap_or(since)
}

/// Who made the calls on the root stack.
pub fn callers(actors: &[Actor]) -> BTreeSet<String> {
    actors.iter().map(|actor| actor.user.clone()).collect()
}

/// The stack's life as far as its events tell, with some room; open at its end when it still lives.
fn life(session: &Session) -> Option<RangeInclusive<DateTime<Utc>>> {
    let history = session.root_history()?;
    let own: Vec<_> = history.own_events().collect();
    let first = own.first()?.at;
    let begin = history
        .description()
        .and_then(|described| described.created_at)
        .map_or(first, |created| created.min(first));
    let deleted = own
        .last()
        .filter(|last| last.status.as_str() == "DELETE_COMPLETE")
        .map(|last| last.at + TimeDelta::minutes(1));
    let end = deleted.unwrap_or_else(|| own.last().map_or(first, |last| last.at) + AFTER_LIFE);
    Some(begin - BEFORE_LIFE..=end)
}

/// The change sets, by ARN, that their creation says are the stack's.
fn change_sets(root: &StackId, calls: &[&TrailRecord]) -> BTreeMap<String, bool> {
    let mut known = BTreeMap::new();
    for record in calls
        .iter()
        .filter(|record| record.operation() == "CreateChangeSet")
    {
        if let (Some(id), Some(stack)) = (record.answered(&["id"]), record.answered(&["stackId"])) {
            known.insert(id, stack == root.as_str());
        }
    }
    known
}

fn is_on_stack(
    root: &StackId,
    record: &TrailRecord,
    change_sets: &BTreeMap<String, bool>,
    life: Option<&RangeInclusive<DateTime<Utc>>>,
) -> bool {
    if !record.region.is_empty() && record.region != root.region() {
        return false;
    }
    let ids = [
        record.requested(&["stackName"]),
        record.requested(&["stackId"]),
        record.answered(&["stackId"]),
    ];
    let mut by_name = false;
    for id in ids.into_iter().flatten() {
        if id.starts_with("arn:") {
            return id == root.as_str();
        }
        if id != root.name() {
            return false;
        }
        by_name = true;
    }
    let change_set = record.requested(&["changeSetName"]);
    if let Some(of_this) = change_set.and_then(|id| change_sets.get(&id).copied()) {
        return of_this;
    }
    by_name && life.is_none_or(|life| life.contains(&record.at))
}

/// "`DeleteStack` 35 minutes after `ExecuteChangeSet` by deploy/showboat, with aws-cli/2.31.4"; "`DeleteStack`
/// again, 2s later, by erin".
fn story(record: &TrailRecord, previous: Option<&TrailRecord>) -> String {
    let after = previous.map_or_else(String::new, |before| {
        let gap = record.at - before.at;
        match before.operation() {
            same if same == record.operation() => format!(" again, {},", later(gap, "at once")),
            other if is_none(gap) => format!(" right after {other}"),
            other => format!(" {} after {other}", span(gap)),
        }
    });
    let refused = record
        .error()
        .map_or_else(String::new, |code| format!(", refused: {code}"));
    let with = record
        .user_agent
        .as_deref()
        .and_then(tool)
        .map_or_else(String::new, |tool| format!(", with {tool}"));
    format!(
        "{}{after} by {}{with}{refused}",
        record.operation(),
        record.caller()
    )
}

/// The tool in a user agent, as short as it stays clear: what an SDK is embedded in says more than the SDK.
fn tool(agent: &str) -> Option<String> {
    let agent = agent.trim().trim_start_matches('[').trim_end_matches(']');
    let lower = agent.to_ascii_lowercase();
    for (sign, tool) in [
        ("app/aws-cdk", "the AWS CDK"),
        ("aws-cdk", "the AWS CDK"),
        ("terraform", "Terraform"),
        ("pulumi", "Pulumi"),
        ("serverless", "the Serverless Framework"),
        ("aws-sam-cli", "the SAM CLI"),
        ("copilot", "AWS Copilot"),
        ("console.amazonaws.com", "the console"),
        ("signin.amazonaws.com", "the console"),
        ("aws-internal", "an AWS service"),
    ] {
        if lower.contains(sign) {
            return Some(tool.to_owned());
        }
    }
    let first = agent.split_whitespace().next()?;
    Some(
        crate::domain::read::text::one_line(first)
            .chars()
            .take(60)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::tool;

    #[test]
    fn tools_are_told_in_few_words() {
        for (agent, said) in [
            (
                "aws-sdk-js/3.883.0 ua/2.1 os/linux#6.8.0 lang/js md/nodejs#22.19.0 app/aws-cdk",
                "the AWS CDK",
            ),
            ("aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1", "aws-cli/2.31.4"),
            ("APN/1.0 HashiCorp/1.0 Terraform/1.11.2", "Terraform"),
            ("console.amazonaws.com", "the console"),
            ("Boto3/1.38.3\u{1b}[31m md/Botocore", "Boto3/1.38.3"),
        ] {
            assert_eq!(tool(agent).as_deref(), Some(said), "{agent}");
        }
        assert_eq!(tool("  "), None);
    }
}
