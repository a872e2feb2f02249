//! A message in JSON that stands in JSON as a text, where the whole cannot be read any more: cut, or wrapped by a window.

use super::{PastedFailure, prose};

/// The members that hold a message.
const MEMBERS: [&str; 7] = [
    "errorMessage",
    "ErrorMessage",
    "StatusReason",
    "ResourceStatusReason",
    "Message",
    "message",
    "Reason",
];

/// The first message of such JSON that tells an error, without what escapes it; none where an error stands before it.
pub(super) fn message(text: &str) -> Option<String> {
    if !text.contains("\\\"") {
        return None;
    }
    let mut found: Option<(usize, &str)> = None;
    for member in MEMBERS {
        for (at, _) in text.match_indices(member) {
            if found.is_none_or(|(first, _)| at < first)
                && text.get(..at).is_some_and(|before| before.ends_with("\\\""))
                && let Some(inside) = inside(text, at, member)
            {
                found = Some((at, inside));
            }
        }
    }
    let (at, inside) = found?;
    let said = unescaped(inside);
    (prose::has_error(&said) && !prose::has_error(text.get(..at)?)).then_some(said)
}

/// A member of JSON that cannot be read as a whole, by its name.
pub(super) fn member(text: &str, name: &str) -> Option<String> {
    let mut places = text.match_indices(name).map(|(at, _)| at);
    let inside = places.find_map(|at| inside(text, at, name))?;
    let said = unescaped(inside).split_whitespace().collect::<Vec<_>>().join(" ");
    (!said.is_empty()).then_some(said)
}

/// A failure whose sentence is such JSON, told by the members that say why.
pub(super) fn take_members(one: &mut PastedFailure) {
    let begins = one.reason.trim_start_matches("Error:").trim_start();
    if !(begins.starts_with("{\"") || begins.starts_with("{\\\"")) {
        return;
    }
    let reasons = ["ResourceStatusReason", "StackStatusReason", "StatusReason"];
    let Some(reason) = reasons.iter().find_map(|name| member(&one.reason, name)) else {
        return;
    };
    one.stack = one.stack.take().or_else(|| member(&one.reason, "StackName"));
    one.status = one.status.take().or_else(|| member(&one.reason, "StackStatus"));
    // The request that is told there is the one that asked for the stack.
    one.request = None;
    one.about = None;
    one.reason = reason;
}

/// What stands between the marks behind the name of a member, whose own are escaped: `\"message\":\"` up to the next such.
fn inside<'t>(text: &'t str, at: usize, member: &str) -> Option<&'t str> {
    let before = text.get(..at)?.strip_suffix('"')?;
    let depth = before.len() - before.trim_end_matches('\\').len();
    let mark = format!("{}\"", "\\".repeat(depth));
    let rest = text.get(at + member.len()..)?.strip_prefix(&mark)?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let rest = rest.strip_prefix(&mark)?;
    let end = rest.match_indices('"').find(|(at, _)| {
        let before = rest.get(..*at).unwrap_or_default();
        before.len() - before.trim_end_matches('\\').len() == depth
    });
    match end {
        Some((at, _)) => rest.get(..at - depth),
        None => Some(rest),
    }
}

/// The text without the strokes that escape its marks and its ends of lines.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, strokes) = rest.split_at(at);
        out.push_str(before);
        let behind = strokes.trim_start_matches('\\');
        rest = match behind.chars().next() {
            Some('n') => {
                out.push('\n');
                behind.get(1..).unwrap_or_default()
            }
            Some('t') => {
                out.push(' ');
                behind.get(1..).unwrap_or_default()
            }
            _ => behind,
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        r#"{"Cause": "{\"errorMessage\":\"An error occurred (AccessDenied) when calling
           the CreateRole operation: no\",\"errorType\":\"ClientError\",\"stackTr"#,
        "An error occurred (AccessDenied) when calling\n           the CreateRole operation: no"
    )]
    #[case(
        r#"It says {\"StatusReason\": \"Resource handler returned message: \\\"no queue\\\" (RequestToken: 1-2)\""#,
        "Resource handler returned message: \"no queue\" (RequestToken: 1-2)"
    )]
    fn a_message_within_is_read(#[case] text: &str, #[case] said: &str) {
        assert_eq!(message(text).as_deref(), Some(said));
    }

    #[test]
    fn a_sentence_that_is_json_is_told_by_its_members() {
        let mut one = PastedFailure {
            reason: r#"{"state":"FAILURE","$metadata":{"requestId":"0a1b"},"StackName":"shop","StackStatus":"ROLLBACK_FAILED",
                "StackStatusReason":"The following resource(s) failed to delete: [Jobs]. ","EnableTerminationPr"#
                .to_owned(),
            request: Some("0a1b".to_owned()),
            ..PastedFailure::default()
        };
        take_members(&mut one);
        assert_eq!(one.reason, "The following resource(s) failed to delete: [Jobs].");
        assert_eq!(one.stack.as_deref(), Some("shop"));
        assert_eq!(one.request, None);
    }

    /// What would tempt it: JSON that can be read, an error before it, a message that tells none.
    #[rstest]
    #[case(r#"{"errorMessage": "An error occurred (AccessDenied) when calling x"}"#)]
    #[case(
        "Error: no such queue\n{\\\"message\\\": \\\"An error occurred (AccessDenied) when calling x\\\"}"
    )]
    #[case(r#"{\"message\": \"all is well\"}"#)]
    #[case(r#"the message is \"An error occurred (AccessDenied)\""#)]
    fn other_texts_hold_none(#[case] text: &str) {
        assert_eq!(message(text), None);
    }
}
