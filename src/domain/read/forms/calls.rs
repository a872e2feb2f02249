//! The next step that always helps, where nothing more is known of a failure.

mod by_service;

pub use by_service::told;

use std::sync::LazyLock;

use regex::Regex;

use super::weigh::STACK_SET;
use super::{PastedFailure, hangs, named};
use crate::domain::model::category::Category;
use crate::domain::read::advice;
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason::{
    CascadeKind, CustomResource, CustomResourceOutcome, Denial, PolicyKind, ReasonFacts, call_on_service,
    cascade,
};

/// Where the cause is, or what to do: always something that can be done with what the text holds.
pub fn next_step(said: &PastedFailure, facts: &ReasonFacts) -> String {
    if let Some(step) = before_a_search(said, facts) {
        return step;
    }
    let of_a_tool = said.kind.is_none() && said.status.is_none();
    if let Some(step) = before_any_stack(said).filter(|_| of_a_tool) {
        return step;
    }
    if let Some(step) = told(said, facts) {
        return step;
    }
    let id = facts.api_request_id().or(said.request.as_deref());
    if let Some(id) = id {
        return by_service::answered(said, facts).unwrap_or_else(|| by_service::search(said, id));
    }
    if facts.category != Category::InvalidRequest
        && matches!(CustomResource::read(&said.reason), Some(ref read) if read.outcome == CustomResourceOutcome::Failed)
    {
        return "Read the log of the function behind the custom resource at that second: what it says here is all that it handed \
                on. If nothing there was refused, deploy again."
            .to_owned();
    }
    if let Some(step) = before_any_stack(said) {
        return step;
    }
    if is_only_a_status(&said.reason) && facts.error_code.is_none() {
        return events(said);
    }
    if let Some(step) = properties(said, facts) {
        return step;
    }
    if let Some(call) = called(&said.reason).filter(|_| facts.category != Category::InvalidRequest) {
        return format!(
            "Search CloudTrail for {call} at that time: its record names the parameters and who made the call; see with them whether \
             what is asked for is there, in this account and region, and open to that caller."
        );
    }
    if let Some(step) = only_waited(said) {
        return step.to_owned();
    }
    if let Some(step) = by_service::ask(said, facts) {
        return step;
    }
    // A row that names the cause itself needs no other row.
    let own = CustomResource::read(&said.reason).is_none();
    if let Some(step) = by_category(said, facts).filter(|_| own) {
        return step;
    }
    if said.stack.is_none() && said.status.is_none() && said.about.as_deref().is_some_and(is_address) {
        return OF_ADDRESS.to_owned();
    }
    if by_service::is_own_row(said) {
        by_service::is_it_the_first(said)
    } else if is_of_an_event(said, facts) {
        events(said)
    } else {
        more(said)
    }
}

/// What helps more than a search for the request.
fn before_a_search(said: &PastedFailure, facts: &ReasonFacts) -> Option<String> {
    let named = || {
        let alone = said.reason.is_empty();
        alone
            .then(|| hangs::step(said).or_else(|| of_names(said)))
            .flatten()
    };
    let place = of_an_operation(said)
        .or_else(named)
        .or_else(|| of_change_set(said))
        .or_else(|| elsewhere(said))
        .or_else(|| in_a_log(said, facts));
    if place.is_some() {
        return place;
    }
    if let Some(denial) = Denial::read(&said.reason) {
        return Some(denied(&denial));
    }
    if let Some(action) = call_on_service(&said.reason) {
        return Some(format!(
            "Allow {action} to the execution role that the resource names, and deploy again."
        ));
    }
    if said.reason.contains("Error acquiring the state lock") || said.reason.contains("the state lock Error")
    {
        return Some(LOCKED.to_owned());
    }
    let waits = OF_A_STATE.is_match(&said.reason)
        && !OF_A_VALUE.is_match(&said.reason)
        && facts.category == Category::InvalidRequest;
    waits.then(|| IN_A_STATE.to_owned())
}

