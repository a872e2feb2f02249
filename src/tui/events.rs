//! The event tail.

use ratatui::layout::Rect;

use super::canvas::{Canvas, PaneFrame, wrapped};
use super::detail::mark_found;
use crate::app::AppState;
use crate::app::input::intent::Intent;
use crate::app::input::place::{Follow, HitTarget, Pane, ScrollMode, Viewport, Wrap};
use crate::app::layout::events::{EventRow, Shows};
use crate::app::layout::line::{Line, Span, Tone};
use crate::app::layout::times::Times;
use crate::app::layout::words;
use crate::app::state::Watched;
use crate::app::state::overlay::Overlay;
use crate::domain::read::text::{columns as columns_of, ellipsis};

/// Where the columns begin, and what becomes of a long text.
#[derive(Clone, Copy)]
struct Columns {
    status: u16,
    name: u16,
    text: u16,
    right: u16,
    wrap: Wrap,
    /// So many rows of one text are shown.
    tallest: usize,
}

/// The longest status and the longest name of the deployment.
fn widest(watched: &Watched) -> (usize, usize) {
    let (status, name) = watched.tail().widest();
    (status, name.max(columns_of(watched.session.root().name())))
}

/// Under this many columns there is room for a sign instead of a status.
const NARROW: u16 = 60;

/// So many rows of one text are shown at most; less where that would leave nothing for others.
const TALLEST: usize = 8;

impl Columns {
    /// Statuses and names have the columns that they need, up to a share; what is said of them has the rest.
    fn of(area: Rect, wrap: Wrap, (longest, widest): (usize, usize)) -> Self {
        let status = area.x + 11;
        let width = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX);
        // What is told again and again says so behind its status.
        let (longest, widest) = (width(longest).saturating_add(4), width(widest).saturating_add(2));
        // The status in full, in brief, or as a sign.
        let (name, text) = match area.width {
            // A long status stays whole where what is said has more columns still.
            130.. if longest.saturating_add(widest) <= area.width - 110 => (longest.max(19), widest.max(10)),
            130.. => (longest.clamp(19, 28), widest.clamp(10, 36)),
            100.. if longest.saturating_add(widest) <= area.width - 72 => (longest.max(19), widest.max(10)),
            100.. => (longest.clamp(19, 28), widest.clamp(10, 27)),
            NARROW.. => (19, widest.clamp(10, 17)),
            _ => (2, 13),
        };
        let name = status + name;
        Self {
            status,
            name,
            text: name + text,
            right: area.right().saturating_sub(1),
            wrap,
            tallest: usize::from(area.height / 2).clamp(1, TALLEST),
        }
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, frame: PaneFrame, app: &AppState) -> Viewport {
    let title = title(app);
    let Some(watched) = app.shown() else {
        let area = canvas.frame(frame, &title, &Line::new());
        super::footer::placeholder(canvas, area, "They appear here as they happen.");
        return Viewport::default();
    };
    let area = canvas.frame(frame, &title, &following(app, watched));
    let columns = Columns::of(area, watched.place.tail.wrap, widest(watched));
    let tail = watched.tail();
    let times = app.times();
    let columns = unless_blank(watched, times, columns, usize::from(area.height));
    let scroll_mode = app.screen.scroll_mode;
    let viewport = in_sight(watched, times, (columns, scroll_mode), usize::from(area.height));
    let cursor = watched.tail_index();
    let mut y = area.top();
    for index in viewport.offset..tail.len() {
        let Some(row) = tail.row(index, watched.tree(), times) else {
            break;
        };
        if y >= area.bottom() {
            break;
        }
        let texts = texts(&row, columns);
        let rows = u16::try_from(texts.len()).unwrap_or(1).max(1);
        let shows = tail.line(index).map(|line| line.shows);
        let bottom = area.bottom().min(y + rows);
        let place = Rect {
            y,
            height: bottom - y,
            ..area
        };
        draw_row(canvas, place, (&row, shows), (&texts, columns));
        if let Some(key) = tail.key(index) {
            canvas.target(place, HitTarget::Event(key));
        }
        let paused = watched.place.tail.follow.is_paused();
        // What it rests at by itself is marked as well.
        if index == cursor && (frame.focused || paused || index + 1 < tail.len()) {
            mark_cursor(canvas, place, frame.focused);
        }
        y = bottom;
    }
    if tail.is_empty() {
        let words = match watched.attempt() {
            _ if tail.all() > 0 => "Nothing fits the filter.",
            Some(attempt) if attempt.ended_at.is_some() => "This deployment has no events of its own.",
            _ => "They appear here as they happen.",
        };
        super::footer::placeholder(canvas, area, words);
    }
    mark_found(canvas, area, &watched.place.tail.filter);
    canvas.scrollbar(frame, viewport);
    viewport
}

