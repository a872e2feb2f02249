//! A pasted text, prepared once for every form.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{PastedFailure, columns, fences, prefixes, window};
use crate::domain::model::arn::Arn;
use crate::domain::model::stack::StackId;
use crate::domain::read::event_listing;
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
    let whole = |name: &&str| name.contains('-') && name.ends_with(|c: char| c.is_ascii_digit());
    let region = Arn::region_of(arn).filter(whole);
    let account = Arn::account_of(arn).filter(|name| is_account(name));
    (region.map(str::to_owned), account.map(str::to_owned))
}

/// Puts a failure into the stack of an ARN, where it is not told of which it is.
pub(super) fn place_in(one: &mut PastedFailure, arn: &str) {
    let (region, account) = place_of(arn);
    one.stack = one.stack.take().or_else(|| stack_name(arn));
    one.region = one.region.take().or(region);
    one.account = one.account.take().or(account);
}

pub(super) fn is_account(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text without colours, carriage returns, spinners, what Markdown escapes and what stands before every line.
pub(super) fn plain(text: &str) -> String {
    let text = without_controls(text);
    let text = window::unwrapped(&text).unwrap_or(text);
    let mut kept: Vec<&str> = Vec::new();
    let mut spinning = false;
    for line in text.lines().filter(|line| !is_spinner(line)) {
        // What a terminal broke off a spinner's line stands alone on the next.
        if spinning && line.len() < 16 && line.ends_with("...") {
            spinning = false;
            continue;
        }
        let (row, spun) = before_spinner(line);
        spinning = spun;
        kept.push(unlinked(row));
    }
    // A tick alone on its line is a fence that somebody set with one.
    let ticks = kept.iter().filter(|line| line.trim() == "`").count();
    if ticks > 1 && ticks % 2 == 0 {
        for line in kept.iter_mut().filter(|line| line.trim() == "`") {
            *line = "```";
        }
    }
    let mut whole = kept.join("\n");
    if text.ends_with('\n') {
        whole.push('\n');
    }
    let bare = match prefixes::without(&whole) {
        Cow::Borrowed(_) => whole,
        Cow::Owned(bare) => bare,
    };
    let bare = fences::on_their_lines(&bare).unwrap_or(bare);
    let bare = columns::unwrapped(&bare).unwrap_or(bare);
    window::mended(&bare).unwrap_or(bare)
}

/// `[Jobs ](https://console…)`: a name that a console links to, alone on its line.
fn unlinked(line: &str) -> &str {
    let name = line
        .trim()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("](http"))
        .filter(|(_, link)| link.ends_with(')') && !link.contains(' '))
        .map(|(name, _)| name.trim());
    name.filter(|name| is_name(name)).unwrap_or(line)
}

/// `⠋ Updating resources in the cloud.`
fn is_spinner(line: &str) -> bool {
    let spins = |c: char| ('\u{2800}'..='\u{28ff}').contains(&c) || matches!(c, '◐' | '◓' | '◑' | '◒');
    line.trim_start().starts_with(spins) && !event_listing::names_status(line)
}

/// `CREATE_FAILED Jobs … ⠴ Updating resources in the cloud.`: a row without the spinner that was drawn over its end.
fn before_spinner(line: &str) -> (&str, bool) {
    let spins = |c: char| ('\u{2800}'..='\u{28ff}').contains(&c);
    let drawn = line.char_indices().find(|(at, c)| {
        spins(*c)
            && line
                .get(at + c.len_utf8()..)
                .is_some_and(|rest| rest.starts_with(' '))
    });
    match drawn {
        Some((at, _)) => {
            let row = line.get(..at).unwrap_or(line);
            (row.trim_end(), !line.ends_with("..."))
        }
        None => (line, false),
    }
}

fn without_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\u{1b}', '\\', '\r', '[', '\u{a0}', '&', '\u{8}']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let (instead, length) = control(found);
        out.push_str(instead);
        rest = found.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// What is written instead of that with which a text begins, and how long that is.
fn control(found: &str) -> (&str, usize) {
    const ENTITIES: [(&str, &str); 6] = [
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
        ("&nbsp;", " "),
    ];
    if found.starts_with('\u{1b}') {
        return ("", escape(found));
    }
    // A colour whose escape got lost on the way.
    if let Some(length) = colour(found) {
        return ("", length);
    }
    if let Some((entity, plain)) = ENTITIES.iter().find(|(entity, _)| found.starts_with(entity)) {
        return (plain, entity.len());
    }
    // Tables that were copied out of Markdown.
    if found.starts_with("\\|") || found.starts_with("\r\n") {
        return ("", 1);
    }
    if found.starts_with('\u{a0}') {
        return (" ", 2);
    }
    let first = found.chars().next().map_or(0, char::len_utf8);
    match found.chars().next() {
        Some('\r') => ("\n", first),
        Some('\u{8}') => ("", first),
        _ => (found.get(..first).unwrap_or_default(), first),
    }
}

/// How long the escape sequence is that a text begins with.
fn escape(text: &str) -> usize {
    let rest = text.get(1..).unwrap_or_default();
    if let Some(inside) = rest.strip_prefix('[') {
        let end = inside.find(|c: char| c.is_ascii_alphabetic() || c == '\n');
        let letter = end.filter(|at| !inside.get(*at..).unwrap_or_default().starts_with('\n'));
        return 2 + end.unwrap_or(inside.len()) + usize::from(letter.is_some());
    }
    // A link or a title ends with a bell or with `ESC \`.
    if let Some(inside) = rest.strip_prefix(']') {
        let bell = inside.find('\u{7}').map(|at| at + 1);
        let ends = inside.find("\u{1b}\\").map(|at| at + 2);
        let line = inside.find('\n').unwrap_or(inside.len());
        let end = bell.into_iter().chain(ends).min().filter(|end| *end <= line);
        return 2 + end.unwrap_or(0);
    }
    if rest.starts_with("(B") { 3 } else { 1 }
}

/// `[31m`, `[0;1m`
fn colour(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?;
    let length = inside
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b';')
        .count();
    let plausible = (1..=12).contains(&length) && inside.starts_with(|c: char| c.is_ascii_digit());
    (plausible && inside.get(length..)?.starts_with('m')).then_some(length + 2)
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
