//! One row of the resource tree, in words and signs.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::input::place::{Fold, RowKey};
use crate::app::layout::line::Tone;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Operation;
use crate::domain::read::text::Clean;

/// When what was done is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undoing {
    /// Since when.
    pub began: DateTime<Utc>,
    /// Until when; none while it goes on.
    pub ended: Option<DateTime<Utc>>,
}

/// How a resource stands in the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowState {
    /// Under way.
    Working,
    /// As wanted.
    Done,
    /// Failed by itself.
    Failed,
    /// Only follows from a failure.
    Cascade,
    /// Being put back.
    Undoing,
    /// Put back.
    Undone,
    /// As wanted, and left so by a rollback that is over: no event of that is about it.
    Left,
    /// Waiting for somebody, or in a status that nobody knows.
    Other,
}

impl RowState {
    /// Its sign. What works turns with the time.
    pub fn sign(self, now: DateTime<Utc>) -> &'static str {
        let turning = ["◐", "◓", "◑", "◒"];
        let turn = usize::try_from(now.timestamp().rem_euclid(4)).unwrap_or(0);
        match self {
            Self::Working | Self::Undoing => turning.get(turn).copied().unwrap_or("◐"),
            Self::Done | Self::Left => "✔",
            Self::Failed => "✘",
            Self::Cascade => "⊘",
            Self::Undone => "↶",
            Self::Other => "○",
        }
    }

    /// What it means.
    pub fn tone(self) -> Tone {
        match self {
            Self::Working => Tone::Working,
            Self::Done => Tone::Good,
            Self::Failed => Tone::Bad,
            Self::Cascade => Tone::Cascade,
            // Nothing is well under a stack that was rolled back.
            Self::Undoing | Self::Undone | Self::Left => Tone::Undone,
            Self::Other => Tone::Plain,
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeRow {
    /// Its name for the program.
    pub key: RowKey,
    /// The stack that it is a resource of; for a stack of its own, that stack.
    pub stack: StackId,
    /// How deep it lies.
    pub depth: u16,
    /// Its name for people.
    pub name: Clean,
    /// Its type, shortened.
    pub kind: Clean,
    /// How it stands.
    pub state: RowState,
    /// The same in a word or two.
    pub word: Clean,
    /// When work on it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended; none as long as it runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it was put back, and when that ended; none as long as that runs.
    pub undo: Option<Undoing>,
    /// What was done to it first: `create`, `update`.
    pub operation: Operation,
    /// For a stack: whether its resources are shown.
    pub fold: Option<Fold>,
    /// For a stack: which.
    pub child: Option<StackId>,
    /// The place of its failure in the diagnosis.
    pub finding: Option<usize>,
    /// It hangs, or takes far longer than it should.
    pub hangs: bool,
}

/// The sign of a stack that failed with what is in it: it was not cancelled, and did not fail by itself.
const NESTED_FAILURE: &str = "⊗";

impl TreeRow {
    /// Its sign.
    pub fn sign(&self, now: DateTime<Utc>) -> &'static str {
        if self.state == RowState::Cascade && self.child.is_some() {
            NESTED_FAILURE
        } else {
            self.state.sign(now)
        }
    }

    /// What it means.
    pub fn tone(&self) -> Tone {
        if self.hangs {
            Tone::Warning
        } else {
            self.state.tone()
        }
    }

    /// How long it took, or has been taking: the stack of an attempt with its rollback, as the attempt's length is
    /// told everywhere; a resource until it was done or put back, since in between it only waits.
    pub fn took(&self, moment: DateTime<Utc>) -> Option<TimeDelta> {
        if let RowKey::Stack(_) = self.key {
            let from = self.started_at?;
            return Some((self.ended_at.unwrap_or(moment) - from).max(TimeDelta::zero()));
        }
        self.worked(moment)
    }

    /// How long what was asked for was worked on, without putting it back.
    pub fn worked(&self, moment: DateTime<Utc>) -> Option<TimeDelta> {
        let from = self.started_at?;
        let to = self.ended_at.unwrap_or(moment);
        let to = self.undo.map_or(to, |undo| to.min(undo.began));
        Some((to - from).max(TimeDelta::zero()))
    }

    /// It has come to the end of what [`Self::took`] tells.
    pub fn is_over(&self) -> bool {
        match self.key {
            RowKey::Stack(_) => self.ended_at.is_some(),
            RowKey::Resource(..) => self.ended_at.is_some() || self.undo.is_some(),
        }
    }
}
