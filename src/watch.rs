//! The engine: tails stacks, answers inquiries, keeps the request budget.
//!
//! It turns AWS's answers into facts and sends them on. It decides nothing about what they mean.

mod cursor;
mod failures;
mod faults;
mod follow;
mod follower;
pub(crate) mod history;
mod inquiry_context;
pub(crate) mod inquiry_runner;
mod push;
pub(crate) mod rate_limiter;
mod retry;
mod source;
pub(crate) mod source_status_update;
pub mod sources;
mod tail;

pub use crate::watch::inquiry_context::{InquiryContext, Ports, Services};
pub use crate::watch::inquiry_runner::InquiryRunner;
pub use crate::watch::rate_limiter::RateLimiter;
pub use crate::watch::source_status_update::SourceStatusUpdate;
pub use follower::{Follower, SavedHistory};
pub use push::PushRegistry;
pub use retry::with_retries;
pub use source::{AnySource, EvidenceSource};

#[cfg(test)]
mod crowd_tests;
