//! What the engine tells apart from facts.

use crate::domain::link::{Link, Origin};

/// What the engine tells apart from facts: how its sources are doing at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source, and the stack where it concerns only one.
    pub origin: Origin,
    /// How it is doing.
    pub link: Link,
}
