//! How a text gets into cells.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};

/// Writes a text into so many columns and says where it ends.
pub(super) fn put(buffer: &mut Buffer, place: (u16, u16), room: usize, text: &str, style: Style) -> u16 {
    if style
        .add_modifier
        .intersects(Modifier::REVERSED | Modifier::UNDERLINED)
    {
        return put_core(buffer, place, room, text, style);
    }
    put_pieces(buffer, place, room, [(text, style)])
}

/// Writes a text whose colours are exchanged with those of its ground, or that is underlined: blanks around it are left as
/// blank as they are, and a line that is drawn is drawn in its colour.
fn put_core(buffer: &mut Buffer, place: (u16, u16), room: usize, text: &str, style: Style) -> u16 {
    let plain = style.remove_modifier(Modifier::REVERSED | Modifier::UNDERLINED);
    let core = text.trim();
    let is_line = core.chars().all(|sign| ('\u{2500}'..='\u{257f}').contains(&sign));
    let (before, rest) = text.split_at(text.len() - text.trim_start().len());
    let (_, after) = rest.split_at(core.len());
    let core = (core, if is_line { plain } else { style });
    put_pieces(buffer, place, room, [(before, plain), core, (after, plain)])
}

fn put_pieces<const N: usize>(
    buffer: &mut Buffer,
    (mut x, y): (u16, u16),
    mut room: usize,
    pieces: [(&str, Style); N],
) -> u16 {
    for (text, style) in pieces {
        let end = if text.chars().all(is_one_cell) {
            put_cells(buffer, (x, y), room, text, style)
        } else {
            buffer.set_stringn(x, y, text, room, style).0
        };
        room = room.saturating_sub(usize::from(end.saturating_sub(x)));
        x = end;
    }
    x
}

/// A character that fills one cell and never becomes one with the next: most of what is written, and all that is drawn.
/// What may need more is left to those who know.
fn is_one_cell(sign: char) -> bool {
    (' '..='~').contains(&sign) || ('\u{2500}'..='\u{25e5}').contains(&sign)
}

fn put_cells(buffer: &mut Buffer, (x, y): (u16, u16), room: usize, text: &str, style: Style) -> u16 {
    let mut end = x;
    for (sign, x) in text.chars().take(room).zip(x..) {
        if let Some(cell) = buffer.cell_mut((x, y)) {
            cell.set_char(sign).set_style(style);
        }
        end = x.saturating_add(1);
    }
    end
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn blanks_and_bars_do_not_stand_on_the_ground_of_a_text() {
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 2));
        assert_eq!(put(&mut buffer, (1, 0), 11, "  ab c  ", reversed), 9);
        assert_eq!(put(&mut buffer, (0, 1), 3, " ━━━━", reversed), 3);
        let underlined = Style::new().add_modifier(Modifier::UNDERLINED);
        assert_eq!(put(&mut buffer, (4, 1), 7, "  ab  ", underlined), 10);
        let lined = (0..12).filter(|x| buffer[(*x, 1)].modifier.contains(Modifier::UNDERLINED));
        assert_eq!(lined.collect::<Vec<u16>>(), [6, 7]);
        // The part of a cell that a bar ends in has its colours exchanged on purpose.
        assert_eq!(put(&mut buffer, (11, 1), 1, "▍", reversed), 12);
        let on = |y: u16| -> Vec<u16> {
            let is_on = |x: &u16| buffer[(*x, y)].modifier.contains(Modifier::REVERSED);
            (0..12).filter(is_on).collect()
        };
        assert_eq!(on(0), [3, 4, 5, 6]);
        assert_eq!(on(1), [11]);
    }

    #[test]
    fn what_is_written_cell_by_cell_is_what_ratatui_writes() {
        let style = Style::new().add_modifier(Modifier::BOLD);
        for text in [
            "",
            "abc",
            "│ ▾ ✘ Setup ━━╸",
            "漢字 and é e\u{301}",
            "◆▐┃░▒",
            "a very long text that is cut",
        ] {
            for room in [0, 1, 5, 12] {
                let area = Rect::new(0, 0, 14, 1);
                let (mut ours, mut theirs) = (Buffer::empty(area), Buffer::empty(area));
                let end = put(&mut ours, (1, 0), room, text, style);
                assert_eq!(
                    end,
                    theirs.set_stringn(1, 0, text, room, style).0,
                    "{text} {room}"
                );
                assert_eq!(ours, theirs, "{text} {room}");
            }
        }
        for sign in ('\u{20}'..='\u{7e}').chain('\u{2500}'..='\u{25e5}') {
            assert_eq!(
                crate::domain::read::text::columns(sign.encode_utf8(&mut [0; 4])),
                1,
                "{sign}"
            );
        }
    }
}
