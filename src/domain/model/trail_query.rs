//! Questions to engines that are asked in a text: it cannot be made without bounds of time, and what of it comes from
//! anywhere but here is a value and never syntax.

mod engines;
mod insights;
mod lake;
mod plain;
mod store;
mod window;

pub use engines::{NamedStores, TrailEngines};
pub use insights::InsightsQuery;
pub use lake::LakeQuery;
pub(crate) use plain::plain;
pub use store::{DescribedStore, StoreRecords, WantedCalls};
pub use window::QueryWindow;
