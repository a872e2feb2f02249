//! The attempt as a chart: nested rows, bars of eighths of a cell, what the attempt had to wait for.

mod bars;
mod below;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, PaneFrame, is_of_a_bar};
use super::theme::{SelectionLook, Theme};
use crate::app::AppState;
use crate::app::input::intent::Intent;
use crate::app::input::place::{HitTarget, Pane, TreeShow, View, Viewport};
use crate::app::layout::headline;
use crate::app::layout::line::{Line, Tone};
use crate::app::layout::timeline::{Bar, Window};
use crate::app::layout::tree::{RowState, TreeColumns};
use crate::app::layout::words;
use crate::app::state::Watched;
use crate::app::state::overlay::Overlay;
use crate::clean;
use crate::domain::read::text::columns as columns_of;
use crate::domain::read::text::{Clean, Shown};

/// Where everything stands, from left to right.
#[derive(Clone, Copy)]
struct Columns {
    name: (u16, u16),
    kind: (u16, u16),
    mark: u16,
    chart: (u16, u16),
    took: (u16, u16),
    usual: (u16, u16),
}

/// Beside a bar fewer columns tell nothing of why it failed.
const TELLING: usize = 16;

/// What the bars are drawn by.
#[derive(Clone, Copy)]
struct Scale {
    window: Window,
    moment: DateTime<Utc>,
    live: bool,
}

impl Columns {
    /// What is usual has its columns where something is.
    fn of(area: Rect, TreeColumns { name, kind }: TreeColumns, has_usual: bool) -> Self {
        let width = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX);
        let most = if area.width < 60 {
            16
        } else {
            area.width * 30 / 100
        };
        let name = area.x + 1 + width(name).saturating_add(5).clamp(10, most.max(10));
        let kind = if area.width >= 120 {
            name + 1 + width(kind).min(24)
        } else {
            name
        };
        let right = area.right().saturating_sub(1);
        let usual = if area.width >= 100 && has_usual {
            right.saturating_sub(12)
        } else {
            right
        };
        let took = usual.saturating_sub(8);
        Self {
            name: (area.x + 1, name),
            kind: (name + 1, kind),
            mark: kind + 1,
            chart: (kind + 3, took.saturating_sub(1)),
            took: (took, usual),
            usual: (usual + 1, right),
        }
    }

    fn cells(&self) -> i64 {
        i64::from(self.chart.1.saturating_sub(self.chart.0))
    }
}

fn nothing_yet(canvas: &mut Canvas<'_>, frame: PaneFrame) -> Viewport {
    let area = canvas.frame(frame, &Line::of(Tone::Strong, "Timeline"), &Line::new());
    super::footer::placeholder(canvas, area, "Nothing has happened yet.");
    Viewport::default()
}

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    frame: PaneFrame,
    app: &AppState,
    now: DateTime<Utc>,
) -> Viewport {
    let moment = app.moment(now);
    let shown = app
        .shown()
        .and_then(|watched| Some((watched, watched.window(moment)?)));
    let Some((watched, window)) = shown else {
        return nothing_yet(canvas, frame);
    };
    let live = watched
        .attempt()
        .is_some_and(|attempt| attempt.ended_at.is_none());
    let (frame, room) = below::divided(frame, watched);
    let area = canvas.frame(frame, &title(app, watched), &right(app, watched, window));
    if area.height < 4 {
        return Viewport::default();
    }
    let has_usual = !watched.chart().usual.is_empty();
    let columns = Columns::of(area, watched.tree().columns(), has_usual);
    let scale = Scale { window, moment, live };
    axis(canvas, area, columns, (watched, scale));
    let selected = watched.selected_index();
    let told = below::told(watched, (selected, moment), area);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + told.rows()),
        ..area
    };
    let place = &watched.place.timeline;
    let viewport = Viewport::seen(
        app.screen.scroll_mode,
        Some(selected),
        place.offset,
        usize::from(body.height),
        watched.tree().len(),
    );
    let mut marks = below::Marks::default();
    for (index, y) in viewport.range().zip(body.top()..body.bottom()) {
        let Some(bar) = watched.bar(index) else { continue };
        marks.add(&bar);
        canvas.target_row(body, y, HitTarget::Row(bar.row.key.clone()));
        draw_row(
            canvas,
            (body, y),
            &bar,
            (columns, scale, watched),
            index == selected,
        );
    }
    let unused = body.height.saturating_sub(viewport_rows(viewport));
    if unused > 1 {
        below::legend(canvas, body, &marks);
    }
    if unused > 2 && watched.place.timeline.window.is_some() {
        below::minimap(canvas, body.bottom().saturating_sub(2), columns, (watched, scale));
    }
    told.draw(canvas, area);
    canvas.scrollbar(frame, viewport);
    if let Some(room) = room {
        below::draw(canvas, (frame, room), app, now);
    }
    viewport
}

