//! What a source of evidence is: it plans what to ask (purely) and asks it.

use async_trait::async_trait;

use super::desk::Desk;
use crate::domain::fact::Fact;
use crate::domain::fault::Fault;
use crate::domain::investigation::{Inquiry, Source};

/// A source of evidence. One file in [`super::sources`] each.
#[async_trait]
pub trait EvidenceSource: Source {
    /// Answers an inquiry of its own with facts. A fault is recorded by the caller.
    async fn ask(&self, inquiry: &Inquiry, desk: &Desk) -> Result<Vec<Fact>, Fault>;
}
