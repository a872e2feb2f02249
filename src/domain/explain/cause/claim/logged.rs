//! What a log claims.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::denial::Refusal;
use super::super::lines::{
    ErrorSpecificity, begins_invocation, is_of_instance, is_of_one_writer, is_warning, is_work, telling,
};
use super::confirming::told_end;
use super::{Claim, EvidenceKind, Spoken, effect, quoted};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::StackPrincipals;
use crate::domain::explain::cause::{Confidence, EvidenceId, LineWeight, MatchedLine};
use crate::domain::explain::matching::{ends, tells_something};
use crate::domain::model::category::Category;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::log::{LogGroup, LogText};
use crate::domain::read::text::one_line;

/// A function's clock and CloudFormation's differ a little.
const MOMENT: TimeDelta = TimeDelta::seconds(2);
/// A program that ends of an error says so soon after it.
pub(in crate::domain::explain::cause) const SOON: TimeDelta = TimeDelta::seconds(6);
/// What a function wrote so long before its last error line, in another invocation, need not be the cause.
const LONG: TimeDelta = TimeDelta::seconds(60);

/// What leaves a doubt of a line.
const NEARBY: &str = "a function of the same stack wrote it, and nothing says that it was called";
const LIVED_WITH: &str =
    "the task was stopped for failed health checks, and nothing says that it ended of this";
const RAN_ON: &str = "its run went on after it";
pub(super) const ANOTHER_RUN: &str =
    "another run of the same was begun after it, and was still going on when the resource failed";
const SAID_AGAIN: &str =
    "it says what the resource answered, and does not tell whether the denial before it was the cause";

/// What is known of the log of a failure.
#[expect(clippy::struct_excessive_bools, reason = "three things that nothing orders")]
pub(in crate::domain::explain::cause) struct LogOfFailure<'a> {
    pub(in crate::domain::explain::cause) lines: &'a [MatchedLine],
    /// What services say of the resource.
    pub(in crate::domain::explain::cause) statements: &'a [&'a ServiceStatement],
    /// The logs of functions that only may stand behind the resource.
    pub(in crate::domain::explain::cause) nearby: &'a [LogGroup],
    /// Its tasks were stopped for failed health checks, and none ended by itself.
    pub(in crate::domain::explain::cause) is_of_unhealthy_tasks: bool,
    /// Something was denied to it, and it ended of something else a while later.
    pub(in crate::domain::explain::cause) is_after_denial: bool,
    /// Something that it wanted to change was denied, and its last error does not say that it ended of this.
    pub(in crate::domain::explain::cause) is_beside_denial: bool,
    /// When it was denied what it was allowed when it tried again.
    pub(in crate::domain::explain::cause) made_good: Vec<DateTime<Utc>>,
    /// When it was denied what it worked on with later, as the log tells.
    pub(in crate::domain::explain::cause) had: &'a [DateTime<Utc>],
    /// The logs of runs after which another one was still going on: groups and streams.
    pub(in crate::domain::explain::cause) doubted: BTreeSet<(String, Option<String>)>,
}

/// What the log claims: its most telling error line, and the last before the failure where that one stands long
/// before it in another invocation's.
pub(in crate::domain::explain::cause) fn of_log(
    failure: &Failure,
    log: &LogOfFailure<'_>,
    stack: &StackPrincipals,
) -> Vec<Claim> {
    let lines = log.lines;
    let errors = || {
        let errors = lines.iter().filter(|line| line.weight == LineWeight::Error);
        let told = errors.filter_map(|line| Some((telling(&line.line.message)?, line)));
        told.filter(|(grade, line)| !is_past(failure, log, (*grade, line)))
    };
    let before = |line: &MatchedLine| line.line.at <= failure.failed_at() + MOMENT;
    let told: Vec<(ErrorSpecificity, &MatchedLine)> = errors().collect();
    let Some((grade, best)) = most_telling(&told, before) else {
        return Vec::new();
    };
    let claim = |grade, line| of_error_line(failure, log, (grade, line), stack);
    let last = errors().rfind(|(_, line)| before(line));
    let is_long_past = |last: &MatchedLine| {
        failure.function_arn().is_some()
            && (&last.group, &last.line.stream) != (&best.group, &best.line.stream)
            && last.line.at - best.line.at >= LONG
    };
    match last.filter(|(_, last)| is_long_past(last)) {
        None => claim(grade, best).into_iter().collect(),
        Some((last_grade, last)) => {
            let mut past = claim(grade, best);
            if let Some(past) = &mut past {
                past.confidence = past.confidence.max(Confidence::Medium);
                past.why
                    .push("the last error before the failure is another".to_owned());
            }
            claim(last_grade, last).into_iter().chain(past).collect()
        }
    }
}

