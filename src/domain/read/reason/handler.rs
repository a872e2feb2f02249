//! What a resource handler adds around the service's words: its own error code and the request token.

use super::text::{Text, code, identifier};

/// The tail `(RequestToken: T, HandlerErrorCode: H)`; either may be absent, masked or `null`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Handler {
    pub(super) error_code: Option<String>,
    pub(super) request_token: Option<String>,
}

impl Handler {
    /// Reads the tail wherever it stands: people paste it without its brackets too. A handler that passes on
    /// another handler's text (a stack set does) puts its own tail last.
    pub(super) fn read(text: &Text<'_>) -> Self {
        Self {
            error_code: text
                .find_last("handlererrorcode:")
                .and_then(|end| code(text.rest(end)).filter(|code| is_whole(text.rest(end), code))),
            request_token: text
                .find_last("requesttoken:")
                .and_then(|end| identifier(text.rest(end)).filter(|token| ends_whole(text.rest(end), token))),
        }
    }
}

/// The codes that handlers have.
const CODES: [&str; 21] = [
    "NotUpdatable",
    "InvalidRequest",
    "AccessDenied",
    "InvalidCredentials",
    "AlreadyExists",
    "NotFound",
    "ResourceConflict",
    "Throttling",
    "ServiceLimitExceeded",
    "NotStabilized",
    "GeneralServiceException",
    "ServiceInternalError",
    "NetworkFailure",
    "InternalFailure",
    "ServiceTimeout",
    "InvalidTypeConfiguration",
    "HandlerInternalFailure",
    "NonCompliant",
    "UnsupportedTarget",
    "UnauthorizedTaggingOperation",
    "Unknown",
];

/// Whether a word is one of the codes that handlers have.
pub(crate) fn is_code(word: &str) -> bool {
    CODES.contains(&word)
}

/// Whether a code is a known one, or is closed as one is; half of one ends with its line, its window or the text.
fn is_whole(text: &str, code: &str) -> bool {
    let after = text.split_once(code).map_or("", |(_, rest)| rest);
    is_code(code) || after.trim_start().starts_with([')', ',', ';', '"', ']', '}'])
}

/// Whether a token ends where one does: a blank within it, as a translation or a copy puts there, leaves half of it.
fn ends_whole(text: &str, token: &str) -> bool {
    let after = text.split_once(token).map_or("", |(_, rest)| rest);
    !after
        .strip_prefix(' ')
        .is_some_and(|rest| rest.starts_with('-') && rest.contains(','))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "x (RequestToken: 34894148-5a50, HandlerErrorCode: NotStabilized)",
        Some("NotStabilized"),
        Some("34894148-5a50")
    )]
    #[case("x  (HandlerErrorCode: null)", None, None)]
    #[case(
        "x (RequestToken: 34894148 -5a50-1, HandlerErrorCode: NotStabilized)",
        Some("NotStabilized"),
        None
    )]
    #[case(
        "[y (RequestToken: 1a, HandlerErrorCode: NotFound)] (RequestToken: 2b, HandlerErrorCode: NotStabilized)",
        Some("NotStabilized"),
        Some("2b")
    )]
    #[case(
        "x (RequestToken:<token-id>, HandlerErrorCode:NotFound).",
        Some("NotFound"),
        None
    )]
    #[case(
        "x (RequestToken: 12ab HandlerErrorCode: InvalidRequest)",
        Some("InvalidRequest"),
        Some("12ab")
    )]
    // What was cut, or broken by a window.
    #[case("x (RequestToken: 12ab, HandlerErrorCode: Int", None, Some("12ab"))]
    #[case(
        "x (RequestToken: 12ab, HandlerErrorCode: Inval idRequest)",
        None,
        Some("12ab")
    )]
    fn the_tail_is_read(#[case] raw: &str, #[case] error_code: Option<&str>, #[case] token: Option<&str>) {
        let handler = Handler::read(&Text::new(raw));
        assert_eq!(
            (handler.error_code.as_deref(), handler.request_token.as_deref()),
            (error_code, token)
        );
    }
}
