//! Change sets, hooks and validations: what `DescribeEvents` and its kin say and stack events do not.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::operation::get_hook_result::GetHookResultOutput;
use aws_sdk_cloudformation::types::{
    Annotation as SdkAnnotation, AnnotationSeverityLevel, ChangeSetSummary, EventFilter, EventType,
    ExecutionStatus, HookFailureMode, HookResultSummary, HookStatus, ListHookResultsTargetType,
    OperationEvent as SdkEvent, OperationType, ValidationStatus,
};

use super::check::UncheckedAnswer;
use super::connection::{Connection, PerRegion};
use super::{cloudformation, fault};
use crate::domain::model::event::HookInvocation;
use crate::domain::model::fault::Fault;
use crate::domain::model::promise::Broken;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::model::validation::{Annotation, ChangeSet, HookResult, OperationEvent, Validation};
use crate::ports::{HookScope, OperationScope, Page, ValidationSource};

/// CloudFormation's checks, in the region of the stack.
#[derive(Debug)]
pub struct Validations {
    connection: Arc<Connection>,
    clients: PerRegion<Client>,
}

impl Validations {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            clients: PerRegion::new(cloudformation::client),
        }
    }

    fn client(&self, stack: &StackId) -> Client {
        self.clients.get(&self.connection, stack.region())
    }
}

#[async_trait]
impl ValidationSource for Validations {
    async fn failed_events(
        &self,
        scope: &OperationScope,
        page: Option<&str>,
    ) -> Result<Page<OperationEvent>, Fault> {
        let stack = scope.stack_id();
        let request = self.client(stack).describe_events();
        let request = match scope {
            OperationScope::Stack(stack_id) => request.stack_name(stack_id.as_str()),
            OperationScope::Operation { id, .. } => request.operation_id(id),
            OperationScope::ChangeSet { id, .. } => request.change_set_name(id),
        };
        let answer = request
            .filters(EventFilter::builder().failed_events(true).build())
            .set_next_token(page.map(ToOwned::to_owned))
            .send()
            .await
            .map_err(|error| fault::of("cloudformation:DescribeEvents", &error))?;
        let items = answer.operation_events().iter();
        Ok(Page {
            items: kept(items.map(|raw| event(stack, raw)))?,
            next: answer.next_token().map(ToOwned::to_owned),
        })
    }

    async fn change_sets(&self, stack: &StackId, page: Option<&str>) -> Result<Page<ChangeSet>, Fault> {
        let answer = self
            .client(stack)
            .list_change_sets()
            .stack_name(stack.as_str())
            .set_next_token(page.map(ToOwned::to_owned))
            .send()
            .await
            .map_err(|error| fault::of("cloudformation:ListChangeSets", &error))?;
        let items = answer.summaries().iter();
        Ok(Page {
            items: kept(items.map(|raw| listed(stack, raw)))?,
            next: answer.next_token().map(ToOwned::to_owned),
        })
    }

    async fn change_set(&self, stack: &StackId, id: &str) -> Result<ChangeSet, Fault> {
        let action = "cloudformation:DescribeChangeSet";
        let answer = self
            .client(stack)
            .describe_change_set()
            .change_set_name(id)
            .send()
            .await
            .map_err(|error| fault::of(action, &error))?;
        described(id, &answer)
    }

    async fn hook_results(&self, scope: &HookScope, page: Option<&str>) -> Result<Page<HookResult>, Fault> {
        let stack = scope.stack_id();
        let (kind, target) = match scope {
            HookScope::Stack(stack_id) => (ListHookResultsTargetType::Stack, stack_id.as_str()),
            HookScope::ChangeSet { id, .. } => (ListHookResultsTargetType::ChangeSet, id.as_str()),
        };
        let answer = self
            .client(stack)
            .list_hook_results()
            .target_type(kind)
            .target_id(target)
            .set_next_token(page.map(ToOwned::to_owned))
            .send()
            .await
            .map_err(|error| fault::of("cloudformation:ListHookResults", &error))?;
        let items = answer.hook_results().iter();
        Ok(Page {
            items: kept(items.map(|raw| hook_listed(stack, target, raw)))?,
            next: answer.next_token().map(ToOwned::to_owned),
        })
    }

    async fn hook_result(&self, stack: &StackId, id: &str) -> Result<HookResult, Fault> {
        let action = "cloudformation:GetHookResult";
        let answer = self
            .client(stack)
            .get_hook_result()
            .hook_result_id(id)
            .send()
            .await
            .map_err(|error| fault::of(action, &error))?;
        hook(stack, id, &answer)
    }
}

/// What is left of a listing when its parts were looked at one by one.
fn kept<T>(parts: impl Iterator<Item = Result<Option<T>, Fault>>) -> Result<Vec<T>, Fault> {
    parts.filter_map(Result::transpose).collect()
}

