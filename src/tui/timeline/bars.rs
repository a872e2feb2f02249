//! The bars of the chart, in eighths of a cell, and the signs on them.

use chrono::{DateTime, Utc};
use ratatui::style::Modifier;

use super::{Columns, Scale, cell};
use crate::app::layout::line::Tone;
use crate::app::layout::timeline::Bar;
use crate::app::layout::tree::{RowState, TreeRow};
use crate::tui::canvas::Canvas;
use crate::tui::theme::Signs;

/// Parts of a cell, filled from the left.
const EIGHTHS: [&str; 8] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// What was done to a resource, and how that was put back.
pub(super) fn draw(canvas: &mut Canvas<'_>, y: u16, bar: &Bar, (columns, scale): (Columns, Scale)) {
    let row = &bar.row;
    let Some(from) = row.started_at else { return };
    let undo = row
        .undo
        .map(|undo| (undo.began, undo.ended.unwrap_or(scale.moment)));
    let to = row.ended_at.unwrap_or(scale.moment);
    let to = undo.map_or(to, |(undone, _)| to.min(undone));
    if let Some((from, to)) = undo {
        shaded(canvas, y, (from, to), (columns, scale), ("░", Tone::Undone));
    }
    let (shape, tone) = shape(row, canvas.theme.has_colours());
    match shape {
        Shape::Solid => solid(canvas, y, (from, to), (columns, scale), tone),
        Shape::Cells(sign) => shaded(canvas, y, (from, to), (columns, scale), (sign, tone)),
    }
    if let Some(usual) = bar.usual {
        mark(canvas, y, from + usual.took, (columns, scale));
    }
    if row.hangs {
        end_sign(canvas, y, to, (columns, scale), ("▲", Tone::Warning));
    }
    if row.state == RowState::Failed {
        end_sign(canvas, y, to, (columns, scale), ("✘", Tone::Bad));
    }
    if scale.live {
        tick(canvas, y, scale.moment, (columns, scale), ("┊", Tone::Accent));
    }
}

/// How a bar is filled.
enum Shape {
    /// Its ends fall on eighths of a cell.
    Solid,
    /// Whole cells of one sign.
    Cells(&'static str),
}

/// What a bar tells of its row. Without colours what runs, what is done and what is only the frame around others differ in
/// how they are filled.
fn shape(row: &TreeRow, has_colours: bool) -> (Shape, Tone) {
    let is_frame = row.fold.is_some();
    match row.state {
        // A stack is the frame around what it holds.
        _ if is_frame && !has_colours => (Shape::Cells("━"), Tone::Plain),
        _ if is_frame => (Shape::Solid, Tone::Dim),
        RowState::Undone | RowState::Undoing | RowState::Left => (Shape::Solid, Tone::Good),
        RowState::Cascade => (Shape::Cells("▒"), row.tone()),
        RowState::Working if !has_colours => (Shape::Cells(RUNNING), row.tone()),
        _ => (Shape::Solid, row.tone()),
    }
}

/// What goes on, where no colour says so.
pub(super) const RUNNING: &str = "▓";

/// A sign right at the end of a bar.
fn end_sign(
    canvas: &mut Canvas<'_>,
    y: u16,
    at: DateTime<Utc>,
    (columns, scale): (Columns, Scale),
    (sign, tone): (&'static str, Tone),
) {
    if scale.window.holds(at) {
        let x = columns.chart.0 + cell(scale.window.part(at, columns.cells()));
        canvas.put(
            x.min(columns.chart.1.saturating_sub(1)),
            y,
            columns.chart.1,
            sign,
            tone,
        );
    }
}

/// Until when it usually takes: beside the bar, or through it.
fn mark(canvas: &mut Canvas<'_>, y: u16, at: DateTime<Utc>, (columns, scale): (Columns, Scale)) {
    tick(canvas, y, at, (columns, scale), ("╎", Tone::Warning));
    if scale.window.holds(at) && columns.cells() >= 2 {
        let x = columns.chart.0 + cell(scale.window.part(at, columns.cells() - 1));
        if canvas.symbol(x, y) == "█" {
            canvas.notch(x, y, "╎");
        }
    }
}

/// A sign in a cell that is empty.
fn tick(
    canvas: &mut Canvas<'_>,
    y: u16,
    at: DateTime<Utc>,
    (columns, scale): (Columns, Scale),
    (sign, tone): (&'static str, Tone),
) {
    if !scale.window.holds(at) || columns.cells() < 2 {
        return;
    }
    let x = columns.chart.0 + cell(scale.window.part(at, columns.cells() - 1));
    if canvas.is_empty(x, y) {
        canvas.put(x, y, columns.chart.1, sign, tone);
    }
}

/// Whole cells of one sign.
fn shaded(
    canvas: &mut Canvas<'_>,
    y: u16,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    (columns, scale): (Columns, Scale),
    (sign, tone): (&'static str, Tone),
) {
    if to < scale.window.from || from > scale.window.to {
        return;
    }
    let cells = columns.cells();
    let begin = scale.window.part(from, cells).min(cells - 1).max(0);
    let end = scale.window.part(to, cells).max(begin + 1);
    let style = canvas.theme.shade(tone);
    for part in begin..end {
        canvas.put_styled(columns.chart.0 + cell(part), y, columns.chart.1, sign, style);
    }
}

/// A bar whose ends fall on eighths of a cell.
fn solid(
    canvas: &mut Canvas<'_>,
    y: u16,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    (columns, scale): (Columns, Scale),
    tone: Tone,
) {
    if to < scale.window.from || from > scale.window.to {
        return;
    }
    let eighths = columns.cells() * 8;
    let begin = scale.window.part(from, eighths).min(eighths - 1).max(0);
    let end = scale.window.part(to, eighths).max(begin + 1);
    let style = canvas.theme.ink(tone).remove_modifier(Modifier::BOLD);
    for part in begin / 8..=(end - 1) / 8 {
        let x = columns.chart.0 + cell(part);
        let first = (begin - part * 8).clamp(0, 8);
        let last = (end - part * 8).clamp(0, 8);
        let (sign, reversed) = eighth(first, last, canvas.theme.signs);
        let style = if reversed {
            style.add_modifier(Modifier::REVERSED)
        } else {
            style
        };
        canvas.put_styled(x, y, columns.chart.1, sign, style);
    }
}

/// The sign for a cell that is filled from one eighth to another, and whether its colours are exchanged.
fn eighth(first: i64, last: i64, signs: Signs) -> (&'static str, bool) {
    let part = |eighths: i64| {
        let index = usize::try_from(eighths).unwrap_or(0);
        EIGHTHS.get(index).copied().unwrap_or("█")
    };
    match (first, last) {
        (0, 8..) => ("█", false),
        _ if signs == Signs::Ascii => ("█", false),
        (0, _) => (part(last), false),
        (_, 8..) => (part(first), true),
        (..4, _) => (part((last - first).max(1)), false),
        _ => ("▐", false),
    }
}
