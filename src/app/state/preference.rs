//! What is settled about the use of the program, before it runs or while it does.

use std::sync::Arc;

use chrono::{FixedOffset, TimeDelta};

use super::schedule::Asking;
use super::{DiagnosisPace, Greeting, Mouse};
use crate::app::input::keys::Keymap;
use crate::app::input::place::Splits;
use crate::app::layout::times::TimeStyle;

/// Something that is settled about the use of the program.
#[derive(Debug, Clone)]
pub enum Preference {
    /// The zone that times are shown in.
    Zone(FixedOffset),
    /// How moments are told.
    Times(TimeStyle),
    /// Which key says what.
    Keymap(Arc<Keymap>),
    /// Whose the mouse is.
    Mouse(Mouse),
    /// How the screen is divided among the panes.
    Splits(Splits),
    /// Whether newcomers are told how to find their way.
    Greeting(Greeting),
    /// How long a word from the program stays, by the program's clock.
    NoticesStay(TimeDelta),
    /// Whether facts may wait for the next reading.
    Pace(DiagnosisPace),
    /// When inquiries are made.
    Asking(Asking),
}
