//! Where a value stands in a document, and what that says of it.

use serde_json::Value;

use super::patterns::SECRET_FLAG;
use super::secret_names::is_secret_key;
use super::secret_values::{is_hidden, is_plain, is_reference, is_secret_value};

/// Members of which everything below is a secret, under whatever names.
pub(super) const DEEP: [&str; 7] = [
    "secretString",
    "SecretString",
    "userData",
    "UserData",
    "plaintext",
    "Plaintext",
    "credentials",
];

/// The members that say what is set, whichever of the others says to what.
const NAMING: [&str; 8] = [
    "name",
    "Name",
    "key",
    "Key",
    "parameterKey",
    "ParameterKey",
    "optionName",
    "OptionName",
];

/// The members that say to what something is set.
const VALUES: [&str; 4] = ["value", "Value", "parameterValue", "ParameterValue"];

/// What a member holds, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberKind {
    /// What its name says.
    Usual,
    /// A variable of an environment: it may be anything, and often is a secret.
    Variable,
    /// What is called a secret by something else than its own name.
    Named,
    /// Below a secret.
    Secret,
}

/// Where a value stands in a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position<'a> {
    pub(super) place: MemberKind,
    /// The name of the member that it is within.
    pub(super) parent: Option<&'a str>,
    /// The name of the member that it is.
    pub(super) name: Option<&'a str>,
}

impl Position<'_> {
    /// The document itself, which stands in such a place.
    pub(super) const fn top(place: MemberKind) -> Self {
        Self {
            place,
            parent: None,
            name: None,
        }
    }
}

impl MemberKind {
    /// The place of a member.
    pub(super) fn of_member(
        self,
        parent: Option<&str>,
        name: &str,
        members: &serde_json::Map<String, Value>,
    ) -> Self {
        if self == Self::Secret || DEEP.contains(&name) {
            return Self::Secret;
        }
        let variables = parent.and_then(Variables::of);
        if variables.is_some() && matches!(name, "variables" | "Variables") {
            return Self::Variable;
        }
        if VALUES.contains(&name) {
            let names = || NAMING.iter().filter_map(|key| members.get(*key)?.as_str());
            if names().any(is_secret_key) || is_secure(members) {
                return Self::Secret;
            }
            if names().next().is_none() && parent.is_some_and(is_secret_key) {
                return Self::Named;
            }
            if names().next().is_some() && variables.is_some() {
                return Self::Variable;
            }
        }
        match (self, variables) {
            (Self::Variable, _) => Self::Variable,
            (_, Some(Variables::All)) if !is_pair(members) => Self::Variable,
            (_, Some(Variables::Shouted)) if is_shouted(name) && !is_pair(members) => Self::Variable,
            _ => Self::Usual,
        }
    }

    /// A text in this place, under this name, is a secret.
    pub(super) fn makes_secret(self, name: Option<&str>, text: &str) -> bool {
        match self {
            Self::Secret => !is_hidden(text) && !is_reference(text),
            Self::Variable => !is_plain(text) && !is_hidden(text) && !is_reference(text),
            Self::Named => !text.starts_with("--") && is_secret_value(text),
            Self::Usual => name.is_some_and(is_secret_key) && is_secret_value(text),
        }
    }
}

/// Which members of an object are variables of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variables {
    /// All of them.
    All,
    /// Those that are written as variables are: a build's environment has an image and a size beside them.
    Shouted,
}

impl Variables {
    fn of(name: &str) -> Option<Self> {
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let ends = |ends: &[&str]| ends.iter().any(|end| plain.ends_with(end));
        if ends(&["environmentvariables", "envvars", "envvariables"]) {
            Some(Self::All)
        } else if plain == "env" || ends(&["environment"]) {
            Some(Self::Shouted)
        } else {
            None
        }
    }
}

/// It is written as variables of an environment are.
fn is_shouted(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_uppercase())
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// A name and what it is set to, rather than variables by their names.
fn is_pair(members: &serde_json::Map<String, Value>) -> bool {
    const BESIDE: [&str; 4] = ["type", "Type", "valueFrom", "ValueFrom"];
    let is_of_it = |name: &str| NAMING.contains(&name) || VALUES.contains(&name) || BESIDE.contains(&name);
    NAMING.iter().any(|name| members.contains_key(*name)) && members.keys().all(|name| is_of_it(name))
}

/// A parameter that is kept encrypted.
fn is_secure(members: &serde_json::Map<String, Value>) -> bool {
    ["type", "Type"]
        .iter()
        .any(|name| members.get(*name).and_then(Value::as_str) == Some("SecureString"))
}

/// The place of what follows in a list: a command line may be told word by word.
pub(super) fn after_flag<'a>(before: Option<&Value>, at: Position<'a>) -> Position<'a> {
    let is_flag = before
        .and_then(Value::as_str)
        .is_some_and(|flag| flag.starts_with('-') && SECRET_FLAG.is_match(flag));
    if is_flag && at.place == MemberKind::Usual {
        return Position {
            place: MemberKind::Named,
            ..at
        };
    }
    at
}
