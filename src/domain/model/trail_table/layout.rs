//! What a table is partitioned by: the layouts of the Athena user guide, and their like.
//!
//! Source: Athena user guide, "Create a table for CloudTrail logs in Athena using manual partitioning" (`region`, `year`,
//! `month`, `day`), "Create the table for CloudTrail logs in Athena using partition projection" (`timestamp`, written
//! `yyyy/MM/dd`), "Create a table for an organization wide trail using manual partitioning" (`account` before these).

use chrono::{Datelike as _, NaiveDate};
use thiserror::Error;

use super::DescribedTable;
use super::TablePartition;
use super::names::{SqlName, TableName};

/// What every record has, and every documented table.
const NEEDED: [&str; 8] = [
    "awsregion",
    "errorcode",
    "eventid",
    "eventname",
    "eventsource",
    "eventtime",
    "recipientaccountid",
    "useridentity",
];
const ACCOUNTS: [&str; 4] = ["account", "accountid", "account_id", "aws_account_id"];
const REGIONS: [&str; 3] = ["region", "awsregion", "aws_region"];
/// Columns that hold a whole day.
const DAYS: [&str; 6] = ["timestamp", "date", "day", "dt", "event_date", "eventdate"];

/// Why a table is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TableFlaw {
    /// Nothing says which table it is.
    #[error("its name is none")]
    Unnamed,
    /// Every query would read all that was ever delivered.
    #[error("it is not partitioned by day, so that every query would read all that was ever delivered")]
    NotByDay,
    /// It is of something else, or of a form that is not known.
    #[error("it has no column `{0}`, which the documented tables for CloudTrail have")]
    NoColumn(&'static str),
    /// Days are written in a way that is not known.
    #[error("days are written as `{0}` in it, not as yyyy/MM/dd or yyyy-MM-dd")]
    Format(String),
}

/// A value of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Number(u32),
    Date(NaiveDate),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Date,
}

/// How a table names a day.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DayColumns {
    /// In one column.
    Whole {
        column: SqlName,
        kind: Kind,
        formats: &'static [&'static str],
    },
    /// In a column each for year, month and day.
    Parts([(SqlName, Kind); 3]),
}

/// How a table can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLayout {
    pub(super) name: TableName,
    pub(super) account: Option<(SqlName, bool)>,
    pub(super) region: Option<SqlName>,
    /// Columns that it has, of those that a record is made from.
    pub(super) columns: Vec<String>,
    days: DayColumns,
}

impl TableLayout {
    pub(super) fn of(table: &DescribedTable) -> Result<Self, TableFlaw> {
        let name = TableName::parse(&table.name).map_err(|_no_name| TableFlaw::Unnamed)?;
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| column.to_ascii_lowercase())
            .collect();
        let lacks = |needed: &&&str| !columns.iter().any(|column| column == *needed);
        if let Some(missing) = NEEDED.iter().find(lacks) {
            return Err(TableFlaw::NoColumn(missing));
        }
        let named = |names: &[&str]| {
            let mut all = table.partitions.iter();
            all.find(|partition| names.contains(&partition.name.to_ascii_lowercase().as_str()))
        };
        let account = named(&ACCOUNTS).and_then(|partition| {
            let is_number = kind(partition) == Kind::Number;
            Some((SqlName::parse(&partition.name)?, is_number))
        });
        Ok(Self {
            name,
            account,
            region: named(&REGIONS).and_then(|partition| SqlName::parse(&partition.name)),
            days: days(&named)?,
            columns,
        })
    }

    /// For each column that names the day, the values that stand for it: all must hold, any of them each.
    pub(super) fn day(&self, day: NaiveDate) -> Vec<(&SqlName, Vec<Literal>)> {
        match &self.days {
            DayColumns::Whole {
                column,
                kind: Kind::Date,
                ..
            } => vec![(column, vec![Literal::Date(day)])],
            DayColumns::Whole { column, formats, .. } => {
                let written = formats.iter().map(|format| day.format(format).to_string());
                vec![(column, written.map(Literal::Text).collect())]
            }
            DayColumns::Parts(parts) => {
                let values = [day.year().unsigned_abs(), day.month(), day.day()];
                let each = parts.iter().zip(values);
                each.map(|((column, kind), value)| (column, of_part(*kind, value)))
                    .collect()
            }
        }
    }
}

/// A month or a day is written with a zero before it, or without.
fn of_part(kind: Kind, value: u32) -> Vec<Literal> {
    if kind == Kind::Number {
        return vec![Literal::Number(value)];
    }
    let (padded, plain) = (format!("{value:02}"), value.to_string());
    let mut all = vec![Literal::Text(padded.clone())];
    if plain != padded {
        all.push(Literal::Text(plain));
    }
    all
}

fn kind(partition: &TablePartition) -> Kind {
    match partition.of_type.to_ascii_lowercase().as_str() {
        "int" | "integer" | "bigint" | "smallint" | "tinyint" => Kind::Number,
        "date" => Kind::Date,
        _ => Kind::Text,
    }
}

fn days<'a>(named: &impl Fn(&[&str]) -> Option<&'a TablePartition>) -> Result<DayColumns, TableFlaw> {
    let part = |name| {
        let partition = named(&[name])?;
        Some((SqlName::parse(&partition.name)?, kind(partition)))
    };
    if let (Some(year), Some(month), Some(day)) = (part("year"), part("month"), part("day")) {
        return Ok(DayColumns::Parts([year, month, day]));
    }
    let whole = named(&DAYS).filter(|_| part("month").is_none());
    let whole = whole.filter(|partition| kind(partition) != Kind::Number);
    let partition = whole.ok_or(TableFlaw::NotByDay)?;
    let formats: &[&str] = match partition.format.as_deref() {
        None => &["%Y/%m/%d", "%Y-%m-%d"],
        Some("yyyy/MM/dd") => &["%Y/%m/%d"],
        Some("yyyy-MM-dd") => &["%Y-%m-%d"],
        Some(other) => return Err(TableFlaw::Format(other.to_owned())),
    };
    Ok(DayColumns::Whole {
        column: SqlName::parse(&partition.name).ok_or(TableFlaw::NotByDay)?,
        kind: kind(partition),
        formats,
    })
}
