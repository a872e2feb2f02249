//! Appending facts: each told apart into its parts, each part kept once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{
    Connection, OptionalExtension as _, ToSql, Transaction, TransactionBehavior, params, params_from_iter,
};

use super::counters::Counters;
use super::damage::Flaws;
use super::no_event;
use super::place::EventPlace;
use super::raw;
use super::read::{self, Kept, LogsBody, TrailBody};
use super::search::{self, Passage};
use crate::archive::sql_time::Stamp;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::log::{LogAnswer, LogLine};
use crate::domain::model::promise::{is_no_event, is_poisoned};
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::{TrailAnswer, TrailRecord};

/// Commits facts to a session, all or none.
pub(super) fn append(
    connection: &mut Connection,
    root: &StackId,
    facts: &[Recorded],
) -> rusqlite::Result<()> {
    if facts.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    append_within(&transaction, root, facts)?;
    transaction.commit()
}

/// Appends facts to a session as part of a transaction.
pub(super) fn append_within(
    transaction: &Transaction<'_>,
    root: &StackId,
    facts: &[Recorded],
) -> rusqlite::Result<()> {
    let Some(first) = facts.first() else {
        return Ok(());
    };
    let mut writer = Writer::begin(transaction, root, first.observed_at)?;
    for recorded in facts {
        writer.write(recorded)?;
    }
    writer.finish()
}

/// A text that cannot become JSON or come from it.
fn unspeakable(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

/// Where something stands, and whether it came to stand there only now.
struct Placed {
    id: i64,
    is_new: bool,
}

/// One transaction's view of a session.
struct Writer<'a> {
    transaction: &'a Transaction<'a>,
    root: &'a StackId,
    session: i64,
    counters: Counters,
    words: HashMap<String, i64>,
    stacks: HashMap<StackId, i64>,
}

/// An event with the numbers of the texts in it.
struct EncodedEvent<'e> {
    event: &'e StackEvent,
    stack: i64,
    stack_id: &'e StackId,
    resource_type: i64,
    status: i64,
    operation: Option<i64>,
    named_stack: Option<i64>,
    extras: Option<String>,
    at: Stamp,
    own: Option<i64>,
}

impl EncodedEvent<'_> {
    /// Its columns, in the order of every statement that names them: whose it is, what it says, and whether it is
    /// about its stack.
    fn columns(&self) -> [&dyn ToSql; 12] {
        let event = self.event;
        [
            &self.stack,
            &event.event_id,
            &self.at,
            &event.logical_id,
            &event.physical_id,
            &self.resource_type,
            &self.status,
            &event.reason,
            &self.operation,
            &self.named_stack,
            &self.extras,
            &self.own,
        ]
    }
}

impl<'a> Writer<'a> {
    fn begin(
        transaction: &'a Transaction<'a>,
        root: &'a StackId,
        at: DateTime<Utc>,
    ) -> rusqlite::Result<Self> {
        transaction
            .prepare_cached(
                "INSERT INTO session (root, first_seen, last_seen) VALUES (?1, ?2, ?2) ON CONFLICT (root) DO NOTHING",
            )?
            .execute(params![root.as_str(), Stamp(at)])?;
        let (session, counters) = Counters::read(transaction, root)?;
        Ok(Self {
            transaction,
            root,
            session,
            counters,
            words: HashMap::new(),
            stacks: HashMap::new(),
        })
    }

    fn finish(self) -> rusqlite::Result<()> {
        self.counters.write(self.transaction, self.session)
    }

