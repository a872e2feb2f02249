//! What a diagnosis says of a session in a few sentences: what a list shows of it and a search finds in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::conclude::verdict;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::read::signature::NextStep;

/// A session in a few sentences. Made out of its facts, and remade when they are others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionDigest {
    /// The story of the attempt that counts.
    pub headline: Option<String>,
    /// When that began.
    pub began: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// How far it was, where it had not ended.
    #[serde(default)]
    pub progress: Option<ProgressDigest>,
    /// What is said of each failure that stands for itself: of the attempt that counts first, then of the others.
    pub failures: Vec<FailureDigest>,
}

/// How far a deployment was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressDigest {
    /// Settled resources, or those that were rolled back.
    pub done: usize,
    /// All that were known of.
    pub all: usize,
}

/// What is said of one failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureDigest {
    /// What failed.
    pub resource: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The likeliest cause, else the reason.
    pub said: String,
    /// It is of the attempt that counts.
    pub counts: bool,
    /// What else is said: the effect, the other causes, what to do.
    pub more: Vec<String>,
}

impl SessionDigest {
    /// What a diagnosis says.
    pub fn of(diagnosis: &Diagnosis) -> Self {
        let judged = diagnosis.headline_attempt();
        let number = judged.map(|attempt| attempt.number);
        let told = |finding: &Finding| FailureDigest {
            resource: finding.failure.event.logical_id.clone(),
            at: finding.failure.failed_at(),
            said: finding.said().to_owned(),
            counts: Some(finding.failure.attempt) == number,
            more: more(finding),
        };
        let mut failures: Vec<FailureDigest> = diagnosis.roots().map(told).collect();
        failures.sort_by_key(|failure| !failure.counts);
        Self {
            headline: judged.map(|judged| diagnosis.headline(judged, &verdict::utc)),
            began: judged.map(|judged| judged.started_at),
            ended: judged.and_then(|judged| judged.ended_at),
            progress: None,
            failures,
        }
    }

    /// What is said of the attempt that counts, in one sentence.
    pub fn cause(&self) -> Option<String> {
        let failure = self.failures.iter().find(|failure| failure.counts)?;
        let others = self.failures.iter().filter(|other| other.counts).count() - 1;
        let more = if others > 0 {
            format!("  (and {others} more)")
        } else {
            String::new()
        };
        Some(format!("{}: {}{more}", failure.resource, failure.said))
    }
}

/// Every other sentence about a failure.
fn more(finding: &Finding) -> Vec<String> {
    let causes = &finding.assessment.causes;
    let claims = causes.iter().skip(1).map(|cause| cause.claim.clone());
    let effects = causes.iter().filter_map(|cause| cause.effect.clone());
    let steps = causes.iter().filter_map(|cause| cause.next_step.as_ref());
    let steps = steps.map(NextStep::text);
    claims.chain(effects).chain(steps).collect()
}
