//! The fold over change sets, hooks and validations, and the sentences made from it.
//!
//! The sentences depend on what is known, never on the order in which it came.

use crate::domain::model::fault::Fault;
use crate::domain::model::validation::listing_key;
use crate::domain::session::Session;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::model::event::{HookInvocation, StackEvent};
use crate::domain::model::fact::{Fact, ServiceStatement};
use crate::domain::model::moment::is_bounded;
use crate::domain::model::source::SourceId;
use crate::domain::model::stack::StackId;
use crate::domain::model::validation::{Annotation, ChangeSet, HookResult, OperationEvent, Validation};

/// Everything of this kind that a session knows.
#[derive(Debug, Clone, Default)]
pub struct ValidationState {
    change_sets: BTreeMap<String, (DateTime<Utc>, ChangeSet)>,
    events: BTreeMap<(StackId, String), SeenOperationEvent>,
    hooks: BTreeMap<String, (DateTime<Utc>, HookResult)>,
    refusals: BTreeMap<String, Refusal>,
    statements: BTreeMap<(SourceId, String), ServiceStatement>,
}

/// An event of an operation, and the change set that it was asked for with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenOperationEvent {
    /// The event.
    pub event: OperationEvent,
    /// The change set, where the events of one were asked for.
    pub change_set: Option<String>,
    observed_at: DateTime<Utc>,
}

impl ValidationState {
    /// The change sets, by their ARNs.
    pub fn change_sets(&self) -> impl Iterator<Item = &ChangeSet> {
        self.change_sets.values().map(|(_, change_set)| change_set)
    }

    /// The change set of this ARN.
    pub fn change_set(&self, id: &str) -> Option<&ChangeSet> {
        self.change_sets.get(id).map(|(_, change_set)| change_set)
    }

    /// The events of operations, by stack and id.
    pub fn events(&self) -> impl Iterator<Item = &SeenOperationEvent> {
        self.events.values()
    }

    /// The results of hooks, by their ids.
    pub fn hook_results(&self) -> impl Iterator<Item = &HookResult> {
        self.hooks.values().map(|(_, result)| result)
    }

    /// The result of this id.
    pub fn hook_result(&self, id: &str) -> Option<&HookResult> {
        self.hooks.get(id).map(|(_, result)| result)
    }

    /// When a change set's failure was known to CloudFormation: when it was asked for, unless its events
    /// tell better.
    pub fn failed_at(&self, change_set: &ChangeSet) -> DateTime<Utc> {
        self.events
            .values()
            .filter(|seen| seen.change_set.as_deref() == Some(&change_set.id))
            .map(|seen| seen.event.at)
            .fold(change_set.created_at, DateTime::max)
    }

    /// What hooks and validations said, in sentences, about the resource or stack that they refused.
    pub fn statements(&self) -> impl Iterator<Item = &ServiceStatement> {
        self.statements.values()
    }

    /// Takes in a fact of its kind; any other tells it nothing.
    pub(crate) fn apply(&mut self, at: DateTime<Utc>, fact: &Fact) {
        if let Fact::ChangeSetDescribed { change_set } = fact {
            if is_bounded(change_set.created_at) {
                self.apply_change_set(at, change_set);
            }
        } else if let Fact::OperationEventsSeen {
            change_set, events, ..
        } = fact
        {
            self.apply_events(at, change_set.as_deref(), events);
        } else if let Fact::HookResultSeen { result } = fact
            && is_bounded(result.at)
        {
            self.apply_hook_result(at, result);
        }
    }

    fn apply_change_set(&mut self, at: DateTime<Utc>, change_set: &ChangeSet) {
        let entry = self.change_sets.entry(change_set.id.clone());
        let known = entry.or_insert_with(|| (at, change_set.clone()));
        if (known.0, &known.1) < (at, change_set) {
            *known = (at, change_set.clone());
        }
    }

    fn apply_events(&mut self, at: DateTime<Utc>, change_set: Option<&str>, events: &[OperationEvent]) {
        for event in events.iter().filter(|event| is_bounded(event.at)) {
            let seen = SeenOperationEvent {
                event: event.clone(),
                change_set: change_set.map(str::to_owned),
                observed_at: at,
            };
            let key = (event.stack_id.clone(), event.event_id.clone());
            let known = self.events.entry(key).or_insert_with(|| seen.clone());
            let of = known.change_set.clone().max(seen.change_set.clone());
            if (known.observed_at, &known.event) < (at, event) {
                *known = seen;
            }
            known.change_set = of;
        }
        self.restate();
    }

