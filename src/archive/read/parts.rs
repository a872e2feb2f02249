//! What facts are put together from: events, records and lines in tables of their own.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, params};
use serde::Deserialize;

use super::{LogsBody, TrailBody};
use crate::archive::damage::{Flaws, senseless};
use crate::archive::place::{EventPlace, FactRange};
use crate::archive::raw;
use crate::archive::sql_time::Stamp;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::Fact;
use crate::domain::model::log::{LogAnswer, LogLine};
use crate::domain::model::promise::{NO_EVENT, is_poisoned};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::model::trail::{TrailAnswer, TrailRecord};

/// Which events of a session are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::archive) enum EventScope {
    /// All of them.
    Everything,
    /// So many of the newest, those that failed, and the root stack's own, of which attempts are made.
    Newest(usize),
}

impl EventScope {
    /// The scope for a session of so many events: everything, where that is hardly more.
    pub(super) fn for_events(self, events: i64) -> Self {
        match self {
            Self::Newest(most) if usize::try_from(events).is_ok_and(|events| events > most * 2) => self,
            Self::Newest(_) | Self::Everything => Self::Everything,
        }
    }
}

/// What the facts of a session are put together from.
pub(super) struct Parts {
    scope: EventScope,
    names: RowNames,
    events: HashMap<i64, Vec<StackEvent>>,
    records: HashMap<i64, TrailRecord>,
    lines: HashMap<i64, Vec<LogLine>>,
}

impl Parts {
    pub(super) fn read(
        connection: &Connection,
        session: i64,
        root: &StackId,
        scope: EventScope,
        flaws: &Flaws,
    ) -> rusqlite::Result<Self> {
        let names = RowNames {
            words: Words::read(connection, session, flaws)?,
            stacks: stacks(connection, session, flaws)?,
        };
        let events = match scope {
            EventScope::Everything => HashMap::new(),
            EventScope::Newest(most) => {
                let places = newest(connection, session, root, &names, most)?;
                events_at(connection, &places, &names, flaws)?
            }
        };
        Ok(Self {
            scope,
            events,
            records: records(connection, session, flaws)?,
            lines: lines(connection, session, &names.words, flaws)?,
            names,
        })
    }

    /// Reads the events of a part of the journal, unless those that are wanted are there already.
    pub(super) fn fetch_events(
        &mut self,
        connection: &Connection,
        session: i64,
        part: FactRange,
        flaws: &Flaws,
    ) -> rusqlite::Result<()> {
        if self.scope == EventScope::Everything {
            self.events = events(connection, session, part, &self.names, flaws)?;
        }
        Ok(())
    }

    /// The fact of a row of the journal; `None` when this version cannot read it, or nobody can.
    pub(super) fn fact(&mut self, row: &Row<'_>, flaws: &Flaws) -> rusqlite::Result<Option<Fact>> {
        let seq: i64 = row.get(0)?;
        let kind = flaws.value("fact", seq, row.get::<_, String>(1))?;
        let kind = kind.unwrap_or_default();
        if kind == "events" {
            let stack = flaws.value("fact", seq, row.get::<_, Option<i64>>(3))?.flatten();
            let Some(stack) = stack.and_then(|stack| self.names.stacks.get(&stack)) else {
                flaws.meet("fact", seq, "the stack of its events cannot be named")?;
                return Ok(None);
            };
            let stack_id = stack.clone();
            let events = self.events.remove(&seq).unwrap_or_default();
            // The first look at a stack stands in the journal, whether or not its events stand under another.
            return Ok(Some(if events.is_empty() {
                Fact::StackRead { stack_id }
            } else {
                Fact::StackEventsSeen { stack_id, events }
            }));
        }
        let body = flaws.value("fact", seq, row.get::<_, Option<String>>(4))?;
        let Some(body) = body else { return Ok(None) };
        let body = body.unwrap_or_default();
        Ok(match kind.as_str() {
            "trail" => parsed(&body, seq, flaws)?.map(|body| self.trail(body)),
            "logs" => parsed(&body, seq, flaws)?.map(|body| self.logs(seq, body)),
            "fact" => parsed(&body, seq, flaws)?,
            _ => {
                flaws.meet("fact", seq, "it is of no kind that can be")?;
                None
            }
        })
    }

