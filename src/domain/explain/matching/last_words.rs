//! What a function said at the end of the invocation that failed: a denial that it went on from is not that.

use chrono::{DateTime, TimeDelta, Utc};

use super::going_on;
use super::spoken_of::{speaks_of, speaks_of_denial};
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
    /// The answer, where it says something of its own and does not only point elsewhere.
    sentence: Option<String>,
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
        let answer = ["Message returned:", "received failed message:"]
            .iter()
            .find_map(|lead| reason.split_once(lead))
            .map(|(_, answer)| answer);
        words.sentence = answer
            .filter(|answer| is_sentence(answer))
            .map(str::to_ascii_lowercase);
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

    /// Whether the answer, or the log after a look at tags that was refused, says something of its own, and nothing of
    /// tags or of a denial. Who speaks of the thing whose tags they were does not yet speak of them.
    pub(super) fn say_nothing_of_tags(&self, record: &TrailRecord) -> bool {
        let later = |at: DateTime<Utc>| at + BLUR >= record.at;
        let told = self.logged.iter().filter(|(at, _)| later(*at));
        let told: Vec<&String> = told.map(|(_, text)| text).chain(&self.sentence).collect();
        !told.is_empty()
            && !told
                .iter()
                .any(|text| text.contains("tag") || speaks_of_denial(text))
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

/// Whether an answer says something of its own: some words, and not where to read on.
fn is_sentence(answer: &str) -> bool {
    const ELSEWHERE: [&str; 4] = [
        "see the details in",
        "cloudwatch log stream",
        "see cloudwatch",
        "check the log",
    ];
    let lower = answer.to_ascii_lowercase();
    let own = lower.split(" (requestid").next().unwrap_or_default();
    let words = own
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphabetic));
    words.count() >= 4 && !ELSEWHERE.iter().any(|pointer| own.contains(pointer))
}
