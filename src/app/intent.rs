//! What the person wants.

use super::place::Tab;

/// Something that the person wants, independent of the key that said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Go somewhere in the pane in focus.
    Go(Motion),
    /// Close the stack under the cursor, or go to the one it is in; in the detail pane the tab before.
    Fold,
    /// Open the stack under the cursor; in the detail pane the tab after.
    Unfold,
    /// Go into what is selected.
    Enter,
    /// Come out again. Never leaves the program.
    Back,
    /// Focus the next pane.
    NextPane,
    /// Focus the pane before.
    PreviousPane,
    /// Show that tab of the detail pane.
    Show(Tab),
    /// Select the next failure.
    NextFailure,
    /// Select the failure before.
    PreviousFailure,
    /// Look at the attempt before.
    OlderAttempt,
    /// Look at the attempt after.
    NewerAttempt,
    /// Look at the session before.
    PreviousSession,
    /// Look at the session after.
    NextSession,
    /// Follow new events, or stop following.
    ToggleFollow,
    /// Type a filter.
    Filter,
    /// Go to the next row that the filter shows or the search finds.
    NextMatch,
    /// Go to the one before.
    PreviousMatch,
    /// Copy what is selected.
    CopySelected,
    /// Copy the whole detail pane.
    CopyDetail,
    /// Open the AWS console at what is selected.
    OpenConsole,
    /// Write a report file.
    SaveReport,
    /// Give the whole screen to the pane in focus, or take it back.
    Zoom,
    /// Let the program have the mouse, or leave it to the terminal.
    ToggleMouse,
    /// Show the keys.
    Help,
    /// Draw everything anew.
    Repaint,
    /// Go to the background.
    Suspend,
    /// Leave the program.
    Quit,
}

/// A movement in a list or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    /// One down.
    Next,
    /// One up.
    Previous,
    /// To the beginning.
    First,
    /// To the end.
    Last,
    /// Half a page down.
    HalfPageDown,
    /// Half a page up.
    HalfPageUp,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
}

impl Motion {
    /// Where it leads from `at` in a list of `len`, with `page` rows on the screen.
    pub fn apply(self, at: usize, len: usize, page: usize) -> usize {
        let page = page.max(1);
        let last = len.saturating_sub(1);
        let to = match self {
            Self::Next => at.saturating_add(1),
            Self::Previous => at.saturating_sub(1),
            Self::First => 0,
            Self::Last => last,
            Self::HalfPageDown => at.saturating_add(page.div_ceil(2)),
            Self::HalfPageUp => at.saturating_sub(page.div_ceil(2)),
            Self::PageDown => at.saturating_add(page),
            Self::PageUp => at.saturating_sub(page),
        };
        to.min(last)
    }
}
