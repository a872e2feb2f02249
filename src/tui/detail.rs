//! The detail pane: tabs and the texts in them.

mod rows;

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use self::rows::{TextRow, layout, layout_within};
use super::canvas::{Canvas, PaneFrame, width_of};
use super::keymap::OnEnter;
use super::layout::PaneStyle;
use crate::app::AppState;
use crate::app::input::intent::Intent;
use crate::app::input::place::{HitTarget, Pane, ScrollMode, Tab, Viewport};
use crate::app::layout::line::{Block, Line, Opens, Span, TextPage, Tone};
use crate::app::state::Watched;
use crate::app::state::overlay::Overlay;
use crate::app::view::crumbs;
use crate::app::view::detail::Detail;
use crate::clean;
use crate::domain::explain::cause::EvidenceId;
use crate::domain::investigate::finding::Finding;
use crate::domain::read::text::{Clean, columns};

/// What stands at the end of a line is no farther from its beginning.
const NEAR: u16 = 96;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    frame: PaneFrame,
    app: &AppState,
    now: DateTime<Utc>,
) -> Viewport {
    let (Some(watched), Some(detail)) = (app.shown(), Detail::of(app, now)) else {
        let area = canvas.frame(frame, &Line::of(Tone::Strong, "Detail"), &Line::new());
        super::footer::placeholder(canvas, area, "Nothing is selected.");
        return Viewport::default();
    };
    let place = &watched.place.detail;
    let mut title = detail.page.title.clone();
    if is_typed_in(app) || !place.search.is_empty() {
        title = title.and(Tone::Accent, format!("  /{}", place.search));
    }
    // What stands beside the title leaves it so much less.
    let aside = canvas
        .aside
        .as_ref()
        .map_or(0, |aside| width_of(aside).saturating_add(2));
    let title = fitted(title, frame.area.width.saturating_sub(aside));
    let tabs = tabs(&detail);
    let width = |line: &Line| line.spans.iter().map(|span| columns(&span.text)).sum::<usize>();
    let beside =
        frame.look == PaneStyle::Ruled && width(&title) + width(&tabs) + 10 <= usize::from(frame.area.width);
    let mut area = if beside {
        canvas.frame(frame, &title, &tabs)
    } else {
        canvas.frame(frame, &title, &Line::new())
    };
    if beside {
        underline_tab(canvas, frame, &detail);
    } else if area.height > 1 {
        draw_tabs(canvas, area, &detail);
        area = Rect {
            y: area.y + 1,
            height: area.height - 1,
            ..area
        };
    }
    let cursor = detail.cursor(place.cursor).filter(|_| place.record.is_none());
    let shown_cursor = cursor.filter(|_| frame.focused || place.cursor.is_some() || detail.start.is_some());
    let (shown_cursor, offset, kept) = match &place.record {
        Some(record) => (record.found, record.offset, record.found),
        // Until somebody goes to a block, the text begins with what it says first.
        None => (shown_cursor, place.offset, place.cursor.or(detail.start)),
    };
    let text = Text {
        blocks: &detail.page.blocks,
        cursor: shown_cursor,
        kept: kept.and(shown_cursor),
        offset,
        scroll_mode: app.screen.scroll_mode,
        target: HitTarget::Block,
        enter: app
            .screen
            .keyboard
            .map
            .key_of(Intent::Enter)
            .filter(|_| frame.focused),
    };
    let viewport = draw_text(canvas, frame, area, &text);
    if frame.focused && place.record.is_some() {
        canvas.on_enter = OnEnter::Nothing;
    }
    mark_found(canvas, area, &place.search);
    viewport
}

fn is_typed_in(app: &AppState) -> bool {
    app.screen.overlay == Overlay::Typing { pane: Pane::Detail }
}

/// Whether what is said rests on something that can be shown beside it.
pub(super) fn has_evidence_beside(watched: &Watched) -> bool {
    let has_log = |finding: &Finding| !finding.assessment.lines.is_empty();
    // Its events stand among the others.
    let has_evidence = first_record(watched).is_some() || watched.selected_finding().is_some_and(has_log);
    watched.place.detail.record.is_none() && has_evidence
}

