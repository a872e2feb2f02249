//! Everything that reaches the state, through one door and in one order.

use std::sync::Arc;

use super::intent::Intent;
use crate::domain::fact::Recorded;
use crate::domain::link::{Link, SaveState};
use crate::domain::stack::StackId;

/// Something that reaches the state.
#[derive(Debug, Clone)]
pub enum Message {
    /// Facts that the archive has taken (or could not take, see `saving`).
    Facts {
        /// The session.
        root: StackId,
        /// The facts, in the order of the journal.
        facts: Arc<[Recorded]>,
        /// The inquiries that they end.
        ends: Vec<String>,
        /// Whether they are saved.
        saving: SaveState,
    },
    /// How a source is doing.
    Link {
        /// The source's name: `cloudformation`, `cloudtrail`, `logs` ...
        source: String,
        /// How.
        link: Link,
    },
    /// The person wants something.
    Intent(Intent),
    /// Time has passed.
    Tick,
}
