//! What CloudFormation checked before it called a service: change sets that could not be made, hooks that
//! refused, early validation. None of it need stand in the stack's events.

mod asking;
mod question;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use self::question::ValidationQuestion;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::declared::VALIDATION;
use crate::domain::model::source::{SourceDescriptor, SourceId};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase};
use crate::domain::model::validation::{ChangeSet, HookResult, listing_key};
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;
use crate::domain::read::reason::{names_hooks, names_validation};
use crate::domain::session::{Session, StackHistory};
use crate::ports::{HookScope, OperationScope};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;

/// Change sets, hooks and validations.
#[derive(Debug, Clone, Copy)]
pub struct ValidationEvidence;

/// The name of this source.
const NAME: SourceId = SourceId::VALIDATION;
/// While a change set is being made, or a stack has only just begun to wait for one.
const MAKING: TimeDelta = TimeDelta::seconds(3);
/// While a stack is settled and a change set may be asked for at any time.
const IDLE: TimeDelta = TimeDelta::seconds(15);
/// ... and long, and very long after it has settled.
const LONG_IDLE: TimeDelta = TimeDelta::seconds(20);
const LONGEST_IDLE: TimeDelta = TimeDelta::seconds(60);
/// How long after the stack's newest event each of them holds.
const JUST_BEGUN: TimeDelta = TimeDelta::minutes(2);
const RECENT: TimeDelta = TimeDelta::minutes(15);
const TODAY: TimeDelta = TimeDelta::hours(1);
/// What is said of a failure may come a little after it.
const AGAIN: TimeDelta = TimeDelta::seconds(10);
const AFTER: TimeDelta = TimeDelta::seconds(60);
/// Of failures of the past so many are asked about, newest first.
const OF_THE_PAST: usize = 3;

impl Source for ValidationEvidence {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &VALIDATION
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let planner = Planner { session, diagnosis };
        let mut inquiries: Vec<Inquiry> = planner.listing(now).into_iter().collect();
        inquiries.extend(planner.change_sets());
        inquiries.extend(planner.refusals());
        inquiries.extend(planner.hook_results());
        inquiries.sort_by(|a, b| a.key.cmp(&b.key));
        inquiries.dedup_by(|a, b| a.key == b.key);
        inquiries
    }

    fn rest(&self, inquiry: &Inquiry, session: &Session, now: DateTime<Utc>) -> TimeDelta {
        match inquiry.question.get() {
            Some(ValidationQuestion::ChangeSets { .. }) => pause(session, now),
            _ => TimeDelta::zero(),
        }
    }
}

/// What is planned from.
struct Planner<'a> {
    session: &'a Session,
    diagnosis: &'a Diagnosis,
}

