//! Engines that are given a query and answer after a while: one query at a time, looked at until it is done, and read.
//!
//! A query costs what it reads. So what it has read is looked at while it runs, and it is stopped when that is more than
//! it may, when it takes too long, and when the program ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::TrailBackend;
use crate::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use crate::domain::model::trail_table::amount;
use crate::domain::session::Session;
use crate::ports::{Page, QueryProgress, QueryState};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::rate_limiter::RateLimiter;
use crate::watch::sources::trail_pages::{self, TrailPages};

/// A query is looked at after this, then less and less often ...
const FIRST_LOOK: TimeDelta = TimeDelta::milliseconds(250);
/// ... but at least so often, since it goes on reading.
const LAST_LOOK: TimeDelta = TimeDelta::seconds(2);
/// A query that is not done when it was looked at so often is stopped: after five minutes, and more where looking takes long.
const LOOKS: usize = 152;
/// What came to nothing is not tried again, and paid for again, before this.
const TRIED_AGAIN: TimeDelta = TimeDelta::hours(1);
/// Faults one after the other, while a query is looked at, after which it is given up.
const FAULTS: u32 = 3;

/// What of an engine is its own: a query that it is to answer.
#[async_trait]
pub(super) trait QueryEngine: Sync {
    /// Begins the query, and names it.
    async fn start(&self) -> Result<String, Fault>;

    /// How far it is.
    async fn progress(&self, id: &str) -> Result<QueryProgress, Fault>;

    /// One page of what it found; none for what is no record.
    async fn page(&self, id: &str, token: Option<&str>) -> Result<Page<Option<TrailRecord>>, Fault>;

    /// Stops it.
    async fn stop(&self, id: &str) -> Result<(), Fault>;

    /// Whether so much was found that there may be more.
    fn is_full(&self, found: usize) -> bool;
}

/// On what terms queries are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueryTerms {
    pub(super) backend: &'static TrailBackend,
    /// The call that a query is named by.
    pub(super) call: &'static str,
    /// A query that has read more bytes than this is stopped.
    pub(super) most_bytes: u64,
    /// Where that is settled, in words.
    pub(super) settled: &'static str,
}

/// Where queries are made, one after the other.
#[derive(Debug, Default)]
pub(super) struct QueryDesk {
    /// The queries that run, by their inquiries.
    running: Mutex<BTreeMap<String, String>>,
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl QueryDesk {
    /// Makes a query, and reads what it finds. It is the caller's turn.
    pub(super) async fn answer(
        &self,
        engine: &dyn QueryEngine,
        terms: QueryTerms,
        (search, inquiry): (&TrailSearch, &Inquiry),
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        let at = context.now();
        let source = terms.backend.source.id.clone();
        let budget = context.budget(terms.backend.source.pace, &inquiry.region).await;
        let watched = WatchedQuery {
            engine,
            terms,
            budget: &budget,
        };
        let id = once(&budget, engine.start()).await?;
        self.running().insert(inquiry.key.clone(), id.clone());
        let mut scanned = 0;
        let ended = watched.until_done(&id, inquiry, context, &mut scanned).await;
        self.running().remove(&inquiry.key);
        let read = match ended {
            Ok(()) => watched.read(&id, search).await,
            Err(fault) => Err(fault),
        };
        // What it read is paid for, whatever came of it.
        let key = inquiry.key.clone();
        let mut facts = vec![Fact::TrailTableScanned { key, bytes: scanned }];
        match read {
            Ok(answer) => facts.extend([
                Fact::TrailSearched { answer },
                Fact::SourceAnswered {
                    source,
                    key: inquiry.key.clone(),
                    at,
                },
            ]),
            Err(fault) => facts.push(Fact::SourceFailed {
                source,
                region: inquiry.region.clone(),
                key: inquiry.key.clone(),
                fault,
            }),
        }
        Ok(facts)
    }

    /// The query that nobody waits for any more, if it runs: it is not to go on reading.
    pub(super) fn left(&self, inquiry: &Inquiry) -> Option<String> {
        self.running().remove(&inquiry.key)
    }

    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When an inquiry is due that costs something: not at once where it came to nothing.
pub(super) fn due_again(
    session: &Session,
    terms: &'static TrailBackend,
    key: &str,
    due: DateTime<Utc>,
) -> DateTime<Utc> {
    let failed = (terms.source.id.clone(), key.to_owned());
    let failure = session.source_failures().get(&failed);
    let again = failure.map(|failure| failure.at + TRIED_AGAIN);
    again.map_or(due, |again| due.max(again))
}

/// One call, at the pace of the service.
pub(super) async fn once<T>(
    budget: &RateLimiter,
    call: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    budget.acquire().await;
    let answer = call.await;
    budget.observe(&answer);
    answer
}

/// A query that runs.
struct WatchedQuery<'a> {
    engine: &'a dyn QueryEngine,
    terms: QueryTerms,
    budget: &'a RateLimiter,
}

impl WatchedQuery<'_> {
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
            let progress = match once(self.budget, self.engine.progress(id)).await {
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
        Err(self.stopped(id, self.fault(words)).await)
    }

    fn fault(&self, words: String) -> Fault {
        Fault::new(self.terms.call, FaultKind::Invalid, words)
    }

    /// What came of a query, if it is over, or must be.
    async fn ended(&self, id: &str, progress: QueryProgress) -> Option<Result<(), Fault>> {
        let (read, most) = (progress.scanned, self.terms.most_bytes);
        match progress.state {
            QueryState::Succeeded => Some(Ok(())),
            QueryState::Failed(fault) => Some(Err(fault)),
            QueryState::Stopped(why) => {
                let why = if why.is_empty() { why } else { format!(": {why}") };
                Some(Err(self.fault(format!("the query was stopped by somebody{why}"))))
            }
            QueryState::Running if read > most => {
                let words = format!(
                    "the query had read {} and was stopped: it may read {} ({})",
                    amount(read),
                    amount(most),
                    self.terms.settled
                );
                Some(Err(self.stopped(id, self.fault(words)).await))
            }
            QueryState::Running => None,
        }
    }

    /// Stops a query for this reason; where it cannot be stopped, that is told instead.
    async fn stopped(&self, id: &str, why: Fault) -> Fault {
        match once(self.budget, self.engine.stop(id)).await {
            Err(fault) if fault.kind == FaultKind::Denied => fault,
            _ => why,
        }
    }

    async fn read(&self, id: &str, search: &TrailSearch) -> Result<TrailAnswer, Fault> {
        let pages = PagesOfQuery {
            engine: self.engine,
            id,
            count: AtomicUsize::new(0),
        };
        let backend = self.terms.backend;
        let (most, source) = (backend.limit.pages, &backend.source.id);
        let mut answer = trail_pages::read(&pages, search, most, source, self.budget).await?;
        answer.complete &= !self.engine.is_full(pages.count.into_inner());
        Ok(answer)
    }
}

/// What a query found, page by page.
struct PagesOfQuery<'a> {
    engine: &'a dyn QueryEngine,
    id: &'a str,
    count: AtomicUsize,
}

#[async_trait]
impl TrailPages for PagesOfQuery<'_> {
    async fn page(
        &self,
        search: &TrailSearch,
        token: Option<&str>,
    ) -> Result<Option<Page<TrailRecord>>, Fault> {
        let page = self.engine.page(self.id, token).await?;
        self.count.fetch_add(page.items.len(), Ordering::Relaxed);
        let records = page.items.into_iter().flatten();
        Ok(Some(Page {
            items: records.filter(|record| search.admits(record)).collect(),
            next: page.next,
        }))
    }
}
