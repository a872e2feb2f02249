//! How what is selected looks, in every list alike.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::Canvas;
use crate::tui::theme::Selection;

impl Canvas<'_> {
    /// Gives the look of the selected row to an area: the same in every list. The mark at its left stays as it is where the
    /// colours of the rest are exchanged.
    pub(in crate::tui) fn select(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        let has_ground = self.theme.selection() == Selection::Ground;
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    if !has_ground && x == area.left() && cell.symbol() == "▌" {
                        continue;
                    }
                    let style = self.theme.selected(Some(cell.fg));
                    cell.set_style(style);
                }
            }
        }
    }

    /// The same for what has several rows. Where it has no ground of its own, only the first of them has the look of the
    /// selected: as many reversed lines would be louder than anything.
    pub(in crate::tui) fn select_block(&mut self, area: Rect) {
        let height = if self.theme.selection() == Selection::Ground {
            area.height
        } else {
            area.height.min(1)
        };
        self.select(Rect { height, ..area });
    }

    /// A mark on a bar, which goes through it.
    pub(in crate::tui) fn notch(&mut self, x: u16, y: u16, sign: &'static str) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(sign);
            cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
        }
    }
}
