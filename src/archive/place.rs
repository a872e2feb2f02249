//! Where things stand in the journal.

use std::fmt;

use rusqlite::Row;

use super::search::Passage;

/// Where an event stands: under which fact, and as which of the events there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EventPlace {
    pub(super) fact: i64,
    pub(super) position: i64,
}

impl EventPlace {
    /// Of a row that has the two in these columns.
    pub(super) fn read(row: &Row<'_>, fact: usize, position: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            fact: row.get(fact)?,
            position: row.get(position)?,
        })
    }

    /// The event among what is searched.
    pub(super) fn passage(self) -> Passage {
        let Self { fact, position } = self;
        Passage::Event { fact, position }
    }
}

impl fmt::Display for EventPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.fact, self.position)
    }
}

/// A part of a session's journal, by the numbers of its facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct FactRange {
    /// The last fact before it.
    pub(super) after: i64,
    /// Its last fact.
    pub(super) to: i64,
}
