//! The instances of a stack set: their reasons name the resource before its own reason.

use super::paste::{Paste, between, is_account, place_of};
use super::surroundings::is_region;
use super::{Content, PastedFailure, TextForm, said, weigh};

pub(super) const FORM: TextForm = TextForm {
    name: "stack-set",
    what: "the instances or the results of a stack set",
    told_by: "reasons that begin with `ResourceLogicalId:`, and go on with `ResourceType:` and `ResourceStatusReason:`",
    sample: "111122223333  eu-west-1  OUTDATED  ResourceLogicalId:Trail, ResourceType:AWS::CloudTrail::Trail, ResourceStatusReason:trail-one already exists",
    score,
    read,
};

const ID: &str = "ResourceLogicalId:";
const KIND: &str = "ResourceType:";
const REASON: &str = "ResourceStatusReason:";

fn score(paste: &Paste<'_>) -> u8 {
    if paste.has(ID) && paste.has(REASON) {
        93
    } else if paste.lines().any(|line| result(line).is_some()) {
        81
    } else {
        0
    }
}

/// `Account (111122223333) Region (eu-west-1) Status (FAILED) Status Reason: the reason`: a result, as Terraform tells it.
pub(super) fn result(line: &str) -> Option<PastedFailure> {
    let (head, reason) = line.split_once(" Status Reason: ")?;
    let value = |name: &str| between(head, name, ")").map(str::to_owned);
    let status = value("Status (").filter(|status| status == "FAILED" || status == "CANCELLED")?;
    (!reason.trim().is_empty()).then(|| PastedFailure {
        reason: reason.trim().to_owned(),
        status: Some(status),
        account: value("Account (").filter(|word| is_account(word)),
        region: value("Region (").filter(|name| name.contains('-')),
        ..PastedFailure::default()
    })
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    if !paste.has(ID) {
        return said(paste.lines().filter_map(result).collect());
    }
    let mut from = 0;
    while let Some(at) = paste
        .text
        .get(from..)
        .and_then(|rest| rest.find(ID))
        .map(|at| from + at)
    {
        let (before, rest) = paste.text.split_at_checked(at)?;
        from = at + ID.len();
        let Some(one) = instance(before, rest) else {
            continue;
        };
        // The same failure in many accounts is told once for each of them.
        if !found.contains(&one) {
            found.push(one);
        }
    }
    let whole = whole_of(paste.text);
    for one in &mut found {
        one.note = one.note.take().or_else(|| whole.clone());
    }
    said(found)
}

/// One reason that names its resource.
pub(super) fn told(text: &str) -> Option<PastedFailure> {
    let at = text.find(ID)?;
    let (before, rest) = text.split_at_checked(at)?;
    instance(before, rest)
}

fn instance(before: &str, rest: &str) -> Option<PastedFailure> {
    let (head, reason) = rest.split_once(REASON)?;
    let (id, kind) = head.strip_prefix(ID)?.split_once(KIND)?;
    // The reason ends with its row: a line, a cell, a JSON string, the next of these.
    let reason = reason.split(ID).next().unwrap_or_default();
    let end = reason.find(['\n', '\t', '│']).unwrap_or(reason.len());
    let reason = reason.get(..end).unwrap_or_default();
    let reason = reason.split("\",").next().unwrap_or_default();
    let reason = reason.replace("\\\"", "\"");
    // A scalar of YAML between single marks, in which a mark is written twice.
    let quoted = before.ends_with('\'');
    let reason = if quoted {
        let inside = reason.trim_end();
        inside.strip_suffix('\'').unwrap_or(inside).replace("''", "'")
    } else {
        reason
    };
    let (region, account) = place(before);
    let trimmed = |text: &str| text.trim().trim_end_matches(',').trim().to_owned();
    Some(PastedFailure {
        reason: trimmed(&reason),
        about: Some(trimmed(id)),
        kind: Some(trimmed(kind)),
        region,
        account,
        ..PastedFailure::default()
    })
}

/// The region and the account that were named last before an instance's reason.
fn place(before: &str) -> (Option<String>, Option<String>) {
    let tail = before.get(before.ceil_char_boundary(before.len().saturating_sub(1500))..);
    let words = tail
        .unwrap_or_default()
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '|' | '│' | '(' | ')'));
    // `Account (111122223333), Region (eu-west-1), FAILED: `, as Terraform puts them together.
    let region = tail
        .and_then(|tail| tail.rsplit_once("Region ("))
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(name, _)| name)
        .filter(|name| name.contains('-') && !name.contains(' '));
    let words: Vec<&str> = words.filter(|word| !matches!(*word, "" | ":")).collect();
    for (at, word) in words.iter().enumerate().rev() {
        if word.starts_with("arn:aws") && word.contains(":stack/") {
            return place_of(word);
        }
        if is_account(word) {
            let beside = || {
                let below = words.iter().skip(at + 1).find(|word| is_region(word));
                let above = || words.iter().take(at).rev().take(2).find(|word| is_region(word));
                below.or_else(above).copied()
            };
            return (
                region.or_else(beside).map(str::to_owned),
                Some((*word).to_owned()),
            );
        }
    }
    (None, None)
}

/// The stack set, and its operation where that is told, of which a text speaks.
fn whole_of(text: &str) -> Option<String> {
    let mut said = PastedFailure::default();
    if !weigh::name_operation(&mut said, text) {
        return None;
    }
    let (set, operation) = (said.stack?, said.request?);
    Some(format!(
        "an instance of the stack set {set}, in its operation {operation}"
    ))
}
