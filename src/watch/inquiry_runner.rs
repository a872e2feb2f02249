//! Where inquiries are answered: a few at a time, each service at its own pace.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::failures::Failures;
use super::source::EvidenceSource;
use crate::domain::investigate::cadence;
use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::fault::Fault;
use crate::domain::model::source_status::SourceStatus;
use crate::domain::model::stack::StackId;
use crate::ports::{Batch, Clock, FunctionSource, LogSource, ServiceSource, TrailSource, ValidationSource};
use crate::watch::rate_limiter::RateLimiter;
use crate::watch::source_status_update::SourceStatusUpdate;

/// Inquiries that one source answers at the same time: a slow source must not keep the others waiting, and
/// the account's limits are shared with everybody else.
const AT_ONCE: usize = 3;
/// LookupEvents calls are this far apart in a region: the account has two a second, for everybody.
const TRAIL_GAP: TimeDelta = TimeDelta::milliseconds(1_000);
/// Calls for logs are this far apart: the strictest regions allow five a second.
const LOG_GAP: TimeDelta = TimeDelta::milliseconds(250);
/// Calls for anything else.
const OTHER_GAP: TimeDelta = TimeDelta::milliseconds(250);
/// A throttled service is asked at least this often.
const WIDEST_GAP: TimeDelta = TimeDelta::seconds(8);

/// What the sources ask.
#[derive(Clone)]
pub struct Ports {
    /// CloudTrail.
    pub trail: Arc<dyn TrailSource>,
    /// CloudWatch Logs.
    pub logs: Arc<dyn LogSource>,
    /// Lambda.
    pub functions: Arc<dyn FunctionSource>,
    /// ECS.
    pub ecs: Arc<dyn ServiceSource>,
    /// Change sets, hooks and validations.
    pub validation: Arc<dyn ValidationSource>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// Answers inquiries.
pub struct InquiryRunner {
    /// What the sources ask.
    pub ports: Ports,
    clock: Arc<dyn Clock>,
    sources: Vec<Arc<dyn EvidenceSource>>,
    budgets: Mutex<BTreeMap<(&'static str, String), RateLimiter>>,
    shared: BTreeMap<&'static str, RateLimiter>,
    places: BTreeMap<&'static str, Semaphore>,
    failures: Mutex<Failures>,
    facts: mpsc::Sender<Batch>,
    reports: mpsc::Sender<SourceStatusUpdate>,
}

impl fmt::Debug for InquiryRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("sources", &self.sources.len())
            .finish_non_exhaustive()
    }
}

impl InquiryRunner {
    /// A desk that sends its facts and reports on.
    pub fn new(
        ports: Ports,
        sources: Vec<Arc<dyn EvidenceSource>>,
        clock: Arc<dyn Clock>,
        facts: mpsc::Sender<Batch>,
        reports: mpsc::Sender<SourceStatusUpdate>,
    ) -> Self {
        let places = sources
            .iter()
            .map(|source| (source.name(), Semaphore::new(AT_ONCE)))
            .collect();
        Self {
            ports,
            clock,
            sources,
            budgets: Mutex::new(BTreeMap::new()),
            shared: BTreeMap::new(),
            places,
            failures: Mutex::default(),
            facts,
            reports,
        }
    }

    /// The same desk, where this source's calls are of a budget that others spend as well, in whatever region.
    #[must_use]
    pub fn sharing(mut self, source: &'static str, budget: RateLimiter) -> Self {
        self.shared.insert(source, budget);
        self
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The budget of a service in a region.
    pub async fn budget(&self, service: &'static str, region: &str) -> RateLimiter {
        if let Some(shared) = self.shared.get(service) {
            return shared.clone();
        }
        let mut budgets = self.budgets.lock().await;
        let gap = match service {
            "cloudtrail" => TRAIL_GAP,
            "logs" => LOG_GAP,
            _ => OTHER_GAP,
        };
        budgets
            .entry((service, region.to_owned()))
            .or_insert_with(|| RateLimiter::new(Arc::clone(&self.clock), gap, WIDEST_GAP))
            .clone()
    }

    /// Answers one inquiry and sends on what came of it.
    pub async fn answer(&self, root: StackId, inquiry: Inquiry, stop: CancellationToken) {
        let source = self.sources.iter().find(|source| source.name() == inquiry.source);
        let (Some(source), Some(places)) = (source, self.places.get(inquiry.source)) else {
            return;
        };
        let Ok(_place) = places.acquire().await else {
            return;
        };
        let asked = self.clock.now();
        tracing::debug!(region = inquiry.region, "{} is asked", inquiry.source);
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            answer = source.ask(&inquiry, self) => answer,
        };
        let now = self.clock.now();
        let facts = match answer {
            Ok(facts) => {
                let (source, region) = (inquiry.source, &inquiry.region);
                let ms = (self.clock.now() - asked).num_milliseconds();
                tracing::info!(facts = facts.len(), ms, region, "{source} answered");
                self.report(inquiry.source, SourceStatus::Answering { at: now })
                    .await;
                self.report_parts(&facts, now).await;
                facts
            }
            Err(fault) => {
                let (source, region) = (inquiry.source, &inquiry.region);
                tracing::warn!(kind = ?fault.kind, region, "{source} did not answer");
                self.report(inquiry.source, troubled(&fault, now)).await;
                vec![Fact::SourceFailed {
                    source: inquiry.source.to_owned(),
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

    /// What an answer lacks is told under the name of the call: the source as a whole does answer.
    async fn report_parts(&self, facts: &[Fact], now: DateTime<Utc>) {
        for fact in facts {
            if let Fact::SourceFailed { fault, .. } = fact {
                tracing::warn!(kind = ?fault.kind, action = fault.action, "a part was not answered");
                self.report(&fault.action, troubled(fault, now)).await;
            }
        }
    }

    async fn report(&self, source: &str, link: SourceStatus) {
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
