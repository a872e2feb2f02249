//! Where things lie on the screen, for the mouse.

use super::Tab;

/// Where the panes' rows and the tabs lie on the screen, for the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Places {
    /// The rows of the tree, or of the home screen.
    pub resources: Area,
    /// The detail pane.
    pub detail: Area,
    /// The rows of the events.
    pub events: Area,
    /// The tabs, in the order of [`Tab::ALL`].
    pub tabs: [Area; Tab::ALL.len()],
}

/// A part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// The first column.
    pub left: u16,
    /// The first row.
    pub top: u16,
    /// How many columns.
    pub width: u16,
    /// How many rows.
    pub height: u16,
}

impl Area {
    /// Whether a cell lies in it.
    pub fn has(&self, column: u16, row: u16) -> bool {
        let within = |at: u16, from: u16, size: u16| at >= from && at - from < size;
        within(column, self.left, self.width) && within(row, self.top, self.height)
    }
}
