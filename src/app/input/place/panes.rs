//! The parts of the screen: views, panes, tabs, and how the room is divided among the panes.

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
    /// All that was denied, as the policies that would allow it.
    Policy,
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

    /// Its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Resources => "Resources",
            Self::Detail => "Detail",
            Self::Events => "Events",
        }
    }

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

/// A line between two panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Between tree and detail, side by side.
    TreeWidth,
    /// Above the events below them.
    EventsHeight,
    /// Between tree and detail, stacked.
    StackedTree,
    /// Above the events there.
    StackedEvents,
}

/// A line between two panes, and the room that it divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divider {
    /// The line.
    pub split: Split,
    /// The first column or row of that room.
    pub from: u16,
    /// How many there are.
    pub size: u16,
}

impl Splits {
    /// With a line moved to a column or row of the screen.
    #[must_use]
    pub fn moved(self, divider: Divider, column: u16, row: u16) -> Self {
        let Divider { split, from, size } = divider;
        let before = |at: u16| at.saturating_sub(from).min(size);
        // A share is rounded down when it is laid out, so it is rounded up here.
        let share = |part: u16| {
            let share = (u32::from(part) * 100).div_ceil(u32::from(size.max(1)));
            u16::try_from(share).unwrap_or(100)
        };
        match split {
            Split::TreeWidth => Self {
                tree_width: share(before(column)),
                ..self
            },
            Split::EventsHeight => Self {
                events_height: share(size - before(row)),
                ..self
            },
            Split::StackedTree => Self {
                stacked_tree: share(before(row)),
                ..self
            },
            Split::StackedEvents => Self {
                stacked_events: share(size - before(row)),
                ..self
            },
        }
        .sane()
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
            Self::Trail => "CloudTrail",
            Self::Searched => "Searches",
            Self::Timeline => "Phases",
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_line_goes_where_it_is_dragged_to_and_no_further_than_panes_need() {
        let divider = |split| Divider {
            split,
            from: 10,
            size: 200,
        };
        let moved = |split, to| Splits::default().moved(divider(split), to, to);
        assert_eq!(moved(Split::TreeWidth, 110).tree_width, 50);
        assert_eq!(moved(Split::TreeWidth, 0).tree_width, 25);
        assert_eq!(moved(Split::TreeWidth, u16::MAX).tree_width, 75);
        assert_eq!(moved(Split::EventsHeight, 150).events_height, 30);
        assert_eq!(moved(Split::StackedTree, 90).stacked_tree, 40);
        assert_eq!(moved(Split::StackedEvents, 150).stacked_events, 30);
        let nothing = Divider {
            size: 0,
            ..divider(Split::EventsHeight)
        };
        let moved = Splits::default().moved(nothing, 7, 7);
        assert_eq!(moved, moved.sane());
    }

    #[test]
    fn tab_goes_round_and_tabs_do_not() {
        assert_eq!(Pane::Events.step(true), Pane::Resources);
        assert_eq!(Pane::Resources.step(false), Pane::Events);
        assert_eq!(Tab::Timeline.step(true), Tab::Timeline);
        assert_eq!(Tab::Cause.step(false), Tab::Cause);
    }
}
