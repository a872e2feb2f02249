//! Sessions and places in them, as rows and as JSON.

use std::io;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::amount;
use crate::domain::text::{ellipsis, one_line};
use crate::ports::{Hit, HitKind, SessionSummary};
use crate::report::diagnosis::rfc3339;

/// How much of a session's id names it in a list.
const ID: usize = 8;
/// Longer names are cut in the table.
const NAME: usize = 32;

/// The sessions as a table.
pub(super) fn table(
    out: &mut impl io::Write,
    sessions: &[SessionSummary],
    now: DateTime<Utc>,
) -> io::Result<()> {
    writeln!(
        out,
        "{:<ID$}  {:<NAME$}  {:<28}  {:<15}  {:<14}  {:<12}  {:>8}  {:>7}  {:>8}  LAST SEEN",
        "ID", "STACK", "STATUS", "VERDICT", "REGION", "ACCOUNT", "ATTEMPTS", "EVENTS", "SIZE"
    )?;
    for session in sessions {
        writeln!(out, "{}", line(session, now))?;
    }
    Ok(())
}

/// A session on one line.
pub(super) fn line(session: &SessionSummary, now: DateTime<Utc>) -> String {
    let root = &session.root;
    let id: String = root.uuid().chars().take(ID).collect();
    let name = match &session.name {
        Some(name) => format!("{} ({})", one_line(name), root.name()),
        None => root.name().to_owned(),
    };
    let mut line = format!(
        "{id:<ID$}  {:<NAME$}  {:<28}  {:<15}  {:<14}  {:<12}  {:>8}  {:>7}  {:>8}  {}",
        ellipsis(&name, NAME),
        one_line(session.status.as_deref().unwrap_or("unknown")),
        session.verdict.map_or("-", |verdict| verdict.label()),
        root.region(),
        root.account(),
        session.attempts,
        session.events,
        amount::size(session.bytes),
        amount::ago(now - session.last_seen),
    );
    if session.gone {
        line.push_str("  gone from AWS");
    }
    if session.pinned {
        line.push_str("  pinned");
    }
    if let Some(note) = &session.note {
        line.push_str("  ");
        line.push_str(&one_line(note));
    }
    line
}

/// A session as one JSON object.
pub(super) fn json(session: &SessionSummary) -> Value {
    json!({
        "stack_id": session.root,
        "name": session.root.name(),
        "region": session.root.region(),
        "account": session.root.account(),
        "status": session.status,
        "verdict": session.verdict,
        "attempts": session.attempts,
        "events": session.events,
        "first_seen": rfc3339(session.first_seen),
        "last_seen": rfc3339(session.last_seen),
        "gone": session.gone,
        "bytes": session.bytes,
        "called": session.name,
        "note": session.note,
        "pinned": session.pinned,
    })
}

/// The session's names or its note say all of these words.
pub(super) fn says(session: &SessionSummary, words: &str) -> bool {
    let said = [
        session.root.name(),
        session.name.as_deref().unwrap_or_default(),
        session.note.as_deref().unwrap_or_default(),
    ]
    .join("\n")
    .to_lowercase();
    words
        .split_whitespace()
        .all(|word| said.contains(&word.to_lowercase()))
}

fn kind(kind: HitKind) -> &'static str {
    match kind {
        HitKind::Event => "stack_event",
        HitKind::LogLine => "log_line",
        HitKind::TrailRecord => "trail_record",
    }
}

/// A place on one line.
pub(super) fn hit_line(hit: &Hit) -> String {
    let kind = match hit.kind {
        HitKind::Event => "event",
        HitKind::LogLine => "log",
        HitKind::TrailRecord => "trail",
    };
    format!(
        "{kind:<7}  {}  {}  {}: {}",
        hit.at.format("%Y-%m-%d %H:%M:%S"),
        hit.root.name(),
        one_line(&hit.subject),
        one_line(&hit.text)
    )
}

/// A place as one JSON object.
pub(super) fn hit_json(hit: &Hit) -> Value {
    json!({
        "type": kind(hit.kind),
        "stack_id": hit.root,
        "at": rfc3339(hit.at),
        "subject": hit.subject,
        "text": hit.text,
    })
}