/// An operation of a stack set has results of its own.
fn of_an_operation(said: &PastedFailure) -> Option<String> {
    let operation = named::operation_in(&said.reason)?;
    let set = said.stack.as_deref().unwrap_or("SET");
    // Some tools count the operations and do not tell their ids.
    let id = if operation.len() < UUID { "ID" } else { operation };
    Some(format!(
        "Read `aws cloudformation list-stack-set-operation-results --stack-set-name {set} --operation-id {id}` (`list-stack-set-operations` \
         names the ids): the first FAILED tells account, region and reason."
    ))
}

const UUID: usize = 36;

/// Where the cause is, where a text only names what it is about.
fn of_names(said: &PastedFailure) -> Option<String> {
    if said.kind.as_deref() == Some(STACK_SET) {
        let operation = said.request.as_deref().unwrap_or("ID");
        let set = said.stack.as_deref().unwrap_or("SET");
        return Some(format!(
            "Read `aws cloudformation list-stack-set-operation-results --stack-set-name {set} --operation-id {operation}`: the \
             first FAILED of them names account, region and reason."
        ));
    }
    if let Some(arn) = said.about.as_deref().filter(|name| name.starts_with("arn:")) {
        return Some(format!(
            "Ask the service of {arn} itself: its describe call, its events and its logs tell why. If a stack had it, `aws \
             cloudformation describe-stack-events --stack-name NAME` lists that stack's events."
        ));
    }
    let what = said.about.as_deref().or(said.kind.as_deref());
    (what.is_some() || said.stack.is_some()).then(|| {
        let of = what.map(|name| format!(" Look there for what is said of {name}."));
        format!("{}{}", events(said), of.unwrap_or_default())
    })
}

/// `module.shop.aws_sqs_queue.jobs`: what Terraform made itself, without any stack.
fn is_address(name: &str) -> bool {
    let mut parts = name.split(['.', '[']);
    parts.any(|part| part.starts_with("aws_") && part != "aws_cloudformation_stack") && !name.contains(' ')
}

const OF_ADDRESS: &str = "Terraform made this call itself, and no stack is in this text. Ask the service what became of what \
                          the sentence names: its describe call and its own events name the reason; the call is in CloudTrail.";

const OF_LAST_ERROR: &str = "What stands behind `last error` is the service's own answer: see to what it names. No stack is in \
                             this text; the thing that was made may be left half made, and the service's describe call shows it.";

/// What helps where a tool only waited, and no stack is in the text.
fn only_waited(said: &PastedFailure) -> Option<&'static str> {
    let answered = |(_, last): (&str, &str)| !last.trim().is_empty() && !last.starts_with("%!s");
    if said.reason.split_once(". last error: ").is_some_and(answered) && said.stack.is_none() {
        return Some(OF_LAST_ERROR);
    }
    let waited = ["unexpected state '", "timeout while waiting for state"]
        .iter()
        .any(|words| said.reason.contains(words));
    (waited && said.stack.is_none() && said.status.is_none()).then_some(
        "The tool saw only that state. Ask the service what became of it: its describe call and its own events name the \
         reason. No stack is in this text.",
    )
}

