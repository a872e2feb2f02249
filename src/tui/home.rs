//! The home screen and the columns of its list; what a row says is `app::layout::home::Card`, made in `shell::home`.

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use super::canvas::{self, Canvas, PaneFrame, wrapped};
use super::detail::{self, mark_found};
use super::keymap::{OnEnter, WATCHES};
use super::layout::{PaneStyle, next_to, share};
use super::list_view;
use crate::app::AppState;
use crate::app::input::place::{HitTarget, Viewport};
use crate::app::layout::headline;
use crate::app::layout::home::{Card, Home, HomeLine, HomeRow, Reach, SearchHit};
use crate::app::layout::line::{Line, Span, Tone};
use crate::app::layout::words;
use crate::app::view::home_preview;
use crate::clean;
use crate::domain::conclude::digest::ProgressDigest;
use crate::domain::read::text::{Clean, columns, one_line};

/// So wide is the region with the account.
const PLACE: u16 = 26;
/// So wide is how long something took.
const TOOK: u16 = 8;
/// Under this names are worth more than how long something took.
const NARROW: u16 = 56;
/// A column with its heading is no narrower.
const LEAST_NAME: u16 = 12;
/// A shorter bar says nothing, a longer one not more.
const LEAST_BAR: u16 = 6;
const WIDEST_BAR: u16 = 12;
/// From here on a second row can be spared for why AWS does not answer.
const TALL: u16 = 20;
/// From here on the region and the account have a place.
const WIDE: u16 = 94;
/// From here on the story of the chosen row stands beside the list, which has so many hundredths, and no more columns.
const BESIDE: u16 = 140;
const LIST: u16 = 56;
const WIDEST_LIST: u16 = 130;
/// So much is told before a word that was searched for.
const BEFORE: usize = 16;

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
    let preview = home_preview::of(app, home, now);
    let (frame, room) = divided(frame, home, preview.is_some());
    let lately = home_preview::lately(app, home, now);
    let (frame, below) = match room {
        Some(room) if room.area.x > frame.area.x => below_list(frame, home, lately.is_some()),
        _ => (frame, None),
    };
    let inner = canvas.frame(frame, &title(home), &count(home));
    let columns = Columns::of(inner, home);
    let inner = headings(canvas, inner, home, &columns);
    canvas.on_enter = on_enter(home);
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
        let row = Rect {
            y,
            height: 1,
            ..inner
        };
        draw_line(canvas, row, (line, home, &columns), (app, now));
    }
    canvas.scrollbar(frame, viewport);
    let mut panes = vec![frame.area];
    for (room, page) in [(room, &preview), (below, &lately)] {
        if let (Some(room), Some(page)) = (room, page) {
            detail::draw_page(canvas, room, page);
            mark_words(canvas, canvas::inside(room), home);
            panes.push(room.area);
        }
    }
    if boxed && panes.len() > 1 {
        canvas.join(&panes, Some(frame.area));
    }
    viewport
}

/// What the list leaves room for below it, where the story of its chosen row stands beside it.
fn below_list(frame: PaneFrame, home: &Home, more: bool) -> (PaneFrame, Option<PaneFrame>) {
    list_view::divided(frame, home.lines(usize::MAX).len() + 1, more)
}

/// What Enter does with the chosen row.
fn on_enter(home: &Home) -> OnEnter {
    match home.chosen() {
        Some(HomeRow::Card(_, card)) if home.is_watched_rather(card) => OnEnter::Does(WATCHES),
        Some(_) => OnEnter::Does("open"),
        None => OnEnter::Nothing,
    }
}

