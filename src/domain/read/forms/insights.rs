//! The CSV of a query of `CloudWatch` Logs Insights, or of a log group: the messages in it are a log.

use super::cloudtrail_table::fields;
use super::paste::Paste;
use super::{Content, PastedFailure, TextForm, function_log, said, sentence};

pub(super) const FORM: TextForm = TextForm {
    name: "logs-insights",
    what: "the result of a CloudWatch Logs Insights query, or the events of a log group, as CSV",
    told_by: "`@message`, or `timestamp` and `message`, among the titles of the first line",
    sample: "@timestamp,@message\n2026-05-04 12:00:00.000,\"[ERROR] ClientError: An error occurred (AccessDenied) when calling \
             the GetObject operation: Access Denied\nTraceback (most recent call last):\"\n",
    score,
    read,
};

/// So many rows are read.
const MOST: usize = 50_000;

fn score(paste: &Paste<'_>) -> u8 {
    let head = paste.lines().find(|line| !line.is_empty()).unwrap_or_default();
    if message_column(head).is_some() { 94 } else { 0 }
}

/// Which column holds the messages.
fn message_column(head: &str) -> Option<usize> {
    let (titles, _) = fields(head);
    let titles: Vec<String> = titles
        .iter()
        .map(|title| title.trim().to_ascii_lowercase())
        .collect();
    let dated = titles.iter().any(|title| {
        matches!(
            title.as_str(),
            "@timestamp" | "timestamp" | "@ingestiontime" | "@logstream"
        )
    });
    titles
        .iter()
        .position(|title| title == "@message" || (dated && title == "message"))
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let text = paste.text.trim_start_matches(['\u{feff}', '\n']);
    let column = message_column(text.lines().next()?)?;
    let (titles, mut rest) = fields(text);
    let mut log = String::new();
    let mut rows = 0;
    while !rest.trim().is_empty() && rows < MOST {
        let (row, after) = fields(rest);
        rest = after;
        rows += 1;
        // A comma without quotes belongs to the message when that is the last column.
        let message = if column + 1 == titles.len() {
            row.get(column..).map(|cells| cells.join(","))
        } else {
            row.get(column).cloned()
        };
        log.push_str(message.unwrap_or_default().trim_end());
        log.push('\n');
    }
    let inner = Paste::new(&log);
    if let Some(content) = function_log::of(&inner) {
        return Some(content);
    }
    let found = sentence::said(&log);
    said(
        Some(found)
            .into_iter()
            .filter(|one: &PastedFailure| !one.reason.is_empty())
            .collect(),
    )
}
