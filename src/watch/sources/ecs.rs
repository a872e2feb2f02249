//! ECS services: why their tasks stopped, and what the containers wrote, while the tasks still exist.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::log_reading;
use crate::domain::diagnosis::{Diagnosis, Finding};
use crate::domain::event::StackEvent;
use crate::domain::fact::{Fact, ServiceStatement};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::investigation::{Inquiry, Question, Source};
use crate::domain::log::{LogGroup, LogSearch};
use crate::domain::session::Session;
use crate::domain::status::Operation;
use crate::watch::desk::Desk;
use crate::watch::source::EvidenceSource;

/// ECS.
#[derive(Debug, Clone, Copy)]
pub struct EcsSource;

/// The name of this source.
const NAME: &str = "ecs";
/// The resource type that it knows.
const SERVICE_TYPE: &str = "AWS::ECS::Service";
/// While a service is in progress it is asked this often: a stopped task is forgotten after an hour.
const FOLLOW: TimeDelta = TimeDelta::seconds(30);
/// A service that comes up within this time is not asked at all.
const PATIENCE: TimeDelta = TimeDelta::seconds(60);
/// How long after the failure it is still asked: the tasks outlive the service a little.
const AFTER: TimeDelta = TimeDelta::minutes(2);

impl Source for EcsSource {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let mut inquiries: Vec<Inquiry> = Vec::new();
        for (_, history) in session.stacks() {
            for seen in history.events() {
                let event = seen.event.as_ref();
                if event.resource_type == SERVICE_TYPE && event.status.operation() != Operation::Delete {
                    inquiries.retain(|inquiry| inquiry.key != key(event));
                    inquiries.extend(ask_service(session, diagnosis, event, now));
                }
            }
        }
        inquiries.extend(
            session
                .statements()
                .filter(|said| said.source == NAME)
                .flat_map(|said| {
                    said.logs
                        .iter()
                        .filter_map(|(group, stream)| read_log(session, said, group, stream.as_deref()))
                }),
        );
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
    let last = session.answered(NAME, &key(event));
    let due = if event.status.is_in_progress() {
        last.map_or(event.at + PATIENCE, |last| last + FOLLOW)
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
        question: Question::Service {
            stack_id: event.stack_id.clone(),
            logical_id: event.logical_id.clone(),
            physical_id,
            settings: failure.map_or_else(
                || event.extras.settings.clone(),
                |found| found.failure.settings.clone(),
            ),
        },
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

/// The containers' log of a stopped task, read once.
fn read_log(
    session: &Session,
    said: &ServiceStatement,
    group: &str,
    stream: Option<&str>,
) -> Option<Inquiry> {
    let group = LogGroup {
        region: said.stack_id.region().to_owned(),
        name: group.to_owned(),
    };
    let read = session.logs().get(&group);
    let answered = read.is_some_and(|book| {
        let known = stream.is_some_and(|stream| book.lines.keys().any(|(_, known, _)| known == stream));
        known || book.missing_at.is_some() || book.last_read.is_some_and(|(at, _)| at > said.at + AFTER)
    });
    (!answered).then(|| Inquiry {
        key: format!("ecs-log:{}:{}", group.name, stream.unwrap_or_default()),
        source: NAME,
        region: group.region.clone(),
        due: read
            .and_then(|book| book.last_read)
            .map_or(said.at, |(at, _)| at + FOLLOW),
        priority: 1,
        question: Question::Logs(LogSearch {
            group,
            stream: stream.map(ToOwned::to_owned),
            filter: None,
            from: said.at - TimeDelta::minutes(30),
            to: said.at + AFTER,
        }),
        why: "what the containers wrote".to_owned(),
        serves: Vec::new(),
    })
}

#[async_trait]
impl EvidenceSource for EcsSource {
    async fn ask(&self, inquiry: &Inquiry, desk: &Desk) -> Result<Vec<Fact>, Fault> {
        match &inquiry.question {
            Question::Logs(search) => {
                log_reading::answer(inquiry, (search, log_reading::THOROUGH), desk).await
            }
            Question::Service { .. } => {
                desk.budget(NAME, &inquiry.region).await.turn().await;
                let statements = match desk.ports.ecs.statements(&inquiry.question).await {
                    Ok(statements) => statements,
                    Err(fault) if fault.kind == FaultKind::NotFound => Vec::new(),
                    Err(fault) => return Err(fault),
                };
                let answered = Fact::SourceAnswered {
                    source: NAME.to_owned(),
                    key: inquiry.key.clone(),
                    at: desk.now(),
                };
                let stated = statements
                    .into_iter()
                    .map(|statement| Fact::ServiceStated { statement });
                Ok(stated.chain([answered]).collect())
            }
            Question::Trail { .. } | Question::Function { .. } | Question::Validation(_) => Ok(Vec::new()),
        }
    }
}
