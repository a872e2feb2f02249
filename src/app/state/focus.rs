//! Where the keys go, and whose the mouse is.

use crate::app::input::place::{Divider, Pane};

/// The pane in focus, and whether it has the screen for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// Beside the others.
    Beside(Pane),
    /// Alone.
    Zoomed(Pane),
}

impl Default for Focus {
    fn default() -> Self {
        Self::Beside(Pane::Resources)
    }
}

impl Focus {
    /// The pane.
    pub fn pane(self) -> Pane {
        match self {
            Self::Beside(pane) | Self::Zoomed(pane) => pane,
        }
    }

    /// The same way of looking at another pane.
    #[must_use]
    pub fn on(self, pane: Pane) -> Self {
        match self {
            Self::Beside(_) => Self::Beside(pane),
            Self::Zoomed(_) => Self::Zoomed(pane),
        }
    }
}

/// Whose the mouse is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mouse {
    /// The terminal's, so that text can be selected.
    #[default]
    Terminal,
    /// The program's.
    Captured,
    /// The program's, and it moves the line between two panes.
    Drags(Divider),
}
