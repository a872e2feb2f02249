//! JSON that stands inside of a line: a waiter's result, an exception, the message of an Ansible task.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::paste::{Paste, place_of, stack_name, told};
use super::surroundings::is_region;
use super::{Content, PastedFailure, TextForm, prose, said, sentence};
use crate::domain::model::category::Category;
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;

pub(super) const FORM: TextForm = TextForm {
    name: "embedded-json",
    what: "a line with JSON in it: a waiter's result, an SDK's exception, an Ansible task",
    told_by: "text around an object with a status reason, a message or an output",
    sample: r#"Waiter StackCreateComplete failed: {"StackName":"shop","StackStatus":"ROLLBACK_COMPLETE","StackStatusReason":"The role may not be assumed"}"#,
    score,
    read,
};

/// So many braces are tried.
const TRIES: usize = 50;

fn score(paste: &Paste<'_>) -> u8 {
    let known = [
        "StackStatusReason",
        "StatusReason",
        "\"msg\"",
        "\"message\"",
        "\"Message\"",
        "\"error\"",
        "\"err\"",
        "errorMessage",
        "\"output\"",
        "\"stack_resources\"",
        "StackEvent ",
    ];
    let inside = !paste.is_json() && known.iter().any(|key| paste.has(key));
    if inside { 78 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found = Vec::new();
    let mut tries = 0;
    let mut from = 0;
    while let Some(at) = paste
        .text
        .get(from..)
        .and_then(|rest| rest.find('{'))
        .map(|at| from + at)
    {
        tries += 1;
        let rest = paste.text.get(at..)?;
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                statements(&value, &mut found, 0);
                from = at + stream.byte_offset().max(1);
            }
            _ => from = at + 1,
        }
        if tries > TRIES {
            break;
        }
    }
    if found.is_empty() {
        found.extend(inspected(paste.text));
    }
    if found.is_empty() {
        found.extend(paste.lines().find_map(without_its_beginning));
    }
    said(found)
}

/// The end of an object whose beginning was not copied: `"errorCode":"NotFound","errorMessage":"…"}`
fn without_its_beginning(line: &str) -> Option<PastedFailure> {
    let line = line.trim();
    let (name, _) = line.split_once("\":")?;
    let member = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-');
    if !line.ends_with('}') || !name.trim_start_matches('"').chars().all(member) {
        return None;
    }
    let opening = if name.starts_with('"') { "{" } else { "{\"" };
    let value: Value = serde_json::from_str(&format!("{opening}{line}")).ok()?;
    message(value.as_object()?)
}

/// An object as Node.js and Python print it: `StackStatusReason: 'the reason'`.
fn inspected(text: &str) -> Option<PastedFailure> {
    let value = |key: &str| {
        let at = text.find(key)?;
        let rest = text
            .get(at + key.len()..)?
            .trim_start_matches(['\'', '"', ':', ' ', '=']);
        let start = at + key.len() + (text.len() - at - key.len() - rest.len());
        let quote = text
            .get(..start)?
            .chars()
            .next_back()
            .filter(|c| matches!(c, '\'' | '"'))?;
        let (value, _) = rest.split_once(quote)?;
        (!value.trim().is_empty()).then(|| value.trim().to_owned())
    };
    let reason = value("StackStatusReason")?;
    let mut members = Map::new();
    members.insert("StackStatusReason".to_owned(), Value::String(reason));
    members.insert("StackStatus".to_owned(), Value::String(value("StackStatus:")?));
    for key in ["StackName", "StackId"] {
        if let Some(value) = value(key) {
            members.insert(key.to_owned(), Value::String(value));
        }
    }
    stack(&members)
}

/// The messages in whole documents.
pub(super) fn of_documents(documents: &[Value]) -> Vec<PastedFailure> {
    let mut found = Vec::new();
    for value in documents {
        statements(value, &mut found, 0);
    }
    if found.is_empty() {
        for value in documents {
            let mut name = None;
            cascades(value, &mut name, &mut found, 0);
            for one in &mut found {
                one.stack = one.stack.take().or_else(|| name.clone());
            }
        }
    }
    if found.is_empty() {
        for value in documents {
            anywhere(value, &mut None, &mut found, 0);
        }
    }
    let mut arns = BTreeMap::new();
    for value in documents {
        stacks(value, &mut arns, 0);
    }
    if let (1, Some((name, arn))) = (arns.len(), arns.pop_first()) {
        let (region, account) = place_of(&arn);
        for one in found.iter_mut().filter(|one| one.stack.is_none()) {
            one.stack = Some(name.clone());
            one.region = one.region.take().or_else(|| region.clone());
            one.account = one.account.take().or_else(|| account.clone());
        }
    }
    found
}

