//! What cdk prints of a validation before the deployment: a tree of resources, each with what is wrong.

use super::paste::{Paste, between, is_name};
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::model::category::Category;
use crate::domain::read::reason::ReasonFacts;

pub(super) const FORM: TextForm = TextForm {
    name: "early-validation",
    what: "cdk's tree of what a change set's validation found",
    told_by: "a tree drawn with └─ or ├─, and 🛑 before what was found; or `failed early validation:` and a list below it",
    sample: " └─ shop-test\n     └─ Policy7A (AWS::IAM::Policy Policy7A)\n        🛑 Required property [PolicyName] not found (at /Resources/Policy7A/Properties)",
    score,
    read,
};

const FOUND: char = '🛑';

fn score(paste: &Paste<'_>) -> u8 {
    let tree = paste.has("└─") || paste.has("├─");
    if paste.text.contains(FOUND) && tree {
        92
    } else if !listed(paste).is_empty() {
        91
    } else {
        0
    }
}

/// cdk's older list: `ChangeSet 'x' on stack 'shop' failed early validation:`, then `  - the reason (at /Resources/Jobs)`.
fn listed(paste: &Paste<'_>) -> Vec<PastedFailure> {
    let mut found: Vec<PastedFailure> = Vec::new();
    let mut stack = None;
    let mut open = false;
    for line in paste.lines() {
        if let Some((before, _)) = line.split_once(" failed early validation:") {
            stack = between(before, "on stack '", "'").map(str::to_owned);
            open = true;
        } else if let Some((reason, place)) = line
            .trim_start()
            .strip_prefix("- ")
            .and_then(|item| item.trim_end().strip_suffix(')')?.rsplit_once(" (at "))
            .filter(|_| open)
        {
            let id = place.trim_start_matches('/').strip_prefix("Resources/");
            let id = id.and_then(|rest| rest.split('/').next());
            let led = reason.split_once(": ").filter(|(kind, _)| is_type(kind));
            let reason = led.map_or(reason, |(_, rest)| rest);
            let read = ReasonFacts::read(reason, None, None).category;
            found.push(PastedFailure {
                reason: reason.to_owned(),
                about: id.filter(|id| is_name(id)).map(str::to_owned),
                kind: led
                    .map(|(kind, _)| kind)
                    .or_else(|| between(reason, "of type '", "'"))
                    .map(str::to_owned),
                stack: stack.clone(),
                place: Some(place.to_owned()),
                category: Some(if read == Category::Other {
                    Category::InvalidRequest
                } else {
                    read
                }),
                note: Some(BEFORE.to_owned()),
                ..PastedFailure::default()
            });
        } else {
            open &= line.trim().is_empty();
        }
    }
    found
}

/// `AWS::SQS::Queue`
fn is_type(word: &str) -> bool {
    word.contains("::")
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b':')
}

const BEFORE: &str = "found by the validation of the change set, before anything was deployed";

fn read(paste: &Paste<'_>) -> Option<Content> {
    if !paste.text.contains(FOUND) {
        return said(listed(paste));
    }
    let mut found: Vec<PastedFailure> = Vec::new();
    let mut stack = None;
    let (mut name, mut kind) = (None, None);
    let mut lines = paste.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some((_, node)) = line.split_once("─ ") {
            (name, kind) = resource(node);
        } else if let Some(words) = line.trim_start().strip_prefix('❌').map(|rest| {
            between(rest, "tack ", ":").or_else(|| rest.split_once(" failed:").map(|(name, _)| name))
        }) {
            stack = words
                .map(str::trim)
                .filter(|word| is_name(word))
                .map(str::to_owned);
        } else if let Some((_, message)) = line.split_once(FOUND) {
            let mut message = message.trim().to_owned();
            // A narrow terminal breaks the message; the next of its parts are told by their own words.
            while let Some(more) = lines.next_if(|next| goes_on(next) && !is_whole(&message)) {
                message.push(' ');
                message.push_str(more.trim());
            }
            let place = between(&message, "(at ", ")").map(str::to_owned);
            let words = message.split(" (at /").next().unwrap_or_default().trim();
            let taken = ReasonFacts::read(words, None, None).category == Category::AlreadyExists;
            found.push(PastedFailure {
                reason: words.to_owned(),
                about: name.clone(),
                kind: kind.clone(),
                stack: stack.clone(),
                place,
                category: Some(if taken {
                    Category::AlreadyExists
                } else {
                    Category::InvalidRequest
                }),
                note: Some(BEFORE.to_owned()),
                ..PastedFailure::default()
            });
        }
    }
    said(found)
}

fn is_whole(message: &str) -> bool {
    message.ends_with(')')
}

fn goes_on(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with("Source Location") && !line.contains("─ ") && !line.contains(FOUND)
}

/// `BadPolicy  (AWS::IAM::Policy BadPolicy)`: the path, the type, the logical id.
fn resource(node: &str) -> (Option<String>, Option<String>) {
    let (path, rest) = node.split_once(" (").unwrap_or((node, ""));
    let mut words = rest.trim_end_matches(')').split_whitespace();
    let kind = words.next().filter(|word| word.contains("::")).map(str::to_owned);
    let id = words.next().filter(|word| is_name(word)).map(str::to_owned);
    (id.or_else(|| Some(path.trim().to_owned())), kind)
}
