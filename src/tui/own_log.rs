//! The program's own log, on top of everything else.

use ratatui::layout::Rect;

use super::canvas::{Canvas, wrapped};
use super::detail::{Text, draw_text, mark_found};
use crate::app::AppState;
use crate::app::input::place::{HitTarget, ScrollMode, Viewport};
use crate::app::layout::line::{Block, Line, Tone};
use crate::app::layout::own_log::OwnLog;

/// Under this it takes the whole screen.
const NARROW: u16 = 60;
/// It has so many rows even while there is little to say.
const LEAST: u16 = 9;

pub(super) fn draw(canvas: &mut Canvas<'_>, screen: Rect, app: &AppState, log: &OwnLog) -> Viewport {
    let margin = if screen.width < NARROW { 0 } else { 2 };
    let texts = log.texts(app.times());
    let width = screen.width.saturating_sub(margin * 2);
    let rows: usize = texts
        .iter()
        .map(|line| wrapped(line, width.saturating_sub(5)).len())
        .sum();
    let most = screen.height.saturating_sub(1 + u16::from(margin > 0));
    let wanted = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
    let area = Rect {
        x: screen.x + margin,
        y: screen.y + u16::from(margin > 0),
        width,
        height: wanted.max(LEAST).min(most),
    };
    let mut title = Line::of(Tone::Strong, "Its own log").and(Tone::Dim, format!("  {}", log.least.label()));
    if log.typing || !log.search.is_empty() {
        let cursor = if log.typing { "▏" } else { "" };
        title = title.and(Tone::Accent, format!("  /{}{cursor}", log.search));
    }
    let (frame, inner) = canvas.popup(area, &title, "");
    if texts.is_empty() {
        let words = if log.lines.is_empty() {
            "Nothing has been written to it yet."
        } else {
            "Nothing fits."
        };
        super::footer::placeholder(canvas, inner, words);
        return Viewport::default();
    }
    let blocks: Vec<Block> = texts.into_iter().map(|line| Block::text(vec![line])).collect();
    let text = Text {
        blocks: &blocks,
        cursor: None,
        kept: None,
        offset: log.offset.unwrap_or(usize::MAX),
        scroll_mode: ScrollMode::Free,
        target: HitTarget::Block,
        enter: None,
    };
    let viewport = draw_text(canvas, frame, inner, &text);
    mark_found(canvas, inner, &log.search);
    viewport
}
