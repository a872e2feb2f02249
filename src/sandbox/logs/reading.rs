//! `FilterLogEvents` and `GetLogEvents`, with their different ideas of a token and of an end.

use serde_json::{Value, json};

use super::members::Members;
use super::pattern::Pattern;
use super::{TimedRequest, invalid, with_token};
use crate::sandbox::paging::page;
use crate::sandbox::seed::Seed;
use crate::sandbox::service_error::ServiceError;
use crate::sandbox::world::SimulatedLogLine;

/// The most lines of one page.
const LINES_A_PAGE: usize = 10_000;
/// Newest-first reading is for searches that begin in 2024 or later.
const NEWEST_FIRST_SINCE: i64 = 1_704_067_200_000;

pub(super) fn filter_log_events(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let group = asked.group()?;
    let parameters = asked.parameters;
    let names = parameters.list("logStreamNames");
    let prefix = parameters.text("logStreamNamePrefix");
    if prefix.is_some() && !names.is_empty() {
        return Err(invalid(
            "logStreamNames and logStreamNamePrefix cannot both be specified.",
        ));
    }
    let from = parameters.number("startTime").unwrap_or(0);
    let to = parameters.number("endTime").unwrap_or(i64::MAX);
    let newest_first = parameters.flag("startFromHead") == Some(false);
    if newest_first && from < NEWEST_FIRST_SINCE {
        return Err(invalid(
            "startFromHead can be false only if startTime is 2024-01-01 or later.",
        ));
    }
    let pattern = LineFilter::read(parameters.text("filterPattern").unwrap_or_default());
    let pattern = pattern.ok_or_else(|| invalid("Invalid filter pattern"))?;
    let mut found: Vec<_> = asked
        .lines(group)
        .filter(|line| (from..=to).contains(&line.at.timestamp_millis()))
        .filter(|line| names.is_empty() || names.contains(&line.stream.as_str()))
        .filter(|line| prefix.is_none_or(|prefix| line.stream.starts_with(prefix)))
        .filter(|line| pattern.matches(&line.message))
        .collect();
    if newest_first {
        found.reverse();
    }
    let question = parameters.fingerprint("nextToken");
    let token = parameters.text("nextToken");
    let empty = empty_page(&question, token, group.empty_pages);
    if let EmptyPage::Next(token) = empty {
        return Ok(with_token(
            json!({ "events": [], "searchedLogStreams": [] }),
            Some(token),
        ));
    }
    let token = token.filter(|_| empty == EmptyPage::NotOne);
    let found = page(
        found.into_iter(),
        asked.limit(LINES_A_PAGE)?,
        token,
        &question,
        |line| line.id.clone(),
    )
    .map_err(|_wrong| invalid("The specified nextToken is invalid."))?;
    let events: Vec<_> = found.items.into_iter().map(line_json).collect();
    Ok(with_token(
        json!({ "events": events, "searchedLogStreams": [] }),
        found.next,
    ))
}

/// What a line must be: of these words, or JSON of these members.
enum LineFilter {
    Words(Pattern),
    Members(Members),
}

impl LineFilter {
    fn read(text: &str) -> Option<Self> {
        let words = || Pattern::read(text).map(Self::Words);
        Members::read(text).map(Self::Members).or_else(words)
    }

    fn matches(&self, line: &str) -> bool {
        match self {
            Self::Words(pattern) => pattern.matches(line),
            Self::Members(members) => members.matches(line),
        }
    }
}

/// Where a request stands among the empty pages that come first.
#[derive(Debug, PartialEq, Eq)]
enum EmptyPage {
    /// One more of them, with the token of the next page.
    Next(String),
    /// They are behind; what follows is the first full page.
    Done,
    /// The token, if any, belongs to a full page.
    NotOne,
}

fn empty_page(question: &str, token: Option<&str>, count: u32) -> EmptyPage {
    let token_of = |number: u32| Seed::of(&["empty", question, &number.to_string()]).mixed(64);
    let reached = match token {
        None => Some(0),
        Some(token) => (1..=count).find(|number| token_of(*number) == token),
    };
    match reached {
        Some(number) if number < count => EmptyPage::Next(token_of(number + 1)),
        Some(_) => EmptyPage::Done,
        None => EmptyPage::NotOne,
    }
}

fn line_json(line: &SimulatedLogLine) -> Value {
    json!({
        "logStreamName": line.stream,
        "timestamp": line.at.timestamp_millis(),
        "message": line.message,
        "ingestionTime": line.visible_at.timestamp_millis(),
        "eventId": line.id,
    })
}

/// Tokens are places in the stream: `f/` and `b/` with a number. The end is where the token comes back unchanged.
pub(super) fn get_log_events(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let group = asked.group()?;
    let stream = asked
        .parameters
        .text("logStreamName")
        .ok_or_else(|| invalid("logStreamName must be specified."))?;
    if !asked.lines(group).any(|line| line.stream == stream) {
        let message = "The specified log stream does not exist.";
        return Err(ServiceError::caller("ResourceNotFoundException", message));
    }
    let from = asked.parameters.number("startTime").unwrap_or(0);
    let to = asked.parameters.number("endTime").unwrap_or(i64::MAX);
    let lines: Vec<_> = asked
        .lines(group)
        .filter(|line| line.stream == stream && (from..to).contains(&line.at.timestamp_millis()))
        .collect();
    let limit = asked.limit(LINES_A_PAGE)?;
    let from_head = asked.parameters.flag("startFromHead").unwrap_or(false);
    let (begin, end) = match asked.parameters.text("nextToken").map(page_token) {
        Some(Some(PageToken::Forward(at))) => {
            (at.min(lines.len()), at.saturating_add(limit).min(lines.len()))
        }
        Some(Some(PageToken::Backward(at))) => {
            (at.min(lines.len()).saturating_sub(limit), at.min(lines.len()))
        }
        Some(None) => return Err(invalid("The specified nextToken is invalid.")),
        None if from_head => (0, limit.min(lines.len())),
        None => (lines.len().saturating_sub(limit), lines.len()),
    };
    let shown = lines.get(begin..end).unwrap_or_default();
    let events: Vec<_> = shown
        .iter()
        .map(|line| {
            json!({
                "timestamp": line.at.timestamp_millis(),
                "message": line.message,
                "ingestionTime": line.visible_at.timestamp_millis(),
            })
        })
        .collect();
    Ok(json!({
        "events": events,
        "nextForwardToken": format!("f/{end:056}/s"),
        "nextBackwardToken": format!("b/{begin:056}/s"),
    }))
}

enum PageToken {
    Forward(usize),
    Backward(usize),
}

fn page_token(token: &str) -> Option<PageToken> {
    let (direction, rest) = token.split_once('/')?;
    let at = rest.strip_suffix("/s")?.parse().ok()?;
    match direction {
        "f" => Some(PageToken::Forward(at)),
        "b" => Some(PageToken::Backward(at)),
        _ => None,
    }
}
