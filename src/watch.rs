//! The engine: tails stacks, answers inquiries, keeps the request budget.
//!
//! It turns AWS's answers into facts and sends them on. It decides nothing about what they mean.

mod budget;
mod cursor;
mod desk;
mod failures;
mod follow;
pub mod history;
mod patience;
mod report;
mod source;
pub mod sources;
mod tail;

pub use budget::Budget;
pub use desk::{Desk, Ports};
pub use follow::{Follower, Past};
pub use patience::patiently;
pub use report::Report;
pub use source::EvidenceSource;

#[cfg(test)]
mod crowd_tests;
