//! Where the person is: focus, selections, tabs, what is folded and what lies on top.
//!
//! Places name what they point at (a row's key, a record's id), never its index, so that they survive
//! every update. Nothing of the session itself lives here.

mod spots;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use self::spots::{Area, Places};
use super::prompt::Prompt;
use crate::domain::event::StackEvent;
use crate::domain::stack::StackId;

/// What the screen is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum View {
    /// The panes of the session.
    #[default]
    Session,
    /// The attempt as a chart over time.
    Timeline,
    /// Who did what to the stack.
    Actors,
    /// The attempts of the session.
    Attempts,
    /// Two attempts side by side.
    Compare,
}

/// A pane of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pane {
    /// The resource tree.
    Resources,
    /// What is known of the selected resource.
    Detail,
    /// The event tail.
    Events,
}

impl Pane {
    /// All of them, in the order of Tab.
    pub const ALL: [Self; 3] = [Self::Resources, Self::Detail, Self::Events];

    /// The pane `steps` further on in the order of Tab.
    #[must_use]
    pub fn step(self, forward: bool) -> Self {
        match (self, forward) {
            (Self::Resources, true) | (Self::Events, false) => Self::Detail,
            (Self::Detail, true) | (Self::Resources, false) => Self::Events,
            (Self::Events, true) | (Self::Detail, false) => Self::Resources,
        }
    }
}

/// How the screen is divided among the panes, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splits {
    /// The width of the tree where it stands beside the detail pane.
    pub tree_width: u16,
    /// The height of the events below them.
    pub events_height: u16,
    /// The height of the tree where the panes are stacked.
    pub stacked_tree: u16,
    /// The height of the events there.
    pub stacked_events: u16,
}

impl Default for Splits {
    fn default() -> Self {
        Self {
            tree_width: 47,
            events_height: 25,
            stacked_tree: 33,
            stacked_events: 22,
        }
    }
}

impl Splits {
    /// One step.
    const STEP: u16 = 4;

    /// With more room for a pane, or less. Every pane keeps some.
    #[must_use]
    pub fn resized(self, pane: Pane, grow: bool) -> Self {
        let step = |share: u16, grow: bool| {
            if grow {
                share.saturating_add(Self::STEP)
            } else {
                share.saturating_sub(Self::STEP)
            }
        };
        match pane {
            Pane::Resources => Self {
                tree_width: step(self.tree_width, grow),
                stacked_tree: step(self.stacked_tree, grow),
                ..self
            },
            Pane::Detail => Self {
                tree_width: step(self.tree_width, !grow),
                stacked_tree: step(self.stacked_tree, !grow),
                ..self
            },
            Pane::Events => Self {
                events_height: step(self.events_height, grow),
                stacked_events: step(self.stacked_events, grow),
                ..self
            },
        }
        .sane()
    }

    /// Shares that leave every pane some room, whatever a file says.
    #[must_use]
    pub fn sane(self) -> Self {
        Self {
            tree_width: self.tree_width.clamp(25, 75),
            events_height: self.events_height.clamp(10, 60),
            stacked_tree: self.stacked_tree.clamp(17, 49),
            stacked_events: self.stacked_events.clamp(14, 42),
        }
    }
}

/// A tab of the detail pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tab {
    /// Why it failed.
    Cause,
    /// The resource's own events.
    Events,
    /// Log lines.
    Logs,
    /// Trail records.
    Trail,
    /// Where was looked, and what cannot be seen.
    Searched,
    /// Its phases, and what was beside it in time.
    Timeline,
}

impl Tab {
    /// All of them, in the order of the digits.
    pub const ALL: [Self; 6] = [
        Self::Cause,
        Self::Events,
        Self::Logs,
        Self::Trail,
        Self::Searched,
        Self::Timeline,
    ];

    /// Its title.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cause => "Cause",
            Self::Events => "Events",
            Self::Logs => "Logs",
            Self::Trail => "Trail",
            Self::Searched => "Searched",
            Self::Timeline => "Timeline",
        }
    }

    /// The tab beside it; the outermost stay.
    #[must_use]
    pub fn step(self, forward: bool) -> Self {
        let index = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let index = if forward {
            index + 1
        } else {
            index.saturating_sub(1)
        };
        Self::ALL.get(index).copied().unwrap_or(self)
    }
}

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
    /// It rests at this event; so many were known when it stopped.
    Paused {
        /// The line under the cursor.
        at: TailKey,
        /// How many events there were.
        known: usize,
    },
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
}

