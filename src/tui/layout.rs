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
/// From here on there is room for more than the panes.
const HUGE: (u16, u16) = (220, 56);
/// From here on the tree can have more than its share.
const ROOMY: u16 = 140;
/// ... so many hundredths.
const TREE_OF_ROOMY: u16 = 52;
/// A cause is read without scrolling in so many rows, with their box.
const READ: u16 = 26;
/// ... and with its statement in so many.
const READ_OF_CAUSE: u16 = 34;
/// So many rows of events stay beside what is read, and beside a record.
const EVENTS_BESIDE: u16 = 9;
const EVENTS_BESIDE_RECORD: u16 = 6;
const NO_EVENTS: u16 = 3;
/// Where there is room for a record beside its cause: so many hundredths.
const READ_OF_HUGE: u16 = 60;
/// The tree's share of two stacked panes, at most.
const TREE_OF_TWO: u16 = 40;
/// The share of the tree and the events where all of them fit.
const LEFT_OF_HUGE: u16 = 42;
/// The timeline beside the panes is no lower.
const LEAST_MAP: u16 = 8;
/// A tree is no lower, so that what comes next does not move everything.
const LEAST_TREE: u16 = 6;
/// The share of the events beside the small timeline.
const EVENTS_OF_HUGE: u16 = 58;

/// The parts of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
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

/// The panes that are shown. Boxes that meet share the line between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panes {
    /// Each with its place.
    pub shown: Vec<(Pane, Rect)>,
    /// What there is room for beside them.
    pub extras: Vec<(Extra, Rect)>,
    /// The lines between them that can be moved.
    pub dividers: Vec<(Rect, Divider)>,
    /// How they are set apart.
    pub look: PaneStyle,
}

/// What a very large screen shows beside the panes. It can be looked at and not gone to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// What the words of the detail rest on.
    Evidence,
    /// The attempt over time.
    Timeline,
}

/// What decides how the room is divided, beside the size of the screen.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The pane in focus.
    pub focus: Focus,
    /// What the person has settled.
    pub splits: Splits,
    /// The rows of the tree, and the columns that it can use.
    pub tree: (usize, usize),
    /// The lines of the events.
    pub events: usize,
    /// The pane below the tree where there is room for two.
    pub lower: Pane,
    /// There is something that the detail rests on, to be shown beside it.
    pub evidence: bool,
    /// What the detail is read for.
    pub reading: DetailDepth,
}

/// What the detail is read for: the more, the fewer rows the events have beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DetailDepth {
    /// What happens is looked at, and the detail now and then.
    #[default]
    Glance,
    /// Why it failed, once it is over: the events tell nothing new.
    Cause,
    /// A record, which is long.
    Record,
}

impl DetailDepth {
    /// So many rows, with their box.
    const fn rows(self) -> u16 {
        match self {
            Self::Glance => READ,
            Self::Cause => READ_OF_CAUSE,
            Self::Record => u16::MAX,
        }
    }
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            focus: Focus::default(),
            splits: Splits::default(),
            tree: (0, 0),
            events: 0,
            lower: Pane::Detail,
            evidence: false,
            reading: DetailDepth::default(),
        }
    }
}

/// How panes are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaneStyle {
    /// A rounded box around each.
    Boxed,
    /// A line above each, where rows are few.
    Ruled,
}

impl Layout {
    /// Whether tree and detail stand side by side.
    pub(crate) fn is_wide(area: Rect) -> bool {
        area.width >= WIDE
    }

    /// The layout of an area, with so many lines of trouble under the header.
    pub(crate) fn of(area: Rect, troubles: usize, wanted: &Wanted) -> Self {
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            return Self::TooSmall;
        }
        let troubles = u16::try_from(troubles).unwrap_or(u16::MAX).min(area.height / 8);
        let (top, rest) = cut(area, 2 + troubles);
        let (body, bottom) = cut(rest, rest.height.saturating_sub(1));
        Self::Fits {
            top,
            panes: panes(area, body, wanted),
            bottom,
        }
    }
}

fn panes(area: Rect, body: Rect, wanted: &Wanted) -> Panes {
    let look = if area.width >= WIDE || area.height >= TALL {
        PaneStyle::Boxed
    } else {
        PaneStyle::Ruled
    };
    let alone = |pane| Panes {
        shown: vec![(pane, body)],
        extras: Vec::new(),
        dividers: Vec::new(),
        look,
    };
    let one = area.width < SEVERAL.0 || area.height < SEVERAL.1;
    match wanted.focus {
        Focus::Zoomed(pane) => return alone(pane),
        Focus::Beside(pane) if one => return alone(pane),
        Focus::Beside(_) => {}
    }
    if is_huge(area) && tree_fits(body, wanted) {
        columns(body, wanted)
    } else if area.width >= WIDE {
        side_by_side(area, body, wanted)
    } else if area.height >= TALL {
        three_stacked(body, wanted)
    } else {
        two_stacked(body, wanted)
    }
}

