//! What to do with what a service answered, and where the service itself knows more than the event.

use super::super::{PastedFailure, essence};
use super::{by_category, names_a_type_alone};
use crate::domain::model::category::Category;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::read::describe_call::describe_call;
use crate::domain::read::reason::{CustomResource, ReasonFacts, is_vague};

/// What to do with an answer that says itself what is wrong, before its record is looked up.
pub(super) fn answered(said: &PastedFailure, facts: &ReasonFacts) -> Option<String> {
    match facts.category {
        Category::InvalidRequest if says_little(&said.reason) || names_a_type_alone(&said.reason) => None,
        Category::InvalidRequest => {
            let of = said
                .about
                .as_deref()
                .map(|name| format!(" of {name}"))
                .unwrap_or_default();
            Some(format!(
                "Correct what the sentence says is wrong{of}, and deploy again."
            ))
        }
        // The record is what names a refused call.
        Category::AccessDenied => None,
        _ => by_category(said, facts),
    }
}

/// So many words tell what was not liked.
const WORDS: usize = 6;

/// Whether a sentence says no more than that something was not liked.
fn says_little(reason: &str) -> bool {
    is_vague(reason) && essence(reason).split_whitespace().count() < WORDS
}

/// Of what did not come up its own service knows more than the event.
pub(super) fn ask(said: &PastedFailure, facts: &ReasonFacts) -> Option<String> {
    let knows = matches!(
        facts.category,
        Category::NotStabilized | Category::InternalFailure | Category::Other
    );
    let call = describe_call(failed_type(said)?, None).filter(|_| knows)?;
    let what = said.about.as_deref().unwrap_or("the resource");
    Some(format!(
        "The sentence is all that CloudFormation was told. Ask the service what became of {what}: `{call}`, while it is there."
    ))
}

/// The row of one resource that failed, with a sentence about why: other rows need not tell more.
pub(super) fn is_own_row(said: &PastedFailure) -> bool {
    failed_type(said).is_some() && !said.reason.is_empty() && CustomResource::read(&said.reason).is_none()
}

/// The type of a resource that failed. A stack's own events are asked for elsewhere, by its name.
fn failed_type(said: &PastedFailure) -> Option<&str> {
    let failed = said
        .status
        .as_deref()
        .is_some_and(|status| status.ends_with("_FAILED"));
    let kind = said.kind.as_deref().filter(|_| failed)?;
    (kind.contains("::") && kind != STACK_TYPE).then_some(kind)
}

pub(super) fn is_it_the_first(said: &PastedFailure) -> String {
    let what = said.about.as_deref().unwrap_or("the resource");
    format!(
        "See whether an older *_FAILED that is no cancellation stands before it: `aws cloudformation describe-stack-events \
         --stack-name {}`. If not, look at {what} in its service's console, and in CloudTrail at that second for a call \
         with an errorCode.",
        said.stack.as_deref().unwrap_or("STACK")
    )
}
