//! Where the person is: focus, selections, tabs, what is folded and what lies on top.
//!
//! Places name what they point at (a row's key, a record's id), never its index, so that they survive
//! every update. Nothing of the session itself lives here.

pub(crate) mod hit_map;
pub(crate) mod last_frame;
mod panes;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub(crate) use self::panes::{Divider, Split, Splits};
pub use self::panes::{Pane, Tab, View};
pub(crate) use crate::app::input::place::hit_map::{Area, HitMap, HitTarget};
pub use crate::app::input::place::last_frame::LastFrame;
pub(crate) use crate::app::input::place::last_frame::{ScrollMode, Viewport};
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::Clean;

/// Names a row of the resource tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKey {
    /// A stack of its own: the root, or one whose parent is not known.
    Stack(StackId),
    /// A resource of a stack; a nested stack is a resource of the one above it.
    Resource(StackId, String),
}

/// Which attempt is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AttemptChoice {
    /// Whichever is the newest.
    #[default]
    Newest,
    /// The one of that number.
    Number(u32),
}

/// A selection in a list, and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// Nobody yet: the program may move it to the first failure.
    #[default]
    Unset,
    /// The program.
    Shown(RowKey),
    /// The person: only the person moves it again.
    Chosen(RowKey),
}

impl Selection {
    /// What is selected.
    pub fn key(&self) -> Option<&RowKey> {
        match self {
            Self::Unset => None,
            Self::Shown(key) | Self::Chosen(key) => Some(key),
        }
    }
}

/// Whether a nested stack is open, where the person said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Its resources are shown.
    Open,
    /// Only its own row is shown.
    Closed,
}

/// Which rows of the resource tree are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TreeShow {
    /// All of them.
    #[default]
    All,
    /// What failed, by itself or not.
    Failed,
    /// What is under way.
    InProgress,
}

impl TreeShow {
    /// The next one of the round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Failed,
            Self::Failed => Self::InProgress,
            Self::InProgress => Self::All,
        }
    }

    /// What is shown, in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Failed => "failed",
            Self::InProgress => "in progress",
        }
    }
}

/// The order of the rows within a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TreeOrder {
    /// As CloudFormation began with them: the nearest to the template's order that events tell.
    #[default]
    Begun,
    /// What changed last first.
    Changed,
    /// What takes longest first.
    Duration,
}

impl TreeOrder {
    /// The next one of the round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Begun => Self::Changed,
            Self::Changed => Self::Duration,
            Self::Duration => Self::Begun,
        }
    }

    /// The order, in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Begun => "template order",
            Self::Changed => "newest change first",
            Self::Duration => "longest first",
        }
    }
}

/// The place in the resource tree.
#[derive(Debug, Clone, Default)]
pub struct TreePlace {
    /// The selected row.
    pub selection: Selection,
    /// What the person folded or unfolded.
    pub folds: HashMap<StackId, Fold>,
    /// The text that rows must contain.
    pub filter: String,
    /// Which rows are shown.
    pub show: TreeShow,
    /// In which order.
    pub order: TreeOrder,
    /// The first row on the screen.
    pub offset: usize,
}

/// Whether the event tail shows the newest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Follow {
    /// The newest event is always in sight.
    #[default]
    Newest,
    /// So it is, and the end is wanted: of a deployment that is over not what failed in it, but how it ended.
    End,
    /// It rests at this event; so many were known when it stopped.
    Paused {
        /// The line under the cursor.
        at: TailKey,
        /// How many events there were.
        known: usize,
    },
}

impl Follow {
    /// Rests at a line, of so many events in all; how many there were when it stopped stays.
    pub fn pause_at(&mut self, at: TailKey, all: usize) {
        let known = match self {
            Self::Paused { known, .. } => *known,
            Self::Newest | Self::End => all,
        };
        *self = Self::Paused { at, known };
    }

    /// It rests where somebody left it.
    pub const fn is_paused(&self) -> bool {
        matches!(self, Self::Paused { .. })
    }
}