/// The record that the first cause of the selected failure rests on.
fn first_record(watched: &Watched) -> Option<&str> {
    let finding = watched.selected_finding()?;
    let evidence = finding.assessment.causes.iter().flat_map(|cause| &cause.evidence);
    evidence.into_iter().find_map(|id| match id {
        EvidenceId::Trail(event_id) => Some(event_id.as_str()),
        EvidenceId::Log { .. } | EvidenceId::Event(_) | EvidenceId::Statement { .. } => None,
    })
}

/// What the pane's words rest on, beside it: the record under the cursor, or the best that there is.
pub(super) fn draw_evidence_beside(
    canvas: &mut Canvas<'_>,
    frame: PaneFrame,
    app: &AppState,
    now: DateTime<Utc>,
) {
    let Some(watched) = app.shown() else { return };
    let tab = watched.place.detail.tab;
    let selected = Detail::of(app, now).and_then(|detail| {
        let cursor = detail.cursor(watched.place.detail.cursor)?;
        match &detail.page.blocks.get(cursor)?.opens {
            Some(Opens::Record(event_id)) => Some(event_id.clone()),
            _ => None,
        }
    });
    let opens = selected.is_some();
    let page = match selected.and_then(|event_id| Detail::of_record(app, &event_id, now)) {
        Some(record) => Some(as_evidence(record)),
        None => evidence(app, now, &[tab]),
    };
    let Some(mut page) = page else { return };
    let key = app.screen.keyboard.map.key_of(Intent::Enter);
    if let (Pane::Detail, true, Some(key)) = (app.screen.focus.pane(), opens, key) {
        page.title = page.title.and(Tone::Dim, format!("  {key} opens it"));
    }
    draw_page(canvas, frame, &page);
}

/// The best evidence for what is said of the selected row that none of these tabs shows already: the record that its
/// cause rests on, its log, its events, its phases.
pub(super) fn evidence(app: &AppState, now: DateTime<Utc>, shown: &[Tab]) -> Option<TextPage> {
    let watched = app.shown()?;
    let record = first_record(watched).filter(|_| !shown.contains(&Tab::Trail));
    if let Some(record) = record.and_then(|event_id| Detail::of_record(app, event_id, now)) {
        return Some(as_evidence(record));
    }
    let finding = watched.selected_finding();
    let has_log = finding.is_some_and(|finding| !finding.assessment.lines.is_empty());
    let log = has_log.then_some(Tab::Logs);
    let mut tabs = log.into_iter().chain([Tab::Events, Tab::Timeline]);
    let tab = tabs.find(|tab| !shown.contains(tab))?;
    page_of(app, tab, now)
}

/// A tab of the selected row as a page of its own: whose it is stands in its title, since others have such pages, too.
pub(super) fn page_of(app: &AppState, tab: Tab, now: DateTime<Utc>) -> Option<TextPage> {
    let of = app.shown()?.selected_row()?.name;
    let detail = Detail::on_tab(app, tab, now)?;
    Some(TextPage {
        title: Line::of(Tone::Strong, detail.label(tab)).and(Tone::Dim, clean!(" of {of}")),
        ..detail.page
    })
}

fn as_evidence(record: Detail) -> TextPage {
    TextPage {
        title: Line::of(Tone::Strong, "CloudTrail record"),
        ..record.page
    }
}