/// The attempt over time, beside the panes: its rows and bars, without what takes long to find out.
pub(super) fn draw_beside(canvas: &mut Canvas<'_>, frame: PaneFrame, app: &AppState, now: DateTime<Utc>) {
    let moment = app.moment(now);
    let title = Line::of(Tone::Strong, "Timeline");
    let shown = app
        .shown()
        .and_then(|watched| Some((watched, watched.whole(moment)?)));
    let Some((watched, window)) = shown else {
        canvas.frame(frame, &title, &Line::new());
        return;
    };
    let key = app.screen.keyboard.map.key_of(Intent::Look(View::Timeline));
    let title = match key {
        Some(key) => title.and(Tone::Dim, format!("  {key} opens it")),
        None => title,
    };
    let area = canvas.frame(frame, &title, &Line::new());
    if area.height < 4 {
        return;
    }
    let live = watched
        .attempt()
        .is_some_and(|attempt| attempt.ended_at.is_none());
    let columns = Columns::of(area, watched.tree().columns(), false);
    let scale = Scale { window, moment, live };
    axis(canvas, area, columns, (watched, scale));
    let rows = usize::from(area.height - 1);
    let selected = watched.selected_index();
    let viewport = Viewport::around(Some(selected), 0, rows, watched.tree().len());
    for (index, y) in viewport.range().zip(area.top() + 1..area.bottom()) {
        let Some(row) = watched.row(index) else { continue };
        let bar = Bar {
            row,
            is_critical: false,
            usual: None,
        };
        draw_row(canvas, (area, y), &bar, (columns, scale, watched), false);
        if index == selected {
            canvas.put(area.x, y, area.right(), "▌", Tone::Accent);
        }
    }
    canvas.scrollbar(frame, viewport);
}

fn title(app: &AppState, watched: &Watched) -> Line {
    let mut line = Line::of(Tone::Strong, "Timeline");
    if let Some(attempt) = watched.attempt() {
        let tone = crate::app::view::header::outcome_tone(attempt);
        line = line
            .and(
                Tone::Dim,
                format!("  deployment {} · {} ", attempt.number, attempt.operation.label()),
            )
            .and(tone, attempt.outcome.label());
    }
    let place = &watched.place.tree;
    if place.show != TreeShow::All {
        line = line.and(Tone::Accent, format!("  only {}", place.show.label()));
    }
    let typing = matches!(
        app.screen.overlay,
        Overlay::Typing {
            pane: Pane::Resources
        }
    );
    if typing || !place.filter.is_empty() {
        line = line.and(Tone::Accent, format!("  /{}", place.filter));
    }
    line
}

fn right(app: &AppState, watched: &Watched, window: Window) -> Line {
    let times = app.times();
    let line = Line::of(
        Tone::Dim,
        format!("{} to {}", times.text(window.from), times.text(window.to)),
    );
    if watched.place.timeline.window.is_some() {
        line.and(
            Tone::Accent,
            format!(" · {} shown", words::duration(window.length())),
        )
    } else {
        line
    }
}