/// The stacks that a document names by their ARNs.
fn stacks(value: &Value, found: &mut BTreeMap<String, String>, depth: usize) {
    if depth > 8 {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| stacks(item, found, depth + 1)),
        Value::Object(members) => members.values().for_each(|inner| stacks(inner, found, depth + 1)),
        Value::String(text) if text.starts_with("arn:aws") && text.contains(":stack/") => {
            found.extend(stack_name(text).map(|name| (name, text.clone())));
        }
        _ => {}
    }
}

/// An error of a service, of a handler or of `CloudFormation` under whatever name it stands, also in a document that stands
/// as a text in the document; and the stack that is named beside it.
fn anywhere(value: &Value, stack: &mut Option<String>, found: &mut Vec<PastedFailure>, depth: usize) {
    if depth > 8 || found.len() > 20 {
        return;
    }
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| anywhere(item, stack, found, depth + 1)),
        Value::Object(members) if is_well(members) => {}
        Value::Object(members) => {
            let named = told(members, "StackName").map(|name| name.trim_matches(['"', '\\']).to_owned());
            *stack = stack.take().or(named);
            members
                .values()
                .for_each(|inner| anywhere(inner, stack, found, depth + 1));
        }
        Value::String(text) => of_string(text, stack, found, depth),
        _ => {}
    }
}

fn of_string(text: &str, stack: &mut Option<String>, found: &mut Vec<PastedFailure>, depth: usize) {
    if let Some(document) = text
        .trim_start()
        .starts_with('{')
        .then(|| serde_json::from_str::<Value>(text).ok())
        .flatten()
    {
        let before = found.len();
        statements(&document, found, depth + 1);
        if found.len() == before {
            anywhere(&document, stack, found, depth + 1);
        }
        return;
    }
    if text.starts_with("arn:") {
        *stack = stack.take().or_else(|| stack_name(text));
    }
    let told = prose::has_error(text) && text.split_whitespace().count() > 2;
    if told && found.iter().all(|one| one.reason != text) {
        found.push(PastedFailure {
            reason: sentence::of(text),
            stack: stack.clone(),
            ..PastedFailure::default()
        });
    }
}

/// What `CloudFormation` says of something that only follows from another failure, under whatever name it stands, and
/// the stack or the stack set that a document names.
fn cascades(value: &Value, name: &mut Option<String>, found: &mut Vec<PastedFailure>, depth: usize) {
    if depth > 8 || found.len() > 20 {
        return;
    }
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| cascades(item, name, found, depth + 1)),
        Value::Object(members) => {
            let named = || {
                ["StackSetName", "StackName"]
                    .iter()
                    .find_map(|key| told(members, key))
            };
            *name = name.take().or_else(named);
            for (key, inner) in members {
                match inner.as_str() {
                    Some(text) if reason::cascade(text).is_some() && tells(key) => {
                        found.push(PastedFailure {
                            reason: text.to_owned(),
                            region: Some(key.clone()).filter(|key| is_region(key)),
                            ..PastedFailure::default()
                        });
                    }
                    _ => cascades(inner, name, found, depth + 1),
                }
            }
        }
        _ => {}
    }
}

/// Whether a member is named like what tells of an end, or like a region of a stack set.
fn tells(key: &str) -> bool {
    const NAMES: [&str; 10] = [
        "reason", "message", "msg", "status", "error", "cause", "summary", "output", "detail", "failure",
    ];
    let key = key.to_ascii_lowercase();
    is_region(&key) || NAMES.iter().any(|name| key.contains(name))
}

fn statements(value: &Value, found: &mut Vec<PastedFailure>, depth: usize) {
    if depth > 8 || found.len() > 20 {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| statements(item, found, depth + 1)),
        Value::Object(members) if task(members, found) => {}
        Value::Object(members) if is_well(members) => {}
        Value::Object(members) => match stack(members)
            .or_else(|| execution(members))
            .or_else(|| ended(members))
            .or_else(|| message(members))
        {
            Some(one) => found.push(one),
            None => members
                .values()
                .for_each(|inner| statements(inner, found, depth + 1)),
        },
        _ => {}
    }
}

