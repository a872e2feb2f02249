//! Tables over what trails deliver to S3, in the layouts of Athena's user guide, and the queries that were made to them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Deserialize;

/// A query is done when it was looked at so often.
const LOOKS: u64 = 3;

/// A layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TableForm {
    /// Partitioned by region, year, month and day.
    Parts,
    /// Partitioned by `timestamp`, with partition projection.
    Projection,
    /// Of an organisation: partitioned by account, region, year, month and day.
    Organisation,
    /// Of an organisation, with partition projection: by account, region and `timestamp`.
    OrganisationProjection,
    /// Not partitioned at all.
    Whole,
    /// An event data store of CloudTrail Lake: no table of Athena at all.
    Store,
}

/// A table.
#[derive(Debug)]
pub(super) struct SimulatedTable {
    pub(super) database: String,
    pub(super) table: String,
    pub(super) form: TableForm,
    /// So much is read of each partition.
    pub(super) megabytes: u64,
    /// The kinds of data that a store records.
    pub(super) kinds: Vec<String>,
    /// It has the records of every account of the organisation.
    pub(super) is_of_organisation: bool,
}

impl TableForm {
    /// By what it is partitioned.
    pub(super) fn partitions(self) -> &'static [&'static str] {
        match self {
            Self::Parts => &["region", "year", "month", "day"],
            Self::Projection => &["timestamp"],
            Self::Organisation => &["account", "region", "year", "month", "day"],
            Self::OrganisationProjection => &["account", "region", "timestamp"],
            Self::Whole | Self::Store => &[],
        }
    }
}

impl SimulatedTable {
    /// Whether it is an event data store.
    pub(super) fn is_store(&self) -> bool {
        matches!(self.form, TableForm::Store)
    }

    /// The name of an event data store.
    pub(super) fn name(&self) -> &str {
        &self.database
    }

    /// Whether it is partitioned by such a column.
    pub(super) fn is_partition(&self, name: &str) -> bool {
        self.form.partitions().contains(&name)
    }
}

/// The queries that were begun, by their ids.
#[derive(Debug, Default)]
pub(super) struct Queries(pub(super) Mutex<BTreeMap<String, SimulatedQuery>>);

#[derive(Debug, Clone)]
pub(super) struct SimulatedQuery {
    pub(super) text: String,
    pub(super) workgroup: String,
    pub(super) outcome: Result<FoundRows, String>,
    looks: u64,
    is_stopped: bool,
}

/// What a query finds, and what it reads for it.
#[derive(Debug, Clone)]
pub(super) struct FoundRows {
    /// The first has the names.
    pub(super) rows: Vec<Vec<Option<String>>>,
    pub(super) scanned: u64,
}

impl SimulatedQuery {
    /// One that was begun just now.
    pub(super) fn new(text: &str, workgroup: &str, outcome: Result<FoundRows, String>) -> Self {
        Self {
            text: text.to_owned(),
            workgroup: workgroup.to_owned(),
            outcome,
            looks: 0,
            is_stopped: false,
        }
    }

    /// Somebody looks how far it is.
    pub(super) fn look(&mut self) {
        self.looks += 1;
    }

    /// Somebody stops it, where it still runs.
    pub(super) fn stop(&mut self) {
        self.is_stopped |= self.looks < LOOKS;
    }

    /// How it stands.
    pub(super) fn state(&self) -> &'static str {
        match (&self.outcome, self.looks) {
            _ if self.is_stopped => "CANCELLED",
            (_, ..=1) => "QUEUED",
            (Err(_), _) => "FAILED",
            (Ok(_), LOOKS..) => "SUCCEEDED",
            (Ok(_), _) => "RUNNING",
        }
    }

    /// How much it has read.
    pub(super) fn scanned(&self) -> u64 {
        let all = self.outcome.as_ref().map_or(0, |found| found.scanned);
        match self.looks {
            ..=1 => 0,
            2 => all / 2,
            _ => all,
        }
    }
}
