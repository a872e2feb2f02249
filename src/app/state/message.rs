//! Everything that reaches the state, through one door and in one order.

use std::sync::Arc;

use crate::app::input::choice::KnownStack;
use crate::app::input::intent::Intent;
use crate::app::input::keys::Key;
use crate::app::input::typing::Edit;
use crate::app::layout::home::News;
use crate::app::layout::own_log::OwnLine;
use crate::app::state::{Attention, DeletedStack, Mode, Restored};
use crate::domain::model::fact::Recorded;
use crate::domain::model::source_status::{Origin, SaveState, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::Clean;

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
    /// The whole of a session of which a part is on the screen: the fold over all of its facts.
    Restored(Arc<Restored>),
    /// More of a saved session, which another stacktrail records: the fold over all of its facts so far.
    Grown(Arc<Restored>),
    /// From now on AWS is asked about what was saved, or the stack is watched again.
    Resumed(Mode),
    /// How a source is doing.
    SourceStatus {
        /// The source, and the stack where it concerns only one.
        origin: Origin,
        /// How.
        status: SourceStatus,
    },
    /// The person presses a key that types nothing.
    Key(Key),
    /// The person wants something.
    Intent(Intent),
    /// The person opens what stands at this place among all that can be opened, from 0.
    Choose(usize),
    /// Something became known that the home screen shows.
    Home(News),
    /// The mouse does something.
    Mouse(MouseEvent),
    /// The terminal comes to the front, or goes away from it.
    Attention(Attention),
    /// The person types into the filter.
    Edit(Edit),
    /// The shell has something to say: where the report was saved, that no browser is there.
    Notice(Clean),
    /// There is no browser to open this address in.
    NoBrowser(String),
    /// What is waited for by its name was there once.
    Deleted(DeletedStack),
    /// Which sessions can be gone to.
    Known(Vec<KnownStack>),
    /// The newest of the program's own log.
    OwnLog(Arc<[OwnLine]>),
    /// Time has passed.
    Tick,
}

/// What the mouse does, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MouseEvent {
    /// The column.
    pub column: u16,
    /// The row.
    pub row: u16,
    /// What it does there.
    pub does: MouseAction,
}

/// What the mouse does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseAction {
    /// Its button is pressed.
    Press,
    /// It is moved with the button pressed.
    Drag,
    /// The button is let go.
    Release,
    /// The wheel turns down.
    WheelDown,
    /// The wheel turns up.
    WheelUp,
}
