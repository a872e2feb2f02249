//! JSON as people have it: whole, one document a line, cut short, or with half a character in it.

use serde_json::Value;

/// What could be read of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Documents {
    /// The documents, in their order.
    pub values: Vec<Value>,
    /// The text ends in the middle of one; what was complete in it is there.
    pub cut: bool,
}

impl Documents {
    /// Reads the documents of a text; none when it does not begin like JSON or nothing in it is complete.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if text.starts_with(['{', '[', '"']) {
            return read(text).or_else(|| read(&without_half_characters(text)));
        }
        // People copy the command along with what it printed.
        let (start, _) = text.match_indices('\n').find(|(at, _)| {
            let line = text.get(at + 1..).unwrap_or_default();
            line.starts_with('{') || line.starts_with('[')
        })?;
        let found = read(text.get(start + 1..)?)?;
        let holds_objects = |value: &Value| {
            value.is_object()
                || value
                    .as_array()
                    .is_some_and(|list| list.iter().any(|item| item.is_object() || item.is_array()))
        };
        found.values.iter().any(holds_objects).then_some(found)
    }
}

/// What stands before and behind the first document of a text, where the text does not begin with it or goes on behind it.
pub fn around(text: &str) -> Option<String> {
    let opens = |line: &str| line.starts_with(['{', '[']);
    let start = if opens(text) {
        0
    } else {
        let mut breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        breaks.find(|at| opens(text.get(*at..).unwrap_or_default()))?
    };
    let (before, document) = text.split_at_checked(start)?;
    let mut stream = serde_json::Deserializer::from_str(document).into_iter::<Value>();
    let end = match stream.next()? {
        Ok(_) => stream.byte_offset(),
        Err(error) if error.is_eof() => document.len(),
        Err(_) => return None,
    };
    let around = format!("{before}\n{}", document.get(end..).unwrap_or_default());
    (!around.trim().is_empty()).then_some(around)
}

/// What follows an object, where it is the next of a list whose brackets were not copied.
fn next_of_a_list<'t>(rest: &'t str, values: &[Value]) -> Option<&'t str> {
    let next = rest.trim_start().strip_prefix(',')?.trim_start();
    (next.starts_with('{') && values.last().is_some_and(Value::is_object)).then_some(next)
}

fn read(text: &str) -> Option<Documents> {
    let mut text = text;
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut values = Vec::new();
    loop {
        let at = stream.byte_offset();
        match stream.next() {
            None => break,
            Some(Ok(value)) => values.push(value),
            Some(Err(error)) if error.is_eof() => {
                let rest = text.get(at..).unwrap_or_default();
                values.extend(
                    closed(rest, CutAt::Value).and_then(|whole| serde_json::from_str::<Value>(&whole).ok()),
                );
                return (!values.is_empty()).then_some(Documents { values, cut: true });
            }
            // Prose behind a document is not ours; prose that only begins like one is no JSON.
            Some(Err(_)) => {
                if let Some(next) = next_of_a_list(text.get(at..).unwrap_or_default(), &values) {
                    text = next;
                    stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
                    continue;
                }
                // `[0] a line of the first program`: numbers alone are no document.
                let list = |value: &Value| {
                    value
                        .as_array()
                        .is_some_and(|items| items.is_empty() || !items.iter().all(Value::is_number))
                };
                let structured = values.iter().any(|value| value.is_object() || list(value));
                return structured.then_some(Documents { values, cut: false });
            }
        }
    }
    (!values.is_empty()).then_some(Documents { values, cut: false })
}

/// Up to where a document that was cut is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CutAt {
    /// The last object or list that is complete.
    Value,
    /// The last member that is complete, of a document that is still open.
    Member,
}