fn is_huge(area: Rect) -> bool {
    area.width >= HUGE.0 && area.height >= HUGE.1
}

/// The whole tree leaves half of the rows to the events below it, and nobody has settled how tall they are.
fn tree_fits(body: Rect, wanted: &Wanted) -> bool {
    let is_earned = wanted.splits.events_height == Splits::default().events_height;
    is_earned && rows(wanted.tree.0).saturating_add(3) <= body.height / 2
}

/// A deployment whose tree fits on a very large screen: all resources over the events, and beside them why, what that
/// rests on, and the time.
fn columns(body: Rect, wanted: &Wanted) -> Panes {
    let usual = share(body.width, LEFT_OF_HUGE);
    let width = if wanted.splits.tree_width != Splits::default().tree_width {
        tree_width(body.width, wanted)
    } else if wanted.evidence {
        // Bars may be shorter where a cause and its record are read.
        usual
    } else {
        tree_width(body.width, wanted).max(usual)
    };
    let (left, right) = next_to(body, width);
    let tree = match (wanted.events, wanted.reading) {
        (0, DetailDepth::Cause) => left.height.saturating_sub(NO_EVENTS),
        _ => rows(wanted.tree.0).saturating_add(1).max(LEAST_TREE),
    };
    let (tree, events) = below(left, tree);
    // The timeline has the rows of the tree and of the axis, and no more: the record beside the cause is long.
    let map = rows(wanted.tree.0)
        .saturating_add(4)
        .clamp(LEAST_MAP, share(body.height, 40).max(LEAST_MAP));
    // The bar of a single row says nothing, and a record is read as wide and as tall as there is room.
    let tells =
        wanted.reading == DetailDepth::Glance || (wanted.reading == DetailDepth::Cause && wanted.tree.0 > 1);
    let (detail, map) = if wanted.evidence || tells {
        let (detail, map) = below(right, right.height.saturating_sub(map));
        (detail, Some(map))
    } else {
        (right, None)
    };
    let dividers = [(right, Split::TreeWidth), (events, Split::EventsHeight)];
    boxed([tree, detail, events], map, dividers, (body, wanted))
}

/// Tree and detail, and the events below them: the upper two as tall as they need to be, the events get the rest.
fn side_by_side(area: Rect, body: Rect, wanted: &Wanted) -> Panes {
    let events = events_rows(area, body, wanted);
    let (upper, lower) = below(body, body.height.saturating_sub(events));
    let (left, right) = next_to(upper, tree_width(upper.width, wanted));
    let (events, map) = if is_huge(area) {
        let (events, map) = next_to(lower, share(lower.width, EVENTS_OF_HUGE));
        (events, Some(map))
    } else {
        (lower, None)
    };
    let dividers = [(right, Split::TreeWidth), (lower, Split::EventsHeight)];
    boxed([left, right, events], map, dividers, (body, wanted))
}

/// How tall the events are below tree and detail.
fn events_rows(area: Rect, body: Rect, wanted: &Wanted) -> u16 {
    let splits = wanted.splits.sane();
    let least = share(body.height, splits.events_height).clamp(5, most_events(splits));
    if splits.events_height != Splits::default().events_height {
        return least;
    }
    let read = if is_huge(area) {
        share(body.height, READ_OF_HUGE)
    } else {
        wanted.reading.rows()
    };
    let least = match wanted.reading {
        DetailDepth::Glance => least,
        DetailDepth::Cause => least.min(EVENTS_BESIDE),
        DetailDepth::Record => least.min(EVENTS_BESIDE_RECORD),
    };
    let upper = rows(wanted.tree.0).saturating_add(2).max(read);
    // That there is none is told in one row.
    match (wanted.events, wanted.reading) {
        (0, DetailDepth::Cause) => NO_EVENTS,
        _ => body.height.saturating_sub(upper).max(least),
    }
}

/// Tree, detail and events in boxes, on a very large screen with the timeline, and with what the detail rests on beside it.
fn boxed(
    [tree, mut detail, events]: [Rect; 3],
    map: Option<Rect>,
    [(upright, tree_width), (level, events_height)]: [(Rect, Split); 2],
    (body, wanted): (Rect, &Wanted),
) -> Panes {
    let mut extras: Vec<(Extra, Rect)> = map.into_iter().map(|map| (Extra::Timeline, map)).collect();
    if wanted.evidence && map.is_some() {
        let (cause, evidence) = next_to(detail, share(detail.width, 50));
        detail = cause;
        extras.push((Extra::Evidence, evidence));
    }
    Panes {
        shown: vec![
            (Pane::Resources, tree),
            (Pane::Detail, detail),
            (Pane::Events, events),
        ],
        extras,
        dividers: vec![
            (Rect { width: 1, ..upright }, across(tree_width, body)),
            (Rect { height: 1, ..level }, along(events_height, body)),
        ],
        look: PaneStyle::Boxed,
    }
}

