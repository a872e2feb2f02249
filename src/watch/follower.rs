//! What following stacks needs, whichever stack it is: where they are read, where facts go, the budget.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::faults::{Faults, jitter};
use crate::domain::investigate::cadence;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::fault::Fault;
use crate::domain::model::source_status::{Origin, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::ports::{Batch, Clock, Saved, StackSource};
use crate::watch::push::PushRegistry;
use crate::watch::rate_limiter::RateLimiter;
use crate::watch::source_status_update::SourceStatusUpdate;

/// Follows targets. Cheap to clone; all clones share the budget.
#[derive(Clone)]
pub struct Follower {
    /// Where stacks are read.
    pub stacks: Arc<dyn StackSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The one budget for all stacks.
    pub budget: RateLimiter,
    /// Where facts go.
    pub facts: mpsc::Sender<Batch>,
    /// Where facts go that are saved already.
    pub saved: mpsc::Sender<Saved>,
    /// What earlier runs saved.
    pub past: Arc<dyn SavedHistory>,
    /// Where the state of CloudFormation goes.
    pub reports: mpsc::Sender<SourceStatusUpdate>,
    /// Whom a queue's messages reach.
    pub push: PushRegistry,
    /// Ends everything.
    pub stop: CancellationToken,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").finish_non_exhaustive()
    }
}

/// What earlier runs saved.
#[async_trait]
pub trait SavedHistory: Send + Sync {
    /// Every saved fact of a root stack's session, in the order of its journal.
    async fn of(&self, root: &StackId) -> Vec<Recorded>;

    /// What earlier sessions of the stack's account tell of how long its trail takes, as facts.
    async fn delays(&self, root: &StackId) -> Vec<Fact>;
}

impl Follower {
    pub(super) async fn endure(&self, origin: &Origin, faults: &mut Faults, fault: Fault) {
        let (since, retry_at) = self.count(faults, &fault);
        let link = SourceStatus::Troubled {
            since,
            fault,
            retry_at,
        };
        self.report(origin, link).await;
        self.clock.sleep_until(retry_at).await;
    }

    /// Takes a fault into account: since when there are faults, and when to ask again.
    pub(super) fn count(&self, faults: &mut Faults, fault: &Fault) -> (DateTime<Utc>, DateTime<Utc>) {
        let now = self.clock.now();
        let (since, times) = faults.again(now);
        let pause = cadence::after_fault(fault.kind, times, jitter(now, times));
        let again = pause.num_seconds();
        tracing::warn!(kind = ?fault.kind, times, "CloudFormation does not answer; again in {again} s");
        (since, now + pause)
    }

    pub(super) async fn pause(&self, pause: TimeDelta) {
        self.clock.sleep(pause.to_std().unwrap_or_default()).await;
    }

    pub(super) async fn send(&self, root: &StackId, facts: Vec<Fact>) {
        let observed_at = self.clock.now();
        let facts = facts
            .into_iter()
            .map(|fact| Recorded { observed_at, fact })
            .collect();
        // A closed channel means that the program is leaving.
        let _ = self
            .facts
            .send(Batch {
                root: root.clone(),
                facts,
                ends: None,
            })
            .await;
    }

    pub(super) async fn report(&self, origin: &Origin, link: SourceStatus) {
        let origin = origin.clone();
        let _ = self.reports.send(SourceStatusUpdate { origin, link }).await;
    }
}
