//! Full-text search over reasons, log lines, trail records and what the diagnoses say.
//!
//! The index says in which texts all the threes of letters stand that a word has; the text is read from the tables
//! that hold it, and tells whether they stand together.

use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};

use crate::archive::digests;
use crate::archive::sql_time::Stamp;
use crate::domain::model::event::StackEvent;
use crate::domain::model::log::LogGroup;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::text::Sought;
use crate::ports::archive::{Hit, HitKind};

/// What CloudFormation says of every resource that it makes. It explains nothing, and is so frequent that it
/// would be a third of the index.
const SAID_OF_ALL: &str = "Resource creation Initiated";

/// A page, a reading of a log: more than so many of anything never come together.
const MOST_TOGETHER: i64 = 1 << 20;

/// Behind every text, so that its last letters are the beginning of three, too.
const END: &str = "\n\n";

/// So many letters together are in the index.
const TOGETHER: usize = 3;

/// So much of a text is shown around a word.
const SHOWN: usize = 240;

/// A text in the index; its row number there says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    Event { fact: i64, position: i64 },
    Line { fact: i64, position: i64 },
    Record(i64),
}

impl Passage {
    fn number(self) -> i64 {
        match self {
            Self::Event { fact, position } => (fact << 22) + position * 4,
            Self::Line { fact, position } => (fact << 22) + position * 4 + 1,
            Self::Record(id) => id * 4 + 2,
        }
    }

    fn numbered(number: i64) -> Option<Self> {
        let (fact, position) = (number >> 22, (number >> 2) & (MOST_TOGETHER - 1));
        match number & 3 {
            0 => Some(Self::Event { fact, position }),
            1 => Some(Self::Line { fact, position }),
            2 => Some(Self::Record(number >> 2)),
            _ => None,
        }
    }

    fn has_room(self) -> bool {
        match self {
            Self::Event { position, .. } | Self::Line { position, .. } => position < MOST_TOGETHER,
            Self::Record(_) => true,
        }
    }
}

impl ToSql for Passage {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.number()))
    }
}

impl FromSql for Passage {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        Self::numbered(number).ok_or(rusqlite::types::FromSqlError::OutOfRange(number))
    }
}

/// Makes an event's reason findable.
pub(super) fn add_event(
    connection: &Connection,
    passage: Passage,
    event: &StackEvent,
) -> rusqlite::Result<()> {
    match &event.reason {
        Some(reason) if reason != SAID_OF_ALL => {
            add(connection, passage, &format!("{}\n{reason}", event.logical_id))
        }
        _ => Ok(()),
    }
}

/// Makes a text findable.
pub(super) fn add(connection: &Connection, passage: Passage, text: &str) -> rusqlite::Result<()> {
    if passage.has_room() {
        connection
            .prepare_cached("INSERT INTO said (rowid, text) VALUES (?1, ?2)")?
            .execute(params![passage, format!("{text}{END}")])?;
    }
    Ok(())
}

/// Makes a text unfindable.
pub(super) fn remove(connection: &Connection, passage: Passage) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM said WHERE rowid = ?1")?
        .execute([passage])?;
    Ok(())
}

