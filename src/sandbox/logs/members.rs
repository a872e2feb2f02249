//! Filter patterns over the members of JSON: `{ ($.a.b = "x*") && (($.c IS TRUE) || ($.d = "y")) }`.

use serde_json::Value;

/// What a line's members must be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Members {
    All(Vec<Self>),
    Any(Vec<Self>),
    /// The member at this pointer is this text, which may begin and end with `*`.
    Text(String, String),
    Flag(String, bool),
}

impl Members {
    /// Reads a pattern in braces; nothing for what is none, or more than is understood.
    pub(super) fn read(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
        let (read, rest) = any(inner.trim_start())?;
        rest.trim().is_empty().then_some(read)
    }

    /// Whether a line fits: one that is no JSON never does.
    pub(super) fn matches(&self, line: &str) -> bool {
        serde_json::from_str(line).is_ok_and(|value: Value| self.holds(&value))
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(value)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(value)),
            Self::Flag(pointer, flag) => value.pointer(pointer).and_then(Value::as_bool) == Some(*flag),
            Self::Text(pointer, wanted) => {
                let text = value.pointer(pointer).and_then(Value::as_str);
                text.is_some_and(|text| fits(text, wanted))
            }
        }
    }
}

fn fits(text: &str, wanted: &str) -> bool {
    match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        _ if wanted == "*" => true,
        (Some(_), Some(_)) => text.contains(wanted.trim_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(begin)) => text.starts_with(begin),
        (None, None) => text == wanted,
    }
}

type Read<'a> = Option<(Members, &'a str)>;

fn any(text: &str) -> Read<'_> {
    list(text, "||", all, Members::Any)
}

fn all(text: &str) -> Read<'_> {
    list(text, "&&", one, Members::All)
}

fn list<'a>(
    text: &'a str,
    sign: &str,
    part: fn(&'a str) -> Read<'a>,
    made: fn(Vec<Members>) -> Members,
) -> Read<'a> {
    let (first, mut rest) = part(text)?;
    let mut parts = vec![first];
    while let Some(after) = rest.trim_start().strip_prefix(sign) {
        let (next, behind) = part(after.trim_start())?;
        parts.push(next);
        rest = behind;
    }
    Some((made(parts), rest))
}

fn one(text: &str) -> Read<'_> {
    if let Some(inner) = text.strip_prefix('(') {
        let (read, rest) = any(inner.trim_start())?;
        return Some((read, rest.trim_start().strip_prefix(')')?));
    }
    let (member, rest) = text.strip_prefix("$.")?.split_once(' ')?;
    let pointer = format!("/{}", member.replace('.', "/"));
    let rest = rest.trim_start();
    for (words, flag) in [("IS TRUE", true), ("IS FALSE", false)] {
        if let Some(rest) = rest.strip_prefix(words) {
            return Some((Members::Flag(pointer, flag), rest));
        }
    }
    let quoted = rest.strip_prefix('=')?.trim_start().strip_prefix('"')?;
    let (value, rest) = quoted.split_once('"')?;
    Some((Members::Text(pointer, value.to_owned()), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_compared_as_the_pattern_says() {
        let line = r#"{"name": "PutObject", "who": {"id": "AROA1:fn"}, "reads": false}"#;
        let fits = |pattern: &str| Members::read(pattern).is_some_and(|pattern| pattern.matches(line));
        assert!(fits(r#"{ $.name = "PutObject" }"#));
        assert!(fits(
            r#"{ ($.name = "Put*") && (($.who.id = "x") || ($.who.id = "*:fn")) }"#
        ));
        assert!(fits("{ $.reads IS FALSE }"));
        assert!(!fits("{ $.reads IS TRUE }"));
        assert!(!fits(r#"{ ($.name = "Put*") && ($.who.id = "*:other") }"#));
        assert!(
            !Members::read(r#"{ $.name = "PutObject" }"#)
                .unwrap()
                .matches("no JSON")
        );
    }

    #[test]
    fn what_is_not_whole_is_no_pattern() {
        for text in [
            "",
            "{",
            "{}",
            "{ $.a }",
            r#"{ $.a = "b }"#,
            r#"{ $.a = "b" } x"#,
            r#"{ ($.a = "b" }"#,
            r#"{ $.a = "b" && }"#,
        ] {
            assert_eq!(Members::read(text), None, "{text}");
        }
    }
}
