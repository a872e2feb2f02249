//! What is known and what to ask next: the diagnosis, the search plan, the delay of the trail, the cadence.
//!
//! Nothing is asked here: plans are data, and the `watch` module asks.

pub mod cadence;
pub mod case_file;
pub mod delivery;
pub mod diagnosis;
pub mod finding;
pub mod inquiry;
pub mod plan;
pub mod progress;
