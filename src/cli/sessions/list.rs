//! Sessions and places in them, as rows and as JSON.

use std::collections::{HashMap, HashSet};
use std::io;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::amount;
use crate::clean;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::json::Json;
use crate::domain::read::text::{Clean, Sought, columns, one_line};
use crate::ports::{Hit, HitKind, SessionSummary};
use crate::report::diagnosis::rfc3339;
use crate::shell::open_hint::{diagnose_again, open_again};
use crate::shell::output::{Emphasis, Output};
use crate::store::index::IndexEntry;

/// How much of a session's id names it in a list.
const ID: usize = 8;
/// Longer names are cut in the list.
const NAME: usize = 38;
/// What follows under a name is indented by so much.
const INDENT: &str = "          ";

/// What became of each session in one line, by its root stack.
pub(super) type Headlines = HashMap<StackId, String>;

/// What was looked into of a session beyond its summary.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Looked<'a> {
    /// Whether its investigation is pending.
    pub(super) pending: Option<bool>,
    /// What became of it in one line.
    pub(super) headline: Option<&'a str>,
}

/// The sessions for a person: a few lines each, that fit into so many columns.
pub(super) fn table(
    out: &mut Output<impl io::Write>,
    sessions: &[SessionSummary],
    pending: &HashSet<StackId>,
    headlines: &Headlines,
    now: DateTime<Utc>,
    columns: usize,
) -> io::Result<()> {
    for session in sessions {
        out.line(title(session, now).cut(columns))?;
        if let Some(headline) = headlines.get(&session.root) {
            out.line(clean!("{INDENT}{}", one_line(headline)).cut(columns))?;
        }
        let facets = facets(session, pending.contains(&session.root));
        for line in filled(&facets, columns.saturating_sub(INDENT.len())) {
            out.line(clean!("{INDENT}{line}"))?;
        }
        if let Some(note) = &session.note {
            let note = clean!("{INDENT}\u{201c}{}\u{201d}", one_line(note));
            out.line(note.cut(columns))?;
        }
    }
    Ok(())
}

/// The id, the name, how it ended and when it was seen.
fn title(session: &SessionSummary, now: DateTime<Utc>) -> Clean {
    let id: String = session.root.uuid().chars().take(ID).collect();
    let name = match &session.name {
        Some(name) => clean!("{} ({})", one_line(name), session.root.name()),
        None => one_line(session.root.name()),
    };
    let verdict = session.verdict.map_or("-", |verdict| verdict.label());
    let ago = amount::ago(now - session.last_seen);
    let name = name.cut(NAME);
    let room = " ".repeat(NAME.saturating_sub(columns(&name)));
    clean!("{id:<ID$}  {name}{room}  {verdict:<15}  {ago}")
}

/// What else there is to say.
fn facets(session: &SessionSummary, pending: bool) -> Vec<Clean> {
    let root = &session.root;
    let counted = |count: u64, one: &str| {
        let ending = if count == 1 { "" } else { "s" };
        clean!("{count} {one}{ending}")
    };
    let marks = [
        (pending, "investigation pending"),
        (session.gone, "deleted"),
        (session.incomplete, "incomplete"),
        (session.pinned, "pinned"),
    ];
    let mut facets = vec![one_line(session.status.as_deref().unwrap_or("unknown"))];
    let holding = marks.into_iter().filter(|(holds, _)| *holds);
    facets.extend(holding.map(|(_, mark)| mark.into()));
    facets.extend([
        clean!("{} / {}", root.region(), root.account()),
        counted(u64::from(session.attempts), "deployment"),
        counted(session.events, "event"),
        amount::size(session.bytes).into(),
    ]);
    facets
}

