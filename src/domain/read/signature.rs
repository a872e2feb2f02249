//! Known failures: which sentence means what, and what to do next.
//!
//! The list is data (`assets/signatures.toml`, or a person's own file). Nothing here decides a cause: a
//! signature only explains a text that somebody else found.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;
use toml::{Table, Value};

use super::reason::{is_of_another_system, normalized};
use crate::domain::model::category::Category;

/// How large one compiled pattern may be, in bytes: this bounds what a text costs, for the engine's work per
/// byte of text grows with the pattern and with nothing else.
const PATTERN_BYTES: usize = 512 * 1024;
/// How large all patterns together may be, compiled.
const SET_BYTES: usize = 64 * 1024 * 1024;
/// The rank of an entry that gives none: one situation.
const USUAL_RANK: i64 = 30;
/// From this rank on an entry knows one sentence.
const SENTENCE_RANK: i64 = 40;

/// One known failure.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Its name, in kebab case; stable, because reports quote it.
    pub id: String,
    /// The regular expression, as the file has it.
    pub pattern: String,
    /// How narrow it is; the highest rank that matches wins.
    pub rank: i64,
    /// The resource types that it is limited to; empty means any. `AWS::EC2::*` stands for a whole service.
    pub resource_types: Vec<String>,
    /// What such a failure means.
    pub meaning: String,
    /// What to do in the template or in the account; at least one of the two.
    pub next_step: NextStep,
    /// What kind of failure it is.
    pub category: Category,
    /// Who said no.
    pub decided_by: Decider,
    /// Messages that it explains.
    pub test: Vec<String>,
    /// Messages that it must not explain.
    pub not: Vec<String>,
    literals: usize,
}

/// Who decided that something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decider {
    /// A service, when it was called: a trail may have a record of that.
    #[default]
    Service,
    /// CloudFormation by itself, before any call.
    CloudFormation,
}

/// Why a list of signatures cannot be used. `origin` is the file, as the caller named it.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The file is not TOML.
    #[error("read signatures from {origin}: {message}")]
    NotToml {
        /// The file.
        origin: String,
        /// What the TOML reader says, with line and column.
        message: String,
    },
    /// One entry is wrong.
    #[error("use the signature {entry} of {origin}: `{key}` {problem}")]
    Entry {
        /// The file.
        origin: String,
        /// The entry's id, or its number where it has none.
        entry: String,
        /// The key at fault.
        key: &'static str,
        /// What is wrong with it, and what is wanted.
        problem: String,
    },
}

/// A list of signatures, ready to be searched.
#[derive(Debug)]
pub struct Signatures {
    entries: Vec<Signature>,
    patterns: RegexSet,
}

static BUILTIN: LazyLock<Signatures> = LazyLock::new(|| {
    let text = include_str!("../../../assets/signatures.toml");
    // A test parses the file as anybody's is parsed, so that nothing of it is dropped; if something were, only that. What
    // each pattern costs by itself is known: trying each again would be half of what every start of the program takes.
    Signatures::tolerant(text, "assets/signatures.toml")
});

impl Signatures {
    /// The list that the program brings along, parsed once.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// A list that knows nothing.
    pub fn empty() -> Self {
        Self {
            entries: Vec::new(),
            patterns: RegexSet::empty(),
        }
    }

    /// Reads a list in the format of `assets/signatures.toml`. `origin` names the file in errors.
    ///
    /// # Errors
    ///
    /// When the text is not TOML, or an entry lacks a key, repeats an id, or has a pattern that does not
    /// compile or is too costly.
    pub fn parse(text: &str, origin: &str) -> Result<Self, SignatureError> {
        let mut entries: Vec<Signature> = Vec::new();
        let mut ids = BTreeSet::new();
        for (index, value) in listed(text, origin)?.iter().enumerate() {
            let entry = Entry::new(origin, index, value);
            let signature = entry.read()?;
            if !ids.insert(signature.id.clone()) {
                return Err(entry.error("id", "is used twice; choose another one"));
            }
            compile(&signature.pattern)
                .map_err(|error| entry.error("pattern", &format!("cannot be used: {error}")))?;
            entries.push(signature);
        }
        let patterns = together(&entries).map_err(|error| SignatureError::Entry {
            origin: origin.to_owned(),
            entry: "list".into(),
            key: "pattern",
            problem: format!("is too costly in sum: {error}"),
        })?;
        Ok(Self { entries, patterns })
    }