    fn trail(&self, body: TrailBody<'_>) -> Fact {
        let records = body.records.iter().filter_map(|id| self.records.get(id));
        Fact::TrailSearched {
            answer: TrailAnswer {
                records: records.cloned().collect(),
                search: body.search.into_owned(),
                complete: body.complete,
                calls: body.calls,
                source: body.source,
            },
        }
    }

    fn logs(&mut self, seq: i64, body: LogsBody<'_>) -> Fact {
        Fact::LogsRead {
            answer: LogAnswer {
                search: body.search.into_owned(),
                lines: self.lines.remove(&seq).unwrap_or_default(),
                group_missing: body.group_missing,
                complete: body.complete,
            },
        }
    }
}

/// The content of a fact; `None` when it is of a kind that a newer version wrote, or makes no sense.
fn parsed<'a, T: Deserialize<'a>>(body: &'a str, seq: i64, flaws: &Flaws) -> rusqlite::Result<Option<T>> {
    match serde_json::from_str(body) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.is_data() && error.to_string().starts_with("unknown variant") => Ok(None),
        Err(error) => {
            flaws.meet("fact", seq, &format!("its content makes no sense: {error}"))?;
            Ok(None)
        }
    }
}

/// The texts that a session's rows repeat; a status shares its text with the word that it is.
struct Words(HashMap<i64, (Arc<str>, Status)>);

impl Words {
    fn read(connection: &Connection, session: i64, flaws: &Flaws) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached("SELECT id, text FROM word WHERE session = ?1")?;
        let mut rows = statement.query([session])?;
        let mut words = HashMap::new();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            if let Some(text) = flaws.value("word", id, row.get::<_, Arc<str>>(1))? {
                let status = Status::from(Arc::clone(&text));
                words.insert(id, (text, status));
            }
        }
        Ok(Self(words))
    }

    fn text(&self, id: i64) -> rusqlite::Result<Arc<str>> {
        let found = self.0.get(&id).map(|(text, _)| Arc::clone(text));
        found.ok_or_else(|| senseless(format!("word {id} of it is missing")))
    }

    fn is_failure(&self, id: i64) -> bool {
        self.0.get(&id).is_some_and(|(_, status)| status.is_failed())
    }

    fn status(&self, id: i64) -> rusqlite::Result<Status> {
        let found = self.0.get(&id).map(|(_, status)| status.clone());
        found.ok_or_else(|| senseless(format!("its status, word {id}, is missing")))
    }
}

fn stacks(connection: &Connection, session: i64, flaws: &Flaws) -> rusqlite::Result<HashMap<i64, StackId>> {
    let mut statement = connection.prepare_cached("SELECT id, arn FROM stack WHERE session = ?1")?;
    let mut rows = statement.query([session])?;
    let mut stacks = HashMap::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let Some(arn) = flaws.value("stack", id, row.get::<_, String>(1))? else {
            continue;
        };
        match StackId::parse(&arn) {
            Some(stack) => drop(stacks.insert(id, stack)),
            None => flaws.meet("stack", id, "its ARN is none")?,
        }
    }
    Ok(stacks)
}

/// The columns of an event, as [`RowNames::event`] reads them.
macro_rules! columns {
    () => {
        "event.fact, event.stack, event_id, at, logical_id, physical_id, resource_type, status, reason,
         operation, named_stack, extras, event.position, contested"
    };
}

/// What the numbers in a session's rows stand for.
struct RowNames {
    words: Words,
    stacks: HashMap<i64, StackId>,
}

impl RowNames {
    /// The event of a row; `None` where it makes no sense.
    fn event(&self, row: &Row<'_>, flaws: &Flaws) -> rusqlite::Result<Option<StackEvent>> {
        let place = EventPlace::read(row, 0, 12)?;
        flaws.value("event", place, self.whole_event(row))
    }

    /// The same for whoever loads a session: what is no event is none, and an event that was said to be something
    /// else stands in the journal as often as it was said.
    fn true_event(&self, row: &Row<'_>, flaws: &Flaws) -> rusqlite::Result<Option<StackEvent>> {
        let Some(event) = self.event(row, flaws)? else {
            return Ok(None);
        };
        if is_poisoned(&event) {
            flaws.meet("event", EventPlace::read(row, 0, 12)?, NO_EVENT)?;
            return Ok(None);
        }
        let is_contested = row.get::<_, Option<i64>>(13)?.is_some();
        Ok(Some(event).filter(|_| !is_contested))
    }

