//! What a function said at the end of the invocation that failed: a denial that it went on from is not that.

use chrono::{DateTime, TimeDelta, Utc};

use super::going_on;
use super::spoken_of::speaks_of;
use crate::domain::deployment::failure::Failure;
use crate::domain::model::trail::TrailRecord;

/// The trail knows whole seconds, and clocks differ a little.
const BLUR: TimeDelta = TimeDelta::seconds(2);

/// The errors that a function told of: in its log, and in its answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastWords {
    /// All errors of the invocation's log, in lower case.
    logged: Vec<(DateTime<Utc>, String)>,
    /// When the log last told of an error that has a name.
    ended: Option<DateTime<Utc>>,
    /// The answer, where it names an error.
    answered: Option<String>,
    /// The last error of the log before the failure, else the answer, whatever they say: in lower case.
    last: Option<(DateTime<Utc>, String)>,
}

impl LastWords {
    /// `logged` are the errors in the log of the very invocation, oldest first, and whether each has a name that is
    /// no denial; `names_error` says so of a text.
    pub(crate) fn of<'t>(
        failure: &Failure,
        logged: impl Iterator<Item = (DateTime<Utc>, &'t str)>,
        names_error: impl Fn(&str) -> bool,
    ) -> Self {
        let mut words = Self::default();
        for (at, text) in logged {
            if names_error(text) {
                words.ended = Some(at);
            }
            if at <= failure.failed_at() + BLUR {
                words.last = Some((at, text.to_ascii_lowercase()));
            }
            words.logged.push((at, text.to_ascii_lowercase()));
        }
        let reason = failure.reason().unwrap_or_default();
        let answer = reason.split_once("Message returned:").map(|(_, answer)| answer);
        if let Some(answer) = answer.filter(|_| words.last.is_none()) {
            words.last = Some((failure.failed_at(), answer.to_ascii_lowercase()));
        }
        words.answered = answer
            .filter(|answer| names_error(answer))
            .map(str::to_ascii_lowercase);
        words
    }

    /// How long after a failed call it said its last, and whether that speaks of the call or what it was about.
    pub(super) fn after(&self, record: &TrailRecord) -> Option<(TimeDelta, bool)> {
        let (at, text) = self.last.as_ref()?;
        Some((
            *at - record.at,
            speaks_of(text, record) || going_on::is_about(text, record),
        ))
    }

    /// Whether what the function said last came after a failed call, and speaks of something else.
    pub(super) fn speak_of_something_else(&self, record: &TrailRecord) -> bool {
        let later = |at: DateTime<Utc>| at + BLUR >= record.at;
        let told = self.logged.iter().filter(|(at, _)| later(*at));
        let mut told = told.map(|(_, text)| text).chain(&self.answered);
        let something = self.answered.is_some() || self.ended.is_some_and(later);
        something && !told.any(|text| speaks_of(text, record))
    }
}
