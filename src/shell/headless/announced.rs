//! What was said of trouble, so that it is said once, and once that it is over.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clean;
use crate::domain::conclude::hanging::Hanging;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::domain::model::source_status::{Origin, SourceStatus};
use crate::domain::read::text::Clean;

/// What was said is not said again before this, however often it comes and goes.
const REPEATED: TimeDelta = TimeDelta::minutes(10);
/// So often one looks for what hangs.
const LOOKED_EVERY: TimeDelta = TimeDelta::seconds(10);
/// So many stacks are named that have the same trouble.
const NAMED: usize = 5;

/// What one can have trouble with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    /// A call of a source, whatever it was asked for.
    Action { source: String, action: String },
    /// The events of one stack.
    Stack(Origin),
    /// A stack that does not exist.
    Absent(Origin),
    /// The archive.
    Archive,
}

#[derive(Debug, Default)]
struct Trouble {
    /// Those that have it: stacks, inquiries.
    with: BTreeSet<String>,
    /// It was said, and not yet that it is over.
    is_open: bool,
    /// What was said, and when.
    said: BTreeMap<String, DateTime<Utc>>,
}

/// What is said, and what makes it the same as what was said before.
struct Sentence {
    sense: String,
    words: String,
}

/// Everything that was said of trouble.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    troubles: BTreeMap<Topic, Trouble>,
    /// What was said to hang, and why.
    hanging: BTreeSet<(String, String, &'static str)>,
    /// When it was last looked for.
    looked_at: Option<DateTime<Utc>>,
    /// Where AWS is asked.
    asked: Option<Clean>,
}

impl Announced {
    /// What is said of AWS that is asked there.
    pub(crate) fn of(asked: Option<Clean>) -> Self {
        Self {
            asked,
            ..Self::default()
        }
    }

    /// Whether it is time to look for what hangs.
    pub(crate) fn is_time_for_hanging(&mut self, now: DateTime<Utc>) -> bool {
        let is_time = self.looked_at.is_none_or(|last| now - last >= LOOKED_EVERY);
        if is_time {
            self.looked_at = Some(now);
        }
        is_time
    }

    /// Whether this was not said yet.
    pub(crate) fn is_new(&mut self, hanging: &Hanging) -> bool {
        let stack = hanging.stack_id.to_string();
        self.hanging
            .insert((stack, hanging.logical_id.clone(), hanging.ground.code()))
    }

    /// Whether it was not said yet that a stack's rollback stopped at that moment.
    pub(crate) fn is_new_stop(&mut self, stack: &str, at: DateTime<Utc>) -> bool {
        self.hanging
            .insert((stack.to_owned(), at.to_rfc3339(), "rollback_failed"))
    }

    /// News of how a stack answers; the sentences that are worth saying.
    pub(crate) fn link(&mut self, origin: &Origin, link: &SourceStatus, now: DateTime<Utc>) -> Vec<String> {
        // What the sources of evidence tell is on record, with what they were asked for.
        if origin.source != SourceId::CLOUDFORMATION {
            return Vec::new();
        }
        let name = origin.name().unwrap_or_default();
        let mut said = Vec::new();
        if !matches!(link, SourceStatus::Absent { .. })
            && let Some(absent) = self.troubles.remove(&Topic::Absent(origin.clone()))
            && absent.is_open
        {
            said.push(format!("{name} exists now"));
        }
        match link {
            // No stack takes so long.
            SourceStatus::Working { .. } => {}
            SourceStatus::Answering { .. } => said.extend(self.stack_answers(origin, None)),
            SourceStatus::Absent { .. } => {
                said.extend(self.stack_answers(origin, None));
                let place = self
                    .asked
                    .as_ref()
                    .map_or_else(|| "here".into(), |place| clean!("in {place}"));
                let words = format!(
                    "no stack {name} {place} yet; waiting for it (is the region right? --region chooses another)"
                );
                said.extend(self.say(Topic::Absent(origin.clone()), name, words, now));
            }
            SourceStatus::StatusOnly { fault, .. } => {
                let topic = Topic::Stack(origin.clone());
                said.extend(self.stack_answers(origin, Some(&topic)));
                let words = format!(
                    "{name}: its events cannot be read, its status can: {fault}; {}",
                    fault.advice()
                );
                // The id of the request differs each time.
                let sense = format!("status only: {fault}");
                said.extend(self.say_once(topic, name, Sentence { sense, words }, now));
            }
            SourceStatus::Troubled { fault, .. } => said.extend(self.stack_fails(origin, name, fault, now)),
        }
        said
    }

