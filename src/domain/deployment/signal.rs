//! Signals that CloudFormation waited for: of a wait condition, or of a resource with a creation policy.
//!
//! The reason counts signals and says nothing else. Why none came is known to the instances that were to send
//! them: what they wrote to their logs, and what their calls were refused.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::failure::Failure;
use crate::domain::model::arn::is_instance;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::log::LogGroup;
use crate::domain::model::resource_type::INSTANCE;
use crate::domain::model::trail::TrailRecord;
use crate::domain::session::{Session, StackHistory};

/// A group of instances that comes and goes by itself.
const GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";
/// A group of instances that join a cluster of EKS.
const NODES: &str = "AWS::EKS::Nodegroup";
/// Names of groups that the logs of a machine's start are sent to when nobody names another.
const USUAL: [&str; 4] = [
    "/var/log/cfn-init.log",
    "/var/log/cfn-init",
    "/var/log/cloud-init-output.log",
    "cfn-init.log",
];
/// Groups of the stack that are looked at.
const GROUPS: usize = 6;
/// So long before something waits for its signal an instance may have begun.
pub const EARLIER: TimeDelta = TimeDelta::minutes(15);
/// Instances that are looked at for one failure.
const LOOKED_AT: usize = 3;

/// An instance whose signal was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// When the stack's events first named it.
    pub since: Option<DateTime<Utc>>,
}

/// Whether a reason says that a signal did not come, or told of a failure.
pub fn is_missing(reason: &str) -> bool {
    let lower = reason.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    any(&[
        "received failure signal",
        "signal(s) out of",
        "waitcondition timed out",
        "waitcondition received failed",
    ]) || (lower.contains("failed to receive") && lower.contains("resource signal"))
        || (lower.contains("failure") && lower.contains("signal") && lower.contains("uniqueid"))
}

/// Whether a failure is one of a signal.
pub fn is_waited_for(failure: &Failure) -> bool {
    failure.reason().is_some_and(is_missing)
}

/// The first instance of a group of EKS that did not join its cluster, which the reason names: like one that did not
/// signal, it alone knows why.
fn node(failure: &Failure) -> Option<Instance> {
    let reason = failure.reason()?;
    let is_of_nodes = failure.event.resource_type == NODES && reason.contains("failed to join");
    let id = ids_in(reason).into_iter().find(|id| is_instance(id));
    let since = None;
    id.filter(|_| is_of_nodes).map(|id| Instance { id, since })
}

/// The instances whose signals a failure waited for; none where nothing tells which.
///
/// An instance waits for itself; the events of a group name its instances, and so do the calls by which it
/// began them; for a wait condition it may be any instance of its stack, the new ones first.
pub fn instances(session: &Session, failure: &Failure) -> Vec<Instance> {
    if !is_waited_for(failure) {
        return node(failure).into_iter().collect();
    }
    let history = session.stack(&failure.key.stack_id);
    let mut ids: BTreeSet<String> = ids_in(failure.reason().unwrap_or_default());
    if failure.event.resource_type == INSTANCE {
        ids.extend(failure.physical_id.iter().cloned());
    } else if ids.is_empty() {
        ids.extend(history.into_iter().flat_map(|history| told(history, failure)));
        if failure.event.resource_type == GROUP {
            ids.extend(begun_by(session, failure));
            ids.extend(stated(session, failure));
        } else if ids.is_empty() {
            ids.extend(history.into_iter().flat_map(|history| beside(history, failure)));
        }
    }
    let signalled = history.map_or_else(BTreeSet::new, |history| signalled(history, failure));
    ids.retain(|id| !signalled.contains(id));
    let told = told_of_success(session, failure);
    // Where all say so, none of them tells why it was not heard.
    if ids.iter().any(|id| !told.contains(id)) {
        ids.retain(|id| !told.contains(id));
    }
    let since = |id: &str| history.and_then(|history| history.made().instances.get(id).copied());
    ids.into_iter()
        .filter(|id| is_instance(id))
        .take(LOOKED_AT)
        .map(|id| Instance {
            since: since(&id),
            id,
        })
        .collect()
}

