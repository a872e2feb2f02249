//! Everything that reaches the state, through one door and in one order.

use std::sync::Arc;

use super::intent::Intent;
use super::keys::Key;
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
    /// The person presses a key that types nothing.
    Key(Key),
    /// The person wants something.
    Intent(Intent),
    /// The person types into the filter.
    Edit(Edit),
    /// The shell has something to say: where the report was saved, that no browser is there.
    Notice(String),
    /// Time has passed.
    Tick,
}

/// One step of typing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Text at the end: a character or something pasted.
    Insert(String),
    /// The last character goes.
    Backspace,
    /// Everything goes.
    Clear,
    /// Done: the filter stays.
    Accept,
    /// Never mind: the filter goes.
    Cancel,
}
