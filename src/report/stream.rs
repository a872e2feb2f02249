//! The story as it happens, one item at a time, for programs and pipes.
//!
//! Given the fold after each change it tells only what is new: an event once, a failure once, a record when
//! it is first tied to a failure, a cause again only when it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::diagnosis::{CauseLine, Facts, OutputJson, Record, rfc3339};
use crate::clean;
use crate::domain::conclude::outputs::outputs;
use crate::domain::deployment::attempt::Outcome;
use crate::domain::deployment::failure::{FailureKey, Role};
use crate::domain::deployment::nesting::path_to;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::{Fact, Recorded, ServiceStatement};
use crate::domain::model::log::LogAnswer;
use crate::domain::model::promise::is_poisoned;
use crate::domain::model::stack::{StackId, StackOutput};
use crate::domain::read::text::Clean;
use crate::domain::read::text::json::Json;
use crate::domain::session::{Session, StackHistory};

/// One thing that is new.
#[derive(Debug, Clone)]
pub enum Item {
    /// An event was saved.
    Event {
        /// When it was seen here.
        observed_at: DateTime<Utc>,
        /// The event.
        event: Arc<StackEvent>,
        /// The stacks that its own is nested in and that stack, below the root: `Services/Payments/`.
        within: String,
    },
    /// Anything else: its type, its fields, and how it reads as a line.
    Other {
        /// `failure`, `trail_record`, `log_line`, `cause`, `status`, `outputs`, `notice`.
        kind: &'static str,
        /// When.
        observed_at: DateTime<Utc>,
        /// The fields.
        fields: Value,
        /// The line for people; none where it would read as the one before.
        line: Option<String>,
    },
}

/// Tells what is new in a session.
#[derive(Debug, Default)]
pub struct Stream {
    failures: BTreeSet<(FailureKey, bool)>,
    records: BTreeSet<(FailureKey, String)>,
    /// What was told of each cause, and how it read.
    causes: BTreeMap<(FailureKey, u32), (String, String)>,
    lines: BTreeSet<(String, String, String)>,
    /// What services said of a stack's resources, without what differs each time.
    gists: BTreeSet<(StackId, String)>,
    statuses: BTreeMap<StackId, String>,
    outputs: Vec<StackOutput>,
}

impl Stream {
    /// What these facts brought, given the fold that has them.
    pub fn advance(&mut self, facts: &[Recorded], session: &Session, diagnosis: &Diagnosis) -> Vec<Item> {
        let Some(now) = facts.last().map(|recorded| recorded.observed_at) else {
            return Vec::new();
        };
        let mut items = Vec::new();
        for recorded in facts {
            self.tell_fact(recorded, session, &mut items);
        }
        self.tell_status(session, now, &mut items);
        self.take_back(diagnosis, now, &mut items);
        for finding in diagnosis.told() {
            self.tell_finding(finding, diagnosis, now, &mut items);
        }
        self.tell_outputs(session, diagnosis, now, &mut items);
        items
    }

    /// What was told as a failure and turned out to be none, once more of the story was known.
    fn take_back(&mut self, diagnosis: &Diagnosis, now: DateTime<Utc>, items: &mut Vec<Item>) {
        let known: BTreeSet<&FailureKey> = diagnosis.told().map(|told| &told.failure.key).collect();
        let is_gone = |(key, _): &&(FailureKey, bool)| !known.contains(key);
        let gone: Vec<(FailureKey, bool)> = self.failures.iter().filter(is_gone).cloned().collect();
        for told in gone {
            self.failures.remove(&told);
            self.causes.retain(|(key, _), _| *key != told.0);
            let stack = told.0.stack_id.name();
            let text = format!(
                "what was told of {stack} as a failure is none by itself: more of the story is known now"
            );
            items.push(notice(now, &text));
        }
    }

