//! State and its transitions: `update(message, now)` takes in what happened and says what must be done.
//!
//! Synchronous and free of I/O; it never panics. What a screen or a report shows is a read model computed
//! from here. No widget, no colour and no AWS name may live here. Floors, of which a lower one never names a
//! higher one: [`input`], [`layout`], [`state`], [`view`], `update`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use stacktrail::app::{App, Message, Mode};
//! use stacktrail::app::state::message::Restored;
//! use stacktrail::domain::session::from_listing;
//!
//! let listing = r#"[
//!   {"StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0", "EventId": "1", "StackName": "shop",
//!    "LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue", "ResourceStatus": "CREATE_FAILED",
//!    "ResourceStatusReason": "Queue name is too long", "Timestamp": "2026-05-04T12:00:00Z"}
//! ]"#;
//! let session = from_listing::read(listing)?;
//! let now = "2026-05-04T12:20:00Z".parse()?;
//! let mut app = App::new(Mode::Offline, "shop".to_owned(), Vec::new());
//! app.update(Message::Restored(Arc::new(Restored::of(session))), now);
//! let shown = app.shown().ok_or("nothing is shown")?;
//! assert_eq!(shown.diagnosis.roots().count(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
