//! What Service Catalog repeats of a stack's events: `[{LogicalResourceId : …, ResourceType : …, StatusReason : …}]`.

use super::paste::{Paste, place_of, stack_name};
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::read::pattern::agreed;
use crate::domain::read::reason;

pub(super) const FORM: TextForm = TextForm {
    name: "service-catalog",
    what: "the error of a product that Service Catalog provisions",
    told_by: "`{LogicalResourceId : …, ResourceType : …, StatusReason : …}` (or ResourceStatusReason), without quotation marks",
    sample: "Errors from CloudFormation: [{LogicalResourceId : Jobs, ResourceType : AWS::SQS::Queue, StatusReason : jobs already exists}]",
    score,
    read,
};

/// Before a value: with a blank before the colon, and without.
const IDS: [&str; 2] = ["{LogicalResourceId : ", "{LogicalResourceId: "];

fn score(paste: &Paste<'_>) -> u8 {
    let reason = ["StatusReason : ", "StatusReason: "]
        .iter()
        .any(|key| paste.has(key));
    if reason && IDS.iter().any(|id| paste.has(id)) {
        90
    } else {
        0
    }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    for id in IDS {
        found.extend(paste.text.split(id).skip(1).filter_map(one));
    }
    let stack = only_stack(paste.text);
    let (region, account) = stack.map(place_of).unwrap_or_default();
    for one in &mut found {
        one.stack = stack.and_then(stack_name);
        (one.region, one.account) = (region.clone(), account.clone());
        if paste.is_json() {
            one.reason = one.reason.replace("\\\"", "\"");
        }
    }
    let (follows, roots): (Vec<PastedFailure>, Vec<PastedFailure>) = found
        .into_iter()
        .partition(|one| reason::cascade(&one.reason).is_some());
    said(if roots.is_empty() { follows } else { roots })
}

/// The ARN of the only stack that a text names.
fn only_stack(text: &str) -> Option<&str> {
    let arns = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '/')))
        .filter(|word| {
            word.starts_with("arn:") && word.contains(":cloudformation:") && word.contains(":stack/")
        });
    agreed(arns)
}

/// What stands before the name of a member, and behind it.
fn member<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    text.split_once(&format!(", {name} : "))
        .or_else(|| text.split_once(&format!(", {name}: ")))
}

fn one(text: &str) -> Option<PastedFailure> {
    let (id, rest) = member(text, "ResourceType")?;
    let (kind, rest) = member(rest, "StatusReason").or_else(|| member(rest, "ResourceStatusReason"))?;
    // The list ends, or its next member begins.
    let end = ["}]", "}, {", "},{"]
        .iter()
        .filter_map(|end| rest.find(end))
        .min();
    let reason = end
        .and_then(|end| rest.get(..end))
        .or_else(|| rest.rsplit_once('}').map(|(reason, _)| reason))
        .unwrap_or(rest)
        .trim();
    (!reason.is_empty() && !reason::not_an_error(reason)).then(|| PastedFailure {
        reason: reason.to_owned(),
        about: Some(id.trim().to_owned()),
        kind: Some(kind.trim().to_owned()).filter(|kind| kind.contains("::")),
        ..PastedFailure::default()
    })
}