/// A document that was cut, up to its last complete part, with its brackets closed.
pub(super) fn closed(text: &str, end: CutAt) -> Option<String> {
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    let mut whole: Option<(usize, String)> = None;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                open.pop()?;
                if end == CutAt::Value {
                    whole = Some((at + 1, open.iter().rev().collect()));
                }
            }
            ',' if end == CutAt::Member => whole = Some((at, open.iter().rev().collect())),
            _ => {}
        }
    }
    let (at, closing) = whole.filter(|_| end == CutAt::Value || !open.is_empty())?;
    Some(text.get(..at)?.to_owned() + &closing)
}

/// `\ud83d` alone is half a character: what is left when somebody cut a text and then wrote it as JSON.
fn without_half_characters(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, found) = rest.split_at(at);
        mended.push_str(before);
        let unit = surrogate(found);
        let whole = unit.is_some_and(|high| high < 0xdc00)
            && surrogate(found.get(6..).unwrap_or_default()).is_some_and(|low| low >= 0xdc00);
        let length = match (unit, whole) {
            (None, _) => found.char_indices().nth(2).map_or(found.len(), |(end, _)| end),
            (Some(_), true) => 12,
            (Some(_), false) => {
                mended.push_str("\\ufffd");
                rest = found.get(6..).unwrap_or_default();
                continue;
            }
        };
        let (kept, after) = found.split_at(length);
        mended.push_str(kept);
        rest = after;
    }
    mended + rest
}

/// The half character that a text begins with, if it is one.
fn surrogate(text: &str) -> Option<u32> {
    let unit = u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()?;
    (0xd800..0xe000).contains(&unit).then_some(unit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("{\"a\":1}", json!([{"a": 1}]), false)]
    #[case("\u{feff} [1]\n", json!([[1]]), false)]
    #[case("{\"a\":1}\n{\"b\":2}\n", json!([{"a": 1}, {"b": 2}]), false)]
    #[case("{\"l\":[{\"a\":\"}\"},{\"b\":[2]},{\"c\":", json!([{"l": [{"a": "}"}, {"b": [2]}]}]), true)]
    #[case("{\"a\":1}{\"l\":[{\"b\"", json!([{"a": 1}]), true)]
    #[case(r#"{"a":"cut \ud83d"}"#, json!([{"a": "cut \u{fffd}"}]), false)]
    #[case(r#"{"a":"\\ud83d \ud83d\ude00 \ude00"}"#, json!([{"a": "\\ud83d \u{1f600} \u{fffd}"}]), false)]
    #[case("{\"a\":1} and so on", json!([{"a": 1}]), false)]
    #[case("$ aws x\n{\"a\":1}\n", json!([{"a": 1}]), false)]
    fn json_is_read_as_it_comes(#[case] text: &str, #[case] values: Value, #[case] cut: bool) {
        let documents = Documents::read(text).unwrap();
        assert_eq!((Value::Array(documents.values), documents.cut), (values, cut));
    }

    #[rstest]
    #[case("")]
    #[case("plain")]
    #[case("a\n[1, 2]\nb")]
    #[case("failed\n[FIX]: do it")]
    #[case("[Tried to create resource record set [name='a.', type='A'] but it already exists]")]
    #[case("\"quoted\" and more")]
    #[case("{\"a\": \"never ends")]
    fn what_is_no_json_is_left_alone(#[case] text: &str) {
        assert_eq!(Documents::read(text), None);
    }

    #[rstest]
    #[case("a\n{\"b\": 1}\nc\n", Some("a\n\n\nc\n"))]
    #[case("{\"b\": 1}\nc", Some("\n\nc"))]
    #[case("a\n{\"b\": ", Some("a\n\n"))]
    #[case("{\"b\": 1}\n", None)]
    #[case("a\nb", None)]
    fn what_stands_around_a_document_is_kept(#[case] text: &str, #[case] kept: Option<&str>) {
        assert_eq!(around(text).as_deref(), kept);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), json in "[\\[\\]{}\",:\\\\ud8a1 ]{0,60}") {
            let _ = (Documents::read(&text), Documents::read(&json), around(&text), around(&json));
        }
    }
}
