//! What a source of evidence is: it declares itself, plans what to ask (purely) and asks it.

use async_trait::async_trait;

use crate::domain::investigate::inquiry::{Inquiry, Question, Source};
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::watch::inquiry_context::InquiryContext;

/// A source of evidence. One file in [`super::sources`] each.
#[async_trait]
pub trait EvidenceSource: Source {
    /// What it asks; its plan holds nothing else.
    type Asks: Question;

    /// Answers a question of its own with facts. A fault is recorded by the caller.
    async fn ask(
        &self,
        question: &Self::Asks,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault>;

    /// The program ends before an inquiry was answered: whatever still runs for it elsewhere is to end, too. It has a
    /// moment for that.
    async fn leave(&self, _: &Inquiry, _: &InquiryContext) {}
}

/// A source of evidence, whatever it asks. Every [`EvidenceSource`] is one.
#[async_trait]
pub trait AnySource: Source {
    /// Answers an inquiry of its own.
    async fn answer(&self, inquiry: &Inquiry, context: &InquiryContext) -> Result<Vec<Fact>, Fault>;

    /// The program ends before an inquiry was answered.
    async fn leave(&self, inquiry: &Inquiry, context: &InquiryContext);
}

#[async_trait]
impl<S: EvidenceSource> AnySource for S {
    async fn answer(&self, inquiry: &Inquiry, context: &InquiryContext) -> Result<Vec<Fact>, Fault> {
        match inquiry.question.get::<S::Asks>() {
            Some(question) => self.ask(question, inquiry, context).await,
            // Its own plan holds what it cannot ask: a mistake in the source, told instead of hidden.
            None => Err(Fault::new(
                inquiry.source.as_str(),
                FaultKind::Invalid,
                "the question is not one of this source",
            )),
        }
    }

    async fn leave(&self, inquiry: &Inquiry, context: &InquiryContext) {
        EvidenceSource::leave(self, inquiry, context).await;
    }
}
