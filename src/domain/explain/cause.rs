//! Causes: ranked claims about a failure, each resting on evidence that can be opened.
//!
//! How sure a claim is, and the word for it (certain, high, medium, low), is [`Confidence`]. Which record belongs to
//! which failure, and what makes that sure, is not decided here; see [`super::matching`].

mod assessing;
mod claim;
pub(crate) mod deed;
mod denial;
pub mod denials;
mod granted;
pub mod lines;
mod lists;
mod placeholders;
mod protection;
mod ranking;
pub mod remedy;
pub(crate) mod thing;
mod thing_state;
mod undone;
pub mod walk_back;

use crate::domain::read::signature::NextStep;
pub use assessing::assess;
pub use denial::statement_resource;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::deployment::failure::FailureKey;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::log::{LogGroup, LogLine};
use crate::domain::model::source::SourceId;
use crate::domain::model::trail::TrailRecord;

/// How sure a claim or a match is. Smaller is surer. What each level needs is written in [`super::matching`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// An identifier joins the two, or the reason's own words name the very denial.
    Certain,
    /// Something ties the two, and nothing contradicts. A reason that nothing else backs up is no surer.
    High,
    /// Something ties the two, and something leaves a doubt.
    Medium,
    /// A service, a caller and a time may fit, and nothing ties the two: never a cause by itself.
    Low,
}

impl Confidence {
    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// Names a piece of evidence, so that it can be opened.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvidenceId {
    /// A trail record, by its id.
    Trail(String),
    /// A log line.
    Log {
        /// The log group.
        group: String,
        /// The log stream.
        stream: String,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// The stack's own event.
    Event(FailureKey),
    /// A service's statement.
    Statement {
        /// The source.
        source: SourceId,
        /// The service's id of it.
        id: String,
    },
}

impl EvidenceId {
    fn of_statement(said: &ServiceStatement) -> Self {
        Self::Statement {
            source: said.source.clone(),
            id: said.id.clone(),
        }
    }
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trail(id) => write!(f, "trail:{id}"),
            Self::Log { group, stream, at_ms } => write!(f, "log:{group}/{stream}@{at_ms}"),
            Self::Event(key) => write!(f, "event:{}#{}", key.stack_id, key.event_id),
            Self::Statement { source, id } => write!(f, "{source}:{id}"),
        }
    }
}

/// A ranked claim about why something failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// 1 is the likeliest.
    pub rank: u32,
    /// What happened, in one sentence: facts only.
    pub claim: String,
    /// Why that made the resource fail, in one sentence.
    pub effect: Option<String>,
    /// How sure that is.
    pub confidence: Confidence,
    /// The reasons, in words.
    pub why: Vec<String>,
    /// What it rests on, strongest first.
    pub evidence: Vec<EvidenceId>,
    /// What to do now.
    pub next_step: Option<NextStep>,
    /// The known signature that it fits: its id.
    pub signature: Option<String>,
    /// A policy statement that would allow what was denied.
    pub statement: Option<PolicyStatement>,
    /// The claim of a denial in its parts.
    pub denied: Option<DeniedCall>,
}

/// Who was denied what: the parts of such a claim, for whoever tells them one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedCall {
    /// Who called.
    pub who: String,
    /// The denied action, as far as it is known.
    pub action: Option<String>,
    /// What the call was on.
    pub on: Option<String>,
    /// Which policy said no.
    pub because: Option<String>,
}

/// A minimal IAM statement to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyStatement {
    /// The statement, as pretty JSON.
    pub json: String,
    /// Whom to attach it to.
    pub attach_to: Option<String>,
    /// What else must hold for it to help: whose policy it belongs into, an ARN to fill in, another account, a trust policy.
    pub warning: Option<String>,
}

/// A trail record that may belong to a failure, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedRecord {
    /// The record.
    pub record: Arc<TrailRecord>,
    /// How sure it is that it belongs.
    pub confidence: Confidence,
    /// Why, in words, strongest first.
    pub why: Vec<String>,
    /// How many identical ones it stands for, itself included.
    pub count: u32,
    /// The other identical ones.
    pub same: Vec<String>,
    /// First seen here.
    pub observed_at: DateTime<Utc>,
}

/// A trail record that tempts as the cause of a failure, and what refutes it. It is never a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefutedRecord {
    /// The record.
    pub record: Arc<TrailRecord>,
    /// What refutes it.
    pub why: String,
    /// How many identical ones it stands for, itself included.
    pub count: u32,
}

/// A log line that belongs to a failure, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedLine {
    /// The group.
    pub group: LogGroup,
    /// The line.
    pub line: LogLine,
    /// It belongs to the very request that failed, or reports an error.
    pub weight: LineWeight,
}

/// How much a log line says about the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LineWeight {
    /// Reports an error.
    Error,
    /// Names the very request that failed.
    Request,
    /// Was written at the time.
    Context,
}

/// Everything that is said about one failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assessment {
    /// At most three, ranked.
    pub causes: Vec<Cause>,
    /// Trail records, surest first; nothing that is plainly unrelated.
    pub records: Vec<MatchedRecord>,
    /// Trail records that tempt and were refuted, the most tempting first; a few.
    pub refuted: Vec<RefutedRecord>,
    /// Log lines, oldest first.
    pub lines: Vec<MatchedLine>,
    /// What the trail cannot show for this failure, and what was read instead.
    pub blind_spots: Vec<String>,
}
