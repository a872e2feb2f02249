//! The counters of a session's row: what a list shows without a fold.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use crate::archive::sql_time::Stamp;
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::{StackDescription, StackId};

/// What the session's row says about its facts.
pub(super) struct Counters {
    first_seen: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    events: i64,
    bytes: i64,
    gone: bool,
    own: Option<OwnEvent>,
    described: Option<(DateTime<Utc>, String)>,
}

/// The root stack's own newest event.
struct OwnEvent {
    status: String,
    at: DateTime<Utc>,
    rank: u8,
    event_id: String,
}

impl Counters {
    /// The number of a session and its counters.
    pub(super) fn read(connection: &Connection, root: &StackId) -> rusqlite::Result<(i64, Self)> {
        let mut statement = connection.prepare_cached(
            "SELECT id, first_seen, last_seen, events, bytes, gone, status, status_at, status_rank,
                    status_event, described, described_at
             FROM session WHERE root = ?1",
        )?;
        statement.query_row([root.as_str()], |row| {
            let own = match row.get::<_, Option<String>>(6)? {
                Some(status) => Some(OwnEvent {
                    status,
                    at: row.get::<_, Stamp>(7)?.0,
                    rank: row.get(8)?,
                    event_id: row.get(9)?,
                }),
                None => None,
            };
            let described = match row.get::<_, Option<String>>(10)? {
                Some(status) => Some((row.get::<_, Stamp>(11)?.0, status)),
                None => None,
            };
            let counters = Self {
                first_seen: row.get::<_, Stamp>(1)?.0,
                last_seen: row.get::<_, Stamp>(2)?.0,
                events: row.get(3)?,
                bytes: row.get(4)?,
                gone: row.get(5)?,
                own,
                described,
            };
            Ok((row.get(0)?, counters))
        })
    }

    pub(super) fn write(&self, connection: &Connection, session: i64) -> rusqlite::Result<()> {
        let own = self.own.as_ref();
        let described = self.described.as_ref();
        connection
            .prepare_cached(
                "UPDATE session SET first_seen = ?2, last_seen = ?3, events = ?4, bytes = ?5, gone = ?6,
                        status = ?7, status_at = ?8, status_rank = ?9, status_event = ?10,
                        described = ?11, described_at = ?12
                 WHERE id = ?1",
            )?
            .execute(params![
                session,
                Stamp(self.first_seen),
                Stamp(self.last_seen),
                self.events,
                self.bytes,
                self.gone,
                own.map(|own| &own.status),
                own.map(|own| Stamp(own.at)),
                own.map(|own| own.rank),
                own.map(|own| &own.event_id),
                described.map(|(_, status)| status),
                described.map(|(at, _)| Stamp(*at)),
            ])?;
        Ok(())
    }

    pub(super) fn count_event(&mut self) {
        self.events = self.events.saturating_add(1);
    }

    pub(super) fn set_events(&mut self, events: i64) {
        self.events = events;
    }

    pub(super) fn note_gone(&mut self, gone: bool) {
        self.gone |= gone;
    }

    pub(super) fn observe(&mut self, at: DateTime<Utc>) {
        self.first_seen = self.first_seen.min(at);
        self.last_seen = self.last_seen.max(at);
    }

    pub(super) fn count(&mut self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub(super) fn forget_own(&mut self) {
        self.own = None;
    }

    pub(super) fn note_own(&mut self, event: &StackEvent) {
        let (at, rank, _, event_id) = event.order();
        let newer = self
            .own
            .as_ref()
            .is_none_or(|known| (known.at, known.rank, known.event_id.as_str()) < (at, rank, event_id));
        if newer {
            self.own = Some(OwnEvent {
                status: event.status.as_str().to_owned(),
                at,
                rank,
                event_id: event_id.to_owned(),
            });
        }
    }

    pub(super) fn describe(&mut self, at: DateTime<Utc>, stack: &StackDescription) {
        let status = stack.status.as_str();
        let newer = self
            .described
            .as_ref()
            .is_none_or(|(known_at, known)| (*known_at, known.as_str()) < (at, status));
        if newer {
            self.described = Some((at, status.to_owned()));
        }
    }
}
