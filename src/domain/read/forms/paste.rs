//! A pasted text, prepared once for every form.

use serde_json::{Map, Value};

use crate::domain::model::arn::Arn;
use crate::domain::model::stack::StackId;
use crate::domain::read::json_stream::Documents;

/// So deep are envelopes looked into.
const DEPTH: usize = 8;
/// So many objects are looked at.
const MOST: usize = 20_000;

/// A pasted text, and the JSON in it.
#[derive(Debug)]
pub(super) struct Paste<'a> {
    pub(super) text: &'a str,
    pub(super) documents: Vec<Value>,
}

impl<'a> Paste<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let documents = Documents::read(text)
            .map(|found| found.values)
            .unwrap_or_default();
        Self { text, documents }
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &'a str> {
        self.text.lines().map(str::trim_end)
    }

    pub(super) fn has(&self, words: &str) -> bool {
        self.text.contains(words)
    }

    /// Whether the text is JSON.
    pub(super) fn is_json(&self) -> bool {
        !self.documents.is_empty()
    }

    /// The objects of the documents that fit, outermost first; inside of one that fits is not looked.
    pub(super) fn objects(&self, fits: fn(&Map<String, Value>) -> bool) -> Vec<&Map<String, Value>> {
        let mut found = Vec::new();
        let mut seen = 0;
        for value in &self.documents {
            collect(value, fits, &mut found, &mut seen, 0);
        }
        found
    }
}

fn collect<'v>(
    value: &'v Value,
    fits: fn(&Map<String, Value>) -> bool,
    found: &mut Vec<&'v Map<String, Value>>,
    seen: &mut usize,
    depth: usize,
) {
    *seen += 1;
    if depth > DEPTH || *seen > MOST {
        return;
    }
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect(item, fits, found, seen, depth + 1)),
        Value::Object(members) if fits(members) => found.push(members),
        Value::Object(members) => members
            .values()
            .for_each(|inner| collect(inner, fits, found, seen, depth + 1)),
        _ => {}
    }
}

/// A member that is text and not empty.
pub(super) fn told(members: &Map<String, Value>, key: &str) -> Option<String> {
    let text = members.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The name in a stack's ARN.
pub(super) fn stack_name(arn: &str) -> Option<String> {
    if let Some(id) = StackId::parse(arn) {
        return Some(id.name().to_owned());
    }
    let (_, rest) = arn.split_once(":stack/")?;
    let name = rest.split('/').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// The region and the account in an ARN; masked ones are not told.
pub(super) fn place_of(arn: &str) -> (Option<String>, Option<String>) {
    let region = Arn::region_of(arn).filter(|name| name.contains('-'));
    let account = Arn::account_of(arn).filter(|name| is_account(name));
    (region.map(str::to_owned), account.map(str::to_owned))
}

pub(super) fn is_account(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text without colours and carriage returns.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' if characters.peek() == Some(&'[') => {
                characters.next();
                while let Some(next) = characters.next_if(|c| !c.is_ascii_alphabetic() && *c != '\n') {
                    let _ = next;
                }
                characters.next_if(char::is_ascii_alphabetic);
            }
            // Tables that were copied out of Markdown.
            '\\' if characters.peek() == Some(&'|') => {}
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' => out.push('\n'),
            other => out.push(other),
        }
    }
    out
}

/// The text between two marks, the first of them.
pub(super) fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}

/// A word that can be a logical id or a stack's name.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.len() <= 255
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '/')
}
