//! What the diagnosis of each session says, kept beside its facts so that a list and a search need no fold.
//!
//! It is made elsewhere. Whoever reads it is told whether it was made out of the facts that are there now.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::domain::conclude::digest::{FailureDigest, SessionDigest};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::Sought;
use crate::ports::SessionSummary;
use crate::ports::archive::{Hit, HitKind};

/// So much of a sentence is shown around a word.
const SHOWN: usize = 240;

/// What is said, and of what.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// What the facts were, and who read them.
    of: String,
    told: SessionDigest,
}

/// Names the state of a session's facts, and the program whose rules read them.
fn state(session: &SessionSummary) -> String {
    let seen = session.last_seen.timestamp_micros();
    let version = env!("CARGO_PKG_VERSION");
    format!("{version} {} {} {seen}", session.events, session.bytes)
}

/// What is said of these sessions, as far as it was made out of the facts that are there now.
pub(super) fn read(
    connection: &Connection,
    sessions: &[SessionSummary],
) -> rusqlite::Result<HashMap<StackId, SessionDigest>> {
    let states: HashMap<&str, String> = sessions
        .iter()
        .map(|session| (session.root.as_str(), state(session)))
        .collect();
    let mut told = HashMap::new();
    each(connection, |root, kept| {
        if states.get(root.as_str()) == Some(&kept.of) {
            told.insert(root, kept.told);
        }
    })?;
    Ok(told)
}

/// Keeps what is said of a session.
pub(super) fn write(
    connection: &Connection,
    session: &SessionSummary,
    told: &SessionDigest,
) -> rusqlite::Result<()> {
    let kept = Kept {
        of: state(session),
        told: told.clone(),
    };
    let kept = serde_json::to_string(&kept)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection
        .prepare_cached("UPDATE session SET told = ?2 WHERE root = ?1")?
        .execute(params![session.root.as_str(), kept])?;
    Ok(())
}

/// Where the words stand together in what was said, by whichever facts.
pub(super) fn search(connection: &Connection, sought: &Sought) -> rusqlite::Result<Vec<Hit>> {
    let mut hits = Vec::new();
    each(connection, |root, kept| {
        let found = kept.told.failures.iter().filter_map(|failure| {
            let text = sentence(failure, sought)?;
            Some(Hit {
                root: root.clone(),
                kind: HitKind::Cause,
                at: failure.at,
                subject: failure.resource.clone(),
                text: sought.excerpt(&text, SHOWN),
            })
        });
        hits.extend(found);
    })?;
    Ok(hits)
}

/// What is said of a failure, up to the sentence that has the words.
fn sentence(failure: &FailureDigest, sought: &Sought) -> Option<String> {
    let named = |said: &str| sought.all_in(&format!("{} {said}", failure.resource));
    if named(&failure.said) {
        return Some(failure.said.clone());
    }
    failure.more.iter().find(|said| named(said)).cloned()
}

/// Every session of which something is said that can be read.
fn each(connection: &Connection, mut take: impl FnMut(StackId, Kept)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("SELECT root, told FROM session WHERE told IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let root = StackId::parse(row.get_ref(0)?.as_str()?);
        let kept = serde_json::from_str::<Kept>(row.get_ref(1)?.as_str()?).ok();
        if let Some((root, kept)) = root.zip(kept) {
            take(root, kept);
        }
    }
    Ok(())
}
