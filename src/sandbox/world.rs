//! Everything the endpoint knows, with moments: what there is, and from when to when it can be seen.
//!
//! No protocol here, and no clock: each question brings its own `now`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::tables::{Queries, SimulatedTable};

/// A scenario laid out from one start.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) zero: DateTime<Utc>,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) stacks: Vec<Stack>,
    pub(super) change_sets: Vec<SimulatedChangeSet>,
    /// Oldest first.
    pub(super) trail: Vec<SimulatedRecord>,
    pub(super) trails: Vec<SimulatedTrail>,
    /// Records of other accounts, oldest first: no event history that is asked has them.
    pub(super) elsewhere: Vec<SimulatedRecord>,
    /// Tables over what trails deliver to S3.
    pub(super) tables: Vec<SimulatedTable>,
    pub(super) queries: Queries,
    pub(super) log_groups: Vec<SimulatedLogGroup>,
    pub(super) functions: Vec<Function>,
    pub(super) services: Vec<EcsService>,
    pub(super) service_events: Vec<SimulatedServiceEvents>,
    pub(super) task_definitions: Vec<TaskDefinition>,
}

/// From when to when something exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) from: DateTime<Utc>,
    pub(super) to: Option<DateTime<Utc>>,
}

impl Life {
    /// Whether it exists at this moment.
    pub(super) fn covers(self, now: DateTime<Utc>) -> bool {
        self.from <= now && self.to.is_none_or(|to| now < to)
    }
}

/// One stack, live or deleted.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) key: String,
    pub(super) parent: Option<String>,
    pub(super) root: Option<String>,
    pub(super) role: Option<String>,
    pub(super) mode: Option<String>,
    pub(super) description: Option<String>,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    /// What is told later takes the place of what was told before by that name.
    pub(super) outputs: Vec<SimulatedOutput>,
    pub(super) template: Option<String>,
    /// Oldest first.
    pub(super) operations: Vec<SimulatedOperation>,
    /// Oldest first.
    pub(super) events: Vec<SimulatedEvent>,
}

/// An output of a stack.
#[derive(Debug, Clone)]
pub(super) struct SimulatedOutput {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) description: Option<String>,
    pub(super) export_name: Option<String>,
    /// Since when it is told.
    pub(super) since: DateTime<Utc>,
}

/// What CloudFormation calls an operation.
#[derive(Debug, Clone)]
pub(super) struct SimulatedOperation {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) at: DateTime<Utc>,
}

/// One stack event.
#[derive(Debug, Clone, Default)]
pub(super) struct SimulatedEvent {
    pub(super) id: String,
    pub(super) at: DateTime<Utc>,
    pub(super) visible_at: DateTime<Utc>,
    pub(super) logical_id: String,
    pub(super) physical_id: String,
    pub(super) resource_type: String,
    pub(super) status: String,
    pub(super) detailed_status: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) properties: Option<String>,
    pub(super) token: Option<String>,
    pub(super) operation_id: Option<String>,
    pub(super) hook: Option<Hook>,
}

/// A hook's word on a resource.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) invocation_id: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) failure_mode: String,
    pub(super) annotations: Vec<SimulatedAnnotation>,
}

/// One rule of a hook, and what came of it.
#[derive(Debug, Clone)]
pub(super) struct SimulatedAnnotation {
    pub(super) name: String,
    pub(super) status: String,
    pub(super) message: Option<String>,
    pub(super) remediation: Option<String>,
    pub(super) link: Option<String>,
    pub(super) severity: Option<String>,
}

/// One verdict of an early validation.
#[derive(Debug, Clone)]
pub(super) struct SimulatedValidation {
    pub(super) id: String,
    pub(super) at: DateTime<Utc>,
    pub(super) name: String,
    /// Logical id and type.
    pub(super) target: Option<(String, String)>,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) path: Option<String>,
    pub(super) failure_mode: String,
}

impl Stack {
    /// The events that can be seen, oldest first.
    pub(super) fn visible(&self, now: DateTime<Utc>) -> impl DoubleEndedIterator<Item = &SimulatedEvent> {
        self.events.iter().filter(move |event| event.visible_at <= now)
    }

    /// The visible events of the stack itself, oldest first.
    pub(super) fn own_events(&self, now: DateTime<Utc>) -> impl DoubleEndedIterator<Item = &SimulatedEvent> {
        self.visible(now)
            .filter(|event| event.physical_id == self.arn && event.hook.is_none())
    }

    /// The newest event of the stack itself; nothing before it exists.
    pub(super) fn state(&self, now: DateTime<Utc>) -> Option<&SimulatedEvent> {
        self.own_events(now).next_back()
    }

    /// Whether it exists and has not been deleted.
    pub(super) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.state(now)
            .is_some_and(|state| state.status != "DELETE_COMPLETE")
    }

    /// The newest visible event of each resource, in the order in which they began.
    pub(super) fn resources(&self, now: DateTime<Utc>) -> Vec<&SimulatedEvent> {
        let mut newest: Vec<&SimulatedEvent> = Vec::new();
        let of_resources = self.visible(now).filter(|event| event.physical_id != self.arn);
        for event in of_resources.filter(|event| event.hook.is_none()) {
            match newest
                .iter_mut()
                .find(|known| known.logical_id == event.logical_id)
            {
                Some(known) => *known = event,
                None => newest.push(event),
            }
        }
        newest
    }
}

