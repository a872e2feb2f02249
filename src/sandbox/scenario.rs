//! Where scenarios come from: built in or a file; and what is said when one is wrong.
//!
//! An error names the file, the line, the key, and what was probably meant.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::DateTime;

use super::layout::LayoutError;
use super::script::Scenario;
use super::tables::TableForm;

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/scenarios/", $name, ".toml")))),*]
    };
}

/// The scenarios that come with the program; the first is the one to show.
static BUILT_IN: &[(&str, &str)] = built_in![
    "denied-custom-resource",
    "nested-service-rollback",
    "hidden-denial",
    "export-in-use",
    "clean-update",
    "rough-network",
    "timed-out-custom-resource",
    "failed-hook",
    "early-validation",
    "provider-framework",
    "crowded-account",
    "failing-container",
    "tightened-policy",
    "rollback-cut-short",
    "cancelled-update",
    "continued-rollback",
    "silent-instance",
    "disabled-key",
    "denied-on-behalf",
    "denied-in-china",
    "unstartable-database",
    "unlaunchable-group",
    "refused-product",
    "addressless-warehouse",
    "undersized-cache",
    "refused-stack-set",
    "unhealthy-targets",
    "timed-out-waiter",
    "failed-build",
    "unready-addon",
    "unvalidated-certificate",
    "unmovable-domain",
    "alarmed-rollout",
    "silent-upload",
    "borrowed-key",
    "awaited-certificate",
    "vanished-instance",
];

/// A scenario that cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No built-in scenario has this name.
    #[error("there is no scenario `{name}`; {}", advice(.suggestion.as_deref(), .known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
        /// Every name, and a file's path would do too.
        known: Vec<String>,
    },
    /// The file cannot be read.
    #[error("the scenario file {} cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file says something that means nothing.
    #[error("the scenario is not understood: {origin}, line {line}{}: {message}{}", at_key(.key), meant(.suggestion.as_deref()))]
    Malformed {
        /// The file, or the name of a built-in scenario.
        origin: String,
        /// Counted from 1.
        line: usize,
        /// The key on that line, if there is one.
        key: String,
        /// What is wrong.
        message: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
}

fn advice(suggestion: Option<&str>, known: &[String]) -> String {
    match suggestion {
        Some(suggestion) => format!("did you mean `{suggestion}`?"),
        None => format!("there are {}, or give the path of a file", known.join(", ")),
    }
}

fn at_key(key: &str) -> String {
    if key.is_empty() {
        String::new()
    } else {
        format!(", key `{key}`")
    }
}

fn meant(suggestion: Option<&str>) -> String {
    suggestion
        .map(|suggestion| format!("; did you mean `{suggestion}`?"))
        .unwrap_or_default()
}

impl Scenario {
    /// Names of the scenarios that come with the program.
    pub fn names() -> Vec<&'static str> {
        BUILT_IN.iter().map(|(name, _)| *name).collect()
    }

    /// The table over what its trails deliver to S3, if it has one: `DATABASE.TABLE`.
    pub fn table(&self) -> Option<&str> {
        let mut tables = self.tables.iter();
        let table = tables.find(|table| table.form != TableForm::Store)?;
        Some(table.name.as_str())
    }

    /// Whether a stack of this name in this account is of a scenario that comes with the program.
    pub fn is_of_builtin(account: &str, stack: &str) -> bool {
        let (account, stack) = (
            format!("account = \"{account}\""),
            format!("stack_name = \"{stack}\""),
        );
        BUILT_IN
            .iter()
            .any(|(_, text)| text.contains(&account) && text.contains(&stack))
    }

    /// The built-in scenario with this name.
    pub fn builtin(name: &str) -> Result<Self, ScenarioError> {
        let found = BUILT_IN.iter().find(|(known, _)| *known == name);
        let (_, text) = found.ok_or_else(|| {
            let known: Vec<String> = Self::names().into_iter().map(str::to_owned).collect();
            ScenarioError::Unknown {
                name: name.to_owned(),
                suggestion: nearest(name, &known),
                known,
            }
        })?;
        Self::parse(name, name, text)
    }

    /// The scenario in this file.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path).map_err(|source| ScenarioError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        Self::parse(&name, &path.display().to_string(), &text)
    }

    /// The scenario in this text. `origin` is what errors call it.
    pub fn parse(name: &str, origin: &str, text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self = toml::from_str(text).map_err(|error| misread(origin, text, &error))?;
        name.clone_into(&mut scenario.name);
        scenario
            .expectation(DateTime::UNIX_EPOCH)
            .map_err(|error| unfit(origin, text, &error))?;
        Ok(scenario)
    }

    /// How long the story takes, until the last record is delivered.
    pub fn length(&self) -> Duration {
        self.duration.duration()
    }
}

