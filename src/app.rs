//! State and its transitions: `update(message, now)` takes in what happened and says what must be done.
//!
//! Synchronous and free of I/O; it never panics. What a screen or a report shows is a read model computed
//! from here. No widget, no colour and no AWS name may live here.

pub mod beacon;
mod bookmark;
pub mod console_url;
pub mod detail;
pub mod effect;
pub mod events;
pub mod fuzzy;
pub mod header;
pub mod home;
pub mod intent;
pub mod investigate;
pub mod keys;
pub mod ledger;
pub mod line;
pub mod message;
pub mod own_log;
pub mod place;
pub mod playback;
pub mod prompt;
pub mod replay;
pub mod sheet;
pub mod state;
pub mod timeline;
pub mod times;
pub mod transcript;
pub mod tree;
mod update;
mod wanted;
pub mod words;

pub use effect::Effect;
pub use intent::Intent;
pub use message::{Edit, Message};
pub use place::{Drawn, Overlay, Pane, Tab, View};
pub use state::{App, Mode, Screen, Watched};