/// One line of the list.
fn draw_line(
    canvas: &mut Canvas<'_>,
    row: Rect,
    (line, home, columns): (&HomeLine<'_>, &Home, &Columns),
    (app, now): (&AppState, DateTime<Utc>),
) {
    let (y, right) = (row.y, row.right());
    match line {
        HomeLine::Gap => {}
        HomeLine::Heading(section) => {
            canvas.put_cut(row.x + 1, y, right, section.label(), Tone::Heading);
        }
        HomeLine::Cause(index, cause) => {
            canvas.target_row(row, y, HitTarget::Entry(*index));
            let told = within(cause, usize::from(right.saturating_sub(row.x + 6)));
            canvas.put_cut(row.x + 5, y, right.saturating_sub(1), &told, Tone::Plain);
        }
        HomeLine::SameAs(index, which) => {
            canvas.target_row(row, y, HitTarget::Entry(*index));
            canvas.put_cut(row.x + 5, y, right.saturating_sub(1), which, Tone::Dim);
        }
        HomeLine::Row(index, entry) => {
            canvas.target_row(row, y, HitTarget::Entry(*index));
            match entry {
                HomeRow::Card(_, card) => draw_card(canvas, (row, y), (card, columns), now),
                HomeRow::Match(place) => draw_place(canvas, (row, y), (place, home), app),
            }
            if *index == home.chosen_index() {
                canvas.put(row.x, y, right, "▌", Tone::Accent);
                canvas.select(row);
            }
            if let HomeRow::Match(_) = entry {
                mark_words(canvas, row, home);
            }
        }
    }
}

/// Why something failed, in as many words as there are columns for.
fn within(cause: &Clean, room: usize) -> Clean {
    let told = headline::briefer(cause);
    let fits = told.iter().find(|told| columns(told) <= room);
    fits.or_else(|| told.last())
        .map_or_else(|| cause.clone(), |told| told.as_str().into())
}

/// The list, and where there is room the story of its chosen row: beside it, or below it.
fn divided(frame: PaneFrame, home: &Home, preview: bool) -> (PaneFrame, Option<PaneFrame>) {
    if preview && frame.area.width >= BESIDE && frame.look == PaneStyle::Boxed {
        let list = share(frame.area.width, LIST).clamp(WIDE + 2, WIDEST_LIST);
        let (left, right) = next_to(frame.area, list);
        let part = |area: Rect, focused: bool| PaneFrame {
            area,
            focused,
            ..frame
        };
        return (part(left, true), Some(part(right, false)));
    }
    // One row is for the headings of the columns.
    let all = home.lines(usize::MAX).len() + 1;
    list_view::divided(frame, all, preview)
}

/// Marks what was searched for, on the chosen row as on any other.
fn mark_words(canvas: &mut Canvas<'_>, said: Rect, home: &Home) {
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
        Reach::Asking => ("listing stacks".into(), Tone::Dim),
        Reach::Answering => return 1,
        Reach::Silent(words) => (clean!("offline: {words}"), Tone::Warning),
    };
    let room = right.saturating_sub(x);
    // What goes on by itself need not be told where there is little room.
    let words: Clean = match words.strip_suffix(" and it goes on by itself") {
        Some(short) if columns(&words) > usize::from(room) => short.into(),
        _ => words,
    };
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
        (Some(searched), _) => Line::of(Tone::Strong, "Search  ").and(Tone::Accent, one_line(searched)),
        (None, "") => Line::of(Tone::Strong, "Stacks and sessions"),
        (None, filter) => {
            Line::of(Tone::Strong, "Stacks and sessions ").and(Tone::Accent, format!("/{filter}"))
        }
    }
}

/// How many rows there are; where they are, where all of them are in one place.
fn count(home: &Home) -> Line {
    let all = home.rows().len();
    if home.searched().is_some() {
        return Line::of(Tone::Dim, clean!("{all} found"));
    }
    match one_place(home) {
        Some(place) => Line::of(Tone::Dim, clean!("{place} · {all}")),
        None => Line::of(Tone::Dim, all.to_string()),
    }
}

fn cards(home: &Home) -> impl Iterator<Item = &Card> {
    home.rows().iter().filter_map(|row| match row {
        HomeRow::Card(_, card) => Some(card),
        HomeRow::Match(_) => None,
    })
}

fn place_of(card: &Card) -> Clean {
    let account = words::masked_account(card.root.account());
    clean!("{} / {account}", card.root.region())
}

/// The region and the account of all rows, where they have the same.
fn one_place(home: &Home) -> Option<Clean> {
    let mut all = cards(home);
    let first = all.next()?;
    let same = |card: &Card| {
        card.root.region() == first.root.region() && card.root.account() == first.root.account()
    };
    all.all(same).then(|| place_of(first))
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
    took_end: u16,
    place: Option<u16>,
    seen: u16,
    right: u16,
}

impl Columns {
    /// Names and outcomes have the columns that they need; where that is more than there are, names have two fifths.
    fn of(inner: Rect, home: &Home) -> Self {
        let right = inner.right().saturating_sub(1);
        let seen = right.saturating_sub(9);
        let differs = one_place(home).is_none();
        let place = (inner.width >= WIDE && differs).then(|| seen.saturating_sub(PLACE + 2));
        let gap = if inner.width >= WIDE { 2 } else { 1 };
        // Where names would be cut to a few letters, how long it took is told by whoever opens it.
        let took_width = if inner.width < NARROW { 0 } else { TOOK };
        let took = place.unwrap_or(seen).saturating_sub(took_width + gap);
        let room = took.saturating_sub(inner.x + 3);
        let cards = || cards(home);
        let width = |columns: Option<usize>| u16::try_from(columns.unwrap_or(0)).unwrap_or(u16::MAX);
        let names = width(cards().map(|card| columns(&card.name())).max());
        let outcomes = width(cards().map(outcome_columns).max());
        let most = share(room, 40).max(room.saturating_sub(outcomes.saturating_add(1)));
        let name = names.saturating_add(2).clamp(LEAST_NAME.min(most), most);
        Self {
            verdict: inner.x + 3 + name,
            took,
            took_end: took + took_width,
            place,
            seen,
            right,
        }
    }
}

