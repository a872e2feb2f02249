//! The home screen.

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use super::canvas::{Canvas, PaneFrame};
use super::layout::PaneStyle;
use crate::app::AppState;
use crate::app::input::place::{HitTarget, Viewport};
use crate::app::layout::home::{Card, Home, HomeLine, HomeRow, Reach, SearchHit};
use crate::app::layout::line::{Line, Tone};
use crate::app::layout::words;
use crate::clean;
use crate::domain::read::text::{Clean, columns, one_line};

/// From here on the region and the account have a place.
const WIDE: u16 = 110;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    home: &Home,
    app: &AppState,
    now: DateTime<Utc>,
) -> Viewport {
    header(canvas, area, home);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(2),
        ..area
    };
    let boxed = area.height >= 16;
    let frame = PaneFrame {
        area: body,
        look: if boxed { PaneStyle::Boxed } else { PaneStyle::Ruled },
        focused: true,
    };
    canvas.target(body, HitTarget::View);
    let inner = canvas.frame(frame, &title(home), &count(home));
    if home.rows().is_empty() {
        return empty(canvas, inner, home);
    }
    let lines = home.lines();
    let chosen = home.chosen_index();
    let at = lines
        .iter()
        .position(|line| matches!(line, HomeLine::Row(index, _) if *index == chosen));
    let height = usize::from(inner.height);
    let viewport = Viewport::seen(app.screen.scroll_mode, at, home.offset, height, lines.len());
    let shown = lines.get(viewport.range()).unwrap_or_default();
    for (line, y) in shown.iter().zip(inner.top()..inner.bottom()) {
        match line {
            HomeLine::Gap => {}
            HomeLine::Heading(section) => {
                canvas.put_cut(inner.x + 1, y, inner.right(), section.label(), Tone::Heading);
            }
            HomeLine::Row(index, row) => {
                canvas.target_row(inner, y, HitTarget::Entry(*index));
                match row {
                    HomeRow::Card(_, card) => draw_card(canvas, (inner, y), card, now),
                    HomeRow::Place(place) => draw_place(canvas, (inner, y), place, app),
                }
                if *index == chosen {
                    let style = canvas.theme.cursor();
                    canvas.tint(inner.x, y, inner.right(), style);
                }
            }
        }
    }
    canvas.scrollbar(frame, viewport);
    viewport
}

fn header(canvas: &mut Canvas<'_>, area: Rect, home: &Home) {
    let right = area.right().saturating_sub(1);
    let x = canvas.put(area.x + 1, area.y, right, "◆ stacktrail", Tone::Accent);
    let (words, tone) = match &home.reach {
        Reach::Asking => ("asking AWS which stacks there are".into(), Tone::Dim),
        Reach::Answering => return,
        Reach::Silent(words) => (clean!("only what is saved: {words}"), Tone::Warning),
    };
    canvas.put_cut(x + 2, area.y, right, &words, tone);
}

fn title(home: &Home) -> Line {
    match (home.searched(), home.filter.as_str()) {
        (Some(searched), _) => Line::of(Tone::Strong, format!("Where `{searched}` stands")),
        (None, "") => Line::of(Tone::Strong, "Stacks and sessions"),
        (None, filter) => {
            Line::of(Tone::Strong, "Stacks and sessions ").and(Tone::Accent, format!("/{filter}"))
        }
    }
}

fn count(home: &Home) -> Line {
    Line::of(Tone::Dim, home.rows().len().to_string())
}

fn empty(canvas: &mut Canvas<'_>, inner: Rect, home: &Home) -> Viewport {
    let lines: &[&'static str] = if home.searched().is_some() {
        &["It stands nowhere in what was recorded."]
    } else if home.filter.is_empty() && home.is_fresh() {
        &[
            "No sessions yet.",
            "`stacktrail STACK` records one and explains what fails;",
            "`stacktrail demo` shows it without an account.",
        ]
    } else {
        &["Nothing has these letters."]
    };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let top = inner.y + inner.height.saturating_sub(height) / 2;
    for (line, y) in lines.iter().zip(top..inner.bottom()) {
        let width = u16::try_from(columns(line)).unwrap_or(u16::MAX);
        let x = inner.x + inner.width.saturating_sub(width) / 2;
        canvas.put_cut(x, y, inner.right(), *line, Tone::Dim);
    }
    Viewport::around(None, 0, usize::from(inner.height), 0)
}

fn draw_card(canvas: &mut Canvas<'_>, (inner, y): (Rect, u16), card: &Card, now: DateTime<Utc>) {
    let right = inner.right().saturating_sub(1);
    let (sign, verdict, tone) = card.verdict_words();
    let seen = card.last_seen.map(|at| ago(now, at)).unwrap_or_default();
    let seen_from = right.saturating_sub(9);
    let verdict_from = inner.x + 3 + (inner.width.saturating_sub(13)) * 2 / 5;
    canvas.put(inner.x + 1, y, right, sign, tone);
    canvas.put_cut(
        inner.x + 3,
        y,
        verdict_from.saturating_sub(1),
        card.name(),
        Tone::Plain,
    );
    let mut x = canvas.put_cut(verdict_from, y, seen_from.saturating_sub(1), &verdict, tone);
    for mark in &card.marks {
        x = canvas.put_cut(x + 2, y, seen_from.saturating_sub(1), mark.label(), mark.tone());
    }
    if inner.width >= WIDE {
        let account = words::masked_account(card.root.account());
        let place = clean!("{} / {account}", card.root.region());
        let from = seen_from.saturating_sub(u16::try_from(columns(&place)).unwrap_or(0) + 3);
        if from > x + 2 {
            canvas.put_cut(from, y, seen_from, &place, Tone::Dim);
        }
    }
    canvas.put_cut(seen_from, y, right, &seen, Tone::Dim);
}

fn draw_place(canvas: &mut Canvas<'_>, (inner, y): (Rect, u16), place: &SearchHit, app: &AppState) {
    let right = inner.right().saturating_sub(1);
    let at = app.times().day(place.at);
    let x = canvas.put_cut(inner.x + 1, y, right, Clean::from(at), Tone::Dim);
    let x = canvas.put_cut(x + 2, y, right, one_line(place.root.name()), Tone::Strong);
    let x = canvas.put_cut(x + 2, y, right, &place.subject, Tone::Accent);
    canvas.put_cut(x + 2, y, right, &place.text, Tone::Plain);
}

fn ago(now: DateTime<Utc>, at: DateTime<Utc>) -> Clean {
    words::age(now - at).into()
}
