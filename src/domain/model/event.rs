//! One CloudFormation event record, and what of its properties is worth keeping.

mod naming;

use crate::domain::model::arn::Arn;
use crate::domain::model::resource_type::STACK_TYPE;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::stack::StackId;
use super::status::{Operation, Phase, Status};

pub(crate) use naming::{is_identifying, is_naming, is_own_name, is_plain_name, is_region};

/// One event record of a stack. Its identity is (stack id, event id).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackEvent {
    /// The stack that the event belongs to.
    pub stack_id: StackId,
    /// CloudFormation's id of it, unique within the stack.
    pub event_id: String,
    /// When it happened, as CloudFormation says.
    pub at: DateTime<Utc>,
    /// The resource's name in the template; the stack's own name for its own events.
    pub logical_id: String,
    /// The resource's name in the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
    /// `AWS::S3::Bucket`, `Custom::Setup` ...
    pub resource_type: String,
    /// The status then.
    pub status: Status,
    /// Why, in CloudFormation's or the service's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The operation that it is part of, where AWS says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<Arc<str>>,
    /// What only some events carry.
    #[serde(default, skip_serializing_if = "EventExtras::is_empty")]
    pub extras: EventExtras,
}

/// The parts of an event that most events do not have, and for which those then keep no room: a session may
/// have a hundred thousand.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Extras", into = "Extras")]
pub struct EventExtras(Option<Box<Extras>>);

static NOTHING: Extras = Extras {
    client_request_token: None,
    detailed_status: None,
    hook: None,
    settings: BTreeMap::new(),
};

impl Deref for EventExtras {
    type Target = Extras;

    fn deref(&self) -> &Extras {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for EventExtras {
    fn deref_mut(&mut self) -> &mut Extras {
        self.0.get_or_insert_default()
    }
}

impl From<Extras> for EventExtras {
    fn from(extras: Extras) -> Self {
        Self((extras != NOTHING).then(|| Box::new(extras)))
    }
}

impl From<EventExtras> for Extras {
    fn from(extras: EventExtras) -> Self {
        extras.0.map(|extras| *extras).unwrap_or_default()
    }
}

impl PartialEq for EventExtras {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for EventExtras {}

impl EventExtras {
    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        **self == NOTHING
    }
}

/// What [`EventExtras`] may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extras {
    /// The token of the request that began the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
    /// `CONFIGURATION_COMPLETE`, `VALIDATION_FAILED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    /// A hook that was invoked for the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<Box<HookInvocation>>,
    /// Settings kept from `ResourceProperties`; see [`kept_settings`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// One invocation of a hook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HookInvocation {
    /// The hook's type name.
    pub name: String,
    /// `HOOK_COMPLETE_SUCCEEDED`, `HOOK_COMPLETE_FAILED` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The hook's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `FAIL` or `WARN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_mode: Option<String>,
    /// The id to ask `GetHookResult` for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
}

impl StackEvent {
    /// The event speaks of the stack itself and not of one of its resources.
    pub fn is_about_stack(&self) -> bool {
        self.physical_id.as_deref() == Some(self.stack_id.as_str())
            || (self.resource_type == STACK_TYPE
                && self.logical_id == self.stack_id.name()
                && self.physical_id.as_deref().is_none_or(str::is_empty))
    }

    /// The nested stack that this resource is, once its ARN is known.
    pub fn nested_stack(&self) -> Option<StackId> {
        if self.resource_type != STACK_TYPE || self.is_about_stack() {
            return None;
        }
        self.physical_id.as_deref().and_then(StackId::parse)
    }

    /// Whether both say the same of what happened. What is kept of the properties is a choice of this program and
    /// not CloudFormation's word: it may differ between versions.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.word() == other.word()
    }

