//! What a deployment is and why it failed: pure rules over recorded facts.
//!
//! Nothing in here does I/O, reads a clock or names another module of the crate. Seven floors; a lower one never
//! names a higher one:
//!
//! | floor | what it says |
//! | --- | --- |
//! | [`conclude`] | what is said of the whole: outcome, headline, end, what hangs, comparison, policy |
//! | [`investigate`] | what is known and what to ask next |
//! | [`explain`] | which records belong to a failure, and the causes |
//! | [`deployment`] | what happened: attempts, failures, actors |
//! | [`session`] | the fold over the facts |
//! | [`read`] | what a text says |
//! | [`model`] | what there is |

pub mod conclude;
pub mod deployment;
pub mod explain;
pub mod investigate;
pub mod model;
pub mod read;
pub mod session;
