//! What a source asks with: the ports, the time, and each service's pace.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Mutex, mpsc};

use crate::domain::model::source::{Pace, SourceId};
use crate::domain::model::source_status::SourceStatus;
use crate::ports::{
    Clock, EventDataStores, FunctionSource, LogQueries, LogSource, ServiceSource, TrailDirectory,
    TrailSource, TrailTables, ValidationSource,
};
use crate::watch::rate_limiter::RateLimiter;
use crate::watch::source_status_update::SourceStatusUpdate;

/// A throttled service is asked at least this often.
const WIDEST_GAP: TimeDelta = TimeDelta::seconds(8);

/// Services that tell about their own resources.
pub type Services = BTreeMap<SourceId, Arc<dyn ServiceSource>>;

/// What the sources ask.
#[derive(Clone)]
pub struct Ports {
    /// CloudTrail.
    pub trail: Arc<dyn TrailSource>,
    /// Which trails there are.
    pub trails: Arc<dyn TrailDirectory>,
    /// Tables over what trails deliver to S3.
    pub tables: Arc<dyn TrailTables>,
    /// Event data stores of CloudTrail Lake.
    pub stores: Arc<dyn EventDataStores>,
    /// Queries of log groups.
    pub queries: Arc<dyn LogQueries>,
    /// CloudWatch Logs.
    pub logs: Arc<dyn LogSource>,
    /// Lambda.
    pub functions: Arc<dyn FunctionSource>,
    /// The services that tell about their own resources, by the source that asks them.
    pub services: Services,
    /// Change sets, hooks and validations.
    pub validation: Arc<dyn ValidationSource>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// What a source asks with.
pub struct InquiryContext {
    /// What the sources ask.
    pub ports: Ports,
    clock: Arc<dyn Clock>,
    budgets: Mutex<BTreeMap<(&'static str, String), RateLimiter>>,
    shared: BTreeMap<&'static str, RateLimiter>,
    reports: Option<mpsc::Sender<SourceStatusUpdate>>,
}

impl fmt::Debug for InquiryContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InquiryContext").finish_non_exhaustive()
    }
}

impl InquiryContext {
    /// With a rate limiter for each service and region, made when it is first asked for.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>) -> Self {
        Self {
            ports,
            clock,
            budgets: Mutex::new(BTreeMap::new()),
            shared: BTreeMap::new(),
            reports: None,
        }
    }

    /// How far something is that takes long is told here.
    pub(super) fn telling(mut self, reports: mpsc::Sender<SourceStatusUpdate>) -> Self {
        self.reports = Some(reports);
        self
    }

    /// Calls to this service are of a budget that others spend as well, in whatever region.
    pub(super) fn share(&mut self, pace: Pace, budget: RateLimiter) {
        self.shared.insert(pace.service, budget);
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Returns after so long.
    pub async fn pause(&self, length: TimeDelta) {
        self.clock.sleep(length.to_std().unwrap_or_default()).await;
    }

    /// A source works on something that takes long, since then, and has read so much for it. Where nobody has time to hear
    /// of it, the next news will do.
    pub(super) fn working(&self, source: &SourceId, since: DateTime<Utc>, scanned: u64) {
        if let Some(reports) = &self.reports {
            let _ = reports.try_send(SourceStatusUpdate {
                origin: source.clone().into(),
                link: SourceStatus::Working { since, scanned },
            });
        }
    }

    /// The budget of a service in a region.
    pub async fn budget(&self, pace: Pace, region: &str) -> RateLimiter {
        if let Some(shared) = self.shared.get(pace.service) {
            return shared.clone();
        }
        let mut budgets = self.budgets.lock().await;
        budgets
            .entry((pace.service, region.to_owned()))
            .or_insert_with(|| RateLimiter::new(Arc::clone(&self.clock), pace.gap, WIDEST_GAP))
            .clone()
    }
}
