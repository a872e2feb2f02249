//! The keys, all of them, on top of everything else. Made from the keymap, so that it is never wrong.

use ratatui::layout::Rect;

use super::canvas::{Canvas, PaneFrame};
use super::keymap;
use super::layout::Look;
use crate::app::line::{Line, Tone};
use crate::app::place::Viewport;

pub(super) fn draw(canvas: &mut Canvas<'_>, screen: Rect, offset: usize) -> Viewport {
    let lines = lines();
    let width = 64.min(screen.width.saturating_sub(2));
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let height = wanted.min(screen.height.saturating_sub(2));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    canvas.wipe(area);
    let frame = PaneFrame {
        area,
        look: Look::Boxed,
        focused: true,
    };
    let title = Line::of(Tone::Strong, "Keys");
    let inner = canvas.frame(frame, &title, &Line::of(Tone::Dim, "Esc closes"));
    let viewport = Viewport::around(None, offset, usize::from(inner.height), lines.len());
    let shown = lines.get(viewport.range()).unwrap_or_default();
    for ((keys, words), y) in shown.iter().zip(inner.top()..inner.bottom()) {
        if keys.is_empty() {
            canvas.put_cut(inner.x + 2, y, inner.right(), words, Tone::Heading);
        } else {
            canvas.put_cut(inner.x + 2, y, inner.x + 20, keys, Tone::Accent);
            canvas.put_cut(
                inner.x + 21,
                y,
                inner.right().saturating_sub(1),
                words,
                Tone::Plain,
            );
        }
    }
    canvas.scrollbar(frame, viewport);
    viewport
}

fn lines() -> Vec<(String, &'static str)> {
    let mut lines = Vec::new();
    for group in keymap::Group::ALL {
        if !lines.is_empty() {
            lines.push((String::new(), ""));
        }
        lines.push((String::new(), group.label()));
        for binding in keymap::bindings().iter().filter(|binding| binding.group == group) {
            lines.push((binding.keys_text(), binding.help));
        }
    }
    lines
}
