//! What every status reason must survive: shared by the fuzz target and the property tests.

use stacktrail::domain::reason::{CascadeKind, CustomResource, Denial, ReasonFacts, cascade, not_an_error};
use stacktrail::domain::signature::Signatures;

/// Reads `text` with every reader and asserts that nothing is in the answers that is not in the text.
pub fn check(text: &str) {
    let facts = ReasonFacts::read(text, None, None);
    assert_eq!(
        facts,
        ReasonFacts::read(text, None, None),
        "reading is a function of the text"
    );
    hold(text, &facts);
    if let Some(denial) = Denial::read(text) {
        let values = [&denial.action, &denial.principal_arn, &denial.resource];
        assert!(
            values
                .into_iter()
                .flatten()
                .all(|value| text.contains(value.as_str())),
            "{denial:?}"
        );
    }
    if let Some(custom_resource) = CustomResource::read(text) {
        let values = [
            &custom_resource.message,
            &custom_resource.request_id,
            &custom_resource.log_stream,
        ];
        assert!(
            values
                .into_iter()
                .flatten()
                .all(|value| text.contains(value.as_str())),
            "{custom_resource:?}"
        );
        if let Some(inner) = &custom_resource.inner {
            hold(text, inner);
        }
    }
    match cascade(text, None, None) {
        Some(CascadeKind::EmbeddedStack {
            stack_arn,
            inner,
            failed,
        }) => {
            assert!(
                stack_arn
                    .iter()
                    .chain(&inner)
                    .chain(&failed)
                    .all(|value| text.contains(value.as_str()))
            );
        }
        Some(CascadeKind::FailedResources { failed, consequence }) => {
            assert!(
                failed
                    .iter()
                    .chain(&consequence)
                    .all(|value| text.contains(value.as_str()))
            );
        }
        Some(CascadeKind::NestedChangeSet {
            change_set_arn,
            inner,
        }) => {
            assert!(
                change_set_arn
                    .iter()
                    .chain(&inner)
                    .all(|value| text.contains(value.as_str()))
            );
        }
        Some(CascadeKind::Cancelled) | None => {}
    }
    let _ = not_an_error(text);
    let _ = Signatures::builtin().find(text, Some("AWS::S3::Bucket"));
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
    for value in values.into_iter().flatten() {
        assert!(
            !value.is_empty() && text.contains(value.as_str()),
            "{value:?} is not in {text:?}"
        );
    }
    if let Some(status) = facts.status_code {
        assert!(text.contains(&status.to_string()), "{status} is not in {text:?}");
    }
}
