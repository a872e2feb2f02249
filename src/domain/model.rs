//! The ground floor: what there is. Stacks, statuses, events, facts, records and answers as they came, ARNs and
//! resource types, faults, times that can be.
//!
//! What any of it *means* stands higher up: no rule about failures, attempts or causes belongs here.

pub mod arn;
pub mod bounds;
pub mod category;
pub mod event;
pub mod fact;
pub mod fault;
pub mod log;
pub mod moment;
pub mod promise;
pub mod resource_type;
pub mod source;
pub mod source_status;
pub mod span;
pub mod stack;
pub mod status;
pub mod trail;
pub mod validation;