/// What helps with a kind of failure wherever it was met, where the text is about no event.
fn by_category(said: &PastedFailure, facts: &ReasonFacts) -> Option<String> {
    if said.reason.is_empty() {
        return None;
    }
    // A program's own exception is called the same, and no service failed by that.
    let lower = said.reason.to_ascii_lowercase();
    let of_service = facts.status_code.is_some_and(|code| code >= 500)
        || [
            "internal failure",
            "internalfailure",
            "internal server error",
            "unavailable",
        ]
        .iter()
        .any(|words| lower.contains(words));
    let step = match facts.category {
        Category::AlreadyExists => {
            "What the sentence names is there already. Find it in this account and region and who made it (its tags name a stack, \
             CloudTrail its creation); then remove it, import it, or take another name."
        }
        Category::NotFound => {
            "What the sentence names was not found: look whether it is there under that name, in the account and the region of the \
             one who asked; make it first, or correct the name, and run it again."
        }
        Category::AccessDenied => {
            "Find the refused call in CloudTrail at that time (it has an errorCode): its record names action, principal and \
             resource; allow it there."
        }
        Category::DependencyViolation => {
            "Something still uses it, and the sentence says what: take it out of use there first (in the template: deploy once without \
             the use), then delete or change it again. Where it is to stay, give it DeletionPolicy: Retain."
        }
        Category::LimitExceeded => {
            "Remove what is not needed any more, or ask for more in Service Quotas of that region; then run it again."
        }
        Category::Throttling => "Wait, and run it again with fewer calls at once.",
        Category::InternalFailure if of_service => {
            "The service itself failed: run it again; if it stays, look at the AWS Health Dashboard and ask AWS Support with the \
             request's id."
        }
        _ => return None,
    };
    Some(step.to_owned())
}

/// `Waiter ChangeSetCreateComplete failed`, and not why.
pub fn only_waits_for_a_change_set(reason: &str) -> bool {
    reason.contains("ChangeSetCreateComplete failed") && !reason.contains("Reason: ")
}

/// A change set that was not made has its reason in itself: the stack has no event of it.
fn of_change_set(said: &PastedFailure) -> Option<String> {
    let reason = &said.reason;
    only_waits_for_a_change_set(reason).then(|| {
        // The stack in which sam keeps what it deploys has always the same name.
        let own = reason
            .contains("create managed resources")
            .then_some("aws-sam-cli-managed-default");
        let stack = said.stack.as_deref().or(own).unwrap_or("STACK");
        format!(
            "A change set says itself why it failed, and the stack has no event of it: `aws cloudformation list-change-sets \
             --stack-name {stack}` lists them with their StatusReason, describe-change-set tells one in full."
        )
    })
}

/// The log or the place of the template that the text itself names.
fn in_a_log(said: &PastedFailure, facts: &ReasonFacts) -> Option<String> {
    if let Some(group) = &said.log_group {
        let id = said
            .request
            .as_deref()
            .or(facts.custom_resource_request_id.as_deref());
        let with = id.map(|id| format!(" for {id}")).unwrap_or_default();
        return Some(format!(
            "Search the log group {group}{with}; the function tells there which call was refused."
        ));
    }
    if said
        .note
        .as_deref()
        .is_some_and(|note| note.contains("invocation"))
    {
        return Some(own_log(said, facts));
    }
    let told = said.request.as_deref().filter(|_| said.code.is_some());
    if let Some(stream) = facts.log_stream.as_deref().filter(|_| told.is_none()) {
        return Some(format!(
            "Read the log stream {stream} in the log group of the resource's function."
        ));
    }
    let place = said
        .place
        .as_deref()
        .filter(|_| said.category == Some(Category::InvalidRequest))?;
    Some(match by_service::of_sentence(said) {
        Some(step) => format!("{step} In the template it is at {place}."),
        None => format!("Correct the template at {place} and deploy again."),
    })
}

/// `An error occurred (Code) when calling the ProvisionProduct operation`: the call.
fn called(reason: &str) -> Option<&str> {
    let (_, rest) = reason.split_once(" when calling the ")?;
    let (name, _) = rest.split_once(" operation")?;
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric())
        .then_some(name)
}

const LOCKED: &str = "Nothing was deployed: another run of Terraform holds the lock, and the text names its ID and who holds it. \
                      Wait for it; where it is gone for certain, `terraform force-unlock ID`, and run it again.";

/// A refusal because of how things stand, whatever the properties are.
static OF_A_STATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\bnot in (?:an? |the )?(?:valid|correct|allowed|expected|active|available)\b[^.]{0,30}\bstate\b|\bmust be (?:in )?(?:the |an? )?(?:active|available|enabled|disabled|running|stopped|ready|creating)\b|\bis not (?:active|ready|in the [a-z]+ state)\b|\bin (?:the )?(?:current|its|an invalid) (?:state|status)\b",
    )
});

