//! Lines in which a program says that it went on past what went wrong, or that it ended of it.

use chrono::{DateTime, TimeDelta, Utc};

use super::spoken_of::speaks_of;
use crate::domain::model::action;
use crate::domain::model::arn::bare_secret;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;
use crate::domain::read::text::holds_word;

/// The trail knows whole seconds, and clocks differ a little.
const BLUR: TimeDelta = TimeDelta::seconds(1);
/// A program tells so soon after the refused call.
const SOON: TimeDelta = TimeDelta::seconds(6);

/// What programs write, in lower case.
const GOES_ON: [&str; 24] = [
    "going on",
    "go on without",
    "goes on",
    "carrying on",
    "continuing",
    "will continue",
    "continue without",
    "continue anyway",
    "proceeding",
    "ignored",
    "ignoring",
    "ignore",
    "skipped",
    "skipping",
    "non-fatal",
    "nonfatal",
    "not fatal",
    "best effort",
    "best-effort",
    "falling back",
    "fallback",
    "using default",
    "using defaults",
    "using the default",
];

/// What turns such words round, or says that the program did end: in lower case.
const ENDS: [&str; 10] = [
    "abort",
    "exiting",
    "giving up",
    "gave up",
    "stopping",
    "shutting down",
    "the rest",
    "remaining",
    "what is going on",
    "instead of",
];

/// Words before such words that turn them round.
const NOT: [&str; 11] = [
    "not", "cannot", "can't", "never", "unable", "refusing", "won't", "without", "nor", "stop", "isn't",
];

/// What programs write when they end, in lower case.
const ENDED: [&str; 22] = [
    "exiting",
    "fatal",
    "panic",
    "panicked",
    "abort",
    "aborting",
    "aborted",
    "giving up",
    "gave up",
    "crashed",
    "crashing",
    "terminating",
    "shutting down",
    "unhandled",
    "uncaught",
    "traceback",
    "cannot continue",
    "can't continue",
    "could not continue",
    "unable to continue",
    "not starting",
    "startup failed",
];

/// ... and when they do not come up: what they could not start is themselves, see [`starts_itself`].
const NOT_UP: [&str; 8] = [
    "could not start",
    "couldn't start",
    "cannot start",
    "can't start",
    "failed to start",
    "unable to start",
    "cannot boot",
    "failed to boot",
];

/// Whether a line says that the program went on past what went wrong.
pub(crate) fn goes_on(line: &str) -> bool {
    let lower = head(line);
    if ENDS.iter().any(|end| lower.contains(end)) {
        return false;
    }
    GOES_ON.iter().any(|phrase| is_said(&lower, phrase))
}

/// What programs write when they try again, in lower case. `Please try again` is advice.
const AGAIN: [&str; 9] = [
    "will be tried again",
    "will be retried",
    "trying again",
    "try again in",
    "will try again",
    "will retry",
    "retrying",
    "retry in",
    "tried again",
];

/// Whether a line says that the program tries again what went wrong.
pub(crate) fn tries_again(line: &str) -> bool {
    let lower = head(line);
    !ENDS.iter().any(|end| lower.contains(end))
        && !lower.contains("please")
        && AGAIN.iter().any(|phrase| is_said(&lower, phrase))
}

/// Whether a line says that the program ended, or did not come up.
pub(crate) fn ends(line: &str) -> bool {
    let lower = head(line);
    if goes_on(line) {
        return false;
    }
    let not_up = || {
        let mut places = NOT_UP.iter().flat_map(|phrase| {
            let ends = lower.match_indices(phrase).map(|(at, phrase)| at + phrase.len());
            ends.collect::<Vec<usize>>()
        });
        places.any(|end| starts_itself(lower.get(end..).unwrap_or_default()))
    };
    ENDED.iter().any(|phrase| is_said(&lower, phrase)) || not_up()
}

