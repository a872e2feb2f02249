//! The account's trails: asked for once in a region, when the trail that is asked first cannot have what a failure needs.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::investigate::plan::further;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::SourceDescriptor;
use crate::domain::model::source::declared::TRAILS;
use crate::domain::session::Session;
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;

/// The trails of an account.
#[derive(Debug, Clone, Copy)]
pub struct TrailsSource;

/// Which trails record in a region?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailsQuestion {
    region: String,
}

impl Source for TrailsSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &TRAILS
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, _: DateTime<Utc>) -> Vec<Inquiry> {
        let regions = further::regions(session, &diagnosis.findings);
        let inquiry = |(region, due, serves): (String, DateTime<Utc>, _)| Inquiry {
            key: format!("trails:{region}"),
            source: self.id().clone(),
            due,
            priority: 40,
            question: AnyQuestion::new(TrailsQuestion {
                region: region.clone(),
            }),
            region,
            why: "what the account's trails record of calls on data".to_owned(),
            serves: vec![serves],
        };
        regions.into_iter().map(inquiry).collect()
    }
}

#[async_trait]
impl EvidenceSource for TrailsSource {
    type Asks = TrailsQuestion;

    async fn ask(
        &self,
        question: &TrailsQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        let region = question.region.clone();
        let budget = context.budget(TRAILS.pace, &region).await;
        budget.acquire().await;
        let list = context.ports.trails.trails(&region).await?;
        let missed = list.missed.into_iter().map(|fault| Fact::SourceMissedPart {
            source: self.id().clone(),
            region: region.clone(),
            key: inquiry.key.clone(),
            fault,
        });
        let mut facts: Vec<Fact> = missed.collect();
        facts.push(Fact::TrailsDescribed {
            region: region.clone(),
            trails: list.trails,
        });
        facts.push(Fact::SourceAnswered {
            source: self.id().clone(),
            key: inquiry.key.clone(),
            at: context.now(),
        });
        Ok(facts)
    }
}
