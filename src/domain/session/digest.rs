//! What is asked of a stack's events again and again, kept while they come in.
//!
//! A diagnosis is made several times a second while a deployment runs. It must cost what there is to tell and
//! not what there is to read. Everything here is the same in whatever order the events came.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::custom_resource::is_custom_resource;
use super::super::event::StackEvent;
use super::super::principal::{ECS_SERVICE, function_name};
use super::super::record::role_name;
use super::SeenEvent;

/// The events that tell more than that work goes on, and the names that the stack made.
#[derive(Debug, Clone, Default)]
pub(super) struct Digest {
    /// The stack's own events, oldest first.
    pub(super) own: Vec<Arc<StackEvent>>,
    /// The events that are looked for among all others, oldest first.
    pub(super) telling: Vec<Arc<StackEvent>>,
    /// Shared with whoever is reading them.
    pub(super) made: Arc<Made>,
}

/// The names of what a stack made that may call others.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// Its roles, by their bare names.
    pub roles: BTreeSet<Box<str>>,
    /// Its functions, by their bare names.
    pub functions: BTreeSet<Box<str>>,
    /// Its ECS services, by their logical ids.
    pub services: BTreeSet<Box<str>>,
    /// The roles that its task definitions name, by the task definition's ARN.
    pub task_roles: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
}

impl Digest {
    /// Takes in new events, which are sorted.
    pub(super) fn take(&mut self, new: &[SeenEvent]) {
        let events = || new.iter().map(|seen| &seen.event);
        let picked = |wanted: fn(&StackEvent) -> bool| events().filter(|one| wanted(one)).cloned().collect();
        merge(&mut self.own, picked(StackEvent::is_about_stack), |event| event);
        merge(&mut self.telling, picked(is_telling), |event| event);
        for event in events() {
            self.take_names(event);
        }
    }

    fn take_names(&mut self, event: &StackEvent) {
        let Some(physical) = event.physical_id.as_deref().filter(|id| !id.is_empty()) else {
            return;
        };
        match event.resource_type.as_str() {
            "AWS::IAM::Role" => {
                let role = role_name(physical).unwrap_or(physical);
                if !self.made.roles.contains(role) {
                    Arc::make_mut(&mut self.made).roles.insert(role.into());
                }
            }
            "AWS::Lambda::Function" => {
                let function = function_name(physical);
                if !self.made.functions.contains(function) {
                    Arc::make_mut(&mut self.made).functions.insert(function.into());
                }
            }
            ECS_SERVICE => {
                let made = Arc::make_mut(&mut self.made);
                made.services.insert(event.logical_id.as_str().into());
            }
            "AWS::ECS::TaskDefinition" => {
                let roles = ["ExecutionRoleArn", "TaskRoleArn"]
                    .iter()
                    .filter_map(|key| role_name(event.extras.settings.get(*key)?))
                    .map(Box::from);
                let made = Arc::make_mut(&mut self.made);
                made.task_roles.entry(physical.into()).or_default().extend(roles);
            }
            _ => {}
        }
    }
}

/// Failures, what custom resources call, verdicts of hooks, services and log groups.
fn is_telling(event: &StackEvent) -> bool {
    event.status.is_failed()
        || event.extras.hook.is_some()
        || event.extras.settings.contains_key("ServiceToken")
        || is_custom_resource(event)
        || matches!(event.resource_type.as_str(), ECS_SERVICE | "AWS::Logs::LogGroup")
}

/// Puts sorted new events among the sorted known ones. They nearly always belong at one end: what is live
/// comes after everything known, and pages of a history come before it, newest first.
pub(super) fn merge<T>(known: &mut Vec<T>, new: Vec<T>, event: impl Fn(&T) -> &StackEvent) {
    let (Some(first), Some(last)) = (new.first(), new.last()) else {
        return;
    };
    let place = |new: &T| known.partition_point(|one| event(one).order() < event(new).order());
    let (from, to) = (place(first), place(last));
    known.splice(from..from, new);
    if from != to {
        let tail = known.get_mut(from..).unwrap_or_default();
        tail.sort_by(|a, b| event(a).order().cmp(&event(b).order()));
    }
}