/// The log groups of the failure's stack: an instance that was told to writes there.
pub fn log_groups(session: &Session, failure: &Failure) -> Vec<LogGroup> {
    let history = session.stack(&failure.key.stack_id);
    let events = history.into_iter().flat_map(StackHistory::telling_events);
    let names: BTreeSet<&str> = events
        .filter(|event| event.resource_type == "AWS::Logs::LogGroup" && event.at <= failure.failed_at())
        .filter_map(|event| event.physical_id.as_deref().filter(|id| !id.is_empty()))
        .collect();
    names
        .into_iter()
        .take(GROUPS)
        .map(|name| group(failure, name))
        .collect()
}

/// The groups into which agents write the logs of a machine's start, named after the files, with a stream for
/// each instance.
///
/// Source: CloudWatch agent configuration reference, `log_group_name` and `log_stream_name`.
pub fn usual_groups(failure: &Failure) -> Vec<LogGroup> {
    USUAL.iter().map(|name| group(failure, name)).collect()
}

fn group(failure: &Failure, name: &str) -> LogGroup {
    LogGroup {
        region: failure.key.stack_id.region().to_owned(),
        name: name.to_owned(),
    }
}

/// The instances whose signals the events of the resource tell of.
fn told(history: &StackHistory, failure: &Failure) -> BTreeSet<String> {
    let story = history.story(&failure.event.logical_id);
    let reasons = story.filter_map(|event| event.reason.as_deref());
    reasons
        .filter(|reason| reason.to_ascii_lowercase().contains("signal"))
        .flat_map(ids_in)
        .collect()
}

/// The instances that signalled, as events of the resource tell, that all went well with them: they are not what was waited
/// for in vain.
fn signalled(history: &StackHistory, failure: &Failure) -> BTreeSet<String> {
    let story = history.story(&failure.event.logical_id);
    let in_time = story.filter(|event| (failure.started_at..=failure.failed_at()).contains(&event.at));
    let reasons: Vec<&str> = in_time.filter_map(|event| event.reason.as_deref()).collect();
    let of = |words: &str| -> BTreeSet<String> {
        let told = reasons
            .iter()
            .filter(|reason| reason.to_ascii_lowercase().contains(words));
        told.flat_map(|reason| ids_in(reason)).collect()
    };
    let failed = of("received failure signal");
    let well = of("received success signal").into_iter();
    well.filter(|id| !failed.contains(id)).collect()
}

/// The instances whose own logs say that they sent the signal, and sent that all went well.
fn told_of_success(session: &Session, failure: &Failure) -> BTreeSet<String> {
    let groups = log_groups(session, failure)
        .into_iter()
        .chain(usual_groups(failure));
    let (from, to) = (failure.started_at - EARLIER, failure.failed_at());
    let key = |at: DateTime<Utc>| (at, String::new(), String::new());
    let mut found = BTreeSet::new();
    for log in groups
        .filter_map(|group| session.logs().get(&group))
        .filter(|_| from < to)
    {
        let told = log.lines.range(key(from)..key(to)).map(|(_, line)| line);
        found.extend(
            told.filter(|line| says_signalled(&line.message))
                .flat_map(|line| ids_in(&line.stream)),
        );
    }
    found
}

/// Whether a line says that the signal of success was sent: `cfn-signal: success`, `… with unique ID i-… and status
/// SUCCESS`.
///
/// Source: what `aws-cfn-bootstrap` logs.
fn says_signalled(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let others = [
        "fail", "error", "not ", "no ", "wait", "retry", "could", "cannot", "unable", "expect", "if ",
    ];
    let of_signal = [
        "cfn-signal",
        "signaled",
        "signalled",
        "signaling",
        "signalling",
        "signal sent",
        "sent signal",
    ];
    of_signal.iter().any(|words| lower.contains(words))
        && lower.contains("success")
        && !others.iter().any(|word| lower.contains(word))
}

