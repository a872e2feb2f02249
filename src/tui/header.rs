//! The two lines at the top, and one for each trouble.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::canvas::Canvas;
use crate::app::layout::line::{Line, Span, Tone};
use crate::app::view::header::{Banner, Header};
use crate::clean;
use crate::domain::read::text::{Clean, columns};

/// Parts of a bar that are less than a cell wide.
const EIGHTHS: [&str; 8] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, header: &Header) {
    let right = area.right().saturating_sub(1);
    first_line(canvas, area, right, header);
    second_line(canvas, area, right, header);
    let first = header.banner.as_ref().map_or(2, |shown| {
        banner(canvas, area, right, shown);
        3
    });
    for (index, trouble) in (first..area.height).zip(&header.troubles) {
        canvas.put_spans(area.x + 1, area.y + index, right, &trouble.spans);
    }
}

/// What failed and why: one line over the whole width.
fn banner(canvas: &mut Canvas<'_>, area: Rect, right: u16, banner: &Banner) {
    let y = area.y + 2;
    if area.height < 3 {
        return;
    }
    let style = if banner.tone == Tone::Bad {
        let style = canvas.theme.banner();
        canvas.tint(area.x, y, area.right(), style);
        style
    } else {
        // Nothing has failed yet: it is not as loud.
        canvas.theme.style(banner.tone).add_modifier(Modifier::BOLD)
    };
    let mut end = right;
    if let Some(place) = &banner.place {
        let width = u16::try_from(columns(place)).unwrap_or(u16::MAX);
        let from = right.saturating_sub(width);
        canvas.put_styled(from, y, right, place, style);
        end = from.saturating_sub(2);
    }
    let room = usize::from(end.saturating_sub(area.x + 1));
    let fits = banner.texts.iter().find(|text| columns(text) <= room);
    if let Some(text) = fits.or_else(|| banner.texts.last()) {
        canvas.put_styled(area.x + 1, y, end, text.cut_at_word(room), style);
    }
}

fn first_line(canvas: &mut Canvas<'_>, area: Rect, right: u16, header: &Header) {
    let y = area.y;
    let mut x = canvas.put(area.x + 1, y, right, "◆ ", Tone::Accent);
    let status_width = header.status.as_ref().map_or(0, |(text, _)| columns(text));
    let needed = columns(&header.name) + status_width + 26;
    if usize::from(area.width) > needed + 12 {
        x = canvas.put(x, y, right, "stacktrail  ", Tone::Dim);
    }
    let name_right = right.saturating_sub(u16::try_from(status_width).unwrap_or(0) + 2);
    x = canvas.put_cut(x, y, name_right.max(x + 8), &header.name, Tone::Strong);
    if let Some((status, tone)) = &header.status {
        let style = canvas.theme.ink(*tone).add_modifier(Modifier::BOLD);
        x = canvas.put_styled(x + 2, y, right, status, style);
    }
    let room = usize::from(right.saturating_sub(x)).saturating_sub(2);
    let mut shown: Vec<&(Clean, Tone)> = Vec::new();
    let mut used = 0;
    for facet in &header.facets {
        let width = columns(&facet.0) + 3;
        if used + width <= room + 3 {
            used += width;
            shown.push(facet);
        }
    }
    let mut x = right.saturating_sub(u16::try_from(used.saturating_sub(3)).unwrap_or(0));
    for (index, (text, tone)) in shown.iter().rev().enumerate() {
        if index > 0 {
            x = canvas.put(x, y, right, " · ", Tone::Dim);
        }
        x = canvas.put(x, y, right, text, *tone);
    }
}

fn second_line(canvas: &mut Canvas<'_>, area: Rect, right: u16, header: &Header) {
    let y = area.y + 1;
    if area.height < 2 {
        return;
    }
    let (wide, narrow) = (area.width >= 110, area.width < 60);
    let mut x = area.x + 1;
    if let Some(progress) = header.progress {
        if !narrow {
            let width = if wide { 24 } else { 12 };
            let counts = (progress.done, progress.all);
            x = bar(canvas, (x, y), (width, right), counts, progress.tone) + 2;
        }
        if progress.tone == Tone::Undone {
            x = canvas.put(x, y, right, "↶ ", progress.tone);
        }
        let count = clean!("{}/{}", progress.done, progress.all);
        x = canvas.put(x, y, right, &count, Tone::Strong);
        if wide {
            x = canvas.put(x, y, right, clean!(" {}", progress.counted), Tone::Dim);
        }
        x += 3;
    }
    let shortest = header.wait.last().map_or(0, |line| width(&line.spans));
    let room = usize::from(right.saturating_sub(x)).saturating_sub(shortest + 2);
    let failures = match header.failures.spans.split_first() {
        Some((first, _)) if width(&header.failures.spans) > room => std::slice::from_ref(first),
        _ => header.failures.spans.as_slice(),
    };
    for span in failures {
        // The line below is the loud one.
        x = canvas.put_ink(x, y, right, &span.text, span.tone);
    }
    if !failures.is_empty() {
        x += 3;
    }
    x = story(canvas, (x, y), right, header);
    let from = wait(canvas, x, y, right, &header.wait);
    if let Some(over) = header.gauge.filter(|_| wide && from > x + GAUGE + 3) {
        gauge(canvas, from - GAUGE - 2, y, over);
    }
}

