//! Event data stores of CloudTrail Lake as a trail: what they record once, then a query for each search that needs it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::investigate::plan::further::{self, FurtherSearch, TrailPlace};
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::trail_backend::TRAIL_LAKE;
use crate::domain::model::source::{SourceDescriptor, SourceId};
use crate::domain::model::trail::{TrailRecord, TrailSearch};
use crate::domain::model::trail_query::{LakeQuery, NamedStores, QueryWindow};
use crate::domain::model::trail_table::{AccountId, RegionName, StoreId};
use crate::domain::session::Session;
use crate::ports::{EventDataStores, Page, QueryProgress};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;
use crate::watch::sources::queries::{self, QueryDesk, QueryEngine, QueryTerms};

/// The call that a query is named by.
const QUERY: &str = "cloudtrail:StartQuery";
/// What is asked for once.
const STORES: &str = "trail-lake:stores";

/// The event data stores that a person named.
#[derive(Debug)]
pub struct TrailLakeSource {
    named: NamedStores,
    /// A table was named as well, and comes first.
    is_after_table: bool,
    desk: QueryDesk,
}

/// What is asked of event data stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailLakeQuestion {
    /// Which are there, and what do they record?
    Stores,
    /// What did somebody call?
    Records {
        /// In which.
        store: StoreId,
        /// Where that is.
        region: RegionName,
        /// Whose records.
        account: AccountId,
        /// What is searched for.
        search: TrailSearch,
    },
}

impl TrailLakeSource {
    /// These stores.
    pub fn of(named: NamedStores, is_after_table: bool) -> Self {
        Self {
            named,
            is_after_table,
            desk: QueryDesk::default(),
        }
    }

    fn about_stores(&self, session: &Session, diagnosis: &Diagnosis) -> Option<Inquiry> {
        if session.answered(self.id(), STORES).is_some() || self.waits_for_table(session, diagnosis) {
            return None;
        }
        let (due, serves) = further::stores_wanted(session, &diagnosis.findings)?;
        Some(Inquiry {
            key: STORES.to_owned(),
            source: self.id().clone(),
            region: String::new(),
            due,
            priority: 60,
            question: AnyQuestion::new(TrailLakeQuestion::Stores),
            why: "what the event data stores record".to_owned(),
            serves: vec![serves],
        })
    }

    /// How the table is laid out is about to be asked.
    fn waits_for_table(&self, session: &Session, diagnosis: &Diagnosis) -> bool {
        let is_told = session.trail().table().is_some()
            || session
                .source_failures()
                .keys()
                .any(|(source, _)| *source == SourceId::TRAIL_TABLE);
        self.is_after_table && !is_told && further::table_wanted(session, &diagnosis.findings).is_some()
    }

    fn about_records(&self, session: &Session, one: FurtherSearch, now: DateTime<Utc>) -> Option<Inquiry> {
        let due = one.due(session, now).filter(|_| one.is_wanted)?;
        let key = one.key();
        let due = queries::due_again(session, &TRAIL_LAKE, &key, due);
        let TrailPlace::Store { id, region, account } = one.place else {
            return None;
        };
        Some(Inquiry {
            key,
            source: self.id().clone(),
            region: region.as_str().to_owned(),
            due,
            priority: 65,
            question: AnyQuestion::new(TrailLakeQuestion::Records {
                store: id,
                region,
                account,
                search: one.search,
            }),
            why: one.why,
            serves: vec![one.serves],
        })
    }

    async fn stores(&self, inquiry: &Inquiry, context: &InquiryContext) -> Result<Vec<Fact>, Fault> {
        let at = context.now();
        let budget = context.budget(TRAIL_LAKE.source.pace, &inquiry.region).await;
        let list = queries::once(&budget, context.ports.stores.describe(&self.named)).await?;
        let (source, key) = (self.id().clone(), inquiry.key.clone());
        let missed = list.missed.into_iter().map(|fault| Fact::SourceMissedPart {
            source: source.clone(),
            region: inquiry.region.clone(),
            key: key.clone(),
            fault,
        });
        let mut facts: Vec<Fact> = missed.collect();
        facts.push(Fact::EventDataStoresDescribed { stores: list.stores });
        facts.push(Fact::SourceAnswered { source, key, at });
        Ok(facts)
    }
}

impl Source for TrailLakeSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        TRAIL_LAKE.source
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        if session.trail().stores().is_none() {
            return self.about_stores(session, diagnosis).into_iter().collect();
        }
        let searches = further::all(session, &diagnosis.findings).into_iter();
        let mine = searches.filter(|one| one.source == *self.id());
        mine.take(further::QUERIES)
            .filter_map(|one| self.about_records(session, one, now))
            .collect()
    }
}

#[async_trait]
impl EvidenceSource for TrailLakeSource {
    type Asks = TrailLakeQuestion;

    async fn ask(
        &self,
        question: &TrailLakeQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        let TrailLakeQuestion::Records {
            store,
            region,
            account,
            search,
        } = question
        else {
            return self.stores(inquiry, context).await;
        };
        let engine = QueryOfStore {
            stores: context.ports.stores.as_ref(),
            region,
            query: bounded(store, account, search)?,
        };
        let terms = QueryTerms {
            backend: &TRAIL_LAKE,
            call: QUERY,
            most_bytes: self.named.most_bytes,
            settled: "`megabytes` of [event-data-store]",
        };
        let _turn = self.desk.turn.lock().await;
        self.desk.answer(&engine, terms, (search, inquiry), context).await
    }

    /// Nobody waits for the query any more: it is not to go on reading.
    async fn leave(&self, inquiry: &Inquiry, context: &InquiryContext) {
        let asked = inquiry.question.get::<TrailLakeQuestion>();
        let id = self.desk.left(inquiry);
        if let (Some(id), Some(TrailLakeQuestion::Records { region, .. })) = (id, asked) {
            let _ = context.ports.stores.stop(region, &id).await;
        }
    }
}

/// The query, within its bounds.
fn bounded(store: &StoreId, account: &AccountId, search: &TrailSearch) -> Result<LakeQuery, Fault> {
    let unbounded = |words: String| Fault::new(QUERY, FaultKind::Invalid, words);
    let region = RegionName::parse(&search.region).map_err(|error| unbounded(error.to_string()))?;
    let window = QueryWindow::of(search.from, search.to);
    let window = window.ok_or_else(|| unbounded("a query is for a month at most".to_owned()))?;
    Ok(LakeQuery::new(store, account, &region, window, search))
}

/// A query to a store.
struct QueryOfStore<'a> {
    stores: &'a dyn EventDataStores,
    region: &'a RegionName,
    query: LakeQuery,
}

#[async_trait]
impl QueryEngine for QueryOfStore<'_> {
    async fn start(&self) -> Result<String, Fault> {
        self.stores.start(self.region, &self.query).await
    }

    async fn progress(&self, id: &str) -> Result<QueryProgress, Fault> {
        self.stores.progress(self.region, id).await
    }

    async fn page(&self, id: &str, token: Option<&str>) -> Result<Page<Option<TrailRecord>>, Fault> {
        let page = self.stores.records(self.region, id, token).await?;
        let records = page.items.iter().map(|record| TrailRecord::read(record).ok());
        Ok(Page {
            items: records.collect(),
            next: page.next,
        })
    }

    async fn stop(&self, id: &str) -> Result<(), Fault> {
        self.stores.stop(self.region, id).await
    }

    fn is_full(&self, found: usize) -> bool {
        LakeQuery::is_full(found)
    }
}