/// The instances of which a service told that the resource began them while it was waited for; of those that came to
/// nothing, as it told, no signal and no call can be expected.
fn stated(session: &Session, failure: &Failure) -> BTreeSet<String> {
    let mine = session.statements().filter(|said| {
        said.stack_id == failure.key.stack_id
            && said.logical_id == failure.event.logical_id
            && (failure.started_at..=failure.failed_at()).contains(&said.at)
    });
    let went_well = |said: &&ServiceStatement| {
        let lower = said.text.to_ascii_lowercase();
        let phrases = session.sources().phrases(&said.source);
        !phrases.troubles.iter().any(|trouble| lower.contains(trouble))
    };
    mine.filter(went_well)
        .flat_map(|said| ids_in(&said.text))
        .collect()
}

/// The instances of the stack: those that this attempt made, else all.
fn beside(history: &StackHistory, failure: &Failure) -> Vec<String> {
    let all = &history.made().instances;
    let began = began(history, failure);
    let known = |since: &DateTime<Utc>| *since <= failure.failed_at();
    let new: BTreeMap<_, _> = all
        .iter()
        .filter(|(_, since)| **since >= began && known(since))
        .collect();
    if new.is_empty() {
        return all.keys().map(ToString::to_string).collect();
    }
    new.into_keys().map(ToString::to_string).collect()
}

/// When the operation began in which it failed.
fn began(history: &StackHistory, failure: &Failure) -> DateTime<Utc> {
    let before = history
        .own_events()
        .filter(|event| event.at <= failure.failed_at() && event.status.is_in_progress());
    let mut forward = before.filter(|event| !event.status.is_rollback());
    forward.next_back().map_or(failure.started_at, |event| event.at)
}

/// Agents that run on instances for others' sake, by what they call themselves.
const AGENTS: [&str; 8] = [
    "amazon-ssm-agent",
    "amazon-cloudwatch-agent",
    "cwagent",
    "awslogs-plugin",
    "aws-kinesis-agent",
    "aws-fluent-bit",
    "amazon-inspector",
    "guardduty",
];
/// Calls that nobody but the agent of Systems Manager makes.
const OF_AGENT: [&str; 6] = [
    "UpdateInstanceInformation",
    "UpdateInstanceAssociationStatus",
    "ListInstanceAssociations",
    "PutConfigurePackageResult",
    "PutComplianceItems",
    "PutInventory",
];
/// What comes again so seldom, ...
const SELDOM: TimeDelta = TimeDelta::minutes(1);
/// ... at least so often, and at like distances, is a heartbeat.
const BEATS: usize = 3;

/// Whether an agent in the background of an instance made the call. It says nothing of the instance's start.
pub fn is_by_agent(record: &TrailRecord) -> bool {
    let agent = record
        .user_agent
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let to_agents = ["ssmmessages.amazonaws.com", "ec2messages.amazonaws.com"];
    AGENTS.iter().any(|name| agent.contains(name))
        || to_agents.contains(&record.source.as_str())
        || (record.source == "ssm.amazonaws.com" && OF_AGENT.contains(&record.operation()))
}

/// The calls of these instances that do not explain why no signal came: those of agents, and, where others
/// failed, too, those that fail again and again over the whole wait, evenly. By their ids.
pub fn background(session: &Session, failure: &Failure, instances: &[Instance]) -> BTreeSet<String> {
    if instances.is_empty() {
        return BTreeSet::new();
    }
    let mut found = BTreeSet::new();
    let mut others: BTreeMap<(String, String), Vec<&TrailRecord>> = BTreeMap::new();
    for seen in session.trail().records().values() {
        let record = seen.record.as_ref();
        let session = record.identity.name.as_deref();
        let Some(session) = session.filter(|name| instances.iter().any(|one| one.id == *name)) else {
            continue;
        };
        if is_by_agent(record) {
            found.insert(record.event_id.clone());
        } else if record.is_error() && record.at <= failure.failed_at() {
            let key = (session.to_owned(), record.action());
            others.entry(key).or_default().push(record);
        }
    }
    let beats = |records: &&mut Vec<&TrailRecord>| is_heartbeat(failure, records);
    let (regular, single): (Vec<_>, Vec<_>) = others.values_mut().partition(beats);
    if !single.is_empty() {
        let ids = regular.iter().flat_map(|records| records.iter());
        found.extend(ids.map(|record| record.event_id.clone()));
    }
    found
}

