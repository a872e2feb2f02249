//! What happened: attempts and how they ended, failures, actors, whose calls belong to what, custom resources,
//! instances that signal.
//!
//! Why it happened is the business of `explain`; what to ask next that of `investigate`.

pub mod actor;
pub mod attempt;
pub mod companions;
pub mod custom_resource;
pub mod failure;
pub mod nesting;
pub mod principal;
pub mod pushed_call;
pub(crate) mod record_index;
pub mod runs;
pub mod signal;
pub mod stabilising;
