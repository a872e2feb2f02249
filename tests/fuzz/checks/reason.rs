//! What every status reason must survive: shared by the fuzz target and the property tests.

use stacktrail::domain::read::reason::{
    CascadeKind, CustomResource, Denial, ReasonFacts, cascade, not_an_error,
};
use stacktrail::domain::read::signature::Signatures;

/// Reads `text` with every reader and asserts that nothing is in the answers that is not in the text.
pub(crate) fn check(text: &str) {
    let facts = ReasonFacts::read(text, None, None);
    assert_eq!(
        facts,
        ReasonFacts::read(text, None, None),
        "reading is a function of the text"
    );
    hold(text, &facts);
    if let Some(denial) = Denial::read(text) {
        within(
            text,
            [&denial.action, &denial.principal_arn, &denial.resource]
                .into_iter()
                .flatten(),
        );
    }
    if let Some(custom) = CustomResource::read(text) {
        within(
            text,
            [&custom.message, &custom.request_id, &custom.log_stream]
                .into_iter()
                .flatten(),
        );
        if let Some(inner) = &custom.inner {
            hold(text, inner);
        }
    }
    check_cascade(text);
    let _ = not_an_error(text);
    let _ = Signatures::builtin().find(text, Some("AWS::S3::Bucket"));
}

fn check_cascade(text: &str) {
    match cascade(text) {
        Some(CascadeKind::EmbeddedStack {
            stack_arn,
            inner,
            failed,
        }) => {
            within(text, stack_arn.iter().chain(&inner).chain(&failed));
        }
        Some(CascadeKind::FailedResources { failed, consequence }) => {
            within(text, failed.iter().chain(&consequence));
        }
        Some(CascadeKind::NestedChangeSet {
            change_set_arn,
            inner,
        }) => within(text, change_set_arn.iter().chain(&inner)),
        Some(CascadeKind::Cancelled) | None => {}
    }
}

fn within<'a>(text: &str, values: impl Iterator<Item = &'a String>) {
    for value in values {
        assert!(
            !value.is_empty() && text.contains(value.as_str()),
            "{value:?} is not in {text:?}"
        );
    }
}

fn hold(text: &str, facts: &ReasonFacts) {
    let values = [
        &facts.service,
        &facts.error_code,
        &facts.request_id,
        &facts.handler_error_code,
        &facts.request_token,
        &facts.denied_action,
        &facts.principal_arn,
        &facts.resource_arn,
        &facts.log_stream,
        &facts.custom_resource_request_id,
    ];
    within(text, values.into_iter().flatten());
    if let Some(status) = facts.status_code {
        assert!(text.contains(&status.to_string()), "{status} is not in {text:?}");
    }
}