impl Planner<'_> {
    /// Which change sets the stack has: the only trace of one that failed.
    fn listing(&self, now: DateTime<Utc>) -> Option<Inquiry> {
        let root = self.session.root();
        let history = self.session.root_history()?;
        if self.session.gone_since().is_some() || self.session.replaced_by().is_some() || is_deleted(history)
        {
            return None;
        }
        let phase = history.status()?.phase();
        let since = history.own_events().next_back().map(|event| event.at);
        let key = listing_key(root);
        let answered = self.session.answered(&NAME, &key);
        let due = match (phase, answered) {
            (Phase::InProgress | Phase::Unknown, _) => return None,
            (_, None) => since.unwrap_or(now),
            // Whatever was asked before the stack settled tells nothing of what came with that.
            (_, Some(last)) if since.is_some_and(|since| last < since) => since.unwrap_or(last),
            (_, Some(last)) => last + pause(self.session, now),
        };
        let failures = self.session.source_failures();
        let failed = failures.get(&(NAME, key.clone()));
        let last = since.max(failed.map(|failure| failure.at));
        let known = self.session.validation().change_sets();
        let question = ValidationQuestion::ChangeSets {
            stack_id: root.clone(),
            known: known.cloned().collect(),
            on_record: answered.is_some() && answered >= last,
        };
        let why = "whether a change set could not be made, which leaves no event".to_owned();
        Some(inquiry(key, due, question, why))
    }

    /// What is behind the change sets that could not be made.
    fn change_sets(&self) -> Vec<Inquiry> {
        let validations = self.session.validation();
        let mut failed: Vec<&ChangeSet> = validations.change_sets().filter(|one| one.has_failed()).collect();
        failed.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        let mut inquiries = Vec::new();
        for change_set in failed.into_iter().take(OF_THE_PAST) {
            let stack_id = change_set.stack_id.clone();
            let text = change_set.status_reason.as_deref().unwrap_or_default();
            if let Some(CascadeKind::NestedChangeSet {
                change_set_arn: Some(id),
                ..
            }) = reason::cascade(text)
                && validations.change_set(&id).is_none()
            {
                let question = ValidationQuestion::ChangeSet {
                    stack_id: stack_id.clone(),
                    parent_id: change_set.id.clone(),
                    id: id.clone(),
                };
                let why = "why the change set of a nested stack could not be made".to_owned();
                inquiries.extend(self.once(format!("change-set:{id}"), change_set.created_at, question, why));
            }
            // That the operation failed is no news where the reason points to what failed it.
            let points = reason::only_points_to_checks(text);
            let events = validations.events().any(|seen| {
                seen.change_set.as_deref() == Some(&change_set.id) && (!points || seen.event.tells_refusal())
            });
            let question = ValidationQuestion::FailedEvents(OperationScope::ChangeSet {
                stack_id: stack_id.clone(),
                id: change_set.id.clone(),
            });
            let why = format!(
                "what CloudFormation found wrong with change set {}",
                change_set.name
            );
            let key = format!("events:{}", change_set.id);
            inquiries.extend(self.until(events, key, change_set.created_at, question, why));
            if names_hooks(text) {
                let results = validations
                    .hook_results()
                    .any(|result| result.target.as_deref() == Some(&change_set.id));
                let question = ValidationQuestion::HookResults(HookScope::ChangeSet {
                    stack_id,
                    id: change_set.id.clone(),
                });
                let why = format!("which hook refused change set {}", change_set.name);
                let key = format!("hooks:{}", change_set.id);
                inquiries.extend(self.until(results, key, change_set.created_at, question, why));
            }
        }
        inquiries
    }

    /// What is behind the failures whose reason only points to hooks or validation.
    fn refusals(&self) -> Vec<Inquiry> {
        let refused = self.diagnosis.findings.iter().rev().filter(|finding| {
            let event = &finding.failure.event;
            let invalid = event.extras.detailed_status.as_deref() == Some("VALIDATION_FAILED");
            let reason = finding.failure.reason().unwrap_or_default();
            let of_change_set = self.session.validation().change_set(&event.event_id).is_some();
            !of_change_set && (invalid || names_hooks(reason) || names_validation(reason))
        });
        let mut inquiries = Vec::new();
        for finding in refused.take(OF_THE_PAST) {
            let event = &finding.failure.event;
            let stack_id = event.stack_id.clone();
            let scope = match &event.operation_id {
                Some(id) => OperationScope::Operation {
                    stack_id: stack_id.clone(),
                    id: id.to_string(),
                },
                None => OperationScope::Stack(stack_id.clone()),
            };
            let name = event.operation_id.as_deref().unwrap_or(stack_id.as_str());
            let validations = self.session.validation();
            let events = validations.events().any(|seen| match &event.operation_id {
                Some(id) => seen.event.operation_id.as_deref() == Some(id),
                None => seen.event.stack_id == stack_id && seen.event.at + AFTER > event.at,
            });
            let why = format!("what CloudFormation refused about {}", event.logical_id);
            let question = ValidationQuestion::FailedEvents(scope);
            let asked = self.until(events, format!("events:{name}"), event.at, question, why);
            inquiries.extend(asked.map(|inquiry| serving(inquiry, finding)));
            if event.is_about_stack() && names_hooks(finding.failure.reason().unwrap_or_default()) {
                let results = validations
                    .hook_results()
                    .any(|result| result.target.as_deref() == Some(stack_id.as_str()));
                let why = format!("which hook refused stack {}", stack_id.name());
                let key = format!("hooks:{stack_id}:{}", event.event_id);
                let question = ValidationQuestion::HookResults(HookScope::Stack(stack_id));
                let asked = self.until(results, key, event.at, question, why);
                inquiries.extend(asked.map(|inquiry| serving(inquiry, finding)));
            }
        }
        inquiries
    }

    /// The rules behind hooks that refused: the listing and the events have the verdict only.
    fn hook_results(&self) -> Vec<Inquiry> {
        let mut refused: Vec<(DateTime<Utc>, &StackId, &str, &str)> = Vec::new();
        for (stack_id, history) in self.session.stacks() {
            for event in history.telling_events() {
                if let Some(hook) = event.extras.hook.as_ref().filter(|hook| hook.has_failed())
                    && let Some(id) = hook.invocation_id.as_deref()
                {
                    refused.push((event.at, stack_id, id, &hook.name));
                }
            }
        }
        for result in self.session.validation().hook_results() {
            if result.has_failed() && result.annotations.is_empty() {
                refused.push((result.at, &result.stack_id, &result.id, &result.name));
            }
        }
        refused.sort_unstable();
        refused.dedup_by(|a, b| a.2 == b.2);
        let newest = refused.into_iter().rev().take(OF_THE_PAST * 2);
        newest
            .filter_map(|(at, stack_id, id, name)| {
                let question = ValidationQuestion::HookResult {
                    stack_id: stack_id.clone(),
                    id: id.to_owned(),
                };
                let why = format!("which rule of {name} was not met");
                let validations = self.session.validation();
                let settled = validations.hook_result(id).is_some_and(HookResult::has_failed);
                self.until(settled, format!("hook:{id}"), at, question, why)
            })
            .collect()
    }

    /// Asked once.
    fn once(
        &self,
        key: String,
        due: DateTime<Utc>,
        question: ValidationQuestion,
        why: String,
    ) -> Option<Inquiry> {
        let asked = self.session.answered(&NAME, &key).is_some();
        (!asked).then(|| inquiry(key, due, question, why))
    }

    /// Asked until there is something, or for a minute after what it is about.
    fn until(
        &self,
        known: bool,
        key: String,
        about: DateTime<Utc>,
        question: ValidationQuestion,
        why: String,
    ) -> Option<Inquiry> {
        let due = match self.session.answered(&NAME, &key) {
            None => about,
            Some(_) if known => return None,
            Some(last) if last < about + AFTER => last + AGAIN,
            Some(_) => return None,
        };
        Some(inquiry(key, due, question, why))
    }
}

