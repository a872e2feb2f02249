//! Texts with meaning as rows of a pane: broken or cut to its width.

use crate::app::layout::line::{Block, Fit, Line, Opens, Span, Tone};
use crate::clean;
use crate::domain::read::text::columns;
use crate::tui::canvas::wrapped;

/// One row of text, and the block that it belongs to.
pub(super) struct TextRow {
    pub(super) block: usize,
    pub(super) indent: u16,
    pub(super) spans: Vec<Span>,
    pub(super) right: Option<Span>,
}

/// The rows of all blocks. Where they are too many, the lines that tell again what stands above them give way.
pub(super) fn layout_within(
    blocks: &[Block],
    (width, height): (u16, usize),
    selected: (Option<usize>, Option<&str>),
) -> Vec<TextRow> {
    let rows = layout(blocks, width, selected);
    let tells_again = |block: &Block| block.lines.iter().any(|line| line.is_told_above);
    if rows.len() <= height || !blocks.iter().any(tells_again) {
        return rows;
    }
    let mut fewer = blocks.to_vec();
    for block in &mut fewer {
        block.lines.retain(|line| !line.is_told_above);
    }
    layout(&fewer, width, selected)
}

/// Breaks the lines of all blocks into rows. What is selected is never cut.
///
/// What Enter does with the selected one is told behind its first row, where that has room for it: nothing gives way to
/// it.
pub(super) fn layout(
    blocks: &[Block],
    width: u16,
    (cursor, enter): (Option<usize>, Option<&str>),
) -> Vec<TextRow> {
    let mut rows = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let does = block.opens.as_ref().and_then(Opens::does);
        let does = does.filter(|_| cursor == Some(index));
        let mut does = enter.zip(does).map(|(key, does)| Span {
            text: clean!("{key} {does}"),
            tone: Tone::Dim,
        });
        let hint = does.clone();
        for line in &block.lines {
            let indent = line.indent.min(width / 2);
            let mut line = Line {
                indent,
                hang: line.hang.min(width / 3),
                ..line.clone()
            };
            // What was cut is broken now: there is room for both.
            if block.fit == Fit::Cut && line.right.is_none() {
                line.right = does.take();
            }
            let broken = match block.fit {
                Fit::Cut if cursor != Some(index) => vec![cut(&line, width)],
                Fit::Cut | Fit::Wrap => wrapped(&line, width),
            };
            let fits =
                |right: &Span, taken: usize| usize::from(width - indent) >= columns(&right.text) + taken;
            let taken = |row: &Vec<Span>| row.iter().map(|span| columns(&span.text)).sum::<usize>() + 2;
            let mut right = line.right.clone().filter(|right| fits(right, 14));
            right = right.or_else(|| {
                let first = broken.first().map_or(0, taken);
                does.take().filter(|does| fits(does, first))
            });
            does = None;
            for (row, mut spans) in broken.into_iter().enumerate() {
                let hang = if row > 0 { line.hang.min(width / 3) } else { 0 };
                // It stands behind what it is about: in the middle of a wide row it would be about nothing.
                let told = right.take_if(|right| hint.as_ref() == Some(right));
                spans.extend(told.map(|told| Span {
                    text: clean!("  {}", told.text),
                    ..told
                }));
                rows.push(TextRow {
                    block: index,
                    indent: indent + hang,
                    spans,
                    right: right.take(),
                });
            }
        }
    }
    rows
}

/// The pieces of a line that fit beside what stands at its right.
fn cut(line: &Line, width: u16) -> Vec<Span> {
    let right = line.right.as_ref().map_or(0, |right| columns(&right.text) + 2);
    let mut room = usize::from(width - line.indent).saturating_sub(right);
    let mut spans = Vec::new();
    for span in &line.spans {
        let text = span.text.cut(room);
        room = room.saturating_sub(columns(&text));
        spans.push(Span {
            text,
            tone: span.tone,
        });
    }
    spans
}
