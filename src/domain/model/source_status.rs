//! How a source is doing at the moment. Not part of the journal: it is true only now.

use std::fmt;

use chrono::{DateTime, Utc};

use super::fault::Fault;
use super::source::SourceId;
use super::stack::StackId;

/// Who is doing well or badly: a source as a whole, or as far as one stack is concerned. One stack that
/// cannot be read says nothing about the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The source.
    pub source: SourceId,
    /// The stack; none for the source as a whole.
    pub about: Option<SourceScope>,
}

/// Which stack a source was asked about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceScope {
    /// One that is known.
    Stack(StackId),
    /// One that is looked for, in the person's words.
    Target(String),
}

impl From<SourceId> for Origin {
    fn from(source: SourceId) -> Self {
        Self { source, about: None }
    }
}

impl Origin {
    /// CloudFormation, asked about a stack that is known.
    pub fn stack(stack: &StackId) -> Self {
        Self {
            source: SourceId::CLOUDFORMATION,
            about: Some(SourceScope::Stack(stack.clone())),
        }
    }

    /// CloudFormation, asked about a stack that is looked for.
    pub fn target(target: &str) -> Self {
        Self {
            source: SourceId::CLOUDFORMATION,
            about: Some(SourceScope::Target(target.to_owned())),
        }
    }

    /// The name of the stack.
    pub fn name(&self) -> Option<&str> {
        self.about.as_ref().map(|about| match about {
            SourceScope::Stack(stack) => stack.name(),
            SourceScope::Target(target) => target,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)?;
        match self.name() {
            Some(name) => write!(f, " of {name}"),
            None => Ok(()),
        }
    }
}

/// How a source is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceStatus {
    /// It answered then.
    Answering {
        /// When it answered last.
        at: DateTime<Utc>,
    },
    /// It works on something that takes long.
    Working {
        /// Since when.
        since: DateTime<Utc>,
        /// How many bytes it has read for it so far.
        scanned: u64,
    },
    /// It does not answer as it should.
    Troubled {
        /// Since when.
        since: DateTime<Utc>,
        /// What kind of fault it was, with the words of whoever answered.
        fault: Fault,
        /// When it is asked again.
        retry_at: DateTime<Utc>,
    },
    /// A stack's events cannot be read, but it answers when it is asked how it stands.
    StatusOnly {
        /// When it answered last.
        at: DateTime<Utc>,
        /// Since when its events cannot be read.
        since: DateTime<Utc>,
        /// What kind of fault it was, with the words of whoever answered.
        fault: Fault,
    },
    /// The stack that is waited for does not exist (yet).
    Absent {
        /// Since when it is waited for.
        since: DateTime<Utc>,
    },
}

impl SourceStatus {
    /// What is wrong, and since when.
    pub fn trouble(&self) -> Option<(DateTime<Utc>, &Fault)> {
        match self {
            Self::Troubled { since, fault, .. } | Self::StatusOnly { since, fault, .. } => {
                Some((*since, fault))
            }
            Self::Answering { .. } | Self::Working { .. } | Self::Absent { .. } => None,
        }
    }
}

/// Whether the archive keeps up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SaveState {
    /// Everything so far is committed.
    #[default]
    Saved,
    /// Something waits in memory. It is tried again until it is committed.
    NotSaving {
        /// Why, in words for a person.
        reason: String,
        /// How many events, records, log lines and other facts wait.
        pending: usize,
    },
}
