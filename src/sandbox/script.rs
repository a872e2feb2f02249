//! What a scenario file may say, as it is written there.
//!
//! Only shapes: how a script becomes stacks, records and lines with moments is `layout`'s business.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::faults::InjectedFault;
use super::offset::{EventLine, Offset, OffsetRange, TimedLine};
use super::tables::TableForm;
use crate::domain::deployment::failure::During;
use crate::domain::model::category::Category;

/// One scenario: a story about one root stack, with everything AWS would say about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The name it is asked for by; a file's name without its ending.
    #[serde(skip)]
    pub name: String,
    /// One line for a list.
    pub title: String,
    /// What happens in it and what a reader should find out.
    pub summary: String,
    /// The region of the stack.
    pub region: String,
    /// The made-up account, twelve digits.
    pub account: String,
    /// Name of the root stack.
    pub stack_name: String,
    /// When the story is over and the last record delivered.
    pub duration: Offset,
    /// How many times as fast as the wall a demonstration should play it.
    #[serde(default = "demonstration_speed")]
    pub speed: f64,
    /// Whether events carry an operation id (older ones do not).
    #[serde(default = "yes")]
    pub operation_ids: bool,
    /// What a reader must find.
    #[serde(default)]
    pub expect: Expected,
    #[serde(default)]
    pub(super) names: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) principals: BTreeMap<String, CallerScript>,
    #[serde(default, rename = "stack")]
    pub(super) stacks: Vec<StackScript>,
    #[serde(default, rename = "change_set")]
    pub(super) change_sets: Vec<ChangeSetScript>,
    #[serde(default, rename = "log_group")]
    pub(super) log_groups: Vec<LogGroupScript>,
    #[serde(default, rename = "function")]
    pub(super) functions: Vec<FunctionScript>,
    #[serde(default, rename = "service")]
    pub(super) services: Vec<ServiceScript>,
    #[serde(default, rename = "service_events", alias = "database")]
    pub(super) service_events: Vec<ServiceEventsScript>,
    #[serde(default, rename = "task_definition")]
    pub(super) task_definitions: Vec<TaskDefinitionScript>,
    #[serde(default, rename = "trail")]
    pub(super) trails: Vec<TrailScript>,
    #[serde(default, rename = "table")]
    pub(super) tables: Vec<TableScript>,
    #[serde(default, rename = "record")]
    pub(super) records: Vec<RecordScript>,
    #[serde(default)]
    pub(super) noise: Vec<NoiseScript>,
    #[serde(default, rename = "fault")]
    pub(super) faults: Vec<InjectedFault>,
}

fn demonstration_speed() -> f64 {
    10.0
}

/// The service whose resources a scenario calls databases.
fn of_databases() -> String {
    "rds".to_owned()
}

fn yes() -> bool {
    true
}

/// What a reader of the scenario must find, as the file says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Whether the deployment failed.
    #[serde(default)]
    pub failed: bool,
    /// The root stack's last status.
    pub final_status: Option<String>,
    /// How the headline of its verdict begins, once everybody is known.
    pub headline: Option<String>,
    /// The failures that started it.
    #[serde(default, rename = "root")]
    pub roots: Vec<ExpectedRoot>,
    /// The failures that only follow.
    #[serde(default, rename = "cascade")]
    pub cascades: Vec<ExpectedCascade>,
    /// Labels of the records that say who did what to the stack.
    #[serde(default)]
    pub actors: Vec<String>,
}

/// A failure that started others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRoot {
    /// Key of its stack.
    pub stack: String,
    /// Its logical id; the stack's own name if the stack itself failed.
    pub logical_id: String,
    /// What kind of failure its reason speaks of.
    pub category: Category,
    /// What was going on when it failed.
    #[serde(default = "in_operation")]
    pub during: During,
    /// Label of the record that tells the truth, if the trail has one.
    pub record: Option<String>,
    /// The action that was denied, if one was.
    pub denied_action: Option<String>,
    /// A part of a log line that belongs to it.
    pub log_line: Option<String>,
    /// A part of what must be claimed first, where the log can be read.
    #[serde(default)]
    pub claim: Option<String>,
}

fn in_operation() -> During {
    During::Operation
}

/// A failure that follows from another one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCascade {
    /// Key of its stack.
    pub stack: String,
    /// Its logical id.
    pub logical_id: String,
    /// Stack key and logical id of the root, written `key/LogicalId`.
    pub of: String,
}

/// A stack and all that happens in it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StackScript {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) parent: Option<String>,
    pub(super) description: Option<String>,
    /// `EXPRESS`, where its operations end before what they make is stable.
    pub(super) mode: Option<String>,
    pub(super) role: Option<String>,
    pub(super) token: Option<String>,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) outputs: Vec<OutputScript>,
    pub(super) template: Option<String>,
    #[serde(default)]
    pub(super) events: Vec<EventLine>,
    #[serde(default)]
    pub(super) resources: Vec<ResourceScript>,
    #[serde(default)]
    pub(super) bulk: Vec<BulkScript>,
    /// When the rollback or deletion takes every resource away that says nothing of its own end.
    pub(super) teardown: Option<OffsetRange>,
    #[serde(default)]
    pub(super) hooks: Vec<HookScript>,
}

