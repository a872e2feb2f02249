//! What is said of the whole: outcome and headline, when a watch ends, what is missing, what hangs, how attempts compare,
//! the policy that a deployment lacked.
//!
//! The top floor. It stands above `investigate` because a verdict names the diagnosis, and the diagnosis must not
//! know how it is told.

pub(crate) mod comparison;
pub mod digest;
pub(crate) mod ending;
pub mod fleet;
pub mod hanging;
pub(crate) mod missing;
pub(crate) mod outputs;
pub mod policy;
pub mod verdict;
