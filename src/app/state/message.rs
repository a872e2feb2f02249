//! Everything that reaches the state, through one door and in one order.

use std::sync::Arc;

use crate::app::input::intent::Intent;
use crate::app::input::keys::Key;
use crate::app::layout::events::EventList;
use crate::app::layout::home::News;
use crate::app::layout::own_log::OwnLine;
use crate::app::layout::tree::Tree;
use crate::app::state::{Attention, Mode, Watched};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::fact::Recorded;
use crate::domain::model::source_status::{Origin, SaveState, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::Clean;
use crate::domain::session::Session;

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
    /// From now on AWS is asked about what was saved, or the stack is watched again.
    Resumed(Mode),
    /// How a source is doing.
    Link {
        /// The source, and the stack where it concerns only one.
        origin: Origin,
        /// How.
        link: SourceStatus,
    },
    /// The person presses a key that types nothing.
    Key(Key),
    /// The person wants something.
    Intent(Intent),
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

/// A session read to its end, and what it says: laid out, too, so that it can take the place of its part between
/// two frames.
#[derive(Debug)]
pub struct Restored {
    /// The fold over its facts.
    pub session: Session,
    /// What it says.
    pub diagnosis: Diagnosis,
    pub(crate) tree: Tree,
    pub(crate) tail: EventList,
}

impl Restored {
    /// Reads what a session says, and lays it out.
    pub fn of(session: Session) -> Self {
        Watched::saved(session).into_restored()
    }

    /// Itself, or else a copy that has yet to be laid out.
    pub(crate) fn owned(shared: Arc<Self>) -> Self {
        Arc::try_unwrap(shared).unwrap_or_else(|shared| Self {
            session: shared.session.clone(),
            diagnosis: shared.diagnosis.clone(),
            tree: Tree::default(),
            tail: EventList::default(),
        })
    }
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
