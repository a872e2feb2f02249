//! What a source of evidence is: it plans what to ask (purely) and asks it.

use async_trait::async_trait;

use crate::domain::investigate::inquiry::{Inquiry, Source};
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::watch::inquiry_context::InquiryContext;

/// A source of evidence. One file in [`super::sources`] each.
#[async_trait]
pub trait EvidenceSource: Source {
    /// Answers an inquiry of its own with facts. A fault is recorded by the caller.
    async fn ask(&self, inquiry: &Inquiry, desk: &InquiryContext) -> Result<Vec<Fact>, Fault>;
}
