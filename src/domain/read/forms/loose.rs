//! Objects as programs print them, which are almost JSON: Python's, Node.js's, Java's, Go's and Rust's.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// So many beginnings of objects are tried.
const TRIES: usize = 200;
/// No value is longer.
const LONGEST: usize = 32 * 1024;
/// So deep are they nested.
const DEPTH: usize = 12;
/// One of these members makes an object worth reading.
const MEMBERS: [&str; 8] = [
    "ResourceStatus",
    "StackStatus",
    "eventName",
    "EventName",
    "StatusReason",
    "resourceStatus",
    "resource_status",
    "stack_status",
];

/// The objects in a text, as the JSON that they stand for; none where the text has no such object.
pub(super) fn documents(text: &str) -> Vec<Value> {
    if !MEMBERS.iter().any(|member| text.contains(member)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut from, mut tries) = (0, 0);
    while let Some(at) = next(text, from) {
        tries += 1;
        if tries > TRIES {
            break;
        }
        let mut reader = LooseReader { text, at, angled: 0 };
        match reader.value(0) {
            Some(value) if is_told(&value) => {
                found.push(value);
                from = reader.at.max(at + 1);
            }
            _ => from = at + 1,
        }
    }
    found
}

/// How Ruby begins an object of a class of its own.
const STRUCTURE: &str = "#<struct ";

/// Where the next object may begin: a brace, or `StackEvent(`.
fn next(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let brace = rest.find('{');
    let call = rest.find("StackEvent(");
    let stack = rest.find("Stack(");
    let structure = rest.find(STRUCTURE);
    let first = [brace, call, stack, structure].into_iter().flatten().min()?;
    Some(from + first)
}

fn is_told(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            MEMBERS.iter().any(|member| members.contains_key(*member)) || members.values().any(is_told)
        }
        Value::Array(items) => items.iter().any(is_told),
        _ => false,
    }
}

struct LooseReader<'t> {
    text: &'t str,
    at: usize,
    /// So many of Ruby's objects are open, which end with an angle bracket.
    angled: usize,
}

impl<'t> LooseReader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn consume(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.skip_blanks();
        let rest = self.rest();
        let first = rest.chars().next()?;
        match first {
            '{' => self.object('{', '}', depth),
            '#' if rest.starts_with(STRUCTURE) => self.structure(depth),
            '[' => self.list(depth),
            '"' | '\'' | '`' => self.texts().map(Value::String),
            _ => self.named(depth).or_else(|| self.bare()),
        }
    }

    /// `Some(…)`, `StackEvent(…)`, `StackEvent { … }`
    fn named(&mut self, depth: usize) -> Option<Value> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '&' | '*')))
            .unwrap_or(rest.len());
        let (name, after) = rest
            .split_at_checked(length)
            .filter(|(name, _)| !name.is_empty())?;
        let start = self.at;
        self.at += length;
        let found = if name == "Some" && self.consume("(") {
            let inside = self.value(depth + 1);
            self.skip_blanks();
            inside.filter(|_| self.consume(")"))
        } else if after.starts_with('(') && key(after.get(1..)?).is_some() && !name.starts_with("datetime") {
            self.object('(', ')', depth)
        } else if after.trim_start().starts_with('{') && name.starts_with(|c: char| c.is_ascii_uppercase()) {
            self.skip_blanks();
            self.object('{', '}', depth)
        } else {
            None
        };
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn object(&mut self, open: char, close: char, depth: usize) -> Option<Value> {
        self.at += open.len_utf8();
        self.members(close, depth)
    }

    fn members(&mut self, close: char, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        loop {
            self.skip_blanks();
            if self.rest().starts_with(close) {
                self.at += close.len_utf8();
                return (!members.is_empty()).then_some(Value::Object(members));
            }
            let (name, length) = key(self.rest())?;
            self.at += length;
            let value = self.value(depth + 1)?;
            members.insert(pascal(&name), value);
            self.skip_blanks();
            self.consume(",");
        }
    }

    /// `#<struct Aws::CloudFormation::Types::StackEvent stack_name="shop", …>`
    fn structure(&mut self, depth: usize) -> Option<Value> {
        self.at += STRUCTURE.len();
        let rest = self.rest();
        let class = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '_')))
            .filter(|end| rest.get(*end..).is_some_and(|rest| rest.starts_with([' ', '\n'])))?;
        self.at += class;
        self.angled += 1;
        let found = self.members('>', depth);
        self.angled -= 1;
        found
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            if self.consume("]") {
                return Some(Value::Array(items));
            }
            let before = self.at;
            items.push(self.value(depth + 1)?);
            self.skip_blanks();
            self.consume(",");
            if self.at == before {
                return None;
            }
        }
    }

    /// A text in quotes, or several that are put together with `+`.
    fn texts(&mut self) -> Option<String> {
        let mut whole = self.quoted()?;
        loop {
            let end = self.at;
            self.skip_blanks();
            let added = self.consume("+");
            self.skip_blanks();
            if !added || !self.rest().starts_with(['"', '\'', '`']) {
                self.at = end;
                return Some(whole);
            }
            whole.push_str(&self.quoted()?);
        }
    }

    fn quoted(&mut self) -> Option<String> {
        let rest = self.rest();
        let quote = rest.chars().next()?;
        let mut out = String::new();
        let mut characters = rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next().filter(|(at, _)| *at < LONGEST) {
            if character == quote {
                self.at += at + quote.len_utf8();
                return Some(out);
            }
            if character != '\\' {
                out.push(character);
                continue;
            }
            match characters.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                other => out.push(other),
            }
        }
        None
    }

    /// What stands without quotes: up to the comma before the next member, or the end of the object.
    fn bare(&mut self) -> Option<Value> {
        let rest = self.rest();
        let mut open = 0_usize;
        let mut end = None;
        for (at, character) in rest.char_indices().take_while(|(at, _)| *at < LONGEST) {
            match character {
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' if open == 0 => end = Some(at),
                ')' | ']' | '}' => open -= 1,
                '>' if open == 0 && self.angled > 0 => end = Some(at),
                ',' if open == 0 && ends_member(rest.get(at + 1..).unwrap_or_default()) => end = Some(at),
                _ => {}
            }
            if end.is_some() {
                break;
            }
        }
        let text = rest.get(..end?)?;
        self.at += text.len();
        Some(plain(text.trim()))
    }
}

