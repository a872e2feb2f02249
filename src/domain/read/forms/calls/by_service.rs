//! What to do with what a service answered, and where the service itself knows more than the event.

use super::super::{PastedFailure, essence};
use super::{by_category, names_a_type_alone};
use crate::domain::model::arn::role_name;
use crate::domain::model::category::Category;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::read::advice::{self, Complaint};
use crate::domain::read::describe_call::describe_call;
use crate::domain::read::reason::{CustomResource, Denial, PolicyKind, ReasonFacts, is_vague};

/// The record of a call by its request, which no attribute of a search finds.
pub(super) fn search(said: &PastedFailure, id: &str) -> String {
    let (of, region) = said.region.as_deref().map_or_else(Default::default, |name| {
        (format!(" of {name}"), format!(" --region {name}"))
    });
    format!(
        "Search CloudTrail{of} for the request id {id} (`aws cloudtrail lookup-events{region} --lookup-attributes \
         AttributeKey=ReadOnly,AttributeValue=false --query \"Events[?contains(CloudTrailEvent, '{id}')]\"`): its record names the \
         call, its parameters and who made it."
    )
}

/// What to do with an answer that says itself what is wrong, before its record is looked up.
pub(super) fn answered(said: &PastedFailure, facts: &ReasonFacts) -> Option<String> {
    match facts.category {
        Category::InvalidRequest if says_little(&said.reason) || names_a_type_alone(&said.reason) => None,
        Category::InvalidRequest => Some(as_it_says(said)),
        // The record is what names a refused call.
        Category::AccessDenied => None,
        _ => by_category(said, facts),
    }
}

/// What a sentence tells by its grammar: the value that was refused and what it must be, what is not there, which role
/// does not trust whom.
pub fn told(said: &PastedFailure, facts: &ReasonFacts) -> Option<String> {
    // The words of a function are about something else than the resource, and a cascade's about nothing.
    if CustomResource::read(&said.reason).is_some() || said.reason.is_empty() {
        return None;
    }
    match facts.category {
        Category::AccessDenied => {
            with_sentence(said, advice::about_trust).or_else(|| of_denial(&said.reason))
        }
        Category::LimitExceeded => with_sentence(said, advice::about_a_quota),
        Category::InvalidRequest
        | Category::NotFound
        | Category::AlreadyExists
        | Category::DependencyViolation
        | Category::Other => of_sentence(said),
        _ => None,
    }
}

/// What a denial that one more statement ends asks for, with its names.
fn of_denial(reason: &str) -> Option<String> {
    let denial = Denial::read(reason)?;
    let ends = !denial.explicit
        && denial.hindrance.is_none()
        && denial.other.is_none()
        && denial
            .policy
            .is_none_or(|policy| policy == PolicyKind::IdentityBased);
    let (action, principal) = (denial.action.filter(|_| ends)?, denial.principal_arn?);
    if let Some(step) = advice::about_keeper(&principal, &action) {
        return Some(step);
    }
    let on = denial
        .resource
        .map(|resource| format!(" on {resource}"))
        .unwrap_or_default();
    let deploys = principal.ends_with("/AWSCloudFormation");
    let who = match role_name(&principal).filter(|_| principal.contains("role/")) {
        Some(role) if deploys => format!("role {role}, with which CloudFormation makes this stack"),
        Some(role) => format!("role {role}"),
        None => principal,
    };
    let place = if deploys {
        "by whoever manages that role"
    } else {
        "in the template where this stack makes it, else by whoever manages it in the account"
    };
    Some(format!(
        "Allow {action}{on} to {who}: {place}. Then deploy again."
    ))
}

/// The same, whatever kind of failure it is said to be.
pub(super) fn of_sentence(said: &PastedFailure) -> Option<String> {
    with_sentence(said, advice::told)
}

fn with_sentence(said: &PastedFailure, step: fn(&Complaint<'_>) -> Option<String>) -> Option<String> {
    let sentence = essence(&said.reason);
    let is_stack = said.kind.as_deref() == Some(STACK_TYPE);
    step(&Complaint {
        sentence: &sentence,
        about: said.about.as_deref().filter(|_| !is_stack),
        kind: said.kind.as_deref().filter(|_| !is_stack),
        region: said.region.as_deref(),
    })
}

/// So many properties of a sentence are named.
const NAMED: usize = 5;

/// What to do about a sentence that says all, in words that nothing here takes apart.
fn as_it_says(said: &PastedFailure) -> String {
    let sentence = essence(&said.reason);
    let of = said
        .about
        .as_deref()
        .map(|name| format!(" of {name}"))
        .unwrap_or_default();
    let named = advice::properties_named(&sentence);
    match named.as_slice() {
        [] => format!(
            "The sentence says itself what is refused{of}: change that in its properties, and deploy again."
        ),
        [one] => format!("Change {one}{of} as the sentence says, and deploy again."),
        [most @ .., last] if named.len() <= NAMED => format!(
            "Change {} or {last}{of} as the sentence says, and deploy again.",
            most.join(", ")
        ),
        _ => format!("Change what the sentence names{of} as it says, and deploy again."),
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
