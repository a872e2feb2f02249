//! What is typed on top of a screen: the palette as a box, everything else on the last line.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::detail::mark_found;
use super::keymap;
use super::layout::share;
use crate::app::AppState;
use crate::app::input::place::{HitTarget, Viewport};
use crate::app::input::prompt::{PaletteEntry, Prompt, PromptPurpose};
use crate::app::layout::line::{Line, Tone};
use crate::app::view::palette;
use crate::domain::read::text::{Clean, columns, one_line};

/// Wide enough for the longest words and their key.
const WIDTH: u16 = 78;
/// Longer names are cut.
const NAMES: usize = 26;
/// More entries are scrolled to: so many of them on a low screen, and on a high one so many hundredths of its rows.
const ENTRIES: u16 = 14;
const SHARE: u16 = 60;

pub(super) fn draw(canvas: &mut Canvas<'_>, screen: Rect, app: &AppState, prompt: &Prompt) {
    let hint = |accept| keymap::in_a_row(&keymap::of_typing(&app.screen.keyboard.map, accept));
    match prompt.about {
        PromptPurpose::Intents => palette(canvas, screen, app, prompt),
        PromptPurpose::Stacks => line(canvas, screen, prompt, ("/", &hint("open"))),
        PromptPurpose::Words => line(canvas, screen, prompt, ("search: ", &hint("search"))),
    }
}

/// The end of what was typed, where not all of it fits.
fn tail(text: &str, room: usize) -> &str {
    let mut rest = text;
    while columns(rest) > room {
        let mut letters = rest.chars();
        letters.next();
        rest = letters.as_str();
    }
    rest
}

fn line(canvas: &mut Canvas<'_>, screen: Rect, prompt: &Prompt, (sign, hint): (&'static str, &str)) {
    let y = screen.bottom().saturating_sub(1);
    let area = Rect {
        y,
        height: 1,
        ..screen
    };
    canvas.wipe(area);
    let right = area.right().saturating_sub(1);
    let hint_from = right.saturating_sub(u16::try_from(columns(hint)).unwrap_or(0));
    let x = canvas.put(area.x + 1, y, right, sign, Tone::Accent);
    let end = hint_from.saturating_sub(2);
    let text = tail(&prompt.text, usize::from(end.saturating_sub(x + 1)));
    let x = canvas.put(x, y, end, Clean::from(text), Tone::Strong);
    canvas.put(x, y, right, "▏", Tone::Accent);
    canvas.put(hint_from, y, right, Clean::from(hint), Tone::Dim);
}

fn palette(canvas: &mut Canvas<'_>, screen: Rect, app: &AppState, prompt: &Prompt) {
    let found = palette::shown(app, prompt);
    let width = WIDTH.min(screen.width.saturating_sub(2));
    let most = ENTRIES.max(share(screen.height, SHARE));
    let entries = u16::try_from(found.len()).unwrap_or(u16::MAX).clamp(1, most);
    let height = (entries + 3).min(screen.height.saturating_sub(2));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + 1,
        width,
        height,
    };
    let title = Line::of(Tone::Strong, "Commands");
    let (frame, inner) = canvas.popup(area, &title, &found.len().to_string());
    let right = inner.right().saturating_sub(1);
    let x = canvas.put(inner.x + 1, inner.y, right, ":", Tone::Accent);
    let text = tail(&prompt.text, usize::from(right.saturating_sub(x + 1)));
    let x = canvas.put(x, inner.y, right, Clean::from(text), Tone::Strong);
    canvas.put(x, inner.y, right, "▏", Tone::Accent);
    let rows = usize::from(inner.height.saturating_sub(1));
    let chosen = prompt.chosen.min(found.len().saturating_sub(1));
    let viewport = Viewport::around(Some(chosen), 0, rows, found.len());
    let shown = found.get(viewport.range()).unwrap_or_default();
    let names = shown.iter().map(|entry| columns(&entry.name)).max().unwrap_or(0);
    let words = inner.x + 2 + u16::try_from(names.min(NAMES)).unwrap_or(0) + 2;
    for ((index, entry), y) in (viewport.offset..)
        .zip(shown)
        .zip(inner.top() + 1..inner.bottom())
    {
        draw_entry(canvas, (inner, y, words), entry);
        let row = Rect {
            y,
            height: 1,
            ..inner
        };
        canvas.target_row(inner, y, HitTarget::Choice(index));
        if index == chosen {
            canvas.put(row.x, y, row.right(), "▌", Tone::Accent);
            canvas.select(row);
        }
        mark_found(canvas, row, prompt.text.trim());
    }
    canvas.scrollbar(frame, viewport);
    if found.is_empty() {
        canvas.put_cut(inner.x + 2, inner.y + 1, right, "no command matches", Tone::Dim);
    }
}

/// An entry: its name, what it does, aligned, and its key at the end.
fn draw_entry(canvas: &mut Canvas<'_>, (inner, y, words): (Rect, u16, u16), entry: &PaletteEntry) {
    let right = inner.right().saturating_sub(1);
    let key_from = right.saturating_sub(u16::try_from(columns(&entry.key)).unwrap_or(0));
    let end = key_from.saturating_sub(1);
    let name_end = words.saturating_sub(2).min(end);
    canvas.put_cut(inner.x + 2, y, name_end, one_line(&entry.name), Tone::Strong);
    if entry.help != entry.name {
        canvas.put_cut(words, y, end, one_line(&entry.help), Tone::Dim);
    }
    canvas.put(key_from, y, inner.right(), Clean::from(&entry.key), Tone::Accent);
}