/// What a stack tells once it has been made, and what takes its place later.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutputScript {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) description: Option<String>,
    pub(super) export_name: Option<String>,
    /// Since the stack was made, if nothing else is said.
    pub(super) since: Option<Offset>,
}

/// One resource, by its events or by the usual ones within a span.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceScript {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) physical: Option<String>,
    /// Key of the stack that is nested here.
    pub(super) nested: Option<String>,
    pub(super) properties: Option<String>,
    pub(super) create: Option<OffsetRange>,
    pub(super) update: Option<OffsetRange>,
    /// From its beginning to `Resource creation cancelled`.
    pub(super) cancelled: Option<OffsetRange>,
    pub(super) delete: Option<OffsetRange>,
    #[serde(default)]
    pub(super) events: Vec<EventLine>,
}

/// Many alike resources, begun one after another within a span.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BulkScript {
    pub(super) prefix: String,
    pub(super) count: u32,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) create: OffsetRange,
    pub(super) physical: Option<String>,
}

/// One hook invocation on a resource.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HookScript {
    pub(super) at: Offset,
    pub(super) target: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    #[serde(default = "fail")]
    pub(super) failure_mode: String,
    /// The rules that it held its target against.
    #[serde(default)]
    pub(super) annotations: Vec<AnnotationScript>,
}

fn fail() -> String {
    "FAIL".to_owned()
}

fn failed() -> String {
    "FAILED".to_owned()
}

/// One rule of a hook, and what came of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnnotationScript {
    pub(super) name: String,
    #[serde(default = "failed")]
    pub(super) status: String,
    pub(super) message: Option<String>,
    pub(super) remediation: Option<String>,
    pub(super) link: Option<String>,
    pub(super) severity: Option<String>,
}

/// One verdict of an early validation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValidationScript {
    pub(super) at: Offset,
    pub(super) name: String,
    /// Logical id and type, if it is about a resource.
    pub(super) target: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default = "failed")]
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) path: Option<String>,
    #[serde(default = "fail")]
    pub(super) failure_mode: String,
}

/// A change set of a stack.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeSetScript {
    pub(super) stack: String,
    pub(super) name: String,
    pub(super) at: Offset,
    /// When it came to this status; until then it is being made.
    pub(super) settled: Option<Offset>,
    pub(super) status: String,
    pub(super) execution_status: String,
    pub(super) reason: Option<String>,
    /// What was found wrong before anything was called.
    #[serde(default, rename = "validation")]
    pub(super) validations: Vec<ValidationScript>,
    /// Hooks that looked at the change set as a whole; their target is its name.
    #[serde(default)]
    pub(super) hooks: Vec<HookScript>,
}

/// Who makes a call, as the trail names them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallerScript {
    pub(super) role: Option<String>,
    pub(super) session: Option<String>,
    /// The account of the role, where it is not that of the stack: its calls are recorded there only.
    pub(super) account: Option<String>,
    pub(super) user: Option<String>,
    /// The service that makes the call for them, for example `cloudformation.amazonaws.com`.
    pub(super) via: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) access_key: Option<String>,
    /// The ARN of what the credentials were issued to: a function, an instance.
    pub(super) issued_to: Option<String>,
}

/// One trail record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordScript {
    pub(super) label: String,
    pub(super) at: Offset,
    /// How long after the call the trail first shows it.
    pub(super) delay: Offset,
    pub(super) region: Option<String>,
    /// Service and action, for example `s3:CreateBucket`.
    pub(super) event: String,
    pub(super) who: String,
    pub(super) error: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request: Option<toml::Value>,
    pub(super) response: Option<toml::Value>,
    pub(super) request_id: Option<String>,
    #[serde(default)]
    pub(super) read_only: bool,
    /// Resources of the envelope, written `AWS::S3::Bucket name`.
    #[serde(default)]
    pub(super) resources: Vec<String>,
    /// Members of the record itself, put over what the keys above make of it: another shape of `userIdentity`, say.
    pub(super) members: Option<toml::Value>,
    /// Members that this record does not have, each by its path, for example `userIdentity.sessionContext`.
    #[serde(default)]
    pub(super) without: Vec<String>,
    pub(super) repeat: Option<Repeat>,
    /// The kind of data that the call worked on, for example `AWS::S3::Object`: only trails that record such have it.
    pub(super) data: Option<String>,
}

/// A trail of the account, beside its event history.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrailScript {
    pub(super) name: String,
    pub(super) bucket: Option<String>,
    pub(super) log_group: Option<String>,
    /// Whether it has selectors of the older kind.
    #[serde(default)]
    pub(super) basic: bool,
    /// The kinds of data that it records.
    #[serde(default)]
    pub(super) data: Vec<String>,
    /// When it was stopped.
    pub(super) stopped: Option<Offset>,
    /// Why its bucket does not take what it delivers.
    pub(super) delivery_error: Option<String>,
    /// It is no trail: CloudWatch delivers to the log group, and calls the source of its lines so.
    pub(super) data_source: Option<String>,
    /// Whose the log group is, where it is another's that the account monitors: the calls of that account are in it.
    pub(super) account: Option<String>,
}