    fn stack_fails(&mut self, origin: &Origin, name: &str, fault: &Fault, now: DateTime<Utc>) -> Vec<String> {
        let advice = fault.advice();
        let (topic, words) = if is_of_everything(fault.kind) {
            (
                action(fault, SourceId::CLOUDFORMATION.as_str()),
                format!("{}: {fault}; {advice}", SourceId::CLOUDFORMATION),
            )
        } else {
            (Topic::Stack(origin.clone()), format!("{name}: {fault}; {advice}"))
        };
        let mut said = self.stack_answers(origin, Some(&topic));
        let stacks = self.troubles.iter().filter(|(topic, trouble)| {
            matches!(topic, Topic::Stack(other) if other != origin) && trouble.is_open
        });
        let words = match stacks.count() {
            _ if !matches!(topic, Topic::Stack(_)) => words,
            few if few < NAMED => words,
            // One word for all the others.
            _ => {
                let others = Topic::Stack(SourceId::CLOUDFORMATION.into());
                self.troubles
                    .entry(topic)
                    .or_default()
                    .with
                    .insert(name.to_owned());
                let words = format!("{name} and perhaps more stacks: {fault}; {advice}");
                let known = self.troubles.contains_key(&others);
                said.extend((!known).then(|| self.say(others, name, words, now)).flatten());
                return said;
            }
        };
        // The id of the request differs each time.
        let sense = fault.to_string();
        said.extend(self.say_once(topic, name, Sentence { sense, words }, now));
        said
    }

    /// A stack answers, or fails in another way than before.
    fn stack_answers(&mut self, origin: &Origin, but: Option<&Topic>) -> Vec<String> {
        let name = origin.name().unwrap_or_default();
        let mut said = Vec::new();
        for (topic, trouble) in &mut self.troubles {
            let concerns = match topic {
                Topic::Action { source, .. } => source == SourceId::CLOUDFORMATION.as_str(),
                Topic::Stack(of) => of == origin,
                Topic::Absent(_) | Topic::Archive => false,
            };
            let had = concerns && Some(topic) != but && trouble.with.remove(name);
            if had && trouble.with.is_empty() && std::mem::take(&mut trouble.is_open) && but.is_none() {
                said.push(match topic {
                    Topic::Stack(_) => format!("{name}: {} answers", SourceId::CLOUDFORMATION),
                    _ => format!("{} answers", SourceId::CLOUDFORMATION),
                });
            }
        }
        said
    }

    /// An inquiry was not answered.
    pub(crate) fn failed(
        &mut self,
        source: &str,
        key: &str,
        fault: &Fault,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let words = format!("{source}: {fault}; {}", fault.advice());
        // A permission is one, whatever it was wanted for.
        let sense = match fault.kind {
            FaultKind::Denied => fault.remedy(),
            _ => fault.to_string(),
        };
        self.say_once(action(fault, source), key, Sentence { sense, words }, now)
    }

    /// An inquiry was answered.
    pub(crate) fn answered(&mut self, key: &str) -> Vec<String> {
        let mut said = Vec::new();
        for (topic, trouble) in &mut self.troubles {
            let Topic::Action { source, .. } = topic else {
                continue;
            };
            let had = trouble.with.remove(key);
            if had && trouble.with.is_empty() && std::mem::take(&mut trouble.is_open) {
                said.push(format!("{source} answers"));
            }
        }
        said
    }

    /// What was seen cannot be saved, for this reason; or it can (again).
    pub(crate) fn saving(&mut self, trouble: Option<&str>, now: DateTime<Utc>) -> Option<String> {
        match trouble {
            Some(reason) => {
                let words = format!("not saving: {reason}; it is tried again");
                self.say(Topic::Archive, "", words, now)
            }
            None => {
                let trouble = self.troubles.get_mut(&Topic::Archive)?;
                std::mem::take(&mut trouble.is_open).then(|| "everything is saved again".to_owned())
            }
        }
    }

    /// Says something of a topic, unless that was said lately.
    fn say(&mut self, topic: Topic, with: &str, words: String, now: DateTime<Utc>) -> Option<String> {
        let sense = words.clone();
        self.say_once(topic, with, Sentence { sense, words }, now)
    }

    /// Says something of a topic, unless something of the same sense was said lately.
    fn say_once(
        &mut self,
        topic: Topic,
        with: &str,
        sentence: Sentence,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let trouble = self.troubles.entry(topic).or_default();
        trouble.with.insert(with.to_owned());
        let said = trouble.said.get(&sentence.sense);
        if said.is_some_and(|at| trouble.is_open || now - *at < REPEATED) {
            return None;
        }
        trouble.is_open = true;
        trouble.said.insert(sentence.sense, now);
        Some(sentence.words)
    }
}

fn action(fault: &Fault, source: &str) -> Topic {
    Topic::Action {
        source: source.to_owned(),
        action: fault.action.clone(),
    }
}

/// Trouble that is not of one stack but of all: the account's limit, the credentials, the network.
fn is_of_everything(kind: FaultKind) -> bool {
    kind.needs_credentials()
        || matches!(
            kind,
            FaultKind::Throttled | FaultKind::TimedOut | FaultKind::Network
        )
}

#[cfg(test)]
mod tests;
