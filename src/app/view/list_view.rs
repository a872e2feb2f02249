//! The views that are lists over the whole screen: who did what, the attempts, two attempts compared, the policy.

mod actors;
mod attempts;
pub(crate) mod compare;
mod policy;

use chrono::{DateTime, Utc};

use self::compare::ToldAbove;
use crate::app::input::place::View;
use crate::app::layout::line::{Block, Fit, Line, Opens, TextPage, Tone};
use crate::app::layout::times::Times;
use crate::app::state::{AppState, Watched};
use crate::app::view::detail::Detail;

/// A list over the whole screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListView {
    /// What it is and says.
    pub page: TextPage,
    /// What stands at the right of its title.
    pub right: Line,
}

/// What is shown below a list that leaves room for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BelowList {
    /// More of what is under the cursor.
    Page(TextPage),
    /// The attempt over time.
    Timeline,
}

/// Everything that a ledger speaks from.
#[derive(Clone, Copy)]
struct ListContext<'a> {
    watched: &'a Watched,
    times: Times,
    moment: DateTime<Utc>,
    /// Nobody asks any more.
    still: bool,
}

impl ListView {
    /// The list that is shown; none where something else is.
    pub(crate) fn of(app: &AppState, now: DateTime<Utc>) -> Option<Self> {
        let context = ListContext::of(app, now)?;
        match app.screen.view {
            View::Actors => Some(context.actors()),
            View::Attempts => Some(context.attempts()),
            View::Compare => Some(context.compare()),
            View::Policy => Some(context.policy()),
            View::Session | View::Timeline => None,
        }
    }

    /// Evidence in one line each, since what is told beside the list says it whole.
    pub(crate) fn with_short_evidence(mut self) -> Self {
        for block in &mut self.page.blocks {
            if let Some(Opens::Record(_) | Opens::LogLine { .. } | Opens::Row(_)) = block.opens {
                block.fit = Fit::Cut;
            }
        }
        self
    }

    /// What is worth the room below the list: the record of a call, what an attempt changed, when it all happened.
    pub(crate) fn below(&self, app: &AppState, now: DateTime<Utc>, cursor: Option<usize>) -> Vec<BelowList> {
        let Some(context) = ListContext::of(app, now) else {
            return Vec::new();
        };
        let selected = cursor.and_then(|cursor| self.page.blocks.get(cursor));
        match (app.screen.view, selected.and_then(|block| block.opens.as_ref())) {
            (View::Actors, Some(Opens::Record(event_id))) => {
                let record = Detail::of_record(app, event_id, now);
                record
                    .map(|record| BelowList::Page(record.page))
                    .into_iter()
                    .collect()
            }
            (View::Attempts, Some(Opens::Attempt(number))) => context.below_attempt(*number),
            (View::Compare, _) => vec![BelowList::Timeline],
            (View::Policy, _) => {
                let made_of = cursor.and_then(|cursor| context.made_of(cursor));
                made_of.map(BelowList::Page).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

impl<'a> ListContext<'a> {
    fn of(app: &'a AppState, now: DateTime<Utc>) -> Option<Self> {
        let watched = app.shown()?;
        Some(Self {
            watched,
            still: app.stands_still(watched),
            times: app.times(),
            moment: app.moment(now),
        })
    }

    /// What has changed with the attempt, and before that the one that is shown over time.
    fn below_attempt(self, number: u32) -> Vec<BelowList> {
        let shown = self.watched.attempt().map(|attempt| attempt.number);
        let timeline = (shown == Some(number)).then_some(BelowList::Timeline);
        let attempt = self.watched.diagnosis.attempts.get(number);
        let several = self.watched.diagnosis.attempts.list().len() > 1;
        let compared = attempt.filter(|_| several);
        let compared = compared.map(|attempt| BelowList::Page(self.compared(attempt, ToldAbove::Yes)));
        timeline.into_iter().chain(compared).collect()
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
