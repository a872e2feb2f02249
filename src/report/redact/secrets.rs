//! What looks like a secret: by the name that it stands under, or by its own shape.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::documents;
use super::hints::{Hints, SecretPattern};
use super::keep::Keep;
use super::patterns::{
    COOKIES, ENCODED_LINE, FLAG_SECRET, FORTY, HEADER_SECRET, NAMED_KEY, NAMED_SECRET, PAIRED_SECRET,
    PEM_EDGE, PREFIXED_SECRET, SAID_SECRET, SHAPED_SECRET, TAGGED_SECRET,
};
use super::places::{MemberKind, Position, after_flag};
use super::secret_names::is_secret_key;
use super::secret_values::{is_hidden, is_mixed, is_secret_value};
use super::seen::Seen;
use crate::domain::model::fact::{Fact, Recorded};

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
                    for secret in told_by(text).into_iter().chain(documents::secrets_in(text)) {
                        self.add(&secret, keep);
                    }
                }
            }
            Value::Array(items) => {
                let mut before = None;
                for item in items {
                    self.collect_under(item, after_flag(before, at), keep);
                    before = Some(item);
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
    by_name(text, hints, &mut found);
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

/// What stands under a name that says so.
fn by_name(text: &str, hints: Hints, found: &mut Vec<String>) {
    if text.contains([':', '=']) {
        if hints.has(SecretPattern::Named) {
            named(&NAMED_SECRET, text, found);
            named(&NAMED_KEY, text, found);
        }
        if hints.has(SecretPattern::Header) {
            headers(text, found);
        }
        if hints.has(SecretPattern::Paired) {
            held(&PAIRED_SECRET, text, found);
        }
        if hints.has(SecretPattern::Cookie) {
            cookies(text, found);
        }
    }
    if hints.has(SecretPattern::Tagged) {
        held(&TAGGED_SECRET, text, found);
    }
}

/// Secrets with their names before them.
fn named(pattern: &Regex, text: &str, found: &mut Vec<String>) {
    for secret in pattern.captures_iter(text) {
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
        let is_sentence = quoted.is_none() && goes_on(value.as_str(), after);
        // `iam::` and `AWS::SecretsManager::Secret` name things.
        let names_on = value.as_str().starts_with(':') || after.starts_with("::");
        // `Secret-CREATE_FAILED-2026-11-26T16:06:21.185Z` is an event's id, and a time within.
        let is_time = quoted.is_none()
            && text.get(name_end..value.start()) == Some(":")
            && is_clock(&name, value.as_str());
        // `auth: failed` tells how it went.
        let is_told = !name.to_ascii_lowercase().ends_with("auth")
            || value.as_str().len() >= 12 && is_mixed(value.as_str());
        let is_value = is_secret_value(value.as_str()) && is_told && !is_sentence && !names_on && !is_time;
        if is_secret_key(&name) && is_value {
            found.push(value.as_str().to_owned());
        }
    }
}

/// A word with which a sentence goes on.
fn goes_on(value: &str, after: &str) -> bool {
    let mut following = after.chars();
    value.chars().all(char::is_alphabetic)
        && following.next() == Some(' ')
        && following.next().is_some_and(char::is_alphabetic)
}

/// What a header authorises with, however short it is.
fn headers(text: &str, found: &mut Vec<String>) {
    for secret in HEADER_SECRET
        .captures_iter(text)
        .filter_map(|header| header.get(1))
    {
        let after = text.get(secret.end()..).unwrap_or_default();
        if is_secret_value(secret.as_str()) && !goes_on(secret.as_str(), after) {
            found.push(secret.as_str().to_owned());
        }
    }
}

/// What stands in a pair or a tag whose name says that it is a secret.
fn held(pattern: &Regex, text: &str, found: &mut Vec<String>) {
    for pair in pattern.captures_iter(text) {
        let mut parts = pair.iter().skip(1).flatten();
        if let (Some(name), Some(value)) = (parts.next(), parts.next())
            && is_secret_key(name.as_str())
            && is_secret_value(value.as_str())
        {
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

fn is_secret_access_key(text: &str) -> bool {
    text.len() == 40 && is_mixed(text) && text.matches('/').count() <= 4
}
