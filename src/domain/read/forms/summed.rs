//! A sum or a state that stands before what caused it, in one reason: `Stack [shop] is in [ROLLBACK_COMPLETE] state. Reason: …`,
//! `The following resource(s) failed to create: [Jobs]. Resource handler returned message: …`.

use std::sync::LazyLock;

use regex::Regex;

use super::PastedFailure;
use super::paste::place_in;
use crate::domain::read::event_listing;
use crate::domain::read::pattern::{agreed, pattern, told};
use crate::domain::read::reason::{CascadeKind, cascade};

/// `Stack [shop] is in [UPDATE_ROLLBACK_COMPLETE] state. Reason: the reason`, as pipelines say it.
static IN_STATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?s)\A\W{0,8}Stack \[?([A-Za-z][\w-]*)\]? is in \[?([A-Z]+_[A-Z_]+)\]? state\. (?:Status )?[Rr]eason: (\S.*)\z",
    )
});

/// Where a handler's or a service's own words begin behind a sum.
const BEGINS: [&str; 2] = [
    "Resource handler returned message: ",
    "Received response status [FAILED]",
];

/// `updating CloudFormation Stack (arn:…:stack/shop/0a1b): …`, as Terraform's provider and Pulumi name it.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"CloudFormation Stack \((arn:aws[\w-]*:cloudformation:[\w-]+:\d{12}:stack/[A-Za-z][\w-]*/[\w-]+)\)",
    )
});

/// Takes the state and the sum away from before a reason.
pub(super) fn apart(one: &mut PastedFailure) {
    if let Some(found) = IN_STATE.captures(&one.reason) {
        let part = |index: usize| {
            found
                .get(index)
                .map_or("", |part| part.as_str())
                .trim()
                .to_owned()
        };
        if event_listing::names_status(&part(2)) {
            let (name, status, reason) = (part(1), part(2), part(3));
            one.stack = one.stack.take().or(Some(name));
            one.status = one.status.take().or(Some(status));
            // The code of a pipeline's job is none of the stack's.
            one.code = None;
            one.reason = reason;
        }
    }
    if let Some((status, rest)) = one.reason.split_once(" - ")
        && status.ends_with("_FAILED")
        && event_listing::names_status(status)
        && !status.contains(' ')
        && rest.trim().contains(' ')
    {
        let (status, rest) = (status.to_owned(), rest.trim().to_owned());
        one.status = one.status.take().or(Some(status));
        one.reason = rest;
    }
    let at = BEGINS
        .iter()
        .filter_map(|words| one.reason.find(words))
        .min()
        .filter(|at| *at > 0);
    let Some((sum, own)) = at.and_then(|at| one.reason.split_at_checked(at)) else {
        return;
    };
    if let Some(CascadeKind::FailedResources { failed, .. }) = cascade(sum.trim()) {
        if let ([name], None) = (failed.as_slice(), &one.about) {
            one.about = Some(name.clone());
            // What was told of the whole stack is not the resource's.
            one.status = None;
        }
        one.reason = own.trim().to_owned();
    }
}

/// Adds the one stack that a text names by its ARN as what was deployed to a failure that a tool tells by its address.
pub(super) fn place(one: &mut PastedFailure, text: &str) {
    if one.stack.is_some() {
        return;
    }
    if let Some(arn) = agreed(told(&NAMED, text)) {
        place_in(one, arn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reason: &str) -> PastedFailure {
        let mut one = PastedFailure {
            reason: reason.to_owned(),
            ..PastedFailure::default()
        };
        apart(&mut one);
        one
    }

    #[test]
    fn a_state_before_its_reason_names_the_stack() {
        let one = told(
            "Stack [shop] is in [UPDATE_ROLLBACK_COMPLETE] state. Reason: The following resource(s) failed to update: [Jobs]. ",
        );
        assert_eq!(
            (one.stack.as_deref(), one.status.as_deref()),
            (Some("shop"), Some("UPDATE_ROLLBACK_COMPLETE"))
        );
        assert_eq!(one.reason, "The following resource(s) failed to update: [Jobs].");
        let plain = "Stack:arn:x is in ROLLBACK_COMPLETE state and can not be updated.";
        assert_eq!(told(plain).reason, plain);
    }

    #[test]
    fn what_stands_behind_a_sum_is_the_reason() {
        let own = "Resource handler returned message: \"it is there (Service: Sqs, Status Code: 400)\"";
        let one = told(&format!(
            "The following resource(s) failed to create: [Jobs]. {own}"
        ));
        assert_eq!((one.about.as_deref(), one.reason.as_str()), (Some("Jobs"), own));
        let two = told(&format!(
            "The following resource(s) failed to create: [Jobs, News]. {own}"
        ));
        assert_eq!((two.about, two.reason.as_str()), (None, own));
        // What would tempt it: a nested stack's sum, and words before a handler's that are no sum.
        let other = format!("The stack failed: {own}");
        assert_eq!(told(&other).reason, other);
        assert_eq!(told("CREATE_FAILED - it is there").reason, "it is there");
        assert_eq!(told("Jobs - it is there").reason, "Jobs - it is there");
    }

    #[test]
    fn a_tool_names_the_stack_that_it_deploys() {
        let of = |text: &str| {
            let mut one = told("it is there");
            place(&mut one, text);
            one.stack
        };
        let named = "updating CloudFormation Stack (arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b): no";
        assert_eq!(of(named).as_deref(), Some("shop"));
        let other = named.replace("/shop/", "/net/");
        assert_eq!(of(&format!("{named}\n{other}")), None);
        assert_eq!(
            of("see arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b"),
            None
        );
    }
}
