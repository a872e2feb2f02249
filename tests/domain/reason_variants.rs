//! Reasons in AWS's words that are in no sample file: what a reader that only knows the samples gets wrong.

use serde_json::Value;
use stacktrail::domain::read::reason::{ReasonFacts, cascade, not_an_error};

/// Provider's brackets around a message.
fn old(message: &str, service: &str, status: u16, code: &str) -> String {
    format!(
        "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: \
         5d1e6f70-0a0b-4c0d-8e0f-001122334455; Proxy: null)"
    )
}

/// A handler's words around a message.
fn new(message: &str, service: &str, status: u16, code: &str) -> String {
    format!(
        "Resource handler returned message: \"{message} (Service: {service}, Status Code: {status}, Request ID: \
         5d1e6f70-0a0b-4c0d-8e0f-001122334455) (SDK Attempt Count: 1)\" (RequestToken: \
         0a1b2c3d-1111-2222-3333-445566778899, HandlerErrorCode: {code})"
    )
}

fn custom(message: &str) -> String {
    format!(
        "Received response status [FAILED] from custom resource. Message returned: {message} (RequestId: \
         7e8d9c0b-0a0b-4c0d-8e0f-001122334455)"
    )
}

/// The reasons of `tests/samples/variants.jsonl`: AWS's words with invented names and ids, each with its category
/// and, where it matters, fields.
#[test]
fn unseen_messages_are_read_right() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/variants.jsonl");
    let lines = std::fs::read_to_string(file).unwrap();
    let mut wrong = Vec::new();
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let reason = row["reason"].as_str().unwrap();
        let facts = ReasonFacts::read(reason, row["resource_type"].as_str(), Some("CREATE_FAILED"));
        let facts = serde_json::to_value(facts).unwrap();
        for (field, expected) in row
            .as_object()
            .unwrap()
            .iter()
            .filter(|(field, _)| facts.get(field).is_some())
        {
            if facts[field] != *expected {
                wrong.push(format!(
                    "{field}: expected {expected}, read {}: {reason}",
                    facts[field]
                ));
            }
        }
        let follows = cascade(reason).is_some();
        if follows != (row["category"] == "cascade") {
            wrong.push(format!("cascade is {follows}: {reason}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn fields_of_an_unseen_denial_are_complete() {
    let reason = new(
        "User: arn:aws-cn:sts::111122223333:assumed-role/deploy/AWSCloudFormation is not authorized to perform: \
         lambda:GetLayerVersion on resource: arn:aws-cn:lambda:cn-north-1:444455556666:layer:tools:3 because no \
         resource-based policy allows the lambda:GetLayerVersion action",
        "Lambda",
        403,
        "AccessDenied",
    );
    let facts = ReasonFacts::read(&reason, None, None);
    assert_eq!(facts.denied_action.as_deref(), Some("lambda:GetLayerVersion"));
    assert_eq!(
        facts.principal_arn.as_deref(),
        Some("arn:aws-cn:sts::111122223333:assumed-role/deploy/AWSCloudFormation")
    );
    assert_eq!(
        facts.resource_arn.as_deref(),
        Some("arn:aws-cn:lambda:cn-north-1:444455556666:layer:tools:3")
    );
    assert_eq!(
        facts.api_request_id(),
        Some("5d1e6f70-0a0b-4c0d-8e0f-001122334455")
    );
    assert_eq!(facts.custom_resource_request_id, None);
}

#[test]
fn a_custom_resources_two_ids_are_kept_apart() {
    let facts = ReasonFacts::read(&custom(&old("no", "AmazonS3", 403, "AccessDenied")), None, None);
    assert_eq!(
        facts.api_request_id(),
        Some("5d1e6f70-0a0b-4c0d-8e0f-001122334455")
    );
    assert_eq!(
        facts.custom_resource_request_id.as_deref(),
        Some("7e8d9c0b-0a0b-4c0d-8e0f-001122334455")
    );
    let facts = ReasonFacts::read(&custom("no"), None, None);
    assert_eq!(facts.api_request_id(), None);
    assert_eq!(facts.request_id, facts.custom_resource_request_id);
}

#[test]
fn progress_is_not_an_error() {
    for text in [
        "Resource creation Initiated",
        "User Initiated",
        "Eventual consistency check initiated",
        "Hook invocations complete.  Resource creation initiated",
        "Resource operation completed using Express Mode. It may continue becoming available in the background.",
    ] {
        assert!(not_an_error(text), "{text}");
    }
    for text in [
        "Resource creation cancelled",
        "The following hook(s) failed: [A]",
        "User initiatedness is unknown",
        "",
    ] {
        assert!(!not_an_error(text), "{text}");
    }
}
