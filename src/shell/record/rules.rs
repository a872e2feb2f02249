//! Which deployments are recorded, as a file says.
//!
//! ```toml
//! include = ["shop-*", "*-prod"]   # by the stack's name; without it all are
//! exclude = ["*-sandbox"]
//! only-failures = true             # nothing is kept of a deployment that goes well
//! ```

use std::path::Path;

use color_eyre::eyre::{Result, WrapErr as _, eyre};
use regex::Regex;
use serde::Deserialize;

use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;

/// Which deployments are recorded.
#[derive(Debug, Default)]
pub(crate) struct RecordRules {
    include: Vec<Regex>,
    exclude: Vec<Regex>,
    only_failures: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct RuleFile {
    include: Vec<String>,
    exclude: Vec<String>,
    only_failures: bool,
}

impl RecordRules {
    /// Reads a file of rules.
    ///
    /// # Errors
    ///
    /// It cannot be read, or says what is not known; the error says where.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .wrap_err_with(|| format!("the rules in {} cannot be read", path.display()))?;
        Self::parse(&text).wrap_err_with(|| format!("the rules in {} are not understood", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let file: RuleFile = toml::from_str(text).map_err(|error| eyre!("{error}"))?;
        Ok(Self {
            include: all(&file.include).wrap_err("include")?,
            exclude: all(&file.exclude).wrap_err("exclude")?,
            only_failures: file.only_failures,
        })
    }

    /// Whether the deployments of a stack are recorded at all.
    pub(crate) fn records(&self, stack: &StackId) -> bool {
        let named = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(stack.name()));
        (self.include.is_empty() || named(&self.include)) && !named(&self.exclude)
    }

    /// Whether a status of a stack is where its recording begins. A failure is recorded from its beginning whenever
    /// it is heard of: AWS has the events of 90 days.
    pub(crate) fn begins_with(&self, status: &Status) -> bool {
        !self.only_failures || status.is_failed() || status.is_rollback()
    }
}

fn all(patterns: &[String]) -> Result<Vec<Regex>> {
    patterns.iter().map(|pattern| whole(pattern)).collect()
}

/// A pattern in which `*` stands for any letters; it tells of the whole name.
fn whole(pattern: &str) -> Result<Regex> {
    let parts: Vec<String> = pattern.split('*').map(regex::escape).collect();
    Ok(Regex::new(&format!("^{}$", parts.join(".*")))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(name: &str) -> StackId {
        StackId::parse(&format!(
            "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f31"
        ))
        .unwrap()
    }

    #[test]
    fn without_rules_everything_is_recorded() {
        let rules = RecordRules::parse("").unwrap();
        assert!(rules.records(&stack("anything")));
        assert!(rules.begins_with(&Status::new("CREATE_IN_PROGRESS")));
    }

    #[test]
    fn names_are_taken_whole_and_a_star_is_anything() {
        let rules =
            RecordRules::parse("include = [\"shop-*\", \"mail\"]\nexclude = [\"*-sandbox\"]").unwrap();
        for (name, recorded) in [
            ("shop-prod", true),
            ("mail", true),
            ("mail-prod", false),
            ("a-shop-prod", false),
            ("shop-sandbox", false),
            ("shop", false),
        ] {
            assert_eq!(rules.records(&stack(name)), recorded, "{name}");
        }
    }

    #[test]
    fn where_only_failures_are_kept_a_good_status_begins_nothing() {
        let rules = RecordRules::parse("only-failures = true").unwrap();
        for (status, begins) in [
            ("CREATE_IN_PROGRESS", false),
            ("UPDATE_COMPLETE", false),
            ("ROLLBACK_IN_PROGRESS", true),
            ("UPDATE_ROLLBACK_IN_PROGRESS", true),
            ("DELETE_FAILED", true),
        ] {
            assert_eq!(rules.begins_with(&Status::new(status)), begins, "{status}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for text in ["includes = []", "include = \"shop\"", "only-failures = 1", "["] {
            assert!(RecordRules::parse(text).is_err(), "{text}");
        }
    }
}
