//! The names of a scenario: `${...}` in its texts becomes ids, times and names that fit together.
//!
//! | written | becomes |
//! |---|---|
//! | `${account}` `${region}` `${date}` | the scenario's, and the day as log streams write it |
//! | `${partition}` `${suffix}` | the region's: what an ARN begins with, what a host ends with |
//! | `${stack}` `${stack-id}` | name and ARN of the stack that the text belongs to |
//! | `${stack-id:KEY}` | the ARN of another stack |
//! | `${uuid:LABEL}` `${hex:N:LABEL}` `${upper:N:LABEL}` `${mixed:N:LABEL}` | an id, the same for the same label |
//! | `${time:00:41.2}` | that moment, RFC 3339 with milliseconds |
//! | `${anything}` | the entry of the `[names]` table |
//!
//! The label may be left out; the place then is the label. In what repeats, `#` in a label is its number.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};

use super::offset::Offset;
use super::seed::Seed;

/// How deep names may stand inside names.
const DEEPEST_NAME: usize = 8;

/// A `${...}` that means nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{placeholder}` is not a name that is known here")]
pub struct NameError {
    /// What was written.
    pub placeholder: String,
    /// What could have been written.
    pub known: Vec<String>,
}

/// Where a text stands: which stack it belongs to, and a label for ids without one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NameScope<'a> {
    /// Key of the stack in the scenario.
    pub(super) stack: &'a str,
    /// Anything that sets this text apart from the others.
    pub(super) label: &'a str,
    /// Which one it is of something that repeats, from 1.
    pub(super) number: u32,
}

impl<'a> NameScope<'a> {
    /// A place in this stack, with this label.
    pub(super) const fn new(stack: &'a str, label: &'a str) -> Self {
        Self {
            stack,
            label,
            number: 0,
        }
    }
}

/// Everything that names are made of.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Makes one run's ids differ from another's: the start time.
    salt: String,
    zero: DateTime<Utc>,
    table: BTreeMap<String, String>,
    stacks: BTreeMap<String, (String, String)>,
}