/// The marks over the chart, counted from the beginning of the attempt, and now.
fn axis(canvas: &mut Canvas<'_>, area: Rect, columns: Columns, (watched, scale): (&Watched, Scale)) {
    let (left, right) = columns.chart;
    let origin = watched
        .attempt()
        .map_or(scale.window.from, |attempt| attempt.started_at);
    let now = (scale.live && scale.window.holds(scale.moment))
        .then(|| left + cell(scale.window.part(scale.moment, columns.cells() - 1)));
    for tick in scale.window.ticks(origin, columns.cells() / 11) {
        let x = left + cell(scale.window.part(tick.at, columns.cells()));
        if now.is_some_and(|now| (x..x + 8).contains(&now) || x.abs_diff(now) < 5) {
            continue;
        }
        let text = clean!("╷{}", tick.label);
        let width = u16::try_from(columns_of(&text)).unwrap_or(u16::MAX);
        if x.saturating_add(width) <= columns.took.0 {
            canvas.put(x, area.y, columns.took.0, &text, Tone::Dim);
        }
    }
    put_right(canvas, columns.took, area.y, "took", Tone::Dim);
    if columns.usual.1 > columns.usual.0 {
        canvas.put(columns.usual.0, area.y, columns.usual.1, "    usually", Tone::Dim);
    }
    if let Some(x) = now {
        canvas.put(x.saturating_sub(3), area.y, right + 1, "now▾", Tone::Accent);
    }
}

fn cell(part: i64) -> u16 {
    u16::try_from(part).unwrap_or(0)
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    (area, y): (Rect, u16),
    bar: &Bar,
    (columns, scale, watched): (Columns, Scale, &Watched),
    selected: bool,
) {
    let row = &bar.row;
    let tone = row.tone();
    let right = columns.name.1;
    let x = columns.name.0 + (row.depth * 2).min(12);
    let x = canvas.put_fold((x, y), right, row);
    let x = canvas.put(x, y, right, row.sign(scale.moment), tone) + 1;
    let name_tone = match (row.fold, row.finding) {
        (Some(_), _) => Tone::Strong,
        (None, Some(_)) => tone,
        (None, None) => Tone::Plain,
    };
    canvas.put_cut(x, y, right, &row.name, name_tone);
    let kind = words::type_within(
        &row.kind,
        usize::from(columns.kind.1.saturating_sub(columns.kind.0)),
    );
    canvas.put_cut(columns.kind.0, y, columns.kind.1, kind, Tone::Dim);
    if selected {
        canvas.put(area.x, y, area.right(), "▌", Tone::Accent);
    }
    if bar.is_critical {
        canvas.put(columns.mark, y, area.right(), "◆", Tone::Accent);
    }
    durations(canvas, y, bar, (columns, scale));
    bars::draw(canvas, y, bar, (columns, scale));
    if row.state == RowState::Failed {
        reason(canvas, y, bar, (columns, scale, watched));
    }
    if selected {
        select_around_bars(canvas, (area, y), columns);
    }
}

/// How long it took, loud where that is much longer than usual, and how long it usually takes.
fn durations(canvas: &mut Canvas<'_>, y: u16, bar: &Bar, (columns, scale): (Columns, Scale)) {
    let worked = bar.row.worked(scale.moment);
    let slow = bar
        .usual
        .zip(worked)
        .is_some_and(|(usual, took)| is_slow(took, usual.took));
    if let Some(took) = bar.row.took(scale.moment) {
        let text = words::duration(took);
        let (from, to) = columns.took;
        let fits = columns_of(&text) + 2 <= usize::from(to.saturating_sub(from));
        let (text, tone) = match slow {
            true if fits => (clean!("▲ {text}"), Tone::Warning),
            true => (text.into(), Tone::Warning),
            false => (text.into(), Tone::Plain),
        };
        put_right(canvas, columns.took, y, text, tone);
    }
    if let Some(usual) = bar.usual {
        let text = Clean::from(words::duration(usual.took));
        put_right(canvas, columns.usual, y, text, Tone::Dim);
    }
}