fn three_stacked(body: Rect, wanted: &Wanted) -> Panes {
    let splits = wanted.splits.sane();
    let most = share(body.height, splits.stacked_tree);
    let earned = splits.stacked_tree == Splits::default().stacked_tree;
    let tree = if earned {
        rows(wanted.tree.0).saturating_add(1).clamp(4, most.max(4))
    } else {
        most
    };
    let events = share(body.height, splits.stacked_events).max(4);
    let (upper, rest) = below(body, tree);
    let (middle, lower) = below(rest, rest.height.saturating_sub(events));
    Panes {
        shown: vec![
            (Pane::Resources, upper),
            (Pane::Detail, middle),
            (Pane::Events, lower),
        ],
        extras: Vec::new(),
        dividers: vec![
            (Rect { height: 1, ..middle }, along(Split::StackedTree, body)),
            (Rect { height: 1, ..lower }, along(Split::StackedEvents, body)),
        ],
        look: PaneStyle::Boxed,
    }
}

/// Where rows are few: the tree, and the pane that is read.
fn two_stacked(body: Rect, wanted: &Wanted) -> Panes {
    let splits = wanted.splits.sane();
    let earned = splits.stacked_tree == Splits::default().stacked_tree;
    let tree = if earned {
        let most = share(body.height, TREE_OF_TWO).max(3);
        rows(wanted.tree.0).saturating_add(1).clamp(3, most)
    } else {
        share(body.height, splits.stacked_tree)
    };
    let (upper, lower) = cut(body, tree);
    let read = match wanted.lower {
        Pane::Events => Pane::Events,
        Pane::Resources | Pane::Detail => Pane::Detail,
    };
    Panes {
        shown: vec![(Pane::Resources, upper), (read, lower)],
        extras: Vec::new(),
        dividers: vec![(Rect { height: 1, ..lower }, along(Split::StackedTree, body))],
        look: PaneStyle::Ruled,
    }
}

fn rows(rows: usize) -> u16 {
    u16::try_from(rows).unwrap_or(u16::MAX)
}

/// The first rows of an area, and the rest: boxes, which share the line between them.
fn below(area: Rect, height: u16) -> (Rect, Rect) {
    let (upper, lower) = cut(area, height);
    let upper = Rect {
        height: (upper.height + 1).min(area.height),
        ..upper
    };
    (upper, lower)
}

