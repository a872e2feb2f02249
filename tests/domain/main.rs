//! What the rules say of whole stories, and what the readers of texts make of any text.

mod diagnosis;
#[expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]
mod door_properties;
mod outcomes;
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod outputs;
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod outside_source;
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod outside_trail;
mod pastes;
mod policies;
mod reader_properties;
mod reason_properties;
mod reason_scores;
mod reason_variants;
#[path = "../support/support.rs"]
#[expect(dead_code, unused_imports, reason = "every test program takes what it needs")]
mod support;
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
mod trail_insights;
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]
mod trail_table;
