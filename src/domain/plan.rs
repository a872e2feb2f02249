//! Stand-in.
use super::{
    availability::Wait, diagnosis::Diagnosis, failure::FailureKey, session::Session, trail::TrailSearch,
};
use chrono::{DateTime, Utc};
/// x
#[derive(Debug, Clone)]
pub struct PlannedSearch {
    /// x
    pub search: TrailSearch,
    /// x
    pub why: String,
    /// x
    pub serves: Vec<FailureKey>,
    /// x
    pub max_pages: u32,
    /// x
    pub priority: u8,
}
/// x
pub fn trail(_: &Session, _: &Diagnosis) -> Vec<PlannedSearch> {
    Vec::new()
}
/// x
pub fn due(_: &Session, _: &PlannedSearch, _: Wait, _: DateTime<Utc>) -> Option<DateTime<Utc>> {
    None
}
