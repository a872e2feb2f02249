//! What cdk prints of a validation before the deployment: a tree of resources, each with what is wrong.

use super::paste::{Paste, between, is_name};
use super::{Content, Said, TextForm, said};
use crate::domain::model::category::Category;

pub(super) const FORM: TextForm = TextForm {
    name: "early-validation",
    what: "cdk's tree of what a change set's validation found",
    told_by: "a tree drawn with └─ or ├─, and 🛑 before what was found",
    sample: " └─ shop-test\n     └─ Policy7A (AWS::IAM::Policy Policy7A)\n        🛑 Required property [PolicyName] not found (at /Resources/Policy7A/Properties)",
    score,
    read,
};

const FOUND: char = '🛑';

fn score(paste: &Paste<'_>) -> u8 {
    let tree = paste.has("└─") || paste.has("├─");
    if paste.text.contains(FOUND) && tree { 92 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<Said> = Vec::new();
    let mut stack = None;
    let (mut name, mut kind) = (None, None);
    let mut lines = paste.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some((_, node)) = line.split_once("─ ") {
            (name, kind) = resource(node);
        } else if let Some(words) = line
            .trim_start()
            .strip_prefix('❌')
            .map(|rest| between(rest, "tack ", ":"))
        {
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
            found.push(Said {
                reason: words.to_owned(),
                about: name.clone(),
                kind: kind.clone(),
                stack: stack.clone(),
                place,
                category: Some(Category::InvalidRequest),
                note: Some(
                    "found by the validation of the change set, before anything was deployed".to_owned(),
                ),
                ..Said::default()
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
