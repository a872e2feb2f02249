//! What hangs, as it was looked for last. Looking reads the events of what is under way, and a frame must not.

use std::cell::RefCell;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::conclude::hanging::{Hanging, ResourcesByStack, hanging_among};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::stack::StackId;
use crate::domain::session::Session;

/// Nothing hangs that has not for minutes: it is looked for so often ...
const EVERY: TimeDelta = TimeDelta::seconds(10);
/// ... and so soon after facts came, where there are few.
const AFTER_FACTS: TimeDelta = TimeDelta::seconds(1);
/// Few events.
const FEW: usize = 5_000;

/// What hangs, as it was looked for last.
#[derive(Debug, Default)]
pub(super) struct HangingSeen(RefCell<Option<Look>>);

#[derive(Debug)]
struct Look {
    /// The moment that it was about.
    at: DateTime<Utc>,
    /// When the facts had been read that it goes by.
    read: Option<DateTime<Utc>>,
    found: Arc<[Hanging]>,
}

impl Look {
    fn holds(&self, session: &Session, (moment, read): (DateTime<Utc>, Option<DateTime<Utc>>)) -> bool {
        let is_old = if self.read != read && session.event_count() <= FEW {
            AFTER_FACTS
        } else {
            EVERY
        };
        moment >= self.at && moment - self.at < is_old
    }
}

impl HangingSeen {
    /// What hangs at a moment of what is under way, by facts that were read at another.
    pub(super) fn at<'s>(
        &self,
        (session, diagnosis): (&Session, &Diagnosis),
        under_way: impl FnOnce() -> ResourcesByStack<'s>,
        (moment, read): (DateTime<Utc>, Option<DateTime<Utc>>),
    ) -> Arc<[Hanging]> {
        let mut last = self.0.borrow_mut();
        if let Some(look) = last.as_ref().filter(|look| look.holds(session, (moment, read))) {
            return Arc::clone(&look.found);
        }
        let found: Arc<[Hanging]> = hanging_among(session, diagnosis, Some(&under_way()), moment).into();
        *last = Some(Look {
            at: moment,
            read,
            found: Arc::clone(&found),
        });
        found
    }

    /// An older deployment is looked at: nothing of it hangs any more.
    pub(super) fn nothing(&self) -> Arc<[Hanging]> {
        *self.0.borrow_mut() = None;
        Arc::default()
    }

    /// The resource, if it hangs.
    pub(super) fn of(&self, stack: &StackId, logical_id: &str) -> Option<Hanging> {
        let last = self.0.borrow();
        let mut found = last.as_ref()?.found.iter();
        found
            .find(|hanging| hanging.stack_id == *stack && hanging.logical_id == logical_id)
            .cloned()
    }
}
