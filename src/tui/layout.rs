//! Where everything goes, for every size of terminal.

use ratatui::layout::Rect;

use crate::app::input::place::{Divider, Pane, Split, Splits};
use crate::app::state::Focus;

/// Under this nothing useful fits.
const SMALLEST: (u16, u16) = (40, 10);
/// Under this there is room for one pane only.
const SEVERAL: (u16, u16) = (60, 16);
/// From here on tree and detail stand side by side.
const WIDE: u16 = 110;
/// From here on stacked panes get boxes; under it a box would cost too many rows.
const TALL: u16 = 34;

/// The parts of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// There is no room.
    TooSmall,
    /// There is.
    Fits {
        /// The header.
        top: Rect,
        /// The panes.
        panes: Panes,
        /// The footer, one row.
        bottom: Rect,
    },
}

/// The panes that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panes {
    /// Each with its place.
    pub shown: Vec<(Pane, Rect)>,
    /// The lines between them that can be moved.
    pub dividers: Vec<(Rect, Divider)>,
    /// How they are set apart.
    pub look: PaneStyle,
}

/// How panes are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaneStyle {
    /// A rounded box around each.
    Boxed,
    /// A line above each, where rows are few.
    Ruled,
}

impl Layout {
    /// Whether tree and detail stand side by side.
    pub fn is_wide(area: Rect) -> bool {
        area.width >= WIDE
    }

    /// The layout of an area, with so many lines of trouble under the header.
    pub fn of(area: Rect, troubles: usize, focus: Focus, splits: Splits) -> Self {
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            return Self::TooSmall;
        }
        let troubles = u16::try_from(troubles).unwrap_or(u16::MAX).min(area.height / 8);
        let (top, rest) = cut(area, 2 + troubles);
        let (body, bottom) = cut(rest, rest.height.saturating_sub(1));
        Self::Fits {
            top,
            panes: panes(area, body, focus, splits),
            bottom,
        }
    }
}

fn panes(area: Rect, body: Rect, focus: Focus, splits: Splits) -> Panes {
    let splits = splits.sane();
    let boxed = if area.width >= WIDE || area.height >= TALL {
        PaneStyle::Boxed
    } else {
        PaneStyle::Ruled
    };
    let alone = |pane| Panes {
        shown: vec![(pane, body)],
        dividers: Vec::new(),
        look: boxed,
    };
    let one = area.width < SEVERAL.0 || area.height < SEVERAL.1;
    match focus {
        Focus::Zoomed(pane) => return alone(pane),
        Focus::Beside(pane) if one => return alone(pane),
        Focus::Beside(_) => {}
    }
    if area.width >= WIDE {
        let events = share(body.height, splits.events_height).clamp(5, most_events(splits));
        let (upper, lower) = cut(body, body.height.saturating_sub(events));
        let (left, right) = split(upper, tree_width(upper.width, splits));
        Panes {
            shown: vec![
                (Pane::Resources, left),
                (Pane::Detail, right),
                (Pane::Events, lower),
            ],
            dividers: vec![
                (beside(right), across(Split::TreeWidth, body)),
                (above(lower, boxed), along(Split::EventsHeight, body)),
            ],
            look: boxed,
        }
    } else {
        let tree = share(body.height, splits.stacked_tree);
        let events = share(body.height, splits.stacked_events).max(4);
        let (upper, rest) = cut(body, tree);
        let (middle, lower) = cut(rest, rest.height.saturating_sub(events));
        Panes {
            shown: vec![
                (Pane::Resources, upper),
                (Pane::Detail, middle),
                (Pane::Events, lower),
            ],
            dividers: vec![
                (above(middle, boxed), along(Split::StackedTree, body)),
                (above(lower, boxed), along(Split::StackedEvents, body)),
            ],
            look: boxed,
        }
    }
}

/// The two borders that meet to the left of a pane.
fn beside(pane: Rect) -> Rect {
    Rect {
        x: pane.x.saturating_sub(1),
        width: 2,
        ..pane
    }
}

/// The line above a pane, and the border of the box above it.
fn above(pane: Rect, look: PaneStyle) -> Rect {
    let borders = if look == PaneStyle::Boxed { 2 } else { 1 };
    Rect {
        y: (pane.y + 1).saturating_sub(borders),
        height: borders,
        ..pane
    }
}

fn across(split: Split, body: Rect) -> Divider {
    Divider {
        split,
        from: body.x,
        size: body.width,
    }
}

fn along(split: Split, body: Rect) -> Divider {
    Divider {
        split,
        from: body.y,
        size: body.height,
    }
}

/// So many hundredths.
fn share(whole: u16, hundredths: u16) -> u16 {
    let part = u32::from(whole) * u32::from(hundredths) / 100;
    u16::try_from(part).unwrap_or(whole)
}

/// Nobody needs more than so many events, unless they ask for them.
fn most_events(splits: Splits) -> u16 {
    if splits.events_height == Splits::default().events_height {
        16
    } else {
        u16::MAX
    }
}

/// A tree needs no more than so many columns, unless somebody wants them.
fn tree_width(whole: u16, splits: Splits) -> u16 {
    let wanted = share(whole, splits.tree_width);
    if splits.tree_width == Splits::default().tree_width {
        wanted.clamp(60, 100)
    } else {
        wanted
    }
}

/// The first rows of an area, and the rest.
fn cut(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let upper = Rect { height: rows, ..area };
    let lower = Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    };
    (upper, lower)
}

/// The first columns of an area, and the rest.
fn split(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let left = Rect {
        width: columns,
        ..area
    };
    let right = Rect {
        x: area.x + columns,
        width: area.width - columns,
        ..area
    };
    (left, right)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_part_lies_within_the_screen(width in 0_u16..400, height in 0_u16..200, troubles in 0_usize..9) {
            let area = Rect::new(0, 0, width, height);
            let splits = Splits { tree_width: height, events_height: width, ..Splits::default() };
            for (focus, splits) in [(Focus::default(), splits), (Focus::Zoomed(Pane::Detail), Splits::default())] {
                if let Layout::Fits { top, panes, bottom } = Layout::of(area, troubles, focus, splits) {
                    let mut parts = vec![top, bottom];
                    parts.extend(panes.shown.iter().map(|(_, rect)| *rect));
                    let sum: u32 = parts.iter().map(|part| part.area()).sum();
                    prop_assert_eq!(sum, area.area());
                    parts.extend(panes.dividers.iter().map(|(rect, _)| *rect));
                    for part in parts {
                        prop_assert_eq!(part.intersection(area), part);
                    }
                }
            }
        }
    }
}
