//! The resource tree.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::layout::Rect;

use super::canvas::{self, Canvas, PaneFrame};
use crate::app::AppState;
use crate::app::input::intent::Intent;
use crate::app::input::place::{HitTarget, Pane, ScrollMode, Selection, TreeOrder, TreeShow, Viewport};
use crate::app::layout::line::{Line, Tone};
use crate::app::layout::tree::{RowState, TreeColumns, TreeRow};
use crate::app::layout::words;
use crate::app::state::Watched;
use crate::app::state::overlay::Overlay;
use crate::app::view::header::{has_several_waits, row_trouble, row_wait};
use crate::clean;
use crate::domain::read::text::Clean;

/// Where each column begins and ends, from left to right.
struct Columns {
    kind: (u16, u16),
    word: (u16, u16),
    time: (u16, u16),
    bar: (u16, u16),
}

/// A type cut to fewer columns than this says nothing.
const LEAST_KIND: u16 = 9;

/// A type cut to this many columns still says what it is.
const ENOUGH_KIND: u16 = 18;
/// A bar of fewer columns shows nothing.
const LEAST_BAR: u16 = 12;
/// A bar of so many columns is read well.
const COMFORTABLE_BAR: usize = 24;
/// Less than this is not drawn at all.
const BARELY_BAR: u16 = 5;

/// The moments at the two ends of the bars.
#[derive(Clone, Copy)]
struct Scale {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    frame: PaneFrame,
    app: &AppState,
    now: DateTime<Utc>,
) -> Viewport {
    let Some(watched) = app.shown() else {
        let area = canvas.frame(frame, &title(app, None), &Line::new());
        super::footer::placeholder(canvas, area, nobody(app));
        return Viewport::default();
    };
    let tree = watched.tree();
    let selected = watched.selected_index();
    let height = usize::from(canvas::inside(frame).height);
    let part = |height: usize| match app.screen.scroll_mode {
        ScrollMode::Cursor => in_sight(watched, selected, height),
        ScrollMode::Free => Viewport::around(None, watched.place.tree.offset, height, tree.len()),
    };
    let (stacks, viewport) = under_stacks(watched, height, part);
    let hidden = out_of_sight(watched, viewport);
    let area = canvas.frame(frame, &title(app, Some(watched)), &hidden);
    let moment = app.moment(now);
    let columns = Columns::of(area, tree.columns());
    let scale = scale(watched, moment);
    let first = area
        .bottom()
        .saturating_sub(u16::try_from(viewport.height).unwrap_or(area.height));
    for (stack, y) in stacks.iter().zip(area.top()..first) {
        if let Some(row) = watched.row(*stack) {
            let place = Rect { y, height: 1, ..area };
            canvas.target(place, HitTarget::Row(row.key.clone()));
            draw_row(canvas, place, &row, &columns, (scale, moment));
            if *stack == selected {
                mark_selected(canvas, (frame, place));
            }
        }
    }
    let tells_waits = !app.stands_still(watched) && has_several_waits(watched, moment);
    for (index, y) in viewport.range().zip(first..area.bottom()) {
        let Some(mut row) = watched.row(index) else {
            continue;
        };
        let finding = row
            .finding
            .and_then(|finding| watched.diagnosis.findings.get(finding));
        let awaited = finding.filter(|_| tells_waits);
        if let Some(wait) = awaited.and_then(|finding| row_wait(watched, finding, moment)) {
            row.word = clean!("failed {wait}");
        }
        if let Some(trouble) = row.child.as_ref().and_then(|child| row_trouble(watched, child)) {
            row.word = trouble.into();
        }
        let place = Rect { y, height: 1, ..area };
        canvas.target(place, HitTarget::Row(row.key.clone()));
        draw_row(canvas, place, &row, &columns, (scale, moment));
        if index == selected {
            mark_selected(canvas, (frame, place));
        }
    }
    say_nothing(canvas, area, watched);
    canvas.scrollbar(frame, viewport);
    viewport
}

