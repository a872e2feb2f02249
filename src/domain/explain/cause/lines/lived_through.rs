//! Denials that a log tells of and that its program lived through, as the log alone shows: the same run did its work
//! again and ended, a good while later, in an error that speaks of something else.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{LineWeight, MatchedLine};
use super::telling::{LoggedLevel, is_warning, logged_level};
use super::{ErrorSpecificity, begins_invocation, is_of_one_writer, is_work, telling};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::task_id;
use crate::domain::explain::matching::{
    LoggedDenials, TaskEnd, is_about_denial, misses_something, only_says_that_it_failed, own_words,
    speaks_of_denial, task_end,
};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::log::LogText;
use crate::domain::read::reason::Denial;
use crate::domain::read::text::holds_word;

/// A function's clock and CloudFormation's differ a little.
const MOMENT: TimeDelta = TimeDelta::seconds(2);
/// A program that ends of an error says so soon after it.
const SOON: TimeDelta = TimeDelta::seconds(6);
/// What a program worked on from for so long did not end it.
const LONG: TimeDelta = TimeDelta::seconds(60);
/// ... and for so long where it calls its end by a graver level than the denial.
const A_WHILE: TimeDelta = TimeDelta::seconds(20);
/// ECS tells up to so much later of a task that it stopped.
const TOLD_LATE: TimeDelta = TimeDelta::seconds(30);

/// When tasks ended badly by themselves, by their ids.
#[derive(Debug, Default)]
pub(in crate::domain::explain::cause) struct Exits(Vec<(String, DateTime<Utc>)>);

impl Exits {
    /// As services tell.
    pub(in crate::domain::explain::cause) fn told<'s>(
        statements: impl Iterator<Item = &'s ServiceStatement>,
    ) -> Self {
        let ended = statements.filter(|said| task_end(&said.text) == Some(TaskEnd::Exited));
        Self(
            ended
                .filter_map(|said| Some((task_id(&said.id)?.to_owned(), said.at)))
                .collect(),
        )
    }

    /// When the task ended that wrote a line: its stream ends in its id.
    fn of(&self, line: &MatchedLine) -> Option<DateTime<Utc>> {
        let id = line.line.stream.rsplit('/').next().unwrap_or_default();
        let mut known = self.0.iter();
        known.find(|(task, _)| task == id).map(|(_, at)| *at)
    }
}

/// Such denials are errors of the failure no more.
pub(super) fn pass_over(lines: &mut [MatchedLine], failure: &Failure, exits: &Exits) {
    for place in places(lines, failure, |denial, run| is_past(denial, run, exits)) {
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
    exits: &Exits,
) -> LoggedDenials {
    let is_past = |denial: &MatchedLine, run: &[&MatchedLine]| is_past(denial, run, exits);
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
fn is_past(denial: &MatchedLine, run: &[&MatchedLine], exits: &Exits) -> bool {
    let Some(last) = run.iter().rfind(|line| says_what_failed(&line.line.message)) else {
        return is_past_without_words(denial, run, exits);
    };
    let is_graver = is_fatal(last) && !is_fatal(denial);
    let soon = if is_graver { MOMENT } else { SOON };
    let worked = |line: &&&MatchedLine| {
        let at = line.line.at;
        at - denial.line.at > soon && at < last.line.at && is_own_work(&line.line.message)
    };
    let works: Vec<String> = run.iter().filter(worked).map(|line| text_of(line)).collect();
    let end = text_of(last);
    if works.is_empty() || is_same_denial(denial, last) || speak_of_one(denial, &end) {
        return false;
    }
    if is_warning(&denial.line.message) && !is_warning(&last.line.message) {
        return true;
    }
    let after = last.line.at - denial.line.at;
    let may_come_of_it = is_of_waiting(&end) || (misses_something(&end) && may_give_values(denial));
    if is_graver && after >= A_WHILE && !may_come_of_it {
        return true;
    }
    // What could not be had may be missed at the end, unless it was had in between.
    let is_had = || works.iter().any(|work| speaks_of_the_thing(denial, work));
    after >= LONG && (!misses_something(&end) || is_had())
}

/// The same of a task that came up after a denial and ended later without a word.
fn is_past_without_words(denial: &MatchedLine, run: &[&MatchedLine], exits: &Exits) -> bool {
    let Some(ended) = exits.of(denial).filter(|_| !is_fatal(denial)) else {
        return false;
    };
    let says_more = run.iter().any(|line| {
        let message = &line.line.message;
        telling(message).is_some() || is_of_waiting(&text_of(line))
    });
    let came_up = run.iter().any(|line| {
        line.line.at - denial.line.at > MOMENT
            && is_own_work(&line.line.message)
            && COMES_UP.iter().any(|word| holds_word(&text_of(line), word))
    });
    ended - denial.line.at >= TOLD_LATE && came_up && !says_more
}

/// What programs say when they have come up, in lower case.
const COMES_UP: [&str; 7] = [
    "listening",
    "started",
    "serving",
    "ready",
    "accepting",
    "running",
    "is up",
];

/// Whether an end, in lower case, is one of waiting: for what, may be just what was denied.
fn is_of_waiting(end: &str) -> bool {
    [
        "timed out",
        "timeout",
        "deadline",
        "not ready",
        "waiting",
        "waited",
        "gave up",
        "giving up",
    ]
    .iter()
    .any(|word| end.contains(word))
}

/// Whether a program does its work with a line: answers to whoever asks for its health are none.
fn is_own_work(message: &str) -> bool {
    let text = LogText::read(message).text;
    let is_asked = ["GET /", "HEAD /"].iter().any(|asked| text.contains(asked));
    is_work(message) && !is_asked
}

/// Whether a program itself says that it ends with a line.
fn is_fatal(line: &MatchedLine) -> bool {
    logged_level(&line.line.message) == Some(LoggedLevel::Fatal)
}

/// Whether the end may be of the denial itself: it speaks of one, and not of one of another call.
fn is_same_denial(denial: &MatchedLine, end: &MatchedLine) -> bool {
    let action = |line: &MatchedLine| Denial::read(&line.line.message)?.action;
    let is_another = action(denial)
        .zip(action(end))
        .is_some_and(|(one, other)| !one.eq_ignore_ascii_case(&other));
    !is_another && speaks_of_denial(&text_of(end))
}

/// Whether what was denied may have been to give the program what it misses later: a setting, a secret, a row.
fn may_give_values(denial: &MatchedLine) -> bool {
    let told = Denial::read(&denial.line.message).and_then(|denial| denial.action);
    let Some((service, operation)) = told.as_deref().and_then(|action| action.split_once(':')) else {
        return true;
    };
    let keeps = GIVE_VALUES.contains(&service.to_ascii_lowercase().as_str());
    keeps && !operation.starts_with("Put") && !operation.starts_with("Create")
}

/// Services that keep what programs read: settings, secrets, rows, objects.
const GIVE_VALUES: [&str; 12] = [
    "appconfig",
    "appconfigdata",
    "cloudformation",
    "dynamodb",
    "ec2",
    "kms",
    "lambda",
    "s3",
    "secretsmanager",
    "sqs",
    "ssm",
    "sts",
];

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
