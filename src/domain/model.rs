//! The ground floor: what there is. Stacks, statuses, events, facts, records and answers as they came, ARNs and
//! resource types, faults, times that can be.
//!
//! What any of it *means* stands higher up: no rule about failures, attempts or causes belongs here.

pub(crate) mod action;
pub(crate) mod arn;
pub(crate) mod bounds;
pub mod category;
pub mod described_trail;
pub mod event;
pub mod fact;
pub mod fault;
pub mod log;
pub(crate) mod moment;
pub(crate) mod promise;
pub(crate) mod resource_type;
pub mod source;
pub mod source_status;
pub(crate) mod span;
pub mod stack;
pub mod status;
pub mod trail;
pub mod trail_query;
pub mod trail_table;
pub mod validation;