/// A session on a page of its own, nothing cut: what is told of it, and the commands that lead on.
pub(super) fn page(session: &SessionSummary, known: Looked<'_>) -> Vec<Clean> {
    let root = &session.root;
    let short: String = root.uuid().chars().take(ID).collect();
    let name = match &session.name {
        Some(name) => clean!("{} ({})", one_line(name), root.name()),
        None => one_line(root.name()),
    };
    let span = clean!(
        "{} to {} UTC",
        session.first_seen.format("%Y-%m-%d %H:%M:%S"),
        session.last_seen.format("%Y-%m-%d %H:%M:%S")
    );
    let rows = [
        ("what", known.headline.map(one_line)),
        ("verdict", session.verdict.map(|verdict| verdict.label().into())),
        ("stack", Some(one_line(&root.to_string()))),
        ("seen", Some(span)),
        (
            "state",
            Some(Clean::join(&facets(session, known.pending == Some(true)), " · ")),
        ),
        ("note", session.note.as_deref().map(one_line)),
        ("open", Some(open_again(&short))),
        ("why", Some(diagnose_again(&short))),
    ];
    let told = rows.into_iter().filter_map(|(label, told)| Some((label, told?)));
    std::iter::once(name)
        .chain(told.map(|(label, told)| clean!("  {label:<8} {told}")))
        .collect()
}

/// Facets on lines of so many columns.
fn filled(facets: &[Clean], room: usize) -> Vec<Clean> {
    let mut lines: Vec<Clean> = Vec::new();
    for facet in facets {
        match lines.last_mut() {
            Some(line) if columns(line) + columns(facet) + 3 <= room => {
                line.push(&" · ");
                line.push(facet);
            }
            _ => lines.push(facet.cut(room)),
        }
    }
    lines
}

/// A session on one line.
pub(super) fn line(session: &SessionSummary, known: Looked<'_>, now: DateTime<Utc>) -> Clean {
    let mut parts = vec![title(session, now)];
    parts.extend(facets(session, known.pending == Some(true)));
    parts.extend(known.headline.map(one_line));
    parts.extend(session.note.as_deref().map(one_line));
    Clean::join(&parts, "  ")
}

/// A session as one JSON object.
pub(super) fn json(session: &SessionSummary, known: Looked<'_>) -> Json {
    Json::from(&json!({
        "stack_id": session.root,
        "name": session.root.name(),
        "region": session.root.region(),
        "account": session.root.account(),
        "status": session.status,
        "verdict": session.verdict,
        "headline": known.headline,
        "attempts": session.attempts,
        "events": session.events,
        "first_seen": rfc3339(session.first_seen),
        "last_seen": rfc3339(session.last_seen),
        "gone": session.gone,
        "incomplete": session.incomplete,
        "pending": known.pending,
        "bytes": session.bytes,
        "called": session.name,
        "note": session.note,
        "pinned": session.pinned,
    }))
}

/// The session's names or its note say all of these words.
pub(super) fn says(session: &SessionSummary, words: &str) -> bool {
    let said = [
        session.root.name(),
        session.name.as_deref().unwrap_or_default(),
        session.note.as_deref().unwrap_or_default(),
    ]
    .join("\n");
    Sought::words(words).all_in(&said)
}

/// What the store's index says of a session's failures, where it says all of these words.
pub(super) fn told_hits(entry: &IndexEntry, words: &str) -> Vec<Hit> {
    let sought = Sought::words(words);
    let said = entry.told.failures.iter().flat_map(|failure| {
        let texts = std::iter::once(&failure.said).chain(&failure.more);
        texts.map(move |text| (failure, text))
    });
    let places = said.filter(|(_, text)| sought.all_in(text));
    places
        .map(|(failure, text)| Hit {
            root: entry.root.clone(),
            kind: HitKind::Cause,
            at: failure.at,
            subject: failure.resource.clone(),
            text: text.clone(),
        })
        .collect()
}

fn kind(kind: HitKind) -> &'static str {
    match kind {
        HitKind::Event => "stack_event",
        HitKind::LogLine => "log_line",
        HitKind::TrailRecord => "trail_record",
        HitKind::Cause => "cause",
    }
}

