//! What a deployment that went well leaves behind: the stack's outputs, each to be copied.

use super::Subject;
use super::done::padded;
use crate::app::layout::line::{Block, Line, Opens, Tone};
use crate::clean;
use crate::domain::conclude::outputs::outputs;
use crate::domain::model::stack::StackOutput;
use crate::domain::read::text::{CleanText, columns, ellipsis, one_line};

/// So many stand where they are looked for; the others stand behind everything else.
const FIRST: usize = 8;
/// Keys are padded to at most so many columns.
const WIDEST_KEY: usize = 24;
/// More of a value is not shown: whoever wants it copies it.
const LONGEST: usize = 200;

impl Subject<'_> {
    /// The first of the outputs.
    pub(super) fn first_outputs(&self) -> Vec<Block> {
        let all = self.outputs();
        let first = all.get(..FIRST).unwrap_or(all);
        let mut blocks = titled("Outputs", first, width(all));
        if all.len() > FIRST {
            let more = format!("and {} more below", all.len() - FIRST);
            blocks.push(Block::text(vec![Line::of(Tone::Dim, more).indented(2)]));
        }
        blocks
    }

    /// Those that would have pushed away what else there is to tell.
    pub(super) fn more_outputs(&self) -> Vec<Block> {
        let all = self.outputs();
        titled("More outputs", all.get(FIRST..).unwrap_or_default(), width(all))
    }

    fn outputs(&self) -> &[StackOutput] {
        let watched = self.watched;
        let attempt = watched.attempt();
        attempt
            .map(|attempt| outputs(&watched.session, &watched.diagnosis, attempt))
            .unwrap_or_default()
    }
}

fn width(all: &[StackOutput]) -> usize {
    let widths = all.iter().map(|output| columns(&one_line(&output.key)));
    widths.max().unwrap_or(0).min(WIDEST_KEY)
}

fn titled(title: &str, outputs: &[StackOutput], key_width: usize) -> Vec<Block> {
    if outputs.is_empty() {
        return Vec::new();
    }
    let items = outputs.iter().map(|output| item(output, key_width));
    [Block::heading(title)].into_iter().chain(items).collect()
}

/// An output with its value, which is what is copied.
fn item(output: &StackOutput, key_width: usize) -> Block {
    let key = one_line(&output.key);
    let value = one_line(&output.value);
    let told = if columns(&key) > key_width {
        key.to_string()
    } else {
        padded(&key, key_width)
    };
    let hang = u16::try_from(key_width + 2).unwrap_or_default();
    let line = Line::of(Tone::Dim, format!("{told}  "));
    let length = columns(&value);
    let line = if length > LONGEST {
        line.and(Tone::Plain, ellipsis(&value, LONGEST))
            .and(Tone::Dim, clean!(" {length} characters"))
    } else {
        line.and(Tone::Plain, value)
    };
    Block::item(
        vec![line.indented(2).hanging(hang)],
        Opens::Value(CleanText::of(&output.value)),
    )
}
