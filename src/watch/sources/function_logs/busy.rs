//! A log that holds more than is read at once: the end of the window first, since a failure is at its end,
//! and what CloudFormation's request id marks.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::{AFTER, BEFORE, NAME, inquiry};
use crate::domain::deployment::custom_resource::Invocation;
use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::log::{LogGroup, LogSearch};
use crate::domain::session::{LogState, Session};

/// The end of the window, and the very end where even that holds too much.
const END: TimeDelta = TimeDelta::seconds(60);
const VERY_END: TimeDelta = TimeDelta::seconds(5);
/// A function runs for so long at most.
const LONGEST_RUN: TimeDelta = TimeDelta::minutes(15);
/// Streams that are read at most: Lambda tries an asynchronous call three times.
const STREAMS: usize = 3;
/// Lines that are looked through for the request id.
const SEARCHED: usize = 100_000;
/// Each is read so long after the end.
const TIMES: [i64; 3] = [2, 30, 120];

/// What is read of a busy log. While nobody knows what to look for, nothing is.
pub(super) fn focused(
    session: &Session,
    invocation: &Invocation,
    group: &LogGroup,
    log: Option<&LogState>,
) -> Vec<Inquiry> {
    let Some(ended) = invocation.ended_at else {
        return Vec::new();
    };
    let busy = Busy {
        session,
        invocation,
        group,
        log,
    };
    let searches = busy.searches(ended);
    searches
        .into_iter()
        .filter_map(|(key, search, why)| {
            let too_much = session.found_too_much(&NAME, &key);
            let read = session.answered(&NAME, &key).max(too_much);
            let gone = log.and_then(|log| log.missing_at);
            let gone = gone.is_some_and(|gone| gone > ended + AFTER || read.is_some_and(|read| gone > read));
            let due = next(ended, read).filter(|_| !gone && too_much.is_none())?;
            Some(inquiry(key, due, search, why))
        })
        .collect()
}

/// A log with too much in it, and the invocation that is looked for.
struct Busy<'a> {
    session: &'a Session,
    invocation: &'a Invocation,
    group: &'a LogGroup,
    log: Option<&'a LogState>,
}

impl Busy<'_> {
    /// What is searched for: key, search, and why in words.
    fn searches(&self, ended: DateTime<Utc>) -> Vec<(String, LogSearch, String)> {
        let begun = self.invocation.started_at - BEFORE;
        let whole = LogSearch {
            group: self.group.clone(),
            stream: None,
            filter: None,
            from: begun,
            to: ended + AFTER,
        };
        let why = self.invocation.why();
        let mut searches: Vec<(String, LogSearch, String)> = Vec::new();
        let tail = LogSearch {
            from: begun.max(ended - END),
            to: ended + END,
            ..whole.clone()
        };
        let tail_key = self.key("end", "");
        let narrower = self.session.found_too_much(&NAME, &tail_key).is_some();
        searches.push((tail_key, tail.clone(), format!("{why} at the end")));
        if narrower {
            let very_end = LogSearch {
                from: begun.max(ended - VERY_END),
                to: ended + VERY_END,
                ..tail
            };
            searches.push((
                self.key("very-end", ""),
                very_end,
                format!("{why} at the very end"),
            ));
        }
        if let Some(id) = &self.invocation.request_id {
            let marked = LogSearch {
                filter: Some(format!("\"{id}\"")),
                ..whole.clone()
            };
            searches.push((
                self.key("request", id),
                marked,
                format!("{why} about request {id}"),
            ));
        }
        for (stream, from) in streams(self.invocation, self.log, begun) {
            let search = LogSearch {
                stream: Some(stream.clone()),
                from,
                to: (from + BEFORE + LONGEST_RUN).min(whole.to),
                ..whole.clone()
            };
            let why = format!("{why} to the stream of that request");
            searches.push((self.key("stream", &stream), search, why));
        }
        searches
    }

    fn key(&self, what: &str, more: &str) -> String {
        let begun = self.invocation.started_at.timestamp_millis();
        format!(
            "logs-{what}:{}:{}:{begun}:{more}",
            self.group.region, self.group.name
        )
    }
}

fn next(ended: DateTime<Utc>, read: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    TIMES
        .into_iter()
        .map(|seconds| ended + TimeDelta::seconds(seconds))
        .find(|due| read.is_none_or(|read| read < *due))
}

/// The streams that hold the request, and from when on: as the reason tells, or as its lines do.
fn streams(
    invocation: &Invocation,
    log: Option<&LogState>,
    begun: DateTime<Utc>,
) -> BTreeSet<(String, DateTime<Utc>)> {
    let mut found: BTreeSet<(String, DateTime<Utc>)> = BTreeSet::new();
    if let Some(id) = &invocation.request_id {
        let from = (begun, String::new(), String::new());
        let lines = log.map(|log| log.lines.range(from..).take(SEARCHED));
        for (_, line) in lines.into_iter().flatten() {
            if line.message.contains(id.as_str())
                && !found.iter().any(|(stream, _)| *stream == line.stream)
                && found.len() < STREAMS
            {
                found.insert((line.stream.clone(), (line.at - BEFORE).max(begun)));
            }
        }
    }
    if let Some(stream) = &invocation.log_stream
        && !found.iter().any(|(known, _)| known == stream)
    {
        found.insert((stream.clone(), begun));
    }
    found
}
