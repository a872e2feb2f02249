//! Facts: what happened outside, as data.
//!
//! A session is a journal of these, and everything shown is a fold over it. A fact can be stored, sent
//! twice and applied in any order. New kinds may be added; a kind's meaning never changes. What an earlier format
//! said otherwise is put into today's form where it comes in: see [`older`].

pub mod older;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::described_trail::DescribedTrail;
use super::event::StackEvent;
use super::fault::Fault;
use super::log::LogAnswer;
use super::source::SourceId;
use super::stack::{StackDescription, StackId};
use super::trail::TrailAnswer;
use super::trail_query::DescribedStore;
use super::trail_table::DescribedTable;
use super::validation::{ChangeSet, HookResult, OperationEvent};

/// Something that happened outside.
// `remote` gives the plain serialiser and deserialiser to those in `older`, through which everything goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// A stack answered when it was asked for.
    StackDescribed {
        /// What it said.
        stack: StackDescription,
    },
    /// Events of one stack were read.
    StackEventsSeen {
        /// Whose they are: all events carry the same.
        stack_id: StackId,
        /// Its events, in any order.
        events: Vec<StackEvent>,
    },
    /// A stack's events were read, and there was nothing new among them.
    StackRead {
        /// Whose they are.
        stack_id: StackId,
    },
    /// A stack's events began to be read downwards, newest first; what stands below them is not known yet.
    StackReadingBegun {
        /// Whose they are.
        stack_id: StackId,
        /// When that began, by this program's clock; the newest counts.
        at: DateTime<Utc>,
    },
    /// The reading downwards met what was known: there is no gap any more.
    StackReadingEnded {
        /// Whose events they are.
        stack_id: StackId,
        /// When that was, by this program's clock; the newest counts.
        at: DateTime<Utc>,
    },
    /// A stack's events cannot be read, and not only for a moment.
    StackEventsUnreadable {
        /// Whose they are.
        stack_id: StackId,
        /// What kind of fault it was, with the words of whoever answered.
        fault: Fault,
    },
    /// A stack's events can be read again.
    StackEventsReadable {
        /// Whose they are.
        stack_id: StackId,
        /// Since when, by this program's clock; the newest counts.
        at: DateTime<Utc>,
    },
    /// The stack no longer answers by its name: AWS shows it only to who knows its ARN.
    StackGone {
        /// With the id in its ARN, which no later stack of that name shares.
        stack_id: StackId,
    },
    /// A stack of the same name, but another one, took its place.
    StackReplaced {
        /// The one that was watched.
        stack_id: StackId,
        /// The new one.
        by: StackId,
    },
    /// A Lambda function told whom it runs as and where it logs.
    FunctionDescribed {
        /// As `GetFunctionConfiguration` told.
        function: FunctionDescription,
    },
    /// A search of the trail was answered.
    TrailSearched {
        /// One search with its records; the same search may be answered again later, with more.
        answer: TrailAnswer,
    },
    /// Earlier sessions of the account were looked up for how long a region's trail takes.
    TrailDelaysKnown {
        /// Of the trail that was asked: `eu-west-1`.
        region: String,
        /// First sighting minus event time, in seconds, of the newest sightings.
        delays: Vec<u32>,
    },
    /// Earlier sessions of the account were looked up for how soon a queue told of calls, by a watch that listens to
    /// one.
    PushedDelaysKnown {
        /// Where the calls were made: `eu-west-1`.
        region: String,
        /// First sighting minus event time, in seconds, of the newest sightings.
        delays: Vec<u32>,
    },
    /// The trails that record in a region told what they record, and where they deliver it.
    TrailsDescribed {
        /// Where they were asked for.
        region: String,
        /// All of them.
        trails: Vec<DescribedTrail>,
    },
    /// A table over what trails deliver to S3 told how it is laid out.
    TrailTableDescribed {
        /// Its columns and partitions.
        table: DescribedTable,
    },
    /// The event data stores that may be asked told what they record.
    EventDataStoresDescribed {
        /// All of them.
        stores: Vec<DescribedStore>,
    },
    /// A query to an engine (a table, a log group) was charged for what it read, whatever came of it.
    TrailTableScanned {
        /// What the question was about; see [`crate::domain::investigate::inquiry::Inquiry::key`].
        key: String,
        /// How much it read.
        bytes: u64,
    },
    /// A log group was read.
    LogsRead {
        /// One reading with its lines, or that the group is missing.
        answer: LogAnswer,
    },
    /// A service told something about one of its own resources.
    ServiceStated {
        /// What it told.
        statement: ServiceStatement,
    },
    /// A change set was listed or described.
    ChangeSetDescribed {
        /// What it said.
        change_set: ChangeSet,
    },
    /// Events of an operation were read, which a stack's own events may not have.
    OperationEventsSeen {
        /// The stack that was asked about.
        stack_id: StackId,
        /// The change set that was asked about, if one was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change_set: Option<String>,
        /// The events, in any order.
        events: Vec<OperationEvent>,
    },
    /// A hook's result was listed or read.
    HookResultSeen {
        /// What it says.
        result: HookResult,
    },
    /// The archive was damaged, and not all that was saved of the session could be read again.
    PartsLost {
        /// Events that could be read.
        kept: u64,
        /// Events that there had been, where that is known.
        counted: Option<u64>,
    },
    /// A source of evidence was asked and answered, whatever it said.
    SourceAnswered {
        /// The source's name.
        source: SourceId,
        /// What the question was about; see [`crate::domain::investigate::inquiry::Inquiry::key`].
        key: String,
        /// When the answer came, by this program's clock; the newest counts.
        at: DateTime<Utc>,
    },
    /// A source of evidence answered, but with more than is read at once: what was read is not all.
    SourceFoundTooMuch {
        /// The source's name.
        source: SourceId,
        /// What the question was about; see [`crate::domain::investigate::inquiry::Inquiry::key`].
        key: String,
        /// When the answer came, by this program's clock; the newest counts.
        at: DateTime<Utc>,
    },
    /// A source of evidence answered, but for one call of those that it takes.
    SourceMissedPart {
        /// The source's name.
        source: SourceId,
        /// The region, where the source has one.
        region: String,
        /// What the question was about; see [`crate::domain::investigate::inquiry::Inquiry::key`].
        key: String,
        /// What kind of fault it was; its action is the call.
        fault: Fault,
    },
    /// A source of evidence could not be asked.
    SourceFailed {
        /// The source's name: `cloudtrail`, `logs`, `ecs` ...
        source: SourceId,
        /// The region, where the source has one.
        region: String,
        /// What the question was about; see [`crate::domain::investigate::inquiry::Inquiry::key`].
        key: String,
        /// What kind of fault it was, with the words of whoever answered.
        fault: Fault,
    },
}

