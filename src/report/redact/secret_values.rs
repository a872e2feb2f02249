//! What a secret may be, and what none is although it stands where one could.

use super::patterns::ACCESS_KEY;

/// The value may be a secret: not a reference to one, not hidden already, not a word of every program.
pub(super) fn is_secret_value(text: &str) -> bool {
    let id = ACCESS_KEY.find(text).is_some_and(|found| found.as_str() == text);
    text.len() >= 3 && !is_reference(text) && !is_hidden(text) && !is_plain(text) && !id && !is_code(text)
}

/// It says where the secret is, not what it is.
pub(super) fn is_reference(text: &str) -> bool {
    text.starts_with("arn:")
        || text.starts_with("alias/")
        || text.starts_with("{{resolve:")
        || text.starts_with("${")
        || text.starts_with("$(")
        || (text.contains("://") && !text.contains('@'))
}

pub(super) fn is_hidden(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '*' | '.' | 'x' | 'X' | '#' | '-'))
        || text.starts_with("HIDDEN_DUE_TO_SECURITY_REASONS")
        || text.starts_with("redacted-secret-")
        || text
            .to_ascii_lowercase()
            .trim_matches(|c: char| !c.is_alphanumeric())
            == "redacted"
}

/// A value that says nothing of anybody: a switch, a number, a level, a region.
pub(super) fn is_plain(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let is_region = word.len() <= 20
        && word.split('-').count() >= 3
        && word.ends_with(|c: char| c.is_ascii_digit())
        && [
            "us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-", "cn-",
        ]
        .iter()
        .any(|start| word.starts_with(start));
    is_region
        || matches!(
            word.as_str(),
            "true"
                | "false"
                | "null"
                | "none"
                | "nil"
                | "undefined"
                | "yes"
                | "no"
                | "on"
                | "off"
                | "trace"
                | "debug"
                | "info"
                | "warn"
                | "warning"
                | "error"
                | "fatal"
                | "critical"
                | "enabled"
                | "disabled"
                | "expired"
                | "invalid"
                | "missing"
                | "required"
                | "string"
                | "json"
                | "text"
        )
}

/// A status or a code, as AWS writes them.
fn is_code(text: &str) -> bool {
    let shouted = text.contains('_') && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    shouted || text.ends_with("Exception") || text.ends_with("Denied") || text.starts_with("AWS::")
}

/// Letters of both cases, and digits.
pub(super) fn is_mixed(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_uppercase())
        && text.contains(|c: char| c.is_ascii_lowercase())
        && text.contains(|c: char| c.is_ascii_digit())
}
