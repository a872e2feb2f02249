//! What `describe-events` lists beside events of resources: validations that found something.

use super::paste::{Paste, place_of, stack_name, told};
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::model::category::Category;
use crate::domain::read::reason;
use serde_json::{Map, Value};

pub(super) const FORM: TextForm = TextForm {
    name: "operation-events",
    what: "`aws cloudformation describe-events`, with what validations and hooks found",
    told_by: "JSON whose objects have `EventType` VALIDATION_ERROR or HOOK_INVOCATION_ERROR, or a `ValidationStatusReason`",
    sample: r#"{"OperationEvents":[{"EventId":"1","EventType":"VALIDATION_ERROR","LogicalResourceId":"Uploads","ResourceType":"AWS::S3::Bucket","ValidationFailureMode":"FAIL","ValidationName":"PROPERTY_VALIDATION","ValidationStatus":"FAILED","ValidationStatusReason":"required key [Status] not found","ValidationPath":"/Resources/Uploads/Properties"}]}"#,
    score,
    read,
};

fn is_validation(members: &Map<String, Value>) -> bool {
    members.get("EventType").and_then(Value::as_str) == Some("VALIDATION_ERROR")
        || members.contains_key("ValidationStatusReason")
}

fn is_hook(members: &Map<String, Value>) -> bool {
    members.get("EventType").and_then(Value::as_str) == Some("HOOK_INVOCATION_ERROR")
}

fn is_finding(members: &Map<String, Value>) -> bool {
    is_validation(members) || is_hook(members)
}

fn is_event(members: &Map<String, Value>) -> bool {
    members.contains_key("EventId") || is_finding(members)
}

fn score(paste: &Paste<'_>) -> u8 {
    let spoken = paste.has("Validation") || paste.has("HOOK_INVOCATION_ERROR");
    let found = spoken && !paste.objects(is_finding).is_empty();
    if found { 95 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let events = paste.objects(is_event);
    let found = events.into_iter().filter_map(|event| {
        if is_validation(event) {
            of_validation(event)
        } else if is_hook(event) {
            Some(of_hook(event))
        } else {
            of_resource(event)
        }
    });
    said(found.collect())
}

fn of_hook(event: &Map<String, Value>) -> PastedFailure {
    let text = |key| told(event, key);
    let warns = text("HookFailureMode").is_some_and(|mode| mode == "WARN");
    let name = text("HookType").unwrap_or_else(|| "a hook".to_owned());
    let mut found = about(event);
    found.reason =
        text("HookStatusReason").unwrap_or_else(|| format!("the hook {name} failed and gave no reason"));
    found.status = text("HookStatus");
    found.category = Some(Category::Other);
    found.note = Some(if warns {
        format!("{name} only warns; the operation goes on")
    } else {
        format!("{name} refused it before the resource was made")
    });
    found
}

fn of_validation(event: &Map<String, Value>) -> Option<PastedFailure> {
    let text = |key| told(event, key);
    if text("ValidationStatus").is_some_and(|status| status != "FAILED") {
        return None;
    }
    let warns = text("ValidationFailureMode").is_some_and(|mode| mode == "WARN");
    let name = text("ValidationName").map(|name| name.to_ascii_lowercase().replace('_', " "));
    let mut found = about(event);
    found.reason = text("ValidationStatusReason").or_else(|| name.clone())?;
    found.status = Some(
        if warns {
            "validation warning"
        } else {
            "validation failed"
        }
        .to_owned(),
    );
    found.place = text("ValidationPath");
    found.category = Some(Category::InvalidRequest);
    found.note = name.map(|name| {
        if warns {
            format!("{name} only warns; the operation goes on")
        } else {
            format!("{name} found it before anything was deployed")
        }
    });
    Some(found)
}

fn of_resource(event: &Map<String, Value>) -> Option<PastedFailure> {
    let status = told(event, "ResourceStatus").filter(|status| status.ends_with("FAILED"))?;
    let reason = told(event, "ResourceStatusReason")?;
    if reason::cascade(&reason).is_some() {
        return None;
    }
    Some(PastedFailure {
        reason,
        status: Some(status),
        ..about(event)
    })
}

fn about(event: &Map<String, Value>) -> PastedFailure {
    let arn = told(event, "StackId").unwrap_or_default();
    let (region, account) = place_of(&arn);
    PastedFailure {
        about: told(event, "LogicalResourceId"),
        kind: told(event, "ResourceType"),
        stack: stack_name(&arn),
        region,
        account,
        ..PastedFailure::default()
    }
}
