//! Whole stories: which cause is named, how surely, and what is left alone.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::too_many_lines,
    reason = "a story that cannot be told is a broken test"
)]

#[path = "diagnosis/any_order.rs"]
mod any_order;
#[path = "diagnosis/behalf.rs"]
mod behalf;
#[path = "diagnosis/confidence.rs"]
mod confidence;
#[path = "diagnosis/decoys.rs"]
mod decoys;
#[path = "diagnosis/deeds.rs"]
mod deeds;
#[path = "diagnosis/deployments.rs"]
mod deployments;
#[path = "diagnosis/gaps.rs"]
mod gaps;
#[path = "diagnosis/held_out.rs"]
mod held_out;
#[path = "diagnosis/names.rs"]
mod names;
#[path = "diagnosis/other_deeds.rs"]
mod other_deeds;
#[path = "diagnosis/searches.rs"]
mod searches;
#[path = "diagnosis/signals.rs"]
mod signals;
#[path = "support/story.rs"]
mod story;
#[path = "diagnosis/ties.rs"]
mod ties;
#[path = "diagnosis/trail.rs"]
mod trail;
#[path = "diagnosis/traps.rs"]
mod traps;
#[path = "diagnosis/truth.rs"]
mod truth;
#[path = "diagnosis/turns.rs"]
mod turns;
#[path = "diagnosis/unseen.rs"]
mod unseen;
