//! `stacktrail import FILE`: a session that another archive exported.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _};

use crate::archive::{self, SessionFile};
use crate::domain::model::promise::NO_EVENT;
use crate::domain::read::text::one_line;
use crate::ports::Archive as _;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output;
use crate::shell::output::progress::Progress;
use crate::shell::storage;

/// Arguments of `import`.
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// What `stacktrail export` wrote (json); `-` reads standard input
    pub file: PathBuf,
}

/// Runs the command.
pub(super) fn run(context: &Context, arguments: &Import) -> Result<Exit> {
    let path = &arguments.file;
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).wrap_err_with(|| format!("{} cannot be opened", path.display()))?)
    };
    let progress = Progress::begin(&format!("reading {}", path.display()));
    // Nothing is opened for writing before the whole file has been read and understood.
    let nothing = || format!("nothing was imported from {}", path.display());
    let source = without_mark(source).wrap_err_with(nothing)?;
    let file = SessionFile::read(source).wrap_err_with(nothing)?;
    progress.say(&format!("saving {}", file.root.name()));
    let mut archive = storage::archive(context)?;
    let imported = archive.import(&file)?;
    let name = imported.root.name();
    // The same session may be here as it was recorded, and masked.
    let called = archive::shortest_name(&archive.sessions()?, &imported.root);
    progress.end();
    let said = match (imported.merged, imported.new_events) {
        (false, events) => {
            format!("imported {name}: {events} events; open it with: stacktrail open {called}")
        }
        (true, 0) => format!("{name} was known already; it had no new events"),
        (true, events) => format!("{name} was known already; {events} events are new"),
    };
    output::stdout().line(one_line(&said))?;
    if imported.left_out > 0 {
        let said = format!("left out {}: {NO_EVENT}", imported.left_out);
        output::stdout().line(one_line(&said))?;
    }
    Ok(Exit::Success)
}

/// What a session is never written in, as its first bytes tell: `>` of Windows PowerShell does so.
const UTF_16: &str = "it is text in UTF-16, as Windows PowerShell's `>` writes it: export the session with \
                      `-o FILE` instead, or save the file as UTF-8";

/// The mark that some editors put before a text says nothing, unless it says that the text is in UTF-16.
fn without_mark(mut source: impl Read) -> io::Result<impl Read> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let mut start = Vec::new();
    let length = u64::try_from(MARK.len()).unwrap_or(u64::MAX);
    source.by_ref().take(length).read_to_end(&mut start)?;
    // A text of JSON begins with two characters of ASCII, of which one byte each is zero without a mark.
    if matches!(
        start.as_slice(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b' '..=b'~', ..] | [b' '..=b'~', 0, ..]
    ) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, UTF_16));
    }
    if start == MARK {
        start.clear();
    }
    Ok(io::Cursor::new(start).chain(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_before_a_text_is_left_out_and_nothing_else() {
        for (given, read) in [
            ("\u{feff}{}", "{}"),
            ("{}", "{}"),
            ("", ""),
            ("\u{feff}", ""),
            ("a\u{feff}", "a\u{feff}"),
        ] {
            let mut text = String::new();
            let mut source = without_mark(given.as_bytes()).unwrap();
            source.read_to_string(&mut text).unwrap();
            assert_eq!(text, read, "{given:?}");
        }
    }

    #[test]
    fn a_text_in_utf_16_is_refused_as_such() {
        let text = "{\"schema\":1}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes) in [
            (&[0xff, 0xfe][..], &little),
            (&[0xfe, 0xff], &big),
            (&[], &little),
            (&[], &big),
        ] {
            let told = without_mark([mark, bytes].concat().as_slice()).err().unwrap();
            assert!(told.to_string().contains("UTF-16"), "{told}");
        }
        // What begins with nothing of the kind is left to the reader.
        for bytes in [&[0_u8, 0][..], b"{", &[0xff], &[0xef, 0xbb, b'{']] {
            assert!(without_mark(bytes).is_ok(), "{bytes:?}");
        }
    }
}
