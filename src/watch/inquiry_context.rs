//! What a source asks with: the ports, the time, and each service's pace.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use crate::ports::{Clock, FunctionSource, LogSource, ServiceSource, TrailSource, ValidationSource};
use crate::watch::rate_limiter::RateLimiter;

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

/// What a source asks with.
pub struct InquiryContext {
    /// What the sources ask.
    pub ports: Ports,
    clock: Arc<dyn Clock>,
    budgets: Mutex<BTreeMap<(&'static str, String), RateLimiter>>,
    shared: BTreeMap<&'static str, RateLimiter>,
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
        }
    }

    /// This source's calls are of a budget that others spend as well, in whatever region.
    pub(super) fn share(&mut self, source: &'static str, budget: RateLimiter) {
        self.shared.insert(source, budget);
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
}