/// A text with these words set off, wherever they stand and however they are written.
fn set_off(text: &Clean, words: &str) -> Vec<(Emphasis, Clean)> {
    let mut parts = Vec::new();
    let mut at = 0;
    let part = |from: usize, to: usize| Clean::from(text.get(from..to).unwrap_or_default());
    for span in Sought::words(words).spans(text) {
        parts.push((Emphasis::Plain, part(at, span.start)));
        parts.push((Emphasis::SetOff, part(span.start, span.end)));
        at = span.end;
    }
    parts.push((Emphasis::Plain, part(at, text.len())));
    parts
}

/// A place on one line; the words that were searched for are set off, if they are given.
pub(super) fn hit_line(hit: &Hit, words: Option<&str>) -> Vec<(Emphasis, Clean)> {
    let kind = match hit.kind {
        HitKind::Event => "event",
        HitKind::LogLine => "log",
        HitKind::TrailRecord => "trail",
        HitKind::Cause => "cause",
    };
    let subject = one_line(&hit.subject);
    let text = one_line(&hit.text);
    let lead = clean!(
        "{kind:<7}  {}  {}  ",
        hit.at.format("%Y-%m-%d %H:%M:%S"),
        hit.root.name(),
    );
    let said = clean!("{subject}: {text}");
    let told = words.map_or_else(
        || vec![(Emphasis::Plain, said.clone())],
        |words| set_off(&said, words),
    );
    std::iter::once((Emphasis::Plain, lead)).chain(told).collect()
}

/// A place as one JSON object.
pub(super) fn hit_json(hit: &Hit) -> Json {
    Json::from(&json!({
        "type": kind(hit.kind),
        "stack_id": hit.root,
        "at": rfc3339(hit.at),
        "subject": hit.subject,
        "text": hit.text,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_set_off_wherever_they_stand() {
        let plain = |text: &str, words: &str| {
            let parts = set_off(&text.into(), words).into_iter();
            let marked = parts.map(|(look, text)| match look {
                Emphasis::Plain => text.to_string(),
                Emphasis::SetOff => format!("[{text}]"),
            });
            marked.collect::<String>()
        };
        assert_eq!(
            plain("Bucket already exists", "BUCK exist"),
            "[Buck]et already [exist]s"
        );
        assert_eq!(plain("nothing", "  "), "nothing");
        assert_eq!(plain("İstanbul ßtraße", "traß"), "İstanbul ß[traß]e");
    }

    #[test]
    fn a_list_fits_into_eighty_columns() {
        let session = SessionSummary {
            root: StackId::parse("arn:aws:cloudformation:ap-southeast-2:123456789012:stack/a-name-that-is-longer-than-there-is-room-for/1f3113b0-f92c").unwrap(),
            first_seen: DateTime::UNIX_EPOCH,
            last_seen: DateTime::UNIX_EPOCH,
            status: Some("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS".to_owned()),
            attempts: 12,
            verdict: Some(crate::domain::deployment::attempt::Outcome::RollbackFailed),
            events: 123_456,
            gone: true,
            incomplete: true,
            bytes: 123_456_789,
            name: Some("the incident of the long weekend".to_owned()),
            note: Some("said ".repeat(40)),
            pinned: true,
        };
        let pending = HashSet::from([session.root.clone()]);
        let mut out = Vec::new();
        let mut to = Output::to(&mut out);
        let headline =
            "create failed and was rolled back: Orders and a few more of a very long name".to_owned();
        let headlines = HashMap::from([(session.root.clone(), headline)]);
        table(
            &mut to,
            &[session],
            &pending,
            &headlines,
            DateTime::UNIX_EPOCH,
            80,
        )
        .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| columns(line) <= 80), "{text}");
        for part in [
            "1f3113b0",
            "rollback failed",
            "ap-southeast-2 / 123456789012",
            "12 deployments",
            "123456 events",
            "123.4 MB",
            "investigation pending",
            "deleted",
            "incomplete",
            "pinned",
            "create failed and was rolled back",
            "said",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
