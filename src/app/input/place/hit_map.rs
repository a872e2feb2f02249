//! What lies where on the screen, for the mouse.
//!
//! Drawing notes it with every frame, and a click asks the last one: so it hits what the person sees, whatever
//! is folded, broken or scrolled.

use super::{Divider, Pane, RowKey, Tab, TailKey};
use crate::app::input::intent::Intent;
use crate::domain::model::stack::StackId;

/// Something on the screen that the mouse can do something with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HitTarget {
    /// The bottom layer: a pane.
    Pane(Pane),
    /// The bottom layer: the view that takes the place of the panes, or of the home screen.
    View,
    /// The line between two panes.
    Divider(Divider),
    /// A tab of the detail pane.
    Tab(Tab),
    /// A row of the resource tree, or of the timeline.
    Row(RowKey),
    /// The sign that folds a stack or unfolds it.
    Fold(StackId),
    /// A line of the event tail.
    Event(TailKey),
    /// A block of the detail pane that can be selected.
    Block(usize),
    /// A block of the list over the panes that can be selected, or a row of the home screen.
    Entry(usize),
    /// A place of the bar of a replay, in thousandths.
    Moment(u16),
    /// Words that tell what a key does.
    Says(Intent),
    /// What lies on top of everything else.
    Popup,
    /// An entry of it that can be chosen.
    Choice(usize),
}

/// What lies where, in the order in which it was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HitMap(Vec<(Area, HitTarget)>);

impl HitMap {
    /// Something lies there, on top of what was noted before.
    pub fn note(&mut self, area: Area, target: HitTarget) {
        self.0.push((area, target));
    }

    /// All of it, from the bottom to the top.
    pub fn iter(&self) -> impl Iterator<Item = &(Area, HitTarget)> {
        self.0.iter()
    }

    /// What lies at a cell, from the top to the bottom.
    pub fn at(&self, column: u16, row: u16) -> impl Iterator<Item = &HitTarget> {
        let here = move |(area, _): &&(Area, HitTarget)| area.has(column, row);
        self.0.iter().rev().filter(here).map(|(_, target)| target)
    }
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
    pub fn has(self, column: u16, row: u16) -> bool {
        let within = |at: u16, from: u16, size: u16| at >= from && at - from < size;
        within(column, self.left, self.width) && within(row, self.top, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_last_lies_on_top() {
        let area = |left, width| Area {
            left,
            top: 1,
            width,
            height: 2,
        };
        let mut targets = HitMap::default();
        targets.note(area(0, 10), HitTarget::Pane(Pane::Detail));
        targets.note(area(4, 3), HitTarget::Tab(Tab::Logs));
        let at = |column, row| targets.at(column, row).collect::<Vec<_>>();
        assert_eq!(
            at(4, 1),
            [&HitTarget::Tab(Tab::Logs), &HitTarget::Pane(Pane::Detail)]
        );
        assert_eq!(at(7, 2), [&HitTarget::Pane(Pane::Detail)]);
        assert!(at(4, 0).is_empty() && at(4, 3).is_empty() && at(10, 1).is_empty());
    }
}