/// `The parameter EnableIt must be enabled`: what is set in the template, and no state that comes by itself.
static OF_A_VALUE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:parameter|property|value|field|option|setting|attribute|argument|flag)s? ['\x22`]?[\w.]+['\x22`]? must be\b",
    )
});

/// `… reached an unexpected state: ROLLBACK_COMPLETE`: how a stack ended, and not why.
static ONLY_A_STATUS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:state|status)(?: is|:|=)? ['\x22(]?(?-i:(?:UPDATE_|IMPORT_)?ROLLBACK_(?:COMPLETE|FAILED)|(?:CREATE|UPDATE|DELETE)_FAILED)\b['\x22`).]*\s*\z",
    )
});

/// Whether a sentence says how a stack ended, and no more.
pub(super) fn is_only_a_status(reason: &str) -> bool {
    ONLY_A_STATUS.is_match(reason)
}

const IN_A_STATE: &str = "What the sentence speaks of is in a state in which this cannot be done. Look at that state (the \
                          service's describe call), wait or bring it into the one that is asked for, and deploy again.";

/// `Invalid request provided: AWS::SQS::Queue`: the handler hands on no word of the service's.
static A_TYPE_ALONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\binvalid request provided: \w+::\w+::\w+\W{0,4}(?:\z|\(RequestToken:|ErrorCode:|\(Service: null)",
    )
});

fn names_a_type_alone(reason: &str) -> bool {
    A_TYPE_ALONE.is_match(reason)
}

const TYPE_ALONE: &str = "The sentence names only the type: the service's own words did not come through. Look in CloudTrail for the \
                          calls on that service at that time which have an errorCode: its errorMessage names the value that was \
                          refused. Where there is none, the handler itself refused it: hold the properties against the type's \
                          documentation.";

/// What a service refused without naming the request.
fn properties(said: &PastedFailure, facts: &ReasonFacts) -> Option<String> {
    let names_no_stack = said.stack.is_none() && said.status.is_none();
    let refused = facts.category == Category::InvalidRequest;
    if !refused || !(names_no_stack || said.kind.is_some() || said.about.is_some()) {
        return None;
    }
    if names_a_type_alone(&said.reason) {
        return Some(TYPE_ALONE.to_owned());
    }
    if let Some(step) = by_service::answered(said, facts)
        .filter(|_| said.kind.as_deref().is_some_and(|kind| kind.contains("::")))
    {
        return Some(step);
    }
    let what = said
        .about
        .as_deref()
        .map(|name| format!(" of {name}"))
        .unwrap_or_default();
    Some(format!(
        "Look at what the sentence names{what}: a value that was refused is to be corrected; a role, a policy or another thing \
         that is only pointed at may be wrong itself, or have been made a moment ago. Then deploy again. The text names no request, \
         so no trail record can be looked up by it."
    ))
}

/// Whether the sentence is one of a stack's events, so that there are others beside it.
fn is_of_an_event(said: &PastedFailure, facts: &ReasonFacts) -> bool {
    let written = facts.handler_error_code.is_some()
        || facts.request_token.is_some()
        || facts.category == Category::NotStabilized
        || CustomResource::read(&said.reason).is_some();
    let stated = said.status.as_deref().is_some_and(|status| status.contains('_'));
    written || stated || said.stack.is_some() || said.kind.as_deref().is_some_and(|kind| kind.contains("::"))
}

/// Where a text is about no event, and nobody knows whether there is a stack at all.
fn more(said: &PastedFailure) -> String {
    if said.reason.is_empty() {
        "Give the event, the error or the log lines that a tool printed when it failed: `aws cloudformation \
         describe-stack-events --stack-name NAME` lists the events of a stack."
            .to_owned()
    } else {
        "Give what stands around it as well: which tool printed it, and the lines before. If a stack had begun, `aws \
         cloudformation describe-stack-events --stack-name NAME` lists its events."
            .to_owned()
    }
}

