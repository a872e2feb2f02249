//! The views that are lists over the whole screen: who did what, the attempts, two attempts compared.

mod actors;
mod attempts;
mod compare;

use chrono::{DateTime, Utc};

use super::line::{Block, Line, Tone};
use super::place::View;
use super::state::{App, Watched};
use super::times::Times;

/// A list over the whole screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// What it is.
    pub title: Line,
    /// What stands at the right of its title.
    pub right: Line,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// Everything that a ledger speaks from.
#[derive(Clone, Copy)]
struct Ground<'a> {
    watched: &'a Watched,
    times: Times,
    moment: DateTime<Utc>,
}

impl Ledger {
    /// The list that is shown; none where something else is.
    pub fn of(app: &App, now: DateTime<Utc>) -> Option<Self> {
        let ground = Ground {
            watched: app.shown()?,
            times: app.times(),
            moment: app.moment(now),
        };
        match app.screen.view {
            View::Actors => Some(ground.actors()),
            View::Attempts => Some(ground.attempts(app)),
            View::Compare => Some(ground.compare()),
            View::Session | View::Timeline => None,
        }
    }

    /// The indices of the blocks that can be selected.
    pub fn selectable(&self) -> impl Iterator<Item = usize> {
        let indexed = self.blocks.iter().enumerate();
        indexed
            .filter(|(_, block)| block.opens.is_some())
            .map(|(index, _)| index)
    }

    /// The block under the cursor.
    pub fn cursor(&self, cursor: Option<usize>) -> Option<usize> {
        let wanted = cursor.unwrap_or(0);
        self.selectable()
            .filter(|index| *index <= wanted)
            .last()
            .or_else(|| self.selectable().next())
    }

    /// All of it, without the meaning.
    pub fn plain_text(&self) -> String {
        let mut out = self.title.text();
        for block in &self.blocks {
            out.push('\n');
            out.push_str(&block.plain_text());
        }
        out
    }
}

/// A quiet sentence where there is nothing to list.
fn nothing(text: &str) -> Vec<Block> {
    vec![Block::text(vec![Line::of(Tone::Dim, text)])]
}

/// A text with spaces up to a width, or cut to it.
fn padded(text: &str, width: usize) -> String {
    let text = crate::domain::text::ellipsis(text, width);
    let missing = width.saturating_sub(crate::domain::text::columns(&text));
    format!("{text}{}", " ".repeat(missing))
}
