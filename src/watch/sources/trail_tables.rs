//! The table over what trails deliver to S3: its layout once, then a query for each search that needs it.
//!
//! A query costs what it reads. So one runs at a time, what it has read is looked at while it runs, and it is stopped when
//! that is more than it may, when it takes too long, and when the program ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::investigate::plan::further::{self, FurtherSearch, TrailPlace};
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceDescriptor;
use crate::domain::model::source::trail_backend::TRAIL_TABLE;
use crate::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use crate::domain::model::trail_table::{
    AccountId, QueryBounds, RegionName, TableLayout, TrailDays, TrailQuery, TrailTable, amount,
};
use crate::domain::session::Session;
use crate::ports::{Page, QueryProgress, QueryState, TrailTables};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::rate_limiter::RateLimiter;
use crate::watch::source::EvidenceSource;
use crate::watch::sources::trail_pages::{self, TrailPages};

/// A query is looked at after this, then less and less often ...
const FIRST_LOOK: TimeDelta = TimeDelta::milliseconds(250);
/// ... but at least so often, since it goes on reading.
const LAST_LOOK: TimeDelta = TimeDelta::seconds(2);
/// A query that is not done when it was looked at so often is stopped: after five minutes, and more where looking takes long.
const LOOKS: usize = 152;
/// The call that a query is named by.
const QUERY: &str = "athena:StartQueryExecution";
/// What came to nothing is not tried again, and paid for again, before this.
const TRIED_AGAIN: TimeDelta = TimeDelta::hours(1);
/// Faults one after the other, while a query is looked at, after which it is given up.
const FAULTS: u32 = 3;

/// The table that a person named.
#[derive(Debug)]
pub struct TrailTableSource {
    table: TrailTable,
    /// The queries that run, by their inquiries.
    running: Mutex<BTreeMap<String, String>>,
    turn: tokio::sync::Mutex<()>,
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
    },
}

