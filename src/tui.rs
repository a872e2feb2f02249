//! The full-screen terminal: input, keys, panes, colours. The only place that names ratatui or crossterm.
//!
//! Drawing is a pure function of the state, the moment and the theme. No rule of the domain and no
//! knowledge of AWS may live here.

pub mod backdrop;
mod canvas;
mod detail;
pub(crate) mod draw_target;
mod events;
mod footer;
mod header;
mod help;
mod home;
pub mod input;
pub mod keymap;
pub mod layout;
mod links;
pub(crate) mod list_view;
mod own_log;
pub mod picture;
mod prompt;
mod replay_bar;
pub mod terminal;
pub mod terminal_features;
pub mod theme;
mod timeline;
mod tree;
mod which_key;

use chrono::{DateTime, Utc};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::canvas::Canvas;
use self::layout::{DetailDepth, Extra, Layout, Panes, Wanted};
use crate::app::AppState;
use crate::app::input::intent::Intent;
use crate::app::input::keys::Binding;
use crate::app::input::place::{HitTarget, LastFrame, Pane, View};
use crate::app::layout::home::Home;
use crate::app::layout::line::{Line, Tone};
use crate::app::state::overlay::Overlay;
use crate::app::state::{Focus, Watched};
use crate::app::view::header::Header;

pub use self::draw_target::DrawTarget;
pub use self::terminal::CrosstermTarget;
pub use self::theme::Theme;

/// Draws the whole screen and says what is in sight.
///
/// ```text
///  ◆ stacktrail  stack  STATUS                     elapsed  freshness  region / account
///  ████████▌░░░░  34/51  failures                  countdown
///  ✘ what failed: why
///  (what is wrong with the watching itself, if anything)
/// ╭ Resources ────────────────┬ the selected resource ────────────────────────────────╮
/// │                           │ tabs                                                   │
/// ├ Events ───────────────────┴──────────────────────────────────────────── following ─┤
/// ╰────────────────────────────────────────────────────────────────────────────────────╯
///  key hints, or what is being typed, or a word from the program
/// ```
pub fn draw(frame: &mut Frame<'_>, app: &AppState, now: DateTime<Utc>, theme: &Theme) -> LastFrame {
    draw_buffer(frame.buffer_mut(), app, now, theme)
}

/// Draws the whole screen into a buffer and says what is in sight.
pub fn draw_buffer(buffer: &mut Buffer, app: &AppState, now: DateTime<Utc>, theme: &Theme) -> LastFrame {
    let area = buffer.area;
    let mut canvas = Canvas::new(buffer, theme);
    if let Some(home) = &app.screen.home {
        let mut drawn = draw_home(&mut canvas, area, home, app, now);
        canvas.finish();
        drawn.targets = canvas.targets;
        return drawn;
    }
    let top_lines = Header::of(app, now);
    let (room, bar) = replay_bar::room(area, app);
    let view = app.screen.view;
    let wanted = wanted(app, area, now);
    let under_header = top_lines.troubles.len() + usize::from(top_lines.banner.is_some());
    let layout = Layout::of(room, under_header, &wanted);
    let mut drawn = app.screen.drawn.without_targets();
    match layout {
        Layout::TooSmall => too_small(&mut canvas, area),
        Layout::Fits { top, panes, bottom } => {
            header::draw(&mut canvas, top, &top_lines);
            draw_panes(&mut canvas, &panes, (app, view), now, &mut drawn);
            let bottom = replay_bar::draw(&mut canvas, (bottom, bar), app, now);
            footer::draw(&mut canvas, bottom, app, now);
            draw_on_top(&mut canvas, area, app, &mut drawn);
        }
    }
    canvas.finish();
    drawn.targets = canvas.targets;
    drawn
}

fn draw_home(
    canvas: &mut Canvas<'_>,
    area: Rect,
    home: &Home,
    app: &AppState,
    now: DateTime<Utc>,
) -> LastFrame {
    let mut drawn = app.screen.drawn.without_targets();
    match Layout::of(area, 0, &Wanted::default()) {
        Layout::TooSmall => too_small(canvas, area),
        Layout::Fits { bottom, .. } => {
            drawn.tree = home::draw(canvas, area, home, app, now);
            footer::draw(canvas, bottom, app, now);
            draw_on_top(canvas, area, app, &mut drawn);
        }
    }
    drawn
}

/// What lies on top of everything else.
fn draw_on_top(canvas: &mut Canvas<'_>, area: Rect, app: &AppState, drawn: &mut LastFrame) {
    match &app.screen.overlay {
        Overlay::Help(place) => drawn.help = help::draw(canvas, area, app, place),
        Overlay::OwnLog(log) => drawn.help = own_log::draw(canvas, area, app, log),
        Overlay::Prompt(prompt) => prompt::draw(canvas, area, app, prompt),
        Overlay::None | Overlay::Typing { .. } => {}
    }
    which_key::draw(canvas, area, app);
}

/// What decides how the room is divided.
fn wanted(app: &AppState, area: Rect, now: DateTime<Utc>) -> Wanted {
    let focus = if app.screen.view == View::Session {
        focus(app, area)
    } else {
        Focus::Zoomed(app.screen.focus.pane())
    };
    let shown = app.shown();
    // Where something failed or hangs, why is read rather than what happens next; where nobody watches, nothing does.
    let quiet = |watched: &Watched| {
        let told = || watched.findings().next().is_some() || !watched.hanging(app.moment(now)).is_empty();
        !watched.is_moving() || app.stands_still(watched) || told()
    };
    let lower = match focus.pane() {
        Pane::Events => Pane::Events,
        Pane::Resources if !shown.is_some_and(quiet) => Pane::Events,
        Pane::Resources | Pane::Detail => Pane::Detail,
    };
    let reading = shown.map_or(DetailDepth::Glance, reading);
    Wanted {
        focus,
        splits: app.screen.splits,
        tree: shown.map_or((0, 0), |watched| {
            let tree = watched.tree();
            // More rows may come as long as it goes on.
            let rows = match reading {
                DetailDepth::Glance => usize::MAX,
                DetailDepth::Cause | DetailDepth::Record => tree.len(),
            };
            (tree.len(), tree::comfortable(tree.columns(), rows))
        }),
        events: shown.map_or(0, |watched| watched.tail().all()),
        lower,
        evidence: shown.is_some_and(detail::has_evidence_beside),
        reading,
    }
}

