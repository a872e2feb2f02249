//! What the shell must do, as data.

use chrono::{DateTime, Utc};

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

/// Something that the shell must do, by who does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask a source of evidence.
    Inquire {
        /// The root stack whose session wants to know.
        root: StackId,
        /// What to ask.
        inquiry: Inquiry,
    },
    /// Have the terminal do something.
    Terminal(TerminalEffect),
    /// Have the machine do something.
    Host(HostEffect),
    /// Go somewhere within the program.
    Go(Destination),
    /// Leave.
    Quit,
}

/// What the terminal does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerminalEffect {
    /// Put a text on the clipboard.
    Copy(CleanText),
    /// Tell somebody who looks elsewhere.
    Notify(Clean),
    /// Draw everything anew.
    Repaint,
    /// Draw in another theme from now on.
    SetTheme(&'static str),
    /// Let the mouse scroll and select, or leave it to the terminal.
    CaptureMouse(bool),
    /// Hand the terminal back until the shell brings the program to the front again.
    Suspend,
}

/// What the machine around the screen does: the browser, files, the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostEffect {
    /// Open an address in the browser.
    OpenUrl(String),
    /// Write a report of the session shown to a file in the working directory.
    SaveReport {
        /// The file's name.
        file_name: String,
        /// The moment that it tells of.
        at: DateTime<Utc>,
    },
    /// Say which sessions there are.
    ListSessions,
    /// Say where these words stand in everything that was recorded.
    SearchSessions(String),
    /// Keep something of the screen for the next time.
    Remember(Memory),
    /// Read the program's own log.
    ReadOwnLog,
}

/// Where the person goes within the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To the home screen.
    Home,
    /// From the home screen back to what was shown before.
    Back,
    /// To a saved session.
    Session(StackId),
    /// To a stack that is watched.
    Watch(StackId),
}
