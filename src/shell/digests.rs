//! What the diagnoses of the saved sessions say: taken as it was kept, made anew where the facts are others.

use std::collections::HashMap;
use std::path::Path;

use crate::app::state::Watched;
use crate::app::view::header;
use crate::archive::{Open, SqliteArchive};
use crate::domain::conclude::digest::{ProgressDigest, SessionDigest};
use crate::domain::model::stack::StackId;
use crate::domain::session::Session;
use crate::ports::SessionSummary;
use crate::shell::storage;

/// So many sessions are read for it at a time, those seen last: each is read whole.
const AT_ONCE: usize = 50;

/// What is said of each session. What was made anew is kept in the archive of that directory, where it can be
/// written, so that nobody need make it again.
pub(crate) fn of(
    archive: &SqliteArchive,
    directory: Option<&Path>,
    sessions: &[SessionSummary],
) -> HashMap<StackId, SessionDigest> {
    let mut told = archive.digests(sessions).unwrap_or_default();
    let untold = sessions
        .iter()
        .filter(|session| !told.contains_key(&session.root));
    let made: Vec<_> = untold
        .take(AT_ONCE)
        .filter_map(|summary| {
            let session = storage::session(archive, &summary.root).ok()?;
            Some((summary, told_of(session)))
        })
        .collect();
    if archive.damage().is_none()
        && let Some(directory) = directory.filter(|_| !made.is_empty())
        && let Ok(mut kept) = SqliteArchive::open(directory, Open::ReadWrite)
    {
        for (summary, told) in &made {
            // Whoever cannot write has it made again the next time.
            let _ = kept.keep_told(summary, told);
        }
    }
    told.extend(
        made.into_iter()
            .map(|(summary, told)| (summary.root.clone(), told)),
    );
    told
}

/// What is said of a session, and how far it was where it moved: as its own screen counts that.
fn told_of(session: Session) -> SessionDigest {
    let watched = Watched::saved(session);
    let told = SessionDigest::of(&watched.diagnosis);
    let progress = watched
        .is_moving()
        .then(|| header::progress(&watched, watched.attempt()))
        .flatten();
    SessionDigest {
        progress: progress.map(|progress| ProgressDigest {
            done: progress.done,
            all: progress.all,
        }),
        ..told
    }
}