/// A title that fits into the width of a pane: of a long way the first steps go, but for one.
fn fitted(mut title: Line, columns_of_pane: u16) -> Line {
    let room = usize::from(columns_of_pane.saturating_sub(6));
    let is_step = |span: &Span| span.text.ends_with(crumbs::BETWEEN);
    let width = |line: &Line| line.spans.iter().map(|span| columns(&span.text)).sum::<usize>();
    // The tree tells the type, too.
    let is_type = |span: &Span| {
        let kind = span.text.strip_prefix(crumbs::TYPE);
        kind.is_some_and(|kind| !kind.is_empty())
    };
    if width(&title) > room
        && title.spans.iter().any(is_step)
        && let Some(kind) = title.spans.iter().position(is_type)
    {
        title.spans.remove(kind);
    }
    while width(&title) > room {
        let mut steps = title.spans.iter().enumerate().filter(|(_, span)| is_step(span));
        let long = steps.find(|(_, span)| !span.text.starts_with('…'));
        let Some((index, _)) = long else { break };
        title.spans.remove(index);
        let cut = title.spans.get(index.saturating_sub(1));
        if !cut.is_some_and(|span| span.text.starts_with('…')) {
            let text = clean!("…{}", crumbs::BETWEEN);
            title.spans.insert(
                index,
                Span {
                    text,
                    tone: Tone::Dim,
                },
            );
        }
    }
    title
}

/// Marks every place where the text that is searched for stands.
pub(super) fn mark_found(canvas: &mut Canvas<'_>, area: Rect, wanted: &str) {
    let wanted: Vec<String> = wanted.to_lowercase().chars().map(String::from).collect();
    if wanted.is_empty() {
        return;
    }
    let style = canvas.theme.found();
    for y in area.top()..area.bottom() {
        let row: Vec<String> = (area.left()..area.right())
            .map(|x| canvas.symbol(x, y).to_lowercase())
            .collect();
        for (from, x) in row.windows(wanted.len()).zip(area.left()..) {
            if from == wanted {
                let long = u16::try_from(wanted.len()).unwrap_or(0);
                canvas.tint(x, y, x + long, style);
            }
        }
    }
}

/// A text to be drawn.
pub(super) struct Text<'a> {
    pub(super) blocks: &'a [Block],
    pub(super) cursor: Option<usize>,
    /// The block that is kept in sight.
    pub(super) kept: Option<usize>,
    pub(super) offset: usize,
    pub(super) scroll_mode: ScrollMode,
    /// What a block that can be selected is for the mouse.
    pub(super) target: fn(usize) -> HitTarget,
    /// The key that opens the selected block.
    pub(super) enter: Option<String>,
}

/// How many rows a text needs in such a pane.
pub(super) fn rows_of(blocks: &[Block], frame: PaneFrame, cursor: Option<usize>) -> usize {
    let sides = if frame.look == PaneStyle::Ruled { 0 } else { 2 };
    let width = text_width(frame, frame.area.width.saturating_sub(sides));
    layout(blocks, width, (cursor, None)).len()
}

/// The columns of a text in a pane that is so wide inside.
fn text_width(frame: PaneFrame, inside: u16) -> u16 {
    inside.saturating_sub(2 + margin(frame))
}

/// Without a border the scroll mark needs a column of its own.
fn margin(frame: PaneFrame) -> u16 {
    if frame.look == PaneStyle::Ruled { 2 } else { 1 }
}

