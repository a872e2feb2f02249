//! What the engine tells apart from facts.

use crate::domain::link::Link;

/// What the engine tells apart from facts: how its sources are doing at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source: `cloudformation`, `cloudtrail` ...
    pub source: String,
    /// How it is doing.
    pub link: Link,
}