fn owned(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

/// An event without an id or a time, which are both optional, is no event.
fn event(stack: &StackId, raw: &SdkEvent) -> Result<Option<OperationEvent>, Fault> {
    let answer = UncheckedAnswer("cloudformation:DescribeEvents");
    // What is about the operation as a whole lasts as long as that does.
    let is_whole = matches!(
        raw.event_type(),
        Some(EventType::StackEvent | EventType::ProgressEvent)
    );
    let ended = raw.end_time();
    let at = ended
        .filter(|_| is_whole)
        .or_else(|| raw.timestamp())
        .or(ended)
        .or_else(|| raw.start_time());
    let (Some(id), Some(at)) = (raw.event_id(), answer.some_time(at)?) else {
        answer.left_out("id or time");
        return Ok(None);
    };
    Ok(Some(OperationEvent {
        event_id: answer.text(Some(id), "the id of an event")?.to_owned(),
        stack_id: answer
            .some_stack(raw.stack_id())?
            .unwrap_or_else(|| stack.clone()),
        operation_id: owned(raw.operation_id()),
        operation_type: owned(raw.operation_type().map(OperationType::as_str)),
        event_type: owned(raw.event_type().map(EventType::as_str)),
        at,
        logical_id: owned(raw.logical_resource_id()),
        resource_type: owned(raw.resource_type()),
        status: raw.resource_status().map(|status| Status::new(status.as_str())),
        reason: owned(raw.resource_status_reason()),
        hook: raw.hook_type().map(|name| HookInvocation {
            name: name.to_owned(),
            status: owned(raw.hook_status().map(HookStatus::as_str)),
            reason: owned(raw.hook_status_reason()),
            failure_mode: owned(raw.hook_failure_mode().map(HookFailureMode::as_str)),
            invocation_id: None,
        }),
        validation: raw.validation_name().map(|name| Validation {
            name: name.to_owned(),
            status: owned(raw.validation_status().map(ValidationStatus::as_str)),
            reason: owned(raw.validation_status_reason()),
            path: owned(raw.validation_path()),
            failure_mode: owned(raw.validation_failure_mode().map(HookFailureMode::as_str)),
        }),
    }))
}

fn listed(stack: &StackId, raw: &ChangeSetSummary) -> Result<Option<ChangeSet>, Fault> {
    let answer = UncheckedAnswer("cloudformation:ListChangeSets");
    let (Some(id), Some(created_at)) = (raw.change_set_id(), answer.some_time(raw.creation_time())?) else {
        answer.left_out("id or time");
        return Ok(None);
    };
    let id = answer.text(Some(id), "the id of a change set")?;
    let named = answer.some_stack(raw.stack_id())?;
    Ok(Some(ChangeSet {
        id: id.to_owned(),
        name: raw.change_set_name().unwrap_or(id).to_owned(),
        stack_id: named.unwrap_or_else(|| stack.clone()),
        created_at,
        status: Status::new(raw.status().map_or("", |status| status.as_str())),
        status_reason: owned(raw.status_reason()),
        execution_status: owned(raw.execution_status().map(ExecutionStatus::as_str)),
        parent_id: owned(raw.parent_change_set_id()),
    }))
}

fn described(asked: &str, raw: &DescribeChangeSetOutput) -> Result<ChangeSet, Fault> {
    let answer = UncheckedAnswer("cloudformation:DescribeChangeSet");
    let id = answer.text(raw.change_set_id(), "the id of the change set")?;
    if asked.starts_with("arn:") && asked != id {
        return Err(answer.breaks(&Broken::Stranger(id.to_owned())));
    }
    Ok(ChangeSet {
        id: id.to_owned(),
        name: raw.change_set_name().unwrap_or(id).to_owned(),
        stack_id: answer.stack(raw.stack_id())?,
        created_at: answer.time(raw.creation_time())?,
        status: Status::new(raw.status().map_or("", |status| status.as_str())),
        status_reason: owned(raw.status_reason()),
        execution_status: owned(raw.execution_status().map(ExecutionStatus::as_str)),
        parent_id: owned(raw.parent_change_set_id()),
    })
}

fn hook_listed(stack: &StackId, target: &str, raw: &HookResultSummary) -> Result<Option<HookResult>, Fault> {
    let answer = UncheckedAnswer("cloudformation:ListHookResults");
    let (Some(id), Some(at)) = (raw.hook_result_id(), answer.some_time(raw.invoked_at())?) else {
        answer.left_out("id or time");
        return Ok(None);
    };
    Ok(Some(HookResult {
        id: answer.text(Some(id), "the id of a result")?.to_owned(),
        stack_id: stack.clone(),
        at,
        name: raw.type_name().unwrap_or_default().to_owned(),
        status: owned(raw.status().map(HookStatus::as_str)),
        reason: owned(raw.hook_status_reason()),
        failure_mode: owned(raw.failure_mode().map(HookFailureMode::as_str)),
        target: owned(raw.target_id()).or_else(|| owned(Some(target))),
        annotations: Vec::new(),
    }))
}

fn hook(stack: &StackId, id: &str, raw: &GetHookResultOutput) -> Result<HookResult, Fault> {
    let answer = UncheckedAnswer("cloudformation:GetHookResult");
    Ok(HookResult {
        id: raw.hook_result_id().unwrap_or(id).to_owned(),
        stack_id: stack.clone(),
        at: answer.time(raw.invoked_at())?,
        name: raw.type_name().unwrap_or_default().to_owned(),
        status: owned(raw.status().map(HookStatus::as_str)),
        reason: owned(raw.hook_status_reason()),
        failure_mode: owned(raw.failure_mode().map(HookFailureMode::as_str)),
        target: owned(raw.target().and_then(|target| target.target_id())),
        annotations: raw.annotations().iter().map(annotation).collect(),
    })
}

fn annotation(raw: &SdkAnnotation) -> Annotation {
    Annotation {
        name: raw.annotation_name().unwrap_or_default().to_owned(),
        status: raw.status().map_or("", |status| status.as_str()).to_owned(),
        message: owned(raw.status_message()),
        remediation: owned(raw.remediation_message()),
        link: owned(raw.remediation_link()),
        severity: owned(raw.severity_level().map(AnnotationSeverityLevel::as_str)),
    }
}