    fn apply_hook_result(&mut self, at: DateTime<Utc>, result: &HookResult) {
        let entry = self.hooks.entry(result.id.clone());
        let known = entry.or_insert_with(|| (at, result.clone()));
        // A listing names the result, the result itself has the rules: the fuller one stands.
        let fullness = |result: &HookResult| result.annotations.len();
        if (fullness(&known.1), known.0, &known.1) < (fullness(result), at, result) {
            *known = (at, result.clone());
        }
        self.restate();
    }

    /// A hook's verdict that stands in the stack's own events.
    pub(crate) fn apply_stack_event(&mut self, event: &StackEvent) {
        let Some(hook) = event.extras.hook.as_deref().filter(|hook| hook.has_failed()) else {
            return;
        };
        let id = hook.invocation_id.as_deref().unwrap_or(&event.event_id);
        let refusal = Refusal {
            at: event.at,
            stack_id: event.stack_id.clone(),
            logical_id: event.logical_id.clone(),
            hook: hook.clone(),
        };
        let known = self
            .refusals
            .entry(id.to_owned())
            .or_insert_with(|| refusal.clone());
        if refusal < *known {
            *known = refusal;
        }
        self.restate();
    }

    /// Makes the sentences anew, so that they depend on what is known and not on the order in which it came.
    fn restate(&mut self) {
        let mut said = Vec::new();
        for (id, refusal) in &self.refusals {
            let rules = self
                .hooks
                .get(id)
                .map(|(_, result)| result.annotations.as_slice());
            let about = Subject {
                source: SourceId::HOOKS,
                id,
                stack_id: &refusal.stack_id,
                logical_id: Some(refusal.logical_id.as_str()),
                at: refusal.at,
            };
            let hook = &refusal.hook;
            let text = hook_words(&hook.name, hook.reason.as_deref(), rules.unwrap_or_default());
            said.extend(about.state(&text));
        }
        let results = self
            .hooks
            .iter()
            .filter(|(id, _)| !self.refusals.contains_key(*id));
        for (_, (_, result)) in results.filter(|(_, (_, result))| result.has_failed()) {
            let target = result.target.as_deref();
            let about = Subject {
                source: SourceId::HOOKS,
                id: &result.id,
                stack_id: &result.stack_id,
                logical_id: target.filter(|target| !target.starts_with("arn:")),
                at: result.at,
            };
            let text = hook_words(&result.name, result.reason.as_deref(), &result.annotations);
            said.extend(about.state(&text));
        }
        for seen in self.events.values() {
            said.extend(self.said_by_event(&seen.event));
        }
        self.statements = said
            .into_iter()
            .map(|said| ((said.source.clone(), said.id.clone()), said))
            .collect();
    }

    /// What the rules of a hook say about how to meet them, for the hook of a statement.
    pub(crate) fn remedy(&self, statement: &str) -> Option<String> {
        let id = statement.strip_suffix("#stack").unwrap_or(statement);
        let (_, result) = self.hooks.get(id)?;
        let failed = result.annotations.iter().filter(|rule| rule.status == "FAILED");
        let remedies: Vec<String> = failed
            .filter_map(|rule| match (&rule.remediation, &rule.link) {
                (Some(remedy), Some(link)) => Some(format!("{} ({})", remedy.trim(), link.trim())),
                (Some(remedy), None) => Some(remedy.trim().to_owned()),
                (None, Some(link)) => Some(format!("meet rule {} ({})", rule.name, link.trim())),
                (None, None) => None,
            })
            .collect();
        (!remedies.is_empty()).then(|| remedies.join("; "))
    }