/// How long until the change sets are listed again: the longer, the longer nothing has happened.
fn pause(session: &Session, now: DateTime<Utc>) -> TimeDelta {
    let history = session.root_history();
    let newest = history.and_then(|history| history.own_events().next_back());
    let quiet = newest.map_or(TimeDelta::MAX, |event| now - event.at);
    let status = history.and_then(StackHistory::status);
    let waits = status.is_some_and(|status| status.phase() == Phase::Idle);
    let mut change_sets = session.validation().change_sets();
    if change_sets.any(ChangeSet::is_in_progress) || (waits && quiet < JUST_BEGUN) {
        MAKING
    } else if quiet < RECENT {
        IDLE
    } else if quiet < TODAY {
        LONG_IDLE
    } else {
        LONGEST_IDLE
    }
}

fn is_deleted(history: &StackHistory) -> bool {
    history
        .status()
        .is_some_and(|status| status.operation() == Operation::Delete && status.phase() == Phase::Complete)
}

fn inquiry(key: String, due: DateTime<Utc>, question: ValidationQuestion, why: String) -> Inquiry {
    let region = question.stack_id().region().to_owned();
    Inquiry {
        key,
        source: NAME,
        region,
        due,
        priority: 0,
        question: AnyQuestion::new(question),
        why,
        serves: Vec::new(),
    }
}

fn serving(mut inquiry: Inquiry, finding: &Finding) -> Inquiry {
    inquiry.serves.push(finding.failure.key.clone());
    inquiry
}

#[async_trait]
impl EvidenceSource for ValidationEvidence {
    type Asks = ValidationQuestion;

    async fn ask(
        &self,
        question: &ValidationQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        let mut facts = match asking::answer(question, &inquiry.region, context).await {
            Ok(facts) => facts,
            // What is not there (any more) has nothing to say.
            Err(fault) if fault.kind == FaultKind::NotFound => Vec::new(),
            Err(fault) => return Err(fault),
        };
        let no_news = facts.is_empty()
            && matches!(question, ValidationQuestion::ChangeSets { on_record, .. } if *on_record);
        if !no_news {
            facts.push(Fact::SourceAnswered {
                source: NAME,
                key: inquiry.key.clone(),
                at: context.now(),
            });
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests;