/// The whole row is selected. The bars keep their colours, some of them exchanged, and stand on its ground; where it has
/// none, a line under what is written beside the chart tells it: exchanged colours would make one band of row and bar, and
/// a line through the chart would be an axis.
fn select_around_bars(canvas: &mut Canvas<'_>, (area, y): (Rect, u16), columns: Columns) {
    let ground = match canvas.theme.selection() {
        SelectionLook::Ground => canvas.theme.cursor().bg,
        SelectionLook::Reversed | SelectionLook::Underlined => None,
    };
    for x in area.left()..area.right() {
        let in_chart = (columns.chart.0..columns.chart.1).contains(&x);
        let is_bar = in_chart && is_of_a_bar(canvas.symbol(x, y));
        match ground {
            Some(ground) if is_bar => canvas.tint(x, y, x + 1, Style::new().bg(ground)),
            Some(_) => canvas.select(Rect::new(x, y, 1, 1)),
            None if in_chart || x == area.left() => {}
            None => canvas.tint(x, y, x + 1, Theme::selected_line()),
        }
    }
    canvas.underline_words_only(Rect { y, height: 1, ..area });
}

/// Why it failed, beside its bar: in as many words as there is room for after it, or else before it.
fn reason(canvas: &mut Canvas<'_>, y: u16, bar: &Bar, (columns, scale, watched): (Columns, Scale, &Watched)) {
    let finding = bar
        .row
        .finding
        .and_then(|index| watched.diagnosis.findings.get(index));
    let (Some(finding), Some(from)) = (finding, bar.row.started_at) else {
        return;
    };
    let said = match finding.assessment.causes.first() {
        // Bare words say nothing that the row does not.
        Some(cause) if headline::only_quoted(&cause.claim).is_some() => return,
        Some(cause) => headline::by_length(cause),
        None => vec![finding.said().to_owned()],
    };
    let to = bar.row.ended_at.unwrap_or(scale.moment);
    if !scale.window.holds(to) {
        return;
    }
    let (left, right) = columns.chart;
    let at = |moment| left + cell(scale.window.part(moment, columns.cells()));
    let blank = |from: u16, to: u16| (from..to).take_while(|x| canvas.is_empty(*x, y)).count();
    let (after, begin) = ((at(to) + 2).min(right), at(from).saturating_sub(1).max(left));
    let room = blank(after, right).saturating_sub(2);
    let before = blank(left, begin).saturating_sub(1);
    let over = usize::from(right.saturating_sub(after)).saturating_sub(1);
    let fits = |room: usize| said.iter().find(|said| columns_of(said) <= room).cloned();
    let cut = |room: usize| said.last().filter(|_| room >= TELLING).cloned();
    let end = after + u16::try_from(room).unwrap_or(0);
    if let Some(said) = fits(room) {
        canvas.put_cut(after, y, end, Clean::from(said), Tone::Plain);
    } else if let Some(said) = fits(before) {
        // Right before the bar.
        let width = u16::try_from(columns_of(&said)).unwrap_or(0);
        let from = begin.saturating_sub(width + 1).max(left);
        canvas.put_cut(from, y, begin, Clean::from(said), Tone::Plain);
    } else if let Some(said) = said.last().filter(|said| columns_of(said) <= over) {
        // Why it failed is worth more than when it was rolled back.
        canvas.put_cut(after, y, right, clean!("{said} "), Tone::Plain);
    } else if let Some(said) = cut(room) {
        canvas.put_cut(after, y, end, Clean::from(said), Tone::Plain);
    }
}

fn is_slow(took: TimeDelta, usual: TimeDelta) -> bool {
    took - usual >= TimeDelta::seconds(5) && took * 2 >= usual * 3
}

fn put_right(canvas: &mut Canvas<'_>, (left, right): (u16, u16), y: u16, text: impl Shown, tone: Tone) {
    let width = u16::try_from(columns_of(text.shown())).unwrap_or(u16::MAX);
    let x = right.saturating_sub(width).max(left);
    canvas.put(x, y, right, text, tone);
}

fn viewport_rows(viewport: Viewport) -> u16 {
    u16::try_from(viewport.range().len()).unwrap_or(u16::MAX)
}
