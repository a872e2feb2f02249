//! What may follow on the keys pressed so far: a small box above the last line.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::app::AppState;
use crate::app::input::keys::shown;
use crate::app::layout::line::{Line, Tone};
use crate::domain::read::text::{Clean, columns};

pub(super) fn draw(canvas: &mut Canvas<'_>, screen: Rect, app: &AppState) {
    let keyboard = &app.screen.keyboard;
    if keyboard.pending.is_empty() {
        return;
    }
    let next = keyboard.map.continuations(&keyboard.pending, app.scopes());
    let keys_wide = next.iter().map(|(keys, _)| columns(keys)).max().unwrap_or(0);
    let words_wide = next.iter().map(|(_, binding)| columns(&binding.help)).max();
    let fits = |wide: usize| u16::try_from(wide).unwrap_or(u16::MAX);
    let wanted = fits(keys_wide + words_wide.unwrap_or(0) + 8).max(20);
    let width = wanted.min(screen.width.saturating_sub(2));
    let height = fits(next.len() + 2).min(screen.height.saturating_sub(1));
    let area = Rect {
        x: screen.right().saturating_sub(width + 1),
        y: screen.bottom().saturating_sub(height + 1),
        width,
        height,
    };
    let title = Line::of(Tone::Strong, format!("{} …", shown(&keyboard.pending)));
    let (_, inner) = canvas.popup(area, &title, "Esc");
    let words_from = inner.x + 2 + fits(keys_wide + 2);
    for ((keys, binding), y) in next.iter().zip(inner.top()..inner.bottom()) {
        canvas.put_cut(inner.x + 2, y, inner.right(), Clean::from(keys), Tone::Accent);
        canvas.put_cut(
            words_from,
            y,
            inner.right(),
            Clean::from(&binding.help),
            Tone::Plain,
        );
    }
}
