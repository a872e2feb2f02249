//! Lays a script out from a start: offsets become moments, names become ids, short forms become events.
//!
//! The result is a `World`; nothing here answers requests.

mod compute;
mod records;
mod stacks;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::names::{NameError, Names, Place};
use super::noise;
use super::script::{ChangeSetScript, Repeat, Scenario};
use super::world::{ChangeSet, Validation, World};

pub(super) use records::{Call, assemble};

/// A script that does not fit together.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LayoutError {
    /// A `${...}` that means nothing.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A key that points to nothing.
    #[error("`{key}` is not a {what} of this scenario")]
    Missing {
        /// What it should have been.
        what: &'static str,
        /// The key as written.
        key: String,
        /// The keys that exist.
        known: Vec<String>,
    },
    /// An action without a service.
    #[error("`{0}` is not an action: write service and name, for example `s3:CreateBucket`")]
    Action(String),
}

impl LayoutError {
    /// The text in the file that is wrong.
    pub(super) fn culprit(&self) -> &str {
        match self {
            Self::Name(error) => &error.placeholder,
            Self::Missing { key, .. } => key,
            Self::Action(action) => action,
        }
    }

    /// What could have been meant.
    pub(super) fn known(&self) -> &[String] {
        match self {
            Self::Name(error) => &error.known,
            Self::Missing { known, .. } => known,
            Self::Action(_) => &[],
        }
    }
}

impl Scenario {
    /// The names of a run that starts at `zero`, stacks included.
    fn names_at(&self, zero: DateTime<Utc>) -> Result<Names, LayoutError> {
        let mut table: BTreeMap<String, String> = self.names.clone();
        table.insert("account".to_owned(), self.account.clone());
        table.insert("region".to_owned(), self.region.clone());
        let mut names = Names::new(&self.name, zero, table);
        for stack in &self.stacks {
            let place = Place::new(&stack.key, "name");
            let name = names.fill(&stack.name, place)?;
            let id = names.seed(&["stack", &stack.key]).uuid();
            let arn = format!(
                "arn:aws:cloudformation:{}:{}:stack/{name}/{id}",
                self.region, self.account
            );
            names.add_stack(&stack.key, &name, &arn);
        }
        Ok(names)
    }

    /// Everything in this scenario, with moments counted from `zero`.
    pub(super) fn lay_out(&self, zero: DateTime<Utc>) -> Result<World, LayoutError> {
        let names = self.names_at(zero)?;
        let mut world = World {
            zero,
            region: self.region.clone(),
            account: self.account.clone(),
            ..World::default()
        };
        for script in &self.stacks {
            world.stacks.push(stacks::stack(self, script, &names)?);
        }
        for script in &self.change_sets {
            world.change_sets.push(change_set(self, script, &names)?);
        }
        for script in &self.records {
            for (number, moved) in Repeat::times(script.repeat) {
                world
                    .trail
                    .push(records::record(self, script, &names, number, moved)?);
            }
        }
        for script in &self.noise {
            world.trail.extend(noise::records(self, script, &names));
        }
        world
            .trail
            .sort_by(|one, other| (one.at, &one.event_id).cmp(&(other.at, &other.event_id)));
        for script in &self.log_groups {
            world.log_groups.push(compute::log_group(self, script, &names)?);
        }
        for script in &self.functions {
            world.functions.push(compute::function(self, script, &names)?);
        }
        for script in &self.services {
            world.services.push(compute::service(self, script, &names)?);
        }
        for script in &self.task_definitions {
            world
                .task_definitions
                .push(compute::task_definition(self, script, &names)?);
        }
        Ok(world)
    }
}

/// The ARN of a stack by its key, or an error that lists the keys.
fn stack_arn(scenario: &Scenario, names: &Names, key: &str) -> Result<String, LayoutError> {
    names
        .stack_arn(key)
        .map(str::to_owned)
        .ok_or_else(|| LayoutError::Missing {
            what: "stack",
            key: key.to_owned(),
            known: scenario.stacks.iter().map(|stack| stack.key.clone()).collect(),
        })
}

fn change_set(
    scenario: &Scenario,
    script: &ChangeSetScript,
    names: &Names,
) -> Result<ChangeSet, LayoutError> {
    let place = Place::new(&script.stack, &script.name);
    let name = names.fill(&script.name, place)?;
    let id = names.seed(&["change set", &script.stack, &script.name]).uuid();
    let Scenario { region, account, .. } = scenario;
    let mut hooks = Vec::with_capacity(script.hooks.len());
    for hook in &script.hooks {
        hooks.push((names.moment(hook.at), stacks::hook_verdict(hook, place, names)?));
    }
    let mut validations = Vec::with_capacity(script.validations.len());
    for (number, one) in script.validations.iter().enumerate() {
        validations.push(Validation {
            id: names
                .seed(&["validation", &script.stack, &script.name, &number.to_string()])
                .uuid(),
            at: names.moment(one.at),
            name: one.name.clone(),
            target: one.target.clone().zip(one.kind.clone()),
            status: one.status.clone(),
            reason: names.fill(&one.reason, place)?,
            path: one.path.clone(),
            failure_mode: one.failure_mode.clone(),
        });
    }
    Ok(ChangeSet {
        arn: format!("arn:aws:cloudformation:{region}:{account}:changeSet/{name}/{id}"),
        name,
        stack: stack_arn(scenario, names, &script.stack)?,
        at: names.moment(script.at),
        settled_at: names.moment(script.settled.unwrap_or(script.at)),
        status: script.status.clone(),
        execution_status: script.execution_status.clone(),
        reason: names.fill_option(script.reason.as_ref(), place)?,
        operation_id: names
            .seed(&["change set operation", &script.stack, &script.name])
            .uuid(),
        validations,
        hooks,
    })
}
