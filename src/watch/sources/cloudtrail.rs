//! The trail: the searches of the plan, one page after the other, at the pace that its backend declares.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source, TrailQuestion};
use crate::domain::investigate::plan;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::trail_backend::LOOKUP_EVENTS;
use crate::domain::model::source::{SourceDescriptor, TrailBackend};
use crate::domain::model::trail::{TrailRecord, TrailSearch};
use crate::domain::session::Session;
use crate::ports::{Page, TrailSource};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;
use crate::watch::sources::trail_pages::{self, TrailPages};

/// A trail of calls, asked through [`Ports::trail`](crate::watch::Ports::trail).
#[derive(Debug, Clone, Copy)]
pub struct CloudTrailSource {
    backend: &'static TrailBackend,
}

impl CloudTrailSource {
    /// The trail that declares this of itself; whoever answers for it stands in the ports.
    pub fn of(backend: &'static TrailBackend) -> Self {
        Self { backend }
    }
}

impl Default for CloudTrailSource {
    fn default() -> Self {
        Self::of(&LOOKUP_EVENTS)
    }
}

impl Source for CloudTrailSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        self.backend.source
    }

    fn trail(&self) -> Option<&'static TrailBackend> {
        Some(self.backend)
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
                    source: self.id().clone(),
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
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        let TrailQuestion { search, max_pages } = question;
        let budget = context.budget(self.backend.source.pace, &search.region).await;
        let trail = EventHistory(context.ports.trail.as_ref());
        let answer = trail_pages::read(&trail, search, *max_pages, self.id(), &budget).await?;
        Ok(vec![Fact::TrailSearched { answer }])
    }
}

/// Whatever answers for the trail: it filters by itself.
struct EventHistory<'a>(&'a dyn TrailSource);

#[async_trait]
impl TrailPages for EventHistory<'_> {
    async fn page(
        &self,
        search: &TrailSearch,
        token: Option<&str>,
    ) -> Result<Option<Page<TrailRecord>>, Fault> {
        self.0.lookup(search, token).await.map(Some)
    }
}
