//! What the person wants.

use super::place::{Tab, View};

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
    /// Look at the attempt in another way, or come back to the panes.
    Look(View),
    /// A closer look at the time in the timeline.
    Closer,
    /// A wider one.
    Wider,
    /// All of it.
    WholeTime,
    /// Show all resources, those that failed, those under way.
    CycleRows,
    /// Order the resources by when they began, changed, or how long they took.
    CycleOrder,
    /// Break long texts of the event tail, or cut them.
    ToggleWrap,
    /// List all reasons why the evidence belongs to the failure, or the first alone.
    ToggleReasons,
    /// Tell moments in local time, in UTC, since the beginning.
    CycleTimes,
    /// More room for the pane in focus.
    GrowPane,
    /// Less room for it.
    ShrinkPane,
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
    /// Show everything that can be done.
    Palette,
    /// Go to the home screen; what is watched goes on behind it.
    Home,
    /// Look at the program's own log.
    OwnLog,
    /// Search everything that was recorded.
    Search,
    /// Watch the stack, whatever was recorded of it.
    Watch,
    /// Show the keys.
    Help,
    /// Draw everything anew.
    Repaint,
    /// Change the line that is typed, or be done with it.
    Edit(LineEdit),
    /// Play a saved session again, in this way.
    Play(Playing),
    /// Go to the background.
    Suspend,
    /// Leave the program.
    Quit,
}

/// Gives each intent its name, and the list of all of them: the compiler misses none.
macro_rules! named {
    ($($intent:ident $(($inner:ident :: $of:ident))? => $name:literal,)+) => {
        impl Intent {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$intent $(($inner::$of))?),+];

            /// Its name in `assets/keys.toml` and in the palette.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$intent $(($inner::$of))? => $name,)+
                }
            }
        }
    };
}

named! {
    Go(Motion::Next) => "next",
    Go(Motion::Previous) => "previous",
    Go(Motion::First) => "first",
    Go(Motion::Last) => "last",
    Go(Motion::HalfPageDown) => "half-page-down",
    Go(Motion::HalfPageUp) => "half-page-up",
    Go(Motion::PageDown) => "page-down",
    Go(Motion::PageUp) => "page-up",
    Fold => "fold",
    Unfold => "unfold",
    Enter => "enter",
    Back => "back",
    NextPane => "next-pane",
    PreviousPane => "previous-pane",
    Show(Tab::Cause) => "show-cause",
    Show(Tab::Events) => "show-events",
    Show(Tab::Logs) => "show-logs",
    Show(Tab::Trail) => "show-trail",
    Show(Tab::Searched) => "show-searched",
    Show(Tab::Timeline) => "show-timeline",
    Look(View::Session) => "look-panes",
    Look(View::Timeline) => "look-timeline",
    Look(View::Actors) => "look-actors",
    Look(View::Attempts) => "look-attempts",
    Look(View::Compare) => "look-compare",
    Look(View::Policy) => "look-policy",
    Closer => "closer",
    Wider => "wider",
    WholeTime => "whole-time",
    CycleRows => "cycle-rows",
    CycleOrder => "cycle-order",
    ToggleWrap => "toggle-wrap",
    ToggleReasons => "toggle-reasons",
    CycleTimes => "cycle-times",
    GrowPane => "grow-pane",
    ShrinkPane => "shrink-pane",
    NextFailure => "next-failure",
    PreviousFailure => "previous-failure",
    OlderAttempt => "older-attempt",
    NewerAttempt => "newer-attempt",
    PreviousSession => "previous-session",
    NextSession => "next-session",
    ToggleFollow => "toggle-follow",
    Filter => "filter",
    NextMatch => "next-match",
    PreviousMatch => "previous-match",
    CopySelected => "copy-selected",
    CopyDetail => "copy-detail",
    OpenConsole => "open-console",
    SaveReport => "save-report",
    Zoom => "zoom",
    ToggleMouse => "toggle-mouse",
    Palette => "palette",
    Home => "home",
    Search => "search",
    Watch => "watch",
    OwnLog => "own-log",
    Help => "help",
    Repaint => "repaint",
    Edit(LineEdit::Accept) => "accept",
    Edit(LineEdit::Cancel) => "cancel",
    Edit(LineEdit::Backspace) => "erase",
    Edit(LineEdit::Clear) => "erase-line",
    Play(Playing::Toggle) => "play",
    Play(Playing::StepForward) => "step-forward",
    Play(Playing::StepBack) => "step-back",
    Play(Playing::Faster) => "faster",
    Play(Playing::Slower) => "slower",
    Play(Playing::NextFailure) => "jump-to-failure",
    Play(Playing::Back) => "seek-back",
    Play(Playing::Forward) => "seek-forward",
    Play(Playing::Start) => "seek-start",
    Play(Playing::End) => "seek-end",
    Suspend => "suspend",
    Quit => "quit",
}

impl Intent {
    /// The intent of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|intent| intent.name() == name)
    }
}

/// What a key does to a line that is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineEdit {
    /// Done: the text stays.
    Accept,
    /// Never mind: the text goes.
    Cancel,
    /// The last character goes.
    Backspace,
    /// Everything goes.
    Clear,
}

/// What can be done with a session that is played again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Playing {
    /// Pause, or go on; from the end, begin again.
    Toggle,
    /// Take in the next fact, and pause.
    StepForward,
    /// Go back by a fact, and pause.
    StepBack,
    /// Play faster.
    Faster,
    /// Play slower.
    Slower,
    /// Go to the next failure, and pause.
    NextFailure,
    /// Go back along the bar.
    Back,
    /// Go on along the bar.
    Forward,
    /// Go to the beginning.
    Start,
    /// Go to the end.
    End,
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
