//! What is said of a session beside its facts: for lists, and for questions over many deployments.

use crate::domain::conclude::digest::SessionDigest;
use crate::domain::conclude::fleet::{self, DeploymentRows};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::session::Session;
use crate::ports::SessionSummary;
use crate::store::Publisher;
use crate::store::index::IndexEntry;

/// What is said of a session.
#[derive(Debug, Clone)]
pub(super) struct Conclusions {
    told: SessionDigest,
    rows: Vec<DeploymentRows>,
}

impl Conclusions {
    pub(super) fn of(session: &Session, diagnosis: &Diagnosis) -> Self {
        Self {
            told: SessionDigest::of(diagnosis),
            rows: fleet::rows(session, diagnosis),
        }
    }

    /// Has them written with the next part of the index.
    pub(super) fn note(&self, publisher: &mut Publisher, summary: &SessionSummary) {
        let (days, recorder) = (publisher.days(&summary.root), publisher.recorder().clone());
        publisher.note(IndexEntry::of(summary, self.told.clone(), days, recorder));
        publisher.conclude(self.rows.clone());
    }
}
