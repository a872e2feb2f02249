//! What became of the attempt that counts, of every session at once.
//!
//! Made of the root stacks' own events, which are few, of the change sets that could not be made, and for
//! what was still under way of its newest events: no session need be loaded and no verdict can go stale.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, params};

use crate::archive::sql_time::Stamp;
use crate::domain::deployment::attempt::{Attempts, Outcome};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::session::Session;

/// So many events of a session that was under way are looked at for one that failed, the newest.
const NEWEST: i64 = 2_000;

/// The columns of an event, beside its stack's ARN.
const EVENT: &str = "event_id, at, logical_id, physical_id, type.text, status.text, reason, operation.text";
/// What gives the words of these columns.
const WORDS: &str = "JOIN word AS type ON type.id = resource_type
              JOIN word AS status ON status.id = event.status
              LEFT JOIN word AS operation ON operation.id = event.operation";

/// How a session's deployments went.
#[derive(Debug, Default)]
pub(super) struct SessionVerdict {
    /// How many attempts it has.
    pub(super) attempts: u32,
    /// How the one that counts ended.
    pub(super) outcome: Option<Outcome>,
}

/// How the deployments of each session went.
pub(super) fn verdicts(connection: &Connection) -> rusqlite::Result<HashMap<StackId, SessionVerdict>> {
    let mut facts = own_events(connection)?;
    for (root, recorded) in failed_change_sets(connection)? {
        facts.entry(root).or_default().push(recorded);
    }
    let mut verdicts = HashMap::with_capacity(facts.len());
    for (root, mut facts) in facts {
        let mut judged = judge(&root, &facts);
        let last = judged.attempts.last().map(|attempt| attempt.outcome);
        if last == Some(Outcome::InProgress) {
            facts.extend(newest_events(connection, &root)?);
            judged = judge(&root, &facts);
        }
        let attempts = u32::try_from(judged.attempts.list().len()).unwrap_or(u32::MAX);
        let outcome = judged.outcome();
        verdicts.insert(root, SessionVerdict { attempts, outcome });
    }
    Ok(verdicts)
}

fn judge(root: &StackId, facts: &[Recorded]) -> Diagnosis {
    Diagnosis {
        attempts: Attempts::of(&Session::replay(root.clone(), facts)),
        ..Diagnosis::default()
    }
}

/// The root stacks' own events.
fn own_events(connection: &Connection) -> rusqlite::Result<HashMap<StackId, Vec<Recorded>>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT stack.arn, {EVENT}
         FROM event INDEXED BY own_event
              JOIN stack ON stack.id = event.stack
              JOIN session ON session.id = stack.session AND session.root = stack.arn
              {WORDS}
         WHERE own IS NOT NULL",
    ))?;
    let mut rows = statement.query([])?;
    let mut own: HashMap<StackId, Vec<StackEvent>> = HashMap::new();
    while let Some(row) = rows.next()? {
        if let Some(event) = event(row)? {
            own.entry(event.stack_id.clone()).or_default().push(event);
        }
    }
    Ok(own
        .into_iter()
        .map(|(root, events)| (root.clone(), vec![seen(root, events)]))
        .collect())
}

/// The newest events of one session, of all of its stacks.
fn newest_events(connection: &Connection, root: &StackId) -> rusqlite::Result<Vec<Recorded>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT stack.arn, {EVENT}
         FROM session JOIN stack ON stack.session = session.id
              JOIN event ON event.stack = stack.id
              {WORDS}
         WHERE session.root = ?1 AND named_stack IS NULL ORDER BY event.at DESC LIMIT ?2",
    ))?;
    let mut rows = statement.query(params![root.as_str(), NEWEST])?;
    let mut events: HashMap<StackId, Vec<StackEvent>> = HashMap::new();
    while let Some(row) = rows.next()? {
        if let Some(event) = event(row)? {
            events.entry(event.stack_id.clone()).or_default().push(event);
        }
    }
    Ok(events
        .into_iter()
        .map(|(stack, events)| seen(stack, events))
        .collect())
}

/// The change sets that could not be made, with the sessions that know of them.
fn failed_change_sets(connection: &Connection) -> rusqlite::Result<Vec<(StackId, Recorded)>> {
    let mut statement = connection.prepare_cached(
        "SELECT session.root, observed_at, body
         FROM session JOIN fact INDEXED BY fact_by_moment ON fact.session = session.id
         WHERE kind = 'fact' AND kind <> 'events' AND instr(body, '\"change_set_described\"') AND instr(body, '\"FAILED\"')",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(root) = StackId::parse(row.get_ref(0)?.as_str()?) else {
            continue;
        };
        let Stamp(observed_at) = row.get(1)?;
        if let Ok(fact) = serde_json::from_str::<Fact>(row.get_ref(2)?.as_str()?) {
            found.push((root, Recorded { observed_at, fact }));
        }
    }
    Ok(found)
}

fn event(row: &Row<'_>) -> rusqlite::Result<Option<StackEvent>> {
    let Some(stack_id) = StackId::parse(row.get_ref(0)?.as_str()?) else {
        return Ok(None);
    };
    Ok(Some(StackEvent {
        stack_id,
        event_id: row.get(1)?,
        at: row.get::<_, Stamp>(2)?.0,
        logical_id: row.get(3)?,
        physical_id: row.get(4)?,
        resource_type: row.get(5)?,
        status: Status::new(row.get_ref(6)?.as_str()?),
        reason: row.get(7)?,
        operation_id: row.get(8)?,
        extras: EventExtras::default(),
    }))
}

fn seen(stack_id: StackId, events: Vec<StackEvent>) -> Recorded {
    Recorded {
        observed_at: DateTime::<Utc>::UNIX_EPOCH,
        fact: Fact::StackEventsSeen { stack_id, events },
    }
}
