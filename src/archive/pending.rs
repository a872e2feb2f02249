//! Which sessions still wait for something: what `open` would go on with.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::SqliteArchive;
use crate::domain::deployment::attempt::Outcome;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::stack::StackId;
use crate::domain::session::Session;
use crate::ports::archive::SessionSummary;

/// So many sessions are looked into at most, the ones seen last: a list must be there at once.
const LOOKED_INTO: usize = 20;
/// So many events of each are read: what is waited for is new.
const EVENTS: usize = 1_000;
/// CloudTrail's event history goes no further back.
const KEPT_BY_AWS: TimeDelta = TimeDelta::days(90);

/// The sessions of which a failure's investigation has not come to its end: its records are waited for, or
/// were never searched for to the end.
pub(super) fn pending(
    archive: &SqliteArchive,
    sessions: &[SessionSummary],
    now: DateTime<Utc>,
) -> HashSet<StackId> {
    let mut pending = HashSet::new();
    let may_wait = |session: &&SessionSummary| {
        let failed = session
            .verdict
            .is_some_and(|verdict| verdict.is_failure() || verdict == Outcome::InProgress);
        failed && now.signed_duration_since(session.last_seen) < KEPT_BY_AWS
    };
    for summary in sessions.iter().filter(may_wait).take(LOOKED_INTO) {
        // One that cannot be read keeps nobody from seeing the others.
        let Ok((facts, _)) = archive.load_newest(&summary.root, EVENTS) else {
            continue;
        };
        let session = Session::replay_owned(summary.root.clone(), facts);
        if Diagnosis::of(&session).is_pending(&session, now) {
            pending.insert(summary.root.clone());
        }
    }
    pending
}
