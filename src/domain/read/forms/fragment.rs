//! Members of JSON without the braces around them: the lines that somebody copied out of an event or a record.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::PastedFailure;
use crate::domain::read::pattern::pattern;

/// One member on its line.
static MEMBER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^\s*"([A-Za-z]\w*)"\s*:\s*(?:"|\d|true|false|null|[\[{])"#));

/// How events and records call what tells of a failure.
const TELLS: [&str; 8] = [
    "ResourceStatusReason",
    "StatusReason",
    "StackStatusReason",
    "HookStatusReason",
    "errorMessage",
    "ErrorMessage",
    "errorCode",
    "statusMessage",
];

/// Such members, and the text without them.
#[derive(Debug)]
pub struct Fragment {
    /// What stands around them.
    pub around: String,
    /// The members.
    pub members: Map<String, Value>,
}

/// See [`super::fragment()`].
pub(super) fn of(text: &str) -> Option<Fragment> {
    if !TELLS.iter().any(|name| text.contains(name)) || text.contains("\"eventName\"") {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| MEMBER.is_match(line))?;
    let end = lines
        .iter()
        .skip(first)
        .position(|line| line.trim().is_empty() || line.trim_start().starts_with("```"))
        .map_or(lines.len(), |length| first + length);
    let (above, rest) = lines.split_at_checked(first)?;
    let (inside, below) = rest.split_at_checked(end - first)?;
    // Braces around them make a document of them, which was cut.
    let braces =
        |line: &&str| line.trim_start().starts_with(['{', '}', '[', ']']) || line.trim_end().ends_with('{');
    if above.iter().any(braces) || below.iter().any(braces) {
        return None;
    }
    let whole = inside.join("\n");
    let members: Map<String, Value> =
        serde_json::from_str(&format!("{{{}}}", whole.trim().trim_end_matches(','))).ok()?;
    let told = members.iter().any(|(name, value)| {
        TELLS.contains(&name.as_str()) && value.as_str().is_some_and(|text| !text.is_empty())
    });
    let mut around = above.join("\n");
    around.push_str("\n\n");
    around.push_str(&below.join("\n"));
    around.push('\n');
    told.then_some(Fragment { around, members })
}

impl Fragment {
    /// Adds the code that the members tell to the failure whose words they repeat; whether there is one.
    pub fn join(&self, said: &mut [PastedFailure]) -> bool {
        let text = |name: &str| self.members.get(name).and_then(Value::as_str);
        let Some(message) = text("errorMessage").or_else(|| text("ErrorMessage")) else {
            return false;
        };
        let same = |one: &&mut PastedFailure| one.reason.contains(message.trim_end_matches('.'));
        let Some(one) = said.iter_mut().find(same) else {
            return false;
        };
        let code = text("errorCode").or_else(|| text("ErrorCode"));
        one.code = one.code.take().or_else(|| code.map(str::to_owned));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_without_braces_are_found() {
        let text = "We get this, why?\n\n    \"ResourceStatusReason\": \"Queue \\\"jobs\\\" is there\",\n";
        let found = of(text).map(|found| (found.members.len(), found.around.trim().to_owned()));
        assert_eq!(found, Some((1, "We get this, why?".to_owned())));
    }

    /// What would tempt it: a document that was cut, members that tell nothing, and a table of messages.
    #[test]
    fn other_members_are_left_alone() {
        for text in [
            "  {\n  \"ResourceStatusReason\": \"no\",\n",
            "\"Description\": \"it is there\",\n\"ResourceStatusReason\": \"\"\n",
            "\"cancel\": \"Resource creation cancelled\",\n\"quota\": \"Rate exceeded\"\n",
            "\"ResourceStatusReason\": \"no\n",
        ] {
            assert!(of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_code_belongs_to_the_words_it_repeats() {
        let of = of("\"errorCode\": \"Busy\",\n\"errorMessage\": \"it is busy.\"\n")
            .into_iter()
            .next();
        let mut said = [
            PastedFailure {
                reason: "it is gone".to_owned(),
                ..PastedFailure::default()
            },
            PastedFailure {
                reason: "said: it is busy (RequestId: 0a)".to_owned(),
                ..PastedFailure::default()
            },
        ];
        assert!(of.is_some_and(|found| found.join(&mut said)));
        assert_eq!(said.map(|one| one.code), [None, Some("Busy".to_owned())]);
    }
}
