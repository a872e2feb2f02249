//! What the top of the screen says of sources that cannot be read, and of stacks that cannot.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::fault_words;
use crate::app::layout::line::{Line, Tone};
use crate::app::layout::words;
use crate::app::state::AppState;
use crate::clean;
use crate::domain::model::fault::Fault;
use crate::domain::model::source_status::{Origin, SourceScope, SourceStatus};
use crate::domain::read::text::{Clean, one_line};

/// The same trouble, wherever it is met.
struct Trouble<'a> {
    source: &'a str,
    fault: &'a Fault,
    since: DateTime<Utc>,
    retry_at: Option<DateTime<Utc>>,
    /// The stacks that it is met with; the source as a whole is without a name.
    about: Vec<&'a Origin>,
    status_only: bool,
}

/// What makes two troubles the same to a reader.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct TroubleKind<'a> {
    source: &'a str,
    action: &'a str,
    words: &'a str,
    status_only: bool,
}

/// One line for each kind of trouble, however many stacks have it.
pub(super) fn lines(app: &AppState, now: DateTime<Utc>) -> Vec<Line> {
    let mut troubles: BTreeMap<TroubleKind<'_>, Trouble<'_>> = BTreeMap::new();
    for (origin, link) in &app.links {
        let Some((since, fault)) = link.trouble() else {
            continue;
        };
        let status_only = matches!(link, SourceStatus::StatusOnly { .. });
        let retry_at = match link {
            SourceStatus::Troubled { retry_at, .. } => Some(*retry_at),
            SourceStatus::Answering { .. }
            | SourceStatus::Working { .. }
            | SourceStatus::StatusOnly { .. }
            | SourceStatus::Absent { .. } => None,
        };
        let key = TroubleKind {
            source: origin.source.as_str(),
            action: fault.action.as_str(),
            words: fault_words(fault),
            status_only,
        };
        let trouble = troubles.entry(key).or_insert_with(|| Trouble {
            source: origin.source.as_str(),
            fault,
            since,
            retry_at,
            about: Vec::new(),
            status_only,
        });
        trouble.since = trouble.since.min(since);
        trouble.retry_at = trouble.retry_at.min(retry_at);
        trouble.about.push(origin);
    }
    troubles.values().map(|trouble| line(app, trouble, now)).collect()
}

fn line(app: &AppState, trouble: &Trouble<'_>, now: DateTime<Utc>) -> Line {
    let mut line = Line::of(Tone::Warning, "▲ ");
    if let Some(names) = names(app, &trouble.about) {
        line = line.and(Tone::Warning, format!("{names}: "));
    }
    line = line
        .and(Tone::Warning, app.catalog().label(trouble.source))
        .and(Tone::Plain, format!(" {}", fault_words(trouble.fault)))
        .and(Tone::Dim, for_how_long(trouble, now))
        .and(Tone::Plain, format!(" · {}", trouble.fault.advice()));
    if trouble.status_only {
        line = line.and(Tone::Plain, " · its status is known, its events are not");
    }
    line
}

/// Since when, and when it is tried again.
fn for_how_long(trouble: &Trouble<'_>, now: DateTime<Utc>) -> String {
    let lasted = words::duration(now - trouble.since);
    match trouble.retry_at {
        Some(at) if at > now => format!(" for {lasted} (retrying in {})", words::duration(at - now)),
        _ => format!(" for {lasted}"),
    }
}

/// The stacks that have the trouble; nothing where the stack shown has it itself, or all have.
fn names(app: &AppState, about: &[&Origin]) -> Option<Clean> {
    let shown = app.shown().map(|watched| watched.session.root());
    let is_shown = |origin: &&Origin| match &origin.about {
        None => true,
        Some(SourceScope::Stack(stack)) => Some(stack) == shown,
        Some(SourceScope::Target(_)) => app.watched.is_empty(),
    };
    if about.iter().any(is_shown) {
        return None;
    }
    let first = one_line(about.first()?.name()?);
    Some(match about.len() {
        1 => first,
        more => clean!("{first} and {} more", more - 1),
    })
}