/// Whether a member, or the end of the object, follows a comma.
fn ends_member(rest: &str) -> bool {
    let next = rest.trim_start();
    next.is_empty() || next.starts_with(['}', ']', '"', '\'', '{']) || key(next).is_some()
}

/// A member's name and how long it is with its mark: `'Name': `, `Name=`, `:name=>`.
fn key(text: &str) -> Option<(String, usize)> {
    let start = text.len() - text.trim_start().len();
    let rest = text.get(start..)?;
    // Ruby's `:name=>`.
    let start = start + usize::from(rest.starts_with(':'));
    let rest = text.get(start..)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inside = quote.map_or(rest, |_| rest.get(1..).unwrap_or_default());
    let length = inside
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-')))
        .unwrap_or(inside.len());
    let name = inside
        .get(..length)
        .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$'))?;
    let mut at = start + length + quote.map_or(0, |_| 2);
    if quote.is_some() && !inside.get(length..)?.starts_with(quote?) {
        return None;
    }
    let after = text.get(at..)?;
    at += after.len() - after.trim_start_matches(' ').len();
    let after = text.get(at..)?;
    let mark = ["=>", ":", "="].iter().find(|mark| after.starts_with(**mark))?;
    if after.starts_with("://") || after.starts_with("::") {
        return None;
    }
    Some((name.to_owned(), at + mark.len()))
}

fn plain(word: &str) -> Value {
    match word {
        "None" | "null" | "nil" | "undefined" | "<nil>" => Value::Null,
        "True" | "true" => Value::Bool(true),
        "False" | "false" => Value::Bool(false),
        _ => Value::String(
            moment(word)
                .or_else(|| ruby_moment(word))
                .or_else(|| status(word))
                .unwrap_or_else(|| word.to_owned()),
        ),
    }
}

/// `2026-05-02 10:11:12.123 UTC`, as Ruby writes a time.
fn ruby_moment(word: &str) -> Option<String> {
    let (day, rest) = word.strip_suffix(" UTC")?.split_once(' ')?;
    let written = |text: &str, marks: &[char]| text.chars().all(|c| c.is_ascii_digit() || marks.contains(&c));
    (day.len() == 10 && rest.len() >= 8 && written(day, &['-']) && written(rest, &[':', '.']))
        .then(|| format!("{day}T{rest}Z"))
}

