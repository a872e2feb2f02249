//! Stacks and their events.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Output, Stack, StackEvent as SdkEvent, StackStatus, StackSummary};
use chrono::{DateTime, Utc};

use super::check::UncheckedAnswer;
use super::connection::{Connection, PerRegion};
use super::whole::Whole;
use super::{fault, time};
use crate::domain::model::event::{EventExtras, Extras, HookInvocation, StackEvent, kept_settings};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::promise;
use crate::domain::model::promise::Broken;
use crate::domain::model::stack::{StackDescription, StackId, StackOutput};
use crate::domain::model::status::Status;
use crate::ports::{Page, StackSource};

/// CloudFormation, in the region of whatever it is asked about.
#[derive(Debug)]
pub struct CloudFormation {
    connection: Arc<Connection>,
    clients: PerRegion<Client>,
}

impl CloudFormation {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            clients: PerRegion::new(client),
        }
    }

    fn client(&self, stack: Option<&StackId>) -> Client {
        let region = stack.map_or_else(|| self.connection.region(), StackId::region);
        self.clients.get(&self.connection, region)
    }
}

/// A client that takes no answer that is not whole.
pub(super) fn client(config: &SdkConfig) -> Client {
    let config = aws_sdk_cloudformation::config::Builder::from(config);
    Client::from_conf(config.interceptor(Whole).build())
}

#[async_trait]
impl StackSource for CloudFormation {
    async fn describe(&self, name_or_id: &str) -> Result<Option<StackDescription>, Fault> {
        let id = StackId::parse(name_or_id);
        let answer = self
            .client(id.as_ref())
            .describe_stacks()
            .stack_name(name_or_id)
            .send()
            .await;
        match answer {
            // Of a stack that is not there an error is promised, not an empty answer.
            Ok(answer) => described(name_or_id, answer.stacks().first()).map(Some),
            Err(error) => {
                let fault = fault::of("cloudformation:DescribeStacks", &error);
                if fault.kind == FaultKind::NotFound {
                    Ok(None)
                } else {
                    Err(fault)
                }
            }
        }
    }

    async fn events(&self, stack: &StackId, page: Option<&str>) -> Result<Page<StackEvent>, Fault> {
        let answer = self
            .client(Some(stack))
            .describe_stack_events()
            .stack_name(stack.as_str())
            .set_next_token(page.map(ToOwned::to_owned))
            .send()
            .await
            .map_err(|error| fault::of("cloudformation:DescribeStackEvents", &error))?;
        let answered = UncheckedAnswer("cloudformation:DescribeStackEvents");
        let events = answer.stack_events().iter().map(|raw| event(answered, raw));
        let items: Vec<StackEvent> = events.collect::<Result<_, _>>()?;
        promise::page(stack, &items).map_err(|broken| answered.breaks(&broken))?;
        Ok(Page {
            items,
            next: answer.next_token().map(ToOwned::to_owned),
        })
    }

    async fn list(&self, page: Option<&str>) -> Result<Page<StackDescription>, Fault> {
        let answer = self
            .client(None)
            .list_stacks()
            .set_next_token(page.map(ToOwned::to_owned))
            .send()
            .await
            .map_err(|error| fault::of("cloudformation:ListStacks", &error))?;
        let items = answer.stack_summaries().iter().map(summary);
        let items = items.collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            next: answer.next_token().map(ToOwned::to_owned),
        })
    }
}

/// The stack that was asked for, by name or ARN.
fn described(name_or_id: &str, stack: Option<&Stack>) -> Result<StackDescription, Fault> {
    let answer = UncheckedAnswer("cloudformation:DescribeStacks");
    let stack = answer.must(stack, "the stack")?;
    let id = answer.stack(stack.stack_id())?;
    if id.as_str() != name_or_id.trim() && id.name() != name_or_id {
        return Err(answer.breaks(&Broken::Stranger(id.to_string())));
    }
    let status = stack.stack_status().map(StackStatus::as_str);
    Ok(StackDescription {
        id,
        status: Status::new(answer.text(status, "the status of a stack")?),
        status_reason: stack.stack_status_reason().map(ToOwned::to_owned),
        parent: answer.some_stack(stack.parent_id())?,
        root: answer.some_stack(stack.root_id())?,
        role_arn: stack.role_arn().map(ToOwned::to_owned),
        deployment_mode: stack
            .deployment_config()
            .and_then(|config| config.mode())
            .map(|mode| mode.as_str().to_owned()),
        created_at: Some(answer.time(stack.creation_time())?),
        deleted_at: answer.some_time(stack.deletion_time())?,
        outputs: Some(stack.outputs().iter().filter_map(output).collect()),
    })
}

fn output(output: &Output) -> Option<StackOutput> {
    Some(StackOutput {
        key: output.output_key()?.to_owned(),
        value: output.output_value().unwrap_or_default().to_owned(),
        description: output.description().map(ToOwned::to_owned),
        export_name: output.export_name().map(ToOwned::to_owned),
    })
}

fn summary(stack: &StackSummary) -> Result<StackDescription, Fault> {
    let answer = UncheckedAnswer("cloudformation:ListStacks");
    let status = stack.stack_status().map(StackStatus::as_str);
    Ok(StackDescription {
        id: answer.stack(stack.stack_id())?,
        status: Status::new(answer.text(status, "the status of a stack")?),
        status_reason: stack.stack_status_reason().map(ToOwned::to_owned),
        parent: answer.some_stack(stack.parent_id())?,
        root: answer.some_stack(stack.root_id())?,
        role_arn: None,
        deployment_mode: None,
        created_at: Some(answer.time(stack.creation_time())?),
        deleted_at: answer.some_time(stack.deletion_time())?,
        outputs: None,
    })
}

/// An event as we keep it; [`promise::page`] judges it.
fn event(answer: UncheckedAnswer, raw: &SdkEvent) -> Result<StackEvent, Fault> {
    Ok(StackEvent {
        stack_id: answer.stack(raw.stack_id())?,
        event_id: raw.event_id().unwrap_or_default().to_owned(),
        at: raw
            .timestamp()
            .and_then(time::from_sdk)
            .unwrap_or(DateTime::<Utc>::MIN_UTC),
        logical_id: raw.logical_resource_id().unwrap_or_default().to_owned(),
        physical_id: raw
            .physical_resource_id()
            .filter(|id| !id.is_empty())
            .map(ToOwned::to_owned),
        resource_type: raw.resource_type().unwrap_or_default().to_owned(),
        status: Status::new(raw.resource_status().map_or("", |status| status.as_str())),
        reason: raw
            .resource_status_reason()
            .filter(|text| !text.is_empty())
            .map(ToOwned::to_owned),
        operation_id: raw.operation_id().map(Into::into),
        extras: EventExtras::from(Extras {
            client_request_token: raw.client_request_token().map(ToOwned::to_owned),
            detailed_status: raw.detailed_status().map(|status| status.as_str().to_owned()),
            hook: raw.hook_type().map(|name| {
                Box::new(HookInvocation {
                    name: name.to_owned(),
                    status: raw.hook_status().map(|status| status.as_str().to_owned()),
                    reason: raw.hook_status_reason().map(ToOwned::to_owned),
                    failure_mode: raw.hook_failure_mode().map(|mode| mode.as_str().to_owned()),
                    invocation_id: raw.hook_invocation_id().map(ToOwned::to_owned),
                })
            }),
            settings: raw
                .resource_properties()
                .map(|properties| kept_settings(raw.resource_type().unwrap_or_default(), properties))
                .unwrap_or_default(),
        }),
    })
}
