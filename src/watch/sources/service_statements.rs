//! Asks a service about a resource of its own, and puts what it says into facts: what several sources share.

use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceDescriptor;
use crate::ports::ServiceQuestion;
use crate::watch::inquiry_context::InquiryContext;

/// Asks. A resource that the service does not know (any more) has nothing to say.
pub(super) async fn ask(
    source: &SourceDescriptor,
    about: &ServiceQuestion,
    inquiry: &Inquiry,
    context: &InquiryContext,
) -> Result<Vec<Fact>, Fault> {
    let Some(service) = context.ports.services.get(&source.id) else {
        return Ok(Vec::new());
    };
    context.budget(source.pace, &inquiry.region).await.acquire().await;
    let (statements, missed) = match service.statements(about, context.now()).await {
        Ok(stated) => (stated.statements, stated.missed),
        Err(fault) if fault.kind == FaultKind::NotFound => Default::default(),
        Err(fault) => return Err(fault),
    };
    let answered = Fact::SourceAnswered {
        source: source.id.clone(),
        key: inquiry.key.clone(),
        at: context.now(),
    };
    let stated = statements
        .into_iter()
        .map(|statement| Fact::ServiceStated { statement });
    // What else it would have told is asked for again with the rest.
    let missed = missed.into_iter().map(|fault| Fact::SourceMissedPart {
        source: source.id.clone(),
        region: inquiry.region.clone(),
        key: inquiry.key.clone(),
        fault,
    });
    Ok(stated.chain([answered]).chain(missed).collect())
}
