//! Stacks and their events.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Stack, StackEvent as SdkEvent, StackSummary};

use super::connection::{Connection, PerRegion};
use super::{fault, time};
use crate::domain::event::{EventExtras, Extras, HookInvocation, StackEvent, kept_settings};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::stack::{StackDescription, StackId};
use crate::domain::status::Status;
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
            clients: PerRegion::new(Client::new),
        }
    }

    fn client(&self, stack: Option<&StackId>) -> Client {
        let region = stack.map_or_else(|| self.connection.region(), StackId::region);
        self.clients.get(&self.connection, region)
    }
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
            Ok(answer) => Ok(answer.stacks().first().and_then(description)),
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
        let items = answer
            .stack_events()
            .iter()
            .filter_map(|raw| event(stack, raw))
            .collect();
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
        let items = answer.stack_summaries().iter().filter_map(summary).collect();
        Ok(Page {
            items,
            next: answer.next_token().map(ToOwned::to_owned),
        })
    }
}

fn description(stack: &Stack) -> Option<StackDescription> {
    Some(StackDescription {
        id: StackId::parse(stack.stack_id()?)?,
        status: Status::new(stack.stack_status().map_or("", |status| status.as_str())),
        status_reason: stack.stack_status_reason().map(ToOwned::to_owned),
        parent: stack.parent_id().and_then(StackId::parse),
        root: stack.root_id().and_then(StackId::parse),
        role_arn: stack.role_arn().map(ToOwned::to_owned),
        created_at: stack.creation_time().and_then(time::from_sdk),
        deleted_at: stack.deletion_time().and_then(time::from_sdk),
    })
}

fn summary(stack: &StackSummary) -> Option<StackDescription> {
    Some(StackDescription {
        id: StackId::parse(stack.stack_id()?)?,
        status: Status::new(stack.stack_status().map_or("", |status| status.as_str())),
        status_reason: stack.stack_status_reason().map(ToOwned::to_owned),
        parent: stack.parent_id().and_then(StackId::parse),
        root: stack.root_id().and_then(StackId::parse),
        role_arn: None,
        created_at: stack.creation_time().and_then(time::from_sdk),
        deleted_at: stack.deletion_time().and_then(time::from_sdk),
    })
}

/// An event as we keep it. Only an event without an id or a time is no event.
fn event(stack: &StackId, raw: &SdkEvent) -> Option<StackEvent> {
    Some(StackEvent {
        stack_id: raw
            .stack_id()
            .and_then(StackId::parse)
            .unwrap_or_else(|| stack.clone()),
        event_id: raw.event_id()?.to_owned(),
        at: raw.timestamp().and_then(time::from_sdk)?,
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
            settings: raw.resource_properties().map(kept_settings).unwrap_or_default(),
        }),
    })
}
