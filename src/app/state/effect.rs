//! What the shell must do, as data.

use crate::app::input::place::Splits;
use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::{Clean, CleanText};

/// What the screen remembers from one run to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// How it is divided.
    Splits(Splits),
    /// That the hint for newcomers has been seen.
    Greeted,
}

/// Something that the shell must do.
#[expect(clippy::large_enum_variant, reason = "effects are few and live for a moment")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask a source of evidence.
    Inquire {
        /// The root stack whose session wants to know.
        root: StackId,
        /// What to ask.
        inquiry: Inquiry,
    },
    /// Put a text on the clipboard.
    Copy(CleanText),
    /// Open an address in the browser.
    OpenUrl(String),
    /// Write a report to a file in the working directory.
    SaveReport {
        /// The file's name.
        file_name: String,
        /// Its content.
        content: CleanText,
    },
    /// Go to the home screen.
    GoHome,
    /// Leave the home screen for what was shown before.
    LeaveHome,
    /// Open a saved session.
    OpenSession(StackId),
    /// Watch a stack.
    Watch(StackId),
    /// Say where these words stand in everything that was recorded.
    SearchSessions(String),
    /// Keep something of the screen for the next time.
    Remember(Memory),
    /// Read the program's own log.
    ReadOwnLog,
    /// Tell somebody who looks elsewhere.
    Notify(Clean),
    /// Draw everything anew.
    Repaint,
    /// Let the mouse scroll and select, or leave it to the terminal.
    CaptureMouse(bool),
    /// Hand the terminal back until the shell brings the program to the front again.
    Suspend,
    /// Leave.
    Quit,
}