/// Names a line of the event tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailKey {
    /// The event.
    pub event: Arc<StackEvent>,
    /// Not the event itself but the line below it that stands for what only follows.
    pub is_fold: bool,
}

/// What becomes of texts that are longer than a line of the tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wrap {
    /// They are cut.
    #[default]
    Cut,
    /// They are broken.
    Broken,
}

/// The place in the event tail.
#[derive(Debug, Clone, Default)]
pub struct TailPlace {
    /// Whether it follows.
    pub follow: Follow,
    /// The text that events must contain.
    pub filter: String,
    /// The failures below which those that only follow are listed.
    pub unfolded: HashSet<(StackId, String)>,
    /// What becomes of long texts.
    pub wrap: Wrap,
    /// The first event on the screen.
    pub offset: usize,
}

/// The place in the detail pane.
#[derive(Debug, Clone)]
pub struct DetailPlace {
    /// The tab.
    pub tab: Tab,
    /// The selected block or row of the tab; none as long as the person has not gone there.
    pub cursor: Option<usize>,
    /// The first line on the screen.
    pub offset: usize,
    /// A raw trail record on top of the tab.
    pub record: Option<OpenRecord>,
    /// The text searched for.
    pub search: String,
    /// Whether all reasons why the evidence belongs are listed.
    pub reasons: Fold,
}

impl Default for DetailPlace {
    fn default() -> Self {
        Self {
            tab: Tab::Cause,
            cursor: None,
            offset: 0,
            record: None,
            search: String::new(),
            reasons: Fold::Closed,
        }
    }
}

impl DetailPlace {
    /// Another tab or another resource: back to the top.
    pub fn rewind(&mut self) {
        self.cursor = None;
        self.offset = 0;
        self.record = None;
    }

    /// To the top of a tab, unless the person has not gone anywhere in it yet.
    pub fn turn_to(&mut self, tab: Tab) {
        if self.tab != tab || self.cursor.is_some() || self.record.is_some() {
            self.rewind();
            self.tab = tab;
        }
    }
}

/// A raw trail record, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRecord {
    /// Its id.
    pub event_id: String,
    /// The first line on the screen.
    pub offset: usize,
    /// The block that a search has found.
    pub found: Option<usize>,
}

impl OpenRecord {
    /// A record at its beginning.
    pub fn new(event_id: String) -> Self {
        Self {
            event_id,
            offset: 0,
            found: None,
        }
    }
}

/// A part of the time, from its first moment to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// Its first moment.
    pub from: DateTime<Utc>,
    /// Its last moment.
    pub to: DateTime<Utc>,
}

/// The place in the timeline; its cursor is that of the resource tree.
#[derive(Debug, Clone, Default)]
pub struct TimelinePlace {
    /// The part of the attempt that is shown; none for all of it.
    pub window: Option<TimeSpan>,
    /// The first row on the screen.
    pub offset: usize,
}

/// The place in a view that is a list: who did what, the attempts, the comparison.
#[derive(Debug, Clone, Default)]
pub struct ListPlace {
    /// The selected block.
    pub cursor: Option<usize>,
    /// The first line on the screen.
    pub offset: usize,
}

/// The person's place in one session.
#[derive(Debug, Clone, Default)]
pub struct SessionPlace {
    /// The attempt looked at.
    pub attempt: AttemptChoice,
    /// In the resource tree.
    pub tree: TreePlace,
    /// In the event tail.
    pub tail: TailPlace,
    /// In the detail pane.
    pub detail: DetailPlace,
    /// In the timeline.
    pub timeline: TimelinePlace,
    /// In the view that lies over the panes.
    pub list: ListPlace,
}

/// A word from the program, shown for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The word.
    pub text: Clean,
    /// It goes at this moment.
    pub until: DateTime<Utc>,
    /// No word that nobody asked for takes its place before this moment.
    pub stays_until: DateTime<Utc>,
    /// It is about the last key: it goes with the next, too.
    pub about_key: bool,
    /// Nobody asked for it: no key takes it away before it could be read.
    pub is_news: bool,
}
