//! The one way out to standard output and standard error: it takes only what the sanitiser made.
//!
//! Everything else of the program may not name them (`.clippy.toml`); the screen alone draws on the terminal
//! by itself, through a canvas that takes the same types.

pub(crate) mod progress;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use crate::domain::read::text::json::Json;
use crate::domain::read::text::{Clean, CleanText};

/// A stream that people or programs read.
#[derive(Debug)]
pub(crate) struct Output<W: Write>(W, Way);

/// What is written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// What was asked for.
    Answer,
    /// What is said beside it.
    Remark,
}

/// Standard output.
#[expect(clippy::disallowed_methods, reason = "this is the one way out")]
pub(crate) fn stdout() -> Output<io::Stdout> {
    Output(io::stdout(), Way::Answer)
}

/// Standard error.
#[expect(clippy::disallowed_methods, reason = "this is the one way out")]
pub(crate) fn stderr() -> Output<io::Stderr> {
    Output(io::stderr(), Way::Remark)
}

/// How a part of a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emphasis {
    Plain,
    /// Found by a search.
    SetOff,
}

impl<W: Write> Output<W> {
    /// A stream to this.
    #[cfg(test)]
    pub(crate) fn to(out: W) -> Self {
        Self(out, Way::Remark)
    }

    /// The stream, with the line of what is being done out of its way.
    fn clear(&mut self) -> &mut W {
        progress::make_way(self.1);
        &mut self.0
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn line(&mut self, line: impl Into<Clean>) -> io::Result<()> {
        writeln!(self.clear(), "{}", line.into())
    }

    /// Writes a line of parts that look different.
    pub(crate) fn parts(&mut self, parts: &[(Emphasis, Clean)]) -> io::Result<()> {
        let mut line = String::new();
        for (look, text) in parts {
            // Writing to a text cannot fail.
            let _ = match look {
                Emphasis::Plain => write!(line, "{text}"),
                Emphasis::SetOff => write!(line, "\u{1b}[1;33m{text}\u{1b}[0m"),
            };
        }
        writeln!(self.clear(), "{line}")
    }

    /// Shows a line in the place of the one before, until something else is written there; an empty one clears
    /// it.
    pub(crate) fn passing(&mut self, line: &Clean) -> io::Result<()> {
        write!(self.0, "\r\u{1b}[2K{line}")?;
        self.0.flush()
    }

    /// Writes an empty line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.clear())
    }

    /// Writes a text as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn text(&mut self, text: &CleanText) -> io::Result<()> {
        write!(self.clear(), "{text}")
    }

    /// Writes a JSON document and ends the line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn json(&mut self, document: &Json) -> io::Result<()> {
        writeln!(self.clear(), "{document}")
    }

    /// Hands on what is written at once.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    /// For what writes bytes: each line of them is sanitised on its way. To be ended with
    /// [`Scrubbed::finish`].
    pub(crate) fn scrubbed(self) -> Scrubbed<W> {
        Scrubbed {
            out: self,
            begun: Vec::new(),
        }
    }
}

impl<W: Write + IsTerminal> Output<W> {
    /// Whether a person sees it as it is written.
    pub(crate) fn is_terminal(&self) -> bool {
        self.0.is_terminal()
    }
}

/// Takes bytes and passes on their lines as [`CleanText`].
#[derive(Debug)]
pub(crate) struct Scrubbed<W: Write> {
    out: Output<W>,
    /// A line that has no end yet.
    begun: Vec<u8>,
}

impl<W: Write> Scrubbed<W> {
    fn pass_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.text(&CleanText::file(&String::from_utf8_lossy(bytes)))
    }

    /// Writes what has no line break at its end, too.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.begun);
        self.pass_on(&rest)?;
        self.out.flush()
    }
}

impl<W: Write> Write for Scrubbed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(last) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            self.begun.extend_from_slice(bytes);
            return Ok(bytes.len());
        };
        let (lines, begun) = bytes.split_at(last + 1);
        let mut whole = std::mem::replace(&mut self.begun, begun.to_vec());
        whole.extend_from_slice(lines);
        self.pass_on(&whole)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_sanitised_line_by_line() {
        let mut bytes = Vec::new();
        let mut out = Output::to(&mut bytes).scrubbed();
        out.write_all(b"a\x1b[2").unwrap();
        out.write_all(b"Jb\tc\nd\xe2\x80").unwrap();
        out.write_all(b"\xaee\xff").unwrap();
        out.finish().unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "ab\tc\nd\u{fffd}e\u{fffd}");
    }

    #[test]
    fn nothing_raw_leaves() {
        let mut bytes = Vec::new();
        let mut out = Output::to(&mut bytes);
        out.line("x\u{1b}]52;c;UFdO\u{7}\ny").unwrap();
        out.parts(&[
            (Emphasis::Plain, "\u{9b}é".into()),
            (Emphasis::SetOff, "b".into()),
        ])
        .unwrap();
        out.json(&Json::from(&serde_json::json!("\u{202e}"))).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "x y\n\u{fffd}é\u{1b}[1;33mb\u{1b}[0m\n\"\\u202e\"\n"
        );
    }
}
