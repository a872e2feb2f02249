//! State and its transitions: `update(message, now)` takes in what happened and says what must be done.
//!
//! Synchronous and free of I/O; it never panics. What a screen or a report shows is a read model computed
//! from here. No widget, no colour and no AWS name may live here.

pub mod effect;
pub mod intent;
pub mod investigate;
pub mod message;
pub mod state;

pub use effect::Effect;
pub use intent::Intent;
pub use message::Message;
pub use state::{App, Mode, Watched};
