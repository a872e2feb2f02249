//! What a deployment is and why it failed: pure rules over recorded facts.
//!
//! Nothing in here does I/O, reads a clock or names another module of the crate.

pub mod category;
pub mod reason;
pub mod signature;