    /// Reads a list and leaves out what is wrong with it: an entry that lacks a key, repeats an id, or has a pattern that
    /// does not compile.
    fn tolerant(text: &str, origin: &str) -> Self {
        let values = listed(text, origin).unwrap_or_default();
        let mut ids = BTreeSet::new();
        let mut entries: Vec<Signature> = values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| Entry::new(origin, index, value).read().ok())
            .filter(|signature| ids.insert(signature.id.clone()))
            .collect();
        if let Ok(patterns) = together(&entries) {
            return Self { entries, patterns };
        }
        entries.retain(|entry| compile(&entry.pattern).is_ok());
        match together(&entries) {
            Ok(patterns) => Self { entries, patterns },
            Err(_) => Self::empty(),
        }
    }

    /// The narrowest signature that explains the text: the highest rank, then one made for the resource's
    /// type, then the pattern with more literal letters, then the earlier entry.
    pub fn find(&self, text: &str, resource_type: Option<&str>) -> Option<&Signature> {
        // Permissions of AWS do not help where another system refused.
        let is_foreign = is_of_another_system(text);
        let resource_type = resource_type.or_else(|| type_in(text));
        let text = normalized(text);
        let matching = self.patterns.matches(text.as_bytes());
        let fitting = matching
            .iter()
            .filter_map(|index| self.entries.get(index))
            .filter(|entry| entry.fits(resource_type))
            .filter(|entry| !is_foreign || entry.category != Category::AccessDenied);
        fitting.reduce(|best, entry| {
            if entry.narrowness(resource_type) > best.narrowness(resource_type) {
                entry
            } else {
                best
            }
        })
    }

    /// Every signature, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Signature> {
        self.entries.iter()
    }

    /// The signature of this id.
    pub fn get(&self, id: &str) -> Option<&Signature> {
        self.entries.iter().find(|entry| entry.id == id)
    }
}

/// The entries of a list, as the file has them.
fn listed(text: &str, origin: &str) -> Result<Vec<Value>, SignatureError> {
    let mut table: Table = toml::from_str(text).map_err(|error| SignatureError::NotToml {
        origin: origin.to_owned(),
        message: error.to_string(),
    })?;
    Ok(match table.remove("signature") {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    })
}

/// All patterns as one, which is asked once for a text.
fn together(entries: &[Signature]) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(entries.iter().map(|entry| &entry.pattern))
        .case_insensitive(true)
        .unicode(false)
        .size_limit(SET_BYTES)
        .dfa_size_limit(SET_BYTES)
        .build()
}

/// `Resource of type 'AWS::SQS::Queue' with identifier …`: the type that a sentence names as its own.
fn type_in(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("Resource of type '")?;
    let (kind, _) = rest.split_once('\'')?;
    (kind.split("::").count() == 3).then_some(kind)
}

impl Signature {
    /// It knows one situation, and not only a class of failures.
    pub fn knows_situation(&self) -> bool {
        self.rank >= USUAL_RANK
    }

    /// It knows one sentence, word by word.
    pub fn knows_sentence(&self) -> bool {
        self.rank >= SENTENCE_RANK
    }

    /// An unknown type fits every signature: people paste a reason without saying what it came from.
    fn fits(&self, resource_type: Option<&str>) -> bool {
        let Some(actual) = resource_type else { return true };
        self.resource_types.is_empty()
            || self.resource_types.iter().any(|wanted| {
                wanted
                    .strip_suffix('*')
                    .map_or(wanted == actual, |service| actual.starts_with(service))
            })
    }

    fn narrowness(&self, resource_type: Option<&str>) -> (i64, bool, usize) {
        (
            self.rank,
            resource_type.is_some() && !self.resource_types.is_empty(),
            self.literals,
        )
    }
}

/// One entry of the file while it is being read.
struct Entry<'a> {
    origin: &'a str,
    name: String,
    table: Option<&'a Table>,
}

impl<'a> Entry<'a> {
    fn new(origin: &'a str, index: usize, value: &'a Value) -> Self {
        let table = value.as_table();
        let id = table.and_then(|table| table.get("id")).and_then(Value::as_str);
        Self {
            origin,
            name: id.map_or_else(|| format!("number {}", index + 1), str::to_owned),
            table,
        }
    }

