//! Reading what can be read of a damaged file, and naming what cannot.
//!
//! Each table is read around the places that cannot be read, into a copy in memory. What lost the row that it
//! belongs to gets another one. Of the copy, sessions are loaded as of any archive.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

use super::super::damage::{Flaws, Unreadable, senseless, words};
use super::super::{open, read};
use super::copy::{Met, RowId, Walk};
use super::mend::{MEND, ORPHANS};
use super::pages;
use super::roots::StrayRow;
use super::rows::{Found, TABLES, Table};
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;

/// What was read of one session.
pub(super) struct SalvagedSession {
    pub(super) root: StackId,
    pub(super) facts: Vec<Recorded>,
    pub(super) name: Option<String>,
    pub(super) note: Option<String>,
    pub(super) pinned: bool,
    pub(super) counted: Option<u64>,
}

/// What was read of a file.
pub(super) struct Salvaged {
    pub(super) sessions: Vec<SalvagedSession>,
    pub(super) unreadable: Vec<Unreadable>,
}

/// Everything that can be read, session by session, in the order in which they began.
pub(super) fn salvage(path: &Path) -> rusqlite::Result<Salvaged> {
    let mut copy = Copy::of(&open_damaged(path))?;
    if copy.rows == 0 || copy.misses_a_table() {
        // The first page says where everything is. Another archive's may say it as well, and so do the others.
        for (mended, strays) in pages::mended(path) {
            let mut other = Copy::of(&mended)?;
            if other.rows > copy.rows {
                other.name_strays(&strays)?;
                copy = other;
            }
        }
    }
    copy.sessions()
}

/// The file as it is, whatever its schema says.
fn open_damaged(path: &Path) -> rusqlite::Result<Connection> {
    let damaged = open::connect(path, !open::has_log(path))?;
    damaged.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
    Ok(damaged)
}

/// Rows of no use, on the way to their name.
struct Loss {
    table: &'static str,
    ends: (Option<RowId>, Option<RowId>),
    session: Option<i64>,
    rows: String,
    why: String,
}

/// A copy in memory of the rows that are of use.
struct Copy {
    connection: Connection,
    rows: u64,
    losses: Vec<Loss>,
}