fn mark_selected(canvas: &mut Canvas<'_>, (frame, place): (PaneFrame, Rect)) {
    canvas.put(place.x, place.y, place.right(), "▌", Tone::Accent);
    if frame.focused {
        canvas.select(place);
    }
}

/// What is said where there is no stack.
fn nobody(app: &AppState) -> Clean {
    match &app.deleted {
        Some(deleted) => {
            let key = app.screen.keyboard.map.key_of(Intent::Enter).unwrap_or_default();
            clean!(
                "{} was deleted at {}: {key} tells what became of it.",
                app.target,
                app.times().day(deleted.at)
            )
        }
        None => match &app.asked {
            Some(place) => clean!(
                "Waiting for {} in {place}: nothing has happened yet. Is it there at all? Check the name, --region and --profile.",
                app.target
            ),
            None => clean!("Waiting for {}: nothing has happened yet.", app.target),
        },
    }
}

/// The stacks that stay in sight, and the rows below them.
fn under_stacks(
    watched: &Watched,
    height: usize,
    part: impl Fn(usize) -> Viewport,
) -> (Vec<usize>, Viewport) {
    let viewport = part(height);
    let stacks = stacks_above(watched, viewport.offset, height);
    if stacks.is_empty() {
        return (stacks, viewport);
    }
    // A row less may put one more of them out of sight, up to their share. The innermost are worth most.
    let mut kept = stacks.len();
    loop {
        let viewport = part(height - kept);
        let mut stacks = stacks_above(watched, viewport.offset, height);
        if stacks.len() > kept && stacks.len() <= height / 3 {
            kept = stacks.len();
            continue;
        }
        keep_innermost(&mut stacks, height - viewport.height, watched.selected_index());
        let spare = height - viewport.height - stacks.len();
        return (stacks, taller(viewport, spare));
    }
}

/// Why there is no row, or none but the stack's own, which stays.
fn say_nothing(canvas: &mut Canvas<'_>, area: Rect, watched: &Watched) {
    let tree = watched.tree();
    let place = &watched.place.tree;
    let is_filtered = place.show != TreeShow::All || !place.filter.is_empty();
    if tree.is_empty() || (tree.len() == 1 && is_filtered) {
        let below = u16::from(!tree.is_empty()).min(area.height);
        let rest = Rect {
            y: area.y + below,
            height: area.height - below,
            ..area
        };
        super::footer::placeholder(canvas, rest, nothing(watched));
    }
}

fn nothing(watched: &Watched) -> &'static str {
    let place = &watched.place.tree;
    if !place.filter.is_empty() || place.show != TreeShow::All {
        "Nothing fits the filter."
    } else {
        "No event has been seen yet."
    }
}

/// The nested stacks around the first row in sight whose own rows are out of it, outermost first: a third of the rows
/// at most, the innermost of them.
fn stacks_above(watched: &Watched, first: usize, height: usize) -> Vec<usize> {
    let tree = watched.tree();
    let above = std::iter::successors(tree.above(first), |index| tree.above(*index));
    // The topmost stack is named at the top of the screen; while it is selected, what is told below is of it.
    let selected = watched.selected_index();
    let mut stacks: Vec<usize> = above
        .filter(|index| tree.above(*index).is_some() || *index == selected)
        .collect();
    stacks.reverse();
    keep_innermost(&mut stacks, height / 3, selected);
    stacks
}

/// The innermost of these stacks, and the selected one wherever it is.
fn keep_innermost(stacks: &mut Vec<usize>, most: usize, selected: usize) {
    while stacks.len() > most {
        let first = stacks.iter().position(|stack| *stack != selected);
        stacks.remove(first.filter(|_| most > 0).unwrap_or(0));
    }
}

/// The rows in sight. Until the person has chosen one, what is under way stays in sight.
/// With so many more rows, from below where there are some.
fn taller(viewport: Viewport, rows: usize) -> Viewport {
    let below = viewport.len.saturating_sub(viewport.offset + viewport.height);
    Viewport {
        offset: viewport.offset.saturating_sub(rows.saturating_sub(below)),
        height: viewport.height + rows,
        ..viewport
    }
}

