//! How far an investigation has come.

use serde::{Deserialize, Serialize};

/// How far the search for a failure's evidence in one source has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvestigationState {
    /// This source has nothing to tell about such a failure.
    NotNeeded,
    /// Too early to ask.
    Waiting,
    /// Being asked.
    Searching,
    /// It brought something that belongs to the failure.
    Found,
    /// It was asked to the end and brought nothing.
    Nothing,
    /// A permission is missing.
    Denied,
    /// It could not be asked for other reasons.
    GaveUp,
}

impl InvestigationState {
    /// Something may still come of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Searching)
    }
}
