//! What a custom resource's function answered, or that it never did.
//!
//! The function's own words are classified as if they were a reason of their own.

use super::ReasonFacts;
use super::text::{Text, clipped, identifier, leading};

/// How the request to a custom resource ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomResourceOutcome {
    /// The function answered, and its answer was FAILED or could not be used.
    Failed,
    /// Nobody answered in time.
    TimedOut,
}

/// A custom resource's part of a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomResource {
    /// How the request ended.
    pub outcome: CustomResourceOutcome,
    /// The function's own words.
    pub message: Option<String>,
    /// What those words say when they are read as a reason: the nested service error, the true category.
    pub inner: Option<ReasonFacts>,
    /// `CloudFormation`'s id of the request (`event.RequestId`); not the function's invocation id.
    pub request_id: Option<String>,
    /// The log stream that the text points at.
    pub log_stream: Option<String>,
}

/// `CloudFormation`'s words before the function's own. The second generation is from before 2020.
const FAILED: [&str; 6] = [
    "received response status [failed] from custom resource. message returned:",
    "received response status [failed] from custom resource. message returned",
    "received response status [failed] from custom resource.",
    "failed to create resource.",
    "failed to update resource.",
    "failed to delete resource.",
];

/// `CloudFormation`'s words for an answer that it cannot use.
const UNUSABLE: [&str; 10] = [
    "invalid physicalresourceid",
    "invalid response object",
    "data returned must be an object",
    "vendor response doesn't contain",
    "customresource attribute error",
    "response object is too long",
    "response is too long",
    "custom resource response",
    "failed to parse response from custom resource",
    "response from custom resource is invalid",
];

const TIMED_OUT: [&str; 5] = [
    "did not receive a response from your custom resource",
    "custom resource failed to stabilize in expected time",
    "custom resource did not stabilize",
    "custom resource timed out",
    "custom resource did not respond",
];

impl CustomResource {
    /// Reads the custom resource's part; none if the text is not about one.
    pub fn read(reason: &str) -> Option<Self> {
        Self::from_text(&Text::new(reason))
    }

    pub(super) fn from_text(text: &Text<'_>) -> Option<Self> {
        let outcome = outcome(text)?;
        let message = message(text);
        let inner = message.map(|words| ReasonFacts::read(words, None, None));
        Some(Self {
            outcome,
            message: message.map(str::to_owned),
            inner,
            request_id: request_id(text),
            log_stream: log_stream(text),
        })
    }
}

/// How the custom resource's request ended, if the text speaks of one.
pub(super) fn outcome(text: &Text<'_>) -> Option<CustomResourceOutcome> {
    let start = opening(text);
    if FAILED
        .iter()
        .chain(&UNUSABLE)
        .any(|phrase| text.matches_at(phrase, start).is_some())
    {
        return Some(CustomResourceOutcome::Failed);
    }
    let timed_out = text.mentions("custom") && TIMED_OUT.iter().any(|phrase| text.holds(phrase));
    timed_out.then_some(CustomResourceOutcome::TimedOut)
}

/// Where the first word stands: people paste reasons with their quotes.
pub(super) fn opening(text: &Text<'_>) -> usize {
    let trimmed = text
        .raw()
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
    text.raw().len() - trimmed.len()
}

/// The function's own words: without `CloudFormation`'s before them and the request id after them.
fn message<'a>(text: &Text<'a>) -> Option<&'a str> {
    let start = opening(text);
    let end = FAILED.iter().find_map(|phrase| text.matches_at(phrase, start))?;
    let words = text.rest(end);
    let own = words
        .rsplit_once("(RequestId:")
        .map_or(words, |(own, _)| own)
        .trim();
    (!own.is_empty()).then_some(own)
}

/// `(RequestId: …)` at the end of a failure, `requestId […]` in a time-out.
pub(super) fn request_id(text: &Text<'_>) -> Option<String> {
    if !text.mentions("requestid") {
        return None;
    }
    if let Some(found) = text.find("logs for requestid", 0) {
        return text.bracketed(found.end).and_then(identifier);
    }
    let mut last = None;
    let mut at = 0;
    while let Some(found) = text.find("(requestid:", at) {
        at = found.end;
        last = Some(found);
    }
    let found = last.or_else(|| text.find("requestid:", 0))?;
    identifier(text.rest(found.end))
}

/// The stream after `Log Stream:`; such names hold `[$LATEST]` and no white space.
pub(super) fn log_stream(text: &Text<'_>) -> Option<String> {
    let labels = ["log stream:", "log stream name:", "logstream:"];
    labels
        .iter()
        .filter(|_| text.mentions("stream"))
        .find_map(|label| stream_after(text, label))
}

/// The first name after `label` that nobody masked.
fn stream_after(text: &Text<'_>, label: &str) -> Option<String> {
    let mut at = 0;
    while let Some(found) = text.find(label, at) {
        at = found.end;
        let name = leading(clipped(text.rest(found.end).trim_start(), 512), |c| {
            !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | ';' | ')' | '(')
        });
        let cut = name.ends_with("..");
        let name = name.trim_end_matches(['.', ':']);
        let masked = name.is_empty()
            || name.contains(['<', '*', '…'])
            || !name.bytes().any(|byte| byte.is_ascii_digit());
        if !masked && !cut {
            return Some(name.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::category::Category;

    #[test]
    fn the_functions_own_words_are_classified_again() {
        let read = CustomResource::read(
            "Received response status [FAILED] from custom resource. Message returned: An error occurred \
             (AccessDenied) when calling the CreateBucket operation: Access Denied (RequestId: 0c1d-22)",
        )
        .unwrap();
        assert_eq!(read.outcome, CustomResourceOutcome::Failed);
        assert_eq!(read.request_id.as_deref(), Some("0c1d-22"));
        let inner = read.inner.unwrap();
        assert_eq!(inner.category, Category::AccessDenied);
        assert_eq!(inner.error_code.as_deref(), Some("AccessDenied"));
        assert_eq!(inner.request_id, None);
    }

    #[test]
    fn the_default_text_names_the_stream_and_holds_two_ids_apart() {
        let read = CustomResource::read(
            "Received response status [FAILED] from custom resource. Message returned: no (Service: AmazonS3; Status \
             Code: 403; Error Code: AccessDenied; Request ID: 4HEN1) See the details in CloudWatch Log Stream: \
             2021/07/14/[$LATEST]0f (RequestId: 77-aa)",
        )
        .unwrap();
        assert_eq!(read.log_stream.as_deref(), Some("2021/07/14/[$LATEST]0f"));
        assert_eq!(read.request_id.as_deref(), Some("77-aa"));
        assert_eq!(read.inner.unwrap().request_id.as_deref(), Some("4HEN1"));
    }

    #[test]
    fn silence_is_not_a_failed_answer() {
        let read = CustomResource::read(
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId \
             [85c5c344-1]. If you are using",
        )
        .unwrap();
        assert_eq!(read.outcome, CustomResourceOutcome::TimedOut);
        assert_eq!(read.request_id.as_deref(), Some("85c5c344-1"));
        assert_eq!(read.message, None);
        assert_eq!(
            CustomResource::read("Resource handler returned message: \"no\""),
            None
        );
    }
}