/// RFC 3339 with milliseconds, as AWS writes times.
pub(super) fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Names {
    /// Names for a run that starts at `zero`, over the scenario's own table.
    pub(super) fn new(scenario: &str, zero: DateTime<Utc>, table: BTreeMap<String, String>) -> Self {
        Self {
            salt: format!("{scenario}@{}", timestamp(zero)),
            zero,
            table,
            stacks: BTreeMap::new(),
        }
    }

    /// Makes a stack's name and ARN known under its key.
    pub(super) fn add_stack(&mut self, key: &str, name: &str, arn: &str) {
        self.stacks
            .insert(key.to_owned(), (name.to_owned(), arn.to_owned()));
    }

    /// The ARN of the stack with this key.
    pub(super) fn stack_arn(&self, key: &str) -> Option<&str> {
        self.stacks.get(key).map(|(_, arn)| arn.as_str())
    }

    /// A stream of numbers that belongs to these words in this run.
    pub(super) fn seed(&self, words: &[&str]) -> Seed {
        let mut all = vec![self.salt.as_str()];
        all.extend_from_slice(words);
        Seed::of(&all)
    }

    /// The moment an offset means.
    pub(super) fn moment(&self, offset: Offset) -> DateTime<Utc> {
        self.zero
            .checked_add_signed(offset.delta())
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The text with every `${...}` replaced.
    pub(super) fn fill(&self, text: &str, place: NameScope<'_>) -> Result<String, NameError> {
        self.fill_at(text, place, 0)
    }

    /// The same for a text that may be missing.
    pub(super) fn fill_option(
        &self,
        text: Option<&String>,
        place: NameScope<'_>,
    ) -> Result<Option<String>, NameError> {
        text.map(|text| self.fill(text, place)).transpose()
    }

    fn fill_at(&self, text: &str, place: NameScope<'_>, depth: usize) -> Result<String, NameError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((placeholder, behind)) = after.split_once('}') else {
                break;
            };
            filled.push_str(before);
            filled.push_str(&self.one(placeholder, place, depth)?);
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn one(&self, placeholder: &str, place: NameScope<'_>, depth: usize) -> Result<String, NameError> {
        if let Some(value) = self.table.get(placeholder)
            && depth < DEEPEST_NAME
        {
            return self.fill_at(
                value,
                NameScope {
                    label: placeholder,
                    ..place
                },
                depth + 1,
            );
        }
        let (kind, argument) = placeholder.split_once(':').unwrap_or((placeholder, ""));
        self.generated(kind, argument, place)
            .ok_or_else(|| self.unknown(placeholder))
    }

    fn generated(&self, kind: &str, argument: &str, place: NameScope<'_>) -> Option<String> {
        let own = [place.stack, place.label, &place.number.to_string()].join("/");
        let number = place.number.to_string();
        let labelled = |label: &str| {
            if label.is_empty() {
                own.clone()
            } else {
                label.replace('#', &number)
            }
        };
        let counted = || {
            let (count, label) = argument.split_once(':').unwrap_or((argument, ""));
            Some((
                count.parse::<usize>().ok().filter(|count| *count <= 128)?,
                labelled(label),
            ))
        };
        match kind {
            "date" => Some(self.zero.format("%Y/%m/%d").to_string()),
            "time" => argument.parse().ok().map(|offset| timestamp(self.moment(offset))),
            "stack" => self.stacks.get(place.stack).map(|(name, _)| name.clone()),
            "stack-id" => {
                let key = if argument.is_empty() {
                    place.stack
                } else {
                    argument
                };
                self.stack_arn(key).map(str::to_owned)
            }
            "uuid" => Some(self.seed(&["uuid", &labelled(argument)]).uuid()),
            "hex" => counted().map(|(count, label)| self.seed(&["hex", &label]).hex(count)),
            "upper" => counted().map(|(count, label)| self.seed(&["upper", &label]).capitals(count)),
            "mixed" => counted().map(|(count, label)| self.seed(&["mixed", &label]).mixed(count)),
            _ => None,
        }
    }

    fn unknown(&self, placeholder: &str) -> NameError {
        let built_in = [
            "date", "time:", "stack", "stack-id", "uuid:", "hex:", "upper:", "mixed:",
        ];
        let known = self
            .table
            .keys()
            .cloned()
            .chain(built_in.map(str::to_owned))
            .collect();
        NameError {
            placeholder: format!("${{{placeholder}}}"),
            known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let table = [("fn", "shop-${upper:4:fn}"), ("loop", "${loop}")];
        let table = table
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let mut names = Names::new("test", DateTime::UNIX_EPOCH, table);
        names.add_stack("shop", "shop-prod", "arn:shop");
        names
    }

    #[test]
    fn names_stand_inside_names_and_ids_repeat() {
        let names = names();
        let place = NameScope {
            number: 3,
            ..NameScope::new("shop", "Vpc")
        };
        let filled = names
            .fill(
                "${fn} ${fn} ${stack} ${stack-id:shop} [$LATEST] ${time:00:01.5}",
                place,
            )
            .unwrap();
        let words: Vec<_> = filled.split(' ').collect();
        assert_eq!(words[0], words[1]);
        assert_eq!(
            &words[2..],
            ["shop-prod", "arn:shop", "[$LATEST]", "1970-01-01T00:00:01.500Z"]
        );
        assert_eq!(names.fill("${hex:8}", place).unwrap().len(), 8);
        assert_eq!(
            names.fill("${uuid:task-#}", place),
            names.fill("${uuid:task-3}", place)
        );
    }

    #[test]
    fn unknown_and_endless_names_are_errors() {
        let error = names().fill("${nonsense}", NameScope::default()).unwrap_err();
        assert_eq!(error.placeholder, "${nonsense}");
        assert!(error.known.contains(&"fn".to_owned()));
        assert!(names().fill("${loop}", NameScope::default()).is_err());
    }
}
