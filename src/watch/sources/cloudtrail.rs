//! CloudTrail: the searches of the plan, one page after the other, at the account's pace.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source, TrailQuestion};
use crate::domain::investigate::plan;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::SourceDescriptor;
use crate::domain::model::source::declared::CLOUDTRAIL;
use crate::domain::model::trail::TrailAnswer;
use crate::domain::session::Session;
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;

/// CloudTrail's event history.
#[derive(Debug, Clone, Copy)]
pub struct CloudTrailSource;

impl Source for CloudTrailSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &CLOUDTRAIL
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        diagnosis
            .plan
            .iter()
            .cloned()
            .filter_map(|planned| {
                let due = plan::due(session, &planned, planned.wait(session), now)?;
                Some(Inquiry {
                    key: planned.search.name(),
                    source: CLOUDTRAIL.id.clone(),
                    region: planned.search.region.clone(),
                    due,
                    priority: planned.priority,
                    question: AnyQuestion::new(TrailQuestion {
                        search: planned.search,
                        max_pages: planned.max_pages,
                    }),
                    why: planned.why,
                    serves: planned.serves,
                })
            })
            .collect()
    }
}

#[async_trait]
impl EvidenceSource for CloudTrailSource {
    type Asks = TrailQuestion;

    async fn ask(
        &self,
        question: &TrailQuestion,
        _: &Inquiry,
        desk: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        let TrailQuestion { search, max_pages } = question;
        let budget = desk.budget(CLOUDTRAIL.pace, &search.region).await;
        let mut answer = TrailAnswer {
            search: search.clone(),
            records: Vec::new(),
            complete: false,
            calls: 0,
        };
        let mut token: Option<String> = None;
        while answer.calls < *max_pages {
            budget.acquire().await;
            let page = desk.ports.trail.lookup(search, token.as_deref()).await;
            budget.learn(&page);
            answer.calls += 1;
            match page {
                Ok(page) => {
                    answer.records.extend(page.items);
                    token = page.next;
                }
                // What was read is worth keeping; the search stays incomplete and is made again.
                Err(_) if !answer.records.is_empty() => break,
                Err(fault) => return Err(fault),
            }
            if token.is_none() {
                answer.complete = true;
                break;
            }
        }
        Ok(vec![Fact::TrailSearched { answer }])
    }
}
