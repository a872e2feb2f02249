//! A table over what a trail delivers to S3, as Athena asks it: its name, its layout, and the queries that it may be
//! asked, which cannot be made without bounds.

mod bounds;
mod cost;
mod layout;
mod names;
mod query;
mod row;

use serde::{Deserialize, Serialize};

pub use bounds::{QueryBounds, TrailDays};
pub use cost::{amount, price};
pub use layout::{TableFlaw, TableLayout};
pub use names::{
    AccountId, InvalidName, OutputPlace, RegionName, StoreChoice, StoreId, TableName, WorkGroup,
};
pub use query::TrailQuery;
pub(crate) use query::{conditions, text_literal};

/// A query that has read so much is stopped, where nobody says how much it may: a day of a busy account, for five cents.
pub const USUAL_LIMIT: u64 = 10_000_000_000;

/// A table that a person names, and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailTable {
    /// Which.
    pub name: TableName,
    /// The workgroup that the query runs in; none for Athena's own choice.
    pub workgroup: Option<WorkGroup>,
    /// Where Athena puts what it finds; none where the workgroup says it.
    pub output: Option<OutputPlace>,
    /// The region of the table; none for the one that is connected to.
    pub region: Option<RegionName>,
    /// A query that has read more bytes than this is stopped.
    pub most_bytes: u64,
}

impl TrailTable {
    /// The table of this name, with what is usual.
    pub fn named(name: TableName) -> Self {
        Self {
            name,
            workgroup: None,
            output: None,
            region: None,
            most_bytes: USUAL_LIMIT,
        }
    }
}

/// A table as Athena describes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DescribedTable {
    /// `DATABASE.TABLE`.
    pub name: String,
    /// Its columns, without those that it is partitioned by.
    pub columns: Vec<String>,
    /// What it is partitioned by.
    pub partitions: Vec<TablePartition>,
    /// More bytes than this no query of its workgroup may read; none where the workgroup does not say, or may not be
    /// read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_bytes: Option<u64>,
}

/// A column that a table is partitioned by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TablePartition {
    /// Its name.
    pub name: String,
    /// Its type: `string`, `int`, `date`.
    pub of_type: String,
    /// How a day is written in it, where partition projection says so: `yyyy/MM/dd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

impl DescribedTable {
    /// How it can be asked.
    ///
    /// # Errors
    /// It cannot be asked for a day alone, or lacks what every record has.
    pub fn layout(&self) -> Result<TableLayout, TableFlaw> {
        TableLayout::of(self)
    }
}