    fn said_by_event(&self, event: &OperationEvent) -> Vec<ServiceStatement> {
        let about = |source| Subject {
            source,
            id: &event.event_id,
            stack_id: &event.stack_id,
            logical_id: event.logical_id.as_deref(),
            at: event.at,
        };
        if let Some(validation) = event.validation.as_ref().filter(|known| known.has_failed()) {
            return about(SourceId::VALIDATION).state(&validation_words(event, validation));
        }
        let Some(hook) = event.hook.as_ref().filter(|hook| hook.has_failed()) else {
            return Vec::new();
        };
        // The same refusal stands in the stack's own events, or is a result that was asked for.
        let same = |stack: &StackId, target: Option<&str>, name: &str| {
            *stack == event.stack_id && target == event.logical_id.as_deref() && name == hook.name
        };
        let told = self
            .refusals
            .values()
            .any(|known| same(&known.stack_id, Some(&known.logical_id), &known.hook.name))
            || self
                .hooks
                .values()
                .any(|(_, known)| same(&known.stack_id, known.target.as_deref(), &known.name));
        if told {
            return Vec::new();
        }
        let words = hook_words(&hook.name, hook.reason.as_deref(), &[]);
        about(SourceId::HOOKS).state(&about_resource(event, &words))
    }
}

/// A hook's refusal in a stack's own events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Refusal {
    at: DateTime<Utc>,
    stack_id: StackId,
    logical_id: String,
    hook: HookInvocation,
}

/// What a statement is about.
struct Subject<'a> {
    source: SourceId,
    id: &'a str,
    stack_id: &'a StackId,
    logical_id: Option<&'a str>,
    at: DateTime<Utc>,
}

impl Subject<'_> {
    /// One statement about the stack, and one about the resource where there is one: which of the two
    /// failed is not known here.
    fn state(&self, text: &str) -> Vec<ServiceStatement> {
        let stack = self.stack_id.name();
        let resource = self.logical_id.filter(|id| *id != stack && !id.is_empty());
        let of_resource = resource.map(|logical_id| (self.id.to_owned(), logical_id));
        let of_stack = (format!("{}#stack", self.id), stack);
        of_resource
            .into_iter()
            .chain([of_stack])
            .map(|(id, logical_id)| ServiceStatement {
                source: self.source.clone(),
                id,
                stack_id: self.stack_id.clone(),
                logical_id: logical_id.to_owned(),
                at: self.at,
                text: text.to_owned(),
                principals: Vec::new(),
                logs: Vec::new(),
            })
            .collect()
    }
}

fn hook_words(name: &str, reason: Option<&str>, annotations: &[Annotation]) -> String {
    let mut text = match reason.map(str::trim).filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{name} failed: {reason}"),
        None => format!("{name} failed without a reason"),
    };
    for rule in annotations.iter().filter(|rule| rule.status == "FAILED") {
        text.push_str("; rule ");
        text.push_str(&rule.name);
        if let Some(severity) = &rule.severity {
            text.push_str(" (");
            text.push_str(severity.trim());
            text.push(')');
        }
        for part in [&rule.message, &rule.remediation, &rule.link]
            .into_iter()
            .flatten()
        {
            text.push_str(": ");
            text.push_str(part.trim());
        }
    }
    text
}

fn validation_words(event: &OperationEvent, validation: &Validation) -> String {
    let reason = validation.reason.as_deref().or(event.reason.as_deref());
    let found = reason.map_or_else(|| "no reason given".to_owned(), |reason| reason.trim().to_owned());
    let place = validation.path.as_ref().map(|path| format!(" (at {path})"));
    let place = place.unwrap_or_default();
    about_resource(event, &format!("{} failed: {found}{place}", validation.name))
}

fn about_resource(event: &OperationEvent, words: &str) -> String {
    match (&event.logical_id, &event.resource_type) {
        (Some(id), Some(kind)) if id != event.stack_id.name() => format!("{id} ({kind}): {words}"),
        (Some(id), None) if id != event.stack_id.name() => format!("{id}: {words}"),
        _ => words.to_owned(),
    }
}

/// Why a root stack's change sets cannot be listed, and since when; nothing where they can.
pub(crate) fn listing_trouble(session: &Session) -> Option<(DateTime<Utc>, &Fault)> {
    let key = (SourceId::VALIDATION, listing_key(session.root()));
    let failure = session.source_failures().get(&key)?;
    let answered = session.answered(&key.0, &key.1);
    let mut unanswered = failure
        .times
        .iter()
        .filter(|(at, _)| answered.is_none_or(|answered| answered < **at));
    let (_, fault) = failure.times.last_key_value()?;
    unanswered.next().map(|(since, _)| (*since, fault))
}
