//! What a text says: a reason, a record, a listing, whatever people paste; and text made harmless.
//!
//! Nothing in here knows a session or a stack's history: the same text reads the same everywhere.

pub mod event_listing;
pub mod forms;
pub mod json_stream;
pub mod reason;
pub mod record;
pub mod signature;
pub mod text;
