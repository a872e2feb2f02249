//! The event tail: what happened, oldest first, of the attempt looked at.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::FixedOffset;

use super::line::Tone;
use super::tree::Tree;
use super::words;
use crate::domain::attempt::Attempt;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::event::StackEvent;
use crate::domain::session::Session;
use crate::domain::stack::StackId;
use crate::domain::status::Phase;
use crate::domain::text::one_line;

/// The events shown. Only what is in sight is turned into text.
#[derive(Debug, Default)]
pub struct Tail {
    events: Vec<Arc<StackEvent>>,
    all: usize,
    failures: HashMap<(StackId, String), Tone>,
}

/// One event, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The time of day.
    pub time: String,
    /// Its status as CloudFormation writes it.
    pub status: String,
    /// What the status means.
    pub tone: Tone,
    /// The resource; with its stack's name in the template before it if that is nested.
    pub name: String,
    /// The type, shortened.
    pub kind: String,
    /// The reason, or nothing.
    pub reason: String,
}

impl Tail {
    pub(super) fn arrange(
        &mut self,
        session: &Session,
        diagnosis: &Diagnosis,
        attempt: Option<&Attempt>,
        filter: &str,
    ) {
        let number = attempt.map_or(0, |attempt| attempt.number);
        let wanted = filter.to_lowercase();
        self.events.clear();
        self.all = 0;
        for seen in session.events() {
            if diagnosis.attempts.number_of(&seen.event) != number {
                continue;
            }
            self.all += 1;
            if wanted.is_empty() || matches(&seen.event, &wanted) {
                self.events.push(Arc::clone(&seen.event));
            }
        }
        self.failures.clear();
        for finding in &diagnosis.findings {
            let key = &finding.failure.key;
            let tone = if finding.failure.is_root() {
                Tone::Bad
            } else {
                Tone::Cascade
            };
            self.failures
                .insert((key.stack_id.clone(), key.event_id.clone()), tone);
        }
    }

    /// The events that the filter lets through, oldest first.
    pub fn events(&self) -> &[Arc<StackEvent>] {
        &self.events
    }

    /// How many there are, the hidden ones included.
    pub fn all(&self) -> usize {
        self.all
    }

    /// The index of an event.
    pub fn index_of(&self, key: &(StackId, String)) -> Option<usize> {
        self.events
            .iter()
            .position(|event| event.stack_id == key.0 && event.event_id == key.1)
    }

    /// One event in words.
    pub fn row(&self, event: &StackEvent, tree: &Tree, zone: FixedOffset) -> EventRow {
        let key = (event.stack_id.clone(), event.event_id.clone());
        let tone = self.failures.get(&key).copied();
        EventRow {
            tone: tone.unwrap_or_else(|| tone_of(event)),
            ..event_row(event, tree, zone)
        }
    }
}

/// One event in words, its tone by its status alone.
pub fn event_row(event: &StackEvent, tree: &Tree, zone: FixedOffset) -> EventRow {
    let within = tree
        .resource_of(&event.stack_id)
        .map(|(_, logical)| one_line(&logical));
    let about_stack = event.is_about_stack();
    let name = match within {
        Some(stack) if about_stack => stack,
        Some(stack) => format!("{stack}/{}", one_line(&event.logical_id)),
        None => one_line(&event.logical_id),
    };
    let kind = if about_stack {
        "stack"
    } else {
        words::short_type(&event.resource_type)
    };
    EventRow {
        time: words::time_of_day(event.at, zone),
        status: one_line(event.status.as_str()),
        tone: tone_of(event),
        name,
        kind: one_line(kind),
        reason: event.reason.as_deref().map(one_line).unwrap_or_default(),
    }
}

fn tone_of(event: &StackEvent) -> Tone {
    match event.status.phase() {
        Phase::Failed => Tone::Bad,
        _ if event.status.is_rollback() => Tone::Undone,
        Phase::Complete => Tone::Good,
        Phase::InProgress => Tone::Working,
        Phase::Idle | Phase::Unknown => Tone::Plain,
    }
}

fn matches(event: &StackEvent, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    has(&event.logical_id)
        || has(event.status.as_str())
        || has(&event.resource_type)
        || event.reason.as_deref().is_some_and(has)
}