/// `Stack 'shop' does not exist`: what is missing is the stack itself, and not something that a resource refers to.
pub fn is_about_a_missing_stack(said: &PastedFailure) -> bool {
    let text = said.reason.to_ascii_lowercase();
    let named = |head: &str| {
        let words: Vec<&str> = head.split_whitespace().rev().take(4).collect();
        words
            .iter()
            .any(|word| *word == "stack" || word.starts_with("stack:"))
    };
    said.kind.is_none()
        && text
            .split_once("does not exist")
            .is_some_and(|(head, _)| named(head))
}

/// What a tool meets before it talks to a stack: there are no events of it.
fn before_any_stack(said: &PastedFailure) -> Option<String> {
    let text = said.reason.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&[
        "unable to resolve aws account",
        "no credentials have been configured",
        "unable to locate credentials",
        "could not load credentials",
        "missing credentials in config",
        "no valid credential sources",
        "credentials are missing",
        "nocredentialproviders",
    ]) {
        return Some(
            "Nothing was deployed: the tool found no credentials or no account. See `aws sts get-caller-identity`, set the \
             profile and the region (AWS_PROFILE, AWS_REGION), and run it again."
                .to_owned(),
        );
    }
    if has(&[
        "you must specify a region",
        "missing region in config",
        "region is missing",
        "noregion",
    ]) {
        return Some(
            "Nothing was deployed: name the region (--region, AWS_REGION) and run it again.".to_owned(),
        );
    }
    if text.contains("bootstrapped?") {
        return Some(not_set_up(&text));
    }
    if is_about_a_missing_stack(said) {
        let stack = said.stack.as_deref().unwrap_or("NAME");
        return Some(format!(
            "There are no events of a stack that is not there. If it was meant to be there, check account and region; a \
             create that failed and was deleted leaves it readable by its ARN: `aws cloudformation list-stacks \
             --stack-status-filter DELETE_COMPLETE` names that, then describe-stack-events --stack-name ARN. Else deploy \
             {stack} first."
        ));
    }
    refused_before_it_began(said, &text)
}

/// What cdk lacks in an account: all of its setup, or the bucket that a stack of it names.
fn not_set_up(text: &str) -> String {
    let account = text
        .split(|c: char| !c.is_ascii_digit())
        .find(|word| word.len() == 12)
        .unwrap_or("ACCOUNT");
    if text.contains("no bucket named 'cdktoolkit-") {
        return format!(
            "Nothing was deployed: the stack CDKToolkit of account {account} names a bucket that is not there any more, and \
             bootstrapping again changes nothing as long as that stack is complete. Delete the stack CDKToolkit, run `cdk bootstrap \
             aws://{account}/REGION`, and deploy again."
        );
    }
    format!(
        "Nothing was deployed: cdk has not been set up in this account and region, or with another qualifier, or what it made there \
         was deleted. Run `cdk bootstrap aws://{account}/REGION`, and deploy again."
    )
}

/// ... and what it is refused, or does not reach.
fn refused_before_it_began(said: &PastedFailure, text: &str) -> Option<String> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if text.contains("suspended") && text.contains("account") {
        return Some(
            "Do what the sentence says; until AWS lifts it no call of the account succeeds.".to_owned(),
        );
    }
    if ["is in rollback_complete state", "stack status: rollback_complete"]
        .iter()
        .any(|words| text.contains(words))
    {
        let of = said
            .stack
            .as_deref()
            .map(|stack| format!(" (`aws cloudformation describe-stack-events --stack-name {stack}`)"))
            .unwrap_or_default();
        return Some(format!(
            "Read why it failed in the stack's events first{of}; then delete the stack, which has never been complete, and \
             deploy again."
        ));
    }
    if has(&["cannot be executed in its current status of [create_in_progress]"]) {
        return Some("Wait until the change set is CREATE_COMPLETE, and execute it then.".to_owned());
    }
    if has(&[
        "socket timed out",
        "getaddrinfo",
        "econnreset",
        "econnrefused",
        "etimedout",
        "dial tcp",
        "no such host",
        "connection refused",
        "connectex",
    ]) && !text.contains("custom resource")
        && said.status.is_none()
    {
        return Some(
            "The machine that deploys did not reach AWS: check its network, proxy and endpoints, and run it again. Nothing of \
             this is in the stack's events."
                .to_owned(),
        );
    }
    None
}

