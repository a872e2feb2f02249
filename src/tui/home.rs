//! The home screen.

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use super::canvas::{Canvas, PaneFrame, wrapped};
use super::detail::mark_found;
use super::layout::PaneStyle;
use crate::app::AppState;
use crate::app::input::place::{HitTarget, Viewport};
use crate::app::layout::home::{Card, Home, HomeLine, HomeRow, Reach, SearchHit};
use crate::app::layout::line::{Line, Span, Tone};
use crate::app::layout::words;
use crate::clean;
use crate::domain::conclude::digest::ProgressDigest;
use crate::domain::read::text::{Clean, columns, one_line};

/// So wide is the region with the account.
const PLACE: u16 = 26;
/// So wide is how long something took.
const TOOK: u16 = 8;
/// A shorter bar says nothing, a longer one not more.
const LEAST_BAR: u16 = 6;
const WIDEST_BAR: u16 = 12;
/// From here on a second row can be spared for why AWS does not answer.
const TALL: u16 = 20;
/// From here on the region and the account have a place.
const WIDE: u16 = 110;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    home: &Home,
    app: &AppState,
    now: DateTime<Utc>,
) -> Viewport {
    let used = header(canvas, area, home);
    let body = Rect {
        y: area.y + used,
        height: area.height.saturating_sub(used + 1),
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
    let inner = headings(canvas, inner, home);
    if home.rows().is_empty() {
        return empty(canvas, inner, home);
    }
    let lines = home.lines(usize::from(inner.height));
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
            HomeLine::Cause(index, cause) => {
                canvas.target_row(inner, y, HitTarget::Entry(*index));
                canvas.put_cut(inner.x + 5, y, inner.right().saturating_sub(1), cause, Tone::Dim);
            }
            HomeLine::Row(index, row) => {
                canvas.target_row(inner, y, HitTarget::Entry(*index));
                match row {
                    HomeRow::Card(_, card) => draw_card(canvas, (inner, y), card, now),
                    HomeRow::Match(place) => draw_place(canvas, (inner, y), place, app),
                }
                if *index == chosen {
                    select(canvas, (inner, y), row);
                }
                if let HomeRow::Match(_) = row {
                    mark_words(canvas, (inner, y), home);
                }
            }
        }
    }
    canvas.scrollbar(frame, viewport);
    viewport
}

/// The chosen row keeps the colour of its outcome.
fn select(canvas: &mut Canvas<'_>, (inner, y): (Rect, u16), row: &HomeRow) {
    let tone = match row {
        HomeRow::Card(_, card) => card.verdict_words().2,
        HomeRow::Match(_) => Tone::Plain,
    };
    canvas.select(
        Rect {
            y,
            height: 1,
            ..inner
        },
        tone,
    );
}

/// Marks what was searched for, on the chosen row as on any other.
fn mark_words(canvas: &mut Canvas<'_>, (inner, y): (Rect, u16), home: &Home) {
    let said = Rect {
        y,
        height: 1,
        ..inner
    };
    for word in home.searched().unwrap_or_default().split_whitespace() {
        mark_found(canvas, said, word);
    }
}