pub(super) fn draw_text(canvas: &mut Canvas<'_>, frame: PaneFrame, area: Rect, text: &Text<'_>) -> Viewport {
    let cursor = text.cursor;
    if frame.focused {
        let block = cursor.and_then(|cursor| text.blocks.get(cursor));
        let does = block.and_then(|block| block.opens.as_ref()?.does());
        canvas.on_enter = does.map_or(OnEnter::Nothing, OnEnter::Does);
    }
    let margin = margin(frame);
    let height = usize::from(area.height);
    let rows = layout_within(
        text.blocks,
        (text_width(frame, area.width), height),
        (cursor, text.enter.as_deref()),
    );
    let kept = text.kept.filter(|_| text.scroll_mode == ScrollMode::Cursor);
    let first = text.blocks.iter().position(|block| block.opens.is_some());
    let viewport = in_sight(&rows, (kept, first), text.offset, height);
    let viewport = whole_first(text.blocks, &rows, kept, viewport);
    let shown = rows.get(viewport.range()).unwrap_or_default();
    let right = area.right().saturating_sub(margin);
    let (mut selected, mut below) = (None, area.top());
    for (row, y) in shown.iter().zip(area.top()..area.bottom()) {
        let from = area.x + 2 + row.indent;
        canvas.put_spans(from, y, right, &row.spans);
        if let Some(span) = &row.right {
            let width = u16::try_from(columns(&span.text)).unwrap_or(u16::MAX);
            let text: usize = row.spans.iter().map(|span| columns(&span.text)).sum();
            let end = from.saturating_add(u16::try_from(text).unwrap_or(u16::MAX));
            // On a wide pane it stands where an eye still finds it.
            let near = right.min((area.x + NEAR).max(end + 2 + width));
            canvas.put(near.saturating_sub(width), y, right, &span.text, span.tone);
        }
        if text
            .blocks
            .get(row.block)
            .is_some_and(|block| block.opens.is_some())
        {
            canvas.target_row(area, y, (text.target)(row.block));
        }
        if cursor == Some(row.block) && frame.focused {
            canvas.put(area.x, y, right, "▌", Tone::Accent);
            selected.get_or_insert(y);
            below = y + 1;
        }
    }
    if let Some(y) = selected {
        canvas.select_block(Rect {
            y,
            height: below - y,
            ..area
        });
    }
    canvas.scrollbar(frame, viewport);
    viewport
}

/// A page that can be looked at and not gone to.
pub(super) fn draw_page(canvas: &mut Canvas<'_>, frame: PaneFrame, page: &TextPage) {
    let area = canvas.frame(frame, &page.title, &Line::new());
    let text = Text {
        blocks: &page.blocks,
        cursor: None,
        kept: None,
        offset: 0,
        scroll_mode: ScrollMode::Free,
        target: |_| HitTarget::View,
        enter: None,
    };
    draw_text(canvas, frame, area, &text);
}

/// Keeps the block under the cursor in sight, its beginning first; with the first of the blocks that can be selected,
/// what is said before it, if there is room.
fn in_sight(
    rows: &[TextRow],
    (cursor, first): (Option<usize>, Option<usize>),
    offset: usize,
    height: usize,
) -> Viewport {
    let viewport = Viewport::around(None, offset, height, rows.len());
    let ends_in_sight = |block| rows.iter().rposition(|row| row.block == block) < Some(height);
    if cursor.is_some() && cursor == first && cursor.is_some_and(ends_in_sight) {
        return Viewport::around(None, 0, height, rows.len());
    }
    let Some(block) = cursor else { return viewport };
    let first = rows.iter().position(|row| row.block == block);
    let last = rows.iter().rposition(|row| row.block == block);
    let (Some(first), Some(last)) = (first, last) else {
        return viewport;
    };
    let to_end = Viewport::around(Some(last), viewport.offset, height, rows.len());
    let tall = last - first >= height;
    if tall && viewport.range().contains(&first) {
        return viewport;
    }
    Viewport::around(Some(first), to_end.offset, height, rows.len())
}

/// Without the end of an entry whose beginning is out of sight above: it would say neither when nor of what it is.
fn whole_first(blocks: &[Block], rows: &[TextRow], cursor: Option<usize>, viewport: Viewport) -> Viewport {
    let Some(top) = rows.get(viewport.offset).map(|row| row.block) else {
        return viewport;
    };
    let before = viewport.offset.checked_sub(1).and_then(|index| rows.get(index));
    let is_cut = before.is_some_and(|row| row.block == top);
    let is_entry = blocks.get(top).is_some_and(|block| block.opens.is_some());
    // While somebody scrolls, every row is shown; what is selected is.
    if !is_cut || !is_entry || cursor.is_none_or(|cursor| cursor <= top) {
        return viewport;
    }
    let next = rows.iter().position(|row| row.block > top);
    Viewport {
        offset: next.unwrap_or(viewport.offset),
        ..viewport
    }
}

/// How the tabs are told where there is little room, the widest first: with counts, closer together,
/// without counts, by their digits alone but for the one shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TabStyle {
    Wide,
    Close,
    Short,
    Tight,
    Digits,
}

