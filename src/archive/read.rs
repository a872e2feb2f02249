//! Reading sessions: facts put together again out of their parts.

mod parts;
mod verdicts;

use std::borrow::Cow;
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use self::parts::Parts;
pub(super) use self::parts::{EventScope, Kept, events_of};
use self::verdicts::verdicts;
use super::damage::{Flaws, senseless};
use super::place::FactRange;
use crate::archive::sql_time::Stamp;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::log::{LogAnswer, LogSearch};
use crate::domain::model::source::SourceId;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::model::trail::{TrailAnswer, TrailSearch, event_history, is_event_history};
use crate::ports::archive::SessionSummary;

/// A trail search in the journal: its records stand in a table of their own.
#[derive(Serialize, Deserialize)]
pub(super) struct TrailBody<'a> {
    search: Cow<'a, TrailSearch>,
    complete: bool,
    calls: u32,
    records: Vec<i64>,
    #[serde(default = "event_history", skip_serializing_if = "is_event_history")]
    source: SourceId,
}

impl<'a> TrailBody<'a> {
    pub(super) fn of(answer: &'a TrailAnswer, records: Vec<i64>) -> Self {
        Self {
            search: Cow::Borrowed(&answer.search),
            complete: answer.complete,
            calls: answer.calls,
            records,
            source: answer.source.clone(),
        }
    }
}

/// A reading of a log in the journal: its lines stand in a table of their own.
#[derive(Serialize, Deserialize)]
pub(super) struct LogsBody<'a> {
    search: Cow<'a, LogSearch>,
    group_missing: bool,
    complete: bool,
}

impl<'a> LogsBody<'a> {
    pub(super) fn of(answer: &'a LogAnswer) -> Self {
        Self {
            search: Cow::Borrowed(&answer.search),
            group_missing: answer.group_missing,
            complete: answer.complete,
        }
    }
}

/// So many facts are put together at a time: enough to make a look at the tables cheap, little enough to be
/// no burden beside the session itself, a page of a hundred events each.
const AT_ONCE: i64 = 32;

/// Every fact of a session in the order of its journal; `None` without such a session.
pub(super) fn load(connection: &Connection, root: &StackId) -> rusqlite::Result<Option<Vec<Recorded>>> {
    load_noting(connection, root, &Flaws::default())
}

/// As [`load`], but what is wrong with a row is left to the flaws.
pub(super) fn load_noting(
    connection: &Connection,
    root: &StackId,
    flaws: &Flaws,
) -> rusqlite::Result<Option<Vec<Recorded>>> {
    let mut facts = Vec::new();
    let found = each(connection, root, EventScope::Everything, flaws, |recorded| {
        facts.push(recorded);
    })?;
    Ok(found.map(|_| facts))
}

/// Hands over the facts of a session in the order of its journal, with the events that the scope lets in, and
/// tells whether these are all; `None` without such a session.
pub(super) fn each(
    connection: &Connection,
    root: &StackId,
    scope: EventScope,
    flaws: &Flaws,
    take: impl FnMut(Recorded),
) -> rusqlite::Result<Option<bool>> {
    // One transaction, so that a writer beside it cannot show half of its work.
    let transaction = connection.unchecked_transaction()?;
    let session: Option<(i64, Stamp, i64)> = transaction
        .prepare_cached("SELECT id, last_seen, events FROM session WHERE root = ?1")?
        .query_row([root.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((session, Stamp(last_seen), events)) = session else {
        return refuse_lost_index(&transaction, root).map(|()| None);
    };
    let scope = scope.for_events(events);
    let parts = Parts::read(&transaction, session, root, scope, flaws)?;
    let mut journal = Journal {
        parts,
        flaws,
        take,
        unread: 0,
        events: 0,
        mentioned: HashSet::new(),
        newest: None,
    };
    let mut last = i64::MIN;
    while let Some(to) = chunk_end(&transaction, session, last)? {
        journal.hand_over(&transaction, session, FactRange { after: last, to })?;
        last = to;
    }
    if journal.unread > 0 {
        tracing::warn!(
            unread = journal.unread,
            "facts of a kind that this version cannot read were left out"
        );
    }
    let counted = usize::try_from(events).unwrap_or(0);
    if scope == EventScope::Everything && journal.events < counted {
        let there = format!("{} of {counted} events are there", journal.events);
        flaws.meet("session", session, &there)?;
    }
    if journal.newest < Some(last_seen) {
        // The newest look brought nothing that was not known. When it was made still matters.
        (journal.take)(Recorded {
            observed_at: last_seen,
            fact: Fact::StackRead {
                stack_id: root.clone(),
            },
        });
    }
    Ok(Some(scope == EventScope::Everything))
}

/// The last of the facts that come next; none after the end.
fn chunk_end(connection: &Connection, session: i64, after: i64) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT max(seq) FROM (SELECT seq FROM fact WHERE session = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3)",
    )?;
    statement.query_row(params![session, after, AT_ONCE], |row| row.get(0))
}

/// A journal on its way to whoever wants its facts.
struct Journal<'a, F> {
    parts: Parts,
    flaws: &'a Flaws,
    take: F,
    unread: usize,
    /// So many events were handed over.
    events: usize,
    /// A page whose events have all been seen earlier elsewhere says nothing; the first of a stack says that
    /// the stack is known.
    mentioned: HashSet<StackId>,
    newest: Option<DateTime<Utc>>,
}