/// The resources with their reasons in such an answer.
fn failed_resources(members: &Map<String, Value>, found: &mut Vec<PastedFailure>) {
    let resources = members.get("stack_resources").and_then(Value::as_array);
    for resource in resources.into_iter().flatten().filter_map(Value::as_object) {
        let failed = told(resource, "status").filter(|status| status.ends_with("FAILED"));
        let reason = told(resource, "status_reason").filter(|reason| reason::cascade(reason).is_none());
        if let (Some(status), Some(reason)) = (failed, reason) {
            found.push(PastedFailure {
                reason,
                about: told(resource, "logical_resource_id"),
                kind: told(resource, "resource_type"),
                status: Some(status),
                ..PastedFailure::default()
            });
        }
    }
}

/// What Ansible's task answers of a stack that failed: its resources with their reasons, or its events without any.
fn task(members: &Map<String, Value>, found: &mut Vec<PastedFailure>) -> bool {
    let before = found.len();
    failed_resources(members, found);
    if found.len() > before {
        return true;
    }
    let events = members.get("events").and_then(Value::as_array);
    let own = events
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .find_map(|event| {
            let rest = event.strip_prefix("StackEvent AWS::CloudFormation::Stack ")?;
            rest.split(' ').next().map(str::to_owned)
        });
    let log = members.get("log").and_then(Value::as_array);
    let lines = log
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(logged);
    found.extend(lines.map(|one| PastedFailure {
        stack: own.clone(),
        ..one
    }));
    if found.len() > before {
        return true;
    }
    for event in events.into_iter().flatten().filter_map(Value::as_str) {
        let mut words = event.strip_prefix("StackEvent ").unwrap_or_default().split(' ');
        let (Some(kind), Some(name), Some(status)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let known = found
            .iter()
            .skip(before)
            .any(|one| one.about.as_deref() == Some(name));
        if status.ends_with("FAILED") && kind != "AWS::CloudFormation::Stack" && !known {
            found.push(PastedFailure {
                reason: told(members, "output")
                    .or_else(|| told(members, "msg"))
                    .unwrap_or_default(),
                about: Some(name.to_owned()),
                kind: Some(kind.to_owned()),
                stack: own.clone(),
                status: Some(status.to_owned()),
                category: Some(Category::Other),
                note: Some(
                    "the task lists its events without their reasons; those are in the stack's events"
                        .to_owned(),
                ),
                ..PastedFailure::default()
            });
        }
    }
    found.len() > before
}

/// A line of what the task logged: `AWS::SNS::Topic Alerts CREATE_FAILED: the reason`.
fn logged(line: &str) -> Option<PastedFailure> {
    let (head, reason) = line.split_once("_FAILED: ")?;
    let mut words = head.split_whitespace().rev();
    let (verb, name, kind) = (words.next()?, words.next()?, words.next()?);
    let told = kind.contains("::") && reason::cascade(reason).is_none();
    told.then(|| PastedFailure {
        reason: reason.trim().to_owned(),
        about: Some(name.to_owned()),
        kind: Some(kind.to_owned()),
        status: Some(format!("{verb}_FAILED")),
        ..PastedFailure::default()
    })
}

/// A stack as `DescribeStacks` answers it.
fn stack(members: &Map<String, Value>) -> Option<PastedFailure> {
    let status = told(members, "StackStatus")?;
    let arn = told(members, "StackId").unwrap_or_default();
    let (region, account) = place_of(&arn);
    let stack = told(members, "StackName").or_else(|| stack_name(&arn));
    let reason = told(members, "StackStatusReason")
        .unwrap_or_else(|| format!("the stack is in {status}; the text gives no reason"));
    let note = match reason::cascade(&reason) {
        Some(CascadeKind::FailedResources { .. }) => {
            Some("this is the end of it; why it began is in the stack's events, not in this text".to_owned())
        }
        _ if status.ends_with("_COMPLETE") && !status.contains("ROLLBACK") => {
            Some("the status of this stack is no failure".to_owned())
        }
        _ => None,
    };
    Some(PastedFailure {
        about: stack.clone(),
        stack,
        status: Some(status),
        reason,
        region,
        account,
        note,
        ..PastedFailure::default()
    })
}

/// An answer that says of itself that all went well: what it quotes is no failure of its own.
pub(super) fn is_well(members: &Map<String, Value>) -> bool {
    let code = ["statusCode", "status_code", "StatusCode"]
        .iter()
        .find_map(|key| members.get(*key)?.as_u64());
    let said = ["ok", "success", "succeeded"]
        .iter()
        .any(|key| members.get(*key).and_then(Value::as_bool) == Some(true));
    let failed = ["FunctionError", "errorMessage", "errorType"]
        .iter()
        .any(|key| members.contains_key(*key));
    // Ansible's task of a stack: it tells whether it changed anything, and how the operation ended.
    let ended = members.contains_key("changed")
        && members.get("failed").and_then(Value::as_bool) != Some(true)
        && told(members, "output").is_some_and(|output| output.ends_with(" complete"));
    let said = said || ended;
    !failed && (said || code.is_some_and(|code| (200..300).contains(&code)))
}

/// What an action of `CodePipeline` says of the stack that it changed.
fn execution(members: &Map<String, Value>) -> Option<PastedFailure> {
    let summary = told(members, "externalExecutionSummary")?;
    if !["FAILED", "ROLLBACK", "failed"]
        .iter()
        .any(|word| summary.contains(word))
    {
        return None;
    }
    let details = members.get("errorDetails").and_then(Value::as_object);
    let said = details.and_then(|details| told(details, "message"));
    let reason = said.unwrap_or(summary);
    let sum = reason.find("The following resource(s) failed to ");
    let arn = told(members, "externalExecutionId").unwrap_or_default();
    let (region, account) = place_of(&arn);
    Some(PastedFailure {
        reason: sum.and_then(|at| reason.get(at..)).unwrap_or(&reason).to_owned(),
        stack: stack_name(&arn),
        region,
        account,
        ..PastedFailure::default()
    })
}

/// What a state of a state machine ended with: the name of an error, and the words of its cause.
fn ended(members: &Map<String, Value>) -> Option<PastedFailure> {
    let either = |one: &str, other: &str| told(members, one).or_else(|| told(members, other));
    let (error, cause) = (either("error", "Error")?, either("cause", "Cause")?);
    let class = error.rsplit('.').next().unwrap_or_default();
    let named = ["Exception", "Error", "Fault"]
        .iter()
        .any(|end| class.ends_with(end));
    // A cause that is a document of its own is read by that.
    let words = cause.split_whitespace().count() > 2 && !cause.trim_start().starts_with('{');
    (named && words && !error.contains(' ')).then(|| PastedFailure {
        reason: cause,
        code: Some(class.to_owned()).filter(|class| !error.starts_with("States.") && class != "Error"),
        ..PastedFailure::default()
    })
}

/// The message of a task or of an exception.
fn message(members: &Map<String, Value>) -> Option<PastedFailure> {
    let keys = [
        "StatusReason",
        "msg",
        "errorMessage",
        "Message",
        "message",
        "error",
        "err",
        "output",
    ];
    if is_well(members) {
        return None;
    }
    // Service Catalog's errors have a code and what it means.
    let described = || told(members, "Description").filter(|_| told(members, "Code").is_some());
    // A program's own log writes its members as it likes: `"EXCEPTION": "…"`.
    let logged = || {
        let named = members.iter().find(|(key, _)| {
            ["exception", "error", "cause"]
                .iter()
                .any(|name| key.eq_ignore_ascii_case(name))
        });
        named.and_then(|(key, _)| told(members, key))
    };
    // A word alone, or a path, is no message; a logger's own may stand beside the error that it was about.
    let mut messages: Vec<String> = keys
        .iter()
        .filter_map(|key| told(members, key))
        .filter(|text| text.split_whitespace().count() > 2)
        .collect();
    let error = messages.iter().position(|text| prose::has_error(text));
    let first = (!messages.is_empty()).then(|| messages.swap_remove(error.unwrap_or_default()));
    let long = |text: &String| text.split_whitespace().count() > 2;
    let text = first
        .or_else(|| described().filter(long))
        .or_else(|| logged().filter(long))?;
    let code = ["Code", "code", "errorCode", "__type", "name"]
        .iter()
        .find_map(|key| told(members, key));
    let meta = members.get("$metadata").and_then(Value::as_object);
    let request = meta
        .and_then(|meta| told(meta, "requestId"))
        .or_else(|| told(members, "requestId"));
    Some(PastedFailure {
        reason: sentence::of(&text),
        code: code.filter(|code| !code.contains(' ') && !code.bytes().all(|byte| byte.is_ascii_digit())),
        request,
        ..PastedFailure::default()
    })
}
