//! One failure with everything that is said about it, and how the searches for it stand.

use chrono::{DateTime, Utc};

use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::{Principal, ServiceRole};
use crate::domain::explain::cause::{Assessment, Confidence};
use crate::domain::model::trail::TrailSearch;

/// One failure with everything that is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The failure.
    pub failure: Failure,
    /// Its causes and evidence. Cascades have none of their own.
    pub assessment: Assessment,
    /// The searches of the trail that serve it, in the order they are made, with what they brought.
    pub searches: Vec<SearchState>,
    /// The searches of other backends, where the trail that is asked first cannot see.
    pub elsewhere: Vec<SearchState>,
    /// The names of what it depends on: roles, keys, buckets.
    pub dependencies: Vec<String>,
    /// The role that CloudFormation works with there.
    pub service_role: ServiceRole,
    /// Sessions that its own program made by assuming a role, as far as the records tell.
    pub assumed: Vec<Principal>,
}

impl Finding {
    /// The place of a log line among those that belong to the failure.
    pub fn log_line(&self, at_ms: i64, stream: &str) -> Option<usize> {
        self.assessment
            .lines
            .iter()
            .position(|matched| matched.line.at.timestamp_millis() == at_ms && matched.line.stream == stream)
    }

    /// The trail brought a record that belongs to the failure: a failed call at high confidence or above, or
    /// a denial at medium.
    pub fn is_found_in_trail(&self) -> bool {
        self.assessment.records.iter().any(|matched| {
            let sure = matched.confidence <= Confidence::High;
            let likely = matched.confidence == Confidence::Medium && matched.record.is_denial();
            matched.record.is_error() && (sure || likely) || matched.confidence == Confidence::Certain
        })
    }

    /// The trail told surely who brought about what the failure speaks of.
    pub fn names_a_deed(&self) -> bool {
        let mut records = self.assessment.records.iter();
        records.any(|matched| !matched.record.is_error() && matched.confidence <= Confidence::High)
    }

    /// What is said of it in one line: the likeliest cause, else the reason.
    pub fn said(&self) -> &str {
        let cause = self.assessment.causes.first();
        let said = cause.map(|cause| cause.claim.as_str());
        said.unwrap_or_else(|| self.failure.reason_in_words())
    }

    /// Something explains it, wherever that was read.
    pub fn is_explained(&self) -> bool {
        self.assessment
            .causes
            .iter()
            .any(|cause| cause.confidence <= Confidence::High)
    }

    /// Nothing explains it, so that looking further back makes sense.
    pub fn is_unexplained(&self) -> bool {
        self.failure.is_root() && !self.is_explained()
    }
}

/// One search of the trail and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchState {
    /// The search.
    pub search: TrailSearch,
    /// Why it is made, in words.
    pub why: String,
    /// The newest answer: when, how many records, whether complete.
    pub answered: Option<(DateTime<Utc>, usize, bool)>,
    /// When it was asked and not answered, where that is newer.
    pub failed_at: Option<DateTime<Utc>>,
}

impl SearchState {
    /// It was made, and not only planned.
    pub fn is_asked(&self) -> bool {
        self.answered.is_some() || self.failed_at.is_some()
    }
}
