//! `EventBridge` events of `CloudFormation`: stacks, resources, stack sets and their instances.

use serde_json::{Map, Value};

use super::paste::{Paste, place_of, stack_name, told};
use super::{Content, PastedFailure, TextForm, said, stack_sets};

pub(super) const FORM: TextForm = TextForm {
    name: "event-bridge",
    what: "an EventBridge event of CloudFormation",
    told_by: "JSON with `source` aws.cloudformation, or a `detail-type` that begins with CloudFormation",
    sample: r#"{"source":"aws.cloudformation","detail-type":"CloudFormation Resource Status Change","region":"eu-west-1","account":"111122223333","detail":{"stack-id":"arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b","logical-resource-id":"Jobs","resource-type":"AWS::SQS::Queue","status-details":{"status":"CREATE_FAILED","status-reason":"jobs already exists"}}}"#,
    score,
    read,
};

fn is_ours(members: &Map<String, Value>) -> bool {
    let of_cloudformation = members.get("source").and_then(Value::as_str) == Some("aws.cloudformation")
        || told(members, "detail-type").is_some_and(|kind| kind.starts_with("CloudFormation "));
    of_cloudformation && members.get("detail").is_some_and(Value::is_object)
}

fn score(paste: &Paste<'_>) -> u8 {
    let found = paste.has("detail") && !paste.objects(is_ours).is_empty();
    if found { 95 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    said(paste.objects(is_ours).into_iter().filter_map(event).collect())
}

fn event(event: &Map<String, Value>) -> Option<PastedFailure> {
    let detail = event.get("detail")?.as_object()?;
    let details = detail.get("status-details").and_then(Value::as_object);
    let of_status = |key: &str| details.and_then(|details| told(details, key));
    let arn = told(detail, "stack-id").unwrap_or_default();
    let (region, account) = place_of(&arn);
    let stack = stack_name(&arn);
    let detailed =
        of_status("detailed-status").filter(|status| matches!(status.as_str(), "FAILED" | "INOPERABLE"));
    let drift = of_status("detection-status");
    let status = detailed.or_else(|| of_status("status")).or_else(|| drift.clone());
    let reason = of_status("status-reason").or_else(|| {
        let status = status.as_deref()?;
        if drift.is_some() {
            let found = of_status("stack-drift-status").unwrap_or_default();
            return Some(format!("the search for drift ended as {status}: {found}"));
        }
        Some(format!("the event tells the status {status}, and no reason"))
    })?;
    let note = status
        .as_deref()
        .is_some_and(|status| !status.contains("FAILED") && !status.contains("ROLLBACK"))
        .then(|| "the status of this event is no failure".to_owned());
    let note = note.filter(|_| status.as_deref() != Some("INOPERABLE"));
    // An instance of a stack set names the resource before its reason.
    if let Some(instance) = stack_sets::told(&reason) {
        return Some(PastedFailure {
            stack,
            status,
            account,
            region,
            ..instance
        });
    }
    Some(PastedFailure {
        reason,
        about: told(detail, "logical-resource-id").or_else(|| stack.clone()),
        kind: told(detail, "resource-type"),
        stack,
        status,
        region: told(event, "region").or(region),
        account: told(event, "account").or(account),
        note,
        ..PastedFailure::default()
    })
}
