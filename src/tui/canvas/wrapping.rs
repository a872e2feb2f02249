//! Lines broken into rows.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::app::layout::line::{Line, Span, Tone};
use crate::domain::read::text::{Clean, columns};

/// A line broken into rows of at most `width` columns, at spaces where that is possible. Its indent counts.
pub(in crate::tui) fn wrapped(line: &Line, width: u16) -> Vec<Vec<Span>> {
    let room = usize::from(width.saturating_sub(line.indent)).max(1);
    let right = line.right.as_ref().map_or(0, |right| columns(&right.text) + 2);
    let first_room = if right > 0 && room >= right + 12 {
        room - right
    } else {
        room
    };
    let mut rows: Vec<Vec<Span>> = Vec::new();
    let mut row: Vec<Span> = Vec::new();
    let mut used = 0;
    let mut limit = first_room;
    let room = room.saturating_sub(usize::from(line.hang)).max(1);
    let text = Clean::join(line.spans.iter().map(|span| &span.text), "");
    let mut at = 0;
    let mut tones = Tones::of(line);
    // A word may change its tone in the middle: only its own marks and spaces are places to break it.
    for word in text.split_inclusive(' ').flat_map(|word| pieces(word, room)) {
        let size = columns(word.trim_end_matches(' '));
        if used + size > limit && used > 0 && size <= room {
            rows.push(std::mem::take(&mut row));
            (used, limit) = (0, room);
        }
        if used == 0 && size == 0 && !rows.is_empty() {
            tones.pass(word);
            at += word.len();
            continue;
        }
        for grapheme in word.graphemes(true) {
            let tone = tones.pass(grapheme);
            let size = columns(grapheme);
            let part = at..at + grapheme.len();
            at = part.end;
            if used + size > limit {
                if grapheme == " " {
                    continue;
                }
                rows.push(std::mem::take(&mut row));
                (used, limit) = (0, room);
            }
            push(&mut row, &text, part, tone);
            used += size;
        }
    }
    rows.push(row);
    rows
}

/// The tones of a line's text, from its beginning to its end.
struct Tones<'l> {
    spans: std::slice::Iter<'l, Span>,
    tone: Tone,
    left: usize,
}

impl<'l> Tones<'l> {
    fn of(line: &'l Line) -> Self {
        Self {
            spans: line.spans.iter(),
            tone: Tone::Plain,
            left: 0,
        }
    }

    /// The tone in which this piece of the text begins; what comes next is behind it.
    fn pass(&mut self, piece: &str) -> Tone {
        self.fill();
        let tone = self.tone;
        let mut rest = piece.len();
        while rest > self.left {
            rest -= self.left;
            self.left = 0;
            if !self.fill() {
                return tone;
            }
        }
        self.left -= rest;
        tone
    }

    fn fill(&mut self) -> bool {
        while self.left == 0 {
            let Some(span) = self.spans.next() else {
                return false;
            };
            (self.tone, self.left) = (span.tone, span.text.len());
        }
        true
    }
}

/// A word that is wider than the room, such as an ARN, in the parts that its own marks make; others whole.
fn pieces(word: &str, room: usize) -> impl Iterator<Item = &str> {
    let whole = columns(word) <= room;
    word.split_inclusive(move |mark: char| !whole && matches!(mark, '/' | ':' | '-' | ','))
}

fn push(row: &mut Vec<Span>, text: &Clean, part: Range<usize>, tone: Tone) {
    match row.last_mut() {
        Some(last) if last.tone == tone => last.text.push_part(text, part),
        _ => row.push(Span {
            text: text.part(part),
            tone,
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(line: &Line, width: u16) -> Vec<String> {
        let rows = wrapped(line, width);
        let text = |row: &Vec<Span>| row.iter().map(|span| span.text.as_str()).collect::<String>();
        rows.iter().map(|row| text(row).trim_end().to_owned()).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        let line = Line::of(Tone::Plain, "the quick ").and(Tone::Bad, "brown fox");
        assert_eq!(texts(&line, 10), ["the quick", "brown fox"]);
        let line = Line::of(Tone::Plain, "arn:aws:iam::123:role/x");
        assert_eq!(texts(&line, 10), ["arn:aws:", "iam::123:", "role/x"]);
    }

    #[test]
    fn a_word_that_changes_its_tone_stays_whole() {
        let line = Line::of(Tone::Plain, "see role/")
            .and(Tone::Matched, "shop")
            .and(Tone::Plain, "-x, ok");
        assert_eq!(texts(&line, 14), ["see", "role/shop-x,", "ok"]);
        let rows = wrapped(&line, 14);
        let tones: Vec<_> = rows[1]
            .iter()
            .map(|span| (span.text.as_str(), span.tone))
            .collect();
        assert_eq!(
            tones,
            [
                ("role/", Tone::Plain),
                ("shop", Tone::Matched),
                ("-x, ", Tone::Plain)
            ]
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_every_tone_stays(parts in proptest::collection::vec("[a-z家 /]{0,12}", 0..6), width in 4_u16..40) {
            let tones = [Tone::Plain, Tone::Bad, Tone::Code];
            let mut line = Line::new();
            for (part, tone) in parts.iter().zip(tones.iter().cycle()) {
                line = line.and(*tone, part);
            }
            let letters = |spans: &[Span]| -> Vec<(char, Tone)> {
                let all = spans.iter().flat_map(|span| span.text.chars().map(|letter| (letter, span.tone)));
                all.filter(|(letter, _)| *letter != ' ').collect()
            };
            let told: Vec<Span> = wrapped(&line, width).concat();
            prop_assert_eq!(letters(&told), letters(&line.spans));
        }

        #[test]
        fn no_row_is_wider_than_asked(text in any::<String>(), width in 3_u16..60) {
            for row in wrapped(&Line::of(Tone::Plain, text), width) {
                let size: usize = row.iter().map(|span| columns(&span.text)).sum();
                prop_assert!(size <= usize::from(width));
            }
        }
    }
}
