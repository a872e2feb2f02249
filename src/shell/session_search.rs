//! Words looked for in everything that was recorded.

use std::path::Path;

use crate::app::Message;
use crate::app::input::choice::KnownStack;
use crate::app::layout::home::{News, SearchHit};
use crate::archive::{Open, SqliteArchive};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::one_line;
use crate::ports::Archive as _;
use crate::shell::digests;

/// More places than anybody reads through.
const PLACES: usize = 200;

/// The sessions that can be gone to, those seen last first.
pub(crate) fn known(directory: Option<&Path>) -> Message {
    let archive = directory.and_then(|directory| SqliteArchive::open(directory, Open::ReadOnly).ok());
    let sessions = archive.and_then(|archive| archive.sessions().ok());
    let known = sessions
        .unwrap_or_default()
        .into_iter()
        .map(|session| KnownStack {
            root: session.root,
            label: session.name,
            recorded: true,
        });
    Message::Known(known.collect())
}

/// What a person noted about a session.
pub(crate) fn note(directory: Option<&Path>, root: &StackId) -> Option<String> {
    let archive = SqliteArchive::open(directory?, Open::ReadOnly).ok()?;
    let sessions = archive.sessions().ok()?;
    let found = sessions.into_iter().find(|session| session.root == *root)?;
    found.note
}

/// Where words stand in everything that was recorded.
pub(crate) fn found(directory: Option<&Path>, words: String) -> Message {
    let hits = directory
        .and_then(|directory| SqliteArchive::open(directory, Open::ReadOnly).ok())
        .map(|archive| {
            let sessions = archive.sessions()?;
            digests::of(&archive, directory, &sessions);
            archive.search(&words, PLACES)
        });
    let hits = match hits {
        Some(Ok(hits)) => hits,
        Some(Err(error)) => return Message::Notice(one_line(&error.to_string())),
        None => Vec::new(),
    };
    let places = hits.into_iter().map(|hit| SearchHit {
        root: hit.root,
        at: hit.at,
        subject: one_line(&hit.subject),
        text: one_line(&hit.text),
    });
    Message::Home(News::Found {
        words,
        places: places.collect(),
    })
}
