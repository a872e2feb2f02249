//! Why a custom resource gave no answer, where its function's own log stands in the text: the answer could not be sent, or the
//! function was stopped by its time limit.
//!
//! Told by a position: the helper's own sentence, the frame in which it sends, the runtime's last line of the very request
//! that CloudFormation names. An error of the function's work is none of this.

use std::sync::LazyLock;

use regex::Regex;

use super::PastedFailure;
use crate::domain::model::category::Category;
use crate::domain::read::pattern::pattern;

/// What CloudFormation says of it.
const WAITED: &str = "did not receive a response from your Custom Resource";

/// What a helper says when it could not send the answer.
static SAYS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bsend\(\.\.\) failed executing [^\n]{4,600}|(?i:\b(?:unable|failed) to send (?:the |a )?response to (?:cloudformation|cfn)\b)",
    )
});
/// The frame in which it sends.
static SENDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)^\s*File "[^"\n]+", line \d+, in cfn_send$|^\s*File "[^"\n]*cfn_?response[^"\n]*", line \d+, in \w+$"#,
    )
});
/// What stopped it.
static ERROR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)\bHTTP Error \d{3}: [^\n]{2,80}|^[\w.]+(?:Error|Exception): [^\n]{4,400}")
});
static ID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"));
/// The runtime's last line of a request.
static STOPPED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\s+(Task timed out after [0-9.]+ seconds)",
    )
});

/// So far behind a helper's sentence, or a frame, its error stands.
const NEAR: usize = 2 * 1024;

const IN_VAIN: &str = "the function of the custom resource had done its work and could not hand its answer to CloudFormation, which \
                       therefore waited in vain";
const NO_TIME: &str = "the function of the custom resource was stopped by its own time limit and gave no answer, for which \
                       CloudFormation waited in vain";

/// Makes one failure of the missing answer and of why it is missing.
pub(super) fn join(said: &mut Vec<PastedFailure>, text: &str) {
    let waits = |one: &PastedFailure| one.reason.contains(WAITED);
    if let Some((reason, error, request)) = unsent(text) {
        let mut one = said.iter().find(|one| waits(one)).cloned().unwrap_or_default();
        let own = |one: &PastedFailure| {
            waits(one)
                || one.reason.contains(error)
                || error.contains(one.reason.as_str())
                || SAYS.is_match(&one.reason)
        };
        said.retain(|one| !own(one));
        (one.reason, one.request, one.code) = (reason, request, None);
        one.category = Some(Category::CustomResourceFailed);
        one.note = Some(IN_VAIN.to_owned());
        said.insert(0, one);
    } else if let Some(found) = STOPPED.captures(text)
        && let (Some(id), Some(words)) = (found.get(1), found.get(2))
        && text.contains(WAITED)
        && text.contains(&format!("requestId [{}]", id.as_str()))
    {
        let stopped = |one: &PastedFailure| one.reason.contains(words.as_str());
        let mut one = said.iter().find(|one| waits(one)).cloned().unwrap_or_default();
        said.retain(|one| !waits(one) && !stopped(one));
        words.as_str().clone_into(&mut one.reason);
        one.request = Some(id.as_str().to_owned());
        one.note = Some(NO_TIME.to_owned());
        said.insert(0, one);
    }
}

/// What tells that an answer was not sent, the words of the error, and the request.
fn unsent(text: &str) -> Option<(String, &str, Option<String>)> {
    let id = |at: usize| {
        let line = text.get(..at)?.rfind('\n').map_or(0, |at| at + 1);
        Some(ID.find(text.get(line..)?.lines().next()?)?.as_str().to_owned())
    };
    let near = |at: usize| {
        let end = text.floor_char_boundary((at + NEAR).min(text.len()));
        let found = ERROR.find(text.get(at..end)?)?.as_str();
        let at = found.find("HTTP Error ").unwrap_or_default();
        found.get(at..).map(str::trim_end)
    };
    if let Some(found) = SAYS.find(text) {
        let words = found.as_str().trim_end();
        if words.contains(" executing ") {
            return Some((words.to_owned(), words, id(found.start())));
        }
        let error = near(found.end()).unwrap_or(words);
        let reason = if error == words {
            words.to_owned()
        } else {
            format!("{words}: {error}")
        };
        return Some((reason, error, id(found.start())));
    }
    let frame = SENDS.find(text)?;
    let error = near(frame.end())?;
    let at = text.find(error).unwrap_or_else(|| frame.start());
    Some((format!("in cfn_send: {error}"), error, id(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: &str = "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId \
                            [0a1b2c3d-aaaa-4bbb-8ccc-000000000010].";
    const REQUEST: &str = "0a1b2c3d-aaaa-4bbb-8ccc-000000000010";

    fn joined(reasons: &[&str], text: &str) -> Vec<PastedFailure> {
        let mut said: Vec<PastedFailure> = reasons
            .iter()
            .map(|reason| PastedFailure {
                reason: (*reason).to_owned(),
                ..PastedFailure::default()
            })
            .collect();
        join(&mut said, text);
        said
    }

    #[test]
    fn an_answer_that_was_not_sent_is_the_cause() {
        let text = format!(
            "{SENTENCE}\n[ERROR] 2026-05-04T12:00:00.000Z {REQUEST} | unable to send response to CloudFormation\n[ERROR] x HTTP Error \
             403: Forbidden\n"
        );
        let [one] = joined(&[SENTENCE, "| unable to send response to CloudFormation"], &text)
            .try_into()
            .expect("one");
        assert_eq!(
            one.reason,
            "unable to send response to CloudFormation: HTTP Error 403: Forbidden"
        );
        assert_eq!(one.request.as_deref(), Some(REQUEST));
        let frame = format!(
            "[ERROR] t {REQUEST} HTTP Error 403: Forbidden\nTraceback\n  File \"/var/task/index.py\", line 9, in cfn_send\n    x\n\
             urllib.error.HTTPError: HTTP Error 403: Forbidden\n"
        );
        let [one] = joined(&["HTTP Error 403: Forbidden"], &frame)
            .try_into()
            .expect("one");
        assert_eq!(one.reason, "in cfn_send: HTTP Error 403: Forbidden");
        assert_eq!(one.request.as_deref(), Some(REQUEST));
    }

    #[test]
    fn a_function_without_time_is_the_cause() {
        let text = format!("t {REQUEST} Task timed out after 900.10 seconds\n\n{SENTENCE}\n");
        let [one] = joined(&[SENTENCE], &text).try_into().expect("one");
        assert_eq!(one.reason, "Task timed out after 900.10 seconds");
    }

    /// What would tempt it: another request, an error of the function's work, an answer that was sent.
    #[test]
    fn other_errors_are_not_of_the_answer() {
        let other =
            format!("t 0a1b2c3d-aaaa-4bbb-8ccc-000000000011 Task timed out after 3.00 seconds\n{SENTENCE}\n");
        assert_eq!(joined(&[SENTENCE], &other)[0].reason, SENTENCE);
        let work = "  File \"/var/task/index.py\", line 9, in handler\n    x\nurllib.error.HTTPError: HTTP Error 403: Forbidden\n";
        assert_eq!(joined(&["HTTP Error 403: Forbidden"], work)[0].note, None);
        assert_eq!(
            joined(&["no"], "send response to CloudFormation: 200")[0].reason,
            "no"
        );
    }
}