    /// A number for what the event says; see [`StackEvent::says_the_same`].
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.word().hash(&mut hasher);
        hasher.finish()
    }

    /// Whether this, read at one moment, is the last word on what another said, read at another, under the same
    /// id. Of two that were read at one moment what they say decides, so that it never depends on which came first.
    pub fn is_last_word(&self, at: DateTime<Utc>, other: &Self, other_at: DateTime<Utc>) -> bool {
        let later = at.cmp(&other_at);
        let wins = later.then_with(|| format!("{:?}", self.word()).cmp(&format!("{:?}", other.word())));
        wins == Ordering::Greater
    }

    fn word(&self) -> impl Hash + PartialEq + fmt::Debug + '_ {
        let extras = (
            &self.extras.client_request_token,
            &self.extras.detailed_status,
            &self.extras.hook,
        );
        let subject = (
            &self.stack_id,
            &self.event_id,
            &self.logical_id,
            &self.physical_id,
        );
        let what = (
            &self.resource_type,
            &self.status,
            &self.reason,
            &self.operation_id,
        );
        (self.at, subject, what, extras)
    }

    /// The order of events: by time; at one instant what begins comes before what ends, and what undoes comes
    /// after what it undoes; then by id, so that the order never depends on how the events arrived.
    pub fn order(&self) -> (DateTime<Utc>, u8, &StackId, &str) {
        let rank = match self.status.phase() {
            Phase::Idle => 0,
            Phase::InProgress => 1,
            Phase::Unknown => 2,
            Phase::Complete => 3,
            Phase::Failed => 4,
        };
        let undoes = self.status.is_rollback() || self.status.operation() == Operation::Delete;
        let rank = if undoes { rank + 5 } else { rank };
        (self.at, rank, &self.stack_id, &self.event_id)
    }
}

/// The properties that name the role under which a resource runs.
pub(crate) const ROLES: [&str; 6] = [
    "Role",
    "RoleArn",
    "RoleARN",
    "ExecutionRoleArn",
    "TaskRoleArn",
    "ServiceRole",
];

/// The properties that the investigation needs beside those: whom a resource calls and where it logs.
/// Everything else in `ResourceProperties` may hold secrets and is never kept.
const KEPT: [&str; 16] = [
    "ServiceToken",
    "ServiceTimeout",
    "IamInstanceProfile",
    "FunctionName",
    "FunctionArn",
    "RoleName",
    "LogGroupName",
    "Cluster",
    "ClusterName",
    "ServiceName",
    "TaskDefinition",
    "KmsKeyId",
    "KmsMasterKeyId",
    "BucketName",
    "TableName",
    "TopicName",
];

/// Further keys whose plain texts are names of what a resource depends on, at whatever depth they stand.
const NAMING: [&str; 12] = [
    "KMSMasterKeyID",
    "KmsMasterKeyId",
    "KmsKeyId",
    "KmsKeyArn",
    "KmsKey",
    "KMSKeyId",
    "S3Bucket",
    "SecretId",
    "StreamName",
    "QueueName",
    "InstanceProfile",
    "RepositoryName",
];
/// ARNs and names of one resource that are kept at most.
const NAMED: usize = 24;

