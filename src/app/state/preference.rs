//! What is settled about the use of the program, before it runs or while it does.

use std::sync::Arc;

use chrono::{FixedOffset, TimeDelta};

use super::schedule::Asking;
use super::{DiagnosisPace, Greeting, Mouse};
use crate::app::input::keys::Keymap;
use crate::app::input::place::Splits;
use crate::app::layout::times::TimeStyle;
use crate::domain::read::text::Clean;

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
    /// Where AWS is asked: the region, and the endpoint where another was named.
    Asked(Clean),
    /// When inquiries are made.
    Asking(Asking),
}
