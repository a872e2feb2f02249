//! Whole stories: which cause is named, how surely, and what is left alone.

#[path = "diagnosis/any_order.rs"]
mod any_order;
#[path = "diagnosis/gaps.rs"]
mod gaps;
#[path = "diagnosis/searches.rs"]
mod searches;
#[path = "support/story.rs"]
mod story;
#[path = "diagnosis/traps.rs"]
mod traps;
#[path = "diagnosis/truth.rs"]
mod truth;