    fn whole_event(&self, row: &Row<'_>) -> rusqlite::Result<StackEvent> {
        let stack = match row.get::<_, Option<i64>>(10)? {
            None => self.stacks.get(&row.get(1)?).cloned(),
            Some(named) => StackId::parse(self.words.text(named)?.as_ref()),
        };
        let stack_id = stack.ok_or_else(|| senseless("its stack cannot be named".to_owned()))?;
        let extras: EventExtras = match row.get::<_, Option<String>>(11)? {
            Some(extras) => serde_json::from_str(&extras)
                .map_err(|error| senseless(format!("what else it says makes no sense: {error}")))?,
            None => EventExtras::default(),
        };
        Ok(StackEvent {
            stack_id,
            event_id: row.get(2)?,
            at: row.get::<_, Stamp>(3)?.0,
            logical_id: row.get(4)?,
            physical_id: row.get(5)?,
            resource_type: self.words.text(row.get(6)?)?.as_ref().to_owned(),
            status: self.words.status(row.get(7)?)?,
            reason: row.get(8)?,
            operation_id: match row.get::<_, Option<i64>>(9)? {
                Some(id) => Some(self.words.text(id)?),
                None => None,
            },
            extras,
        })
    }
}

/// All events of a part of a session's journal, by the fact that they stand under.
fn events(
    connection: &Connection,
    session: i64,
    part: FactRange,
    names: &RowNames,
    flaws: &Flaws,
) -> rusqlite::Result<HashMap<i64, Vec<StackEvent>>> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM fact CROSS JOIN event ON event.fact = fact.seq
         WHERE fact.session = ?1 AND fact.seq > ?2 AND fact.seq <= ?3 ORDER BY fact.seq, event.position"
    ))?;
    let mut rows = statement.query(params![session, part.after, part.to])?;
    let mut events: HashMap<i64, Vec<StackEvent>> = HashMap::new();
    let mut page: (i64, Vec<StackEvent>) = (0, Vec::new());
    while let Some(row) = rows.next()? {
        let fact: i64 = row.get(0)?;
        if fact != page.0 {
            let (fact, events_of_it) = std::mem::replace(&mut page, (fact, Vec::new()));
            events.insert(fact, events_of_it);
        }
        page.1.extend(names.true_event(row, flaws)?);
    }
    events.insert(page.0, page.1);
    Ok(events)
}

/// An event as it stands in the archive.
pub(in crate::archive) struct Kept {
    pub(in crate::archive) event: StackEvent,
    /// When it was first seen, whatever it said.
    pub(in crate::archive) observed_at: DateTime<Utc>,
    /// When it was last seen to say this.
    pub(in crate::archive) said_at: DateTime<Utc>,
    /// It was seen to say something else as well.
    pub(in crate::archive) is_contested: bool,
    pub(in crate::archive) place: EventPlace,
}

/// One event of a stack by its id, or all of the stack's own.
pub(in crate::archive) fn events_of(
    connection: &Connection,
    session: i64,
    stack: i64,
    event_id: Option<&str>,
    flaws: &Flaws,
) -> rusqlite::Result<Vec<Kept>> {
    let names = RowNames {
        words: Words::read(connection, session, flaws)?,
        stacks: stacks(connection, session, flaws)?,
    };
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        ", observed_at, coalesce(said_at, observed_at) FROM event JOIN fact ON fact.seq = event.fact
         WHERE event.stack = ?1 AND (event_id = ?2 OR (?2 IS NULL AND own IS NOT NULL))"
    ))?;
    let mut rows = statement.query(params![stack, event_id])?;
    let mut kept = Vec::new();
    while let Some(row) = rows.next()? {
        let place = EventPlace::read(row, 0, 12)?;
        let moments = row.get(14).and_then(|observed| Ok((observed, row.get(15)?)));
        let Some((Stamp(observed_at), Stamp(said_at))) = flaws.value("fact", place.fact, moments)? else {
            continue;
        };
        let is_contested = row.get::<_, Option<i64>>(13)?.is_some();
        kept.extend(names.event(row, flaws)?.map(|event| Kept {
            event,
            observed_at,
            said_at,
            is_contested,
            place,
        }));
    }
    Ok(kept)
}

