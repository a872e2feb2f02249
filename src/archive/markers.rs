//! What an older format of the journal said in the keys of answers and failures, put into today's form where it stands.
//!
//! Whoever reads a fact reads it in today's form, whatever it stands in (see
//! [`older`](crate::domain::model::fact::older)). But the journal knows a fact that comes again by its text: a session
//! that is exported and imported again, or read beside another, must not hold the same fact in two forms.

use rusqlite::{Connection, params};

use crate::domain::model::fact::Fact;

/// Writes the facts that are marks anew. What cannot be read is left to whoever reads it: that is damage, or of a
/// newer program.
pub(super) fn rewrite(connection: &Connection) -> rusqlite::Result<()> {
    let mut facts = connection.prepare(
        "SELECT seq, body FROM fact
         WHERE kind = 'fact' AND (body LIKE '{\"kind\":\"source_answered\"%' OR body LIKE '{\"kind\":\"source_failed\"%')",
    )?;
    let mut rows = facts.query([])?;
    let mut anew: Vec<(i64, String)> = Vec::new();
    while let Some(row) = rows.next()? {
        let body = row.get_ref(1)?.as_str().unwrap_or_default();
        let fact: Option<Fact> = serde_json::from_str(body).ok();
        let today = fact.and_then(|fact| serde_json::to_string(&fact).ok());
        if let Some(today) = today.filter(|today| today != body) {
            anew.push((row.get(0)?, today));
        }
    }
    let mut update = connection.prepare("UPDATE fact SET body = ?2 WHERE seq = ?1")?;
    for (seq, body) in anew {
        update.execute(params![seq, body])?;
    }
    Ok(())
}
