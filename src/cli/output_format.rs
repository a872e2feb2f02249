//! The forms that a session can be told in, and which of them a file's ending asks for.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use thiserror::Error;

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people
    #[value(alias = "txt")]
    Text,
    /// For programs: the whole, by a schema of its own
    Json,
    /// The story, one JSON object a line, as `watch --output jsonl` tells it
    #[value(alias = "ndjson")]
    Jsonl,
    /// For an incident page or a pull request
    #[value(alias = "md")]
    Markdown,
    /// One self-contained page
    #[value(alias = "htm")]
    Html,
}

/// A file ends as no form does.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{}: no form ends in .{ending}; write .txt, .json, .jsonl, .md or .html, or say which with --output FORM",
    file.display()
)]
pub struct UnknownEnding {
    file: PathBuf,
    ending: String,
}

impl OutputFormat {
    /// The form of that name, as the command line and a file's ending write it.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "text" | "txt" => Some(Self::Text),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "markdown" | "md" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

/// The form that is asked for: by name, else by the file's ending, else the usual one. A file without an ending
/// (`/dev/stderr`, `report`) asks for none.
///
/// # Errors
/// The file ends as no form does, and none is named: whoever writes `x.docx` expects no JSON in it.
pub(crate) fn asked(
    named: Option<OutputFormat>,
    file: Option<&Path>,
    usual: OutputFormat,
) -> Result<OutputFormat, UnknownEnding> {
    if let Some(form) = named {
        return Ok(form);
    }
    let Some((file, ending)) = file.and_then(|file| Some((file, file.extension()?))) else {
        return Ok(usual);
    };
    let ending = ending.to_string_lossy();
    OutputFormat::named(&ending).ok_or_else(|| UnknownEnding {
        file: file.to_owned(),
        ending: ending.into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_ending_asks_for_its_form_unless_one_is_named() {
        let of = |file: &str| asked(None, Some(Path::new(file)), OutputFormat::Json);
        for (file, form) in [
            ("a/report.txt", OutputFormat::Text),
            ("report.JSON", OutputFormat::Json),
            ("x.y.jsonl", OutputFormat::Jsonl),
            ("x.ndjson", OutputFormat::Jsonl),
            ("x.md", OutputFormat::Markdown),
            ("x.htm", OutputFormat::Html),
            // No ending asks for nothing.
            ("/dev/stderr", OutputFormat::Json),
            ("report", OutputFormat::Json),
            (".hidden", OutputFormat::Json),
            ("dir.md/report", OutputFormat::Json),
        ] {
            assert_eq!(of(file), Ok(form), "{file}");
        }
        let said = of("report.docx").unwrap_err().to_string();
        assert_eq!(
            said,
            "report.docx: no form ends in .docx; write .txt, .json, .jsonl, .md or .html, or say which with --output FORM"
        );
        assert_eq!(
            asked(
                Some(OutputFormat::Html),
                Some(Path::new("report.docx")),
                OutputFormat::Text
            ),
            Ok(OutputFormat::Html)
        );
        assert_eq!(asked(None, None, OutputFormat::Text), Ok(OutputFormat::Text));
    }

    #[test]
    fn a_form_has_one_name_on_the_command_line_and_its_endings_beside_it() {
        for form in OutputFormat::value_variants() {
            let value = form.to_possible_value().unwrap();
            for name in value.get_name_and_aliases() {
                assert_eq!(OutputFormat::named(name), Some(*form), "{name}");
            }
        }
    }
}
