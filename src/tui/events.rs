//! The event tail.

use super::canvas::{Canvas, PaneFrame};
use crate::app::App;
use crate::app::line::{Line, Tone};
use crate::app::place::{Follow, Overlay, Pane, Viewport};
use crate::app::state::Watched;

pub(super) fn draw(canvas: &mut Canvas<'_>, frame: PaneFrame, app: &App) -> Viewport {
    let title = title(app);
    let Some(watched) = app.shown() else {
        let area = canvas.frame(frame, &title, &Line::new());
        super::footer::placeholder(canvas, area, "They appear here as they happen.");
        return Viewport::default();
    };
    let area = canvas.frame(frame, &title, &following(watched));
    let tail = watched.tail();
    let len = tail.events().len();
    let cursor = watched.tail_index();
    let height = usize::from(area.height);
    let offset = match watched.place.tail.follow {
        Follow::Newest => len.saturating_sub(height),
        Follow::Paused { .. } => watched.place.tail.offset,
    };
    let viewport = Viewport::around(Some(cursor), offset, height, len);
    let wide = area.width >= 100;
    let status_width = if wide { 27 } else { 18 };
    let name_width = if wide { 26 } else { 16 };
    let events = tail.events().get(viewport.range()).unwrap_or_default();
    for ((index, event), y) in viewport.range().zip(events).zip(area.top()..area.bottom()) {
        let row = tail.row(event, watched.tree(), app.zone);
        let right = area.right();
        let x = canvas.put(area.x + 1, y, right, &row.time, Tone::Dim) + 2;
        canvas.put_cut(x, y, right.min(x + status_width), &row.status, row.tone);
        let x = x + status_width + 1;
        canvas.put_cut(x, y, right.min(x + name_width), &row.name, Tone::Plain);
        let x = x + name_width + 1;
        let words = if row.reason.is_empty() {
            &row.kind
        } else {
            &row.reason
        };
        let tone = if row.reason.is_empty() {
            Tone::Dim
        } else {
            Tone::Plain
        };
        canvas.put_cut(x, y, right.saturating_sub(1), words, tone);
        let paused = watched.place.tail.follow != Follow::Newest;
        if index == cursor && (frame.focused || paused) {
            if frame.focused {
                let style = canvas.theme.cursor();
                canvas.tint(area.x, y, right, style);
            }
            canvas.put(area.x, y, right, "▌", Tone::Accent);
        }
    }
    if len == 0 {
        let words = if tail.all() > 0 {
            "Nothing fits the filter."
        } else {
            "They appear here as they happen."
        };
        super::footer::placeholder(canvas, area, words);
    }
    canvas.scrollbar(frame, viewport);
    viewport
}

fn title(app: &App) -> Line {
    let line = Line::of(Tone::Strong, "Events");
    let Some(watched) = app.shown() else { return line };
    let tail = watched.tail();
    let filter = &watched.place.tail.filter;
    let typing = app.screen.overlay == Overlay::Typing { pane: Pane::Events };
    if filter.is_empty() && !typing {
        return line.and(Tone::Dim, format!(" {}", tail.all()));
    }
    let count = format!("  {} of {}", tail.events().len(), tail.all());
    line.and(Tone::Accent, format!(" /{filter}"))
        .and(Tone::Dim, count)
}

fn following(watched: &Watched) -> Line {
    match &watched.place.tail.follow {
        Follow::Newest => Line::of(Tone::Dim, "following"),
        Follow::Paused { known, .. } => {
            let new = watched.tail().all().saturating_sub(*known);
            let line = Line::of(Tone::Warning, "paused");
            let line = if new > 0 {
                line.and(Tone::Accent, format!(" · {new} new"))
            } else {
                line
            };
            line.and(Tone::Dim, " · f follows")
        }
    }
}