/// Fewer columns than this say nothing of a story.
const STORY: usize = 24;

/// What became of the attempt, cut to the room beside the wait. Says where it ends.
fn story(canvas: &mut Canvas<'_>, (x, y): (u16, u16), right: u16, header: &Header) -> u16 {
    let Some((text, tone)) = &header.story else {
        return x;
    };
    let room_beside = |kept: usize| {
        let wait = header.wait.iter().rev().take(kept).next_back();
        let taken = wait.map_or(0, |line| width(&line.spans) + 3);
        usize::from(right.saturating_sub(x)).saturating_sub(taken)
    };
    // Where failures are counted, the wait keeps its name, unless the story is whole only without it.
    let named = room_beside(if header.failures.spans.is_empty() { 1 } else { 2 });
    let room = if named < columns(text) && columns(text) <= room_beside(1) {
        room_beside(1)
    } else {
        named
    };
    if room < STORY.min(columns(text)) {
        return x;
    }
    canvas.put_ink(x, y, right, text.cut_at_word(room), *tone) + 3
}

/// The columns of the countdown's bar.
const GAUGE: u16 = 12;

/// How much of the wait is over: the bar fills up to the moment at which the records are expected.
fn gauge(canvas: &mut Canvas<'_>, x: u16, y: u16, over: u16) {
    let eighths = usize::from(over) * usize::from(GAUGE) * 8 / 1_000;
    for (cell, x) in (0..usize::from(GAUGE)).zip(x..) {
        match eighths.saturating_sub(cell * 8).min(8) {
            0 => canvas.put(x, y, x + 1, "─", Tone::Dim),
            8 => canvas.put(x, y, x + 1, "━", Tone::Waiting),
            1..4 => canvas.put(x, y, x + 1, "─", Tone::Waiting),
            _ => canvas.put(x, y, x + 1, "╸", Tone::Waiting),
        };
    }
}

fn width(spans: &[Span]) -> usize {
    spans.iter().map(|span| columns(&span.text)).sum()
}

/// What is waited for, in as many words as there is room for, at the right end.
/// Says where that begins.
fn wait(canvas: &mut Canvas<'_>, x: u16, y: u16, right: u16, lines: &[Line]) -> u16 {
    let room = usize::from(right.saturating_sub(x));
    let fits = lines.iter().find(|line| width(&line.spans) <= room);
    let Some(line) = fits.or_else(|| lines.last()) else {
        return right;
    };
    let from = right.saturating_sub(u16::try_from(width(&line.spans)).unwrap_or(u16::MAX));
    canvas.put_spans(from.max(x), y, right, &line.spans);
    from.max(x)
}

/// A bar of eighths of a cell.
pub(super) fn bar(
    canvas: &mut Canvas<'_>,
    (x, y): (u16, u16),
    (width, right): (u16, u16),
    (done, all): (usize, usize),
    tone: Tone,
) -> u16 {
    let thin = !canvas.theme.has_colours() || (tone == Tone::Undone && done >= all);
    let eighths = usize::from(width) * 8;
    let filled = eighths.saturating_mul(done).checked_div(all).unwrap_or(0);
    let mut at = x;
    for cell in 0..usize::from(width) {
        let part = filled.saturating_sub(cell * 8).min(8);
        at = match (part, EIGHTHS.get(part)) {
            // A block is louder than what stands below it, where it has no colour or nothing more to tell.
            (4.., _) if thin => canvas.put_ink(at, y, right, "━", tone),
            (_, _) if thin => canvas.put(at, y, right, "─", Tone::Dim),
            (0, _) => canvas.put(at, y, right, "░", Tone::Dim),
            (_, Some(sign)) => canvas.put_ink(at, y, right, *sign, tone),
            (_, None) => canvas.put_ink(at, y, right, "█", tone),
        };
    }
    at
}