/// `datetime.datetime(2026, 5, 2, 10, 11, 12, 123000, tzinfo=tzutc())`
fn moment(word: &str) -> Option<String> {
    let (_, inside) = word.split_once("datetime(")?;
    let numbers = inside
        .split(',')
        .map_while(|part| part.trim().trim_end_matches(')').parse::<u32>().ok());
    let numbers: Vec<u32> = numbers.collect();
    let at = |index: usize| numbers.get(index).copied().unwrap_or_default();
    if numbers.len() < 3 {
        return None;
    }
    let mut text = String::new();
    write!(
        text,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        at(0),
        at(1),
        at(2),
        at(3),
        at(4),
        at(5),
        at(6)
    )
    .ok()?;
    Some(text)
}

/// Rust's `CreateFailed`, as `CREATE_FAILED`.
fn status(word: &str) -> Option<String> {
    let ends = ["Failed", "Complete", "InProgress"]
        .iter()
        .any(|end| word.ends_with(end));
    if !ends || !word.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut out = String::new();
    for (index, letter) in word.chars().enumerate() {
        if index > 0 && letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    Some(out)
}

/// `logical_resource_id` as AWS names it.
fn pascal(name: &str) -> String {
    if !name.contains('_') {
        return name.to_owned();
    }
    let words = name.split('_').filter(|word| !word.is_empty());
    words
        .flat_map(|word| {
            let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            [first.to_ascii_uppercase(), rest.to_owned()]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::python(
        "[{'LogicalResourceId': 'Jobs', 'ResourceStatus': 'CREATE_FAILED', 'ResourceStatusReason': \"it's taken, so\", \
                    'Timestamp': datetime.datetime(2026, 5, 2, 10, 11, 12, 123000, tzinfo=tzutc()), 'X': None}]"
    )]
    #[case::node(
        "{\n  LogicalResourceId: 'Jobs',\n  ResourceStatus: 'CREATE_FAILED',\n  ResourceStatusReason: \"it's \" +\n    \
                  'taken, so',\n  Timestamp: 2026-05-02T10:11:12.123000Z,\n  X: undefined\n}"
    )]
    #[case::java(
        "{LogicalResourceId: Jobs,ResourceStatus: CREATE_FAILED,ResourceStatusReason: it's taken, so,Timestamp: \
                  2026-05-02T10:11:12.123000Z,X: null}"
    )]
    #[case::java2(
        "StackEvent(LogicalResourceId=Jobs, ResourceStatus=CREATE_FAILED, ResourceStatusReason=it's taken, so, \
                   Timestamp=2026-05-02T10:11:12.123000Z, X=null)"
    )]
    #[case::rust(
        "StackEvent { logical_resource_id: Some(\"Jobs\"), resource_status: Some(CreateFailed), resource_status_reason: \
                  Some(\"it's taken, so\"), timestamp: Some(\"2026-05-02T10:11:12.123000Z\"), x: None }"
    )]
    #[case::ruby(
        "{:logical_resource_id=>\"Jobs\", :resource_status=>\"CREATE_FAILED\", :resource_status_reason=>\"it's taken, so\", \
                  :timestamp=>2026-05-02 10:11:12.123000 UTC, :x=>nil}"
    )]
    #[case::ruby_of_a_class(
        "#<struct Aws::CloudFormation::Types::StackEvent\n logical_resource_id=\"Jobs\",\n \
                  resource_status=\"CREATE_FAILED\",\n resource_status_reason=\"it's taken, so\",\n timestamp=2026-05-02 \
                  10:11:12.123000 UTC,\n x=nil>"
    )]
    fn what_programs_print_is_read_as_the_json_that_it_stands_for(#[case] text: &str) {
        let found = documents(text);
        let [value] = found.as_slice() else {
            panic!("{found:?}")
        };
        let told = |key: &str| value.get(key).or_else(|| value.get(key.to_lowercase())).cloned();
        assert_eq!(told("LogicalResourceId"), Some(json!("Jobs")));
        assert_eq!(told("ResourceStatus"), Some(json!("CREATE_FAILED")));
        assert_eq!(told("ResourceStatusReason"), Some(json!("it's taken, so")));
        assert_eq!(told("Timestamp"), Some(json!("2026-05-02T10:11:12.123000Z")));
        assert_eq!(told("X"), Some(Value::Null));
    }

    #[rstest]
    #[case("nothing {here}")]
    #[case("ResourceStatus { never: ends")]
    #[case("const x = { a: 1 }")]
    fn what_is_none_is_left_alone(#[case] text: &str) {
        assert_eq!(documents(text), Vec::<Value>::new());
    }
}
