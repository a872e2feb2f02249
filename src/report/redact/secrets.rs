//! What looks like a secret: by the name that it stands under, or by its own shape.

use std::collections::BTreeSet;

use serde_json::Value;

use super::hints::{Hints, SecretPattern};
use super::keep::Keep;
use super::patterns::{
    ACCESS_KEY, COOKIES, ENCODED_LINE, FLAG_SECRET, FORTY, NAMED_SECRET, PEM_EDGE, PREFIXED_SECRET,
    SAID_SECRET, SHAPED_SECRET,
};
use super::seen::Seen;
use crate::domain::model::fact::{Fact, Recorded};

/// Names that say that a secret follows, without signs and in small letters.
const NAMES: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "apikey",
    "privatekey",
    "accesskey",
    "accountkey",
    "token",
    "credential",
    "authorization",
    "signature",
    "plaintext",
    "userdata",
    "connectionstring",
];

/// Names that say so as a word of their own: within another word they say something else.
const WORDS: [&str; 10] = [
    "pass",
    "pwd",
    "pw",
    "pin",
    "otp",
    "psk",
    "cvv",
    "cookie",
    "sessionid",
    "auth",
];

/// Names that only sound like it: what they name tells calls, pages and functions apart.
const NO_NAMES: [&str; 22] = [
    "requesttoken",
    "servicetoken",
    "nexttoken",
    "clienttoken",
    "continuationtoken",
    "paginationtoken",
    "tokenid",
    "tokencount",
    "tokentype",
    "maxtokens",
    "signatureversion",
    "signaturemethod",
    "signedheaders",
    "secretarn",
    "secretname",
    "secretid",
    "secretsmanager",
    "passwordpolicy",
    "passwordlength",
    "passwordlastused",
    "passwordreset",
    "credentialsprovider",
];

/// Members of which everything below is a secret, under whatever names.
pub(super) const DEEP: [&str; 7] = [
    "secretString",
    "SecretString",
    "userData",
    "UserData",
    "plaintext",
    "Plaintext",
    "credentials",
];

/// The members that say what is set, and those that say to what.
const PAIRS: [(&str, &str); 7] = [
    ("name", "value"),
    ("Name", "Value"),
    ("key", "value"),
    ("Key", "Value"),
    ("parameterKey", "parameterValue"),
    ("ParameterKey", "ParameterValue"),
    ("optionName", "value"),
];

/// What a member holds, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberKind {
    /// What its name says.
    Usual,
    /// A variable of an environment: it may be anything, and often is a secret.
    Variable,
    /// Below a secret.
    Secret,
}

/// Where a value stands in a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position<'a> {
    pub(super) place: MemberKind,
    /// The name of the member that it is within.
    pub(super) parent: Option<&'a str>,
    /// The name of the member that it is.
    pub(super) name: Option<&'a str>,
}

impl Position<'_> {
    /// The document itself, which stands in such a place.
    pub(super) const fn top(place: MemberKind) -> Self {
        Self {
            place,
            parent: None,
            name: None,
        }
    }
}

impl MemberKind {
    /// The place of a member.
    pub(super) fn of_member(
        self,
        parent: Option<&str>,
        name: &str,
        members: &serde_json::Map<String, Value>,
    ) -> Self {
        if self == Self::Secret || DEEP.contains(&name) {
            return Self::Secret;
        }
        let environment = |name: &str| matches!(name, "environment" | "Environment" | "environmentVariables");
        if parent.is_some_and(environment) && matches!(name, "variables" | "Variables") {
            return Self::Variable;
        }
        let pair = PAIRS.iter().find(|(_, value)| *value == name);
        let named = pair.and_then(|(key, _)| match members.get(*key) {
            Some(Value::String(named)) => Some(named),
            _ => None,
        });
        match (self, named) {
            (_, Some(named)) if is_secret_key(named) => Self::Secret,
            (_, Some(_)) if parent.is_some_and(environment) => Self::Variable,
            (Self::Variable, _) => Self::Variable,
            _ => Self::Usual,
        }
    }

    /// A text in this place, under this name, is a secret.
    pub(super) fn makes_secret(self, name: Option<&str>, text: &str) -> bool {
        match self {
            Self::Secret => !is_hidden(text) && !is_reference(text),
            Self::Variable => !is_plain(text) && !is_hidden(text) && !is_reference(text),
            Self::Usual => name.is_some_and(is_secret_key) && is_secret_value(text),
        }
    }
}

/// The secrets of a session.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    secrets: BTreeSet<String>,
    /// Texts that were looked at already: the same few hundred stand in every fact.
    seen: Seen,
}

impl Secrets {
    /// Learns every secret that a value tells.
    pub(super) fn collect(&mut self, value: &Value, keep: &Keep) {
        self.collect_under(value, Position::top(MemberKind::Usual), keep);
    }

