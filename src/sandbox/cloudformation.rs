//! CloudFormation's read operations over the world's stacks.
//!
//! Answers are JSON values in the order of the API's fields; `query_xml` turns them into XML.

mod change_sets;
mod events;
mod resources;
mod stack_sets;
mod stacks;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::paging::WrongToken;
use super::request::{ApiRequest, Parameters, Protocol};
use super::world::{Stack, World};
use crate::sandbox::service_error::ServiceError;

/// Answers one question about stacks.
pub(super) fn answer(
    world: &World,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Result<Value, ServiceError> {
    let asked = TimedRequest {
        world,
        home: world.is_home(&question.region),
        parameters: &question.parameters,
        now,
    };
    match question.operation.as_str() {
        "DescribeStacks" => stacks::describe(&asked),
        "ListStacks" => stacks::list(&asked),
        "GetTemplate" => stacks::template(&asked),
        "DescribeStackEvents" => events::describe_stack_events(&asked),
        "DescribeEvents" => events::describe_events(&asked),
        "ListStackResources" => resources::list(&asked),
        "DescribeStackResources" => resources::describe_all(&asked),
        "DescribeStackResource" => resources::describe_one(&asked),
        "ListChangeSets" => change_sets::list(&asked),
        "DescribeChangeSet" => change_sets::describe(&asked),
        "ListHookResults" => Ok(change_sets::list_hook_results(&asked)),
        "ListStackSetOperations" => stack_sets::list_operations(&asked),
        "ListStackSetOperationResults" => stack_sets::list_operation_results(&asked),
        "GetHookResult" => change_sets::get_hook_result(&asked),
        other => Err(ServiceError::unknown_operation(Protocol::Query, other)),
    }
}

/// A question with the moment at which it is asked.
struct TimedRequest<'a> {
    world: &'a World,
    /// Whether the question went to the stacks' own region.
    home: bool,
    parameters: &'a Parameters,
    now: DateTime<Utc>,
}

impl<'a> TimedRequest<'a> {
    /// Every stack that exists or existed.
    fn stacks(&self) -> impl Iterator<Item = &'a Stack> {
        let Self { home, now, world, .. } = *self;
        world
            .stacks
            .iter()
            .filter(move |stack| home && stack.state(now).is_some())
    }

    /// The stack with this ARN, deleted or not, or the live one with this name.
    fn find(&self, name: &str) -> Option<&'a Stack> {
        self.stacks()
            .find(|stack| stack.arn == name || (stack.name == name && stack.is_live(self.now)))
    }

    fn required(&self, key: &str) -> Result<&'a str, ServiceError> {
        self.parameters.text(key).ok_or_else(|| {
            let lower: String =
                key.chars().enumerate().map(|(at, letter)| if at == 0 { letter.to_ascii_lowercase() } else { letter }).collect();
            let detail = format!(
                "1 validation error detected: Value null at '{lower}' failed to satisfy constraint: Member must not be null"
            );
            ServiceError::caller("ValidationError", detail)
        })
    }

    /// The stack that the operation is about, or the words with which most operations say that there is none.
    fn stack(&self) -> Result<&'a Stack, ServiceError> {
        let name = self.required("StackName")?;
        self.find(name).ok_or_else(|| {
            ServiceError::caller("ValidationError", format!("Stack with id {name} does not exist"))
        })
    }

    /// The same, or the words of events and resources.
    fn stack_in_brackets(&self) -> Result<&'a Stack, ServiceError> {
        let name = self.required("StackName")?;
        self.find(name)
            .ok_or_else(|| ServiceError::caller("ValidationError", format!("Stack [{name}] does not exist")))
    }

    fn token(&self) -> Option<&'a str> {
        self.parameters.text("NextToken")
    }
}

impl From<WrongToken> for ServiceError {
    fn from(_: WrongToken) -> Self {
        Self::caller("ValidationError", "Invalid NextToken")
    }
}
