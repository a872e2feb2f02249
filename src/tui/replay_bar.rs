//! The bar of a session that is played again: how far it is, how fast, and where something failed.
//!
//! ```text
//!  ▶ 60×  ━━━━━━━━━━━━●──────✘───────────  03:12 / 25:40  41 of 340 events
//! ```

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::app::AppState;
use crate::app::input::place::HitTarget;
use crate::app::layout::line::Tone;
use crate::app::state::playback::Playback;
use crate::clean;
use crate::domain::read::text::{Clean, columns};

/// Under this the rows are needed for the panes.
const LOWEST: u16 = 11;
/// A shorter bar tells nothing.
const SHORTEST: u16 = 8;

/// The room that is left for everything else, and the height of the bar.
pub(super) fn room(area: Rect, app: &AppState) -> (Rect, u16) {
    let bar = u16::from(app.playback.is_some() && area.height >= LOWEST);
    let room = Rect {
        height: area.height - bar,
        ..area
    };
    (room, bar)
}

/// Draws the bar where the footer would be, and gives the row under it for the footer.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    (area, height): (Rect, u16),
    app: &AppState,
    now: DateTime<Utc>,
) -> Rect {
    let Some(playback) = app.playback.as_deref().filter(|_| height > 0) else {
        return area;
    };
    bar(canvas, area, (app, playback), now);
    Rect {
        y: area.y + height,
        ..area
    }
}

fn bar(canvas: &mut Canvas<'_>, area: Rect, (app, playback): (&AppState, &Playback), now: DateTime<Utc>) {
    let player = playback.player();
    let (y, right) = (area.y, area.right().saturating_sub(1));
    let (sign, tone) = match (player.is_over(), player.is_paused()) {
        (true, _) => ("■", Tone::Dim),
        (false, true) => ("‖", Tone::Warning),
        (false, false) => ("▶", Tone::Accent),
    };
    let x = canvas.put(area.x + 1, y, right, sign, tone);
    let speed = clean!(" {}× ", player.speed().times());
    let x = canvas.put(x, y, right, &speed, Tone::Strong) + 1;
    // The clock of everything else on the screen; the bar alone leaves out long waits.
    let (times, here) = (app.times(), player.moment(now));
    let time = match here.zip(player.ends_at()) {
        Some((here, end)) => clean!("{} of {}", times.text(here), times.text(end)),
        None => Clean::default(),
    };
    let (come, all) = playback.events();
    let facts = clean!("  {come} of {all} events");
    let width = |text: &str| u16::try_from(columns(text)).unwrap_or(u16::MAX);
    let all = right.saturating_sub(x);
    let said = if all > width(&time) + width(&facts) + SHORTEST * 3 {
        clean!("{time}{facts}")
    } else {
        time
    };
    let length = all.saturating_sub(width(&said) + 2);
    if length < SHORTEST {
        canvas.put_cut(x, y, right, &said, Tone::Plain);
        return;
    }
    let at = |thousandths: u16| {
        let place = u32::from(thousandths) * u32::from(length - 1) / 1_000;
        x + u16::try_from(place).unwrap_or(0)
    };
    let here = at(player.progress(now));
    for column in x..x + length {
        let (symbol, tone) = if column <= here {
            ("━", Tone::Accent)
        } else {
            ("─", Tone::Dim)
        };
        canvas.put(column, y, right, symbol, tone);
        let part = u32::from(column - x) * 1_000 / u32::from(length - 1).max(1);
        let moment = HitTarget::Moment(u16::try_from(part).unwrap_or(1_000));
        canvas.target(Rect::new(column, y, 1, 1), moment);
    }
    for failure in playback.failures() {
        canvas.put(at(*failure), y, right, "✘", Tone::Bad);
    }
    canvas.put(here, y, right, "●", Tone::Strong);
    canvas.put(x + length + 2, y, right, &said, Tone::Plain);
}
