//! Next steps that name what is known instead of leaving a place for it.

use super::{Cause, protection};
use crate::domain::deployment::failure::Failure;
use crate::domain::read::advice::{self, StepContext};
use crate::domain::read::describe_call::with_describe_call;
use crate::domain::read::event_listing;
use crate::domain::read::signature::NextStep;

/// What stands in a signature's step for the change set, and for the function's log group.
const CHANGE_SET: &str = "--change-set-name ...";
const LOG_GROUP: &str = "/aws/lambda/<function>";

/// Fills in the change set that failed, the log group that was read, and the request that failed.
pub(super) fn filled_in(mut causes: Vec<Cause>, failure: &Failure, group: Option<&str>) -> Vec<Cause> {
    for cause in &mut causes {
        protection::name_call(cause, failure);
    }
    let change_set = Some(failure.event.event_id.as_str()).filter(|id| id.contains(":changeSet/"));
    for step in causes.iter_mut().filter_map(|cause| cause.next_step.as_mut()) {
        fill_in(step, change_set, group);
        if let (Some(text), Some(id)) = (&mut step.account, failure.facts.request_id.as_deref()) {
            *text = text.replace(advice::BY_REQUEST, &format!("log for the request id {id}."));
        }
        ask_the_service(step, failure);
        name_places(step, failure);
    }
    causes
}

/// A step that leaves a place for what the reason or the stack names.
fn name_places(step: &mut NextStep, failure: &Failure) {
    let stack = &failure.key.stack_id;
    let known = StepContext {
        sentence: failure.reason().unwrap_or_default(),
        stack: Some(stack.name()).filter(|name| is_stack(name)),
        region: Some(stack.region()).filter(|region| region.contains('-')),
        account: Some(stack.account()).filter(|account| account.bytes().all(|byte| byte.is_ascii_digit())),
    };
    for text in [&mut step.template, &mut step.account].into_iter().flatten() {
        *text = advice::filled(text, &known).into_owned();
    }
}

/// Whether it is a stack's name, and not what stands for one that was not told.
fn is_stack(name: &str) -> bool {
    name != event_listing::UNNAMED
}

/// A step that sends to the service says how to ask it.
fn ask_the_service(step: &mut NextStep, failure: &Failure) {
    let event = &failure.event;
    let told = step
        .account
        .as_deref()
        .and_then(|text| with_describe_call(text, &event.resource_type, event.physical_id.as_deref()));
    step.account = told.or_else(|| step.account.take());
}

fn fill_in(step: &mut NextStep, change_set: Option<&str>, group: Option<&str>) {
    for text in [&mut step.template, &mut step.account].into_iter().flatten() {
        if let Some(id) = change_set {
            *text = text.replace(CHANGE_SET, &format!("--change-set-name {id}"));
        }
        if let Some(group) = group {
            *text = text.replace(LOG_GROUP, group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u10_no_place_is_left_for_what_is_known() {
        let step = || NextStep {
            template: Some("Read the newest stream of /aws/lambda/<function>.".to_owned()),
            account: Some("`aws cloudformation describe-events --change-set-name ...` lists it.".to_owned()),
        };
        let mut known = step();
        fill_in(
            &mut known,
            Some("arn:aws:cloudformation:eu-west-1:1:changeSet/a/b"),
            Some("/aws/lambda/setup"),
        );
        let text = known.text();
        assert!(text.contains("/aws/lambda/setup;"), "{text}");
        assert!(
            text.contains("--change-set-name arn:aws:cloudformation:eu-west-1:1:changeSet/a/b`"),
            "{text}"
        );
        let mut unknown = step();
        fill_in(&mut unknown, None, None);
        assert_eq!(unknown, step());
    }

    #[test]
    fn u10_the_signatures_leave_these_places_and_no_others() {
        let text = include_str!("../../../../assets/signatures.toml");
        assert!(text.contains(CHANGE_SET) && text.contains(LOG_GROUP));
    }
}
