//! Which engines may be asked for what trails recorded.

use crate::domain::model::trail_table::{RegionName, StoreChoice, TrailTable, USUAL_LIMIT};

/// Which engines may be asked for what trails recorded: each query of them costs what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailEngines {
    /// The table over what trails deliver to S3, where one was named.
    pub table: Option<TrailTable>,
    /// A query of Logs Insights that has read more bytes than this is stopped; none is made where it may read none.
    pub insights: u64,
    /// Event data stores of CloudTrail Lake, where a person has some.
    pub stores: Option<NamedStores>,
}

/// Event data stores, and how they are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedStores {
    /// Which.
    pub choice: StoreChoice,
    /// Where they are; none for the region that is connected to.
    pub region: Option<RegionName>,
    /// A query that has read more bytes than this is stopped.
    pub most_bytes: u64,
}

impl NamedStores {
    /// These, with what is usual.
    pub fn of(choice: StoreChoice) -> Self {
        Self {
            choice,
            region: None,
            most_bytes: USUAL_LIMIT,
        }
    }
}

impl Default for TrailEngines {
    fn default() -> Self {
        Self {
            table: None,
            insights: USUAL_LIMIT,
            stores: None,
        }
    }
}
