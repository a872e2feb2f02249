//! What a stack tells a topic: lines of `Key='value'`, bare or inside of what SNS and SQS put around them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::paste::{Paste, place_of, stack_name};
use super::{Content, PastedFailure, TextForm, said};

pub(super) const FORM: TextForm = TextForm {
    name: "notification",
    what: "an SNS notification of a stack event, bare, in its envelope or in SQS",
    told_by: "lines of `Key='value'`, among them LogicalResourceId and ResourceStatus",
    sample: "StackName='shop'\nLogicalResourceId='Jobs'\nResourceType='AWS::SQS::Queue'\nResourceStatus='CREATE_FAILED'\nResourceStatusReason='jobs already exists'",
    score,
    read,
};

const KEY: &str = "LogicalResourceId='";

fn score(paste: &Paste<'_>) -> u8 {
    if paste.has(KEY) && paste.has("ResourceStatus='") {
        95
    } else {
        0
    }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut texts = Vec::new();
    for document in &paste.documents {
        messages(document, &mut texts, 0);
    }
    if texts.is_empty() {
        texts.push(paste.text.to_owned());
    }
    let events: Vec<PastedFailure> = texts.iter().flat_map(|text| events(text)).collect();
    let failed: Vec<PastedFailure> = events
        .iter()
        .filter(|event| {
            event
                .status
                .as_deref()
                .is_some_and(|status| status.ends_with("FAILED"))
        })
        .cloned()
        .collect();
    said(if failed.is_empty() { events } else { failed })
}

/// The texts inside of envelopes, which may be JSON in JSON.
fn messages(value: &Value, texts: &mut Vec<String>, depth: usize) {
    if depth > 6 {
        return;
    }
    match value {
        Value::String(text) if text.contains(KEY) => {
            let inner = text
                .trim_start()
                .starts_with('{')
                .then(|| serde_json::from_str::<Value>(text).ok());
            match inner.flatten() {
                Some(inner) => messages(&inner, texts, depth + 1),
                None => texts.push(text.clone()),
            }
        }
        Value::Array(items) => items.iter().for_each(|item| messages(item, texts, depth + 1)),
        Value::Object(members) => members.values().for_each(|item| messages(item, texts, depth + 1)),
        _ => {}
    }
}

fn events(text: &str) -> Vec<PastedFailure> {
    let mut found = Vec::new();
    let mut members: BTreeMap<&str, String> = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((key, value)) = line.trim_start().split_once("='") else {
            continue;
        };
        if !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            continue;
        }
        // A value may take several lines; it ends with the quote at the end of one.
        let mut whole = value.to_owned();
        while !whole.trim_end().ends_with('\'') {
            let Some(more) = lines.next() else { break };
            whole.push('\n');
            whole.push_str(more);
        }
        if members.contains_key(key) {
            found.extend(event(&members));
            members.clear();
        }
        members.insert(key, whole.trim_end().trim_end_matches('\'').to_owned());
    }
    found.extend(event(&members));
    found
}

fn event(members: &BTreeMap<&str, String>) -> Option<PastedFailure> {
    let text = |key: &str| members.get(key).filter(|text| !text.trim().is_empty()).cloned();
    let status = text("ResourceStatus")?;
    let arn = text("StackId").unwrap_or_default();
    let (region, account) = place_of(&arn);
    let failed = status.ends_with("FAILED");
    Some(PastedFailure {
        reason: text("ResourceStatusReason")
            .unwrap_or_else(|| format!("the notification tells the status {status}, and no reason")),
        about: text("LogicalResourceId"),
        kind: text("ResourceType"),
        stack: text("StackName").or_else(|| stack_name(&arn)),
        note: (!failed).then(|| "the status of this notification is no failure".to_owned()),
        status: Some(status),
        region,
        account,
        ..PastedFailure::default()
    })
}