fn head(line: &str) -> String {
    line.chars().take(2_048).collect::<String>().to_ascii_lowercase()
}

/// Whether a line, in lower case, has a phrase and does not turn it round.
fn is_said(lower: &str, phrase: &str) -> bool {
    // `could not tag, going on`: the part behind the comma counts.
    let is_turned = |at: usize| {
        let before = lower.get(..at).unwrap_or_default();
        let part = before
            .rsplit([',', ';', ':', '.', '('])
            .next()
            .unwrap_or_default();
        let mut near = part.rsplit([' ', '\t', '-']).take(2);
        near.any(|word| NOT.contains(&word) || word == "non")
    };
    holds_word(lower, phrase) && lower.match_indices(phrase).all(|(at, _)| !is_turned(at))
}

/// What follows `could not start` names nothing else than the program: `could not start the exporter` does.
fn starts_itself(rest: &str) -> bool {
    let rest = rest.trim_start_matches("ing").trim_start_matches(" up");
    let mut words = rest.split_whitespace().skip_while(|word| *word == "the");
    let is_end = rest.is_empty() || rest.starts_with(|c: char| !c.is_ascii_alphanumeric() && c != ' ');
    let next = words.next().unwrap_or_default();
    let next = next.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let itself = [
        "",
        "without",
        "because",
        "due",
        "since",
        "as",
        "app",
        "application",
        "server",
        "service",
        "container",
        "process",
        "program",
    ];
    is_end || itself.contains(&next)
}

/// What a program said of going on or of ending, and when.
#[derive(Debug, Clone, Default)]
pub(crate) struct GoingOn {
    /// In lower case.
    lines: Vec<(DateTime<Utc>, String)>,
    /// Lines that it ended with, in lower case.
    ended: Vec<(DateTime<Utc>, String)>,
}

impl GoingOn {
    pub(crate) fn of<'t>(lines: impl Iterator<Item = (DateTime<Utc>, &'t str)>) -> Self {
        let mut found = Self::default();
        for (at, text) in lines {
            if goes_on(text) {
                found.lines.push((at, text.to_ascii_lowercase()));
            } else if ends(text) {
                found.ended.push((at, text.to_ascii_lowercase()));
            }
        }
        found
    }

    /// Whether the program says that it ended, or did not come up, of a failed call: right after it, or in words that
    /// speak of it.
    pub(super) fn ended_of(&self, record: &TrailRecord) -> bool {
        let follows = |at: DateTime<Utc>| record.at - BLUR <= at && at <= record.at + SOON;
        let speaks = |text: &str| speaks_of(text, record) || is_about(text, record);
        self.ended
            .iter()
            .any(|(at, text)| follows(*at) || (*at >= record.at - BLUR && speaks(text)))
    }

    /// Whether the program went on past a failed call. `others` are what else failed for it.
    pub(super) fn past<'r>(
        &self,
        record: &TrailRecord,
        others: &(impl Iterator<Item = &'r TrailRecord> + Clone),
    ) -> bool {
        let near = |at: DateTime<Utc>, of: &TrailRecord| of.at - BLUR <= at && at <= of.at + SOON;
        self.lines.iter().any(|(at, text)| {
            if !near(*at, record) {
                return false;
            }
            // Words that fit every denial tell only where there is but one.
            let alone = !others
                .clone()
                .any(|other| other.operation() != record.operation() && near(*at, other));
            is_about(text, record) || (alone && (speaks_of(text, record) || tells_of_denial(text, record)))
        })
    }
}

fn tells_of_denial(text: &str, record: &TrailRecord) -> bool {
    let words = ["no access", "forbidden", "not allowed", "permission"];
    record.is_denial() && words.iter().any(|word| text.contains(word))
}

/// Whether a text, in lower case, names what a call was about: a noun of the operation, or the thing itself.
pub(super) fn is_about(text: &str, record: &TrailRecord) -> bool {
    let denial = record.error_message.as_deref().and_then(Denial::read);
    names_noun(text, record.operation()) || denial.is_some_and(|denial| names_thing(text, &denial))
}