/// Where the events of [`EventScope::Newest`] stand.
fn newest(
    connection: &Connection,
    session: i64,
    root: &StackId,
    names: &RowNames,
    most: usize,
) -> rusqlite::Result<Vec<EventPlace>> {
    let root = names.stacks.iter().find(|(_, stack)| *stack == root);
    let root = root.map_or(0, |(number, _)| *number);
    let mut own = connection.prepare_cached(
        "SELECT fact, position FROM event INDEXED BY own_event WHERE stack = ?1 AND own IS NOT NULL",
    )?;
    let own = own.query_map([root], |row| EventPlace::read(row, 0, 1))?;
    let mut chosen: Vec<EventPlace> = own.collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare_cached(
        "SELECT event.fact, event.position, at, status
         FROM fact CROSS JOIN event ON event.fact = fact.seq WHERE fact.session = ?1",
    )?;
    let mut rows = statement.query([session])?;
    let mut failed: Vec<(DateTime<Utc>, EventPlace)> = Vec::new();
    let mut others: Vec<(DateTime<Utc>, EventPlace)> = Vec::new();
    while let Some(row) = rows.next()? {
        let place = (row.get::<_, Stamp>(2)?.0, EventPlace::read(row, 0, 1)?);
        if names.words.is_failure(row.get(3)?) {
            failed.push(place);
        } else {
            others.push(place);
        }
    }
    for mut places in [failed, others] {
        if places.len() > most {
            let (_, _, _) = places.select_nth_unstable_by(most, |a, b| b.cmp(a));
            places.truncate(most);
        }
        chosen.extend(places.into_iter().map(|(_, place)| place));
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// The events at these places.
fn events_at(
    connection: &Connection,
    places: &[EventPlace],
    names: &RowNames,
    flaws: &Flaws,
) -> rusqlite::Result<HashMap<i64, Vec<StackEvent>>> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM event WHERE fact = ?1 AND position = ?2"
    ))?;
    let mut events: HashMap<i64, Vec<StackEvent>> = HashMap::new();
    for EventPlace { fact, position } in places {
        let event = statement.query_row(params![fact, position], |row| names.true_event(row, flaws))?;
        events.entry(*fact).or_default().extend(event);
    }
    Ok(events)
}

fn records(
    connection: &Connection,
    session: i64,
    flaws: &Flaws,
) -> rusqlite::Result<HashMap<i64, TrailRecord>> {
    let mut statement =
        connection.prepare_cached("SELECT id, summary, raw FROM trail_record WHERE session = ?1")?;
    let mut rows = statement.query([session])?;
    let mut records = HashMap::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if let Some(record) = flaws.value("trail_record", id, record(row))? {
            let is_whole = if flaws.are_noted() {
                raw::is_whole
            } else {
                raw::may_be_whole
            };
            if !is_whole(&record.raw) {
                flaws.meet("trail_record", id, "the record itself makes no sense")?;
            }
            records.insert(id, record);
        }
    }
    Ok(records)
}

fn record(row: &Row<'_>) -> rusqlite::Result<TrailRecord> {
    let summary: String = row.get(1)?;
    let mut record: TrailRecord = serde_json::from_str(&summary)
        .map_err(|error| senseless(format!("what was read out of it makes no sense: {error}")))?;
    record.raw = row.get(2)?;
    Ok(record)
}

fn lines(
    connection: &Connection,
    session: i64,
    words: &Words,
    flaws: &Flaws,
) -> rusqlite::Result<HashMap<i64, Vec<LogLine>>> {
    let mut statement = connection.prepare_cached(
        "SELECT log_line.fact, stream, line_id, at, message, log_line.position
         FROM fact CROSS JOIN log_line ON log_line.fact = fact.seq
         WHERE fact.session = ?1 ORDER BY fact.seq, log_line.position",
    )?;
    let mut rows = statement.query([session])?;
    let mut lines: HashMap<i64, Vec<LogLine>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (fact, position): (i64, i64) = (row.get(0)?, row.get(5)?);
        let line = flaws.value("log_line", format_args!("{fact}/{position}"), line(row, words))?;
        lines.entry(fact).or_default().extend(line);
    }
    Ok(lines)
}

fn line(row: &Row<'_>, words: &Words) -> rusqlite::Result<LogLine> {
    Ok(LogLine {
        stream: words.text(row.get(1)?)?.as_ref().to_owned(),
        id: row.get(2)?,
        at: row.get::<_, Stamp>(3)?.0,
        message: row.get(4)?,
    })
}
