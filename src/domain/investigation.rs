//! Investigations as data: what to ask which source, when, and why.
//!
//! A source of evidence plans with [`Source::plan`], a pure function of the session and the time. The same
//! object answers in the `watch` module; here nothing is asked.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::diagnosis::Diagnosis;
use super::failure::FailureKey;
use super::log::LogSearch;
use super::session::Session;
use super::stack::StackId;
use super::trail::TrailSearch;

/// What is asked of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Search CloudTrail.
    Trail {
        /// What to search for.
        search: TrailSearch,
        /// Read at most so many pages of it, each of them a call.
        max_pages: u32,
    },
    /// Read a log group.
    Logs(LogSearch),
    /// Whom does this Lambda function run as, and where does it log?
    Function {
        /// The function's ARN.
        arn: String,
    },
    /// What does the service itself say about this resource?
    Service {
        /// The stack.
        stack_id: StackId,
        /// The resource's name in the template.
        logical_id: String,
        /// The resource's name in the account.
        physical_id: String,
        /// Settings of the resource that the service wants to know.
        settings: std::collections::BTreeMap<String, String>,
    },
}

/// One thing to ask, when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// Names the inquiry: two of one key are the same, and only one runs at a time.
    pub key: String,
    /// The source that answers: [`Source::name`].
    pub source: &'static str,
    /// The region that it is asked in.
    pub region: String,
    /// Not before this moment.
    pub due: DateTime<Utc>,
    /// Smaller goes first when several are due.
    pub priority: u8,
    /// What to ask.
    pub question: Question,
    /// In words, for the person: "calls made as role shop-SetupRole".
    pub why: String,
    /// The failures that it serves.
    pub serves: Vec<FailureKey>,
}

/// Plans what to ask. Pure.
pub trait Source: Send + Sync {
    /// A short name, also in the archive: `cloudtrail`.
    fn name(&self) -> &'static str;

    /// Everything this source would like to know of the session, now or later. What was already answered
    /// well enough is not planned again: the session tells.
    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry>;
}

/// How far the search for a failure's evidence in one source has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvestigationState {
    /// This source has nothing to tell about such a failure.
    NotNeeded,
    /// Too early to ask.
    Waiting,
    /// Being asked.
    Searching,
    /// It brought something that belongs to the failure.
    Found,
    /// It was asked to the end and brought nothing.
    Nothing,
    /// A permission is missing.
    Denied,
    /// It could not be asked for other reasons.
    GaveUp,
}

impl InvestigationState {
    /// Something may still come of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Searching)
    }
}