impl Columns {
    fn is_narrow(self) -> bool {
        self.name - self.status < 3
    }
}

/// A status; what it repeats is told even where not all of it fits.
fn put_status(canvas: &mut Canvas<'_>, x: u16, y: u16, right: u16, row: &EventRow) {
    let again = row.repeats();
    let room = right.saturating_sub(u16::try_from(columns_of(&again)).unwrap_or(0));
    let status = words::status_within(&row.status, usize::from(room.saturating_sub(x)));
    let end = canvas.put_cut(x, y, room, &status, row.tone);
    canvas.put(end, y, right, &again, row.tone);
}

fn mark_cursor(canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
    for y in area.top()..area.bottom() {
        canvas.put(area.x, y, area.right(), "▌", Tone::Accent);
    }
    if focused {
        canvas.select_block(area);
    }
}

/// No text is cut above rows that are blank: where all of them can be told in full, they are.
fn unless_blank(watched: &Watched, times: Times, columns: Columns, height: usize) -> Columns {
    let tail = watched.tail();
    let broken = Columns {
        wrap: Wrap::Broken,
        ..columns
    };
    let rows = |index: usize| {
        let row = tail.row(index, watched.tree(), times);
        row.map_or(1, |row| texts(&row, broken).len().max(1))
    };
    if tail.len() < height && (0..tail.len()).map(rows).sum::<usize>() <= height {
        broken
    } else {
        columns
    }
}

/// The lines in sight. Broken ones are taller, so they are laid out from where they end.
fn in_sight(
    watched: &Watched,
    times: Times,
    (columns, scroll_mode): (Columns, ScrollMode),
    height: usize,
) -> Viewport {
    let tail = watched.tail();
    let (len, cursor) = (tail.len(), watched.tail_index());
    let newest = len.saturating_sub(1);
    let following = !watched.place.tail.follow.is_paused() && cursor == newest;
    let resting = !watched.place.tail.follow.is_paused() && cursor != newest;
    let offset = match () {
        () if following => len.saturating_sub(height),
        // What failed, with what came before and after it.
        () if resting => cursor.saturating_sub(height / 2).min(len.saturating_sub(height)),
        () => watched.place.tail.offset,
    };
    let free = scroll_mode == ScrollMode::Free && watched.place.tail.follow.is_paused();
    let viewport = Viewport::around(Some(cursor).filter(|_| !free), offset, height, len);
    // What the mouse scrolled to may be anywhere as long as the last line stays the last.
    let cursor = if free { len.saturating_sub(1) } else { cursor };
    if columns.wrap == Wrap::Cut {
        return viewport;
    }
    let rows_of = |index: usize| {
        let row = tail.row(index, watched.tree(), times);
        row.map_or(1, |row| texts(&row, columns).len().max(1))
    };
    // The first line from which on the cursor, or the end, is still in sight.
    let mut first = cursor;
    let mut used = rows_of(cursor);
    while first > 0 {
        let more = rows_of(first - 1);
        if used + more > height {
            break;
        }
        used += more;
        first -= 1;
    }
    let offset = if following {
        first
    } else if free {
        watched.place.tail.offset.min(first)
    } else {
        viewport.offset.clamp(first, cursor)
    };
    let mut shown = 0;
    let mut used = 0;
    for index in offset..len {
        used += rows_of(index);
        if used > height {
            break;
        }
        shown += 1;
    }
    Viewport {
        height: shown.max(1),
        offset,
        len,
    }
}

