//! What older versions took out of damaged answers for events: set aside in the journal, word for word, as facts
//! of a kind of its own that nobody reads for anything else.
//!
//! It is no event and counts as none anywhere; nothing that was ever recorded is destroyed for it.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::counters::Counters;
use super::damage::Flaws;
use super::place::EventPlace;
use super::read;
use super::search;
use crate::archive::sql_time::Stamp;
use crate::domain::model::promise::is_no_event;
use crate::domain::model::stack::StackId;

/// Keeps what a row says, with its words in place of their numbers.
const KEEP: &str = "
INSERT INTO fact (session, kind, observed_at, body)
SELECT fact.session, 'no_event', fact.observed_at, json_object(
    'stack', stack.arn, 'event_id', event.event_id, 'at', event.at, 'logical_id', event.logical_id, 'physical_id', event.physical_id,
    'resource_type', type.text, 'status', status.text, 'reason', event.reason, 'operation_id', operation.text,
    'named_stack', named.text, 'extras', event.extras)
FROM event JOIN fact ON fact.seq = event.fact
     LEFT JOIN stack ON stack.id = event.stack
     LEFT JOIN word AS type ON type.id = event.resource_type
     LEFT JOIN word AS status ON status.id = event.status
     LEFT JOIN word AS operation ON operation.id = event.operation
     LEFT JOIN word AS named ON named.id = event.named_stack
WHERE event.fact = ?1 AND event.position = ?2";

/// Sets aside what is no event, and counts anew what is left. A row that makes no sense at all is left to whoever
/// reads it: that is damage.
pub(super) fn set_aside(connection: &Connection) -> rusqlite::Result<()> {
    let places = places(connection)?;
    for place in &places {
        set_aside_row(connection, *place)?;
    }
    if !places.is_empty() {
        recount(connection)?;
    }
    Ok(())
}

/// Sets one row aside.
pub(super) fn set_aside_row(connection: &Connection, place: EventPlace) -> rusqlite::Result<()> {
    let EventPlace { fact, position } = place;
    connection.prepare_cached(KEEP)?.execute([fact, position])?;
    search::remove(connection, place.passage())?;
    connection
        .prepare_cached("DELETE FROM event WHERE fact = ?1 AND position = ?2")?
        .execute([fact, position])?;
    Ok(())
}

/// Where what is no event stands.
fn places(connection: &Connection) -> rusqlite::Result<BTreeSet<EventPlace>> {
    let mut statement = connection.prepare("SELECT fact, position, event_id, at FROM event")?;
    let mut rows = statement.query([])?;
    let mut places = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let id = row.get_ref(2)?.as_str();
        if let (Ok(id), Some(at)) = (id, Stamp::as_written(row.get_ref(3)?))
            && is_no_event(id, at)
        {
            places.insert(EventPlace::read(row, 0, 1)?);
        }
    }
    Ok(places)
}

/// Counts the events of the sessions of which something was set aside, and finds the newest of the root's own.
fn recount(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT DISTINCT root FROM fact JOIN session ON session.id = fact.session WHERE kind = 'no_event'",
    )?;
    let roots: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for root in roots.iter().filter_map(|root| StackId::parse(root)) {
        let (session, mut counters) = Counters::read(connection, &root)?;
        let events =
            "SELECT count(*) FROM event JOIN stack ON stack.id = event.stack WHERE stack.session = ?1";
        counters.set_events(connection.query_row(events, [session], |row| row.get(0))?);
        recount_own(connection, session, &root, &mut counters)?;
        counters.write(connection, session)?;
    }
    Ok(())
}

/// Which of the root stack's own events is the newest.
pub(super) fn recount_own(
    connection: &Connection,
    session: i64,
    root: &StackId,
    counters: &mut Counters,
) -> rusqlite::Result<()> {
    counters.forget_own();
    // What cannot be read is told by whoever loads the session.
    let flaws = Flaws::noted();
    let mut statement = connection.prepare_cached("SELECT id FROM stack WHERE session = ?1 AND arn = ?2")?;
    let mut stacks = statement.query(params![session, root.as_str()])?;
    while let Some(row) = stacks.next()? {
        for known in read::events_of(connection, session, row.get(0)?, None, &flaws)? {
            if known.event.is_about_stack() {
                counters.note_own(&known.event);
            }
        }
    }
    Ok(())
}

/// What was set aside, in a sentence for each session.
pub(super) fn told(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let told = counts(connection)?.into_iter().map(|(root, count)| {
        let (events, are, them) = match count {
            1 => ("1 saved event".to_owned(), "is none", "It is"),
            more => (format!("{more} saved events"), "are none", "They are"),
        };
        format!(
            "{}: {events} {are}, but what an older version read out of a damaged answer. {them} set aside in the \
             archive, untouched, and counted no more; what is true is read again when the stack is watched",
            root.name()
        )
    });
    Ok(told.collect())
}

/// How much was set aside, by session.
fn counts(connection: &Connection) -> rusqlite::Result<Vec<(StackId, u64)>> {
    let mut statement = connection.prepare(
        "SELECT root, count(*) FROM fact JOIN session ON session.id = fact.session
         WHERE kind = 'no_event' GROUP BY root ORDER BY root",
    )?;
    let mut rows = statement.query([])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        let root = StackId::parse(row.get_ref(0)?.as_str()?);
        let count = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        counts.extend(root.map(|root| (root, count)));
    }
    Ok(counts)
}