impl Default for DetailPlace {
    fn default() -> Self {
        Self {
            tab: Tab::Cause,
            cursor: None,
            offset: 0,
            record: None,
            search: String::new(),
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

/// The place in the timeline; its cursor is that of the resource tree.
#[derive(Debug, Clone, Default)]
pub struct TimelinePlace {
    /// The part of the attempt that is shown; none for all of it.
    pub window: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The first row on the screen.
    pub offset: usize,
}

/// The place in a view that is a list: who did what, the attempts, the comparison.
#[derive(Debug, Clone, Default)]
pub struct LedgerPlace {
    /// The selected block.
    pub cursor: Option<usize>,
    /// The first line on the screen.
    pub offset: usize,
}

/// The person's place in one session.
#[derive(Debug, Clone, Default)]
pub struct Place {
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
    pub ledger: LedgerPlace,
}

/// What lies on top of the panes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The keys, scrolled down so far.
    Help {
        /// The first line on the screen.
        offset: usize,
    },
    /// Something is being typed on top.
    Prompt(Prompt),
    /// A filter or search is being typed for this pane.
    Typing {
        /// The pane.
        pane: Pane,
    },
}

impl Overlay {
    /// What is typed is text, not keys that say something.
    pub fn takes_text(&self) -> bool {
        matches!(self, Self::Typing { .. } | Self::Prompt(_))
    }
}

/// A word from the program, shown for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The word.
    pub text: String,
    /// It goes at this moment.
    pub until: DateTime<Utc>,
}

/// What was drawn: the heights and offsets that the next movement needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drawn {
    /// The tree.
    pub tree: Viewport,
    /// The detail pane.
    pub detail: Viewport,
    /// The event tail.
    pub tail: Viewport,
    /// The help.
    pub help: Viewport,
    /// The view that lies over the panes.
    pub view: Viewport,
    /// Where it all lies.
    pub places: Places,
}

/// So many rows around the cursor stay in sight.
const SIGHT: usize = 2;

/// The part of a list or text that is in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Viewport {
    /// Rows in sight.
    pub height: usize,
    /// The first one.
    pub offset: usize,
    /// Rows in all.
    pub len: usize,
}

impl Viewport {
    /// The part that keeps `cursor` in sight and moves no more than it must.
    ///
    /// A few rows before and after the cursor stay in sight too, so that one sees what is next.
    pub fn around(cursor: Option<usize>, offset: usize, height: usize, len: usize) -> Self {
        if height == 0 {
            return Self {
                height,
                offset: 0,
                len,
            };
        }
        let furthest = len.saturating_sub(height);
        let mut offset = offset.min(furthest);
        if let Some(cursor) = cursor.map(|cursor| cursor.min(len.saturating_sub(1))) {
            let margin = (height.saturating_sub(1) / 2).min(SIGHT);
            offset = offset.min(cursor.saturating_sub(margin));
            let below = cursor.saturating_add(margin).min(len.saturating_sub(1));
            if below >= offset.saturating_add(height) {
                offset = below.saturating_add(1).saturating_sub(height);
            }
        }
        Self { height, offset, len }
    }

    /// The indices in sight.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset.saturating_add(self.height).min(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewport_moves_no_more_than_it_must() {
        let offset = |cursor, offset| Viewport::around(cursor, offset, 5, 20).offset;
        assert_eq!(offset(Some(2), 0), 0);
        assert_eq!(offset(Some(5), 0), 3);
        assert_eq!(offset(Some(2), 4), 0);
        assert_eq!(offset(Some(99), 0), 15);
        assert_eq!(offset(None, 99), 15);
        assert_eq!(Viewport::around(Some(0), 3, 0, 0).range(), 0..0);
    }

    #[test]
    fn every_pane_keeps_some_room() {
        let mut splits = Splits::default();
        for _ in 0..40 {
            splits = splits.resized(Pane::Events, true);
            splits = splits.resized(Pane::Resources, true);
        }
        assert!(splits.stacked_tree + splits.stacked_events < 95, "{splits:?}");
        assert_eq!(splits, splits.sane());
        let back = Splits::default()
            .resized(Pane::Detail, true)
            .resized(Pane::Detail, false);
        assert_eq!(back, Splits::default());
    }

    #[test]
    fn tab_goes_round_and_tabs_do_not() {
        assert_eq!(Pane::Events.step(true), Pane::Resources);
        assert_eq!(Pane::Resources.step(false), Pane::Events);
        assert_eq!(Tab::Timeline.step(true), Tab::Timeline);
        assert_eq!(Tab::Cause.step(false), Tab::Cause);
    }
}
