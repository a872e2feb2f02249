//! Where the lines of boxes lie and meet, and which signs are drawn and not written.

use ratatui::layout::Rect;

/// The sign belongs to a frame.
pub(super) fn is_of_a_frame(sign: char) -> bool {
    ('\u{2500}'..='\u{257f}').contains(&sign) || sign == '▐'
}

/// The sign is a part of a bar, or stands on one.
pub(in crate::tui) fn is_of_a_bar(symbol: &str) -> bool {
    symbol
        .chars()
        .all(|sign| ('\u{2580}'..='\u{259f}').contains(&sign))
        || matches!(symbol, "┊" | "╎" | "━")
}

pub(super) fn is_line(symbol: &str) -> bool {
    symbol.chars().all(is_of_a_frame)
}

/// The cells around a box.
pub(super) fn edge(place: Rect) -> impl Iterator<Item = (u16, u16)> {
    let (right, bottom) = (place.right().saturating_sub(1), place.bottom().saturating_sub(1));
    let across = (place.x..=right).flat_map(move |x| [(x, place.y), (x, bottom)]);
    across.chain((place.y..=bottom).flat_map(move |y| [(place.x, y), (right, y)]))
}

/// The sign where the lines of boxes meet; none where one line only goes on.
pub(super) fn meeting(boxes: &[Rect], (x, y): (u16, u16)) -> Option<&'static str> {
    let (mut up, mut down, mut left, mut right) = (false, false, false, false);
    for place in boxes.iter().filter(|place| place.contains((x, y).into())) {
        let (last_x, last_y) = (place.right().saturating_sub(1), place.bottom().saturating_sub(1));
        if y == place.y || y == last_y {
            left |= x > place.x;
            right |= x < last_x;
        }
        if x == place.x || x == last_x {
            up |= y > place.y;
            down |= y < last_y;
        }
    }
    Some(match (up, down, left, right) {
        (true, true, true, true) => "┼",
        (true, true, false, true) => "├",
        (true, true, true, false) => "┤",
        (false, true, true, true) => "┬",
        (true, false, true, true) => "┴",
        (false, true, false, true) => "╭",
        (false, true, true, false) => "╮",
        (true, false, false, true) => "╰",
        (true, false, true, false) => "╯",
        _ => return None,
    })
}