/// An error of the TOML reader, with its place and what was meant.
fn misread(origin: &str, text: &str, error: &toml::de::Error) -> ScenarioError {
    let line = error.span().map_or(1, |span| line_at(text, span.start));
    let message = error.message().to_owned();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let wrong = quoted.next().unwrap_or_default().to_owned();
    let known: Vec<String> = quoted.map(str::to_owned).collect();
    let suggestion = message
        .starts_with("unknown")
        .then(|| nearest(&wrong, &known))
        .flatten();
    ScenarioError::Malformed {
        origin: origin.to_owned(),
        line,
        key: key_on(text, line),
        message,
        suggestion,
    }
}

/// An error of the layout, with the first place where its culprit stands.
fn unfit(origin: &str, text: &str, error: &LayoutError) -> ScenarioError {
    let culprit = error.culprit();
    let quoted = format!("\"{culprit}\"");
    let start = text.find(&quoted).or_else(|| text.find(culprit)).unwrap_or(0);
    let line = line_at(text, start);
    let bare = culprit.trim_start_matches("${").trim_end_matches('}');
    ScenarioError::Malformed {
        origin: origin.to_owned(),
        line,
        key: key_on(text, line),
        message: error.to_string(),
        suggestion: nearest(bare, error.known()),
    }
}

fn line_at(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

fn key_on(text: &str, line: usize) -> String {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let key = line
        .split_once('=')
        .map(|(key, _)| key.trim())
        .unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    if key.chars().all(plain) {
        key.to_owned()
    } else {
        String::new()
    }
}

/// The candidate that takes the fewest changes, if it takes few.
fn nearest(wrong: &str, known: &[String]) -> Option<String> {
    let distances = known
        .iter()
        .map(|candidate| (changes(wrong, candidate), candidate));
    let (distance, candidate) = distances.min()?;
    (distance <= wrong.chars().count() / 3 + 1).then(|| candidate.clone())
}

/// How many letters must be put in, taken out or changed to make one word of another.
fn changes(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut next = vec![number + 1];
        for ((pair, target), left) in row.windows(2).zip(&other).zip(1..) {
            let [diagonal, above] = pair else { continue };
            let before = next.get(left - 1).copied().unwrap_or(usize::MAX - 1);
            next.push(
                (diagonal + usize::from(letter != *target))
                    .min(above + 1)
                    .min(before + 1),
            );
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Scenario::parse("test", "test.toml", text)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn every_built_in_scenario_can_be_read() {
        for name in Scenario::names() {
            let scenario = Scenario::builtin(name).unwrap();
            assert!(scenario.length() > Duration::ZERO, "{name} has a length");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let message = Scenario::builtin("denied-custom-resorce")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("did you mean `denied-custom-resource`?"),
            "{message}"
        );
        let message = Scenario::builtin("zzz").unwrap_err().to_string();
        assert!(message.contains("there are denied-custom-resource"), "{message}");
    }

    #[test]
    fn a_wrong_key_is_named_with_its_line_and_what_was_meant() {
        let message = error("title = \"t\"\nsumary = \"s\"\n");
        assert!(message.contains("test.toml, line 2, key `sumary`"), "{message}");
        assert!(message.contains("did you mean `summary`?"), "{message}");
    }

    const HEAD: &str = "title=\"t\"\nsummary=\"s\"\nregion=\"eu-west-1\"\naccount=\"1\"\nstack_name=\"s\"\n";

    #[test]
    fn a_wrong_time_and_a_wrong_name_are_named_with_their_line() {
        let message = error(&format!("{HEAD}duration = \"5 minutes\"\n"));
        assert!(
            message.contains("line 6, key `duration`") && message.contains("12:34.5"),
            "{message}"
        );
        let stack = "[[stack]]\nkey = \"a\"\nname = \"${bukket}\"\n[names]\nbucket = \"b\"\n";
        let message = error(&format!("{HEAD}duration = \"05:00\"\n{stack}"));
        assert!(message.contains("line 9, key `name`"), "{message}");
        assert!(message.contains("did you mean `bucket`?"), "{message}");
    }

    #[test]
    fn distances_between_words() {
        assert_eq!(changes("kitten", "sitting"), 3);
        assert_eq!(changes("", "abc"), 3);
        assert_eq!(changes("abc", "abc"), 0);
    }
}
