//! The keys, all of them, on top of everything else. Made from the keymap, so that it is never wrong.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::app::input::keys::Keymap;
use crate::app::input::place::Viewport;
use crate::app::layout::line::{Line, Tone};
use crate::domain::read::text::Clean;

pub(super) fn draw(canvas: &mut Canvas<'_>, screen: Rect, keymap: &Keymap, offset: usize) -> Viewport {
    let lines = lines(keymap);
    let width = 64.min(screen.width.saturating_sub(2));
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let height = wanted.min(screen.height.saturating_sub(2));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    let title = Line::of(Tone::Strong, "Keys");
    let (frame, inner) = canvas.popup(area, &title, "Esc closes");
    let viewport = Viewport::around(None, offset, usize::from(inner.height), lines.len());
    let shown = lines.get(viewport.range()).unwrap_or_default();
    for ((keys, words), y) in shown.iter().zip(inner.top()..inner.bottom()) {
        if keys.is_empty() {
            canvas.put_cut(inner.x + 2, y, inner.right(), Clean::from(*words), Tone::Heading);
        } else {
            canvas.put_cut(inner.x + 2, y, inner.x + 20, Clean::from(keys), Tone::Accent);
            canvas.put_cut(
                inner.x + 21,
                y,
                inner.right().saturating_sub(1),
                Clean::from(*words),
                Tone::Plain,
            );
        }
    }
    canvas.scrollbar(frame, viewport);
    viewport
}

/// The groups in the order in which they first come, each with its heading.
fn lines(keymap: &Keymap) -> Vec<(String, &str)> {
    let mut groups: Vec<&str> = Vec::new();
    for binding in keymap.bindings() {
        if !groups.contains(&binding.group.as_str()) {
            groups.push(&binding.group);
        }
    }
    let mut lines = Vec::new();
    for group in groups {
        if !lines.is_empty() {
            lines.push((String::new(), ""));
        }
        lines.push((String::new(), group));
        let bindings = keymap.bindings().iter();
        for binding in bindings.filter(|binding| binding.group == group && !binding.chords.is_empty()) {
            lines.push((binding.keys_text(), binding.help.as_str()));
        }
    }
    lines
}