/// What the detail is read for.
fn reading(watched: &Watched) -> DetailDepth {
    let failed = || watched.findings().next().is_some();
    match watched.place.detail.record {
        Some(_) => DetailDepth::Record,
        None if watched.is_over() && failed() => DetailDepth::Cause,
        None => DetailDepth::Glance,
    }
}

/// The pane in focus. An open record has the screen for itself where panes are stacked: it is long.
fn focus(app: &AppState, area: Rect) -> Focus {
    let reading = app
        .shown()
        .is_some_and(|watched| watched.place.detail.record.is_some());
    match app.screen.focus {
        Focus::Beside(Pane::Detail) if reading && !Layout::is_wide(area) => Focus::Zoomed(Pane::Detail),
        focus => focus,
    }
}

/// Boxes side by side share a line.
fn join(canvas: &mut Canvas<'_>, panes: &Panes, focused: Pane) {
    let boxes = panes.shown.iter().map(|(_, area)| *area);
    let boxes: Vec<Rect> = boxes.chain(panes.extras.iter().map(|(_, area)| *area)).collect();
    let focused = panes.shown.iter().find(|(pane, _)| *pane == focused);
    canvas.join(&boxes, focused.map(|(_, area)| *area));
}

fn draw_panes(
    canvas: &mut Canvas<'_>,
    panes: &Panes,
    (app, view): (&AppState, View),
    now: DateTime<Utc>,
    drawn: &mut LastFrame,
) {
    let reading = app
        .shown()
        .is_some_and(|watched| watched.place.detail.record.is_some());
    if view == View::Session {
        for (pane, area) in &panes.shown {
            canvas.target(*area, HitTarget::Pane(*pane));
        }
        for (area, divider) in &panes.dividers {
            canvas.target(*area, HitTarget::Divider(*divider));
        }
    }
    let alone = view == View::Session && panes.shown.len() == 1;
    let extras = |canvas: &mut Canvas<'_>, rows: std::ops::Range<u16>| {
        for (extra, area) in panes.extras.iter().filter(|(_, area)| rows.contains(&area.y)) {
            let frame = canvas::PaneFrame {
                area: *area,
                look: panes.look,
                focused: false,
            };
            match extra {
                Extra::Timeline => timeline::draw_beside(canvas, frame, app, now),
                Extra::Evidence => detail::draw_evidence_beside(canvas, frame, app, now),
            }
        }
    };
    let mut row = 0;
    let mut in_order: Vec<&(Pane, Rect)> = panes.shown.iter().collect();
    // Of the line that two boxes share, the title of the lower one stays, and the scroll mark of the left one.
    in_order.sort_by_key(|(_, area)| (area.y, std::cmp::Reverse(area.x)));
    for (pane, area) in in_order {
        extras(canvas, row..area.y + 1);
        row = row.max(area.y + 1);
        canvas.aside = alone
            .then(|| others(app, *pane))
            .filter(|line| !line.spans.is_empty());
        let frame = canvas::PaneFrame {
            area: *area,
            look: panes.look,
            focused: view != View::Session || app.screen.focus.pane() == *pane,
        };
        if view != View::Session {
            canvas.target(*area, HitTarget::View);
        }
        match (view, pane) {
            (View::Timeline, _) => drawn.view = timeline::draw(canvas, frame, app, now),
            (View::Actors | View::Attempts | View::Compare | View::Policy, _) if reading => {
                drawn.detail = detail::draw(canvas, frame, app, now);
            }
            (View::Actors | View::Attempts | View::Compare | View::Policy, _) => {
                drawn.view = list_view::draw(canvas, frame, app, now);
            }
            (View::Session, Pane::Resources) => drawn.tree = tree::draw(canvas, frame, app, now),
            (View::Session, Pane::Detail) => drawn.detail = detail::draw(canvas, frame, app, now),
            (View::Session, Pane::Events) => drawn.tail = events::draw(canvas, frame, app),
        }
    }
    extras(canvas, row..u16::MAX);
    if panes.look == layout::PaneStyle::Boxed && view == View::Session {
        join(canvas, panes, app.screen.focus.pane());
    }
}

/// That there are others beside a pane that stands alone: which key leads to which.
fn others(app: &AppState, pane: Pane) -> Line {
    let map = &app.screen.keyboard.map;
    let key = map.binding(Intent::NextPane).and_then(Binding::first_key);
    key.map_or_else(Line::new, |key| {
        Line::of(Tone::Accent, format!("{key}: ")).and(Tone::Dim, pane.step(true).label())
    })
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let lines = ["stacktrail needs a little more room:", "40 columns and 10 rows."];
    let top = area.y + area.height.saturating_sub(2) / 2;
    for (index, line) in (0_u16..).zip(lines) {
        let y = top.saturating_add(index);
        let width = u16::try_from(line.len()).unwrap_or(u16::MAX);
        let x = area.x + area.width.saturating_sub(width) / 2;
        if y < area.bottom() {
            canvas.put(x, y, area.right(), line, Tone::Plain);
        }
    }
}
