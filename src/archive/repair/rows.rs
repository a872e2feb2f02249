//! The tables, and what a row of each must hold to be of use.

use rusqlite::types::{FromSql as _, Value, ValueRef};

use crate::archive::raw;
use crate::archive::sql_time::Stamp;
use crate::domain::model::promise;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::TrailRecord;

/// A table and its key.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) key: &'static [&'static str],
}

/// Every table that holds something, those first to which others point.
pub(super) const TABLES: [Table; 7] = [
    table("session", &["id"]),
    table("word", &["id"]),
    table("stack", &["id"]),
    table("fact", &["seq"]),
    table("event", &["fact", "position"]),
    table("trail_record", &["id"]),
    table("log_line", &["fact", "position"]),
];

const fn table(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { name, key }
}

/// A row on its way from the damaged file.
pub(super) struct Found<'a> {
    pub(super) table: &'a str,
    pub(super) columns: &'a [String],
    pub(super) values: Vec<Value>,
}

impl Found<'_> {
    /// Looks at the row: what is of no use in it is taken out, or put right out of what else it says.
    ///
    /// Returns what was; the error says why the whole row is of no use.
    pub(super) fn check(&mut self) -> Result<Vec<String>, String> {
        let mut remarks = Vec::new();
        match self.table {
            "session" => {
                self.needs_stack("root", "its root stack cannot be named")?;
                for column in ["first_seen", "last_seen", "status_at", "described_at"] {
                    // Counted anew out of the facts.
                    if self.has(column) && !self.is_moment(column) {
                        self.set(column, Value::Integer(0));
                    }
                }
            }
            "stack" => self.needs_stack("arn", "its ARN is none")?,
            "fact" => {
                self.needs_moment("observed_at")?;
                self.needs_content()?;
            }
            "event" => {
                self.needs_moment("at")?;
                self.is_an_event()?;
                if self.text("extras").is_some_and(|text| !is_json(text)) {
                    self.set("extras", Value::Null);
                    remarks.push("what else it said cannot be read".to_owned());
                }
            }
            "log_line" => self.needs_moment("at")?,
            "trail_record" => {
                self.needs_moment("observed_at")?;
                if self.put_record_right()? {
                    remarks.push("what was read out of it was read again".to_owned());
                }
                if !self.text("raw").is_some_and(raw::is_whole) {
                    self.set("raw", Value::Text(String::new()));
                    remarks
                        .push("the record itself cannot be read; what was read out of it is kept".to_owned());
                }
            }
            _ => {}
        }
        Ok(remarks)
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    fn get(&self, column: &str) -> Option<&Value> {
        self.values.get(self.place(column)?)
    }

    fn text(&self, column: &str) -> Option<&str> {
        match self.get(column)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn has(&self, column: &str) -> bool {
        self.get(column).is_some_and(|value| *value != Value::Null)
    }

    fn set(&mut self, column: &str, value: Value) {
        if let Some(place) = self.place(column)
            && let Some(held) = self.values.get_mut(place)
        {
            *held = value;
        }
    }

    fn is_moment(&self, column: &str) -> bool {
        let moment = self
            .get(column)
            .map(|value| Stamp::column_result(ValueRef::from(value)));
        matches!(moment, Some(Ok(_)))
    }

    fn needs_moment(&self, column: &str) -> Result<(), String> {
        if self.is_moment(column) {
            Ok(())
        } else {
            Err("its time cannot be".to_owned())
        }
    }

    /// It is an event, by the rule that holds everywhere.
    fn is_an_event(&self) -> Result<(), String> {
        let at = self.get("at").map(ValueRef::from).and_then(Stamp::as_written);
        match (self.text("event_id"), at) {
            (Some(id), Some(at)) if !promise::is_no_event(id, at) => Ok(()),
            _ => Err(promise::NO_EVENT.to_owned()),
        }
    }

    fn needs_stack(&self, column: &str, otherwise: &str) -> Result<(), String> {
        match self.text(column).and_then(StackId::parse) {
            Some(_) => Ok(()),
            None => Err(otherwise.to_owned()),
        }
    }

    /// The facts that are not told apart into tables of their own stand in a text.
    fn needs_content(&self) -> Result<(), String> {
        match self.text("kind") {
            Some("events") => Ok(()),
            Some("trail" | "logs" | "fact" | "no_event") if self.text("body").is_some_and(is_json) => Ok(()),
            Some("trail" | "logs" | "fact" | "no_event") => Err("its content makes no sense".to_owned()),
            _ => Err("it is of no kind that can be".to_owned()),
        }
    }

    /// What was read out of a record can be read out of it again.
    fn put_record_right(&mut self) -> Result<bool, String> {
        let is_whole = |text: &str| serde_json::from_str::<TrailRecord>(text).is_ok();
        if self.text("summary").is_some_and(is_whole) {
            return Ok(false);
        }
        let again = self.text("raw").and_then(|raw| TrailRecord::read(raw).ok());
        let Some(mut record) = again else {
            return Err("neither the record nor what was read out of it makes sense".to_owned());
        };
        record.raw.clear();
        let summary = serde_json::to_string(&record).map_err(|error| error.to_string())?;
        self.set("summary", Value::Text(summary));
        Ok(true)
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
