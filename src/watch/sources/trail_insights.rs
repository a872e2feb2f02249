//! A trail's log group as a trail, by a query of Logs Insights: where the window is long, or its pages did not do.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::investigate::plan::further::{self, FurtherSearch, TrailPlace};
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::log::LogGroup;
use crate::domain::model::source::SourceDescriptor;
use crate::domain::model::source::trail_backend::TRAIL_INSIGHTS;
use crate::domain::model::trail::{TrailRecord, TrailSearch};
use crate::domain::model::trail_query::InsightsQuery;
use crate::domain::model::trail_table::AccountId;
use crate::domain::session::Session;
use crate::ports::{LogQueries, Page, QueryProgress};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;
use crate::watch::sources::queries::{self, QueryDesk, QueryEngine, QueryTerms};

/// The call that a query is named by.
const QUERY: &str = "logs:StartQuery";

/// Queries of the log groups of trails.
#[derive(Debug)]
pub struct TrailInsightsSource {
    most_bytes: u64,
    desk: QueryDesk,
}

/// What is searched for in a group?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailInsightsQuestion {
    /// Where.
    pub group: LogGroup,
    /// Among whose records.
    pub account: AccountId,
    /// What.
    pub search: TrailSearch,
}

impl TrailInsightsSource {
    /// Queries that may read so many bytes each.
    pub fn reading(most_bytes: u64) -> Self {
        Self {
            most_bytes,
            desk: QueryDesk::default(),
        }
    }

    fn inquiry(&self, session: &Session, one: FurtherSearch, now: DateTime<Utc>) -> Option<Inquiry> {
        let due = one.due(session, now).filter(|_| one.is_wanted)?;
        let key = one.key();
        let due = queries::due_again(session, &TRAIL_INSIGHTS, &key, due);
        let TrailPlace::QueriedGroup { group, account } = one.place else {
            return None;
        };
        Some(Inquiry {
            key,
            source: self.id().clone(),
            region: group.region.clone(),
            due,
            priority: 47,
            question: AnyQuestion::new(TrailInsightsQuestion {
                group,
                account,
                search: one.search,
            }),
            why: one.why,
            serves: vec![one.serves],
        })
    }
}

impl Source for TrailInsightsSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        TRAIL_INSIGHTS.source
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let searches = further::all(session, &diagnosis.findings).into_iter();
        let mine = searches.filter(|one| one.source == *self.id());
        mine.take(further::QUERIES)
            .filter_map(|one| self.inquiry(session, one, now))
            .collect()
    }
}

#[async_trait]
impl EvidenceSource for TrailInsightsSource {
    type Asks = TrailInsightsQuestion;

    async fn ask(
        &self,
        question: &TrailInsightsQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        let TrailInsightsQuestion {
            group,
            account,
            search,
        } = question;
        let query = InsightsQuery::new(account, search);
        let unbounded = || Fault::new(QUERY, FaultKind::Invalid, "a query is for a month at most");
        let engine = QueryOfGroup {
            queries: context.ports.queries.as_ref(),
            group,
            query: query.ok_or_else(unbounded)?,
        };
        let terms = QueryTerms {
            backend: &TRAIL_INSIGHTS,
            call: QUERY,
            most_bytes: self.most_bytes,
            settled: "`megabytes` of [trail-insights]",
        };
        let _turn = self.desk.turn.lock().await;
        self.desk.answer(&engine, terms, (search, inquiry), context).await
    }

    /// Nobody waits for the query any more: it is not to go on reading.
    async fn leave(&self, inquiry: &Inquiry, context: &InquiryContext) {
        let asked = inquiry.question.get::<TrailInsightsQuestion>();
        if let (Some(id), Some(asked)) = (self.desk.left(inquiry), asked) {
            let _ = context.ports.queries.stop(&asked.group, &id).await;
        }
    }
}

/// A query to a group.
struct QueryOfGroup<'a> {
    queries: &'a dyn LogQueries,
    group: &'a LogGroup,
    query: InsightsQuery,
}

#[async_trait]
impl QueryEngine for QueryOfGroup<'_> {
    async fn start(&self) -> Result<String, Fault> {
        self.queries.start(self.group, &self.query).await
    }

    async fn progress(&self, id: &str) -> Result<QueryProgress, Fault> {
        self.queries.progress(self.group, id).await
    }

    async fn page(&self, id: &str, token: Option<&str>) -> Result<Page<Option<TrailRecord>>, Fault> {
        let page = self.queries.lines(self.group, id, token).await?;
        Ok(Page {
            items: page
                .items
                .iter()
                .map(|line| TrailRecord::read(line).ok())
                .collect(),
            next: page.next,
        })
    }

    async fn stop(&self, id: &str) -> Result<(), Fault> {
        self.queries.stop(self.group, id).await
    }

    fn is_full(&self, found: usize) -> bool {
        InsightsQuery::is_full(found)
    }
}
