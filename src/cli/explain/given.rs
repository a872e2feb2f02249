//! What the arguments of `explain` are: a text, or the names of what holds it.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use crate::cli::args::Explain;

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExplainTarget {
    /// The text itself.
    Text(String),
    /// Where it is.
    Inputs(Vec<Input>),
}

/// Where a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    File(PathBuf),
    StandardInput,
}

impl Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::StandardInput => f.write_str("standard input"),
        }
    }
}

impl Input {
    fn of(word: &str) -> Self {
        if word == "-" {
            Self::StandardInput
        } else {
            Self::File(PathBuf::from(word))
        }
    }
}

impl ExplainTarget {
    /// Names of files where one of the words is one; else the words of a text whose quotation marks were forgotten.
    pub(super) fn of(arguments: &Explain) -> Self {
        let words: Vec<&str> = arguments
            .text
            .iter()
            .chain(&arguments.more)
            .map(String::as_str)
            .collect();
        if words.is_empty() {
            return Self::Inputs(vec![Input::StandardInput]);
        }
        if words.iter().any(|word| *word == "-" || is_file_name(word)) {
            Self::Inputs(words.into_iter().map(Input::of).collect())
        } else {
            Self::Text(words.join(" "))
        }
    }
}

/// A file that is there, or a word that can only be meant as the name of one.
fn is_file_name(word: &str) -> bool {
    const ENDINGS: [&str; 8] = ["gz", "json", "jsonl", "ndjson", "log", "txt", "csv", "yaml"];
    let path = Path::new(word);
    // The names of files are short; a pasted page is not looked for on the disk.
    if word.len() > 4096 || word.contains('\n') {
        return false;
    }
    let named = path
        .extension()
        .is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)));
    path.exists() || (named && !word.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> ExplainTarget {
        let mut words = words.iter().map(|word| (*word).to_owned());
        ExplainTarget::of(&Explain {
            text: words.next(),
            more: words.collect(),
            ..Explain::default()
        })
    }

    #[test]
    fn words_are_a_text_unless_one_of_them_names_a_file() {
        for text in [
            vec!["Bucket already exists"],
            vec!["Bucket", "already", "exists"],
            vec!["- API: s3:CreateBucket Access Denied"],
            vec!["see the file a b.json"],
            vec![""],
        ] {
            assert_eq!(asked(&text), ExplainTarget::Text(text.join(" ")));
        }
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("what failed");
        std::fs::write(&file, "x").unwrap();
        let file = file.to_str().unwrap();
        let place = |word: &str| Input::File(PathBuf::from(word));
        for (words, places) in [
            (vec![], vec![Input::StandardInput]),
            (vec!["-"], vec![Input::StandardInput]),
            (vec![file], vec![place(file)]),
            (vec!["gone.json.gz"], vec![place("gone.json.gz")]),
            (vec![file, "gone"], vec![place(file), place("gone")]),
            (vec!["gone", "-"], vec![place("gone"), Input::StandardInput]),
        ] {
            assert_eq!(asked(&words), ExplainTarget::Inputs(places));
        }
    }
}
