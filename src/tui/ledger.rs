//! A list over the whole screen: who did what, the attempts, two attempts compared.

use chrono::{DateTime, Utc};

use super::canvas::{Canvas, PaneFrame};
use super::detail::draw_text;
use crate::app::App;
use crate::app::ledger::Ledger;
use crate::app::place::Viewport;

pub(super) fn draw(canvas: &mut Canvas<'_>, frame: PaneFrame, app: &App, now: DateTime<Utc>) -> Viewport {
    let (Some(watched), Some(ledger)) = (app.shown(), Ledger::of(app, now)) else {
        return Viewport::default();
    };
    let area = canvas.frame(frame, &ledger.title, &ledger.right);
    let place = &watched.place.ledger;
    let cursor = ledger.cursor(place.cursor);
    draw_text(canvas, frame, area, &ledger.blocks, (cursor, place.offset))
}