/// A change set.
#[derive(Debug)]
pub(super) struct SimulatedChangeSet {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) stack: String,
    pub(super) at: DateTime<Utc>,
    pub(super) settled_at: DateTime<Utc>,
    pub(super) status: String,
    pub(super) execution_status: String,
    pub(super) reason: Option<String>,
    /// The operation that makes it.
    pub(super) operation_id: String,
    pub(super) validations: Vec<SimulatedValidation>,
    /// When each looked at it, and what it said.
    pub(super) hooks: Vec<(DateTime<Utc>, Hook)>,
}

impl SimulatedChangeSet {
    /// Status, execution status and reason at a moment.
    pub(super) fn state(&self, now: DateTime<Utc>) -> (&str, &str, Option<&str>) {
        if now < self.settled_at {
            return ("CREATE_IN_PROGRESS", "UNAVAILABLE", None);
        }
        (&self.status, &self.execution_status, self.reason.as_deref())
    }
}

/// One record of the trail with its envelope.
#[derive(Debug, Clone)]
pub(super) struct SimulatedRecord {
    pub(super) event_id: String,
    /// The label of a scripted record, empty for noise.
    pub(super) label: String,
    pub(super) at: DateTime<Utc>,
    pub(super) visible_at: DateTime<Utc>,
    pub(super) region: String,
    pub(super) event_name: String,
    pub(super) event_source: String,
    pub(super) username: Option<String>,
    pub(super) access_key: Option<String>,
    pub(super) read_only: bool,
    /// Type and name.
    pub(super) resources: Vec<(String, String)>,
    pub(super) record: Value,
    /// The kind of data that the call worked on; no event history has it then.
    pub(super) data: Option<String>,
}

/// A trail of the account.
#[derive(Debug)]
pub(super) struct SimulatedTrail {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) home: String,
    pub(super) bucket: Option<String>,
    /// The ARN of its log group.
    pub(super) group: Option<String>,
    /// It has selectors of the older kind.
    pub(super) is_basic: bool,
    /// The kinds of data that it records.
    pub(super) data: Vec<String>,
    pub(super) stopped: Option<DateTime<Utc>>,
    pub(super) delivery_error: Option<String>,
    /// It is no trail, but a rule by which CloudWatch delivers to the log group: the data source.
    pub(super) data_source: Option<String>,
}

/// A log group.
#[derive(Debug)]
pub(super) struct SimulatedLogGroup {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) life: Life,
    pub(super) retention_days: Option<u32>,
    pub(super) empty_pages: u32,
    /// All lines of all streams, oldest first.
    pub(super) lines: Vec<SimulatedLogLine>,
}

/// One log line.
#[derive(Debug)]
pub(super) struct SimulatedLogLine {
    pub(super) id: String,
    pub(super) stream: String,
    pub(super) at: DateTime<Utc>,
    pub(super) visible_at: DateTime<Utc>,
    pub(super) message: String,
}

/// A Lambda function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) role: String,
    pub(super) life: Life,
    pub(super) log_group: String,
    pub(super) runtime: String,
    pub(super) handler: String,
    pub(super) timeout_seconds: u32,
    pub(super) revision: String,
}

/// A resource of a service with what the service tells of it, oldest first.
#[derive(Debug)]
pub(super) struct SimulatedServiceEvents {
    pub(super) service: String,
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) deleted: Option<DateTime<Utc>>,
    pub(super) events: Vec<(DateTime<Utc>, String)>,
}

impl SimulatedServiceEvents {
    /// When its first event was.
    pub(super) fn began(&self) -> Option<DateTime<Utc>> {
        self.events.first().map(|(at, _)| *at)
    }

    /// It was not deleted yet.
    pub(super) fn exists(&self, now: DateTime<Utc>) -> bool {
        self.deleted.is_none_or(|at| now < at)
    }

    /// Its first event was.
    pub(super) fn has_begun(&self, now: DateTime<Utc>) -> bool {
        self.began().is_some_and(|at| at <= now)
    }
}

/// An ECS service.
#[derive(Debug)]
pub(super) struct EcsService {
    pub(super) cluster: String,
    pub(super) cluster_arn: String,
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) task_definition_arn: String,
    pub(super) life: Life,
    pub(super) failed: Option<DateTime<Utc>>,
    pub(super) desired: u32,
    pub(super) deployment_id: String,
    /// Oldest first: id, moment, text.
    pub(super) messages: Vec<(String, DateTime<Utc>, String)>,
    pub(super) tasks: Vec<EcsTask>,
}

/// One task of a service.
#[derive(Debug)]
pub(super) struct EcsTask {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) created: DateTime<Utc>,
    pub(super) started: Option<DateTime<Utc>>,
    pub(super) stopped: Option<DateTime<Utc>>,
    pub(super) stop_code: Option<String>,
    pub(super) stopped_reason: Option<String>,
    /// Name, exit code, reason.
    pub(super) containers: Vec<(String, Option<i32>, Option<String>)>,
}

/// An ECS task definition, ready to be sent.
#[derive(Debug)]
pub(super) struct TaskDefinition {
    pub(super) arn: String,
    pub(super) family: String,
    pub(super) description: Value,
}

impl World {
    /// What a service tells of its resources, asked in this region.
    pub(super) fn events_of(
        &self,
        service: &str,
        region: &str,
    ) -> impl Iterator<Item = &SimulatedServiceEvents> {
        let home = self.is_home(region);
        let all = self.service_events.iter();
        all.filter(move |events| home && events.service == service)
    }

    /// Whether a question from this region is about the place where the stack lives.
    pub(super) fn is_home(&self, region: &str) -> bool {
        self.region == region
    }
}