/// The first columns of an area, and the rest: boxes, which share the line between them.
pub(super) fn next_to(area: Rect, width: u16) -> (Rect, Rect) {
    let (left, right) = split(area, width);
    let left = Rect {
        width: (left.width + 1).min(area.width),
        ..left
    };
    (left, right)
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
pub(super) fn share(whole: u16, hundredths: u16) -> u16 {
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

/// A tree gets the columns that it can use, up to its share, unless somebody wants it otherwise.
fn tree_width(whole: u16, wanted: &Wanted) -> u16 {
    let splits = wanted.splits.sane();
    let part = share(whole, splits.tree_width);
    if splits.tree_width != Splits::default().tree_width {
        return part;
    }
    // Where there is room for both, deep names and long types do not cost the bars.
    let part = if whole >= ROOMY {
        share(whole, TREE_OF_ROOMY)
    } else {
        part
    };
    let most = part.clamp(60, 110);
    match rows(wanted.tree.1) {
        0 => most,
        used => used.clamp(50, most),
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

    fn heights((columns, lines): (u16, u16), rows: usize, lower: Pane) -> Vec<(Pane, u16)> {
        let wanted = Wanted {
            tree: (rows, 70),
            lower,
            ..Wanted::default()
        };
        match Layout::of(Rect::new(0, 0, columns, lines), 1, &wanted) {
            Layout::Fits { panes, .. } => panes
                .shown
                .iter()
                .map(|(pane, rect)| (*pane, rect.height))
                .collect(),
            Layout::TooSmall => Vec::new(),
        }
    }

    #[test]
    fn u28_panes_are_as_tall_as_what_they_hold_and_the_rest_goes_to_what_is_read() {
        use Pane::{Detail, Events, Resources};
        // At 80x24 there are two panes, and the one that is read has most of the rows.
        assert_eq!(heights((80, 24), 12, Detail), [(Resources, 8), (Detail, 12)]);
        assert_eq!(heights((80, 24), 2, Detail), [(Resources, 3), (Detail, 17)]);
        assert_eq!(heights((80, 24), 12, Events), [(Resources, 8), (Events, 12)]);
        // Where there is room for all, few resources leave the rest to the events, and many take what they need.
        let few = heights((160, 48), 12, Detail);
        assert_eq!(few, [(Resources, 27), (Detail, 27), (Events, 18)]);
        let many = heights((160, 48), 300, Detail);
        assert_eq!(many, [(Resources, 34), (Detail, 34), (Events, 11)]);
    }

    #[test]
    fn u28_what_is_read_has_the_rows_that_the_events_do_not_need() {
        let events = |reading: DetailDepth, events: usize| {
            let wanted = Wanted {
                tree: (12, 70),
                events,
                reading,
                ..Wanted::default()
            };
            match Layout::of(Rect::new(0, 0, 160, 48), 1, &wanted) {
                Layout::Fits { panes, .. } => panes.shown.last().map_or(0, |(_, rect)| rect.height),
                Layout::TooSmall => 0,
            }
        };
        assert_eq!(events(DetailDepth::Glance, 40), 18);
        assert_eq!(events(DetailDepth::Cause, 40), 10);
        assert_eq!(events(DetailDepth::Record, 40), 6);
        assert_eq!(events(DetailDepth::Cause, 0), 3);
        // Before anything has happened they have their room.
        assert_eq!(events(DetailDepth::Glance, 0), 18);
    }

    #[test]
    fn u28_f62_where_the_tree_fits_the_events_stand_below_it_and_the_rest_is_for_why() {
        let shown = |rows: usize| {
            let wanted = Wanted {
                tree: (rows, 112),
                events: 400,
                evidence: true,
                ..Wanted::default()
            };
            match Layout::of(Rect::new(0, 0, 250, 70), 1, &wanted) {
                Layout::Fits { panes, .. } => panes,
                Layout::TooSmall => panic!("there is room"),
            }
        };
        let place = |panes: &Panes, wanted: Pane| {
            let mut all = panes.shown.iter().filter(|(pane, _)| *pane == wanted);
            all.next().map(|(_, rect)| *rect).unwrap_or_default()
        };
        let few = shown(12);
        let (tree, events) = (place(&few, Pane::Resources), place(&few, Pane::Events));
        assert_eq!((tree.x, tree.width), (events.x, events.width));
        assert!(events.height > 40, "{events:?}");
        assert!(place(&few, Pane::Detail).height > 40);
        // Cause and record have more columns than the tree, which has shorter bars, and the timeline no row too many.
        assert!(tree.width * 2 < 250, "{tree:?}");
        let map = few.extras.iter().find(|(extra, _)| *extra == Extra::Timeline);
        assert_eq!(map.map(|(_, rect)| rect.height), Some(16));
        let many = shown(60);
        assert!(place(&many, Pane::Events).width > tree.width);
    }

    #[test]
    fn u28_a_very_large_screen_shows_more_and_not_more_emptiness() {
        let wanted = Wanted {
            tree: (12, 70),
            evidence: true,
            ..Wanted::default()
        };
        let Layout::Fits { panes, .. } = Layout::of(Rect::new(0, 0, 250, 70), 1, &wanted) else {
            panic!("there is room");
        };
        let extras: Vec<Extra> = panes.extras.iter().map(|(extra, _)| *extra).collect();
        assert_eq!(extras, [Extra::Timeline, Extra::Evidence]);
    }

    proptest! {
        #[test]
        fn every_part_lies_within_the_screen(width in 0_u16..400, height in 0_u16..200, troubles in 0_usize..9) {
            let area = Rect::new(0, 0, width, height);
            let splits = Splits { tree_width: height, events_height: width, ..Splits::default() };
            let rows = troubles * 5;
            for (focus, splits) in [
                (Focus::default(), splits),
                (Focus::default(), Splits::default()),
                (Focus::Zoomed(Pane::Detail), Splits::default()),
            ] {
                let wanted = Wanted { focus, splits, tree: (rows, 70), evidence: true, ..Wanted::default() };
                if let Layout::Fits { top, panes, bottom } = Layout::of(area, troubles, &wanted) {
                    let mut parts = vec![top, bottom];
                    parts.extend(panes.shown.iter().map(|(_, rect)| *rect));
                    parts.extend(panes.extras.iter().map(|(_, rect)| *rect));
                    // Every corner of the screen belongs to something, and nothing lies outside.
                    for (x, y) in [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1), (width / 2, height / 2)] {
                        let holds = |part: &Rect| part.contains((x, y).into());
                        prop_assert!(parts.iter().any(holds), "{x} {y} {parts:?}");
                    }
                    parts.extend(panes.dividers.iter().map(|(rect, _)| *rect));
                    for part in parts {
                        prop_assert_eq!(part.intersection(area), part);
                    }
                }
            }
        }
    }
}