    fn tell_fact(&mut self, recorded: &Recorded, session: &Session, items: &mut Vec<Item>) {
        let observed_at = recorded.observed_at;
        match &recorded.fact {
            Fact::StackEventsSeen { stack_id, events } => {
                let mut events: Vec<&StackEvent> =
                    events.iter().filter(|event| !is_poisoned(event)).collect();
                events.sort_by(|a, b| a.order().cmp(&b.order()));
                let within = within(session, stack_id);
                for event in events {
                    items.extend(correction(session.stack(stack_id), event, observed_at));
                    items.push(Item::Event {
                        observed_at,
                        event: Arc::new(event.clone()),
                        within: within.clone(),
                    });
                }
            }
            Fact::LogsRead { answer } => self.tell_lines(answer, observed_at, items),
            Fact::StackGone { stack_id } => items.push(notice(
                observed_at,
                &format!("{} is deleted; everything seen of it is kept", stack_id.name()),
            )),
            Fact::StackReplaced { by, .. } => items.push(notice(
                observed_at,
                &format!(
                    "another stack took the name {}: following {by} as a new session",
                    session.root().name()
                ),
            )),
            // How a source is doing is told when it changes, not for every call.
            Fact::StackDescribed { .. }
            | Fact::FunctionDescribed { .. }
            | Fact::TrailSearched { .. }
            | Fact::TrailDelaysKnown { .. }
            | Fact::PushedDelaysKnown { .. }
            | Fact::TrailsDescribed { .. }
            | Fact::TrailTableDescribed { .. }
            | Fact::EventDataStoresDescribed { .. }
            | Fact::TrailTableScanned { .. }
            | Fact::PartsLost { .. }
            | Fact::ChangeSetDescribed { .. }
            | Fact::StackRead { .. }
            | Fact::StackReadingBegun { .. }
            | Fact::StackReadingEnded { .. }
            | Fact::StackEventsUnreadable { .. }
            | Fact::StackEventsReadable { .. }
            | Fact::SourceFailed { .. }
            | Fact::SourceMissedPart { .. }
            | Fact::SourceFoundTooMuch { .. }
            | Fact::SourceAnswered { .. } => {}
            // The words of hooks and validations are made from what is known of them together.
            Fact::OperationEventsSeen { .. } | Fact::HookResultSeen { .. } => {
                self.tell_validation(session, items);
            }
            Fact::ServiceStated { statement } => self.tell_statement(session, statement, items),
        }
    }

    fn tell_validation(&mut self, session: &Session, items: &mut Vec<Item>) {
        // About the resource where there is one, else about the stack: the words are the same.
        for said in session.validation().statements() {
            self.tell_statement(session, said, items);
        }
    }

    /// A source repeats itself when it is asked again; each of its sentences is told once.
    fn tell_statement(&mut self, session: &Session, said: &ServiceStatement, items: &mut Vec<Item>) {
        let words = (
            said.source.to_string(),
            said.stack_id.to_string(),
            said.text.clone(),
        );
        if self.lines.insert(words) {
            // Where the sentence itself begins with what it is about, that is not said twice.
            let begins = |rest: &str| rest.starts_with([' ', ':']);
            let named = said
                .text
                .strip_prefix(said.logical_id.as_str())
                .is_some_and(begins);
            let of = if named {
                String::new()
            } else {
                format!(" of {}", said.logical_id)
            };
            let speaker = session.sources().speaker(&said.source);
            let text = format!("{speaker} says{of}: {}", said.text);
            let gist = (said.stack_id.clone(), gist(&text));
            let line = if self.gists.insert(gist) {
                format!("notice  {text}")
            } else {
                format!("notice  {speaker} says the same of {} again", said.logical_id)
            };
            items.push(notice_as(said.at, &text, line));
        }
    }

    fn tell_lines(&mut self, answer: &LogAnswer, observed_at: DateTime<Utc>, items: &mut Vec<Item>) {
        let group = &answer.search.group.name;
        for line in &answer.lines {
            if !self
                .lines
                .insert((group.clone(), line.stream.clone(), line.id.clone()))
            {
                continue;
            }
            items.push(Item::Other {
                kind: "log_line",
                observed_at,
                fields: json!({
                    "at": rfc3339(line.at), "group": group, "stream": line.stream, "message": line.message,
                }),
                line: Some(format!("log     {group}  {}", line.message)),
            });
        }
    }

