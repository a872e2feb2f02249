//! The store that a team shares: sessions as immutable segments of their journals, in a folder or in S3.
//!
//! The only place that names `object_store`. A session is a journal of idempotent facts, so a store is a set of
//! [segments](segment::Segment), each written once by one writer, and merging is union: no lock, no leader, no
//! overwriting. Two recorders that saw the same deployment, a segment delivered twice, a compaction that ran twice
//! at once: all of them fold to the same session.
//!
//! ```text
//! facts/account=123456789012/region=eu-west-1/day=2026-11-27/shop.1f31/6b1f…-00000003-9c4e….jsonl.gz
//! index/day=2026-11-27/6b1f…-00000001-77ab….jsonl.gz
//! deployments/account=123456789012/region=eu-west-1/day=2026-11-27/6b1f…-00000002-51c0….jsonl.gz
//! ```
//!
//! A line of a segment is a fact as the journal has it, with the session that it belongs to. The [index] says of each
//! session what a list shows, and on which days its segments lie: what is shown is all that is fetched. What is
//! concluded of each deployment lies beside as flat [rows](deployments), for questions over many of them: a query engine
//! has no rules, and must not need any.
//!
//! `store.json`, where there is one, says what holds for all who write: that everything is masked before it leaves
//! the machine that saw it. Who does not understand it writes nothing.
//!
//! The archive on this machine stays the working copy: what is opened from a store is taken into it.

mod bucket;
pub mod deployments;
mod digest;
pub mod index;
mod key;
mod known_index;
mod location;
mod objects;
mod publisher;
pub mod segment;
mod shared;
mod store_error;
mod upkeep;

pub use known_index::{Index, IndexParts};
pub use location::{Location, NoLocation};
pub use publisher::Publisher;
pub use segment::{RecorderId, Segment, SegmentError};
pub use shared::{Fetched, Flaw, SharedStore, StorePolicy};
pub use store_error::StoreError;
pub use upkeep::{Upkeep, compact, expire};