impl TrailTableSource {
    /// The table of this name.
    pub fn of(table: TrailTable) -> Self {
        Self {
            table,
            running: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
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
        layout: &TableLayout,
        now: DateTime<Utc>,
    ) -> Option<Inquiry> {
        let due = one.due(session, now).filter(|_| one.is_wanted)?;
        let key = one.key();
        let failure = session.source_failures().get(&(self.id().clone(), key.clone()));
        let again = failure.map(|failure| failure.at + TRIED_AGAIN);
        let due = again.map_or(due, |again| due.max(again));
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
            }),
            why: one.why,
            serves: vec![one.serves],
        })
    }

    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
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
        mine.take(further::TABLE_SEARCHES)
            .filter_map(|one| self.about_records(session, one, &layout, now))
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
        let at = context.now();
        let answered = Fact::SourceAnswered {
            source: self.id().clone(),
            key: inquiry.key.clone(),
            at,
        };
        let _turn = self.turn.lock().await;
        let budget = context.budget(TRAIL_TABLE.source.pace, &inquiry.region).await;
        let access = TableAccess {
            tables: context.ports.tables.as_ref(),
            table: &self.table,
            budget: &budget,
        };
        let TrailTableQuestion::Records {
            layout,
            account,
            search,
        } = question
        else {
            let table = access.once(access.tables.describe(&self.table)).await?;
            return Ok(vec![Fact::TrailTableDescribed { table }, answered]);
        };
        let query = TrailQuery::new(layout, &bounds(account, search)?, search);
        let id = access.once(access.tables.start(&self.table, &query)).await?;
        self.running().insert(inquiry.key.clone(), id.clone());
        let mut scanned = 0;
        let ended = access.until_done(&id, inquiry, context, &mut scanned).await;
        self.running().remove(&inquiry.key);
        let read = match ended {
            Ok(()) => access.read(&query, &id, search).await,
            Err(fault) => Err(fault),
        };
        // What it read is paid for, whatever came of it.
        let key = inquiry.key.clone();
        let mut facts = vec![Fact::TrailTableScanned { key, bytes: scanned }];
        match read {
            Ok(answer) => facts.extend([Fact::TrailSearched { answer }, answered]),
            Err(fault) => facts.push(Fact::SourceFailed {
                source: self.id().clone(),
                region: inquiry.region.clone(),
                key: inquiry.key.clone(),
                fault,
            }),
        }
        Ok(facts)
    }

    /// Nobody waits for the query any more: it is not to go on reading.
    async fn leave(&self, inquiry: &Inquiry, context: &InquiryContext) {
        let id = self.running().remove(&inquiry.key);
        if let Some(id) = id {
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

/// With what a table is asked.
struct TableAccess<'a> {
    tables: &'a dyn TrailTables,
    table: &'a TrailTable,
    budget: &'a RateLimiter,
}

impl TableAccess<'_> {
    /// One call, at the pace of the service.
    async fn once<T>(&self, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.budget.acquire().await;
        let answer = call.await;
        self.budget.observe(&answer);
        answer
    }

    /// Returns when the query has found what there is.
    async fn until_done(
        &self,
        id: &str,
        inquiry: &Inquiry,
        context: &InquiryContext,
        scanned: &mut u64,
    ) -> Result<(), Fault> {
        let begun = context.now();
        let (mut pause, mut faults) = (FIRST_LOOK, 0);
        for _ in 0..LOOKS {
            context.pause(pause).await;
            pause = (pause * 2).min(LAST_LOOK);
            let progress = match self.once(self.tables.progress(self.table, id)).await {
                Err(fault) if fault.kind.is_passing() && faults < FAULTS => {
                    faults += 1;
                    continue;
                }
                Err(fault) => return Err(self.stopped(id, fault).await),
                Ok(progress) => progress,
            };
            faults = 0;
            *scanned = (*scanned).max(progress.scanned);
            context.working(&inquiry.source, begun, *scanned);
            if let Some(ended) = self.ended(id, progress).await {
                return ended;
            }
        }
        let minutes = (context.now() - begun).num_minutes();
        let words = format!("the query was stopped: it was not done after {minutes} minutes");
        Err(self
            .stopped(id, Fault::new(QUERY, FaultKind::Invalid, words))
            .await)
    }

    /// What came of a query, if it is over, or must be.
    async fn ended(&self, id: &str, progress: QueryProgress) -> Option<Result<(), Fault>> {
        let told = |words: String| Fault::new(QUERY, FaultKind::Invalid, words);
        let (read, most) = (progress.scanned, self.table.most_bytes);
        match progress.state {
            QueryState::Succeeded => Some(Ok(())),
            QueryState::Failed(fault) => Some(Err(fault)),
            QueryState::Stopped(why) => Some(Err(told(format!("the query was stopped by somebody: {why}")))),
            QueryState::Running if read > most => {
                let words = format!(
                    "the query had read {} and was stopped: it may read {} (`megabytes` of [trail-table])",
                    amount(read),
                    amount(most)
                );
                Some(Err(self.stopped(id, told(words)).await))
            }
            QueryState::Running => None,
        }
    }

    /// Stops a query for this reason; where it cannot be stopped, that is told instead.
    async fn stopped(&self, id: &str, why: Fault) -> Fault {
        match self.once(self.tables.stop(self.table, id)).await {
            Err(fault) if fault.kind == FaultKind::Denied => fault,
            _ => why,
        }
    }

    async fn read(&self, query: &TrailQuery, id: &str, search: &TrailSearch) -> Result<TrailAnswer, Fault> {
        let rows = RowsOfQuery {
            access: self,
            query,
            id,
            count: AtomicUsize::new(0),
        };
        let (most, source) = (TRAIL_TABLE.limit.pages, &TRAIL_TABLE.source.id);
        let mut answer = trail_pages::read(&rows, search, most, source, self.budget).await?;
        answer.complete &= !TrailQuery::is_full(rows.count.into_inner());
        Ok(answer)
    }
}

/// What a query found, page by page.
struct RowsOfQuery<'a> {
    access: &'a TableAccess<'a>,
    query: &'a TrailQuery,
    id: &'a str,
    count: AtomicUsize,
}

#[async_trait]
impl TrailPages for RowsOfQuery<'_> {
    async fn page(
        &self,
        search: &TrailSearch,
        token: Option<&str>,
    ) -> Result<Option<Page<TrailRecord>>, Fault> {
        let page = self.access.tables.rows(self.access.table, self.id, token).await?;
        self.count.fetch_add(page.items.len(), Ordering::Relaxed);
        let records = page.items.iter().filter_map(|row| self.query.record(row));
        Ok(Some(Page {
            items: records.filter(|record| search.admits(record)).collect(),
            next: page.next,
        }))
    }
}
