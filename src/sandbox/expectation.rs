//! What a reader of a run must find, with the run's own ids, so that a program can be held against it.
//!
//! The words are the scenario file's; nothing here judges.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::layout::LayoutError;
use super::script::Scenario;
use crate::domain::deployment::failure::During;
use crate::domain::model::category::Category;

/// What a reader of a run must find, with the run's own ids.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Expectation {
    /// ARN of the root stack.
    pub stack_id: String,
    /// Whether the deployment failed.
    pub failed: bool,
    /// The root stack's last status.
    pub final_status: Option<String>,
    /// How the headline of its verdict begins, once everybody is known.
    pub headline: Option<String>,
    /// The failures that started it.
    pub roots: Vec<RootExpectation>,
    /// The failures that only follow.
    pub cascades: Vec<CascadeExpectation>,
    /// Event ids of the records that say who did what to the stack.
    pub actors: Vec<String>,
}

/// A failure that started others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RootExpectation {
    /// ARN of its stack.
    pub stack_id: String,
    /// Its logical id.
    pub logical_id: String,
    /// What kind of failure its reason speaks of.
    pub category: Category,
    /// What was going on when it failed.
    pub during: During,
    /// Event id of the record that tells the truth.
    pub record: Option<String>,
    /// Event ids of the records that say the same as that one, for example one per try.
    pub equivalent_records: Vec<String>,
    /// When the record is delivered.
    pub record_visible_at: Option<DateTime<Utc>>,
    /// The action that was denied.
    pub denied_action: Option<String>,
    /// A part of a log line that belongs to it.
    pub log_line: Option<String>,
    /// A part of what must be claimed first, where the log can be read.
    pub claim: Option<String>,
}

/// A failure that follows from another one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CascadeExpectation {
    /// ARN of its stack.
    pub stack_id: String,
    /// Its logical id.
    pub logical_id: String,
    /// ARN of the root's stack.
    pub of_stack_id: String,
    /// The root's logical id.
    pub of_logical_id: String,
}

impl Scenario {
    /// What a reader of a run from `zero` must find.
    pub fn expectation(&self, zero: DateTime<Utc>) -> Result<Expectation, LayoutError> {
        let world = self.lay_out_alone(zero)?;
        let stack_id = |key: &str| {
            let found = world
                .stacks
                .iter()
                .find(|stack| stack.key == key)
                .map(|stack| stack.arn.clone());
            found.ok_or_else(|| missing("stack", key, world.stacks.iter().map(|stack| stack.key.clone())))
        };
        let record = |label: &str| {
            let mut all = world.trail.iter().chain(&world.elsewhere);
            let found = all.find(|record| record.label == label);
            let labels = world.trail.iter().map(|record| record.label.clone());
            found.ok_or_else(|| missing("record", label, labels.filter(|label| !label.is_empty())))
        };
        let mut roots = Vec::new();
        for root in &self.expect.roots {
            let record = root.record.as_deref().map(record).transpose()?;
            let again = record.map(|record| format!("{}#", record.label));
            let repeats = |label: &str| again.as_ref().is_some_and(|again| label.starts_with(again));
            let equivalent = world.trail.iter().filter(|record| repeats(&record.label));
            roots.push(RootExpectation {
                stack_id: stack_id(&root.stack)?,
                logical_id: root.logical_id.clone(),
                category: root.category,
                during: root.during,
                record: record.map(|record| record.event_id.clone()),
                equivalent_records: equivalent.map(|record| record.event_id.clone()).collect(),
                record_visible_at: record.map(|record| record.visible_at),
                denied_action: root.denied_action.clone(),
                log_line: root.log_line.clone(),
                claim: root.claim.clone(),
            });
        }
        let cascades = self.cascades(&stack_id)?;
        let actors: Result<Vec<_>, _> = self
            .expect
            .actors
            .iter()
            .map(|label| record(label).map(|record| record.event_id.clone()))
            .collect();
        Ok(Expectation {
            stack_id: world
                .stacks
                .first()
                .map(|stack| stack.arn.clone())
                .unwrap_or_default(),
            failed: self.expect.failed,
            final_status: self.expect.final_status.clone(),
            headline: self.expect.headline.clone(),
            roots,
            cascades,
            actors: actors?,
        })
    }
}

impl Scenario {
    fn cascades(
        &self,
        stack_id: &impl Fn(&str) -> Result<String, LayoutError>,
    ) -> Result<Vec<CascadeExpectation>, LayoutError> {
        let mut cascades = Vec::new();
        for cascade in &self.expect.cascades {
            let (of_stack, of_logical_id) = cascade.of.split_once('/').unwrap_or((&cascade.of, ""));
            cascades.push(CascadeExpectation {
                stack_id: stack_id(&cascade.stack)?,
                logical_id: cascade.logical_id.clone(),
                of_stack_id: stack_id(of_stack)?,
                of_logical_id: of_logical_id.to_owned(),
            });
        }
        Ok(cascades)
    }
}

fn missing(what: &'static str, key: &str, known: impl Iterator<Item = String>) -> LayoutError {
    LayoutError::Missing {
        what,
        key: key.to_owned(),
        known: known.collect(),
    }
}
