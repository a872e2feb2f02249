//! An event as it came here.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::model::event::StackEvent;

/// An event with the moment at which it was first seen here.
#[derive(Debug, Clone)]
pub struct SeenEvent {
    /// As it was told last, where AWS told it otherwise later.
    pub event: Arc<StackEvent>,
    /// When this program first saw it.
    pub observed_at: DateTime<Utc>,
    /// When it was last seen to say this: an event that says something else later is corrected.
    pub(super) said_at: DateTime<Utc>,
}
