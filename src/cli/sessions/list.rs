//! Sessions and places in them, as rows and as JSON.

use std::collections::HashSet;
use std::io;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::amount;
use crate::domain::stack::StackId;
use crate::domain::text::{columns, ellipsis, one_line};
use crate::ports::{Hit, HitKind, SessionSummary};
use crate::report::diagnosis::rfc3339;

/// How much of a session's id names it in a list.
const ID: usize = 8;
/// Longer names are cut in the list.
const NAME: usize = 38;
/// What follows under a name is indented by so much.
const INDENT: &str = "          ";

/// The sessions for a person: two lines each, that fit into so many columns.
pub(super) fn table(
    out: &mut impl io::Write,
    sessions: &[SessionSummary],
    pending: &HashSet<StackId>,
    (now, columns): (DateTime<Utc>, usize),
) -> io::Result<()> {
    for session in sessions {
        writeln!(out, "{}", ellipsis(&title(session, now), columns))?;
        let facets = facets(session, pending.contains(&session.root));
        for line in filled(&facets, columns.saturating_sub(INDENT.len())) {
            writeln!(out, "{INDENT}{line}")?;
        }
        if let Some(note) = &session.note {
            let note = format!("{INDENT}\u{201c}{}\u{201d}", one_line(note));
            writeln!(out, "{}", ellipsis(&note, columns))?;
        }
    }
    Ok(())
}

/// The id, the name, how it ended and when it was seen.
fn title(session: &SessionSummary, now: DateTime<Utc>) -> String {
    let id: String = session.root.uuid().chars().take(ID).collect();
    let name = match &session.name {
        Some(name) => format!("{} ({})", one_line(name), session.root.name()),
        None => session.root.name().to_owned(),
    };
    let verdict = session.verdict.map_or("-", |verdict| verdict.label());
    let ago = amount::ago(now - session.last_seen);
    let name = ellipsis(&name, NAME);
    let room = " ".repeat(NAME.saturating_sub(columns(&name)));
    format!("{id:<ID$}  {name}{room}  {verdict:<15}  {ago}")
}

/// What else there is to say.
fn facets(session: &SessionSummary, pending: bool) -> Vec<String> {
    let root = &session.root;
    let counted = |count: u64, one: &str| {
        let ending = if count == 1 { "" } else { "s" };
        format!("{count} {one}{ending}")
    };
    let marks = [
        (pending, "investigation pending"),
        (session.gone, "gone from AWS"),
        (session.pinned, "pinned"),
    ];
    let mut facets = vec![one_line(session.status.as_deref().unwrap_or("unknown"))];
    let holding = marks.into_iter().filter(|(holds, _)| *holds);
    facets.extend(holding.map(|(_, mark)| mark.to_owned()));
    facets.extend([
        format!("{} / {}", root.region(), root.account()),
        counted(u64::from(session.attempts), "attempt"),
        counted(session.events, "event"),
        amount::size(session.bytes),
    ]);
    facets
}

/// Facets on lines of so many columns.
fn filled(facets: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for facet in facets {
        match lines.last_mut() {
            Some(line) if columns(line) + columns(facet) + 3 <= room => {
                line.push_str(" · ");
                line.push_str(facet);
            }
            _ => lines.push(ellipsis(facet, room)),
        }
    }
    lines
}

/// A session on one line.
pub(super) fn line(session: &SessionSummary, pending: bool, now: DateTime<Utc>) -> String {
    let mut parts = vec![title(session, now)];
    parts.extend(facets(session, pending));
    parts.extend(session.note.as_deref().map(one_line));
    parts.join("  ")
}

/// A session as one JSON object; whether its investigation is pending may not have been looked into.
pub(super) fn json(session: &SessionSummary, pending: Option<bool>) -> Value {
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
        "pending": pending,
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

/// A text with these words set off, wherever they begin and however they are written.
fn set_off(text: &str, words: &str) -> String {
    let wanted: Vec<Vec<char>> = words
        .split_whitespace()
        .map(|word| word.chars().filter_map(small).collect())
        .collect();
    let letters: Vec<char> = text.chars().collect();
    let plain: Vec<char> = letters
        .iter()
        .map(|letter| small(*letter).unwrap_or(*letter))
        .collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        let rest = plain.get(at..).unwrap_or_default();
        let found = wanted
            .iter()
            .filter(|word| !word.is_empty() && rest.starts_with(word));
        match found.map(Vec::len).max() {
            Some(length) => {
                out.push_str("\u{1b}[1;33m");
                out.extend(letters.iter().skip(at).take(length));
                out.push_str("\u{1b}[0m");
                at += length;
            }
            None => {
                out.push(*letter);
                at += 1;
            }
        }
    }
    out
}

/// The letter in small, as far as that is one letter.
fn small(letter: char) -> Option<char> {
    letter.to_lowercase().next()
}

/// A place on one line; the words that were searched for are set off, if they are given.
pub(super) fn hit_line(hit: &Hit, words: Option<&str>) -> String {
    let kind = match hit.kind {
        HitKind::Event => "event",
        HitKind::LogLine => "log",
        HitKind::TrailRecord => "trail",
    };
    let subject = one_line(&hit.subject);
    let text = one_line(&hit.text);
    let (subject, text) = match words {
        Some(words) => (set_off(&subject, words), set_off(&text, words)),
        None => (subject, text),
    };
    format!(
        "{kind:<7}  {}  {}  {subject}: {text}",
        hit.at.format("%Y-%m-%d %H:%M:%S"),
        hit.root.name(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_set_off_wherever_they_begin() {
        let plain = |text: &str, words: &str| {
            set_off(text, words)
                .replace("\u{1b}[1;33m", "[")
                .replace("\u{1b}[0m", "]")
        };
        assert_eq!(
            plain("Bucket already exists", "BUCK exist"),
            "[Buck]et already [exist]s"
        );
        assert_eq!(plain("nothing", "  "), "nothing");
        assert_eq!(plain("İstanbul ßtraße", "stra"), "İstanbul ßtraße");
    }

    #[test]
    fn a_list_fits_into_eighty_columns() {
        let session = SessionSummary {
            root: StackId::parse("arn:aws:cloudformation:ap-southeast-2:123456789012:stack/a-name-that-is-longer-than-there-is-room-for/1f3113b0-f92c").unwrap(),
            first_seen: DateTime::UNIX_EPOCH,
            last_seen: DateTime::UNIX_EPOCH,
            status: Some("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS".to_owned()),
            attempts: 12,
            verdict: Some(crate::domain::attempt::Outcome::RollbackFailed),
            events: 123_456,
            gone: true,
            bytes: 123_456_789,
            name: Some("the incident of the long weekend".to_owned()),
            note: Some("said ".repeat(40)),
            pinned: true,
        };
        let pending = HashSet::from([session.root.clone()]);
        let mut out = Vec::new();
        table(&mut out, &[session], &pending, (DateTime::UNIX_EPOCH, 80)).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| columns(line) <= 80), "{text}");
        for part in [
            "1f3113b0",
            "rollback failed",
            "ap-southeast-2 / 123456789012",
            "12 attempts",
            "123456 events",
            "123.4 MB",
            "investigation pending",
            "gone from AWS",
            "pinned",
            "said",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
