//! What the engine tells apart from facts.

use crate::domain::model::source_status::{Origin, SourceStatus};

/// What the engine tells apart from facts: how its sources are doing at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatusUpdate {
    /// The source, and the stack where it concerns only one.
    pub origin: Origin,
    /// How it is doing.
    pub link: SourceStatus,
}
