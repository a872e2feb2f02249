//! Reading sessions: facts put together again out of their parts.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};

use super::stamp::Stamp;
use crate::domain::attempt::{Attempts, Outcome};
use crate::domain::diagnosis::Diagnosis;
use crate::domain::event::{EventExtras, StackEvent};
use crate::domain::fact::{Fact, Recorded};
use crate::domain::log::{LogAnswer, LogLine, LogSearch};
use crate::domain::session::Session;
use crate::domain::stack::{StackId, StackTarget};
use crate::domain::status::Status;
use crate::domain::trail::{TrailAnswer, TrailRecord, TrailSearch};
use crate::ports::archive::{ArchiveError, SessionSummary};

/// A trail search in the journal: its records stand in a table of their own.
#[derive(Serialize, Deserialize)]
pub(super) struct TrailBody<'a> {
    search: Cow<'a, TrailSearch>,
    complete: bool,
    calls: u32,
    records: Vec<i64>,
}

impl<'a> TrailBody<'a> {
    pub(super) fn of(answer: &'a TrailAnswer, records: Vec<i64>) -> Self {
        Self {
            search: Cow::Borrowed(&answer.search),
            complete: answer.complete,
            calls: answer.calls,
            records,
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

/// Every fact of a session in the order of its journal; `None` without such a session.
pub(super) fn load(connection: &Connection, root: &StackId) -> rusqlite::Result<Option<Vec<Recorded>>> {
    // One transaction, so that a writer beside it cannot show half of its work.
    let transaction = connection.unchecked_transaction()?;
    let session: Option<(i64, Stamp)> = transaction
        .prepare_cached("SELECT id, last_seen FROM session WHERE root = ?1")?
        .query_row([root.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((session, Stamp(last_seen))) = session else {
        return Ok(None);
    };
    let mut parts = Parts::read(&transaction, session)?;
    let mut facts = Vec::new();
    let mut unread = 0_usize;
    // A page whose events have all been seen earlier elsewhere says nothing; the first of a stack says that
    // the stack is known.
    let mut mentioned: HashSet<StackId> = HashSet::new();
    let mut newest: Option<DateTime<Utc>> = None;
    let mut statement = transaction.prepare_cached(
        "SELECT seq, kind, observed_at, stack, body FROM fact WHERE session = ?1 ORDER BY seq",
    )?;
    let mut rows = statement.query([session])?;
    while let Some(row) = rows.next()? {
        let Stamp(observed_at) = row.get(2)?;
        match parts.fact(row)? {
            Some(Fact::StackEventsSeen { stack_id, events })
                if events.is_empty() && !mentioned.insert(stack_id.clone()) => {}
            Some(fact) => {
                if let Fact::StackEventsSeen { stack_id, .. } = &fact {
                    mentioned.insert(stack_id.clone());
                }
                newest = newest.max(Some(observed_at));
                facts.push(Recorded { observed_at, fact });
            }
            None => unread += 1,
        }
    }
    if unread > 0 {
        tracing::warn!(
            unread,
            "facts of a kind that this version cannot read were left out"
        );
    }
    if newest < Some(last_seen) {
        // The newest look brought nothing that was not known. When it was made still matters.
        facts.push(Recorded {
            observed_at: last_seen,
            fact: Fact::StackEventsSeen {
                stack_id: root.clone(),
                events: Vec::new(),
            },
        });
    }
    Ok(Some(facts))
}

/// What the facts of a session are put together from.
struct Parts {
    stacks: HashMap<i64, StackId>,
    events: HashMap<i64, Vec<StackEvent>>,
    records: HashMap<i64, TrailRecord>,
    lines: HashMap<i64, Vec<LogLine>>,
}

impl Parts {
    fn read(connection: &Connection, session: i64) -> rusqlite::Result<Self> {
        let words = Words::read(connection, session)?;
        let stacks = stacks(connection, session)?;
        let events = events(connection, session, &words, &stacks)?;
        Ok(Self {
            events,
            records: records(connection, session)?,
            lines: lines(connection, session, &words)?,
            stacks,
        })
    }

    /// The fact of a row of the journal; `None` when this version cannot read it.
    fn fact(&mut self, row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
        let seq: i64 = row.get(0)?;
        let kind = row.get_ref(1)?.as_str()?;
        if kind == "events" {
            let stack = row
                .get::<_, Option<i64>>(3)?
                .and_then(|stack| self.stacks.get(&stack));
            return Ok(stack.map(|stack| Fact::StackEventsSeen {
                stack_id: stack.clone(),
                events: self.events.remove(&seq).unwrap_or_default(),
            }));
        }
        let body = row.get_ref(4)?.as_str_or_null()?.unwrap_or_default();
        Ok(match kind {
            "trail" => serde_json::from_str(body).ok().map(|body| self.trail(body)),
            "logs" => serde_json::from_str(body).ok().map(|body| self.logs(seq, body)),
            "fact" => serde_json::from_str(body).ok(),
            _ => None,
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

/// The texts that a session's rows repeat.
struct Words(HashMap<i64, (String, Status)>);

impl Words {
    fn read(connection: &Connection, session: i64) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached("SELECT id, text FROM word WHERE session = ?1")?;
        let words = statement.query_map([session], |row| {
            let text: String = row.get(1)?;
            let status = Status::new(&text);
            Ok((row.get(0)?, (text, status)))
        })?;
        words.collect::<rusqlite::Result<_>>().map(Self)
    }

    fn text(&self, id: i64) -> String {
        self.0.get(&id).map(|(text, _)| text.clone()).unwrap_or_default()
    }

    fn status(&self, id: i64) -> Status {
        self.0
            .get(&id)
            .map_or_else(|| Status::new(""), |(_, status)| status.clone())
    }
}

fn stacks(connection: &Connection, session: i64) -> rusqlite::Result<HashMap<i64, StackId>> {
    let mut statement = connection.prepare_cached("SELECT id, arn FROM stack WHERE session = ?1")?;
    let mut rows = statement.query([session])?;
    let mut stacks = HashMap::new();
    while let Some(row) = rows.next()? {
        if let Some(stack) = StackId::parse(row.get_ref(1)?.as_str()?) {
            stacks.insert(row.get(0)?, stack);
        }
    }
    Ok(stacks)
}

fn events(
    connection: &Connection,
    session: i64,
    words: &Words,
    stacks: &HashMap<i64, StackId>,
) -> rusqlite::Result<HashMap<i64, Vec<StackEvent>>> {
    let mut statement = connection.prepare_cached(
        "SELECT event.fact, event.stack, event_id, at, logical_id, physical_id, resource_type, status,
                reason, operation, named_stack, extras
         FROM fact CROSS JOIN event ON event.fact = fact.seq
         WHERE fact.session = ?1 ORDER BY fact.seq, event.position",
    )?;
    let mut rows = statement.query([session])?;
    let mut events: HashMap<i64, Vec<StackEvent>> = HashMap::new();
    let mut page: (i64, Vec<StackEvent>) = (0, Vec::new());
    while let Some(row) = rows.next()? {
        let fact: i64 = row.get(0)?;
        if fact != page.0 {
            let (fact, events_of_it) = std::mem::replace(&mut page, (fact, Vec::new()));
            events.insert(fact, events_of_it);
        }
        let stack = match row.get::<_, Option<i64>>(10)? {
            None => stacks.get(&row.get(1)?).cloned(),
            Some(named) => StackId::parse(&words.text(named)),
        };
        let Some(stack_id) = stack else { continue };
        let extras: EventExtras = match row.get_ref(11)?.as_str_or_null()? {
            Some(extras) => serde_json::from_str(extras).unwrap_or_default(),
            None => EventExtras::default(),
        };
        page.1.push(StackEvent {
            stack_id,
            event_id: row.get(2)?,
            at: row.get::<_, Stamp>(3)?.0,
            logical_id: row.get(4)?,
            physical_id: row.get(5)?,
            resource_type: words.text(row.get(6)?),
            status: words.status(row.get(7)?),
            reason: row.get(8)?,
            operation_id: row.get::<_, Option<i64>>(9)?.map(|id| words.text(id)),
            extras,
        });
    }
    events.insert(page.0, page.1);
    Ok(events)
}

fn records(connection: &Connection, session: i64) -> rusqlite::Result<HashMap<i64, TrailRecord>> {
    let mut statement =
        connection.prepare_cached("SELECT id, summary, raw FROM trail_record WHERE session = ?1")?;
    let mut rows = statement.query([session])?;
    let mut records = HashMap::new();
    while let Some(row) = rows.next()? {
        if let Ok(mut record) = serde_json::from_str::<TrailRecord>(row.get_ref(1)?.as_str()?) {
            record.raw = row.get(2)?;
            records.insert(row.get(0)?, record);
        }
    }
    Ok(records)
}

fn lines(
    connection: &Connection,
    session: i64,
    words: &Words,
) -> rusqlite::Result<HashMap<i64, Vec<LogLine>>> {
    let mut statement = connection.prepare_cached(
        "SELECT log_line.fact, stream, line_id, at, message
         FROM fact CROSS JOIN log_line ON log_line.fact = fact.seq
         WHERE fact.session = ?1 ORDER BY fact.seq, log_line.position",
    )?;
    let mut rows = statement.query([session])?;
    let mut lines: HashMap<i64, Vec<LogLine>> = HashMap::new();
    while let Some(row) = rows.next()? {
        lines.entry(row.get(0)?).or_default().push(LogLine {
            stream: words.text(row.get(1)?),
            id: row.get(2)?,
            at: row.get::<_, Stamp>(3)?.0,
            message: row.get(4)?,
        });
    }
    Ok(lines)
}

/// The sessions, last seen first.
pub(super) fn sessions(connection: &Connection) -> rusqlite::Result<Vec<SessionSummary>> {
    let mut verdicts = verdicts(connection)?;
    let mut statement = connection.prepare_cached(
        "SELECT root, first_seen, last_seen, coalesce(status, described), events, gone, bytes,
                name, note, pinned
         FROM session",
    )?;
    let mut rows = statement.query([])?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(root) = StackId::parse(row.get_ref(0)?.as_str()?) else {
            continue;
        };
        let (attempts, verdict) = verdicts.remove(&root).unwrap_or_default();
        sessions.push(SessionSummary {
            root,
            attempts,
            verdict,
            first_seen: row.get::<_, Stamp>(1)?.0,
            last_seen: row.get::<_, Stamp>(2)?.0,
            status: row.get(3)?,
            events: u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
            gone: row.get(5)?,
            bytes: u64::try_from(row.get::<_, i64>(6)?).unwrap_or(0),
            name: row.get(7)?,
            note: row.get(8)?,
            pinned: row.get(9)?,
        });
    }
    sessions.sort_by(|a, b| (b.last_seen, &a.root).cmp(&(a.last_seen, &b.root)));
    Ok(sessions)
}

/// How many attempts each session has and how the one that counts ended. Made of the root stacks' own
/// events, which are few, so that no session need be loaded and no verdict can go stale.
fn verdicts(connection: &Connection) -> rusqlite::Result<HashMap<StackId, (u32, Option<Outcome>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT stack.arn, event_id, at, logical_id, physical_id, type.text, status.text, reason, operation.text
         FROM event INDEXED BY own_event
              JOIN stack ON stack.id = event.stack
              JOIN session ON session.id = stack.session AND session.root = stack.arn
              JOIN word AS type ON type.id = resource_type
              JOIN word AS status ON status.id = event.status
              LEFT JOIN word AS operation ON operation.id = event.operation
         WHERE own IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    let mut own: HashMap<StackId, Vec<StackEvent>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let Some(stack_id) = StackId::parse(row.get_ref(0)?.as_str()?) else {
            continue;
        };
        own.entry(stack_id.clone()).or_default().push(StackEvent {
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
        });
    }
    let judged = own.into_iter().map(|(root, events)| {
        let seen = Recorded {
            observed_at: DateTime::UNIX_EPOCH,
            fact: Fact::StackEventsSeen {
                stack_id: root.clone(),
                events,
            },
        };
        let diagnosis = Diagnosis {
            attempts: Attempts::of(&Session::replay(root.clone(), [&seen])),
            ..Diagnosis::default()
        };
        let attempts = u32::try_from(diagnosis.attempts.list().len()).unwrap_or(u32::MAX);
        (
            root,
            (attempts, diagnosis.judged().map(|attempt| attempt.outcome)),
        )
    });
    Ok(judged.collect())
}

/// The shortest beginning of a session's id that counts as one.
const SHORTEST_ID: usize = 4;

/// The session that a person means, out of all, which come last seen first.
pub(super) fn find(sessions: &[SessionSummary], wanted: &str) -> Result<StackId, ArchiveError> {
    let wanted = wanted.trim();
    let nothing = || ArchiveError::NoSession {
        wanted: wanted.to_owned(),
    };
    if let Ok(StackTarget::Id(id)) = StackTarget::parse(wanted) {
        let known = sessions.iter().find(|session| session.root == id);
        return known.map(|session| session.root.clone()).ok_or_else(nothing);
    }
    let named =
        |session: &&SessionSummary| session.name.as_deref() == Some(wanted) || session.root.name() == wanted;
    if let Some(newest) = sessions.iter().find(named) {
        return Ok(newest.root.clone());
    }
    if wanted.len() < SHORTEST_ID {
        return Err(nothing());
    }
    let wanted_id = wanted.to_ascii_lowercase();
    let mut matching = sessions
        .iter()
        .map(|session| &session.root)
        .filter(|root| root.uuid().to_ascii_lowercase().starts_with(&wanted_id));
    match (matching.next(), matching.next()) {
        (None, _) => Err(nothing()),
        (Some(only), None) => Ok(only.clone()),
        (Some(first), Some(second)) => Err(ArchiveError::Ambiguous {
            wanted: wanted.to_owned(),
            candidates: [first, second].into_iter().chain(matching).cloned().collect(),
        }),
    }
}
