//! What of an archive cannot be read, by name.

use std::cell::RefCell;
use std::fmt;

use rusqlite::types::Type;
use rusqlite::{Error, ErrorCode};

use crate::domain::model::stack::StackId;

/// Rows that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The session that they belong to, as far as that can be told.
    pub session: Option<StackId>,
    /// Their table.
    pub table: &'static str,
    /// Which rows, by their keys.
    pub rows: String,
    /// What is wrong with them.
    pub why: String,
}

/// Tables of which nothing is told: they are made out of others, to search in.
const REMADE: [&str; 2] = ["said", "word"];

impl Unreadable {
    /// Something that is told of this session may have been lost with it.
    pub fn may_touch(&self, session: &StackId) -> bool {
        let is_of_it = self.session.as_ref().is_none_or(|touched| touched == session);
        is_of_it && !REMADE.contains(&self.table)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.session {
            Some(session) => write!(f, "{}: ", session.name())?,
            None => f.write_str("no session known: ")?,
        }
        write!(f, "{} {}: {}", self.table, self.rows, self.why)
    }
}

/// What is wrong with an archive that could not be read as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What was met first.
    pub reason: String,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// So many are named one by one where only a remark is made; `sessions repair` names all.
const NAMED: usize = 5;

impl Damage {
    /// The damage in sentences, as far as it touches a session (or may touch it); all of it without one.
    pub fn told(&self, session: Option<&StackId>) -> Vec<String> {
        let found = self.touching(session);
        if found.is_empty() && session.is_some() {
            return Vec::new();
        }
        let mut told = vec![format!(
            "the archive is damaged ({}): what can be read of it is shown; `stacktrail sessions repair` recovers it",
            self.reason
        )];
        told.extend(
            found
                .iter()
                .take(NAMED)
                .map(|lost| format!("cannot be read: {lost}")),
        );
        if let Some(more) = found.len().checked_sub(NAMED).filter(|more| *more > 0) {
            told.push(format!("and {more} more"));
        }
        told
    }
}

impl Damage {
    /// The damage in one sentence, as far as it touches a session (or may touch it).
    pub fn remark(&self, session: Option<&StackId>) -> Option<String> {
        let touched = self.touching(session);
        let first = match touched.first() {
            Some(first) => first.to_string(),
            None if session.is_none() => self.reason.clone(),
            None => return None,
        };
        let more = touched.len().saturating_sub(1);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        Some(format!(
            "the archive is damaged and shown without what cannot be read ({first}{more}); `stacktrail sessions repair` recovers it"
        ))
    }

    fn touching(&self, session: Option<&StackId>) -> Vec<&Unreadable> {
        let touches = |unreadable: &&Unreadable| match (session, &unreadable.session) {
            (Some(asked), Some(touched)) => asked == touched,
            _ => true,
        };
        self.unreadable.iter().filter(touches).collect()
    }
}

/// What a reader does about rows that make no sense.
#[derive(Debug, Default)]
pub(super) struct Flaws {
    /// Where they are noted. Without it the first of them ends the reading.
    noted: Option<RefCell<Vec<Noted>>>,
}

/// A table, a row of it, and what is wrong with that.
type Noted = (&'static str, String, String);

impl Flaws {
    /// The reader notes them and goes on.
    pub(super) fn noted() -> Self {
        Self {
            noted: Some(RefCell::default()),
        }
    }

    /// Whoever reads wants to know everything that is wrong.
    pub(super) fn are_noted(&self) -> bool {
        self.noted.is_some()
    }

    /// A row makes no sense.
    pub(super) fn meet(
        &self,
        table: &'static str,
        row: impl fmt::Display,
        why: &str,
    ) -> rusqlite::Result<()> {
        match &self.noted {
            Some(noted) => {
                noted.borrow_mut().push((table, row.to_string(), why.to_owned()));
                Ok(())
            }
            None => Err(senseless(format!("{table} {row}: {why}"))),
        }
    }

    /// A value that a row must hold; without it the row makes no sense.
    pub(super) fn value<T>(
        &self,
        table: &'static str,
        row: impl fmt::Display,
        value: rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        match value {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_damage(&error) => {
                self.meet(table, row, &words(&error))?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What was noted, as of a session.
    pub(super) fn into_unreadable(self, session: Option<&StackId>) -> Vec<Unreadable> {
        let noted = self.noted.map(RefCell::into_inner).unwrap_or_default();
        let unreadable = noted.into_iter().map(|(table, rows, why)| Unreadable {
            session: session.cloned(),
            table,
            rows,
            why,
        });
        unreadable.collect()
    }
}

/// A row that makes no sense, as an error of the reading.
pub(super) fn senseless(why: String) -> Error {
    Error::FromSqlConversionFailure(0, Type::Null, why.into())
}

/// The error says that the file does not hold what it should, rather than that it cannot be read just now.
pub(super) fn is_damage(error: &Error) -> bool {
    match error {
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => true,
        Error::SqliteFailure(failure, said) => match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => true,
            // A table, a column or an index that is not there.
            ErrorCode::Unknown => said.as_deref().is_some_and(|said| said.contains("no such ")),
            _ => false,
        },
        Error::SqlInputError { msg, .. } => msg.contains("no such "),
        _ => false,
    }
}

/// What is wrong, in few words.
pub(super) fn words(error: &Error) -> String {
    match error {
        Error::FromSqlConversionFailure(_, _, why) => why.to_string(),
        other => other.to_string(),
    }
}
