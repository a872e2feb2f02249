//! What is asked of a stack's events again and again, kept while they come in.
//!
//! A diagnosis is made several times a second while a deployment runs. It must cost what there is to tell and
//! not what there is to read. Everything here is the same in whatever order the events came.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::seen_event::SeenEvent;
use crate::domain::model::arn::function_name;
use crate::domain::model::arn::role_name;
use crate::domain::model::event::StackEvent;
use crate::domain::model::event::is_custom_resource;
use crate::domain::model::resource_type::{ECS_SERVICE, INSTANCE};
use crate::domain::model::source::declared;

/// The events that tell more than that work goes on, and the names that the stack made.
#[derive(Debug, Clone, Default)]
pub(super) struct EventIndex {
    /// The stack's own events, oldest first.
    pub(super) own: Vec<Arc<StackEvent>>,
    /// The events that are looked for among all others, oldest first.
    pub(super) telling: Vec<Arc<StackEvent>>,
    /// What was to be deleted and was kept, oldest first.
    pub(super) kept: Vec<Arc<StackEvent>>,
    /// All events of each resource that failed at any time, oldest first, by its logical id.
    pub(super) stories: BTreeMap<Box<str>, Vec<Arc<StackEvent>>>,
    /// Shared with whoever is reading them.
    pub(super) made: Arc<CreatedNames>,
}

/// The names of what a stack made that may call others.
#[derive(Debug, Clone, Default)]
pub struct CreatedNames {
    /// Its roles, by their bare names.
    pub roles: BTreeSet<Box<str>>,
    /// Its functions, by their bare names.
    pub functions: BTreeSet<Box<str>>,
    /// The role of each of its functions, where an event tells it, by the function's name.
    pub function_roles: BTreeMap<Box<str>, Box<str>>,
    /// Its instances, by their ids, each with when an event first named it.
    pub instances: BTreeMap<Box<str>, DateTime<Utc>>,
    /// Its ECS services, by their logical ids.
    pub services: BTreeSet<Box<str>>,
    /// The roles that its task definitions name, by the task definition's ARN.
    pub task_roles: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    /// Which of its resources run under a role, by the role's bare name.
    pub role_users: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    /// Which of its services run a task definition, by the definition's ARN.
    pub runs: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
}

impl EventIndex {
    /// Takes in new events, which are sorted, as the known ones are.
    pub(super) fn apply(&mut self, new: &[SeenEvent], known: &[SeenEvent]) {
        let events = || new.iter().map(|seen| &seen.event);
        let picked = |wanted: fn(&StackEvent) -> bool| events().filter(|one| wanted(one)).cloned().collect();
        merge(&mut self.own, picked(StackEvent::is_about_stack), |event| event);
        merge(&mut self.telling, picked(is_telling), |event| event);
        merge(&mut self.kept, picked(is_kept), |event| event);
        for event in events() {
            self.index_names(event);
        }
        self.index_stories(new, known);
    }

    /// What belongs to the stories of what failed before is added to them; those of what fails now are looked for
    /// among everything.
    fn index_stories(&mut self, new: &[SeenEvent], known: &[SeenEvent]) {
        let failed = about_resources(new).filter(|event| event.status.is_failed());
        let begun: BTreeSet<&str> = failed
            .map(|event| event.logical_id.as_str())
            .filter(|id| !self.stories.contains_key(*id))
            .collect();
        for id in &begun {
            self.stories.insert((*id).into(), Vec::new());
        }
        if !begun.is_empty() {
            for event in about_resources(known) {
                if begun.contains(event.logical_id.as_str())
                    && let Some(story) = self.stories.get_mut(event.logical_id.as_str())
                {
                    story.push(Arc::clone(event));
                }
            }
        }
        if self.stories.is_empty() {
            return;
        }
        for event in about_resources(new) {
            if let Some(story) = self.stories.get_mut(event.logical_id.as_str()) {
                merge(story, vec![Arc::clone(event)], |event| event);
            }
        }
    }

