//! A text that somebody types, step by step.

use crate::app::input::intent::LineEdit;
use crate::domain::read::text::harmless;

/// A text longer than this is a pasted one that was meant for something else.
const LONGEST: usize = 200;

/// One step of typing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Text at the end: a character or something pasted.
    Insert(String),
    /// The last character goes.
    Backspace,
    /// Everything goes.
    Clear,
    /// Done: the text stays.
    Accept,
    /// Never mind: the text goes.
    Cancel,
}

impl From<LineEdit> for Edit {
    fn from(edit: LineEdit) -> Self {
        match edit {
            LineEdit::Accept => Self::Accept,
            LineEdit::Cancel => Self::Cancel,
            LineEdit::Backspace => Self::Backspace,
            LineEdit::Clear => Self::Clear,
        }
    }
}

impl Edit {
    /// Changes the text. What is typed or pasted becomes harmless, and one line.
    pub fn apply_to(&self, text: &mut String) {
        match self {
            Self::Accept => {}
            Self::Cancel | Self::Clear => text.clear(),
            Self::Backspace => _ = text.pop(),
            Self::Insert(more) => {
                let clean = harmless(more).replace('\n', " ");
                let room = LONGEST.saturating_sub(text.chars().count());
                text.extend(clean.chars().take(room));
            }
        }
    }

    /// Nothing more is typed after it.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Accept | Self::Cancel)
    }
}
