//! The keys of this view, on top of everything else. Made from the keymap, so that it is never wrong.

use std::borrow::Cow;

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::app::AppState;
use crate::app::input::intent::Intent;
use crate::app::input::keys::Binding;
use crate::app::input::place::Viewport;
use crate::app::layout::line::{Line, Tone};
use crate::app::state::overlay::HelpPlace;
use crate::app::view::commands;
use crate::domain::read::text::{Clean, Sought};

/// A column is so wide: the keys and what they do.
const COLUMN: u16 = 51;
/// Where what a key does begins, in a column, at the latest.
const WORDS: u16 = 17;
/// More columns than this are hard to read.
const MOST: u16 = 3;

/// The group of the movements.
const MOVING: &str = "Moving about";
/// The group of the ways from one pane to another.
const PANES: &str = "Panes and tabs";

/// A line of the help.
struct HelpLine<'k> {
    keys: String,
    words: Cow<'k, str>,
}

pub(super) fn draw(canvas: &mut Canvas<'_>, screen: Rect, app: &AppState, place: &HelpPlace) -> Viewport {
    let groups = groups(app, &place.filter);
    let room = screen.width.saturating_sub(2);
    let count = (room.saturating_sub(3) / COLUMN).clamp(1, MOST);
    let columns = spread(&groups, usize::from(count));
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let wanted = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
    let (width, height) = (
        (count * COLUMN + 4).max(64).min(room),
        wanted.min(screen.height.saturating_sub(2)),
    );
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    let mut title = Line::of(Tone::Strong, "Keys");
    if place.typing || !place.filter.is_empty() {
        let cursor = if place.typing { "▏" } else { "" };
        title = title.and(Tone::Accent, format!("  /{}{cursor}", place.filter));
    }
    let (frame, inner) = canvas.popup(area, &title, "");
    let viewport = Viewport::around(None, place.offset, usize::from(inner.height), rows);
    let wide = inner.width.saturating_sub(2) / count;
    for (column, x) in columns.iter().zip((0..count).map(|at| inner.x + 2 + at * wide)) {
        let right = (x + wide).saturating_sub(2).min(inner.right().saturating_sub(1));
        let lines = column
            .iter()
            .skip(viewport.offset)
            .zip(inner.top()..inner.bottom());
        for (line, y) in lines {
            draw_line(canvas, (x, y, right), line);
        }
    }
    if groups.is_empty() {
        canvas.put_cut(inner.x + 2, inner.y, inner.right(), "no key matches", Tone::Dim);
    }
    canvas.scrollbar(frame, viewport);
    viewport
}

fn draw_line(canvas: &mut Canvas<'_>, (x, y, right): (u16, u16, u16), line: &HelpLine<'_>) {
    if line.keys.is_empty() {
        canvas.put_cut(x, y, right, Clean::from(line.words.as_ref()), Tone::Heading);
        return;
    }
    let end = canvas.put_cut(x, y, x + WORDS - 1, Clean::from(&line.keys), Tone::Accent);
    let from = (x + WORDS).max(end + 1);
    canvas.put_cut(from, y, right, Clean::from(line.words.as_ref()), Tone::Plain);
}

/// The groups that mean something in this view, each with its heading; those of the view itself first.
fn groups<'k>(app: &'k AppState, filter: &str) -> Vec<Vec<HelpLine<'k>>> {
    let keymap = &app.screen.keyboard.map;
    let scopes = app.scopes();
    let sought = Sought::words(filter);
    let fits = |binding: &&Binding| {
        let said = || {
            format!(
                "{} {} {} {} {}",
                binding.keys_text(),
                binding.name,
                binding.help,
                binding.also,
                binding.group
            )
        };
        (sought.is_empty() || sought.all_in(&said())) && commands::has_key_here(binding, app)
    };
    let bindings: Vec<&Binding> = keymap.bindings().iter().filter(fits).collect();
    let mut names: Vec<(usize, &str)> = Vec::new();
    for binding in &bindings {
        let place = scopes.iter().position(|scope| *scope == binding.scope);
        if names.iter().all(|(_, known)| *known != binding.group) {
            names.push((place.unwrap_or(usize::MAX), &binding.group));
        }
    }
    // What one comes for is found without scrolling; the panes say themselves how they are gone to, and everybody knows how
    // to move.
    names.sort_by_key(|(place, name)| (*name == MOVING, *name == PANES, *place));
    let told = names.into_iter().map(|(_, name)| {
        let own = bindings.iter().filter(|binding| binding.group == name);
        let heading = HelpLine {
            keys: String::new(),
            words: Cow::Borrowed(name),
        };
        let lines = own.map(|binding| HelpLine {
            keys: binding.keys_text(),
            words: said(binding),
        });
        std::iter::once(heading).chain(lines).collect()
    });
    told.collect()
}

/// What a key does; of a tab its name as well, which the screen has beside the number.
fn said(binding: &Binding) -> Cow<'_, str> {
    let is_tab = matches!(binding.intent, Intent::Show(_));
    match binding
        .name
        .split(' ')
        .next()
        .filter(|name| is_tab && !name.is_empty())
    {
        Some(name) => Cow::Owned(format!("{name}: {}", binding.help)),
        None => Cow::Borrowed(&binding.help),
    }
}

/// The groups in so many columns, none of them torn, a blank line between two. Each goes to the column that is shortest
/// so far, so that all come to about the same height.
fn spread<'g, 'k>(groups: &'g [Vec<HelpLine<'k>>], count: usize) -> Vec<Vec<&'g HelpLine<'k>>> {
    const BLANK: &HelpLine<'static> = &HelpLine {
        keys: String::new(),
        words: Cow::Borrowed(""),
    };
    let mut columns: Vec<Vec<&HelpLine<'k>>> = vec![Vec::new(); count.max(1)];
    for group in groups {
        if let Some(column) = columns.iter_mut().min_by_key(|column| column.len()) {
            if !column.is_empty() {
                column.push(BLANK);
            }
            column.extend(group);
        }
    }
    columns
}
