//! Documents within a text: a line of a log often says something before it says it in JSON.

use serde_json::Value;

use super::places::{MemberKind, Position, after_flag};

/// So many beginnings are tried: more than a line has, fewer than a hostile one may.
const TRIED: usize = 16;

/// The documents that stand in a text which is none itself, those whose quotes are escaped as well.
pub(super) fn within(text: &str) -> Vec<Value> {
    let found = unescaped(text);
    if found.is_empty() && text.contains("\\\"") {
        return unescaped(&text.replace("\\\"", "\""));
    }
    found
}

fn unescaped(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    if !text.contains('"') {
        return found;
    }
    let mut rest = text;
    for _ in 0..TRIED {
        let Some(start) = rest.find(['{', '[']) else { break };
        let from = rest.get(start..).unwrap_or_default();
        let inner = from.get(1..).unwrap_or_default();
        let may_begin = inner.trim_start().starts_with(['"', '{', '[']);
        let mut documents = serde_json::Deserializer::from_str(from).into_iter::<Value>();
        match may_begin.then(|| documents.next()).flatten() {
            Some(Ok(document)) => {
                rest = from.get(documents.byte_offset()..).unwrap_or_default();
                found.push(document);
            }
            _ => rest = inner,
        }
    }
    found
}

/// The secrets that documents within a text tell by where they stand in them.
pub(super) fn secrets_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for document in within(text) {
        collect(&document, Position::top(MemberKind::Usual), &mut found);
    }
    found
}

fn collect(value: &Value, at: Position<'_>, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            if at.place.makes_secret(at.name, text) && !text.is_empty() {
                found.push(text.clone());
            } else if text.starts_with(['{', '['])
                && let Ok(inner) = serde_json::from_str::<Value>(text)
            {
                collect(&inner, Position::top(at.place), found);
            }
        }
        Value::Array(items) => {
            let mut before = None;
            for item in items {
                collect(item, after_flag(before, at), found);
                before = Some(item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let position = Position {
                    place: at.place.of_member(at.name, name, members),
                    parent: at.name,
                    name: Some(name),
                };
                collect(member, position, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with a secret of such a document replaced where it is one of its texts as a whole.
pub(super) fn replace(text: &str, secret: &str, mask: &str) -> String {
    let written = serde_json::to_string(secret).unwrap_or_default();
    let written = written.trim_matches('"');
    let escaped = written.replace('\\', "\\\\");
    let plain = text.replace(&format!("\"{written}\""), &format!("\"{mask}\""));
    plain.replace(&format!("\\\"{escaped}\\\""), &format!("\\\"{mask}\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_behind_words_and_within_quotes() {
        for (text, count) in [
            ("got {\"a\": 1} and [\"b\"] done", 2),
            ("[ERROR] {\"a\": [1, {}]}", 1),
            ("x {\\\"a\\\": \\\"b\\\"}", 1),
            ("[INFO] nothing \"here\"", 0),
            ("{ cut off \"a\": ", 0),
            ("", 0),
        ] {
            assert_eq!(within(text).len(), count, "{text}");
        }
        let hostile = "{\"a\":".repeat(50_000);
        assert_eq!(within(&hostile), Vec::<Value>::new());
    }
}