impl<F: FnMut(Recorded)> Journal<'_, F> {
    /// Hands over the facts of a part of the journal.
    fn hand_over(&mut self, connection: &Connection, session: i64, part: FactRange) -> rusqlite::Result<()> {
        let flaws = self.flaws;
        self.parts.fetch_events(connection, session, part, flaws)?;
        let mut statement = connection.prepare_cached(
            "SELECT seq, kind, observed_at, stack, body FROM fact
             WHERE session = ?1 AND seq > ?2 AND seq <= ?3 AND kind <> 'no_event' ORDER BY seq",
        )?;
        let mut rows = statement.query(params![session, part.after, part.to])?;
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            let Some(Stamp(observed_at)) = flaws.value("fact", seq, row.get(2))? else {
                continue;
            };
            let Some(fact) = self.parts.fact(row, flaws)? else {
                self.unread += 1;
                continue;
            };
            match &fact {
                Fact::StackEventsSeen { stack_id, events } => {
                    self.mentioned.insert(stack_id.clone());
                    self.events += events.len();
                }
                Fact::StackRead { stack_id } if !self.mentioned.insert(stack_id.clone()) => continue,
                _ => {}
            }
            let recorded = Recorded { observed_at, fact };
            if let Some(at) = recorded.impossible_time() {
                flaws.meet("fact", seq, &format!("the time {at:?} in it cannot be"))?;
                continue;
            }
            self.newest = self.newest.max(Some(observed_at));
            (self.take)(recorded);
        }
        Ok(())
    }
}

/// A session that the index of names does not lead to is there nevertheless: the index is damaged.
fn refuse_lost_index(connection: &Connection, root: &StackId) -> rusqlite::Result<()> {
    let is_there: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM session NOT INDEXED WHERE root = ?1)")?
        .query_row([root.as_str()], |row| row.get(0))?;
    if is_there {
        return Err(senseless("a session cannot be found by its name".to_owned()));
    }
    Ok(())
}

/// The sessions, last seen first.
pub(super) fn sessions(connection: &Connection) -> rusqlite::Result<Vec<SessionSummary>> {
    if has_orphans(connection)? {
        return Err(senseless("a session's own row is missing".to_owned()));
    }
    let mut verdicts = verdicts(connection)?;
    let incomplete = incomplete(connection)?;
    let mut statement = connection.prepare_cached(
        "SELECT root, first_seen, last_seen, status, events, gone, bytes, name, note, pinned, described,
                described_at,
                (SELECT max(observed_at)
                 FROM stack JOIN event ON event.stack = stack.id AND own IS NOT NULL
                      JOIN fact ON fact.seq = event.fact
                 WHERE stack.session = session.id AND stack.arn = session.root),
                id
         FROM session",
    )?;
    let mut rows = statement.query([])?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        let root = StackId::parse(row.get_ref(0)?.as_str()?);
        let root = root.ok_or_else(|| senseless("a session has no root stack".to_owned()))?;
        let judged = verdicts.remove(&root).unwrap_or_default();
        let status = status(row)?;
        let is_there = status.as_deref().map(Status::new);
        let is_there = is_there.is_some_and(|status| status.is_of_a_stack_that_is_there());
        sessions.push(SessionSummary {
            root,
            attempts: judged.attempts,
            verdict: judged.outcome,
            first_seen: row.get::<_, Stamp>(1)?.0,
            last_seen: row.get::<_, Stamp>(2)?.0,
            status,
            events: u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
            gone: row.get(5)? && !is_there,
            incomplete: incomplete.contains(&row.get(13)?),
            bytes: u64::try_from(row.get::<_, i64>(6)?).unwrap_or(0),
            name: row.get(7)?,
            note: row.get(8)?,
            pinned: row.get(9)?,
        });
    }
    sessions.sort_by(|a, b| (b.last_seen, &a.root).cmp(&(a.last_seen, &b.root)));
    Ok(sessions)
}

/// The sessions of which a repair could not read everything.
fn incomplete(connection: &Connection) -> rusqlite::Result<HashSet<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT session.id FROM session JOIN fact INDEXED BY fact_by_moment ON fact.session = session.id
         WHERE kind = 'fact' AND kind <> 'events' AND body LIKE '{\"kind\":\"parts_lost\"%'",
    )?;
    let found = statement.query_map([], |row| row.get(0))?;
    found.collect()
}

/// The root stack's status by its own newest event, or as it was described after that was seen: where events
/// cannot be read any more it is what is known.
fn status(row: &Row<'_>) -> rusqlite::Result<Option<String>> {
    let (by_event, described): (Option<String>, Option<String>) = (row.get(3)?, row.get(10)?);
    let described = described.filter(|described| !described.is_empty());
    let (described_at, seen_at): (Option<Stamp>, Option<Stamp>) = (row.get(11)?, row.get(12)?);
    let follows = match (&described, &by_event) {
        (Some(described), Some(by_event)) => Status::new(described).can_follow(&Status::new(by_event)),
        _ => true,
    };
    Ok(if follows && seen_at < described_at {
        described.or(by_event)
    } else {
        by_event.or(described)
    })
}

/// There are stacks of a session that is not there.
fn has_orphans(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM stack WHERE session NOT IN (SELECT id FROM session))")?
        .query_row([], |row| row.get(0))
}
