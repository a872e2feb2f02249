//! A database that anybody may have, asked in the words of a file: its text stays as it is, values are bound.

use std::sync::Arc;

use super::Statement;
use crate::aws::connection::Connection;
use crate::domain::model::fault::Fault;
use crate::ports::QueryProgress;

/// Where a query runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabasePlace {
    /// The database that tables are of.
    pub database: String,
    /// The workgroup; none for Athena's own choice.
    pub workgroup: Option<String>,
    /// Where what is found is put; none where the workgroup says it.
    pub output: Option<String>,
}

/// A database of Athena.
#[derive(Debug)]
pub struct AthenaDatabase {
    connection: Arc<Connection>,
    place: DatabasePlace,
}

impl AthenaDatabase {
    /// On this connection, in its region.
    pub fn new(connection: Arc<Connection>, place: DatabasePlace) -> Self {
        Self { connection, place }
    }

    /// Begins a query, and names it. The values are texts.
    ///
    /// # Errors
    ///
    /// It was not begun.
    pub async fn start(&self, text: &str, values: &[String]) -> Result<String, Fault> {
        let parameters: Vec<String> = values.iter().map(|value| literal(value)).collect();
        let statement = Statement {
            text,
            parameters: &parameters,
            database: Some(&self.place.database),
            workgroup: self.place.workgroup.as_deref(),
            output: self.place.output.as_deref(),
        };
        super::start(&self.connection, self.connection.region(), &statement).await
    }

    /// How far it is.
    ///
    /// # Errors
    ///
    /// Athena does not say.
    pub async fn progress(&self, id: &str) -> Result<QueryProgress, Fault> {
        super::progress(&self.connection, self.connection.region(), id).await
    }

    /// All rows that it found.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    pub async fn rows(&self, id: &str) -> Result<Vec<Vec<Option<String>>>, Fault> {
        let mut rows = Vec::new();
        let mut next = None;
        loop {
            let page = super::rows(&self.connection, self.connection.region(), id, next.as_deref()).await?;
            rows.extend(page.items);
            next = page.next;
            if next.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Stops it.
    ///
    /// # Errors
    ///
    /// It may go on.
    pub async fn stop(&self, id: &str) -> Result<(), Fault> {
        super::stop(&self.connection, self.connection.region(), id).await
    }
}

/// A text as SQL writes it: what Athena binds is a literal.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_text_whatever_stands_in_it() {
        assert_eq!(literal("eu-west-1"), "'eu-west-1'");
        assert_eq!(literal("' OR 1=1 --"), "''' OR 1=1 --'");
        assert_eq!(literal(""), "''");
    }
}
