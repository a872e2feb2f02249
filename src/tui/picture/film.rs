//! Several frames as one SVG that moves by itself. A row that stays the same over frames is in it once.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use ratatui::buffer::Buffer;

use super::{Background, beginning, row};

/// The frames, each with the tenths of a second that it is shown, over and over.
pub fn film(frames: &[(Buffer, u32)], ground: Background) -> String {
    let Some((first, _)) = frames.first() else {
        return String::new();
    };
    let mut ends = Vec::new();
    let mut length = 0;
    for (_, tenths) in frames {
        length += tenths;
        ends.push(length);
    }
    let mut out = beginning(first.area, ground);
    let mut body = String::new();
    let mut spans = BTreeSet::new();
    for y in first.area.top()..first.area.bottom() {
        for (shown, picture) in stretches(frames, y, ground) {
            if picture.is_empty() {
                continue;
            }
            if shown == (0..frames.len()) {
                body.push_str(&picture);
                continue;
            }
            let _ = writeln!(
                body,
                "<g class=\"f{}-{}\">\n{picture}</g>",
                shown.start, shown.end
            );
            spans.insert((shown.start, shown.end));
        }
    }
    out.push_str("<style>\n");
    for (start, end) in spans {
        style(&mut out, start..end, &ends);
    }
    out.push_str("</style>\n");
    out.push_str(&body);
    out.push_str("</svg>\n");
    out
}

/// What a row looks like, and from which frame to which.
fn stretches(frames: &[(Buffer, u32)], y: u16, ground: Background) -> Vec<(Range<usize>, String)> {
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    for (index, (buffer, _)) in frames.iter().enumerate() {
        let mut picture = String::new();
        row(&mut picture, buffer, y, ground);
        match found.last_mut() {
            Some((shown, before)) if *before == picture => shown.end = index + 1,
            _ => found.push((index..index + 1, picture)),
        }
    }
    found
}

/// Shown from its first frame to its last, hidden otherwise.
fn style(out: &mut String, shown: Range<usize>, ends: &[u32]) {
    let length = f64::from(ends.last().copied().unwrap_or(1).max(1));
    let ended = |frames: usize| {
        let index = frames.checked_sub(1).and_then(|index| ends.get(index));
        f64::from(index.copied().unwrap_or(0)) * 100.0 / length
    };
    let (from, to) = (ended(shown.start), ended(shown.end));
    let name = format!("f{}-{}", shown.start, shown.end);
    let _ = write!(
        out,
        ".{name}{{opacity:0;animation:{name} {:.1}s step-end infinite}}@keyframes {name}{{",
        length / 10.0
    );
    if shown.start > 0 {
        out.push_str("0%{opacity:0}");
    }
    let _ = write!(out, "{from:.3}%{{opacity:1}}");
    if shown.end < ends.len() {
        let _ = write!(out, "{to:.3}%{{opacity:0}}");
    } else {
        out.push_str("100%{opacity:1}");
    }
    out.push_str("}\n");
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn what_stays_is_there_once_and_what_changes_comes_and_goes() {
        let frame = |text: &str| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 2));
            buffer.set_string(0, 0, "stays", Style::new());
            buffer.set_string(0, 1, text, Style::new());
            (buffer, 5)
        };
        let film = film(&[frame("one"), frame("two"), frame("two")], Background::Dark);
        assert_eq!(film.matches("stays").count(), 1);
        assert_eq!(film.matches(">two<").count(), 1);
        assert!(film.contains(".f0-1{opacity:0;animation:f0-1 1.5s step-end infinite}@keyframes f0-1{0.000%{opacity:1}33.333%{opacity:0}}"));
        assert!(film.contains("@keyframes f1-3{0%{opacity:0}33.333%{opacity:1}100%{opacity:1}}"));
    }
}