/// Picks the settings worth keeping out of an event's `ResourceProperties` (a JSON text).
///
/// Only plain texts of a fixed list of keys are kept, plus `LoggingConfig.LogGroup`, and the ARNs that stand
/// anywhere, which name what the resource depends on, and plain texts whose keys say that they are names
/// (`AlarmName`, `DBInstanceIdentifier`), and what tells a part without a name from others; a text that is no JSON object gives nothing.
pub fn kept_settings(resource_properties: &str) -> BTreeMap<String, String> {
    let Ok(serde_json::Value::Object(properties)) = serde_json::from_str(resource_properties) else {
        return BTreeMap::new();
    };
    let mut kept = BTreeMap::new();
    for key in ROLES.into_iter().chain(KEPT) {
        match properties.get(key) {
            Some(serde_json::Value::String(value)) if value.len() <= 2048 => {
                kept.insert(key.to_owned(), value.clone());
            }
            Some(serde_json::Value::Number(value)) => {
                kept.insert(key.to_owned(), value.to_string());
            }
            _ => {}
        }
    }
    keep_parts(&properties, &mut kept);
    // A wait condition's; others have a time-out that tells nothing here.
    let timeout = properties
        .get("Timeout")
        .filter(|_| properties.contains_key("Handle"));
    if let Some(timeout) = timeout {
        let seconds = timeout
            .as_str()
            .map_or_else(|| timeout.to_string(), str::to_owned);
        if seconds.len() <= 10 && seconds.chars().all(|c| c.is_ascii_digit()) {
            kept.insert("Timeout".to_owned(), seconds);
        }
    }
    let group = properties
        .get("LoggingConfig")
        .and_then(|config| config.get("LogGroup"));
    if let Some(group) = group.and_then(serde_json::Value::as_str) {
        kept.insert("LoggingConfig.LogGroup".to_owned(), group.to_owned());
    }
    let most = kept.len() + NAMED;
    for (key, value) in &properties {
        keep_named(value, key, 0, most, &mut kept);
    }
    for (key, value) in &properties {
        let name = value
            .as_str()
            .filter(|value| is_naming(key) && is_plain_name(value));
        if let Some(name) = name.filter(|_| kept.len() < most) {
            kept.entry(key.clone()).or_insert_with(|| name.to_owned());
        }
    }
    kept
}

/// Properties that tell a rule, a route, a listener or a record from its siblings, which have no names, by the property
/// that says of what it is a part.
const PARTS: [(&str, &[&str]); 5] = [
    (
        "GroupId",
        &["IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6"],
    ),
    (
        "RouteTableId",
        &["DestinationCidrBlock", "DestinationIpv6CidrBlock"],
    ),
    ("NetworkAclId", &["RuleNumber", "Egress"]),
    ("LoadBalancerArn", &["Port"]),
    ("HostedZoneId", &["Type"]),
];

fn keep_parts(properties: &serde_json::Map<String, serde_json::Value>, kept: &mut BTreeMap<String, String>) {
    let told = PARTS.iter().filter(|(whole, _)| properties.contains_key(*whole));
    for key in told.flat_map(|(_, keys)| *keys) {
        let value = match properties.get(*key) {
            Some(serde_json::Value::String(text)) if text.len() <= 64 => text.clone(),
            Some(value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => value.to_string(),
            _ => continue,
        };
        kept.insert((*key).to_owned(), value);
    }
}

/// Keeps the ARNs and the names of other resources in a property, by its path.
fn keep_named(
    value: &serde_json::Value,
    path: &str,
    depth: usize,
    most: usize,
    kept: &mut BTreeMap<String, String>,
) {
    if depth > 8 || kept.len() >= most {
        return;
    }
    match value {
        serde_json::Value::String(text) => {
            let key = path.rsplit('.').next().unwrap_or(path);
            let key = key.split('[').next().unwrap_or(key);
            let is_name = NAMING.contains(&key) && text.len() <= 256;
            let is_place = key.eq_ignore_ascii_case("region") && is_region(text);
            if (is_name || is_place || is_arn(text)) && !kept.contains_key(path) {
                kept.insert(path.to_owned(), text.clone());
            }
        }
        serde_json::Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                keep_named(item, &format!("{path}[{at}]"), depth + 1, most, kept);
            }
        }
        serde_json::Value::Object(members) => {
            for (name, inner) in members {
                keep_named(inner, &format!("{path}.{name}"), depth + 1, most, kept);
            }
        }
        _ => {}
    }
}

/// A text that is an ARN and nothing else.
fn is_arn(text: &str) -> bool {
    let is_whole = |arn: Arn<'_>| {
        arn.partition.starts_with("aws") && !arn.service.is_empty() && !arn.resource.is_empty()
    };
    Arn::parse(text).is_some_and(is_whole) && text.len() <= 512 && !text.contains(char::is_whitespace)
}