/// A Lambda function, as `GetFunctionConfiguration` tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FunctionDescription {
    /// The function's ARN as it was asked for.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The role that it runs as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The log group that it writes to.
    pub log_group: String,
    /// It runs inside a VPC, so that a missing route can keep it from answering.
    #[serde(default)]
    pub in_vpc: bool,
    /// Its time limit in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
}

/// A service's own statement about a resource: a stopped ECS task's reason, a service event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceStatement {
    /// The source that asked: `ecs`.
    pub source: SourceId,
    /// The service's id of it, unique with the source: a task's ARN, an event's id.
    pub id: String,
    /// The stack whose resource it is about.
    pub stack_id: StackId,
    /// The resource's name in the template.
    pub logical_id: String,
    /// When it happened, by the service's clock.
    pub at: DateTime<Utc>,
    /// What it says, in the service's words.
    pub text: String,
    /// The principal that it acted as, where it tells (a task's execution role).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// Log groups that belong to it, with the stream where it is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<(String, Option<String>)>,
}

/// A fact with the moment at which it was seen here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When this program saw it, by its clock.
    pub observed_at: DateTime<Utc>,
    /// What it saw.
    #[serde(flatten)]
    pub fact: Fact,
}

impl fmt::Display for Fact {
    /// Names and counts, never content, so that logs stay free of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StackDescribed { stack } => write!(f, "stack described: {}", stack.status),
            Self::StackEventsSeen { events, .. } => write!(f, "stack events seen: {}", events.len()),
            Self::StackRead { .. } => f.write_str("stack read: nothing new"),
            Self::StackReadingBegun { .. } => f.write_str("stack reading begun"),
            Self::StackReadingEnded { .. } => f.write_str("stack reading ended"),
            Self::StackEventsUnreadable { fault, .. } => {
                write!(f, "stack events unreadable: {:?}", fault.kind)
            }
            Self::StackEventsReadable { .. } => f.write_str("stack events readable"),
            Self::StackGone { .. } => f.write_str("stack gone"),
            Self::StackReplaced { .. } => f.write_str("stack replaced"),
            Self::FunctionDescribed { .. } => f.write_str("function described"),
            Self::TrailSearched { answer } => write!(f, "trail searched: {} records", answer.records.len()),
            Self::TrailDelaysKnown { delays, .. } => write!(f, "trail delays known: {}", delays.len()),
            Self::PushedDelaysKnown { delays, .. } => {
                write!(f, "delays of a queue known: {}", delays.len())
            }
            Self::TrailsDescribed { trails, .. } => write!(f, "trails described: {}", trails.len()),
            Self::TrailTableDescribed { table } => {
                write!(f, "trail table described: {} columns", table.columns.len())
            }
            Self::EventDataStoresDescribed { stores } => {
                write!(f, "event data stores described: {}", stores.len())
            }
            Self::TrailTableScanned { bytes, .. } => write!(f, "trail table scanned: {bytes} bytes"),
            Self::LogsRead { answer } => write!(f, "logs read: {} lines", answer.lines.len()),
            Self::ServiceStated { statement } => write!(f, "service stated: {}", statement.source),
            Self::ChangeSetDescribed { change_set } => {
                write!(f, "change set described: {}", change_set.status)
            }
            Self::OperationEventsSeen { events, .. } => write!(f, "operation events seen: {}", events.len()),
            Self::HookResultSeen { .. } => f.write_str("hook result seen"),
            Self::PartsLost { kept, .. } => write!(f, "parts lost: {kept} events are left"),
            Self::SourceAnswered { source, .. } => write!(f, "{source} answered"),
            Self::SourceFoundTooMuch { source, .. } => write!(f, "{source} found too much"),
            Self::SourceMissedPart { source, fault, .. } => {
                write!(f, "{source} missed {}: {:?}", fault.action, fault.kind)
            }
            Self::SourceFailed { source, fault, .. } => write!(f, "{source} failed: {:?}", fault.kind),
        }
    }
}
