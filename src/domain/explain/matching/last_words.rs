//! What a function said at the end of the invocation that failed: a denial that it went on from is not that.

use chrono::{DateTime, TimeDelta, Utc};

use super::answers::{ANSWERED, SOCKETS};
use super::endings;
use super::going_on;
use super::spoken_of::{speaks_of, speaks_of_denial};
use crate::domain::deployment::failure::Failure;
use crate::domain::model::category::Category;
use crate::domain::model::trail::TrailRecord;

/// The trail knows whole seconds, and clocks differ a little.
const BLUR: TimeDelta = TimeDelta::seconds(2);
/// A program that ends of an error does so within this time.
const SOON: TimeDelta = TimeDelta::seconds(6);

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
    /// The whole answer, in lower case.
    answer: Option<String>,
    /// The answer tells what was wrong, by a number, a name or a sign of it.
    tells_what: bool,
    /// When the log held lines of its work that are no errors.
    work: Vec<DateTime<Utc>>,
    /// When invocations began.
    begun: Vec<DateTime<Utc>>,
    /// CloudFormation never had an answer.
    is_silent: bool,
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
            // Whoever ran it only repeats that it ended.
            let is_new = words.last.is_none() || !endings::only_says_that_it_failed(text);
            if at <= failure.failed_at() + BLUR && is_new {
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
        // A request's id may hold any digits, also those of a refusal.
        let own = answer.and_then(|answer| answer.split(" (RequestId").next());
        words.answer = own.map(str::to_ascii_lowercase);
        words.tells_what = reason.contains("Message returned:") && answer.is_some_and(tells_what);
        words.is_silent = failure.facts.category == Category::CustomResourceTimeout;
        words.answered = answer
            .filter(|answer| names_error(answer))
            .map(str::to_ascii_lowercase);
        words
    }

    /// With what the log of the very invocation says without telling an error.
    pub(crate) fn with_work<'t>(mut self, lines: impl Iterator<Item = (DateTime<Utc>, &'t str)>) -> Self {
        for (at, text) in lines {
            if text.trim_start().starts_with("START ") {
                self.begun.push(at);
            } else if !is_runtimes(text) {
                self.work.push(at);
            }
        }
        self
    }

    /// Whether the log went on with the work after a failed call, and spoke of no error of it.
    pub(super) fn went_on(&self, record: &TrailRecord) -> bool {
        let spoken = self.logged.iter().any(|(at, text)| {
            *at + BLUR >= record.at && (speaks_of(text, record) || going_on::is_about(text, record))
        });
        // What another try wrote does not go on from it.
        let again = self.begun.iter().filter(|at| **at > record.at + BLUR).min();
        let within = |at: &&DateTime<Utc>| again.is_none_or(|again| *at < again);
        !spoken && self.work.iter().filter(within).any(|at| *at > record.at + SOON)
    }

    /// Whether a run that ended then went on with its work after whatever error it told after a failed call.
    pub(super) fn ended_in_work(&self, record: &TrailRecord, ended: DateTime<Utc>) -> bool {
        let within = |at: &DateTime<Utc>| *at + BLUR >= record.at && *at <= ended;
        let told = self.logged.iter().map(|(at, _)| *at).filter(within).max();
        let worked = self.work.iter().copied().filter(within).max();
        told.is_none_or(|told| worked.is_some_and(|worked| worked > told))
    }

    /// CloudFormation never had an answer.
    pub(super) fn are_of_silence(&self) -> bool {
        self.is_silent
    }

    /// Whether the answer tells something else than a failed call: what was wrong, and no denial.
    pub(super) fn answer_something_else(&self, record: &TrailRecord) -> bool {
        let answer = self.answer.as_deref().filter(|_| self.tells_what);
        answer.is_some_and(|answer| {
            !REFUSES.iter().any(|word| answer.contains(word))
                && !speaks_of(answer, record)
                && !going_on::is_about(answer, record)
        })
    }

    /// Whether what came after a failed call ended it otherwise: time ran out, nobody answered, or something else is told.
    pub(super) fn end_otherwise(&self, record: &TrailRecord) -> bool {
        let ran_out = self
            .last
            .as_ref()
            .is_some_and(|(at, text)| *at > record.at + SOON && text.contains("timed out after"));
        // What was only to be written is missed later, if at all, as something that is not there.
        let is_another =
            !record.only_reads() && self.speak_of_something_else(record) && !self.miss_something();
        ran_out || self.is_silent || is_another || self.answer_something_else(record)
    }

    /// Whether the function ended of a fault in its own program some time after a call that was refused, and nothing is
    /// missed: what it was to write it does not read, and of what it could not read such a fault does not come.
    pub(super) fn end_in_a_fault_of_its_own(&self, record: &TrailRecord) -> bool {
        let last = self.last.as_ref().filter(|(at, _)| *at + BLUR >= record.at);
        let tells = |text: &str, (fault, of_missing): &(&str, bool)| {
            text.contains(fault) && !(*of_missing && record.only_reads())
        };
        let is_fault = last.is_some_and(|(_, text)| {
            FAULTS.iter().any(|fault| tells(text, fault)) && !going_on::is_about(text, record)
        });
        is_fault && self.speak_of_something_else(record) && !self.miss_something()
    }

    /// Whether the log's end or the answer speaks of something that is not there.
    pub(super) fn miss_something(&self) -> bool {
        let last = self.last.iter().map(|(_, text)| text);
        let mut told = last.chain(&self.answer);
        told.any(|text| misses_something(text))
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

    /// Whether another run began after a failed call, and told the error that the log ends with.
    pub(super) fn began_again_after(&self, record: &TrailRecord) -> bool {
        let begun = self.begun.iter().any(|at| *at > record.at + BLUR);
        begun && self.last.as_ref().is_some_and(|_| !self.logged.is_empty())
    }

    /// Whether what was logged after a failed call, or the answer, says something and nothing of the call.
    pub(super) fn say_nothing_of(&self, record: &TrailRecord) -> bool {
        let later = |at: DateTime<Utc>| at + BLUR >= record.at;
        let told = self.logged.iter().filter(|(at, _)| later(*at));
        let told: Vec<&String> = told.map(|(_, text)| text).chain(&self.sentence).collect();
        let is_of_call = |text: &&String| speaks_of(text, record) || going_on::is_about(text, record);
        !told.is_empty() && !told.iter().any(is_of_call)
    }

    /// Whether the log ended, some time after a failed call, with an error that tells something of its own, and neither of
    /// the call nor of a denial. A run that hangs until its time is up says nothing of why.
    pub(crate) fn end_with_another(&self, record: &TrailRecord) -> bool {
        let logged = self.last.as_ref().filter(|_| !self.logged.is_empty());
        logged.is_some_and(|(at, text)| {
            *at > record.at + SOON
                && !text.contains("timed out after")
                && tells_something(text)
                && !speaks_of(text, record)
                && !speaks_of_denial(text)
                && !going_on::is_about(text, record)
        })
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

/// Whether a text, in lower case, speaks of something that is not there.
pub(crate) fn misses_something(text: &str) -> bool {
    MISSES.iter().any(|word| text.contains(word))
}

/// Words for what is not there, in lower case.
const MISSES: [&str; 7] = [
    "not found",
    "notfound",
    "no such",
    "nosuch",
    "not exist",
    "missing",
    "nonetype",
];

/// Errors of programs, and not of what they call, in lower case; and whether something that is missing may bring them
/// about.
const FAULTS: [(&str, bool); 10] = [
    ("valueerror", false),
    ("assertionerror", false),
    ("typeerror", true),
    ("referenceerror", false),
    ("syntaxerror", false),
    ("nameerror", false),
    ("attributeerror", true),
    ("indexerror", true),
    ("nullpointerexception", true),
    ("zerodivisionerror", false),
];

/// Whether an error, in lower case, tells something of its own: what a network answered, or several words that not every
/// error has. What only says that something ended badly tells nothing.
pub(crate) fn tells_something(text: &str) -> bool {
    if endings::only_says_that_it_failed(text) {
        return false;
    }
    own_words(text).len() >= 3
        || SOCKETS
            .iter()
            .chain(&ANSWERED)
            .any(|answer| text.contains(answer))
}

/// The words of an error, in lower case, that not every error has.
pub(crate) fn own_words(text: &str) -> Vec<&str> {
    let words = text.rsplit('\t').next().unwrap_or(text);
    let words = words.split(|c: char| c.is_whitespace() || "\"'(),:;=[]{}".contains(c));
    words
        .filter(|word| {
            word.len() >= 3
                && word
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        })
        .filter(|word| word.chars().filter(char::is_ascii_alphabetic).count() >= 3 && !is_id(word))
        .filter(|word| !endings::is_general(word))
        .collect()
}

/// An id or a time, which names no kind of trouble.
fn is_id(word: &str) -> bool {
    word.chars().filter(char::is_ascii_digit).count() >= 4
}

/// Words for what is refused, in lower case.
const REFUSES: [&str; 6] = ["denied", "forbidden", "403", "401", "permission", "credential"];

/// Whether an answer holds a number, a name or a code of what was wrong, and does not send to a log.
fn tells_what(answer: &str) -> bool {
    let own = answer.split(" (RequestId").next().unwrap_or_default();
    let lower = own.to_ascii_lowercase();
    if ["cloudwatch", "see the log", "see log", "check the log"]
        .iter()
        .any(|place| lower.contains(place))
    {
        return false;
    }
    let mut words = own
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .filter(|word| !word.is_empty())
        .peekable();
    let is_of_several = own.split_whitespace().count() >= 3;
    let is_mark = |word: &str| {
        let has_digit = word.contains(|c: char| c.is_ascii_digit());
        let is_code = word.len() >= 5 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let is_dotted = word.split('.').filter(|part| part.len() >= 2).count() >= 2;
        has_digit || is_code || is_dotted
    };
    is_of_several && (words.any(is_mark) || own.matches(": ").count() >= 2 || own.contains('"'))
}

/// What Lambda itself writes around an invocation.
fn is_runtimes(text: &str) -> bool {
    let begins = [
        "START ",
        "END ",
        "REPORT ",
        "INIT_",
        "XRAY ",
        "EXTENSION",
        "TELEMETRY",
        "{\"time\"",
    ];
    let text = text.trim_start();
    text.is_empty() || begins.iter().any(|begin| text.starts_with(begin))
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