/// What stands in each column, where there is room for more than rows.
fn headings(canvas: &mut Canvas<'_>, inner: Rect, home: &Home, columns: &Columns) -> Rect {
    if inner.height < 8 || home.searched().is_some() || home.rows().is_empty() {
        return inner;
    }
    let named = [
        (Some(inner.x + 3), "stack"),
        (Some(columns.verdict), "outcome"),
        (columns.place, "region / account"),
    ];
    let seen = (columns.seen, inner.y, columns.right);
    put_right(canvas, seen, &"seen".into(), Tone::Dim);
    let took = (columns.took, inner.y, columns.took_end);
    put_right(canvas, took, &"took".into(), Tone::Dim);
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

/// The columns of an outcome with all that stands behind it.
fn outcome_columns(card: &Card) -> usize {
    let (_, verdict, _) = card.verdict_words();
    let marks: usize = card.marks.iter().map(|mark| columns(mark.label()) + 2).sum();
    let progress = card.progress().map_or(0, |_| usize::from(LEAST_BAR) + 10);
    columns(&verdict) + marks + progress
}

fn draw_card(
    canvas: &mut Canvas<'_>,
    (inner, y): (Rect, u16),
    (card, columns): (&Card, &Columns),
    now: DateTime<Utc>,
) {
    let (sign, verdict, tone) = card.verdict_words();
    canvas.put(inner.x + 1, y, columns.right, sign, tone);
    let name_end = columns.verdict.saturating_sub(1);
    canvas.put_cut(inner.x + 3, y, name_end, card.name(), Tone::Strong);
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
        put_right(canvas, (columns.took, y, columns.took_end), &took, Tone::Plain);
    }
    if let Some(from) = columns.place {
        canvas.put_cut(from, y, columns.seen.saturating_sub(1), place_of(card), Tone::Dim);
    }
    let seen = card.last_seen.map(|at| ago(now, at)).unwrap_or_default();
    // Two durations with one blank between them would be read as one.
    put_right(canvas, (columns.seen, y, columns.right), &seen, Tone::Dim);
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

fn draw_place(
    canvas: &mut Canvas<'_>,
    (inner, y): (Rect, u16),
    (place, home): (&SearchHit, &Home),
    app: &AppState,
) {
    let right = inner.right().saturating_sub(1);
    let at = app.times().day(place.at);
    let x = canvas.put_cut(inner.x + 1, y, right, Clean::from(at), Tone::Dim);
    let x = canvas.put_cut(x + 2, y, right, one_line(place.root.name()), Tone::Strong);
    let x = canvas.put_cut(x + 2, y, right, &place.subject, Tone::Accent);
    let room = usize::from(right.saturating_sub(x + 2));
    let text = around(&place.text, home.searched().unwrap_or_default(), room);
    canvas.put_cut(x + 2, y, right, &text, Tone::Plain);
}

/// A text from where on a searched word of it can be seen in so many columns.
fn around(text: &Clean, searched: &str, room: usize) -> Clean {
    let lower = text.to_lowercase();
    // All the words together, if they stand so; else the first that stands anywhere.
    let all = searched.trim().to_lowercase();
    let mut words = std::iter::once(all).chain(searched.split_whitespace().map(str::to_lowercase));
    let found = words.find_map(|word| {
        let at = lower.find(&word)?;
        Some((lower.get(..at)?.chars().count(), word.chars().count()))
    });
    match found {
        Some((before, long)) if columns(text) > room && before + long >= room => {
            // A few words before it say what it is about.
            let lead = room.saturating_sub(long + 2).min(BEFORE);
            let rest: String = text.chars().skip(before.saturating_sub(lead)).collect();
            clean!("…{rest}")
        }
        _ => text.clone(),
    }
}

/// A text at the end of its column.
fn put_right(canvas: &mut Canvas<'_>, (from, y, right): (u16, u16, u16), text: &Clean, tone: Tone) {
    let width = u16::try_from(columns(text)).unwrap_or(u16::MAX);
    canvas.put_cut(right.saturating_sub(width).max(from), y, right, text, tone);
}

fn ago(now: DateTime<Utc>, at: DateTime<Utc>) -> Clean {
    words::age(now - at).into()
}
