//! The shapes of what is masked.

use std::sync::LazyLock;

use regex::Regex;

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, and a test compiles each"
)]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// Ids of access keys, roles, users, groups, instance profiles, as IAM makes them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
pub(super) static ACCESS_KEY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)[A-Z0-9]{12,124}")
});

/// A mail address.
pub(super) static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"));

/// Four numbers with dots; whether they are an address is seen by reading it.
pub(super) static IPV4: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"));

/// An address in the name of a machine: `ip-10-0-1-23`.
pub(super) static DASHED_ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b((?:ip|ec2)-)([0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3})\b"));

/// An account id as the console's sign-in page writes it.
pub(super) static DASHED_ACCOUNT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b[0-9]{4}-[0-9]{4}-[0-9]{4}\b"));

/// A secret with its name before it, in prose, in a query or in JSON within a text.
pub(super) static NAMED_SECRET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)((?:password|passwd|passphrase|pwd|secret|api[_-]?key|private[_-]?key|access[_-]?key|token|credential|signature)[a-z0-9_.-]*)\\?["']?\s*[:=]\s*\\?["']?([^\s"'\\,;&)\]}<>]{4,})"#,
    )
});

/// What is a secret by its own shape: bearer tokens, web tokens, tokens of well-known services, session
/// tokens of STS, passwords in addresses, private keys.
pub(super) static SHAPED_SECRET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i:bearer|basic)\s+([A-Za-z0-9._~+/\-]{12,}=*)",
        r"|(eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*)",
        r"|((?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|npm_)[A-Za-z0-9_\-]{16,})",
        r"|((?:FwoG|IQoJ|FQoG|AQoD)[A-Za-z0-9+/=%]{40,})",
        r"|://[^/\s:@]+:([^/\s@]{3,})@",
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----([A-Za-z0-9+/=\s\\]+)-----END",
    ))
});

/// Forty characters that may be a secret access key.
pub(super) static FORTY: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9/+]{40,}"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for (name, found) in [
            ("key", ACCESS_KEY.is_match("AKIAIOSFODNN7EXAMPLE")),
            ("mail", EMAIL.is_match("a@b.c")),
            ("address", IPV4.is_match("1.2.3.4")),
            ("machine", DASHED_ADDRESS.is_match("ip-1-2-3-4")),
            ("account", DASHED_ACCOUNT.is_match("1234-5678-9012")),
            ("named", NAMED_SECRET.is_match("Password = 'x9x9'")),
            ("shaped", SHAPED_SECRET.is_match("postgres://u:pass@host")),
            ("forty", FORTY.is_match(&"a".repeat(40))),
        ] {
            assert!(found, "{name}");
        }
    }
}