    fn read(&self) -> Result<Signature, SignatureError> {
        const KNOWN: [&str; 10] = [
            "id",
            "pattern",
            "rank",
            "resource_types",
            "meaning",
            "next_step",
            "category",
            "decided_by",
            "test",
            "not",
        ];
        if let Some(stranger) = self
            .table
            .and_then(|table| table.keys().find(|key| !KNOWN.contains(&key.as_str())))
        {
            return Err(self.error(
                "signature",
                &format!("has the unknown key `{stranger}`; known are {}", KNOWN.join(", ")),
            ));
        }
        let id = self.text("id")?;
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !id.chars().all(kebab) {
            return Err(self.error(
                "id",
                "is not kebab-case: use lower-case letters, digits and hyphens",
            ));
        }
        let pattern = self.text("pattern")?;
        let category = Category::deserialize(Value::String(self.text("category")?))
            .map_err(|error| self.error("category", &error.to_string()))?;
        let test = self.list("test")?;
        if test.is_empty() {
            return Err(self.error(
                "test",
                "is missing: give at least one message that the pattern explains",
            ));
        }
        Ok(Signature {
            literals: literal_letters(&pattern),
            id,
            pattern,
            rank: self.rank()?,
            resource_types: self.list("resource_types")?,
            meaning: self.text("meaning")?,
            next_step: self.next_step()?,
            category,
            decided_by: self.decided_by()?,
            test,
            not: self.list("not")?,
        })
    }

    fn rank(&self) -> Result<i64, SignatureError> {
        match self.value("rank") {
            None => Ok(USUAL_RANK),
            Some(value) => value
                .as_integer()
                .ok_or_else(|| self.error("rank", "is not a whole number")),
        }
    }

    fn decided_by(&self) -> Result<Decider, SignatureError> {
        match self.value("decided_by").map(Value::as_str) {
            None => Ok(Decider::Service),
            Some(Some("cloudformation")) => Ok(Decider::CloudFormation),
            Some(_) => Err(self.error(
                "decided_by",
                "is not \"cloudformation\"; leave it out for a service",
            )),
        }
    }

    fn next_step(&self) -> Result<NextStep, SignatureError> {
        let table = self.value("next_step").and_then(Value::as_table);
        let part = |key: &str| {
            table
                .and_then(|table| table.get(key))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let step = NextStep {
            template: part("template"),
            account: part("account"),
        };
        if step.template.is_none() && step.account.is_none() {
            return Err(self.error("next_step", "needs `template` or `account`, or both, as text"));
        }
        Ok(step)
    }

    fn value(&self, key: &str) -> Option<&'a Value> {
        self.table.and_then(|table| table.get(key))
    }

    fn text(&self, key: &'static str) -> Result<String, SignatureError> {
        let text = self
            .value(key)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty());
        text.map(str::to_owned)
            .ok_or_else(|| self.error(key, "is missing or is not text"))
    }

    fn list(&self, key: &'static str) -> Result<Vec<String>, SignatureError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let texts = value.as_array().map(|items| {
            items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect()
        });
        texts
            .flatten()
            .ok_or_else(|| self.error(key, "is not a list of texts"))
    }

    fn error(&self, key: &'static str, problem: &str) -> SignatureError {
        SignatureError::Entry {
            origin: self.origin.to_owned(),
            entry: self.name.clone(),
            key,
            problem: problem.to_owned(),
        }
    }
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .unicode(false)
        .size_limit(PATTERN_BYTES)
        .build()
}

/// Letters and digits of the pattern that stand for themselves: outside classes, escapes and counts.
fn literal_letters(pattern: &str) -> usize {
    let (mut count, mut escaped, mut class, mut repeat) = (0, false, false, false);
    for character in pattern.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '{' => repeat = true,
            '}' => repeat = false,
            letter if letter.is_alphanumeric() && !class && !repeat => count += 1,
            _ => {}
        }
    }
    count
}

/// What to do, by where it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NextStep {
    /// In the template.
    pub template: Option<String>,
    /// In the account.
    pub account: Option<String>,
}

impl NextStep {
    /// Both parts as one text.
    pub fn text(&self) -> String {
        match (&self.template, &self.account) {
            (Some(template), Some(account)) => {
                let template = template.trim_end_matches('.');
                format!("in the template: {template}; in the account: {account}")
            }
            (Some(template), None) => format!("in the template: {template}"),
            (None, Some(account)) => format!("in the account: {account}"),
            (None, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