fn in_sight(watched: &Watched, selected: usize, height: usize) -> Viewport {
    let (tree, place) = (watched.tree(), &watched.place.tree);
    let chosen = matches!(place.selection, Selection::Chosen(_) | Selection::Shown(_));
    let working = || tree.notable().last().copied();
    let anchor = if chosen {
        selected
    } else {
        working().unwrap_or(selected)
    };
    let offset = if chosen { place.offset } else { 0 };
    Viewport::around(Some(anchor), offset, height, tree.len())
}

/// What failed or is under way above and below what is in sight.
fn out_of_sight(watched: &Watched, viewport: Viewport) -> Line {
    let tree = watched.tree();
    let notable = tree.notable();
    let first = notable.partition_point(|index| *index < viewport.offset);
    let last = notable.partition_point(|index| *index < viewport.offset + viewport.height);
    let mut line = Line::new();
    for (arrow, hidden) in [("↑", notable.get(..first)), ("↓", notable.get(last..))] {
        let hidden = hidden.unwrap_or_default();
        let of = |state: RowState| {
            let these = hidden.iter().filter(|index| tree.state(**index) == Some(state));
            these.count()
        };
        for state in [RowState::Failed, RowState::Working] {
            let count = of(state);
            if count > 0 {
                let gap = if line.spans.is_empty() { "" } else { "  " };
                let sign = if state == RowState::Failed { "✘" } else { "◐" };
                line = line
                    .and(Tone::Plain, gap)
                    .and(state.tone(), format!("{arrow} {count} {sign}"));
            }
        }
    }
    line
}

fn title(app: &AppState, watched: Option<&Watched>) -> Line {
    let mut line = Line::of(Tone::Strong, "Resources");
    if let Some(place) = watched.map(|watched| &watched.place.tree) {
        if place.show != TreeShow::All {
            line = line.and(Tone::Accent, format!("  only {}", place.show.label()));
        }
        if place.order != TreeOrder::default() {
            line = line.and(Tone::Dim, format!("  {}", place.order.label()));
        }
    }
    let filter = watched.map_or("", |watched| watched.place.tree.filter.as_str());
    let typing = app.screen.overlay
        == Overlay::Typing {
            pane: Pane::Resources,
        };
    if filter.is_empty() && !typing {
        return line;
    }
    line.and(Tone::Accent, format!(" /{filter}"))
}

/// The columns in which names, types, words, times and bars can all be read, with the box around them. The bar of a
/// single row says nothing beside no other.
pub(super) fn comfortable(TreeColumns { name, kind }: TreeColumns, rows: usize) -> usize {
    let bar = if rows > 1 { 2 + COMFORTABLE_BAR } else { 2 };
    // A type has fewer columns only where it has none.
    name + 7 + kind.max(usize::from(LEAST_KIND)) + 1 + 14 + 8 + bar + 3
}

