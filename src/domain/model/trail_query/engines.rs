//! Which engines may be asked for what trails recorded.

use crate::domain::model::trail_table::{TrailTable, USUAL_LIMIT};

/// Which engines may be asked for what trails recorded: each query of them costs what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailEngines {
    /// The table over what trails deliver to S3, where one was named.
    pub table: Option<TrailTable>,
    /// A query of Logs Insights that has read more bytes than this is stopped; none is made where it may read none.
    pub insights: u64,
}

impl Default for TrailEngines {
    fn default() -> Self {
        Self {
            table: None,
            insights: USUAL_LIMIT,
        }
    }
}