/// Whether calls come evenly, seldom, and over most of the wait.
fn is_heartbeat(failure: &Failure, records: &[&TrailRecord]) -> bool {
    let mut times: Vec<DateTime<Utc>> = records.iter().map(|record| record.at).collect();
    times.sort();
    let gaps: Vec<TimeDelta> = times
        .iter()
        .zip(times.iter().skip(1))
        .map(|(a, b)| *b - *a)
        .collect();
    let (Some(shortest), Some(longest)) = (gaps.iter().min(), gaps.iter().max()) else {
        return false;
    };
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return false;
    };
    let wait = failure.failed_at() - failure.started_at;
    let is_even = *longest - *shortest <= *shortest / 4;
    times.len() >= BEATS && *shortest >= SELDOM && is_even && (*last - *first) * 2 >= wait
}

/// The instances that calls began for a group: `RunInstances` with the group's name in its tags; where it names
/// no group, by Auto Scaling with what only this stack's machines are begun with.
fn begun_by(session: &Session, failure: &Failure) -> BTreeSet<String> {
    let Some(group) = failure.physical_id.as_deref().filter(|id| id.len() >= 4) else {
        return BTreeSet::new();
    };
    let history = session.stack(&failure.key.stack_id);
    let means: BTreeSet<&str> = history.into_iter().flat_map(means_of).collect();
    let is_its = |record: &TrailRecord| {
        let subject = record.subject();
        let names = |name: &str| crate::domain::read::text::holds_word(&subject, name);
        let of_none = !subject.contains("aws:autoscaling:groupName");
        names(group) || (of_none && is_by_auto_scaling(record) && means.iter().any(|name| names(name)))
    };
    let records = session.trail().records().values();
    records
        .map(|seen| seen.record.as_ref())
        .filter(|record| record.operation() == "RunInstances" && !record.is_error())
        .filter(|record| record.at <= failure.failed_at() && is_its(record))
        .flat_map(|record| ids_in(&record.subject()))
        .collect()
}

/// With what a stack's own machines are begun: its launch templates, instance profiles and roles.
fn means_of(history: &StackHistory) -> impl Iterator<Item = &str> {
    const TYPES: [&str; 4] = [
        "AWS::EC2::LaunchTemplate",
        "AWS::AutoScaling::LaunchConfiguration",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::Role",
    ];
    let events = history.events().iter().map(|seen| &seen.event);
    events
        .filter(|event| TYPES.contains(&event.resource_type.as_str()))
        .filter_map(|event| event.physical_id.as_deref())
        .filter(|id| id.len() >= 4)
}

fn is_by_auto_scaling(record: &TrailRecord) -> bool {
    let hosts = [&record.identity.invoked_by, &record.source_ip, &record.user_agent];
    let by_host = hosts
        .into_iter()
        .flatten()
        .any(|host| host.trim() == "autoscaling.amazonaws.com");
    let role = record.identity.role_name().unwrap_or_default();
    by_host || role.starts_with("AWSServiceRoleForAutoScaling")
}

