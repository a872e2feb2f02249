//! What the engine sends on.

use crate::domain::fact::Recorded;
use crate::domain::link::Link;
use crate::domain::stack::StackId;

/// Facts of one session, on their way to the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The session: its root stack.
    pub root: StackId,
    /// The facts.
    pub facts: Vec<Recorded>,
    /// The inquiry that these facts end, if any. It travels with them, so that nobody asks again before
    /// the answer has been taken in.
    pub ends: Option<String>,
}

/// What the engine tells apart from facts: how its sources are doing at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source: `cloudformation`, `cloudtrail` ...
    pub source: String,
    /// How it is doing.
    pub link: Link,
}
