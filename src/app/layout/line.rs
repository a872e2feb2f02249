//! Text with meaning: what a pane says, before anybody gave it a colour or a width.

use std::sync::Arc;

use crate::app::input::place::{RowKey, Tab};
use crate::domain::model::event::StackEvent;
use crate::domain::read::text::{Clean, CleanText};

/// What a piece of text means. A theme turns it into a colour; no meaning is told by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// Of less weight.
    Dim,
    /// Of more weight.
    Strong,
    /// A heading.
    Heading,
    /// The program's own mark and what can be opened.
    Accent,
    /// Went well.
    Good,
    /// Under way.
    Working,
    /// Failed.
    Bad,
    /// Only follows from a failure.
    Cascade,
    /// Put back.
    Undone,
    /// Waited for.
    Waiting,
    /// Somebody should look at it.
    Warning,
    /// An identifier or a piece of code.
    Code,
    /// The name of a value in a raw record.
    Key,
    /// A text in it.
    Text,
    /// A number in it.
    Number,
    /// True, false and null.
    Literal,
    /// The part of it that ties it to the failure.
    Matched,
}

/// A piece of text of one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its text.
    pub text: Clean,
    /// What it means.
    pub tone: Tone,
}

/// One line of text, before it is broken or cut to a width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Its pieces, from left to right.
    pub spans: Vec<Span>,
    /// How many columns it, and what is broken off it, is moved to the right.
    pub indent: u16,
    /// How many more columns what is broken off it is moved.
    pub hang: u16,
    /// What stands at its right end, if there is room.
    pub right: Option<Span>,
    /// It tells apart what stands above it as well: where all of it does not fit, it gives way.
    pub is_told_above: bool,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of one meaning.
    pub fn of(tone: Tone, text: impl Into<Clean>) -> Self {
        Self::new().and(tone, text)
    }

    /// With another piece of text at its end. The text is made harmless here, once for all.
    #[must_use]
    pub fn and(mut self, tone: Tone, text: impl Into<Clean>) -> Self {
        self.spans.push(Span {
            text: text.into(),
            tone,
        });
        self
    }

    /// Moved to the right.
    #[must_use]
    pub fn indented(mut self, columns: u16) -> Self {
        self.indent = columns;
        self
    }

    /// What is broken off it stands under its own text and not under its sign.
    #[must_use]
    pub fn hanging(mut self, columns: u16) -> Self {
        self.hang = columns;
        self
    }

    /// With something at its right end.
    #[must_use]
    pub fn right(mut self, tone: Tone, text: impl Into<Clean>) -> Self {
        self.right = Some(Span {
            text: text.into(),
            tone,
        });
        self
    }

    /// What stands above it tells it as well.
    #[must_use]
    pub fn told_above(mut self, told: bool) -> Self {
        self.is_told_above = told;
        self
    }

    /// Its text, without the meaning.
    pub fn text(&self) -> Clean {
        let mut out = Clean::from(" ".repeat(usize::from(self.indent)));
        for span in &self.spans {
            out.push(&span.text);
        }
        if let Some(right) = &self.right {
            out.push(&"  ");
            out.push(&right.text);
        }
        out
    }
}

/// Lines that belong together and can be selected as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The lines.
    pub lines: Vec<Line>,
    /// What Enter opens; none for a text that cannot be selected.
    pub opens: Option<Opens>,
    /// What becomes of lines that are too long.
    pub fit: Fit,
}

/// What becomes of lines that are too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// They are broken at spaces.
    Wrap,
    /// They are cut.
    Cut,
}

impl Block {
    /// A text to read.
    pub fn text(lines: Vec<Line>) -> Self {
        Self {
            lines,
            opens: None,
            fit: Fit::Wrap,
        }
    }

    /// A text to select.
    pub fn item(lines: Vec<Line>, opens: Opens) -> Self {
        Self {
            lines,
            opens: Some(opens),
            fit: Fit::Wrap,
        }
    }

    /// A heading with an empty line before it.
    pub fn heading(text: &str) -> Self {
        Self::text(vec![Line::new(), Line::of(Tone::Heading, text)])
    }

    /// Its text, without the meaning.
    pub fn plain_text(&self) -> CleanText {
        self.lines.iter().map(Line::text).collect()
    }
}

/// A title and what is said under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPage {
    /// What it is about.
    pub title: Line,
    /// What it says.
    pub blocks: Vec<Block>,
}

impl TextPage {
    /// The indices of the blocks that can be selected.
    pub fn selectable(&self) -> impl Iterator<Item = usize> {
        let indexed = self.blocks.iter().enumerate();
        let selectable = indexed.filter(|(_, block)| block.opens.is_some());
        selectable.map(|(index, _)| index)
    }

    /// The block under the cursor: the one that is wanted or the last before it, else the first.
    pub fn cursor(&self, wanted: Option<usize>) -> Option<usize> {
        wanted
            .and_then(|wanted| self.selectable().filter(|index| *index <= wanted).last())
            .or_else(|| self.selectable().next())
    }

    /// All of it, without the meaning.
    pub fn plain_text(&self) -> CleanText {
        let lines = self.blocks.iter().flat_map(|block| &block.lines);
        std::iter::once(&self.title)
            .chain(lines)
            .map(Line::text)
            .collect()
    }
}

/// What a selected thing leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opens {
    /// Nothing: it can only be read and copied.
    Nothing,
    /// A text to put on the clipboard.
    Copy(CleanText),
    /// A trail record, by its id.
    Record(String),
    /// The log line of that moment and stream.
    LogLine {
        /// When it was written, in milliseconds since 1970.
        at_ms: i64,
        /// Its stream.
        stream: String,
    },
    /// The text of a log line, to put on the clipboard.
    LogText(CleanText),
    /// The value of an output, to put on the clipboard.
    Value(CleanText),
    /// An event, among all events.
    Event(Arc<StackEvent>),
    /// A row of the resource tree.
    Row(RowKey),
    /// A tab of the detail pane.
    Tab(Tab),
    /// The attempt of that number.
    Attempt(u32),
}

impl Opens {
    /// What Enter does with it, in a word or two; none where it does nothing.
    pub fn does(&self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Copy(_) | Self::LogText(_) | Self::Value(_) => Some("copy"),
            Self::Record(_) | Self::LogLine { .. } | Self::Tab(_) => Some("open"),
            Self::Event(_) | Self::Row(_) => Some("go there"),
            Self::Attempt(_) => Some("look at it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_rests_on_what_can_be_selected() {
        let text = |words: &str| Block::text(vec![Line::of(Tone::Plain, words)]);
        let item = |words: &str| Block::item(vec![Line::of(Tone::Plain, words)], Opens::Nothing);
        let page = TextPage {
            title: Line::of(Tone::Strong, "title"),
            blocks: vec![text("a"), item("b"), text("c"), item("d"), text("e")],
        };
        assert_eq!(page.selectable().collect::<Vec<_>>(), [1, 3]);
        let cursor = |wanted| page.cursor(wanted);
        assert_eq!([cursor(None), cursor(Some(0))], [Some(1), Some(1)]);
        assert_eq!([cursor(Some(2)), cursor(Some(99))], [Some(1), Some(3)]);
        assert_eq!(page.plain_text(), "title\na\nb\nc\nd\ne");
        let nothing = TextPage {
            blocks: vec![text("a")],
            ..page
        };
        assert_eq!(nothing.cursor(Some(0)), None);
    }
}
