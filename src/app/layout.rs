//! What is laid out once and kept: the tree, the events, the timeline's chart, the list of sessions, lines and
//! words. Computed from sessions; the state holds it.
//!
//! Nothing here knows the state as a whole: that is what separates it from `view`.

pub(crate) mod bookmark;
pub(crate) mod events;
pub(crate) mod filter;
pub(crate) mod headline;
pub mod home;
pub mod line;
pub mod own_log;
pub(crate) mod timeline;
pub(crate) mod times;
pub(crate) mod tree;
pub(crate) mod words;
