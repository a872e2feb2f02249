//! A trail record as a session has it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::model::source::SourceId;
use crate::domain::model::trail::TrailRecord;

/// A trail record with the moment at which it was first seen here.
#[derive(Debug, Clone)]
pub struct SeenRecord {
    /// Shared with whatever matches it: a record is large.
    pub record: Arc<TrailRecord>,
    /// When this program first saw it ...
    pub observed_at: DateTime<Utc>,
    /// ... and which trail told it then.
    pub source: SourceId,
}

impl SeenRecord {
    pub(super) fn first(at: DateTime<Utc>, record: &TrailRecord, source: &SourceId) -> Self {
        Self {
            record: Arc::new(record.clone().read_up()),
            observed_at: at,
            source: source.clone(),
        }
    }

    /// Keeps who told it first, whatever the order in which that comes.
    pub(super) fn saw(&mut self, at: DateTime<Utc>, source: &SourceId) {
        if (at, source) < (self.observed_at, &self.source) {
            self.observed_at = at;
            self.source = source.clone();
        }
    }
}