/// The line that tells most of what went wrong: of several that tell as much in one run, the first of those with which it
/// ended. Who writes the same again and again has said it with the first.
fn most_telling<'l>(
    told: &[(ErrorSpecificity, &'l MatchedLine)],
    before: impl Fn(&MatchedLine) -> bool,
) -> Option<(ErrorSpecificity, &'l MatchedLine)> {
    let (grade, first) = *told.iter().min_by_key(|(grade, _)| *grade)?;
    let alike = told
        .iter()
        .map(|(of, line)| (*of, *line))
        .filter(|(of, line)| *of == grade && is_of_one_writer(line, first) && before(line));
    let mut best = first;
    let mut at = first.line.at;
    for (_, line) in alike {
        let is_new = line.line.at - at > SOON && !is_said_again(best, line);
        if is_new && grade != ErrorSpecificity::Denial {
            best = line;
        }
        at = line.line.at;
    }
    Some((grade, best))
}

/// Whether two lines say the same, numbers and times aside.
fn is_said_again(one: &MatchedLine, other: &MatchedLine) -> bool {
    let plain = |line: &MatchedLine| -> String {
        let text = LogText::read(&line.line.message).text;
        text.chars().filter(|c| c.is_alphabetic()).collect()
    };
    plain(one) == plain(other)
}

/// Whether a program was past an error that it told: what it was denied it was allowed soon afterwards, or it did its work
/// again and told a later error that says as much.
fn is_past(
    failure: &Failure,
    log: &LogOfFailure<'_>,
    (grade, error): (ErrorSpecificity, &MatchedLine),
) -> bool {
    let told_of = |at: &DateTime<Utc>| (-MOMENT..=SOON).contains(&(error.line.at - *at));
    if grade == ErrorSpecificity::Denial {
        return log.made_good.iter().any(told_of);
    }
    let mut run = log
        .lines
        .iter()
        .filter(|line| is_of_one_writer(line, error) && line.line.at > error.line.at)
        .take_while(|line| !begins_invocation(&line.line.message))
        .take_while(|line| line.line.at <= failure.failed_at() + MOMENT);
    let worked = run.find(|line| {
        line.line.at - error.line.at > SOON && line.weight != LineWeight::Error && is_work(&line.line.message)
    });
    worked.is_some()
        && run.any(|line| {
            let told = telling(&line.line.message).filter(|_| line.weight == LineWeight::Error);
            told.is_some_and(|told| told <= grade)
        })
}

/// What one error line claims, by how telling it is.
fn of_error_line(
    failure: &Failure,
    log: &LogOfFailure<'_>,
    (grade, best): (ErrorSpecificity, &MatchedLine),
    stack: &StackPrincipals,
) -> Option<Claim> {
    let lines = log.lines;
    // A function behind another one writes to a group of its own.
    let beside = || lines.iter().filter(|line| line.group == best.group);
    let of_the_request = beside().any(|line| line.weight == LineWeight::Request);
    let of_one_stream = beside().all(|line| is_of_one_writer(line, best));
    let words = LogText::read(&best.line.message).text;
    let is_end_told = || told_end(best, lines, log.statements).is_some();
    let is_joined = of_the_request || of_one_stream || is_of_one_voice(lines, best, &words) || is_end_told();
    let confidence = of_line(grade, is_joined)?;
    let is_vague = grade >= ErrorSpecificity::Vague;
    let is_run_past = is_vague
        && ((failure.function_arn().is_some() && ran_on(failure, lines, best))
            || was_worked_past(failure, lines, best));
    // What it was denied before does not tell what it ended of; this does.
    let is_own_end = log.is_after_denial && is_joined && tells_something(&words.to_ascii_lowercase());
    let confidence = match confidence {
        _ if is_own_end => Confidence::High,
        _ if is_run_past => Confidence::Low,
        confidence => confidence,
    };
    let is_nearby = log.nearby.contains(&best.group) && !of_the_request;
    let is_lived_with =
        log.is_of_unhealthy_tasks && grade == ErrorSpecificity::Denial && !is_end(lines, best);
    // What only says again what the resource answered may stand for the denial before it as well as for itself.
    let is_again = log.is_beside_denial && grade != ErrorSpecificity::Denial && says_again(failure, &words);
    let written_to = (best.group.name.clone(), Some(best.line.stream.clone()));
    let is_doubted = log.doubted.contains(&written_to);
    let is_had = log.had.contains(&best.line.at);
    let confidence = if is_nearby || is_lived_with || is_again || is_doubted || is_had {
        confidence.max(Confidence::Medium)
    } else {
        confidence
    };
    let message = &best.line.message;
    let refusal = Refusal::in_text(message).filter(|refusal| refusal.action().is_some());
    let sentence = match &refusal {
        Some(refusal) => refusal.claim(),
        None => format!("its log says: {}", quoted(&words)),
    };
    let mut claim = Claim::new(EvidenceKind::Log, confidence, sentence);
    claim.effect = Some(effect(failure, failure.failed_at() - best.line.at));
    claim.why.push(written(failure, best, of_the_request));
    let doubts = [
        (is_nearby, NEARBY),
        (is_lived_with, LIVED_WITH),
        (is_run_past || is_had, RAN_ON),
        (is_again, SAID_AGAIN),
        (is_doubted, ANOTHER_RUN),
    ];
    let doubts = doubts.into_iter().filter(|(holds, _)| *holds);
    claim.why.extend(doubts.map(|(_, why)| why.to_owned()));
    claim.evidence.push(EvidenceId::Log {
        group: best.group.name.clone(),
        stream: best.line.stream.clone(),
        at_ms: best.line.at.timestamp_millis(),
    });
    if let Some(refusal) = refusal {
        claim = claim.refused(refusal, stack);
    }
    Some(claim.explained(&Spoken::said(message, failure, stack)))
}

/// Where a line was written, in words.
fn written(failure: &Failure, line: &MatchedLine, of_the_request: bool) -> String {
    if of_the_request {
        return "written by the very invocation that failed".to_owned();
    }
    let (group, resource) = (&line.group.name, &failure.event.logical_id);
    format!("written to {group} while {resource} was being worked on")
}

/// Whether the run that wrote an error did its work some time after its last one, or ended only then and was heard of; or did
/// its work after it and then told another end, which the answer repeats.
fn ran_on(failure: &Failure, lines: &[MatchedLine], error: &MatchedLine) -> bool {
    let run: Vec<&MatchedLine> = lines
        .iter()
        .filter(|line| is_of_one_writer(line, error) && line.line.at >= error.line.at)
        .take_while(|line| !begins_invocation(&line.line.message))
        .collect();
    let is_error = |line: &&&MatchedLine| line.weight == LineWeight::Error;
    let last = run
        .iter()
        .rfind(is_error)
        .map_or(error.line.at, |line| line.line.at);
    // What the program itself only warns of it may go on from at once.
    let is_warned = is_warning(&LogText::read(&error.line.message).text);
    let soon = if is_warned {
        TimeDelta::milliseconds(500)
    } else {
        SOON
    };
    let works = |line: &&&MatchedLine| is_work(&line.line.message) && line.line.at - error.line.at > soon;
    let worked = run.iter().find(works).map(|line| line.line.at);
    let is_told_end = |line: &&&MatchedLine| {
        worked.is_some_and(|worked| worked < line.line.at)
            && says_again(failure, &LogText::read(&line.line.message).text)
    };
    if run.iter().filter(is_error).any(|line| is_told_end(&line)) {
        return true;
    }
    let is_heard_of = failure.facts.category != Category::CustomResourceTimeout;
    let mut later = run.iter().filter(|line| line.line.at - last > SOON);
    later.any(|line| {
        let message = &line.line.message;
        is_work(message) || (is_heard_of && message.starts_with("END RequestId"))
    })
}

/// Whether an instance did its work after its last error, long before anybody gave up waiting for it.
fn was_worked_past(failure: &Failure, lines: &[MatchedLine], error: &MatchedLine) -> bool {
    if !is_of_instance(error) || failure.failed_at() - error.line.at < LONG {
        return false;
    }
    let later = || {
        let later = lines.iter().filter(|line| line.line.at > error.line.at);
        later.filter(|line| is_of_one_writer(line, error))
    };
    let fails_again = later().any(|line| line.weight == LineWeight::Error);
    let works = |line: &MatchedLine| is_work(&line.line.message) && line.line.at - error.line.at > MOMENT;
    !fails_again && later().any(works)
}

/// Whether the resource's answer holds these words already.
fn says_again(failure: &Failure, words: &str) -> bool {
    let lower = |text: &str| one_line(text).to_ascii_lowercase();
    let words = lower(words);
    let words = words.trim_start_matches("[error]").trim();
    words.len() >= 12 && lower(failure.reason().unwrap_or_default()).contains(words)
}

/// Whether the program says with this line, or right after it, that it ended.
fn is_end(lines: &[MatchedLine], error: &MatchedLine) -> bool {
    let follows = |line: &&MatchedLine| {
        let after = line.line.at - error.line.at;
        (&line.group, &line.line.stream) == (&error.group, &error.line.stream)
            && (TimeDelta::zero()..=SOON).contains(&after)
    };
    lines.iter().filter(follows).any(|line| ends(&line.line.message))
}

/// How sure a line of a log is, by how telling it is and whether something joins it to the failure; none where it
/// says too little.
fn of_line(grade: ErrorSpecificity, is_joined: bool) -> Option<Confidence> {
    match (grade, is_joined) {
        (ErrorSpecificity::Vague | ErrorSpecificity::Ending, false) => None,
        (ErrorSpecificity::Vague | ErrorSpecificity::Ending, true) | (_, false) => Some(Confidence::Medium),
        (_, true) => Some(Confidence::High),
    }
}

/// Every stream of the line's group says the same words: each task, say, of a service.
fn is_of_one_voice(lines: &[MatchedLine], best: &MatchedLine, words: &str) -> bool {
    let beside = || lines.iter().filter(|line| line.group == best.group);
    let voices: BTreeSet<&str> = beside()
        .filter(|line| line.weight == LineWeight::Error)
        .filter(|line| LogText::read(&line.line.message).text == words)
        .map(|line| line.line.stream.as_str())
        .collect();
    beside().all(|line| voices.contains(line.line.stream.as_str()))
}
