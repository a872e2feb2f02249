//! ECS services: why their tasks stopped, and what the containers wrote, while the tasks still exist.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::{log_reading, service_statements, stated_logs};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::log::LogSearch;
use crate::domain::model::resource_type::ECS_SERVICE;
use crate::domain::model::source::declared::ECS;
use crate::domain::model::source::{SourceDescriptor, SourceId};
use crate::domain::model::status::Operation;
use crate::domain::session::Session;
use crate::ports::ServiceQuestion;
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;

/// ECS.
#[derive(Debug, Clone, Copy)]
pub struct EcsSource;

/// The name of this source.
const NAME: SourceId = SourceId::ECS;
/// While a service is in progress it is asked this often, less often the longer it takes: ECS forgets a
/// stopped task after an hour, and a service may take three to fail.
const FOLLOW: TimeDelta = TimeDelta::seconds(30);
const SLOWEST: TimeDelta = TimeDelta::minutes(5);
/// A service that comes up within this time is not asked at all.
const FIRST_ASKED_AFTER: TimeDelta = TimeDelta::seconds(60);
/// How long after the failure it is still asked: the tasks outlive the service a little.
const AFTER: TimeDelta = TimeDelta::minutes(2);

/// What ECS is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EcsQuestion {
    /// What does the service itself say?
    Service(ServiceQuestion),
    /// What did the containers write?
    Log(LogSearch),
}

impl Source for EcsSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &ECS
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let mut inquiries: Vec<Inquiry> = Vec::new();
        for (_, history) in session.stacks() {
            for event in history.telling_events() {
                if event.resource_type == ECS_SERVICE && event.status.operation() != Operation::Delete {
                    inquiries.retain(|inquiry| inquiry.key != key(event));
                    inquiries.extend(ask_service(session, diagnosis, event, now));
                }
            }
        }
        let question = |search| AnyQuestion::new(EcsQuestion::Log(search));
        let logs = stated_logs::inquiries(session, &NAME, "what the containers wrote", question);
        inquiries.extend(logs);
        inquiries
    }
}

fn key(event: &StackEvent) -> String {
    format!("ecs:{}:{}", event.stack_id, event.logical_id)
}

/// Asks about a service by its newest event.
fn ask_service(
    session: &Session,
    diagnosis: &Diagnosis,
    event: &StackEvent,
    now: DateTime<Utc>,
) -> Option<Inquiry> {
    let physical_id = event.physical_id.clone()?;
    let failure = failure_of(diagnosis, event);
    let last = session.answered(&NAME, &key(event));
    let failed_at = failure.map(|found| found.failure.failed_at());
    // The rollback works on what failed, and its tasks can still tell why.
    let is_unheard = failed_at.is_some_and(|at| at <= event.at && last.is_none_or(|last| last < at));
    let due = if is_unheard {
        failed_at?
    } else if event.status.is_in_progress() {
        last.map_or(event.at + FIRST_ASKED_AFTER, |last| {
            last + ((last - event.at) / 10).clamp(FOLLOW, SLOWEST)
        })
    } else {
        let failed_at = failure?.failure.failed_at();
        let stale = last.is_none_or(|last| last < failed_at);
        let again = last
            .filter(|last| *last < failed_at + AFTER)
            .map(|last| last + FOLLOW);
        if stale { failed_at } else { again? }
    };
    Some(Inquiry {
        key: key(event),
        source: NAME,
        region: event.stack_id.region().to_owned(),
        due: due.max(event.at).min(now + FOLLOW),
        priority: 0,
        question: AnyQuestion::new(EcsQuestion::Service(ServiceQuestion {
            stack_id: event.stack_id.clone(),
            logical_id: event.logical_id.clone(),
            physical_id,
            resource_type: event.resource_type.clone(),
            from: failed_at.map_or(event.at, |at| at.min(event.at)),
            to: now,
            companions: Vec::new(),
            request: None,
            functions: Vec::new(),
            settings: failure.map_or_else(
                || event.extras.settings.clone(),
                |found| found.failure.settings.clone(),
            ),
        })),
        why: "why the service's tasks stopped".to_owned(),
        serves: failure
            .map(|found| found.failure.key.clone())
            .into_iter()
            .collect(),
    })
}

fn failure_of<'a>(diagnosis: &'a Diagnosis, event: &StackEvent) -> Option<&'a Finding> {
    diagnosis.findings.iter().find(|finding| {
        finding.failure.key.stack_id == event.stack_id && finding.failure.event.logical_id == event.logical_id
    })
}

#[async_trait]
impl EvidenceSource for EcsSource {
    type Asks = EcsQuestion;

    async fn ask(
        &self,
        question: &EcsQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        match question {
            EcsQuestion::Log(search) => {
                log_reading::answer(inquiry, search, log_reading::THOROUGH, context).await
            }
            EcsQuestion::Service(about) => service_statements::ask(&ECS, about, inquiry, context).await,
        }
    }
}

#[cfg(test)]
mod tests;