impl Copy {
    fn of(damaged: &rusqlite::Result<Connection>) -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        open::migrate(&mut connection)?;
        connection.pragma_update(None, "foreign_keys", false)?;
        let mut copy = Self {
            connection,
            rows: 0,
            losses: Vec::new(),
        };
        for table in &TABLES {
            // A table that cannot be read at all does not keep the others from being read.
            let taken = match damaged {
                Ok(damaged) => copy.copy_table(damaged, table),
                Err(error) => Err(senseless(words(error))),
            };
            if let Err(error) = taken {
                copy.losses.push(Loss {
                    table: table.name,
                    ends: (None, None),
                    session: None,
                    rows: "all rows".to_owned(),
                    why: words(&error),
                });
            }
        }
        Ok(copy)
    }

    /// Of some table no row could be read.
    fn misses_a_table(&self) -> bool {
        let whole = |loss: &Loss| loss.ends == (None, None) && loss.rows == "all rows";
        self.losses.iter().any(whole)
    }

    fn copy_table(&mut self, damaged: &Connection, table: &Table) -> rusqlite::Result<()> {
        let known = columns(&self.connection, table.name)?;
        let mut columns = columns(damaged, table.name)?;
        columns.retain(|column| known.contains(column));
        if columns.is_empty() {
            return Err(senseless("the table is missing".to_owned()));
        }
        let places = vec!["?"; columns.len()].join(", ");
        let mut insert = self.connection.prepare(&format!(
            "INSERT INTO {} ({}) VALUES ({places})",
            table.name,
            columns.join(", ")
        ))?;
        let (rows, losses) = (&mut self.rows, &mut self.losses);
        Walk::new(damaged, table, &columns)?.go(|met| match met {
            Met::Hole { ends, rows, why } => losses.push(Loss {
                table: table.name,
                ends,
                session: None,
                rows,
                why,
            }),
            Met::Row(key, values, mended) => {
                let said = accept(table, &columns, (values, &mended), |values| {
                    insert.execute(params_from_iter(values)).map(|_| *rows += 1)
                });
                losses.extend(said.into_iter().map(|(session, why)| Loss {
                    table: table.name,
                    ends: (Some(key), Some(key)),
                    session,
                    rows: match table.key.len() {
                        1 => key.0.to_string(),
                        _ => format!("{}/{}", key.0, key.1),
                    },
                    why,
                }));
            }
        });
        Ok(())
    }

    /// Names what was not copied because no page leads to it any more. What was removed is not named: it belongs to
    /// nothing that is there; nor what was moved: it is there.
    fn name_strays(&mut self, strays: &[StrayRow]) -> rusqlite::Result<()> {
        let mut named = BTreeSet::new();
        for stray in strays {
            let session = match stray.table {
                "event" | "log_line" => self.session_of(stray.owner)?,
                "session" => self.first("SELECT session FROM stack WHERE session = ?1", &[stray.owner])?,
                _ => self.first("SELECT id FROM session WHERE id = ?1", &[stray.owner])?,
            };
            let Some(session) = session.filter(|session| !named.contains(&(stray.table, *session))) else {
                continue;
            };
            let there = match stray.table {
                "event" | "log_line" => self.first(
                    &format!("SELECT 1 FROM {} WHERE fact = ?1 AND position = ?2", stray.table),
                    &[stray.key.0, stray.key.1],
                )?,
                table => self.first(&format!("SELECT 1 FROM {table} WHERE rowid = ?1"), &[stray.key.0])?,
            };
            if there.is_none() {
                named.insert((stray.table, session));
                self.losses.push(Loss {
                    table: stray.table,
                    ends: (None, None),
                    session: Some(session),
                    rows: "some rows".to_owned(),
                    why: "the page that led to them cannot be read".to_owned(),
                });
            }
        }
        Ok(())
    }

    fn first(&self, query: &str, numbers: &[i64]) -> rusqlite::Result<Option<i64>> {
        let mut statement = self.connection.prepare_cached(query)?;
        statement
            .query_row(params_from_iter(numbers), |row| row.get(0))
            .optional()
    }

    /// The sessions of the copy, once everything in it has an owner.
    fn sessions(self) -> rusqlite::Result<Salvaged> {
        self.connection.execute_batch(MEND)?;
        let mut unreadable = self.named()?;
        let mut statement = self
            .connection
            .prepare("SELECT root, name, note, pinned, events FROM session ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            let root: String = row.get(0)?;
            Ok((root, row.get(1)?, row.get(2)?, row.get(3)?, row.get::<_, i64>(4)?))
        })?;
        let mut sessions = Vec::new();
        for row in rows {
            let (root, name, note, pinned, counted) = row?;
            let Some(root) = StackId::parse(&root) else {
                continue;
            };
            let flaws = Flaws::noted();
            let loaded = read::load_noting(&self.connection, &root, &flaws);
            unreadable.extend(flaws.into_unreadable(Some(&root)));
            match loaded {
                Ok(facts) => sessions.push(SalvagedSession {
                    root,
                    facts: facts.unwrap_or_default(),
                    name,
                    note,
                    pinned,
                    counted: u64::try_from(counted).ok().filter(|counted| *counted > 0),
                }),
                Err(error) => unreadable.push(Unreadable {
                    session: Some(root),
                    table: "session",
                    rows: "as a whole".to_owned(),
                    why: words(&error),
                }),
            }
        }
        Ok(Salvaged { sessions, unreadable })
    }

    /// What could not be read, with the sessions that it belongs to.
    fn named(&self) -> rusqlite::Result<Vec<Unreadable>> {
        let roots = self.roots()?;
        let root = |number: i64| roots.get(&number).cloned();
        let mut unreadable = Vec::new();
        for loss in &self.losses {
            let mut sessions: Vec<Option<StackId>> = match loss.session {
                Some(session) => vec![root(session)],
                None => self.touched_by(loss)?.into_iter().map(root).collect(),
            };
            if sessions.is_empty() {
                sessions.push(None);
            }
            unreadable.extend(sessions.into_iter().map(|session| Unreadable {
                session,
                table: loss.table,
                rows: loss.rows.clone(),
                why: loss.why.clone(),
            }));
        }
        let mut statement = self.connection.prepare(ORPHANS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (table, of, count): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let known = TABLES.iter().find(|known| known.name == table);
            let session = self.session_of(of)?;
            unreadable.push(Unreadable {
                session: session.and_then(|session| roots.get(&session).cloned()),
                table: known.map_or("row", |known| known.name),
                rows: if count > 1 {
                    format!("{of}: {count} rows")
                } else {
                    of.to_string()
                },
                why: row.get(3)?,
            });
        }
        Ok(unreadable)
    }

    fn session_of(&self, fact: i64) -> rusqlite::Result<Option<i64>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT session FROM fact WHERE seq = ?1")?;
        statement.query_row([fact], |row| row.get(0)).optional()
    }

    fn roots(&self) -> rusqlite::Result<HashMap<i64, StackId>> {
        let mut statement = self.connection.prepare("SELECT id, root FROM session")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let mut roots = HashMap::new();
        for row in rows {
            let (id, root) = row?;
            roots.extend(StackId::parse(&root).map(|root| (id, root)));
        }
        Ok(roots)
    }

    /// The sessions of which something may have stood where rows are lost, as far as others tell.
    fn touched_by(&self, loss: &Loss) -> rusqlite::Result<Vec<i64>> {
        let query = match loss.table {
            "event" => "SELECT DISTINCT session FROM fact WHERE kind = 'events' AND seq BETWEEN ?1 AND ?2",
            "log_line" => "SELECT DISTINCT session FROM fact WHERE kind = 'logs' AND seq BETWEEN ?1 AND ?2",
            "trail_record" => {
                "SELECT DISTINCT session FROM fact, json_each(fact.body, '$.records')
                 WHERE kind = 'trail' AND json_valid(body) AND value BETWEEN ?1 AND ?2"
            }
            _ => return Ok(Vec::new()),
        };
        let from = loss.ends.0.map_or(i64::MIN, |(first, _)| first);
        let to = loss.ends.1.map_or(i64::MAX, |(first, _)| first);
        let mut statement = self.connection.prepare_cached(query)?;
        let sessions = statement.query_map([from, to], |row| row.get(0))?;
        sessions.collect()
    }
}

/// Puts a row into the copy, as far as it is of use. Returns what is not, and the session that it names.
fn accept(
    table: &Table,
    columns: &[String],
    (values, mended): (Vec<Value>, &[usize]),
    insert: impl FnOnce(Vec<Value>) -> rusqlite::Result<()>,
) -> Vec<(Option<i64>, String)> {
    let session = columns
        .iter()
        .zip(&values)
        .find_map(|(column, value)| match value {
            Value::Integer(session) if column == "session" => Some(*session),
            Value::Integer(id) if column == "id" && table.name == "session" => Some(*id),
            _ => None,
        });
    let mut said: Vec<String> = mended
        .iter()
        .filter_map(|place| columns.get(*place))
        .map(|column| format!("its {column} is not whole; the rest is kept"))
        .collect();
    let mut found = Found {
        table: table.name,
        columns,
        values,
    };
    match found.check() {
        Ok(remarks) => {
            said.extend(remarks);
            if let Err(error) = insert(found.values) {
                said = vec![words(&error)];
            }
        }
        Err(why) => said = vec![why],
    }
    said.into_iter().map(|why| (session, why)).collect()
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}
