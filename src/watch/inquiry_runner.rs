//! Where inquiries are answered: a few at a time, each service at its own pace.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::failures::Failures;
use super::source::AnySource;
use crate::domain::investigate::cadence;
use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::fault::Fault;
use crate::domain::model::source::{Pace, SourceId};
use crate::domain::model::source_status::SourceStatus;
use crate::domain::model::stack::StackId;
use crate::ports::{Batch, Clock};
use crate::watch::inquiry_context::{InquiryContext, Ports};
use crate::watch::rate_limiter::RateLimiter;
use crate::watch::source_status_update::SourceStatusUpdate;

/// Inquiries that one source answers at the same time: a slow source must not keep the others waiting, and
/// the account's limits are shared with everybody else.
const AT_ONCE: usize = 3;

/// So long a source has to end what runs for it elsewhere, when the program ends.
const LEAVING: Duration = Duration::from_millis(1_500);

/// Answers inquiries.
pub struct InquiryRunner {
    context: InquiryContext,
    sources: Vec<Arc<dyn AnySource>>,
    places: BTreeMap<SourceId, Semaphore>,
    failures: Mutex<Failures>,
    facts: mpsc::Sender<Batch>,
    reports: mpsc::Sender<SourceStatusUpdate>,
}

impl fmt::Debug for InquiryRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InquiryRunner")
            .field("sources", &self.sources.len())
            .finish_non_exhaustive()
    }
}

impl InquiryRunner {
    /// A runner that sends its facts and reports on.
    pub fn new(
        ports: Ports,
        sources: Vec<Arc<dyn AnySource>>,
        clock: Arc<dyn Clock>,
        facts: mpsc::Sender<Batch>,
        reports: mpsc::Sender<SourceStatusUpdate>,
    ) -> Self {
        let places = sources
            .iter()
            .map(|source| (source.id().clone(), Semaphore::new(AT_ONCE)))
            .collect();
        Self {
            context: InquiryContext::new(ports, clock).telling(reports.clone()),
            sources,
            places,
            failures: Mutex::default(),
            facts,
            reports,
        }
    }

    /// The same runner, where calls to this service are of a budget that others spend as well, in whatever region.
    #[must_use]
    pub fn sharing(mut self, pace: Pace, budget: RateLimiter) -> Self {
        self.context.share(pace, budget);
        self
    }

    /// Answers one inquiry and sends on what came of it.
    pub async fn answer(&self, root: StackId, inquiry: Inquiry, stop: CancellationToken) {
        let source = self.sources.iter().find(|source| *source.id() == inquiry.source);
        let (Some(source), Some(places)) = (source, self.places.get(&inquiry.source)) else {
            return;
        };
        let Ok(_place) = places.acquire().await else {
            return;
        };
        let asked = self.context.now();
        let label = source.descriptor().label;
        tracing::debug!(region = inquiry.region, "{label} is asked");
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return self.leave(source.as_ref(), &inquiry).await,
            answer = source.answer(&inquiry, &self.context) => answer,
        };
        let now = self.context.now();
        let facts = match answer {
            Ok(facts) => {
                let region = &inquiry.region;
                let ms = (self.context.now() - asked).num_milliseconds();
                tracing::info!(facts = facts.len(), ms, region, "{label} answered");
                self.report(inquiry.source.clone(), SourceStatus::Answering { at: now })
                    .await;
                self.report_parts(&facts, now).await;
                facts
            }
            Err(fault) => {
                tracing::warn!(kind = ?fault.kind, region = inquiry.region, "{label} did not answer");
                self.report(inquiry.source.clone(), troubled(&fault, now)).await;
                vec![Fact::SourceFailed {
                    source: inquiry.source.clone(),
                    region: inquiry.region.clone(),
                    key: inquiry.key.clone(),
                    fault,
                }]
            }
        };
        let mut failures = self.failures.lock().await;
        failures.answered(&inquiry.key, &facts);
        let facts = facts
            .into_iter()
            .filter(|fact| failures.is_news(fact, now))
            .map(|fact| Recorded {
                observed_at: now,
                fact,
            })
            .collect();
        drop(failures);
        // A closed channel means that the program is leaving.
        let _ = self
            .facts
            .send(Batch {
                root,
                facts,
                ends: Some(inquiry.key),
            })
            .await;
    }

    /// The program ends: what a source has running elsewhere is to end, too.
    async fn leave(&self, source: &dyn AnySource, inquiry: &Inquiry) {
        let _ = tokio::time::timeout(LEAVING, source.leave(inquiry, &self.context)).await;
    }

    /// What an answer lacks is told under the name of the call: the source as a whole does answer.
    async fn report_parts(&self, facts: &[Fact], now: DateTime<Utc>) {
        for fact in facts {
            if let Fact::SourceFailed { fault, .. } | Fact::SourceMissedPart { fault, .. } = fact {
                tracing::warn!(kind = ?fault.kind, action = fault.action, "a part was not answered");
                self.report(SourceId::from(fault.action.as_str()), troubled(fault, now))
                    .await;
            }
        }
    }

    async fn report(&self, source: SourceId, link: SourceStatus) {
        let _ = self
            .reports
            .send(SourceStatusUpdate {
                origin: source.into(),
                link,
            })
            .await;
    }
}

fn troubled(fault: &Fault, now: DateTime<Utc>) -> SourceStatus {
    let retry_at = now + cadence::after_fault(fault.kind, 1, 0.0);
    SourceStatus::Troubled {
        since: now,
        fault: fault.clone(),
        retry_at,
    }
}
