//! State and its transitions: `update(message, now)` takes in what happened and says what must be done.
//!
//! Synchronous and free of I/O; it never panics. What a screen or a report shows is a read model computed
//! from here. No widget, no colour and no AWS name may live here. Floors, of which a lower one never names a
//! higher one: [`input`], [`layout`], [`state`], [`view`], `update`.

pub mod input;
pub mod layout;
pub mod state;
mod update;
pub mod view;

pub use crate::app::input::intent::Intent;
pub use crate::app::input::place::{LastFrame, Pane, Tab, View};
pub use crate::app::state::effect::Effect;
pub use crate::app::state::message::{Edit, Message};
pub use crate::app::state::overlay::Overlay;
pub use state::{App, Mode, Screen, Watched};
