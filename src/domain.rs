//! What a deployment is and why it failed: pure rules over recorded facts.
//!
//! Nothing in here does I/O, reads a clock or names another module of the crate.

pub mod actor;
pub mod attempt;
pub mod availability;
pub mod blind_spot;
pub mod bounds;
pub mod cadence;
pub mod category;
pub mod cause;
pub mod comparison;
pub mod custom_resource;
pub mod diagnosis;
pub mod documents;
pub mod dump;
pub mod ending;
pub mod event;
pub mod fact;
pub mod failure;
pub mod fault;
pub mod investigation;
pub mod link;
pub mod log;
pub mod matching;
pub mod missing;
pub mod moment;
pub mod plan;
pub mod principal;
pub mod promise;
pub mod read;
pub mod reading;
pub mod reason;
pub mod record;
pub mod session;
pub mod signal;
pub mod signature;
pub mod span;
pub mod stabilising;
pub mod stack;
pub mod status;
pub mod text;
pub mod trail;
pub mod validation;
pub mod verdict;