/// The lines of a function's own log.
fn own_log(said: &PastedFailure, facts: &ReasonFacts) -> String {
    let lines = said.request.as_deref().map_or_else(
        || "the lines around it".to_owned(),
        |id| format!("the other lines of {id}"),
    );
    if facts.category == Category::AccessDenied {
        format!(
            "The function's role was refused: allow it the call, in its own policy and in that of what was called. Read \
             {lines} for the call; calls for data (objects, items, indexes) are not in CloudTrail's event history."
        )
    } else {
        format!("Read {lines} in the function's log for the call that failed.")
    }
}

/// A text that only follows from another failure.
fn elsewhere(said: &PastedFailure) -> Option<String> {
    match cascade(&said.reason)? {
        CascadeKind::Cancelled if said.reason.contains("failure tolerance") => Some(format!(
            "The cause is with another instance of the stack set. `aws cloudformation list-stack-set-operation-results \
             --stack-set-name {} --operation-id ID`: the first FAILED of the operation tells it.",
            said.stack.as_deref().unwrap_or("SET")
        )),
        CascadeKind::Cancelled => Some(format!("The cause is with another resource. {}", events(said))),
        CascadeKind::FailedResources { failed, .. } => Some(format!(
            "This sentence does not name the cause. {} Look there for what is said of {}.",
            events(said),
            failed.join(", ")
        )),
        CascadeKind::EmbeddedStack { stack_arn, .. } => Some(format!(
            "The cause is in the events of the nested stack {}.",
            stack_arn.as_deref().unwrap_or("that it names")
        )),
        CascadeKind::NestedChangeSet { change_set_arn, .. } => Some(format!(
            "The cause is in the nested change set {}.",
            change_set_arn.as_deref().unwrap_or("that it names")
        )),
    }
}

fn denied(denial: &Denial) -> String {
    let action = denial.action.as_deref().unwrap_or("the action");
    if denial.hindrance.is_some() {
        return format!(
            "See to what the refusal of {action} names: it is not one policy that lacks an allow."
        );
    }
    if let Some(other) = &denial.other {
        return format!("See to the permissions of {other}: whoever made the call need not lack any.");
    }
    match denial.policy {
        Some(PolicyKind::ServiceControlPolicy | PolicyKind::ResourceControlPolicy) => format!(
            "No policy of the account helps: whoever manages the organization has to change {}, or the call has to meet \
             its condition.",
            denial.policy_arn.as_deref().unwrap_or("that policy")
        ),
        policy if !denial.explicit && policy.is_none_or(|kind| kind == PolicyKind::IdentityBased) => denial
            .principal_arn
            .as_deref()
            .and_then(|principal| advice::about_keeper(principal, action))
            .unwrap_or_else(|| format!("Allow {action} to whoever made the call.")),
        Some(kind) if denial.explicit => format!("Change the deny for {action} in the {}.", kind.label()),
        _ => format!("Allow {action} to whoever made the call."),
    }
}

/// Where the events of the stack are.
fn events(said: &PastedFailure) -> String {
    let stack = said.stack.as_deref().unwrap_or("STACK");
    let region = said
        .region
        .as_deref()
        .map(|name| format!(" --region {name}"))
        .unwrap_or_default();
    let of = if said.about.is_some() && CustomResource::read(&said.reason).is_some() {
        " and the log of the resource's function"
    } else {
        ""
    };
    format!(
        "Read `aws cloudformation describe-stack-events --stack-name {stack}{region}`{of}: the oldest *_FAILED that is no \
         cancellation tells the cause."
    )
}
