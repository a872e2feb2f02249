//! The words inside a reason's wrapping: what somebody said, without the frame that CloudFormation puts around it.

/// The words inside a reason's wrapping: without the handler's and the custom resource's frame.
pub(crate) fn inner_words(reason: &str) -> &str {
    for (lead, ends) in [
        (
            "Resource handler returned message: \"",
            &[
                "\" (RequestToken",
                "\" (HandlerErrorCode",
                "\"  (HandlerErrorCode",
                "\"",
            ][..],
        ),
        ("Message returned: ", &[" (RequestId:"][..]),
        ("Failed to create resource. ", &[" (RequestId:"][..]),
    ] {
        let Some((_, rest)) = reason.split_once(lead) else {
            continue;
        };
        let end = ends.iter().find_map(|end| rest.rfind(end)).unwrap_or(rest.len());
        let inner = rest.get(..end).unwrap_or(rest);
        let inner = without_tail(without_service(inner));
        if !inner.trim().is_empty() {
            return inner.trim();
        }
    }
    without_tail(without_service(reason)).trim()
}

/// The words without the numbers of the handler that end them: `(RequestToken: …, HandlerErrorCode: …)`.
fn without_tail(text: &str) -> &str {
    let bare = text.trim_end().trim_end_matches('.');
    let Some(at) = bare.rfind(" (").filter(|_| bare.ends_with(')')) else {
        return text;
    };
    let tail = bare.get(at..).unwrap_or_default().trim_start_matches([' ', '(']);
    let is_number = [
        "RequestToken:",
        "HandlerErrorCode:",
        "RequestToken ",
        "HandlerErrorCode ",
    ]
    .iter()
    .any(|name| tail.starts_with(name));
    bare.get(..at)
        .filter(|words| is_number && !words.trim().is_empty())
        .unwrap_or(text)
}

fn without_service(text: &str) -> &str {
    text.find(" (Service: ")
        .and_then(|at| text.get(..at))
        .unwrap_or(text)
}

/// What programs write for a message that is not there.
pub(crate) fn says_nothing(words: &str) -> bool {
    let bare = words.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    ["", "null", "none", "undefined", "nil", "nan", "n/a"]
        .iter()
        .any(|nothing| bare.eq_ignore_ascii_case(nothing))
}

#[cfg(test)]
mod tests {
    use super::inner_words;

    #[test]
    fn the_handlers_numbers_are_no_words_and_what_only_looks_like_them_is() {
        for (reason, words) in [
            (
                "Internal Failure (RequestToken: 3489, HandlerErrorCode: InternalFailure)",
                "Internal Failure",
            ),
            (
                "Resource handler returned message: \"no\" (RequestToken: 1, HandlerErrorCode: X)",
                "no",
            ),
            ("It broke. (HandlerErrorCode: NotFound).", "It broke."),
            (
                "The call (RequestToken: 1) was refused by (the owner)",
                "The call (RequestToken: 1) was refused by (the owner)",
            ),
            ("(RequestToken: 1)", "(RequestToken: 1)"),
            ("Value (see below)", "Value (see below)"),
        ] {
            assert_eq!(inner_words(reason), words, "{reason}");
        }
    }
}