/// Whether a function of somebody's own stands behind this resource.
pub fn is_custom_resource(event: &StackEvent) -> bool {
    let kind = event.resource_type.as_str();
    kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_undoes_comes_after_what_it_undoes_at_the_same_instant() {
        let stack = StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/s/u").unwrap();
        let event = |status: &str, id: &str| StackEvent {
            stack_id: stack.clone(),
            event_id: id.to_owned(),
            at: DateTime::UNIX_EPOCH,
            logical_id: "s".to_owned(),
            physical_id: None,
            resource_type: STACK_TYPE.to_owned(),
            status: Status::new(status),
            reason: None,
            operation_id: None,
            extras: EventExtras::default(),
        };
        let happened = [
            event("CREATE_IN_PROGRESS", "e"),
            event("CREATE_FAILED", "d"),
            event("ROLLBACK_IN_PROGRESS", "c"),
            event("DELETE_COMPLETE", "a"),
            event("ROLLBACK_COMPLETE", "b"),
        ];
        let mut sorted = happened.to_vec();
        sorted.reverse();
        sorted.sort_by(|a, b| a.order().cmp(&b.order()));
        assert_eq!(sorted, happened);
    }

    #[test]
    fn keeps_what_a_resource_depends_on_wherever_it_stands() {
        let kept = kept_settings(
            r#"{"BucketEncryption":{"Rules":[{"KMSMasterKeyID":"1234abcd-12ab-34cd-56ef-1234567890ab"}]},
                "Environment":{"Variables":{"QUEUE":"arn:aws:sqs:eu-west-1:1:jobs","TOKEN":"hunter2","TEXT":"see arn:aws:sqs:eu-west-1:1:jobs"}},
                "ServiceToken":"arn:aws:lambda:eu-west-1:1:function:f"}"#,
        );
        let kept: Vec<_> = kept.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            kept,
            [
                "BucketEncryption.Rules[0].KMSMasterKeyID=1234abcd-12ab-34cd-56ef-1234567890ab",
                "Environment.Variables.QUEUE=arn:aws:sqs:eu-west-1:1:jobs",
                "ServiceToken=arn:aws:lambda:eu-west-1:1:function:f",
            ]
        );
    }

    #[test]
    fn keeps_what_something_is_called_and_nothing_that_only_looks_so() {
        let kept = kept_settings(
            r#"{"DBInstanceIdentifier":"orders-eu","DBSubnetGroupName":"orders-subnets","MasterUsername":"admin_7f",
                "MasterUserPassword":"hunter2-hunter2","Engine":"postgres","DBName":"production","Port":"5432",
                "Tags":[{"Key":"Name","Value":"orders"}],"Alias":"Everything that is sold"}"#,
        );
        let kept: Vec<_> = kept.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            kept,
            [
                "DBInstanceIdentifier=orders-eu",
                "DBName=production",
                "DBSubnetGroupName=orders-subnets"
            ]
        );
        let many: Vec<String> = (0..60)
            .map(|at| format!(r#""Thing{at}Name":"orders-{at}""#))
            .collect();
        let kept = kept_settings(&format!("{{{}}}", many.join(",")));
        assert_eq!(kept.len(), NAMED);
    }

    #[test]
    fn keeps_what_tells_a_rule_from_others_of_its_group() {
        let rule = r#"{"GroupId":"sg-0aa11bb22cc33dd44","IpProtocol":"tcp","FromPort":443,"ToPort":"443","CidrIp":"10.0.0.0/8"}"#;
        assert_eq!(kept_settings(rule).len(), 5);
        // Of a database a port says nothing.
        assert!(kept_settings(r#"{"Port":5432,"CidrIp":"10.0.0.0/8"}"#).is_empty());
    }

    #[test]
    fn keeps_what_the_investigation_needs_and_no_secret() {
        let kept = kept_settings(
            r#"{"ServiceToken":"arn:aws:lambda:eu-west-1:1:function:f","Password":"hunter2","LoggingConfig":{"LogGroup":"/g"},"Role":{"Ref":"x"}}"#,
        );
        let keys: Vec<_> = kept.keys().map(String::as_str).collect();
        assert_eq!(keys, ["LoggingConfig.LogGroup", "ServiceToken"]);
        assert!(kept_settings("not json").is_empty());
        assert!(kept_settings("[1]").is_empty());
    }
}
