//! A list over the whole screen: who did what, the attempts, two attempts compared, the policy. What room it leaves goes
//! to what its selected row is about.

use chrono::{DateTime, Utc};

use ratatui::layout::Rect;

use super::canvas::{Canvas, PaneFrame};
use super::detail::{Text, draw_page, draw_text, mark_found, rows_of};
use super::layout::{PaneStyle, next_to, share};
use super::timeline;
use crate::app::AppState;
use crate::app::input::intent::Intent;
use crate::app::input::place::{HitTarget, Pane, View, Viewport};
use crate::app::layout::line::Tone;
use crate::app::state::overlay::Overlay;
use crate::app::view::list_view::{BelowList, ListView};

/// Fewer rows below a list are left blank.
const WORTHWHILE: u16 = 8;
/// From here on short lines and what they are about stand side by side; the list has so many hundredths.
const BESIDE: u16 = 140;
const LIST: u16 = 52;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    frame: PaneFrame,
    app: &AppState,
    now: DateTime<Utc>,
) -> Viewport {
    let (Some(watched), Some(list)) = (app.shown(), ListView::of(app, now)) else {
        return Viewport::default();
    };
    let beside = matches!(app.screen.view, View::Policy | View::Actors) && frame.area.width >= BESIDE;
    let list = if beside && app.screen.view == View::Policy {
        list.with_short_evidence()
    } else {
        list
    };
    let search = &watched.place.detail.search;
    let mut title = list.page.title.clone();
    if !search.is_empty() || app.screen.overlay == (Overlay::Typing { pane: Pane::Detail }) {
        title = title.and(Tone::Accent, format!("  /{search}"));
    }
    let place = &watched.place.list;
    let cursor = list.page.cursor(place.cursor);
    let rows = rows_of(&list.page.blocks, frame, cursor);
    let below = list.below(app, now, cursor);
    let (frame, rest) = if beside && !below.is_empty() {
        beside_each_other(frame)
    } else {
        divided(frame, rows, !below.is_empty())
    };
    let area = canvas.frame(frame, &title, &list.right);
    let text = Text {
        blocks: &list.page.blocks,
        cursor,
        kept: cursor,
        offset: place.offset,
        scroll_mode: app.screen.scroll_mode,
        target: HitTarget::Entry,
        enter: app.screen.keyboard.map.key_of(Intent::Enter),
    };
    let viewport = draw_text(canvas, frame, area, &text);
    mark_found(canvas, area, search);
    draw_below(canvas, (frame, rest), &below, app, now);
    viewport
}

/// A list whose lines are short, and what its selected row is about beside it.
fn beside_each_other(frame: PaneFrame) -> (PaneFrame, Option<PaneFrame>) {
    let (left, right) = next_to(frame.area, share(frame.area.width, LIST));
    let list = PaneFrame { area: left, ..frame };
    let rest = PaneFrame {
        area: right,
        focused: false,
        ..frame
    };
    (list, Some(rest))
}

/// What the list leaves room for. Of a line that two boxes share, the title of the lower one stays.
fn draw_below(
    canvas: &mut Canvas<'_>,
    (list, mut rest): (PaneFrame, Option<PaneFrame>),
    below: &[BelowList],
    app: &AppState,
    now: DateTime<Utc>,
) {
    let mut boxes = vec![list.area];
    let mut below = below.iter().peekable();
    while let (Some(room), Some(one)) = (rest, below.next()) {
        let rows = match one {
            BelowList::Page(page) => rows_of(&page.blocks, room, None),
            BelowList::Timeline => app.shown().map_or(0, |watched| watched.tree().len() + 1),
        };
        let (here, left) = divided(room, rows, below.peek().is_some());
        match one {
            BelowList::Page(page) => draw_page(canvas, here, page),
            BelowList::Timeline => timeline::draw_beside(canvas, here, app, now),
        }
        boxes.push(here.area);
        rest = left;
    }
    if list.look == PaneStyle::Boxed && boxes.len() > 1 {
        canvas.join(&boxes, Some(list.area));
    }
}

/// The list as tall as what it holds, and what is left for something below it, if that is worth it.
pub(super) fn divided(frame: PaneFrame, rows: usize, below: bool) -> (PaneFrame, Option<PaneFrame>) {
    let boxed = frame.look == PaneStyle::Boxed;
    let lines = if boxed { 2 } else { 1 };
    let upper = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(lines);
    let left = frame.area.height.saturating_sub(upper);
    if !below || left < WORTHWHILE {
        return (frame, None);
    }
    // Boxes share the line between them.
    let shared = u16::from(boxed);
    let part = |y: u16, height: u16, focused: bool| PaneFrame {
        area: Rect {
            y,
            height,
            ..frame.area
        },
        look: frame.look,
        focused,
    };
    let lower = part(frame.area.y + upper - shared, left + shared, false);
    (part(frame.area.y, upper, frame.focused), Some(lower))
}