/// What stands in the last column, broken if it is to be.
fn texts(row: &EventRow, columns: Columns) -> Vec<Vec<Span>> {
    let (text, tone) = match (row.reason.is_empty(), columns.is_narrow()) {
        (true, true) => (&row.brief, Tone::Dim),
        (true, false) => (&row.kind, Tone::Dim),
        (false, _) => (&row.reason, Tone::Plain),
    };
    let line = Line::of(tone, text);
    let width = columns.right.saturating_sub(columns.text);
    if columns.wrap == Wrap::Cut || width < 12 {
        return vec![line.spans];
    }
    let mut rows = wrapped(&line, width);
    if rows.len() > columns.tallest {
        rows.truncate(columns.tallest);
        if let Some(last) = rows.last_mut() {
            let text: String = last.iter().map(|span| span.text.as_str()).collect();
            let text = ellipsis(&format!("{}…", text.trim_end()), usize::from(width));
            *last = Line::of(tone, text).spans;
        }
    }
    rows
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (row, shows): (&EventRow, Option<Shows>),
    (texts, columns): (&[Vec<Span>], Columns),
) {
    let (y, right) = (area.y, area.right());
    if let Some(Shows::Followers { open }) = shows {
        let sign = if open { "▾ " } else { "▸ " };
        let x = canvas.put(columns.status, y, right, sign, Tone::Dim);
        let x = canvas.put(x, y, right, &row.status, row.tone) + 2;
        canvas.put_cut(x, y, columns.right, &row.name, Tone::Dim);
        return;
    }
    let follows = shows == Some(Shows::Follower) && !columns.is_narrow();
    let inset = if follows { 2 } else { 0 };
    canvas.put(area.x + 1, y, right, &row.time, Tone::Dim);
    let status = columns.status + inset;
    let until = right.min(columns.name - 1);
    if columns.is_narrow() {
        canvas.put(status, y, until, row.sign, row.tone);
    } else {
        put_status(canvas, status, y, until, row);
    }
    canvas.put_cut(
        columns.name,
        y,
        right.min(columns.text - 1),
        &row.name,
        Tone::Plain,
    );
    for (spans, y) in texts.iter().zip(area.top()..area.bottom()) {
        canvas.put_spans(columns.text, y, columns.right, spans);
    }
}

fn title(app: &AppState) -> Line {
    let line = Line::of(Tone::Strong, "Events");
    let Some(watched) = app.shown() else { return line };
    let tail = watched.tail();
    let filter = &watched.place.tail.filter;
    let typing = app.screen.overlay == Overlay::Typing { pane: Pane::Events };
    if filter.is_empty() && !typing {
        return line.and(Tone::Dim, format!(" {}", tail.all()));
    }
    let count = format!("  {} of {}", tail.len(), tail.all());
    line.and(Tone::Accent, format!(" /{filter}"))
        .and(Tone::Dim, count)
}

fn following(app: &AppState, watched: &Watched) -> Line {
    let key = app.screen.keyboard.map.key_of(Intent::ToggleFollow);
    match &watched.place.tail.follow {
        // Nothing comes any more.
        Follow::Newest | Follow::End if watched.is_over() || app.stands_still(watched) => Line::new(),
        Follow::Newest | Follow::End => Line::of(Tone::Dim, "following"),
        Follow::Paused { known, .. } => {
            let new = watched.tail().all().saturating_sub(*known);
            let line = Line::of(Tone::Warning, "paused");
            let line = if new > 0 {
                line.and(Tone::Accent, format!(" · {new} new"))
            } else {
                line
            };
            match key {
                Some(key) => line.and(Tone::Dim, format!(" · {key} follows")),
                None => line,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::read::text::{Clean, columns};

    #[test]
    fn long_texts_are_broken_only_when_asked() {
        let area = Rect::new(0, 0, 80, 16);
        let row = EventRow {
            time: Clean::default(),
            status: Clean::default(),
            again: 1,
            sign: " ",
            brief: Clean::default(),
            tone: Tone::Plain,
            name: Clean::default(),
            kind: Clean::default(),
            reason: "word ".repeat(20).into(),
        };
        assert_eq!(texts(&row, Columns::of(area, Wrap::Cut, (44, 30))).len(), 1);
        let broken = texts(&row, Columns::of(area, Wrap::Broken, (44, 30)));
        let widest = broken
            .iter()
            .map(|spans| spans.iter().map(|span| columns(&span.text)).sum::<usize>());
        assert!(broken.len() > 2 && widest.max() <= Some(32), "{broken:?}");
        let low = texts(
            &row,
            Columns::of(Rect { height: 4, ..area }, Wrap::Broken, (44, 30)),
        );
        assert_eq!(low.len(), 2);
        assert!(low[1][0].text.ends_with('…'), "{low:?}");
    }
}
