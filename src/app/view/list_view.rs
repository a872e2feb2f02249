//! The views that are lists over the whole screen: who did what, the attempts, two attempts compared.

mod actors;
mod attempts;
mod compare;

use chrono::{DateTime, Utc};

use crate::app::input::place::View;
use crate::app::layout::line::{Block, Line, TextPage, Tone};
use crate::app::layout::times::Times;
use crate::app::state::{AppState, Watched};

/// A list over the whole screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListView {
    /// What it is and says.
    pub page: TextPage,
    /// What stands at the right of its title.
    pub right: Line,
}

/// Everything that a ledger speaks from.
#[derive(Clone, Copy)]
struct Ground<'a> {
    watched: &'a Watched,
    times: Times,
    moment: DateTime<Utc>,
}

impl ListView {
    /// The list that is shown; none where something else is.
    pub(crate) fn of(app: &AppState, now: DateTime<Utc>) -> Option<Self> {
        let ground = Ground {
            watched: app.shown()?,
            times: app.times(),
            moment: app.moment(now),
        };
        match app.screen.view {
            View::Actors => Some(ground.actors()),
            View::Attempts => Some(ground.attempts()),
            View::Compare => Some(ground.compare()),
            View::Session | View::Timeline => None,
        }
    }
}

/// A quiet sentence where there is nothing to list.
fn nothing(text: &str) -> Vec<Block> {
    vec![Block::text(vec![Line::of(Tone::Dim, text)])]
}

/// A text with spaces up to a width, or cut to it.
fn padded(text: &str, width: usize) -> String {
    let text = crate::domain::read::text::ellipsis(text, width);
    let missing = width.saturating_sub(crate::domain::read::text::columns(&text));
    format!("{text}{}", " ".repeat(missing))
}
