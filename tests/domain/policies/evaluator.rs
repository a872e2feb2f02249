//! A small IAM of the tests' own: whether a policy allows a request. It shares no line with the program.

use std::collections::BTreeMap;

use serde_json::Value;

/// A call, as IAM judges it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Request {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) keys: BTreeMap<String, String>,
}

impl Request {
    pub(crate) fn new(action: &str, resource: &str) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            keys: BTreeMap::new(),
        }
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), value.into());
        self
    }
}

/// Whether a policy document allows a request: a statement whose action, resource and conditions all fit.
pub(crate) fn allows(document: &Value, request: &Request) -> bool {
    assert_eq!(document["Version"], "2012-10-17");
    let statements = document["Statement"].as_array().expect("statements");
    statements.iter().any(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        let actions = texts(&statement["Action"]);
        let resources = texts(&statement["Resource"]);
        assert!(!actions.is_empty() && !resources.is_empty());
        let action = request.action.to_ascii_lowercase();
        actions.iter().any(|one| fits(&one.to_ascii_lowercase(), &action))
            && resources.iter().any(|one| fits(one, &request.resource))
            && holds(&statement["Condition"], request)
    })
}

fn holds(conditions: &Value, request: &Request) -> bool {
    let Some(tests) = conditions.as_object() else {
        return true;
    };
    tests.iter().all(|(test, keys)| {
        assert_eq!(test, "StringEquals");
        keys.as_object().expect("keys").iter().all(|(key, values)| {
            let value = request.keys.get(&key.to_ascii_lowercase());
            value.is_some_and(|value| texts(values).contains(value))
        })
    })
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(many) => many
            .iter()
            .map(|one| one.as_str().expect("a text").to_owned())
            .collect(),
        other => panic!("no text: {other}"),
    }
}

/// One place of a pattern.
enum Place {
    Any,
    One,
    Is(char),
}

/// Whether a pattern with `*`, `?` and the policy variables `${*}`, `${?}`, `${$}` fits the whole of a text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut places = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let special = [("${*}", '*'), ("${?}", '?'), ("${$}", '$')];
        if let Some((written, meant)) = special.into_iter().find(|(written, _)| rest.starts_with(written)) {
            places.push(Place::Is(meant));
            rest = &rest[written.len()..];
            continue;
        }
        assert!(!rest.starts_with("${"), "a variable that nobody set: {pattern}");
        places.push(match c {
            '*' => Place::Any,
            '?' => Place::One,
            c => Place::Is(c),
        });
        rest = &rest[c.len_utf8()..];
    }
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for place in places {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            let from = match place {
                Place::Any => reached[..=at].iter().any(|one| *one),
                Place::One => at > 0 && reached[at - 1],
                Place::Is(c) => at > 0 && reached[at - 1] && text[at - 1] == c,
            };
            next[at] = from;
        }
        reached = next;
    }
    reached[text.len()]
}

#[test]
fn the_evaluator_itself_reads_patterns_as_iam_does() {
    assert!(fits("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y"));
    assert!(!fits("arn:aws:s3:::b/*", "arn:aws:s3:::b"));
    assert!(fits("a${*}b", "a*b") && !fits("a${*}b", "axxb"));
    assert!(fits("a?b", "axb") && !fits("a?b", "ab"));
    assert!(fits("${$}{x}", "${x}"));
}
