//! Logs Insights over the story's groups: a query is really evaluated, over the lines that can be read by now.
//!
//! As much of the language is understood as asks for whole lines: `fields`, `filter @message like`, `sort`, `limit`. How far
//! a query is depends on how often it was asked, and on no clock.

use std::sync::PoisonError;

use serde_json::{Value, json};

use super::{TimedRequest, invalid};
use crate::sandbox::seed::Seed;
use crate::sandbox::service_error::ServiceError;
use crate::sandbox::tables::{FoundRows, SimulatedQuery};
use crate::sandbox::world::SimulatedLogLine;

/// As many lines as are given where a query asks for no other number.
const LINES: usize = 10_000;

/// What a query asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct LineQuery {
    /// What must be in the line.
    has: Vec<String>,
    /// The newest lines come first.
    downwards: bool,
    limit: Option<usize>,
}

impl LineQuery {
    /// Reads a query; nothing for more than is understood.
    fn read(text: &str) -> Option<Self> {
        let mut query = Self::default();
        for command in commands(text)? {
            let (name, rest) = command.split_once(char::is_whitespace)?;
            let rest = rest.trim();
            match name {
                "fields" => {
                    let mut fields = rest.split(',').map(str::trim);
                    fields.find(|field| *field == "@message")?;
                }
                "filter" => query
                    .has
                    .push(string(rest.strip_prefix("@message like ")?.trim())?),
                "sort" => query.downwards = rest.strip_prefix("@timestamp")?.trim() == "desc",
                "limit" => query.limit = Some(rest.parse().ok().filter(|limit| (1..=LINES).contains(limit))?),
                _ => return None,
            }
        }
        Some(query)
    }

    fn finds(&self, line: &SimulatedLogLine) -> bool {
        self.has.iter().all(|part| line.message.contains(part.as_str()))
    }
}

/// The commands between `|`, where that is not within quotes; nothing where a quote has no end, and nothing for comments.
fn commands(text: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    let (mut begin, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, sign) in text.char_indices() {
        match sign {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '#' if !is_quoted => return None,
            '|' if !is_quoted => {
                found.push(text.get(begin..at)?.trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    found.push(text.get(begin..)?.trim());
    (!is_quoted).then_some(found)
}

/// What stands between two quotes, and nothing behind them.
fn string(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains(['"', '\\'])).then(|| inner.to_owned())
}

pub(super) fn start(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let group = asked.group()?;
    let parameters = asked.parameters;
    let time = |key| parameters.number(key).filter(|second| *second >= 0);
    let (Some(from), Some(to)) = (time("startTime"), time("endTime")) else {
        return Err(invalid("startTime and endTime are needed"));
    };
    if from > to {
        return Err(invalid("End time should not be before start time"));
    }
    let text = parameters.text("queryString").unwrap_or_default();
    let query = LineQuery::read(text).ok_or_else(|| {
        ServiceError::caller("MalformedQueryException", "unexpected symbol found in the query")
    })?;
    let then = |line: &&SimulatedLogLine| (from..=to).contains(&line.at.timestamp());
    let mut found: Vec<&SimulatedLogLine> = asked.lines(group).filter(then).collect();
    let scanned: usize = found.iter().map(|line| line.message.len()).sum();
    let scanned = u64::try_from(scanned).unwrap_or(u64::MAX);
    found.retain(|line| query.finds(line));
    found.sort_by_key(|line| line.at);
    if query.downwards {
        found.reverse();
    }
    found.truncate(query.limit.unwrap_or(LINES));
    let row = |line: &SimulatedLogLine| vec![Some(line.message.clone()), Some(line.id.clone())];
    let rows = found.into_iter().map(row).collect();
    let mut queries = asked
        .world
        .queries
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let id = Seed::of(&["insights", text, &queries.len().to_string()]).uuid();
    let query = SimulatedQuery::new(text, "", Ok(FoundRows { rows, scanned }));
    queries.insert(id.clone(), query);
    Ok(json!({ "queryId": id }))
}

pub(super) fn results(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    with_query(asked, |query| {
        query.look();
        let status = match query.state() {
            "QUEUED" => "Scheduled",
            "SUCCEEDED" => "Complete",
            "CANCELLED" => "Cancelled",
            "FAILED" => "Failed",
            _ => "Running",
        };
        let rows = match &query.outcome {
            Ok(found) if status == "Complete" => found.rows.as_slice(),
            _ => &[],
        };
        let rows: Vec<Value> = rows.iter().map(|row| fields(row)).collect();
        Ok(json!({
            "results": rows,
            "statistics": { "recordsMatched": rows.len(), "bytesScanned": query.scanned() },
            "status": status,
        }))
    })
}

pub(super) fn stop(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    with_query(asked, |query| {
        if ["SUCCEEDED", "FAILED", "CANCELLED"].contains(&query.state()) {
            return Err(invalid("Query has already ended"));
        }
        query.stop();
        Ok(json!({ "success": true }))
    })
}

fn with_query(
    asked: &TimedRequest<'_>,
    then: impl FnOnce(&mut SimulatedQuery) -> Result<Value, ServiceError>,
) -> Result<Value, ServiceError> {
    let id = asked.parameters.text("queryId").unwrap_or_default();
    let mut queries = asked
        .world
        .queries
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let query = queries.get_mut(id).ok_or_else(|| {
        ServiceError::caller("ResourceNotFoundException", "The specified query does not exist.")
    })?;
    then(query)
}

fn fields(row: &[Option<String>]) -> Value {
    let names = ["@message", "@ptr"];
    let each = names.iter().zip(row);
    let fields = each.map(|(name, value)| json!({ "field": name, "value": value }));
    Value::Array(fields.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_far_as_it_asks_for_lines() {
        let query = LineQuery::read(
            "fields @timestamp, @message\n| filter @message like \"a|b#\"\n| sort @timestamp desc\n| limit 7",
        );
        let expected = LineQuery {
            has: vec!["a|b#".to_owned()],
            downwards: true,
            limit: Some(7),
        };
        assert_eq!(query, Some(expected));
        for wrong in [
            "",
            "fields @timestamp",
            "fields @message | filter @message like \"a",
            "fields @message | filter @message like \"a\" or 1",
            "fields @message | filter eventName = \"a\"",
            "fields @message | limit 0",
            "fields @message # all of it",
            "SOURCE logGroups() | fields @message",
        ] {
            assert_eq!(LineQuery::read(wrong), None, "{wrong}");
        }
    }
}
