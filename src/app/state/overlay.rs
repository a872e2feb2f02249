//! What lies on top of the panes.

use crate::app::input::place::Pane;
use crate::app::input::prompt::Prompt;
use crate::app::layout::own_log::OwnLog;

/// The place in the help.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HelpPlace {
    /// The first line on the screen.
    pub offset: usize,
    /// Only keys of which these letters are told.
    pub filter: String,
    /// These are being typed.
    pub typing: bool,
}

/// What lies on top of the panes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The keys.
    Help(HelpPlace),
    /// The program's own log.
    OwnLog(OwnLog),
    /// Something is being typed on top.
    Prompt(Prompt),
    /// A filter or search is being typed for this pane.
    Typing {
        /// The pane.
        pane: Pane,
    },
}

impl Overlay {
    /// What is typed is text, not keys that say something.
    pub fn takes_text(&self) -> bool {
        match self {
            Self::Typing { .. } | Self::Prompt(_) => true,
            Self::OwnLog(log) => log.typing,
            Self::Help(place) => place.typing,
            Self::None => false,
        }
    }
}
