//! What looks like a secret: by the name that it stands under, or by its own shape.

use std::collections::BTreeSet;

use serde_json::Value;

use super::patterns::{FORTY, NAMED_SECRET, SHAPED_SECRET};

/// Names that say that a secret follows, without signs and in small letters.
const NAMES: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "privatekey",
    "accesskey",
    "token",
    "credential",
    "authorization",
    "signature",
];

/// Names that only sound like it: what they name tells calls, pages and functions apart.
const NO_NAMES: [&str; 8] = [
    "requesttoken",
    "servicetoken",
    "nexttoken",
    "clienttoken",
    "continuationtoken",
    "tokenid",
    "signatureversion",
    "secretarn",
];

/// The secrets of a session.
#[derive(Debug, Default)]
pub(super) struct Known {
    secrets: BTreeSet<String>,
    /// The longest first, so that a secret within another does not leave its rest behind.
    by_length: Vec<String>,
}

impl Known {
    /// Learns every secret that a value tells.
    pub(super) fn learn(&mut self, value: &Value) {
        self.learn_under(value, None);
    }

    /// Ends the learning.
    pub(super) fn ready(&mut self) {
        self.by_length = self.secrets.iter().cloned().collect();
        self.by_length
            .sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// The secrets that a text holds.
    pub(super) fn within(&self, text: &str) -> Vec<String> {
        let mut found: Vec<String> = self
            .by_length
            .iter()
            .filter(|secret| text.contains(secret.as_str()))
            .cloned()
            .collect();
        for secret in told_by(text) {
            if !found.contains(&secret) {
                found.push(secret);
            }
        }
        found
    }

    fn learn_under(&mut self, value: &Value, key: Option<&str>) {
        match value {
            Value::String(text) => {
                if text.starts_with(['{', '['])
                    && let Ok(inner) = serde_json::from_str::<Value>(text)
                {
                    return self.learn_under(&inner, None);
                }
                if is_recognisable(text) && key.is_some_and(is_secret_key) && is_secret_value(text) {
                    self.secrets.insert(text.clone());
                }
                self.secrets
                    .extend(told_by(text).into_iter().filter(|secret| is_recognisable(secret)));
            }
            Value::Array(items) => {
                for item in items {
                    self.learn_under(item, key);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.learn_under(member, Some(name));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The secrets that a text tells by itself.
fn told_by(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() < 8 {
        return found;
    }
    if text.contains([':', '=']) {
        for secret in NAMED_SECRET.captures_iter(text) {
            if let (Some(name), Some(value)) = (secret.get(1), secret.get(2)) {
                let before = text.get(..name.start()).unwrap_or_default();
                let word = before
                    .rfind(|c: char| !c.is_alphanumeric() && c != '-' && c != '_' && c != ' ')
                    .map_or(before, |end| before.get(end + 1..).unwrap_or_default());
                let name = format!("{word}{}", name.as_str());
                if is_secret_key(&name) && is_secret_value(value.as_str()) {
                    found.push(value.as_str().to_owned());
                }
            }
        }
    }
    for secret in SHAPED_SECRET.captures_iter(text) {
        found.extend(
            secret
                .iter()
                .skip(1)
                .flatten()
                .map(|part| part.as_str().to_owned()),
        );
    }
    if text.len() >= 40 {
        let keys = FORTY.find_iter(text).map(|found| found.as_str());
        found.extend(
            keys.filter(|text| is_secret_access_key(text))
                .map(ToOwned::to_owned),
        );
    }
    found
}

/// The name says that a secret follows.
pub(super) fn is_secret_key(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let named = NAMES.iter().any(|secret| plain.contains(secret)) || plain.ends_with("pwd");
    named && !NO_NAMES.iter().any(|other| plain.contains(other))
}

/// The value may be a secret: not a reference to one, and not hidden already.
pub(super) fn is_secret_value(text: &str) -> bool {
    let reference = text.starts_with("arn:") || text.starts_with("{{resolve:") || text.contains("://");
    let hidden = text.chars().all(|c| c == '*')
        || text.starts_with("HIDDEN_DUE_TO_SECURITY_REASONS")
        || text.starts_with("redacted-secret-");
    let word = matches!(text, "true" | "false" | "null" | "None" | "none");
    let id = super::patterns::ACCESS_KEY
        .find(text)
        .is_some_and(|found| found.as_str() == text);
    text.len() >= 4 && !reference && !hidden && !word && !id
}

/// A value that no ordinary word is, so that it can be told wherever it is repeated.
fn is_recognisable(text: &str) -> bool {
    text.len() >= 8
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_alphabetic())
}

fn is_secret_access_key(text: &str) -> bool {
    text.len() == 40
        && text.contains(|c: char| c.is_ascii_uppercase())
        && text.contains(|c: char| c.is_ascii_lowercase())
        && text.contains(|c: char| c.is_ascii_digit())
        && text.matches('/').count() <= 4
}
