//! Errors of a log that the program went on from: it says so, or it tried again and went on with its work.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{LineWeight, MatchedLine};
use super::{begins_invocation, telling};
use crate::domain::explain::matching::{ends, goes_on, tries_again};
use crate::domain::model::log::{LogGroup, LogLine};

/// A program tells at once that it goes on.
const MOMENT: TimeDelta = TimeDelta::milliseconds(500);

/// What a line says that is only about trying again: in lower case.
const ON_TRYING: [&str; 9] = [
    "wait",
    "attempt",
    "retry",
    "retries",
    "sleep",
    "backoff",
    "back off",
    "backing off",
    "again",
];

/// How lines begin that Lambda, or what starts an instance, writes itself.
const OF_RUNNER: [&str; 8] = [
    "Cloud-init v.",
    "START RequestId",
    "END RequestId",
    "REPORT RequestId",
    "INIT_",
    "EXTENSION",
    "TELEMETRY",
    "XRAY TraceId",
];

/// An error that a program went on from is none of the failure's.
pub(super) fn pass_over(lines: &mut [MatchedLine]) {
    pass_over_what_is_said(lines);
    pass_over_what_was_tried_again(lines);
}

/// The program says right with the error that it goes on.
fn pass_over_what_is_said(lines: &mut [MatchedLine]) {
    let told: Vec<(LogGroup, LogLine)> = lines
        .iter()
        .filter(|line| goes_on(&line.line.message))
        .map(|line| (line.group.clone(), line.line.clone()))
        .collect();
    for line in lines.iter_mut().filter(|line| line.weight == LineWeight::Error) {
        let is_of = |(group, went): &&(LogGroup, LogLine)| {
            let gap = went.at - line.line.at;
            *group == line.group
                && went.stream == line.line.stream
                && (gap == TimeDelta::zero() || (gap > TimeDelta::zero() && gap <= MOMENT))
        };
        if told.iter().any(|went| is_of(&went)) {
            line.weight = LineWeight::Context;
        }
    }
}

/// It says that it tries again, and later lines of the same run do their work. What fails again is told again, and the
/// last time counts.
fn pass_over_what_was_tried_again(lines: &mut [MatchedLine]) {
    let mut works: HashMap<(&LogGroup, &str), DateTime<Utc>> = HashMap::new();
    let mut past: Vec<usize> = Vec::new();
    for (place, line) in lines.iter().enumerate().rev() {
        let key = (&line.group, line.line.stream.as_str());
        let message = line.line.message.as_str();
        if line.weight == LineWeight::Error {
            let went_on = works
                .get(&key)
                .is_some_and(|at| is_later(line.line.at, *at) && tries_again(message));
            past.extend(went_on.then_some(place));
        } else if begins_invocation(message) {
            works.remove(&key);
        } else if is_work(message) {
            works.entry(key).or_insert(line.line.at);
        }
    }
    for place in past {
        if let Some(line) = lines.get_mut(place) {
            line.weight = LineWeight::Context;
        }
    }
}

/// Whether an error of the one moment was gone on from by a line of the other: what is written at once may belong to it.
fn is_later(error: DateTime<Utc>, line: DateTime<Utc>) -> bool {
    line - error > MOMENT
}

/// Whether a program went on from an error with a later line of the same run.
pub(crate) fn is_gone_on_from((error, at): (&str, DateTime<Utc>), later: &LogLine) -> bool {
    is_later(at, later.at) && tries_again(error) && is_work(&later.message)
}

/// Whether a program does its work with a line: no error, nothing of trying again or of the end, nothing of what
/// runs the program.
pub(crate) fn is_work(message: &str) -> bool {
    let text = message.trim();
    let lower = text.chars().take(2_048).collect::<String>().to_ascii_lowercase();
    !text.is_empty()
        && telling(text).is_none()
        && !OF_RUNNER.iter().any(|begin| text.starts_with(begin))
        && !ON_TRYING.iter().any(|word| lower.contains(word))
        && !lower.contains("\"platform.")
        && !lower.contains("\"status\"")
        && !ends(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::domain::explain::cause::lines::is_error;

    fn weights(told: &[(i64, &str)]) -> Vec<LineWeight> {
        let mut lines: Vec<MatchedLine> = told
            .iter()
            .map(|(ms, message)| MatchedLine {
                group: LogGroup {
                    region: "eu-west-1".into(),
                    name: "/aws/lambda/f".into(),
                },
                weight: if is_error(message) {
                    LineWeight::Error
                } else {
                    LineWeight::Request
                },
                line: LogLine {
                    at: DateTime::UNIX_EPOCH + TimeDelta::milliseconds(*ms),
                    stream: "s".into(),
                    id: ms.to_string(),
                    message: (*message).into(),
                },
            })
            .collect();
        pass_over(&mut lines);
        lines.into_iter().map(|line| line.weight).collect()
    }

    const THROTTLED: &str = "[ERROR] RequestLimitExceeded, trying again";

    #[test]
    fn an_error_that_was_tried_again_and_went_well_is_none() {
        let told = [
            (0, "START RequestId: 1"),
            (3_000, THROTTLED),
            (
                5_000,
                "[INFO] peering found, asking https://peer.example.com/accept",
            ),
        ];
        assert_eq!(weights(&told)[1], LineWeight::Context);
    }

    /// What tempts: what does not tell that it went well, and another run.
    #[rstest]
    #[case(&[(3_000, THROTTLED)])]
    #[case(&[(3_000, THROTTLED), (5_000, "waiting 5 seconds before attempt 2")])]
    #[case(&[(3_000, THROTTLED), (5_000, "END RequestId: 1"), (5_001, "REPORT RequestId: 1 Duration: 5")])]
    #[case(&[(3_000, THROTTLED), (3_010, "    at call (/var/task/index.js:7)")])]
    #[case(&[(3_000, THROTTLED), (5_000, "START RequestId: 2"), (5_100, "asking the peer")])]
    #[case(&[(3_000, THROTTLED), (5_000, "giving up")])]
    #[case(&[(3_000, "[ERROR] KeyError: 'x'"), (5_000, "[INFO] closing the connection")])]
    #[case(&[(3_000, "[ERROR] KeyError: 'x', not retrying"), (5_000, "[INFO] closing the connection")])]
    #[case(&[(3_000, "[ERROR] ServiceError: please try again later"), (5_000, "[INFO] closing the connection")])]
    fn an_error_that_nothing_shows_to_be_over_stays(#[case] told: &[(i64, &str)]) {
        assert_eq!(weights(told)[0], LineWeight::Error, "{told:?}");
    }

    #[test]
    fn what_fails_again_is_told_the_last_time() {
        let told = [(3_000, THROTTLED), (5_000, "[INFO] page 2"), (7_000, THROTTLED)];
        assert_eq!(weights(&told)[0], LineWeight::Context);
        assert_eq!(weights(&told)[2], LineWeight::Error);
    }
}