impl Columns {
    /// Names come first; the type goes before the bar does when it gets narrow.
    fn of(area: Rect, TreeColumns { name, kind }: TreeColumns) -> Self {
        let right = area.right();
        let narrow = area.width < 46;
        let name = u16::try_from(name)
            .unwrap_or(u16::MAX)
            .saturating_add(6)
            .clamp(12, (area.width * 42 / 100).max(12));
        let kind_width = u16::try_from(kind).unwrap_or(u16::MAX);
        let (word, time) = (14, 8);
        let after_name = area.x + name + 1;
        let fixed = word + 1 + time;
        let room = right.saturating_sub(after_name + fixed + 2);
        let kind = if narrow || room < LEAST_KIND {
            0
        } else {
            // A long type gives way to the bar, but not to the point of saying nothing; without a bar it has the room.
            let kind = kind_width.min(room.saturating_sub(LEAST_BAR).max(room.min(ENOUGH_KIND)));
            if room.saturating_sub(kind) < BARELY_BAR {
                kind_width.min(room)
            } else {
                kind
            }
        };
        let kind = (after_name, after_name + kind);
        let bare = kind.1 == kind.0;
        // Type and word are told apart by more than a blank, where the bar has room enough.
        let spare = right.saturating_sub(kind.1 + 2 + word + time) > LEAST_BAR + 2;
        let gap = if bare { 0 } else { 1 + u16::from(spare) };
        let word = (kind.1 + gap, kind.1 + gap + word);
        let time = (word.1, (word.1 + time).min(right));
        Self {
            kind,
            word,
            time,
            bar: (time.1 + 2, right.saturating_sub(1)),
        }
    }
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    row: &TreeRow,
    columns: &Columns,
    (scale, moment): (Option<Scale>, DateTime<Utc>),
) {
    let y = area.y;
    let tone = row.tone();
    let name_right = columns.kind.0.saturating_sub(1);
    let mut x = area.x + 1 + (row.depth * 2).min(name_right / 2);
    x = canvas.put_fold((x, y), name_right, row);
    x = canvas.put(x, y, name_right, row.sign(moment), tone);
    let name_tone = match (row.fold, row.finding) {
        (Some(_), _) => Tone::Strong,
        (None, Some(_)) => tone,
        (None, None) if matches!(row.state, RowState::Undone | RowState::Left) => Tone::Undone,
        (None, None) => Tone::Plain,
    };
    canvas.put_cut(x + 1, y, name_right, &row.name, name_tone);
    let kind = words::type_within(
        &row.kind,
        usize::from(columns.kind.1.saturating_sub(columns.kind.0)),
    );
    canvas.put_cut(columns.kind.0, y, columns.kind.1, kind, Tone::Dim);
    canvas.put_cut(columns.word.0, y, columns.word.1, &row.word, tone);
    if let Some(from) = row.started_at {
        let took = row.took(moment).unwrap_or_default();
        let took = Clean::from(words::duration(took));
        let width = u16::try_from(took.len()).unwrap_or(0);
        let x = columns.time.1.saturating_sub(width).max(columns.time.0);
        canvas.put(
            x,
            y,
            columns.time.1,
            &took,
            if row.hangs { tone } else { Tone::Plain },
        );
        if let Some(scale) = scale {
            draw_bar(
                canvas,
                y,
                columns.bar,
                scale,
                (from, row.ended_at.unwrap_or(moment)),
                tone,
            );
        }
    }
}

fn scale(watched: &Watched, moment: DateTime<Utc>) -> Option<Scale> {
    let attempt = watched.attempt()?;
    let scale = Scale {
        from: attempt.started_at,
        to: attempt.ended_at.unwrap_or(moment),
    };
    (scale.to > scale.from).then_some(scale)
}

/// When the work on a row happened within the attempt, in halves of a cell.
fn draw_bar(
    canvas: &mut Canvas<'_>,
    y: u16,
    (left, right): (u16, u16),
    scale: Scale,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    tone: Tone,
) {
    if right < left.saturating_add(BARELY_BAR) {
        return;
    }
    let halves = i64::from(right - left) * 2;
    let whole = (scale.to - scale.from).num_milliseconds().max(1);
    let place = |delta: TimeDelta| (delta.num_milliseconds().saturating_mul(halves) / whole).clamp(0, halves);
    let begin = place(from - scale.from).min(halves - 1);
    let end = place(to - scale.from).max(begin + 1);
    for (cell, x) in (0_i64..).zip(left..right) {
        let first = (begin..end).contains(&(cell * 2));
        let second = (begin..end).contains(&(cell * 2 + 1));
        let sign = match (first, second) {
            (true, true) => "━",
            (true, false) => "╸",
            (false, true) => "╺",
            (false, false) => continue,
        };
        canvas.put_ink(x, y, right, sign, tone);
    }
}
