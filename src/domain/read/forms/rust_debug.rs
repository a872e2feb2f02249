//! Errors of the SDK for Rust as `{:?}` prints them: metadata with a code, a message and a request, once or twice each.

use std::sync::LazyLock;

use regex::Regex;

use super::paste::Paste;
use super::{Content, PastedFailure, TextForm, said, sentence};
use crate::domain::read::pattern::pattern;

pub(super) const FORM: TextForm = TextForm {
    name: "rust-debug",
    what: "an error of the AWS SDK for Rust as its program printed it",
    told_by: "`ErrorMetadata { code: Some(\"…\"), message: Some(\"…\")`",
    sample: "Error: Unhandled(Unhandled { source: ErrorMetadata { code: Some(\"AlreadyExistsException\"), message: Some(\"Stack [shop] \
             already exists\"), extras: Some({\"aws_request_id\": \"0a1b2c3d-aaaa-4bbb-8ccc-000000000010\"}) } })",
    score,
    read,
};

/// A text in quotation marks, in which marks are escaped.
static METADATA: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?s)code: Some\(\s*"([A-Za-z.]{3,80})",?\s*\),\s*message: Some\(\s*"((?:[^"\\]|\\.){3,4000})",?\s*\)(?:,\s*extras: Some\(\s*\{\s*"aws_request_id": "([\w-]{8,64})")?"#,
    )
});
/// What stands where no message was read.
static REQUEST: LazyLock<Regex> = LazyLock::new(|| pattern(r#""aws_request_id": "([\w-]{8,64})""#));

fn score(paste: &Paste<'_>) -> u8 {
    let printed = !paste.is_json() && paste.has("message: Some(") && METADATA.is_match(paste.text);
    if printed { 79 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut ids: Vec<&str> = REQUEST
        .captures_iter(paste.text)
        .filter_map(|found| found.get(1).map(|part| part.as_str()))
        .collect();
    ids.dedup();
    let mut found: Vec<PastedFailure> = Vec::new();
    for captured in METADATA.captures_iter(paste.text) {
        let text = |index: usize| captured.get(index).map(|part| part.as_str().to_owned());
        let message = text(2)
            .unwrap_or_default()
            .replace("\\\"", "\"")
            .replace("\\n", "\n");
        let own = text(3).or_else(|| match ids.as_slice() {
            [only] => Some((*only).to_owned()),
            _ => None,
        });
        let reason = sentence::of(&message);
        let one = PastedFailure {
            stack: super::named::named_in(&reason),
            reason,
            code: text(1),
            request: own,
            ..PastedFailure::default()
        };
        if !one.reason.is_empty() && !found.contains(&one) {
            found.push(one);
        }
    }
    said(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<PastedFailure> {
        let paste = Paste::new(text);
        match (score(&paste) > 0).then(|| read(&paste)).flatten() {
            Some(Content::Said(said)) => said,
            _ => Vec::new(),
        }
    }

    #[test]
    fn one_error_that_is_printed_twice_is_one() {
        let [one] = told(&format!("{0} {0}", FORM.sample)).try_into().unwrap();
        assert_eq!(one.reason, "Stack [shop] already exists");
        assert_eq!(one.code.as_deref(), Some("AlreadyExistsException"));
        assert_eq!(
            one.request.as_deref(),
            Some("0a1b2c3d-aaaa-4bbb-8ccc-000000000010")
        );
    }

    /// What would tempt it: an event that is printed in the same way, and an error without words.
    #[test]
    fn other_objects_are_none() {
        assert!(told("StackEvent { code: None, message: Some(\"ok\") }").is_empty());
        assert!(told("ErrorMetadata { code: Some(\"AccessDenied\"), message: None }").is_empty());
    }
}
