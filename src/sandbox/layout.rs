//! Lays a script out from a start: offsets become moments, names become ids, short forms become events.
//!
//! The result is a `World`; nothing here answers requests.

mod compute;
mod noise;
mod records;
mod stacks;
mod trails;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::names::{NameError, NameScope, Names};
use super::partition::Partition;
use super::script::{ChangeSetScript, NoiseScript, Repeat, Scenario};
use super::world::{SimulatedChangeSet, SimulatedValidation, World};

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
        let partition = Partition::of(&self.region);
        table.insert("partition".to_owned(), partition.name.to_owned());
        table.insert("suffix".to_owned(), partition.suffix.to_owned());
        let mut names = Names::new(&self.name, zero, table);
        for stack in &self.stacks {
            let place = NameScope::new(&stack.key, "name");
            let name = names.fill(&stack.name, place)?;
            let id = names.seed(&["stack", &stack.key]).uuid();
            let arn = format!(
                "arn:{}:cloudformation:{}:{}:stack/{name}/{id}",
                partition.name, self.region, self.account
            );
            names.add_stack(&stack.key, &name, &arn);
        }
        Ok(names)
    }

    /// Everything in this scenario, with moments counted from `zero`.
    pub(super) fn lay_out(&self, zero: DateTime<Utc>) -> Result<World, LayoutError> {
        self.lay_out_with(zero, &self.noise)
    }

    /// The same without other people's calls, of which nothing is expected.
    pub(super) fn lay_out_alone(&self, zero: DateTime<Utc>) -> Result<World, LayoutError> {
        self.lay_out_with(zero, &[])
    }

    fn lay_out_with(&self, zero: DateTime<Utc>, noise: &[NoiseScript]) -> Result<World, LayoutError> {
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
            let caller = self.principals.get(&script.who);
            let is_elsewhere = caller.is_some_and(|caller| caller.account.is_some());
            for (number, moved) in Repeat::times(script.repeat) {
                let record = records::record(self, script, &names, number, moved)?;
                if is_elsewhere {
                    world.elsewhere.push(record);
                } else {
                    world.trail.push(record);
                }
            }
        }
        for script in noise {
            world.trail.extend(noise::records(self, script, &names));
        }
        world
            .trail
            .sort_by(|one, other| (one.at, &one.event_id).cmp(&(other.at, &other.event_id)));
        world.tables = self.tables.iter().map(trails::table).collect();
        for script in &self.trails {
            let (trail, group) = trails::trail(self, script, &names, &world)?;
            world.trails.push(trail);
            world.log_groups.extend(group);
        }
        for script in &self.log_groups {
            world.log_groups.push(compute::log_group(self, script, &names)?);
        }
        for script in &self.functions {
            world.functions.push(compute::function(self, script, &names)?);
        }
        for script in &self.services {
            world.services.push(compute::service(self, script, &names)?);
        }
        for script in &self.service_events {
            world
                .service_events
                .push(compute::service_events(script, &names)?);
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
) -> Result<SimulatedChangeSet, LayoutError> {
    let place = NameScope::new(&script.stack, &script.name);
    let name = names.fill(&script.name, place)?;
    let id = names.seed(&["change set", &script.stack, &script.name]).uuid();
    let Scenario { region, account, .. } = scenario;
    let mut hooks = Vec::with_capacity(script.hooks.len());
    for hook in &script.hooks {
        hooks.push((names.moment(hook.at), stacks::hook_verdict(hook, place, names)?));
    }
    let mut validations = Vec::with_capacity(script.validations.len());
    for (number, one) in script.validations.iter().enumerate() {
        validations.push(SimulatedValidation {
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
    Ok(SimulatedChangeSet {
        arn: format!(
            "arn:{}:cloudformation:{region}:{account}:changeSet/{name}/{id}",
            Partition::of(region).name
        ),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Whatever the builder makes of a scenario, nothing in it may be told twice under one id.
    #[test]
    fn every_id_of_every_scenario_is_its_own() {
        for name in Scenario::names() {
            let world = Scenario::builtin(name)
                .unwrap()
                .lay_out(DateTime::UNIX_EPOCH)
                .unwrap();
            let records: BTreeSet<_> = world.trail.iter().map(|record| &record.event_id).collect();
            assert_eq!(records.len(), world.trail.len(), "records of {name}");
            let requests: BTreeSet<_> = world
                .trail
                .iter()
                .map(|record| record.record["requestID"].to_string())
                .collect();
            assert_eq!(requests.len(), world.trail.len(), "requests of {name}");
            for stack in &world.stacks {
                let ids: BTreeSet<_> = stack.events.iter().map(|event| &event.id).collect();
                assert_eq!(
                    ids.len(),
                    stack.events.len(),
                    "events of {} in {name}",
                    stack.name
                );
            }
            let tasks: Vec<_> = world.services.iter().flat_map(|service| &service.tasks).collect();
            assert_eq!(
                tasks.iter().map(|task| &task.arn).collect::<BTreeSet<_>>().len(),
                tasks.len()
            );
        }
    }

    #[test]
    fn a_stopped_task_names_the_request_that_the_trail_recorded() {
        let scenario = Scenario::builtin("nested-service-rollback").unwrap();
        let world = scenario.lay_out(DateTime::UNIX_EPOCH).unwrap();
        let denied = world
            .trail
            .iter()
            .filter(|record| record.label.starts_with("get-secret"));
        let tasks = world.services.iter().flat_map(|service| &service.tasks);
        for (record, task) in denied.zip(tasks) {
            let request = record.record["requestID"].as_str().unwrap();
            assert!(task.stopped_reason.as_ref().unwrap().ends_with(request));
            assert_eq!(
                record.username.as_ref(),
                Some(&task.id),
                "the session is the task"
            );
        }
    }

    #[test]
    fn a_teardown_deletes_what_exists_and_only_that() {
        let text = r#"
            title = "t"
            summary = "s"
            region = "eu-west-1"
            account = "1"
            stack_name = "s"
            duration = "02:00"
            [[stack]]
            key = "s"
            name = "s"
            teardown = "01:00..01:20"
            resources = [
                { id = "Made", type = "AWS::SNS::Topic", create = "00:01..00:09" },
                { id = "Never", type = "AWS::SNS::Topic", events = ["00:01 CREATE_IN_PROGRESS", "00:02 CREATE_FAILED no"] },
            ]
        "#;
        let world = Scenario::parse("t", "t", text)
            .unwrap()
            .lay_out(DateTime::UNIX_EPOCH)
            .unwrap();
        let of = |id: &str| -> Vec<(String, bool)> {
            let events = world.stacks[0]
                .events
                .iter()
                .filter(|event| event.logical_id == id);
            events
                .map(|event| (event.status.clone(), event.physical_id.is_empty()))
                .collect()
        };
        let told = |events: &[(&str, bool)]| -> Vec<(String, bool)> {
            events
                .iter()
                .map(|(status, nameless)| ((*status).to_owned(), *nameless))
                .collect()
        };
        let made = [
            ("CREATE_IN_PROGRESS", true),
            ("CREATE_IN_PROGRESS", false),
            ("CREATE_COMPLETE", false),
            ("DELETE_IN_PROGRESS", false),
            ("DELETE_COMPLETE", false),
        ];
        assert_eq!(of("Made"), told(&made));
        let never = [
            ("CREATE_IN_PROGRESS", true),
            ("CREATE_FAILED", true),
            ("DELETE_COMPLETE", true),
        ];
        assert_eq!(of("Never"), told(&never));
    }
}
