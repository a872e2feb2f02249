//! Words looked for in everything that was recorded.

use std::path::Path;

use crate::app::Message;
use crate::app::layout::home::{News, SearchHit};
use crate::archive::{Open, SqliteArchive};
use crate::domain::read::text::one_line;
use crate::ports::Archive as _;

/// More places than anybody reads through.
const PLACES: usize = 200;

/// Where words stand in everything that was recorded.
pub(crate) fn found(directory: Option<&Path>, words: String) -> Message {
    let hits = directory
        .and_then(|directory| SqliteArchive::open(directory, Open::ReadOnly).ok())
        .map(|archive| archive.search(&words, PLACES));
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
