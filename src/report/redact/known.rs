//! What is known to be a name or a secret, wherever it is repeated.

use std::collections::{BTreeMap, HashSet};

use aho_corasick::{AhoCorasick, Input, MatchKind};
use serde_json::Value;

use super::Kind;
use super::keep::Keep;
use super::names::SessionNames;
use super::secrets;
use crate::domain::model::fact::Recorded;

/// Names and secrets, found in one go.
#[derive(Debug, Default)]
pub(super) struct KnownValues {
    kinds: BTreeMap<String, Kind>,
    /// Everything known at once: the time that a text takes does not grow with how much that is.
    pattern: Option<AhoCorasick>,
}

impl KnownValues {
    /// Learns everything that the facts tell.
    pub(super) fn of(facts: &[Recorded]) -> (Self, SessionNames) {
        let values: Vec<Value> = facts
            .iter()
            .filter_map(|recorded| serde_json::to_value(recorded).ok())
            .collect();
        let mut lines = secrets::Secrets::default();
        for recorded in facts {
            lines.collect_lines(recorded);
        }
        Self::of_texts(&values, lines)
    }

    /// Learns everything that values tell, beside what is known of them already.
    fn of_texts(values: &[Value], mut told: secrets::Secrets) -> (Self, SessionNames) {
        let (mut keep, mut names) = (Keep::default(), SessionNames::default());
        for value in values {
            keep.collect(value);
            names.collect_resources(value);
        }
        for value in values {
            names.collect(value, None, &keep);
            told.collect(value, &keep);
        }
        let mut kinds = names.known();
        // What is a secret somewhere is one everywhere.
        kinds.extend(told.into_known().into_iter().map(|secret| (secret, Kind::Secret)));
        let pattern = pattern(&kinds);
        (Self { kinds, pattern }, names)
    }

    #[cfg(test)]
    pub(super) fn of_values(values: &[Value]) -> (Self, SessionNames) {
        Self::of_texts(values, secrets::Secrets::default())
    }

    /// What is known and stands in a text, the longest first, so that one within another leaves no rest behind.
    pub(super) fn within(&self, text: &str) -> Vec<(Kind, String)> {
        let Some(pattern) = &self.pattern else {
            return Vec::new();
        };
        let mut found: Vec<(Kind, String)> = Vec::new();
        let mut at = 0;
        let mut seen: HashSet<&str> = HashSet::new();
        while let Some(next) = pattern.find(Input::new(text).range(at..)) {
            let known = text.get(next.range()).unwrap_or_default();
            if let Some(kind) = self.kinds.get(known)
                && seen.insert(known)
            {
                found.push((*kind, known.to_owned()));
            }
            // Another may begin within this one.
            at = next.start()
                + text
                    .get(next.start()..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(1, char::len_utf8);
        }
        found.sort_by_key(|(_, known)| std::cmp::Reverse(known.len()));
        found
    }
}

fn pattern(kinds: &BTreeMap<String, Kind>) -> Option<AhoCorasick> {
    if kinds.is_empty() {
        return None;
    }
    let longest = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(kinds.keys());
    longest.ok()
}

/// The text with a word replaced where it stands by itself.
///
/// A dot within belongs to a name (`jane` is not in `jane.doe`), but ends a bucket's in an address.
pub(super) fn replace_words(text: &str, kind: Kind, word: &str, with: &str) -> String {
    let belongs = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut last = ' ';
    while let Some(at) = rest.find(word) {
        let (before, from) = rest.split_at(at);
        let (found, after) = from.split_at(word.len());
        out.push_str(before);
        last = before.chars().next_back().unwrap_or(last);
        let mut following = after.chars();
        let next = following.next().unwrap_or(' ');
        let dotted = kind == Kind::Principal && next == '.' && following.next().is_some_and(belongs);
        let goes_on = belongs(next) || dotted;
        let begins = word.starts_with(belongs) && belongs(last);
        // An escaped line's end is no letter.
        let escaped = before.ends_with("\\n") || before.ends_with("\\t") || before.ends_with("\\r");
        let alone = !(word.ends_with(belongs) && goes_on) && (!begins || escaped);
        out.push_str(if alone { with } else { found });
        last = found.chars().next_back().unwrap_or(last);
        rest = after;
    }
    out.push_str(rest);
    out
}
