//! State and its transitions: `update(message, now)` takes in what happened and says what must be done.
//!
//! Synchronous and free of I/O; it never panics. What a screen or a report shows is a read model computed
//! from here. No widget, no colour and no AWS name may live here. Floors, of which a lower one never names a
//! higher one: [`input`], [`layout`], [`state`], [`view`], `update`.
//!
//! ```
//! use stacktrail::app::{App, Intent, Message, Mode, View};
//! use stacktrail::domain::model::fact::Recorded;
//! use stacktrail::domain::model::stack::StackId;
//!
//! let shop = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0-f92c-11ec";
//! let seen: Recorded = serde_json::from_value(serde_json::json!({
//!     "observed_at": "2026-05-04T12:00:05Z", "kind": "stack_events_seen", "stack_id": shop,
//!     "events": [{"stack_id": shop, "event_id": "1", "at": "2026-05-04T12:00:00Z", "logical_id": "Queue",
//!                 "resource_type": "AWS::SQS::Queue", "status": "CREATE_FAILED", "reason": "The name is too long"}],
//! }))?;
//! let now = "2026-05-04T12:20:00Z".parse()?;
//! let mut app = App::new(Mode::Offline, "shop".to_owned(), Vec::new());
//! app.restore(&StackId::parse(shop).ok_or("no ARN of a stack")?, &[seen], now);
//! app.update(Message::Intent(Intent::Look(View::Timeline)), now);
//! let shown = app.shown().ok_or("nothing is shown")?;
//! assert_eq!(shown.diagnosis.roots().count(), 1);
//! assert_eq!(app.screen.view, View::Timeline);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod input;
pub mod layout;
pub mod state;
mod update;
pub mod view;

pub use crate::app::input::intent::Intent;
pub use crate::app::input::place::{LastFrame, Pane, Tab, View};
pub use crate::app::input::typing::Edit;
pub use crate::app::state::effect::Effect;
pub use crate::app::state::message::Message;
pub use crate::app::state::overlay::Overlay;
pub use crate::app::state::preference::Preference;
pub use state::{AppState, Mode, Screen, Watched};
pub use update::App;
