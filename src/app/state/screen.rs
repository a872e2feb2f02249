//! What the person sees of the program, whichever session is shown.

use super::{Focus, Mouse};
use crate::app::input::keys::Keyboard;
use crate::app::input::place::{LastFrame, Notice, ScrollMode, Splits, View};
use crate::app::layout::home::Home;
use crate::app::layout::times::TimeStyle;
use crate::app::state::overlay::Overlay;
use crate::domain::read::text::Clean;

/// What the person sees of the program, whichever session is shown.
#[derive(Debug, Default)]
pub struct Screen {
    /// The index of the session shown.
    pub shown: usize,
    /// The pane in focus.
    pub focus: Focus,
    /// What lies on top.
    pub overlay: Overlay,
    /// A word from the program.
    pub notice: Option<Notice>,
    /// What it says after that, the oldest first.
    pub unread: Vec<Clean>,
    /// What was last drawn.
    pub drawn: LastFrame,
    /// Whether the mouse is the program's.
    pub mouse: Mouse,
    /// What decides which parts of the lists are in sight.
    pub scroll_mode: ScrollMode,
    /// Which key says what, and what has been pressed of a sequence.
    pub keyboard: Keyboard,
    /// The home screen, while it is shown.
    pub home: Option<Home>,
    /// What the screen is given to.
    pub view: View,
    /// How moments are told.
    pub times: TimeStyle,
    /// How it is divided among the panes.
    pub splits: Splits,
    /// Whether newcomers are told how to find their way.
    pub greeting: Greeting,
    /// Whether somebody looks at it, as far as the terminal says.
    pub attention: Attention,
}

/// Whether newcomers are told how to find their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Greeting {
    /// They were, or nobody is new here.
    #[default]
    Over,
    /// Until the first key.
    Due,
}

/// Whether somebody looks at the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attention {
    /// The terminal is in front, or has never said anything.
    #[default]
    Here,
    /// It is not.
    Elsewhere,
}
