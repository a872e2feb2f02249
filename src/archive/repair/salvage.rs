//! Reading what can be read of a damaged file.
//!
//! Each table is read from both ends up to the place that cannot be read. What lost the row that it
//! belongs to gets another one, made of what it says itself.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::super::{open, read};
use crate::domain::fact::Recorded;
use crate::domain::stack::StackId;

/// What was read of one session.
pub(super) struct Salvaged {
    pub(super) root: StackId,
    pub(super) facts: Vec<Recorded>,
    pub(super) name: Option<String>,
    pub(super) note: Option<String>,
    pub(super) pinned: bool,
    pub(super) counted: Option<u64>,
}

/// The tables and their keys.
const TABLES: [(&str, &str); 7] = [
    ("session", "id"),
    ("word", "id"),
    ("stack", "id"),
    ("fact", "seq"),
    ("event", "fact, position"),
    ("trail_record", "id"),
    ("log_line", "fact, position"),
];

/// Gives what lost its owner another one.
const MEND: &str = "
DELETE FROM fact WHERE typeof(observed_at) NOT IN ('integer', 'text');
DELETE FROM event WHERE typeof(at) NOT IN ('integer', 'text');
DELETE FROM log_line WHERE typeof(at) NOT IN ('integer', 'text');

-- Sessions, known by their stacks: the root was met first.
INSERT INTO session (id, root, first_seen, last_seen)
SELECT stack.session, stack.arn,
       coalesce((SELECT min(observed_at) FROM fact WHERE fact.session = stack.session), 0),
       coalesce((SELECT max(observed_at) FROM fact WHERE fact.session = stack.session), 0)
FROM stack
WHERE stack.id = (SELECT min(id) FROM stack AS other WHERE other.session = stack.session)
      AND stack.session NOT IN (SELECT id FROM session)
ON CONFLICT DO NOTHING;

-- Pages of events: seen when they happened, for want of better knowledge.
INSERT INTO fact (seq, session, kind, observed_at, stack)
SELECT event.fact, stack.session, 'events', max(event.at), event.stack
FROM event JOIN stack ON stack.id = event.stack
WHERE event.fact NOT IN (SELECT seq FROM fact)
GROUP BY event.fact;

-- Readings of logs.
INSERT INTO fact (seq, session, kind, observed_at, body)
SELECT log_line.fact, word.session, 'logs', max(log_line.at),
       json_object('search', json_object('group', json(word.text),
                       'from', strftime('%Y-%m-%dT%H:%M:%SZ', min(log_line.at) / 1000000000, 'unixepoch'),
                       'to', strftime('%Y-%m-%dT%H:%M:%SZ', max(log_line.at) / 1000000000 + 1, 'unixepoch')),
                   'group_missing', json('false'), 'complete', json('false'))
FROM log_line JOIN word ON word.id = log_line.log_group
WHERE log_line.fact NOT IN (SELECT seq FROM fact) AND typeof(log_line.at) = 'integer' AND json_valid(word.text)
GROUP BY log_line.fact;

-- Records that no answer names any more.
INSERT INTO fact (session, kind, observed_at, body)
SELECT session, 'trail', max(observed_at),
       json_object('search', json_object('region', region, 'attribute', NULL,
                       'from', strftime('%Y-%m-%dT%H:%M:%SZ', min(observed_at) / 1000000000, 'unixepoch'),
                       'to', strftime('%Y-%m-%dT%H:%M:%SZ', max(observed_at) / 1000000000 + 1, 'unixepoch')),
                   'complete', json('false'), 'calls', 0, 'records', json_group_array(id))
FROM (SELECT id, session, observed_at, json_extract(summary, '$.region') AS region FROM trail_record
      WHERE json_valid(summary) AND typeof(observed_at) = 'integer'
            AND id NOT IN (SELECT value FROM fact, json_each(fact.body, '$.records')
                           WHERE kind = 'trail' AND json_valid(body)))
WHERE region IS NOT NULL
GROUP BY session, region;
";

/// Everything that can be read, session by session, in the order in which they began.
pub(super) fn salvage(path: &Path) -> rusqlite::Result<Vec<Salvaged>> {
    let mut copy = Connection::open_in_memory()?;
    open::migrate(&mut copy)?;
    copy.pragma_update(None, "foreign_keys", false)?;
    if let Ok(damaged) = open::connect(path, !open::has_log(path)) {
        for (table, key) in TABLES {
            // A table that cannot be read at all does not keep the others from being read.
            let copied = copy_table(&damaged, &copy, table, key);
            if let Err(error) = copied {
                tracing::warn!(table, %error, "the table could not be read to its end");
            }
        }
    }
    copy.execute_batch(MEND)?;
    let mut statement = copy.prepare("SELECT root, name, note, pinned, events FROM session ORDER BY id")?;
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
        let facts = match read::load(&copy, &root) {
            Ok(facts) => facts.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, "a session could not be put together again");
                continue;
            }
        };
        sessions.push(Salvaged {
            root,
            facts,
            name,
            note,
            pinned,
            counted: u64::try_from(counted).ok().filter(|counted| *counted > 0),
        });
    }
    Ok(sessions)
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}

/// Copies rows from the first on, and, where that comes to a bad end, from the last on as well.
fn copy_table(damaged: &Connection, copy: &Connection, table: &str, key: &str) -> rusqlite::Result<()> {
    let known = columns(copy, table)?;
    let columns: Vec<String> = columns(damaged, table)?
        .into_iter()
        .filter(|column| known.contains(column))
        .collect();
    let list = columns.join(", ");
    let places = vec!["?"; columns.len()].join(", ");
    let mut insert = copy.prepare(&format!(
        "INSERT OR IGNORE INTO {table} ({list}) VALUES ({places})"
    ))?;
    let backwards: Vec<String> = key.split(", ").map(|column| format!("{column} DESC")).collect();
    let backwards = backwards.join(", ");
    let mut outcome = Ok(());
    for order in [key, &backwards] {
        outcome = copy_rows(
            damaged,
            &format!("SELECT {list} FROM {table} ORDER BY {order}"),
            columns.len(),
            |values| insert.execute(params_from_iter(values)),
        );
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn copy_rows(
    damaged: &Connection,
    select: &str,
    width: usize,
    mut insert: impl FnMut(Vec<Value>) -> rusqlite::Result<usize>,
) -> rusqlite::Result<()> {
    let mut statement = damaged.prepare(select)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values: rusqlite::Result<Vec<Value>> = (0..width).map(|column| row.get(column)).collect();
        // A row that makes no sense is left out; a text that is no text is such a row.
        if let Ok(values) = values {
            let _ = insert(values);
        }
    }
    Ok(())
}
