//! The table over what trails deliver to S3: its layout once, then a query for each search that needs it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::investigate::plan::further::{self, FurtherSearch, TrailPlace};
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceDescriptor;
use crate::domain::model::source::trail_backend::TRAIL_TABLE;
use crate::domain::model::trail::{TrailRecord, TrailSearch};
use crate::domain::model::trail_table::{
    AccountId, QueryBounds, RegionName, TableLayout, TrailDays, TrailQuery, TrailTable,
};
use crate::domain::session::Session;
use crate::ports::{Page, QueryProgress, TrailTables};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;
use crate::watch::sources::queries::{self, QueryDesk, QueryEngine, QueryTerms};

/// The call that a query is named by.
const QUERY: &str = "athena:StartQueryExecution";

/// The table that a person named.
#[derive(Debug)]
pub struct TrailTableSource {
    table: TrailTable,
    desk: QueryDesk,
}

/// What is asked of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailTableQuestion {
    /// How is it laid out?
    Layout,
    /// What did somebody call?
    Records {
        /// How it is laid out.
        layout: Box<TableLayout>,
        /// Whose records.
        account: AccountId,
        /// What is searched for.
        search: TrailSearch,
        /// More than this no query of the workgroup may read, where it says so.
        workgroup_bytes: Option<u64>,
    },
}

impl TrailTableSource {
    /// The table of this name.
    pub fn of(table: TrailTable) -> Self {
        Self {
            table,
            desk: QueryDesk::default(),
        }
    }

    fn about_layout(&self, session: &Session, diagnosis: &Diagnosis) -> Option<Inquiry> {
        let (due, serves) = further::table_wanted(session, &diagnosis.findings)?;
        let key = format!("trail-table:{}", self.table.name);
        let is_asked = session.answered(self.id(), &key).is_some();
        (!is_asked).then(|| Inquiry {
            key,
            source: self.id().clone(),
            region: String::new(),
            due,
            priority: 50,
            question: AnyQuestion::new(TrailTableQuestion::Layout),
            why: format!("how the table {} is laid out", self.table.name),
            serves: vec![serves],
        })
    }

    fn about_records(
        &self,
        session: &Session,
        one: FurtherSearch,
        (layout, workgroup_bytes): (&TableLayout, Option<u64>),
        now: DateTime<Utc>,
    ) -> Option<Inquiry> {
        let due = one.due(session, now).filter(|_| one.is_wanted)?;
        let key = one.key();
        let due = queries::due_again(session, &TRAIL_TABLE, &key, due);
        let TrailPlace::Table { account, .. } = one.place else {
            return None;
        };
        Some(Inquiry {
            key,
            source: self.id().clone(),
            region: one.search.region.clone(),
            due,
            priority: 55,
            question: AnyQuestion::new(TrailTableQuestion::Records {
                layout: Box::new(layout.clone()),
                account,
                search: one.search,
                workgroup_bytes,
            }),
            why: one.why,
            serves: vec![one.serves],
        })
    }

    /// The lower of two limits holds: that of the person, and that of the workgroup.
    fn terms(&self, workgroup_bytes: Option<u64>) -> QueryTerms {
        let own = self.table.most_bytes;
        let lower = workgroup_bytes.filter(|most| *most < own);
        QueryTerms {
            backend: &TRAIL_TABLE,
            call: QUERY,
            most_bytes: lower.unwrap_or(own),
            settled: match lower {
                Some(_) => "the workgroup's own limit",
                None => "`megabytes` of [trail-table]",
            },
        }
    }
}

impl Source for TrailTableSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        TRAIL_TABLE.source
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let name = self.table.name.to_string();
        let Some(known) = session.trail().table().filter(|table| table.name == name) else {
            return self.about_layout(session, diagnosis).into_iter().collect();
        };
        let Ok(layout) = known.layout() else {
            return Vec::new();
        };
        let searches = further::all(session, &diagnosis.findings).into_iter();
        let mine = searches.filter(|one| one.source == *self.id());
        mine.take(further::QUERIES)
            .filter_map(|one| self.about_records(session, one, (&layout, known.most_bytes), now))
            .collect()
    }
}

#[async_trait]
impl EvidenceSource for TrailTableSource {
    type Asks = TrailTableQuestion;

    async fn ask(
        &self,
        question: &TrailTableQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        let _turn = self.desk.turn.lock().await;
        let tables = context.ports.tables.as_ref();
        let TrailTableQuestion::Records {
            layout,
            account,
            search,
            workgroup_bytes,
        } = question
        else {
            let answered = Fact::SourceAnswered {
                source: self.id().clone(),
                key: inquiry.key.clone(),
                at: context.now(),
            };
            let budget = context.budget(TRAIL_TABLE.source.pace, &inquiry.region).await;
            let table = queries::once(&budget, tables.describe(&self.table)).await?;
            return Ok(vec![Fact::TrailTableDescribed { table }, answered]);
        };
        let engine = QueryOfTable {
            tables,
            table: &self.table,
            query: TrailQuery::new(layout, &bounds(account, search)?, search),
        };
        self.desk
            .answer(&engine, self.terms(*workgroup_bytes), (search, inquiry), context)
            .await
    }

    /// Nobody waits for the query any more: it is not to go on reading.
    async fn leave(&self, inquiry: &Inquiry, context: &InquiryContext) {
        if let Some(id) = self.desk.left(inquiry) {
            let _ = context.ports.tables.stop(&self.table, &id).await;
        }
    }
}

/// What a query is bounded by.
fn bounds(account: &AccountId, search: &TrailSearch) -> Result<QueryBounds, Fault> {
    let unbounded = |words: String| Fault::new(QUERY, FaultKind::Invalid, words);
    let region = RegionName::parse(&search.region).map_err(|error| unbounded(error.to_string()))?;
    let days = TrailDays::of(search.from, search.to);
    let days = days.ok_or_else(|| unbounded("a query is for a month at most".to_owned()))?;
    Ok(QueryBounds::new(account.clone(), region, days))
}

/// A query to the table.
struct QueryOfTable<'a> {
    tables: &'a dyn TrailTables,
    table: &'a TrailTable,
    query: TrailQuery,
}

#[async_trait]
impl QueryEngine for QueryOfTable<'_> {
    async fn start(&self) -> Result<String, Fault> {
        self.tables.start(self.table, &self.query).await
    }

    async fn progress(&self, id: &str) -> Result<QueryProgress, Fault> {
        self.tables.progress(self.table, id).await
    }

    async fn page(&self, id: &str, token: Option<&str>) -> Result<Page<Option<TrailRecord>>, Fault> {
        let page = self.tables.rows(self.table, id, token).await?;
        Ok(Page {
            items: page.items.iter().map(|row| self.query.record(row)).collect(),
            next: page.next,
        })
    }

    async fn stop(&self, id: &str) -> Result<(), Fault> {
        self.tables.stop(self.table, id).await
    }

    fn is_full(&self, found: usize) -> bool {
        TrailQuery::is_full(found)
    }
}