    /// Learns the lines of private keys that are told line by line.
    pub(super) fn collect_lines(&mut self, recorded: &Recorded) {
        let Fact::LogsRead { answer } = &recorded.fact else {
            return;
        };
        let mut within = false;
        for line in &answer.lines {
            match PEM_EDGE.captures(&line.message) {
                Some(edge) => within = edge.get(1).is_some_and(|edge| edge.as_str() == "BEGIN"),
                None if within => {
                    let line = line.message.trim();
                    if line.len() >= 8 && !line.contains(' ') {
                        self.secrets.insert(line.to_owned());
                    }
                }
                None => {}
            }
        }
    }

    /// The secrets that can be told wherever they are repeated.
    pub(super) fn into_known(self) -> BTreeSet<String> {
        self.secrets
    }

    fn add(&mut self, secret: &str, keep: &Keep) {
        if is_recognisable(secret) && !keep.holds(secret) {
            self.secrets.insert(secret.to_owned());
        }
    }

    fn collect_under(&mut self, value: &Value, at: Position<'_>, keep: &Keep) {
        match value {
            Value::String(text) => {
                if at.place.makes_secret(at.name, text) {
                    self.add(text, keep);
                }
                if text.starts_with(['{', '['])
                    && let Ok(inner) = serde_json::from_str::<Value>(text)
                {
                    return self.collect_under(&inner, Position::top(at.place), keep);
                }
                if self.seen.is_new(text) {
                    for secret in told_by(text) {
                        self.add(&secret, keep);
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.collect_under(item, at, keep);
                }
            }
            Value::Object(members) => {
                for (member_name, member) in members {
                    let position = Position {
                        place: at.place.of_member(at.name, member_name, members),
                        parent: at.name,
                        name: Some(member_name),
                    };
                    self.collect_under(member, position, keep);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The secrets that a text tells by itself.
pub(super) fn told_by(text: &str) -> Vec<String> {
    if text.len() < 6 {
        return Vec::new();
    }
    told_with(text, Hints::of(text))
}

/// The same, by what the text may hold.
pub(super) fn told_with(text: &str, hints: Hints) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if text.len() < 6 {
        return found;
    }
    if text.contains([':', '=']) {
        if hints.has(SecretPattern::Named) {
            named(text, &mut found);
        }
        if hints.has(SecretPattern::Cookie) {
            cookies(text, &mut found);
        }
    }
    let groups = |captures: regex::Captures<'_>| -> Vec<String> {
        let parts = captures.iter().skip(1).flatten();
        parts.map(|part| part.as_str().to_owned()).collect()
    };
    let usable = |secrets: Vec<String>| secrets.into_iter().filter(|secret| is_secret_value(secret));
    let flags = hints
        .has(SecretPattern::Flag)
        .then(|| FLAG_SECRET.captures_iter(text));
    for secret in flags.into_iter().flatten() {
        found.extend(usable(groups(secret)));
    }
    let said = hints
        .has(SecretPattern::Said)
        .then(|| SAID_SECRET.captures_iter(text));
    for secret in said.into_iter().flatten() {
        let told = groups(secret).into_iter();
        found.extend(
            told.filter(|secret| {
                secret.contains(|c: char| c.is_ascii_alphabetic()) && is_secret_value(secret)
            }),
        );
    }
    for (pattern, may_be) in [
        (&SHAPED_SECRET, hints.has(SecretPattern::Shaped)),
        (
            &PREFIXED_SECRET,
            hints.has(SecretPattern::Prefixed) || hints.has_token(),
        ),
    ] {
        let shaped = may_be.then(|| pattern.captures_iter(text));
        for secret in shaped.into_iter().flatten() {
            found.extend(groups(secret).into_iter().filter(|secret| !is_hidden(secret)));
        }
    }
    if hints.has_secret_key() {
        let keys = FORTY.find_iter(text).map(|found| found.as_str());
        found.extend(
            keys.filter(|text| is_secret_access_key(text))
                .map(ToOwned::to_owned),
        );
        let line = ENCODED_LINE.captures(text).and_then(|line| line.get(1));
        found.extend(
            line.filter(|line| is_mixed(line.as_str()))
                .map(|line| line.as_str().to_owned()),
        );
    }
    found
}

/// Secrets with their names before them.
fn named(text: &str, found: &mut Vec<String>) {
    for secret in NAMED_SECRET.captures_iter(text) {
        let Some(name) = secret.get(1) else { continue };
        let name_end = name.end();
        // A setting of a connection string has an end, as what is in quotes has.
        let quoted = secret.get(2).or_else(|| secret.get(3)).or_else(|| secret.get(4));
        let Some(value) = quoted.or_else(|| secret.get(5)) else {
            continue;
        };
        let before = text.get(..name.start()).unwrap_or_default();
        let word = before
            .rfind(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
            .map_or(before, |end| before.get(end + 1..).unwrap_or_default());
        let name = format!("{word}{}", name.as_str());
        let after = text.get(value.end()..).unwrap_or_default();
        let is_sentence = quoted.is_none()
            && value.as_str().chars().all(char::is_alphabetic)
            && after
                .strip_prefix(' ')
                .is_some_and(|after| after.starts_with(char::is_alphabetic));
        // `iam::` and `AWS::SecretsManager::Secret` name things.
        let names_on = value.as_str().starts_with(':') || after.starts_with("::");
        // `Secret-CREATE_FAILED-2026-11-26T16:06:21.185Z` is an event's id, and a time within.
        let is_time = quoted.is_none()
            && text.get(name_end..value.start()) == Some(":")
            && is_clock(&name, value.as_str());
        if is_secret_key(&name) && is_secret_value(value.as_str()) && !is_sentence && !names_on && !is_time {
            found.push(value.as_str().to_owned());
        }
    }
}

/// The name ends with the hour, and the value goes on with the minutes.
fn is_clock(name: &str, value: &str) -> bool {
    let mut before = name.bytes().rev();
    let hour = before.by_ref().take(2).filter(u8::is_ascii_digit).count() == 2;
    let mut after = value.bytes();
    let minutes = after.by_ref().take(2).filter(u8::is_ascii_digit).count() == 2;
    let apart = |byte: Option<u8>| byte.is_none_or(|byte| !byte.is_ascii_digit());
    let ends = after
        .next()
        .is_none_or(|byte| !byte.is_ascii_alphanumeric() || byte == b'Z');
    hour && minutes && apart(before.next()) && ends
}

/// What cookies are set to.
fn cookies(text: &str, found: &mut Vec<String>) {
    for header in COOKIES.captures_iter(text) {
        let set = header.get(1).map_or("", |set| set.as_str());
        for (name, value) in set.split(';').filter_map(|cookie| cookie.trim().split_once('=')) {
            let is_about_it = matches!(
                name.to_ascii_lowercase().as_str(),
                "path" | "expires" | "max-age" | "domain" | "samesite" | "version"
            );
            if !is_about_it && is_secret_value(value) {
                found.push(value.to_owned());
            }
        }
    }
}

/// The name says that a secret follows.
pub(super) fn is_secret_key(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let named = NAMES.iter().any(|secret| plain.contains(secret)) || ends_in_word(name, &plain);
    named && !NO_NAMES.iter().any(|other| plain.contains(other))
}

/// The last word of the name, however words are joined in it, is one of those.
fn ends_in_word(name: &str, plain: &str) -> bool {
    let last = name
        .rsplit(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| !word.is_empty())
        .unwrap_or_default();
    let camel = last
        .rfind(|c: char| c.is_ascii_uppercase())
        .filter(|_| last.contains(|c: char| c.is_ascii_lowercase()))
        .and_then(|start| last.get(start..))
        .unwrap_or(last);
    WORDS
        .iter()
        .any(|word| last.eq_ignore_ascii_case(word) || camel.eq_ignore_ascii_case(word) || *word == plain)
}

/// The value may be a secret: not a reference to one, not hidden already, not a word of every program.
pub(super) fn is_secret_value(text: &str) -> bool {
    let id = ACCESS_KEY.find(text).is_some_and(|found| found.as_str() == text);
    text.len() >= 3 && !is_reference(text) && !is_hidden(text) && !is_plain(text) && !id && !is_code(text)
}

/// It says where the secret is, not what it is.
fn is_reference(text: &str) -> bool {
    text.starts_with("arn:")
        || text.starts_with("{{resolve:")
        || text.starts_with("${")
        || text.starts_with("$(")
        || (text.contains("://") && !text.contains('@'))
}

fn is_hidden(text: &str) -> bool {
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
fn is_plain(text: &str) -> bool {
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

/// A value that no ordinary word is, so that it can be told wherever it is repeated.
fn is_recognisable(text: &str) -> bool {
    let has_sign = text.contains(|c: char| !c.is_alphanumeric() && !"-_.:/ ".contains(c));
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    let has_letter = text.contains(|c: char| c.is_ascii_alphabetic());
    match text.len() {
        0..4 => false,
        4..8 => has_letter && (has_digit || has_sign),
        // Letters alone are a word, unless they are many, or a sentence of their own.
        _ => {
            has_letter
                && (has_digit || has_sign || text.contains(' ') || text.len() >= 12 || is_mixed_case(text))
        }
    }
}

/// Upper case within, as no word has it.
fn is_mixed_case(text: &str) -> bool {
    let inner = text.chars().skip(1);
    inner.clone().any(|c| c.is_ascii_uppercase()) && inner.into_iter().any(|c| c.is_ascii_lowercase())
}

fn is_mixed(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_uppercase())
        && text.contains(|c: char| c.is_ascii_lowercase())
        && text.contains(|c: char| c.is_ascii_digit())
}

fn is_secret_access_key(text: &str) -> bool {
    text.len() == 40 && is_mixed(text) && text.matches('/').count() <= 4
}
