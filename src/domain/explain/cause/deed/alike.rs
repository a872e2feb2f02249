//! Whether the resource had failed in the same words before: what was changed since did not bring that about.

use chrono::{DateTime, Utc};

use super::last_good;
use super::words::without_frame;
use crate::domain::deployment::failure::Failure;
use crate::domain::model::status::Phase;
use crate::domain::read::reason::Denial;
use crate::domain::session::Session;

/// When the resource first failed in the same words since the stack was last deployed well, before this failure.
pub(crate) fn failed_alike_at(session: &Session, failure: &Failure) -> Option<DateTime<Utc>> {
    let history = session.stack(&failure.key.stack_id)?;
    let reason = failure.reason()?;
    let good = last_good(history, failure);
    let mut earlier = history.story(&failure.event.logical_id).filter(|event| {
        event.status.phase() == Phase::Failed
            && event.at < failure.started_at
            && good.is_none_or(|good| event.at > good)
    });
    let alike = earlier.find(|event| {
        event
            .reason
            .as_deref()
            .is_some_and(|other| say_the_same(other, reason))
    })?;
    Some(alike.at)
}

/// The same denied action, where both name one; else the same words before what handlers put behind them.
fn say_the_same(one: &str, other: &str) -> bool {
    let action = |text: &str| Denial::read(text)?.action;
    match (action(one), action(other)) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(&other),
        (None, None) => without_frame(one) == without_frame(other),
        _ => false,
    }
}
