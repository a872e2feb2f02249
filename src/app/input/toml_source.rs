//! A TOML file read with the line of everything in it, so that what is wrong can be pointed at.
//!
//! Reads text; whoever has the file gives it a name.

use std::fmt;
use std::ops::Range;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceLine {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1; 0 where there are no lines.
    pub line: usize,
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// Something wrong in a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("{at}: {words}")]
pub struct Problem {
    /// Where.
    pub at: SourceLine,
    /// What.
    pub words: String,
}

/// A file's text and name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TomlSource<'a> {
    file: &'a str,
    text: &'a str,
}

/// One `key = value` of a table, or one `[key]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TomlEntry<'t, 'a> {
    /// The sheet that it stands on.
    pub sheet: TomlSource<'a>,
    /// The key.
    pub key: &'t str,
    value: &'t Spanned<DeValue<'a>>,
    from: usize,
}

impl<'a> TomlSource<'a> {
    /// A file's text.
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text }
    }

    /// The tables of the file.
    ///
    /// # Errors
    /// Everything that is not TOML.
    pub(crate) fn parse(self) -> Result<DeTable<'a>, Vec<Problem>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Ok(table.into_inner());
        }
        let problems = errors.iter().map(|error| {
            let from = error.span().map_or(0, |span| span.start);
            self.problem(from, error.message())
        });
        // What follows on the same line only follows from the first.
        let mut problems: Vec<Problem> = problems.collect();
        problems.dedup_by_key(|problem| problem.at.line);
        Err(problems)
    }

    /// The entries of a table, in the order in which they are written.
    pub(crate) fn entries<'t>(self, table: &'t DeTable<'a>) -> Vec<TomlEntry<'t, 'a>> {
        let entry = |(key, value): (&'t Spanned<DeString<'a>>, &'t Spanned<DeValue<'a>>)| TomlEntry {
            sheet: self,
            key: key.get_ref(),
            value,
            from: key.span().start,
        };
        let mut entries: Vec<_> = table.iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.from);
        entries
    }

    fn spot(self, from: usize) -> SourceLine {
        let before = self.text.get(..from).unwrap_or(self.text);
        SourceLine {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
        }
    }

    fn problem(self, from: usize, words: impl Into<String>) -> Problem {
        Problem {
            at: self.spot(from),
            words: words.into(),
        }
    }
}

impl<'t> TomlEntry<'t, '_> {
    /// Where it stands.
    pub(crate) fn spot(&self) -> SourceLine {
        self.sheet.spot(self.from)
    }

    /// Something is wrong with it.
    pub(crate) fn problem(&self, words: impl Into<String>) -> Problem {
        self.sheet.problem(self.from, words)
    }

    fn not(&self, wanted: &str) -> Problem {
        let (key, found) = (self.key, self.value.get_ref().type_str());
        self.problem(format!("`{key}` must be {wanted}, not {found}"))
    }

    /// Its text.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn text(&self) -> Result<&'t str, Problem> {
        let text = self.value.get_ref().as_str();
        text.ok_or_else(|| self.not("a text in quotes"))
    }

    /// Its yes or no.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn truth(&self) -> Result<bool, Problem> {
        self.value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.not("true or false"))
    }

    /// Its whole number, in a range.
    ///
    /// # Errors
    /// It is something else, or outside of the range.
    pub(crate) fn number(&self, range: Range<u32>) -> Result<u32, Problem> {
        let number = self.value.get_ref().as_integer();
        let number = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.not(&format!("a number from {} to {}", range.start, range.end - 1)))
    }

    /// Its text, or its texts, with where each stands.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn texts(&self) -> Result<Vec<(&'t str, SourceLine)>, Problem> {
        let wanted = || self.not("a text in quotes, or several in brackets");
        match self.value.get_ref() {
            DeValue::String(text) => Ok(vec![(text, self.sheet.spot(self.value.span().start))]),
            DeValue::Array(items) => items
                .iter()
                .map(|item| {
                    let text = item.get_ref().as_str().ok_or_else(wanted)?;
                    Ok((text, self.sheet.spot(item.span().start)))
                })
                .collect(),
            _ => Err(wanted()),
        }
    }

    /// The entries of its own table, if it is one.
    pub(crate) fn table(&self) -> Option<Vec<Self>> {
        let table = self.value.get_ref().as_table()?;
        Some(self.sheet.entries(table))
    }

    /// The entries of its own table.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn section(&self) -> Result<Vec<Self>, Problem> {
        self.table().ok_or_else(|| self.not("a section"))
    }
}

/// The known word that a person may have meant: the one that shares most with it.
pub(crate) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let close = |known: &&str| distance(word, known) <= 1 + known.len() / 4;
    known
        .into_iter()
        .filter(close)
        .min_by_key(|known| distance(word, known))
}

/// How many letters have to be put in, taken out or changed.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut next = vec![index + 1];
        for (column, (other, costs)) in right.iter().zip(row.windows(2)).enumerate() {
            let (diagonal, above) = (costs.first().copied(), costs.last().copied());
            let change = diagonal.unwrap_or(0) + usize::from(letter != *other);
            let out = above.unwrap_or(0) + 1;
            let in_ = next.get(column).copied().unwrap_or(0) + 1;
            next.push(change.min(out).min(in_));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_knows_its_line() {
        let sheet = TomlSource::new("a.toml", "b = 1\na = [\n  \"x\",\n  \"y\",\n]\n");
        let table = sheet.parse().unwrap();
        let entries = sheet.entries(&table);
        assert_eq!(entries[0].key, "b");
        assert_eq!(entries[1].spot().to_string(), "a.toml:2");
        let lines: Vec<_> = entries[1]
            .texts()
            .unwrap()
            .into_iter()
            .map(|(_, at)| at.line)
            .collect();
        assert_eq!(lines, [3, 4]);
        assert_eq!(
            entries[0].text().unwrap_err().to_string(),
            "a.toml:1: `b` must be a text in quotes, not integer"
        );
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line() {
        let problems = TomlSource::new("a.toml", "a = 1\nb = = 2\n").parse().unwrap_err();
        assert!(problems[0].to_string().starts_with("a.toml:2: "), "{problems:?}");
    }

    #[test]
    fn a_slip_is_recognised() {
        assert_eq!(
            nearest("next-failur", ["quit", "next-failure"]),
            Some("next-failure")
        );
        assert_eq!(nearest("something", ["quit", "next-failure"]), None);
    }
}
