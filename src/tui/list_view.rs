//! A list over the whole screen: who did what, the attempts, two attempts compared.

use chrono::{DateTime, Utc};

use super::canvas::{Canvas, PaneFrame};
use super::detail::{Text, draw_text, mark_found};
use crate::app::AppState;
use crate::app::input::place::{HitTarget, Pane, Viewport};
use crate::app::layout::line::Tone;
use crate::app::state::overlay::Overlay;
use crate::app::view::list_view::ListView;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    frame: PaneFrame,
    app: &AppState,
    now: DateTime<Utc>,
) -> Viewport {
    let (Some(watched), Some(list)) = (app.shown(), ListView::of(app, now)) else {
        return Viewport::default();
    };
    let search = &watched.place.detail.search;
    let mut title = list.page.title.clone();
    if !search.is_empty() || app.screen.overlay == (Overlay::Typing { pane: Pane::Detail }) {
        title = title.and(Tone::Accent, format!("  /{search}"));
    }
    let area = canvas.frame(frame, &title, &list.right);
    let place = &watched.place.list;
    let cursor = list.page.cursor(place.cursor);
    let text = Text {
        blocks: &list.page.blocks,
        cursor,
        kept: cursor,
        offset: place.offset,
        scroll_mode: app.screen.scroll_mode,
        target: HitTarget::Entry,
    };
    let viewport = draw_text(canvas, frame, area, &text);
    mark_found(canvas, area, search);
    viewport
}