    fn tell_status(&mut self, session: &Session, now: DateTime<Utc>, items: &mut Vec<Item>) {
        let Some(status) = session.root_history().and_then(|history| history.status()) else {
            return;
        };
        let root = session.root();
        if self
            .statuses
            .get(root)
            .is_some_and(|known| known == status.as_str())
        {
            return;
        }
        self.statuses.insert(root.clone(), status.to_string());
        items.push(Item::Other {
            kind: "status",
            observed_at: now,
            fields: json!({ "stack_id": root, "stack_name": root.name(), "status": status }),
            line: Some(format!("status  {}  {status}", root.name())),
        });
    }

    /// The outputs of what went well, once they are known; for people they stand in the report at the end.
    fn tell_outputs(
        &mut self,
        session: &Session,
        diagnosis: &Diagnosis,
        now: DateTime<Utc>,
        items: &mut Vec<Item>,
    ) {
        let last = diagnosis.attempts.last();
        let told = last
            .map(|last| outputs(session, diagnosis, last))
            .unwrap_or_default();
        if told.is_empty() || told == self.outputs {
            return;
        }
        self.outputs = told.to_vec();
        let root = session.root();
        let told: Vec<OutputJson> = told.iter().map(OutputJson::new).collect();
        items.push(Item::Other {
            kind: "outputs",
            observed_at: now,
            fields: json!({ "stack_id": root, "stack_name": root.name(), "outputs": told }),
            line: None,
        });
    }

    fn tell_finding(
        &mut self,
        finding: &Finding,
        diagnosis: &Diagnosis,
        now: DateTime<Utc>,
        items: &mut Vec<Item>,
    ) {
        let failure = &finding.failure;
        let key = &failure.key;
        let of = match &failure.role {
            Role::Cascade { of: Some(of) } => diagnosis
                .findings
                .iter()
                .find(|other| other.failure.key == *of)
                .map(|other| &other.failure),
            Role::Root | Role::Cascade { of: None } => None,
        };
        if self.failures.insert((key.clone(), failure.is_root())) {
            let role = if failure.is_root() { "root" } else { "cascade" };
            let line = match of {
                Some(of) => format!(
                    "cascade {}  caused by {}",
                    failure.event.logical_id, of.event.logical_id
                ),
                None => format!(
                    "failure {}  {}  {}",
                    failure.event.logical_id,
                    failure.event.resource_type,
                    failure.reason_in_words()
                ),
            };
            items.push(Item::Other {
                kind: "failure",
                observed_at: now,
                fields: json!({
                    "attempt": failure.known_attempt(),
                    "stack_id": key.stack_id,
                    "logical_id": failure.event.logical_id,
                    "physical_id": failure.physical_id,
                    "resource_type": failure.event.resource_type,
                    "status": failure.event.status,
                    "failed_at": rfc3339(failure.failed_at()),
                    "reason": failure.event.reason,
                    "role": role,
                    "cascade_of": of.map(|of| json!({
                        "stack_id": of.key.stack_id, "logical_id": of.event.logical_id })),
                    "during": failure.during,
                    "facts": Facts::new(&failure.facts),
                }),
                line: Some(line),
            });
        }
        self.tell_evidence(finding, now, items);
    }

    fn tell_evidence(&mut self, finding: &Finding, now: DateTime<Utc>, items: &mut Vec<Item>) {
        let failure = &finding.failure;
        let key = &failure.key;
        let subject = json!({ "stack_id": key.stack_id, "logical_id": failure.event.logical_id });
        for matched in &finding.assessment.records {
            if !self
                .records
                .insert((key.clone(), matched.record.event_id.clone()))
            {
                continue;
            }
            items.push(Item::Other {
                kind: "trail_record",
                observed_at: now,
                fields: with(json!({ "failure": subject }), &Record::new(matched)),
                line: Some(format!(
                    "trail   {}  {}  {}  ({})",
                    failure.event.logical_id,
                    matched.record.action(),
                    matched.record.error().unwrap_or("no error"),
                    matched.confidence.label()
                )),
            });
        }
        for cause in &finding.assessment.causes {
            let told = format!("{}|{:?}|{:?}", cause.claim, cause.confidence, cause.evidence);
            let line = format!(
                "cause   {}  {}. {} ({})",
                failure.event.logical_id,
                cause.rank,
                cause.claim,
                cause.confidence.label()
            );
            let place = (key.clone(), cause.rank);
            let before = self.causes.insert(place, (told.clone(), line.clone()));
            if before.as_ref().is_some_and(|(before, _)| *before == told) {
                continue;
            }
            // More evidence for the same is news for programs only.
            let same = before.is_some_and(|(_, before)| before == line);
            items.push(Item::Other {
                kind: "cause",
                observed_at: now,
                fields: with(json!({ "failure": subject }), &CauseLine::new(cause)),
                line: (!same).then_some(line),
            });
        }
    }
}