    fn write(&mut self, recorded: &Recorded) -> rusqlite::Result<()> {
        let at = recorded.observed_at;
        self.counters.observe(at);
        match &recorded.fact {
            Fact::StackEventsSeen { stack_id, events } => return self.write_events(at, stack_id, events),
            Fact::StackRead { stack_id } => return self.write_events(at, stack_id, &[]),
            Fact::TrailSearched { answer } => return self.write_trail(at, answer),
            Fact::LogsRead { answer } => return self.write_logs(at, answer),
            Fact::StackGone { stack_id } => self.counters.note_gone(stack_id == self.root),
            // A description without a status tells nothing.
            Fact::StackDescribed { stack } if stack.id == *self.root && !stack.status.as_str().is_empty() => {
                self.counters.describe(at, stack);
            }
            _ => {}
        }
        let body = serde_json::to_string(&recorded.fact).map_err(unspeakable)?;
        self.fact_once("fact", at, &body).map(|_| ())
    }

    /// Writes a fact into the journal unless the same one of the same moment is there.
    fn fact_once(&mut self, kind: &str, at: DateTime<Utc>, body: &str) -> rusqlite::Result<Placed> {
        let known = self
            .transaction
            .prepare_cached(
                "SELECT seq FROM fact
                 WHERE session = ?1 AND kind = ?2 AND observed_at = ?3 AND body = ?4 AND kind <> 'events'",
            )?
            .query_row(params![self.session, kind, Stamp(at), body], |row| row.get(0))
            .optional()?;
        if let Some(seq) = known {
            return Ok(Placed {
                id: seq,
                is_new: false,
            });
        }
        self.counters.count(body.len());
        self.transaction
            .prepare_cached("INSERT INTO fact (session, kind, observed_at, body) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![self.session, kind, Stamp(at), body])?;
        Ok(Placed {
            id: self.transaction.last_insert_rowid(),
            is_new: true,
        })
    }

    fn write_events(
        &mut self,
        at: DateTime<Utc>,
        stack_id: &StackId,
        events: &[StackEvent],
    ) -> rusqlite::Result<()> {
        let stack = self.stack(stack_id)?;
        self.transaction
            .prepare_cached(
                "INSERT INTO fact (session, kind, observed_at, stack) VALUES (?1, 'events', ?2, ?3)",
            )?
            .execute(params![self.session, Stamp(at), stack.id])?;
        let fact = self.transaction.last_insert_rowid();
        let mut position = 0_i64;
        // What no event can be is none, whoever read it.
        for event in events.iter().filter(|event| !is_poisoned(event)) {
            let place = EventPlace { fact, position };
            let row = self.row(stack.id, stack_id, event)?;
            if self.insert_event(place, &row)? {
                self.counters.count_event();
                if stack_id == self.root && event.is_about_stack() {
                    self.counters.note_own(event);
                }
                position += 1;
            } else if self.see_again(place, at, &row)? {
                position += 1;
            }
        }
        if position == 0 && !stack.is_new {
            self.transaction
                .prepare_cached("DELETE FROM fact WHERE seq = ?1")?
                .execute([fact])?;
        }
        Ok(())
    }

    /// An event as its row tells it.
    fn row<'e>(
        &mut self,
        stack: i64,
        stack_id: &'e StackId,
        event: &'e StackEvent,
    ) -> rusqlite::Result<EncodedEvent<'e>> {
        let operation = match &event.operation_id {
            Some(id) => Some(self.word(id)?),
            None => None,
        };
        let named_stack = if event.stack_id == *stack_id {
            None
        } else {
            Some(self.word(event.stack_id.as_str())?)
        };
        let extras = if event.extras.is_empty() {
            None
        } else {
            Some(serde_json::to_string(&event.extras).map_err(unspeakable)?)
        };
        Ok(EncodedEvent {
            event,
            stack,
            stack_id,
            resource_type: self.word(&event.resource_type)?,
            status: self.word(event.status.as_str())?,
            operation,
            named_stack,
            extras,
            at: Stamp(event.at),
            own: event.is_about_stack().then_some(1),
        })
    }

    fn insert_event(&mut self, at: EventPlace, row: &EncodedEvent<'_>) -> rusqlite::Result<bool> {
        let event = row.event;
        let place: [&dyn ToSql; 2] = [&at.fact, &at.position];
        let inserted = self
            .transaction
            .prepare_cached(
                "INSERT INTO event (fact, position, stack, event_id, at, logical_id, physical_id,
                                    resource_type, status, reason, operation, named_stack, extras, own)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                 ON CONFLICT (stack, event_id) DO NOTHING",
            )?
            .execute(params_from_iter(place.into_iter().chain(row.columns())))?;
        if inserted > 0 {
            let optional = [&event.physical_id, &event.reason, &row.extras];
            let optional: usize = optional
                .iter()
                .map(|text| text.as_ref().map_or(0, String::len))
                .sum();
            self.counters
                .count(event.event_id.len() + event.logical_id.len() + optional + 40);
            search::add_event(self.transaction, at.passage(), event)?;
        }
        Ok(inserted > 0)
    }

    /// Takes note of an event that is known: its first sight counts for when it was seen, the last for what it says.
    /// Returns whether it stands at this place now.
    fn see_again(
        &mut self,
        place: EventPlace,
        at: DateTime<Utc>,
        row: &EncodedEvent<'_>,
    ) -> rusqlite::Result<bool> {
        if self.is_nothing_new(at, row)? {
            return Ok(false);
        }
        if let Some(place) = self.no_event(row)? {
            no_event::set_aside_row(self.transaction, place)?;
            self.insert_event(place, row)?;
            if row.stack_id == self.root {
                self.recount_own()?;
            }
            return Ok(false);
        }
        let known = read::events_of(
            self.transaction,
            self.session,
            row.stack,
            Some(&row.event.event_id),
            &Flaws::default(),
        )?;
        let Some(known) = known.into_iter().next() else {
            return Ok(false);
        };
        let is_same = known.event.says_the_same(row.event);
        if known.is_contested {
            self.say(row.stack_id, at, row.event)?;
        } else if !is_same {
            self.contest(at, &known, row)?;
        }
        let is_last = !is_same && row.event.is_last_word(at, &known.event, known.said_at);
        if is_last {
            self.replace(&known, row)?;
        }
        if is_last || is_same && at > known.said_at {
            self.set_said_at(row, at)?;
        }
        if at >= known.observed_at {
            return Ok(false);
        }
        if !is_last {
            self.set_said_at(row, known.said_at)?;
        }
        let stands = if is_last { row.event } else { &known.event };
        self.move_to(place, &known, stands)?;
        Ok(true)
    }

    /// Whether the event of this id says the same, and was seen before that and after.
    fn is_nothing_new(&self, at: DateTime<Utc>, row: &EncodedEvent<'_>) -> rusqlite::Result<bool> {
        let (is_same, first, last): (bool, Stamp, Stamp) = self
            .transaction
            .prepare_cached(
                "SELECT at = ?3 AND logical_id = ?4 AND physical_id IS ?5 AND resource_type = ?6
                        AND status = ?7 AND reason IS ?8 AND operation IS ?9 AND named_stack IS ?10
                        AND extras IS ?11, observed_at, coalesce(said_at, observed_at)
                 FROM event JOIN fact ON fact.seq = event.fact
                 WHERE event.stack = ?1 AND event_id = ?2",
            )?
            .query_row(
                // Whether it is about its stack follows from the others.
                params_from_iter(row.columns().into_iter().take(11)),
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
        Ok(is_same && (first.0..=last.0).contains(&at))
    }

    /// Writes into the journal that an event was seen to say this.
    fn say(&mut self, stack_id: &StackId, at: DateTime<Utc>, event: &StackEvent) -> rusqlite::Result<()> {
        let said = Fact::StackEventsSeen {
            stack_id: stack_id.clone(),
            events: vec![event.clone()],
        };
        let body = serde_json::to_string(&said).map_err(unspeakable)?;
        self.fact_once("fact", at, &body).map(|_| ())
    }

    /// From now on every sight of the event is a fact of its own, so that none is lost and whoever reads them
    /// comes to the same last word.
    fn contest(&mut self, at: DateTime<Utc>, known: &Kept, row: &EncodedEvent<'_>) -> rusqlite::Result<()> {
        self.say(row.stack_id, known.observed_at, &known.event)?;
        if known.said_at != known.observed_at {
            self.say(row.stack_id, known.said_at, &known.event)?;
        }
        self.say(row.stack_id, at, row.event)?;
        self.transaction
            .prepare_cached("UPDATE event SET contested = 1 WHERE stack = ?1 AND event_id = ?2")?
            .execute(params![row.stack, row.event.event_id])?;
        Ok(())
    }

    fn set_said_at(&self, row: &EncodedEvent<'_>, at: DateTime<Utc>) -> rusqlite::Result<()> {
        self.transaction
            .prepare_cached("UPDATE event SET said_at = ?3 WHERE stack = ?1 AND event_id = ?2")?
            .execute(params![row.stack, row.event.event_id, Stamp(at)])?;
        Ok(())
    }

    /// Puts what an event says now in the place of what it said.
    fn replace(&mut self, known: &Kept, row: &EncodedEvent<'_>) -> rusqlite::Result<()> {
        self.transaction
            .prepare_cached(
                "UPDATE event SET at = ?3, logical_id = ?4, physical_id = ?5, resource_type = ?6, status = ?7,
                        reason = ?8, operation = ?9, named_stack = ?10, extras = ?11, own = ?12
                 WHERE stack = ?1 AND event_id = ?2",
            )?
            .execute(params_from_iter(row.columns()))?;
        search::remove(self.transaction, known.place.passage())?;
        search::add_event(self.transaction, known.place.passage(), row.event)?;
        if row.stack_id == self.root {
            self.recount_own()?;
        }
        Ok(())
    }

    /// Which of the root stack's own events is the newest, when one of them has changed.
    fn recount_own(&mut self) -> rusqlite::Result<()> {
        no_event::recount_own(self.transaction, self.session, self.root, &mut self.counters)
    }

    /// Where what stands under this id stands, if it is no event: another program may have written it since the file
    /// was brought up to date.
    fn no_event(&self, row: &EncodedEvent<'_>) -> rusqlite::Result<Option<EventPlace>> {
        self.transaction
            .prepare_cached("SELECT fact, position, at FROM event WHERE stack = ?1 AND event_id = ?2")?
            .query_row(params![row.stack, row.event.event_id], |found| {
                let at = Stamp::as_written(found.get_ref(2)?);
                let is_none = at.is_some_and(|at| is_no_event(&row.event.event_id, at));
                let place = EventPlace::read(found, 0, 1)?;
                Ok(is_none.then_some(place))
            })
    }

    /// Moves a known event under a fact that saw it earlier than the one that it stands under.
    fn move_to(&self, to: EventPlace, known: &Kept, event: &StackEvent) -> rusqlite::Result<()> {
        let from = known.place;
        search::remove(self.transaction, from.passage())?;
        search::add_event(self.transaction, to.passage(), event)?;
        self.transaction
            .prepare_cached("UPDATE event SET fact = ?3, position = ?4 WHERE fact = ?1 AND position = ?2")?
            .execute([from.fact, from.position, to.fact, to.position])?;
        Ok(())
    }

    fn write_trail(&mut self, at: DateTime<Utc>, answer: &TrailAnswer) -> rusqlite::Result<()> {
        let mut records = Vec::with_capacity(answer.records.len());
        for record in &answer.records {
            records.push(self.record(at, record)?);
        }
        let body = serde_json::to_string(&TrailBody::of(answer, records)).map_err(unspeakable)?;
        self.fact_once("trail", at, &body).map(|_| ())
    }

    fn record(&mut self, at: DateTime<Utc>, record: &TrailRecord) -> rusqlite::Result<i64> {
        let known: Option<(i64, Stamp)> = self
            .transaction
            .prepare_cached("SELECT id, observed_at FROM trail_record WHERE session = ?1 AND event_id = ?2")?
            .query_row(params![self.session, record.event_id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        if let Some((id, known_at)) = known {
            if at < known_at.0 {
                self.transaction
                    .prepare_cached("UPDATE trail_record SET observed_at = ?2 WHERE id = ?1")?
                    .execute(params![id, Stamp(at)])?;
            }
            return Ok(id);
        }
        let mut summary = record.clone();
        // A record is a document. What is none tells nothing, and would pass for damage.
        let raw = Some(std::mem::take(&mut summary.raw))
            .filter(|raw| raw::is_whole(raw))
            .unwrap_or_default();
        let summary = serde_json::to_string(&summary).map_err(unspeakable)?;
        self.counters.count(summary.len() + raw.len());
        self.transaction
            .prepare_cached(
                "INSERT INTO trail_record (session, event_id, observed_at, summary, raw)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![self.session, record.event_id, Stamp(at), summary, raw])?;
        let id = self.transaction.last_insert_rowid();
        search::add(
            self.transaction,
            Passage::Record(id),
            &format!("{summary}\n{raw}"),
        )?;
        Ok(id)
    }

    fn write_logs(&mut self, at: DateTime<Utc>, answer: &LogAnswer) -> rusqlite::Result<()> {
        let body = serde_json::to_string(&LogsBody::of(answer)).map_err(unspeakable)?;
        let Placed { id: fact, is_new } = self.fact_once("logs", at, &body)?;
        let mut position: i64 = if is_new {
            0
        } else {
            self.transaction
                .prepare_cached("SELECT coalesce(max(position) + 1, 0) FROM log_line WHERE fact = ?1")?
                .query_row([fact], |row| row.get(0))?
        };
        let group = serde_json::to_string(&answer.search.group).map_err(unspeakable)?;
        let group = self.word(&group)?;
        for line in &answer.lines {
            if self.insert_line(fact, position, group, line)? {
                position += 1;
            }
        }
        Ok(())
    }

    fn insert_line(
        &mut self,
        fact: i64,
        position: i64,
        group: i64,
        line: &LogLine,
    ) -> rusqlite::Result<bool> {
        let stream = self.word(&line.stream)?;
        let inserted = self
            .transaction
            .prepare_cached(
                "INSERT INTO log_line (fact, position, log_group, stream, line_id, at, message)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (log_group, stream, line_id, at) DO NOTHING",
            )?
            .execute(params![
                fact,
                position,
                group,
                stream,
                line.id,
                Stamp(line.at),
                line.message
            ])?;
        if inserted > 0 {
            self.counters.count(line.id.len() + line.message.len() + 24);
            search::add(self.transaction, Passage::Line { fact, position }, &line.message)?;
        }
        Ok(inserted > 0)
    }

    /// The number of a text in this session.
    fn word(&mut self, text: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.words.get(text) {
            return Ok(*id);
        }
        let known = self
            .transaction
            .prepare_cached("SELECT id FROM word WHERE session = ?1 AND text = ?2")?
            .query_row(params![self.session, text], |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = known {
            id
        } else {
            self.transaction
                .prepare_cached("INSERT INTO word (session, text) VALUES (?1, ?2)")?
                .execute(params![self.session, text])?;
            self.transaction.last_insert_rowid()
        };
        self.words.insert(text.to_owned(), id);
        Ok(id)
    }

    /// The number of a stack in this session; it may have had none yet.
    fn stack(&mut self, stack: &StackId) -> rusqlite::Result<Placed> {
        if let Some(id) = self.stacks.get(stack) {
            return Ok(Placed {
                id: *id,
                is_new: false,
            });
        }
        let is_new = self
            .transaction
            .prepare_cached("INSERT INTO stack (session, arn) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![self.session, stack.as_str()])?
            > 0;
        let id = self
            .transaction
            .prepare_cached("SELECT id FROM stack WHERE session = ?1 AND arn = ?2")?
            .query_row(params![self.session, stack.as_str()], |row| row.get(0))?;
        self.stacks.insert(stack.clone(), id);
        Ok(Placed { id, is_new })
    }
}
