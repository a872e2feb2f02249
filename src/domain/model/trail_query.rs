//! Questions to engines that are asked in a text: it cannot be made without bounds of time, and what of it comes from
//! anywhere but here is a value and never syntax.

mod engines;
mod insights;
mod plain;
mod window;

pub use engines::TrailEngines;
pub use insights::InsightsQuery;
pub(crate) use plain::plain;
pub use window::QueryWindow;