/// The program and how AWS answers; how many rows that takes. What to do is at the end of what is said of silence, so
/// a second row is given to it where the first is too short.
fn header(canvas: &mut Canvas<'_>, area: Rect, home: &Home) -> u16 {
    let right = area.right().saturating_sub(1);
    let x = canvas.put(area.x + 1, area.y, right, "◆ stacktrail", Tone::Accent) + 2;
    let (words, tone) = match &home.reach {
        Reach::Asking => ("asking AWS which stacks there are".into(), Tone::Dim),
        Reach::Answering => return 1,
        Reach::Silent(words) => (clean!("only what is saved: {words}"), Tone::Warning),
    };
    let room = right.saturating_sub(x);
    if columns(&words) <= usize::from(room) || area.height < TALL {
        canvas.put_cut(x, area.y, right, &words, tone);
        return 1;
    }
    let rows = wrapped(&Line::of(tone, words), room);
    let text = |row: &Vec<Span>| row.iter().map(|span| span.text.as_str()).collect::<String>();
    let (first, rest): (String, Vec<String>) = (
        rows.first().map(text).unwrap_or_default(),
        rows.iter().skip(1).map(text).collect(),
    );
    for (said, y) in [first, rest.join(" ")].into_iter().zip(area.y..) {
        canvas.put_cut(x, y, right, Clean::from(said), tone);
    }
    2
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

/// Where the columns begin.
struct Columns {
    verdict: u16,
    took: u16,
    place: Option<u16>,
    seen: u16,
    right: u16,
}

impl Columns {
    fn of(inner: Rect) -> Self {
        let right = inner.right().saturating_sub(1);
        let seen = right.saturating_sub(9);
        let place = (inner.width >= WIDE).then(|| seen.saturating_sub(PLACE + 2));
        let took = place.unwrap_or(seen).saturating_sub(TOOK + 2);
        let name = (took.saturating_sub(inner.x + 3)) * 2 / 5;
        Self {
            verdict: inner.x + 3 + name,
            took,
            place,
            seen,
            right,
        }
    }
}

/// What stands in each column, where there is room for more than rows.
fn headings(canvas: &mut Canvas<'_>, inner: Rect, home: &Home) -> Rect {
    if inner.height < 8 || home.searched().is_some() || home.rows().is_empty() {
        return inner;
    }
    let columns = Columns::of(inner);
    let named = [
        (Some(inner.x + 3), "stack"),
        (Some(columns.verdict), "outcome"),
        (Some(columns.took), "took"),
        (columns.place, "region / account"),
        (Some(columns.seen), "seen"),
    ];
    for (from, name) in named {
        if let Some(from) = from {
            canvas.put_cut(from, inner.y, columns.right, name, Tone::Dim);
        }
    }
    Rect {
        y: inner.y + 1,
        height: inner.height - 1,
        ..inner
    }
}

fn draw_card(canvas: &mut Canvas<'_>, (inner, y): (Rect, u16), card: &Card, now: DateTime<Utc>) {
    let columns = Columns::of(inner);
    let (sign, verdict, tone) = card.verdict_words();
    canvas.put(inner.x + 1, y, columns.right, sign, tone);
    let name_end = columns.verdict.saturating_sub(1);
    canvas.put_cut(inner.x + 3, y, name_end, card.name(), Tone::Plain);
    let end = columns.took.saturating_sub(1);
    let mut x = canvas.put_cut(columns.verdict, y, end, &verdict, tone);
    if let Some(far) = card.progress() {
        x = progress(canvas, (x + 2, y, end), far, tone);
    }
    for mark in &card.marks {
        x = canvas.put_cut(x + 2, y, end, mark.label(), mark.tone());
    }
    if let Some(took) = card.took(now) {
        let took = Clean::from(words::duration(took));
        canvas.put_cut(columns.took, y, columns.took + TOOK, &took, Tone::Plain);
    }
    if let Some(from) = columns.place {
        let account = words::masked_account(card.root.account());
        let place = clean!("{} / {account}", card.root.region());
        canvas.put_cut(from, y, columns.seen.saturating_sub(1), &place, Tone::Dim);
    }
    let seen = card.last_seen.map(|at| ago(now, at)).unwrap_or_default();
    canvas.put_cut(columns.seen, y, columns.right, &seen, Tone::Dim);
}

/// How far a deployment is: a bar where there is room for one, and the count.
fn progress(canvas: &mut Canvas<'_>, (x, y, end): (u16, u16, u16), far: ProgressDigest, tone: Tone) -> u16 {
    let count = clean!("{}/{}", far.done, far.all);
    let width = u16::try_from(columns(&count)).unwrap_or(u16::MAX);
    if x.saturating_add(width) > end {
        return x;
    }
    let room = end.saturating_sub(x).saturating_sub(width + 1);
    let x = if room >= LEAST_BAR {
        super::header::bar(
            canvas,
            (x, y),
            (room.min(WIDEST_BAR), end),
            (far.done, far.all),
            tone,
        ) + 1
    } else {
        x
    };
    canvas.put(x, y, end, &count, Tone::Strong)
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