/// What looks like the id of an instance.
fn ids_in(text: &str) -> BTreeSet<String> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    text.split(word)
        .filter(|word| is_instance(word))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deployment::attempt::Attempts;
    use crate::domain::deployment::failure::failures;
    use crate::domain::model::fact::Recorded;
    use crate::domain::model::stack::StackId;

    #[test]
    fn signals_that_did_not_come_are_told_from_those_that_did() {
        for missing in [
            "Received 0 SUCCESS signal(s) out of 1. Unable to satisfy 100% MinSuccessfulInstancesPercent requirement",
            "Failed to receive 2 resource signal(s) within the specified duration",
            "Failed to receive 1 resource signal(s) for the current batch. Each resource signal timeout is counted as a FAILURE.",
            "WaitCondition timed out. Received 0 conditions when expecting 1",
            "WaitCondition received failed message: 'no disk' for uniqueId: i-0a1b2c3d4e5f60718",
            "Received FAILURE signal with UniqueId i-0a1b2c3d4e5f60718",
            "Signal with status FAILURE received from UniqueId i-0a1b2c3d4e5f60718",
        ] {
            assert!(is_missing(missing), "{missing}");
        }
        for other in [
            "Received SUCCESS signal with UniqueId i-0a1b2c3d4e5f60718",
            "New instance(s) added to autoscaling group - Waiting on 1 resource signal(s) with a timeout of PT15M.",
            "Failed to receive the object",
            "",
        ] {
            assert!(!is_missing(other), "{other}");
        }
    }

    /// A group's failure, and what was told of it at a second.
    fn looked_at(told: &[(i64, &str)]) -> Vec<String> {
        let stack = "arn:aws:cloudformation:eu-west-1:1:stack/shop/u";
        let event = |second: i64, id: &str, kind: &str, status: &str, reason: &str| {
            serde_json::json!({
                "stack_id": stack, "event_id": format!("{id}-{second}"), "at": at(second), "logical_id": id,
                "physical_id": if id == "shop" { stack } else { "web" }, "resource_type": kind, "status": status,
                "reason": reason,
            })
        };
        let none_came = "Received 0 SUCCESS signal(s) out of 1. Unable to satisfy 100% MinSuccessfulInstancesPercent requirement";
        let events = [
            event(
                0,
                "shop",
                "AWS::CloudFormation::Stack",
                "CREATE_IN_PROGRESS",
                "User Initiated",
            ),
            event(10, "Web", GROUP, "CREATE_IN_PROGRESS", ""),
            event(900, "Web", GROUP, "CREATE_FAILED", none_came),
        ];
        let seen = serde_json::json!({
            "observed_at": at(1_000), "kind": "stack_events_seen", "stack_id": stack, "events": events,
        });
        let stated = told.iter().map(|(second, text)| {
            let statement = serde_json::json!({
                "source": "autoscaling", "id": text, "stack_id": stack, "logical_id": "Web", "at": at(*second),
                "text": text,
            });
            serde_json::json!({ "observed_at": at(1_000), "kind": "service_stated", "statement": statement })
        });
        let facts: Vec<Recorded> = std::iter::once(seen)
            .chain(stated)
            .map(|fact| serde_json::from_value(fact).unwrap())
            .collect();
        let session = Session::replay(StackId::parse(stack).unwrap(), &facts);
        let failures = failures(&session, &Attempts::of(&session));
        let failure = failures.first().unwrap();
        let ids = instances(&session, failure).into_iter();
        ids.map(|instance| instance.id).collect()
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
    }

    /// One that was ended before it ran makes no call; one of another deployment sends no signal to this one.
    #[test]
    fn instances_that_a_group_told_of_are_looked_at_if_they_began_while_it_was_waited_for() {
        let launched = "Successful: Launching a new EC2 instance: i-0a1b2c3d4e5f60718. At .. it was started";
        assert_eq!(looked_at(&[(20, launched)]), ["i-0a1b2c3d4e5f60718"]);
        let ended = "Cancelled: Launching a new EC2 instance: i-0a1b2c3d4e5f60718. Status Reason: Instance became unhealthy";
        for (second, told) in [(20, ended), (5, launched), (901, launched)] {
            assert!(looked_at(&[(second, told)]).is_empty(), "{second} {told}");
        }
    }

    #[test]
    fn ids_of_instances_are_whole_words() {
        let found = ids_in("signal with UniqueId i-0a1b2c3d4e5f60718, not api-0a1b2c3d, i-12, i-0a1b2c3d.");
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, ["i-0a1b2c3d", "i-0a1b2c3d4e5f60718"]);
    }
}
