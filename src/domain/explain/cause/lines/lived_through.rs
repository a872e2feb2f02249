//! Denials that a log tells of and that its program lived through, as the log alone shows: the same run did its work
//! again and ended, a good while later, in an error that speaks of something else.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{LineWeight, MatchedLine};
use super::telling::is_warning;
use super::{ErrorSpecificity, begins_invocation, is_of_one_writer, is_work, telling};
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::matching::{
    LoggedDenials, is_about_denial, misses_something, only_says_that_it_failed, own_words, speaks_of_denial,
};
use crate::domain::model::log::LogText;
use crate::domain::read::reason::Denial;
use crate::domain::read::text::holds_word;

/// A function's clock and CloudFormation's differ a little.
const MOMENT: TimeDelta = TimeDelta::seconds(2);
/// A program that ends of an error says so soon after it.
const SOON: TimeDelta = TimeDelta::seconds(6);
/// What a program worked on from for so long did not end it.
const LONG: TimeDelta = TimeDelta::seconds(60);

/// Such denials are errors of the failure no more.
pub(super) fn pass_over(lines: &mut [MatchedLine], failure: &Failure) {
    for place in places(lines, failure, is_past) {
        if let Some(line) = lines.get_mut(place) {
            line.weight = LineWeight::Context;
        }
    }
}

/// When the log tells of denials that its program lived through, and of those after which it worked on with just what it had
/// been denied: it may not have told its last error yet.
pub(in crate::domain::explain::cause) fn logged_denials(
    lines: &[MatchedLine],
    failure: &Failure,
) -> LoggedDenials {
    LoggedDenials {
        past: moments(lines, &places(lines, failure, is_past)),
        had: moments(lines, &places(lines, failure, is_had)),
    }
}

fn moments(lines: &[MatchedLine], places: &[usize]) -> Vec<DateTime<Utc>> {
    let told = places.iter().filter_map(|place| lines.get(*place));
    told.map(|line| line.line.at).collect()
}

fn places(
    lines: &[MatchedLine],
    failure: &Failure,
    holds: impl Fn(&MatchedLine, &[&MatchedLine]) -> bool,
) -> Vec<usize> {
    let reason = failure.reason().unwrap_or_default().to_ascii_lowercase();
    if speaks_of_denial(&reason) {
        return Vec::new();
    }
    let told = lines.iter().enumerate();
    let denials = told.filter(|(_, line)| match telling(&line.line.message) {
        Some(ErrorSpecificity::Denial) => true,
        Some(_) => speaks_of_denial(&text_of(line)),
        None => false,
    });
    let past = denials.filter(|(place, denial)| {
        let after = lines.get(place + 1..).unwrap_or_default();
        let run: Vec<&MatchedLine> = after
            .iter()
            .filter(|line| is_of_one_writer(line, denial))
            .take_while(|line| !begins_invocation(&line.line.message))
            .take_while(|line| line.line.at <= failure.failed_at() + MOMENT)
            .collect();
        holds(denial, &run)
    });
    past.map(|(place, _)| place).collect()
}

/// Whether a program worked on with what it had been denied.
fn is_had(denial: &MatchedLine, run: &[&MatchedLine]) -> bool {
    let named = Denial::read(&denial.line.message).and_then(|denial| denial.resource);
    let last = named
        .as_deref()
        .map(|on| on.rsplit([':', '/']).next().unwrap_or(on));
    let Some(name) = last.filter(|name| name.len() >= 4 && !name.contains('*')) else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    run.iter().any(|line| {
        line.line.at - denial.line.at >= LONG
            && is_work(&line.line.message)
            && holds_word(&text_of(line), &name)
    })
}

/// Whether the rest of its run shows that a program lived through a denial.
fn is_past(denial: &MatchedLine, run: &[&MatchedLine]) -> bool {
    let Some(last) = run.iter().rfind(|line| says_what_failed(&line.line.message)) else {
        return false;
    };
    let worked = |line: &&&MatchedLine| {
        let at = line.line.at;
        at - denial.line.at > SOON && at < last.line.at && is_work(&line.line.message)
    };
    let works: Vec<String> = run.iter().filter(worked).map(|line| text_of(line)).collect();
    let end = text_of(last);
    if works.is_empty() || speaks_of_denial(&end) || speak_of_one(denial, &end) {
        return false;
    }
    if is_warning(&denial.line.message) && !is_warning(&last.line.message) {
        return true;
    }
    // What could not be had may be missed at the end, unless it was had in between.
    let is_had = || works.iter().any(|work| speaks_of_the_thing(denial, work));
    let is_long = last.line.at - denial.line.at >= LONG;
    is_long && (!misses_something(&end) || is_had())
}

/// An error that tells more than that something ended badly.
fn says_what_failed(message: &str) -> bool {
    telling(message).is_some() && !only_says_that_it_failed(message)
}

/// What a program itself wrote, in lower case.
fn text_of(line: &MatchedLine) -> String {
    LogText::read(&line.line.message).text.to_ascii_lowercase()
}

/// Whether an error, in lower case, speaks of what a denial was about.
fn speak_of_one(denial: &MatchedLine, error: &str) -> bool {
    let told = Denial::read(&denial.line.message);
    if told.is_some_and(|told| told.action.is_some()) {
        return speaks_of_the_thing(denial, error);
    }
    let words = text_of(denial);
    let own = own_words(&words);
    own_words(error).iter().any(|word| own.contains(word))
}

fn speaks_of_the_thing(denial: &MatchedLine, text: &str) -> bool {
    Denial::read(&denial.line.message).is_some_and(|denial| is_about_denial(text, &denial))
}