    /// The roles under which a resource runs. What belongs to IAM only speaks of roles.
    fn index_users(&mut self, event: &StackEvent) {
        if event.resource_type.starts_with("AWS::IAM::") || event.extras.settings.is_empty() {
            return;
        }
        let user = event.logical_id.as_str();
        for role in roles_in(event) {
            let known = self.made.role_users.get(role);
            if !known.is_some_and(|users| users.contains(user)) {
                let users = &mut Arc::make_mut(&mut self.made).role_users;
                users.entry(role.into()).or_default().insert(user.into());
            }
        }
        let definition = event.extras.settings.get("TaskDefinition");
        if let Some(definition) = definition.filter(|_| event.resource_type == ECS_SERVICE) {
            let runs = &mut Arc::make_mut(&mut self.made).runs;
            runs.entry(definition.as_str().into())
                .or_default()
                .insert(user.into());
        }
    }

    fn index_names(&mut self, event: &StackEvent) {
        self.index_users(event);
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
                if let Some(role) = event.extras.settings.get("Role").and_then(|role| role_name(role)) {
                    let roles = &mut Arc::make_mut(&mut self.made).function_roles;
                    // The last in order, whatever came first: ties are decided by the name.
                    let known = roles.entry(function.into()).or_insert_with(|| role.into());
                    if **known < *role {
                        *known = role.into();
                    }
                }
            }
            ECS_SERVICE => {
                let made = Arc::make_mut(&mut self.made);
                made.services.insert(event.logical_id.as_str().into());
            }
            INSTANCE => {
                let instances = &mut Arc::make_mut(&mut self.made).instances;
                let first = instances.entry(physical.into()).or_insert(event.at);
                *first = (*first).min(event.at);
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

/// The roles that a resource's properties name, at whatever depth.
fn roles_in(event: &StackEvent) -> impl Iterator<Item = &str> {
    let settings = event.extras.settings.iter();
    settings
        .filter(|(key, value)| {
            let by_key = key.ends_with("Role") || key.ends_with("RoleArn") || key.ends_with("RoleARN");
            by_key && (value.contains(":role/") || !key.contains('.'))
        })
        .filter_map(|(_, value)| role_name(value))
}

fn about_resources(all: &[SeenEvent]) -> impl Iterator<Item = &Arc<StackEvent>> {
    let events = all.iter().map(|seen| &seen.event);
    events.filter(|event| !event.is_about_stack())
}

/// Failures, what custom resources call, verdicts of hooks, services and log groups.
fn is_telling(event: &StackEvent) -> bool {
    event.status.is_failed()
        || event.extras.hook.is_some()
        || event.extras.settings.contains_key("ServiceToken")
        || is_custom_resource(event)
        || matches!(event.resource_type.as_str(), ECS_SERVICE | "AWS::Logs::LogGroup")
        || declared::is_followed(&event.resource_type)
}

/// What was to be deleted was left as it is.
fn is_kept(event: &StackEvent) -> bool {
    event.status.as_str() == "DELETE_SKIPPED" && !event.is_about_stack()
}

/// Puts sorted new events among the sorted known ones. They nearly always belong at one end: what is live
/// comes after everything known, and pages of a history come before it, newest first.
pub(super) fn merge<T>(known: &mut Vec<T>, new: Vec<T>, event: impl Fn(&T) -> &StackEvent) {
    let (Some(first), Some(last)) = (new.first(), new.last()) else {
        return;
    };
    let place = |new: &T| known.partition_point(|one| event(one).order() < event(new).order());
    let (from, to) = (place(first), place(last));
    let end = to + new.len();
    known.splice(from..from, new);
    if from != to {
        let mixed = known.get_mut(from..end).unwrap_or_default();
        mixed.sort_by(|a, b| event(a).order().cmp(&event(b).order()));
    }
}

#[cfg(test)]
mod tests;