/// The same of what a text says that was denied.
pub(crate) fn is_about_denial(text: &str, denial: &Denial) -> bool {
    let denied = denial.action.as_deref();
    denied.is_some_and(|denied| names_noun(text, action::operation(denied))) || names_thing(text, denial)
}

fn names_noun(text: &str, operation: &str) -> bool {
    let found = |noun: &String| {
        let mut places = text.match_indices(noun.as_str());
        places.any(|(at, _)| begins_word(text, at))
    };
    nouns(operation).iter().any(found)
}

fn begins_word(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|head| head.chars().next_back());
    before.is_none_or(|c| !c.is_ascii_alphanumeric())
}

/// `tag` of `AddTagsToResource`: the words behind the verb, in lower case and singular.
fn nouns(operation: &str) -> Vec<String> {
    const NONE: [&str; 16] = [
        "resource",
        "resources",
        "for",
        "from",
        "with",
        "item",
        "items",
        "set",
        "sets",
        "all",
        "into",
        "and",
        "value",
        "values",
        "version",
        "batch",
    ];
    let mut words: Vec<String> = Vec::new();
    for c in operation.chars() {
        if c.is_ascii_uppercase() || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
    }
    let words = words.into_iter().skip(1);
    words
        .filter(|word| word.len() >= 3 && !NONE.contains(&word.as_str()))
        .map(|word| word.strip_suffix('s').map(str::to_owned).unwrap_or(word))
        .collect()
}

/// Whether a text, in lower case, names what was denied by its last part.
fn names_thing(text: &str, denial: &Denial) -> bool {
    let resource = denial.resource.as_deref().unwrap_or_default();
    let last = resource.rsplit([':', '/']).next().unwrap_or_default();
    let last = if resource.contains(":secret:") {
        bare_secret(last)
    } else {
        last
    };
    let last = last.trim_matches(['"', '*', '.']).to_ascii_lowercase();
    last.len() >= 4 && holds_word(text, &last)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("could not tag, going on: AccessDenied", true)]
    #[case("ignored by ignoreErrorCodesMatching: AccessDenied", true)]
    #[case("experiments are off (no access), going on", true)]
    #[case("AccessDenied on the cache: falling back to the default", true)]
    #[case("cannot continue: AccessDenied", false)]
    #[case("the error was not ignored", false)]
    #[case("AccessDenied, skipping the remaining steps", false)]
    #[case("AccessDenied, giving up instead of going on", false)]
    #[case("I do not know what is going on", false)]
    #[case("AccessDenied when calling CreateBucket", false)]
    fn a_program_says_that_it_goes_on(#[case] line: &str, #[case] expected: bool) {
        assert_eq!(goes_on(line), expected);
    }

    #[rstest]
    #[case("fatal: no settings", true)]
    #[case("mail could not start: AccessDenied", true)]
    #[case("AccessDenied: cannot start without its settings", true)]
    #[case("failed to start the server", true)]
    #[case("Unhandled rejection AccessDeniedException", true)]
    #[case("settings cannot be read, exiting", true)]
    #[case("failed to start the metrics exporter: AccessDenied", false)]
    #[case("non-fatal: AccessDenied for the flags", false)]
    #[case("not fatal: AccessDenied", false)]
    #[case("AccessDenied, going on", false)]
    #[case("could not load the flags: AccessDenied", false)]
    fn a_program_says_that_it_ended(#[case] line: &str, #[case] expected: bool) {
        assert_eq!(ends(line), expected);
    }

    #[test]
    fn an_operations_nouns_are_what_it_is_about() {
        assert_eq!(nouns("AddTagsToResource"), ["tag"]);
        assert_eq!(nouns("GetParameter"), ["parameter"]);
        assert!(nouns("Decrypt").is_empty());
    }
}