/// Takes a session out of the index. Its rows must still be there.
pub(super) fn forget(connection: &Connection, root: &StackId) -> rusqlite::Result<()> {
    let session: Option<i64> = connection
        .query_row("SELECT id FROM session WHERE root = ?1", [root.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    for passages in [
        "SELECT (fact << 22) + position * 4 FROM fact JOIN event ON event.fact = seq
         WHERE session = ?1 AND reason IS NOT NULL",
        "SELECT (fact << 22) + position * 4 + 1 FROM fact JOIN log_line ON log_line.fact = seq
         WHERE session = ?1",
        "SELECT id * 4 + 2 FROM trail_record WHERE session = ?1",
    ] {
        connection.execute(
            &format!("DELETE FROM said WHERE rowid IN ({passages})"),
            [session],
        )?;
    }
    Ok(())
}

/// Writes the index anew without what was taken out of it.
pub(super) fn tidy(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("INSERT INTO said (said) VALUES ('optimize')", [])?;
    Ok(())
}

/// Where the words stand together, each as it is or as a part of another: what was recorded last, newest first.
pub(super) fn search(connection: &Connection, words: &str, most: usize) -> rusqlite::Result<Vec<Hit>> {
    let sought = Sought::words(words);
    let transaction = connection.unchecked_transaction()?;
    let Some(query) = query(&transaction, &sought)? else {
        return Ok(Vec::new());
    };
    let mut statement = transaction
        .prepare_cached("SELECT rowid FROM said WHERE said MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC")?;
    let mut found: Vec<Passage> = Vec::new();
    let mut hits = digests::search(&transaction, &sought)?;
    // Records are numbered by themselves, below everything that stands under a fact.
    let records = has_records(&transaction)?.then_some(MOST_TOGETHER << 2);
    for below in std::iter::once(i64::MAX).chain(records) {
        let mut rows = statement.query(params![query, below])?;
        let enough = hits.len() + most;
        while hits.len() < enough
            && let Some(row) = rows.next()?
        {
            let passage = row.get(0)?;
            if !found.contains(&passage) {
                found.push(passage);
                hits.extend(hit(&transaction, passage, &sought)?);
            }
        }
    }
    hits.sort_by(|a, b| (b.at, &a.root).cmp(&(a.at, &b.root)));
    hits.truncate(most);
    Ok(hits)
}

fn has_records(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM trail_record)")?
        .query_row([], |row| row.get(0))
}

/// What a text must have in the index to hold all of the words; none where nothing can.
fn query(connection: &Connection, sought: &Sought) -> rusqlite::Result<Option<String>> {
    let mut all = Vec::new();
    for word in sought.plain() {
        let letters: Vec<char> = word.chars().collect();
        if letters.len() >= TOGETHER {
            all.extend(
                letters
                    .windows(TOGETHER)
                    .map(|three| quoted(&three.iter().collect::<String>())),
            );
            continue;
        }
        let begun = beginning_with(connection, &word)?;
        if begun.is_empty() {
            return Ok(None);
        }
        let begun: Vec<String> = begun.iter().map(|letters| quoted(letters)).collect();
        all.push(format!("({})", begun.join(" OR ")));
    }
    Ok((!all.is_empty()).then(|| all.join(" AND ")))
}

fn quoted(letters: &str) -> String {
    format!("\"{}\"", letters.replace('"', "\"\""))
}

/// The threes of letters in the index that begin so.
fn beginning_with(connection: &Connection, letters: &str) -> rusqlite::Result<Vec<String>> {
    connection.execute_batch(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.said_letters USING fts5vocab (main, said, row)",
    )?;
    let mut statement =
        connection.prepare_cached("SELECT term FROM temp.said_letters WHERE term >= ?1 AND term < ?2")?;
    let found = statement.query_map([letters, &format!("{letters}{}", char::MAX)], |row| row.get(0))?;
    found.collect()
}

/// What stands there, if the words do.
fn hit(connection: &Connection, passage: Passage, sought: &Sought) -> rusqlite::Result<Option<Hit>> {
    let found = match passage {
        Passage::Event { fact, position } => connection
            .prepare_cached(
                "SELECT root, at, logical_id || '  ' || word.text, reason
                 FROM event JOIN fact ON seq = fact JOIN session ON session.id = fact.session
                      JOIN word ON word.id = event.status
                 WHERE fact = ?1 AND position = ?2",
            )?
            .query_row(params![fact, position], |row| read(row, HitKind::Event)),
        Passage::Line { fact, position } => connection
            .prepare_cached(
                "SELECT root, at, word.text, message
                 FROM log_line JOIN fact ON seq = fact JOIN session ON session.id = fact.session
                      JOIN word ON word.id = log_group
                 WHERE fact = ?1 AND position = ?2",
            )?
            .query_row(params![fact, position], |row| read(row, HitKind::LogLine)),
        Passage::Record(id) => connection
            .prepare_cached(
                "SELECT root, observed_at, summary, raw
                 FROM trail_record JOIN session ON session.id = trail_record.session
                 WHERE trail_record.id = ?1",
            )?
            .query_row([id], |row| read(row, HitKind::TrailRecord)),
    };
    Ok(found
        .optional()?
        .flatten()
        .filter(|(_, all)| sought.all_in(all))
        .map(|(hit, _)| Hit {
            text: sought.excerpt(&hit.text, SHOWN),
            ..hit
        }))
}

/// A row as a place, and everything that can be found in it.
fn read(row: &Row<'_>, kind: HitKind) -> rusqlite::Result<Option<(Hit, String)>> {
    let Some(root) = StackId::parse(row.get_ref(0)?.as_str()?) else {
        return Ok(None);
    };
    let mut hit = Hit {
        root,
        kind,
        at: row.get::<_, Stamp>(1)?.0,
        subject: row.get(2)?,
        text: row.get(3)?,
    };
    let searched = match kind {
        HitKind::LogLine => hit.text.clone(),
        _ => format!("{}\n{}", hit.subject, hit.text),
    };
    match kind {
        HitKind::Event | HitKind::Cause => {}
        HitKind::LogLine => {
            if let Ok(group) = serde_json::from_str::<LogGroup>(&hit.subject) {
                hit.subject = group.name;
            }
        }
        HitKind::TrailRecord => {
            let record: Option<TrailRecord> = serde_json::from_str(&hit.subject).ok();
            if let Some(record) = record {
                hit.at = record.at;
                hit.subject = format!("{}  {}", record.action(), record.caller());
                if hit.text.is_empty() {
                    hit.text = record.error_message.unwrap_or_default();
                }
            }
        }
    }
    Ok(Some((hit, searched)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_its_number() {
        for passage in [
            Passage::Event { fact: 1, position: 0 },
            Passage::Event {
                fact: 70_000,
                position: MOST_TOGETHER - 1,
            },
            Passage::Line { fact: 3, position: 9 },
            Passage::Record(12),
        ] {
            assert_eq!(Passage::numbered(passage.number()), Some(passage));
        }
    }

    #[test]
    fn any_text_can_be_searched_for() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE VIRTUAL TABLE said USING fts5 (text, detail = none, tokenize = 'trigram')")
            .unwrap();
        add(&connection, Passage::Record(1), "in s3").unwrap();
        let query = |words: &str| query(&connection, &Sought::words(words)).unwrap();
        assert_eq!(query("  "), None);
        assert_eq!(query("\" - *"), None);
        assert_eq!(
            query("s3").as_deref(),
            Some("(\"s3\n\")"),
            "two letters at the end"
        );
        assert_eq!(query("zz"), None, "nothing has them");
        assert_eq!(
            query("\"den\0ied").as_deref(),
            Some("\"\"\"de\" AND \"den\" AND \"ied\"")
        );
    }
}