/// The way to a nested stack below its root, as it stands before a resource's name; nothing for the root's own.
fn within(session: &Session, stack: &StackId) -> String {
    if stack == session.root() {
        return String::new();
    }
    let steps = path_to(session, stack);
    steps
        .iter()
        .skip(1)
        .fold(String::new(), |way, step| way + step + "/")
}

/// A sentence without what differs each time: words that hold long ids.
fn gist(text: &str) -> String {
    let is_id = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        digits >= 6 && word.len() >= 16
    };
    let kept = text
        .split_inclusive([' ', '/', ',', '"', '(', ')'])
        .filter(|word| !is_id(word));
    kept.collect()
}

/// Says that an event was told otherwise before, where that is so.
fn correction(
    history: Option<&StackHistory>,
    event: &StackEvent,
    observed_at: DateTime<Utc>,
) -> Option<Item> {
    let history = history?;
    let before = history.superseded(&event.event_id).last()?;
    let stands = history
        .event(&event.event_id)
        .is_some_and(|known| **known == *event);
    let words = format!(
        "CloudFormation tells event {} otherwise than before: it was {} {} at {}; both are kept",
        event.event_id,
        before.status,
        before.logical_id,
        rfc3339(before.at)
    );
    stands.then(|| notice(observed_at, &words))
}

/// A notice to the person.
pub fn notice(observed_at: DateTime<Utc>, text: &str) -> Item {
    notice_as(observed_at, text, format!("notice  {text}"))
}

/// A notice that reads as this line.
fn notice_as(observed_at: DateTime<Utc>, text: &str, line: String) -> Item {
    Item::Other {
        kind: "notice",
        observed_at,
        fields: json!({ "message": text }),
        line: Some(line),
    }
}

fn with<T: Serialize>(mut fields: Value, more: &T) -> Value {
    if let (Value::Object(fields), Ok(Value::Object(more))) = (&mut fields, serde_json::to_value(more)) {
        fields.extend(more);
    }
    fields
}

impl Item {
    /// The item as one JSON object on one line.
    pub fn json(&self) -> Json {
        match self {
            Self::Event {
                observed_at, event, ..
            } => Json::from(&json!({
                "type": "stack_event",
                "observed_at": rfc3339(*observed_at),
                "stack_id": event.stack_id,
                "stack_name": event.stack_id.name(),
                "event_id": event.event_id,
                "at": rfc3339(event.at),
                "logical_id": event.logical_id,
                "physical_id": event.physical_id,
                "resource_type": event.resource_type,
                "status": event.status,
                "reason": event.reason,
                "operation_id": event.operation_id,
            })),
            Self::Other {
                kind,
                observed_at,
                fields,
                ..
            } => {
                let head = json!({ "type": kind, "observed_at": rfc3339(*observed_at) });
                Json::from(&with(head, fields))
            }
        }
    }

    /// The item as one line for people; none where that would say again what the one before said.
    pub fn line(&self) -> Option<Clean> {
        let (at, text) = match self {
            Self::Event { event, within, .. } => {
                let reason = event
                    .reason
                    .as_deref()
                    .map(|reason| format!("  {reason}"))
                    .unwrap_or_default();
                let text = format!(
                    "{:<28} {within}{}  {}{reason}",
                    event.status.as_str(),
                    event.logical_id,
                    event.resource_type
                );
                (event.at, text)
            }
            Self::Other {
                observed_at, line, ..
            } => (*observed_at, line.clone()?),
        };
        Some(clean!("{}  {text}", at.format("%H:%M:%S")))
    }
}

/// The last line of a stream.
pub fn end(outcome: Option<Outcome>, now: DateTime<Utc>, exit_code: u8) -> Json {
    Json::from(
        &json!({ "type": "end", "observed_at": rfc3339(now), "outcome": outcome, "exit_code": exit_code }),
    )
}