impl TabStyle {
    const ALL: [Self; 5] = [Self::Wide, Self::Close, Self::Short, Self::Tight, Self::Digits];

    fn gap(self) -> usize {
        match self {
            Self::Wide => 3,
            Self::Close | Self::Short | Self::Digits => 2,
            Self::Tight => 1,
        }
    }

    fn text(self, number: usize, (label, count): (&str, Option<usize>), shown: bool) -> Clean {
        match (self, count) {
            (Self::Digits, _) if !shown => clean!("{number}"),
            (Self::Wide | Self::Close, Some(count)) if count > 0 => {
                clean!("{number} {label} {count}")
            }
            _ => clean!("{number} {label}"),
        }
    }

    /// The name of a tab; the long ones give way where all have to be close together.
    fn label(self, tab: Tab, detail: &Detail) -> &'static str {
        match tab {
            Tab::Trail if self == Self::Tight => "Trail",
            tab => detail.label(tab),
        }
    }

    fn texts(self, detail: &Detail) -> Vec<Clean> {
        let tabs = detail.tabs.iter().enumerate();
        let text = |(index, (tab, count)): (usize, &(Tab, Option<usize>))| {
            let told = (self.label(*tab, detail), *count);
            self.text(index + 1, told, *tab == detail.tab)
        };
        tabs.map(text).collect()
    }

    /// The first that fits into so many columns.
    fn that_fits(detail: &Detail, room: usize) -> Self {
        let width = |style: &Self| {
            let texts = style.texts(detail);
            let gaps = texts.len().saturating_sub(1) * style.gap();
            texts.iter().map(|text| columns(text)).sum::<usize>() + gaps
        };
        let fits = |style: &Self| width(style) <= room;
        Self::ALL.into_iter().find(fits).unwrap_or(Self::Digits)
    }
}

fn tabs(detail: &Detail) -> Line {
    let mut line = Line::new();
    let texts = TabStyle::Close.texts(detail);
    for (index, (tab, text)) in detail.tabs.iter().zip(&texts).enumerate() {
        let tone = if tab.0 == detail.tab {
            Tone::Waiting
        } else {
            Tone::Dim
        };
        let gap = if index > 0 { "  " } else { "" };
        line = line.and(Tone::Plain, gap).and(tone, text);
    }
    line
}

/// Underlines the tab shown where the tabs stand in the title.
fn underline_tab(canvas: &mut Canvas<'_>, frame: PaneFrame, detail: &Detail) {
    let width: usize = tabs(detail).spans.iter().map(|span| columns(&span.text)).sum();
    let right = frame.area.right().saturating_sub(3);
    let mut x = right.saturating_sub(u16::try_from(width).unwrap_or(u16::MAX));
    for (tab, text) in detail.tabs.iter().zip(TabStyle::Close.texts(detail)) {
        let size = u16::try_from(columns(&text)).unwrap_or(0);
        let place = Rect {
            x,
            width: size,
            ..frame.area
        };
        canvas.target_row(place, frame.area.y, HitTarget::Tab(tab.0));
        if tab.0 == detail.tab {
            let style = canvas.theme.tab();
            canvas.tint(x, frame.area.y, x + size, style);
        }
        x += size + 2;
    }
}

fn draw_tabs(canvas: &mut Canvas<'_>, area: Rect, detail: &Detail) {
    let style = TabStyle::that_fits(detail, usize::from(area.width.saturating_sub(3)));
    let gap = u16::try_from(style.gap()).unwrap_or(1);
    let mut x = area.x + 2;
    for (tab, text) in detail.tabs.iter().zip(style.texts(detail)) {
        let look = if tab.0 == detail.tab {
            canvas.theme.tab()
        } else {
            canvas.theme.style(Tone::Dim)
        };
        let end = canvas.put_styled(x, area.y, area.right(), &text, look);
        let place = Rect {
            x,
            width: end.saturating_sub(x),
            ..area
        };
        canvas.target_row(place, area.y, HitTarget::Tab(tab.0));
        x = end + gap;
    }
}