/// A table over what trails deliver to S3.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableScript {
    /// `DATABASE.TABLE`.
    pub(super) name: String,
    pub(super) form: TableForm,
    /// So many megabytes are read of each partition.
    #[serde(default = "of_a_day")]
    pub(super) megabytes: u64,
    /// The kinds of data that an event data store records.
    #[serde(default)]
    pub(super) data: Vec<String>,
    /// An event data store has the records of every account of the organisation.
    #[serde(default)]
    pub(super) organisation: bool,
}

fn of_a_day() -> u64 {
    40
}

/// The same again and again; `#` in the labels of its names is the number.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repeat {
    /// How often in all.
    pub(super) count: u32,
    /// How far apart.
    pub(super) every: Offset,
}

impl Repeat {
    /// Number and moving of each time, the first one unmoved.
    pub(super) fn times(repeat: Option<Self>) -> impl Iterator<Item = (u32, Offset)> {
        let (count, every) = repeat.map_or((1, Offset::ZERO), |repeat| (repeat.count, repeat.every));
        (0..count).map(move |passed| {
            (
                passed + 1,
                Offset::from_millis(every.millis() * i64::from(passed)),
            )
        })
    }
}

/// Unrelated records, made up within a span.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoiseScript {
    pub(super) count: u32,
    pub(super) within: OffsetRange,
    pub(super) region: Option<String>,
    /// Delivery delays, shortest and longest.
    pub(super) delay: OffsetRange,
    /// Sets two noises of the same size apart.
    #[serde(default)]
    pub(super) seed: String,
}

/// A log group with its streams.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogGroupScript {
    pub(super) name: String,
    pub(super) created: Offset,
    pub(super) deleted: Option<Offset>,
    pub(super) retention_days: Option<u32>,
    /// How long after it was written a line can first be read.
    #[serde(default)]
    pub(super) ingestion: Offset,
    /// How many empty pages come before the first full one.
    #[serde(default)]
    pub(super) empty_pages: u32,
    #[serde(default, rename = "stream")]
    pub(super) streams: Vec<LogStreamScript>,
}

/// One log stream.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogStreamScript {
    pub(super) name: String,
    pub(super) lines: Vec<TimedLine>,
}

/// A Lambda function.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FunctionScript {
    pub(super) name: String,
    pub(super) role: String,
    pub(super) created: Offset,
    pub(super) deleted: Option<Offset>,
    pub(super) log_group: Option<String>,
    pub(super) runtime: Option<String>,
    pub(super) handler: Option<String>,
    pub(super) timeout_seconds: Option<u32>,
}

/// An ECS service with its tasks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceScript {
    pub(super) cluster: String,
    pub(super) name: String,
    pub(super) task_definition: String,
    pub(super) created: Offset,
    pub(super) deleted: Option<Offset>,
    /// When the circuit breaker gave the deployment up.
    pub(super) failed: Option<Offset>,
    #[serde(default)]
    pub(super) desired: u32,
    /// What the service says, oldest first.
    #[serde(default)]
    pub(super) messages: Vec<TimedLine>,
    #[serde(default, rename = "task")]
    pub(super) tasks: Vec<TaskScript>,
}

/// One task of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskScript {
    pub(super) id: String,
    pub(super) created: Offset,
    pub(super) started: Option<Offset>,
    pub(super) stopped: Option<Offset>,
    pub(super) stop_code: Option<String>,
    pub(super) stopped_reason: Option<String>,
    #[serde(default)]
    pub(super) containers: Vec<ContainerScript>,
    pub(super) repeat: Option<Repeat>,
}

/// How one container of a task ended.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContainerScript {
    pub(super) name: String,
    pub(super) exit_code: Option<i32>,
    pub(super) reason: Option<String>,
}

/// What a service tells of one resource of its own, where it is asked for that: a database, a load balancer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceEventsScript {
    /// The prefix of the service's actions.
    #[serde(default = "of_databases")]
    pub(super) service: String,
    pub(super) id: String,
    /// As the service tells its resources apart: `db-instance` or `db-cluster`.
    #[serde(default)]
    pub(super) kind: String,
    /// When the resource is deleted.
    pub(super) deleted: Option<Offset>,
    /// What it told, oldest first.
    pub(super) events: Vec<TimedLine>,
}

/// An ECS task definition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskDefinitionScript {
    pub(super) family: String,
    pub(super) revision: u32,
    pub(super) execution_role: String,
    pub(super) task_role: Option<String>,
    pub(super) containers: Vec<ContainerDefinitionScript>,
}

/// One container of a task definition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContainerDefinitionScript {
    pub(super) name: String,
    pub(super) image: String,
    pub(super) log_group: Option<String>,
    pub(super) log_prefix: Option<String>,
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, String>,
}
