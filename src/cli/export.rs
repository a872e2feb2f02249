//! `stacktrail export SESSION`: a session for another archive, for programs, or for people.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use color_eyre::eyre::{Result, WrapErr as _};

use super::args::{ClockSpec, Global};
use super::data;
use super::exit::Exit;
use super::output;
use crate::archive::SessionFile;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::session::Session;
use crate::domain::text::CleanText;
use crate::ports::{Archive as _, Clock, ScaledClock};
use crate::report::redact::{self, Redactor};
use crate::report::stream::{self, Stream};
use crate::report::{html, markdown};

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = redact::PROMISE)]
pub struct Export {
    /// A stack's name or ARN, a session's own name, or the beginning of its id
    pub session: String,
    /// The form; without it FILE's ending decides, else json
    #[arg(long, value_enum, value_name = "FORM")]
    pub format: Option<ExportFormat>,
    /// Mask accounts, people and principals, addresses, hosts, buckets, keys and what looks like a secret
    #[arg(long)]
    pub redact: bool,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The whole session, for `stacktrail import`: stacktrail.session/1
    Json,
    /// The story, one JSON object a line, as `watch --output jsonl` tells it
    Jsonl,
    /// For an incident page or a pull request
    Markdown,
    /// One self-contained page
    Html,
}

impl ExportFormat {
    fn of(file: Option<&Path>) -> Self {
        let ending = file.and_then(Path::extension).and_then(|ending| ending.to_str());
        match ending {
            Some("jsonl" | "ndjson") => Self::Jsonl,
            Some("md" | "markdown") => Self::Markdown,
            Some("html" | "htm") => Self::Html,
            _ => Self::Json,
        }
    }
}

/// Runs the command.
pub(super) fn run(global: &Global, arguments: &Export) -> Result<Exit> {
    let archive = data::archive_to_read(global)?;
    let root = archive.find(&arguments.session)?;
    let mut file = archive.export(&root)?;
    data::tell_damage(&archive, Some(&root));
    if arguments.redact {
        file = redacted(&file);
    }
    let form = arguments
        .format
        .unwrap_or_else(|| ExportFormat::of(arguments.output.as_deref()));
    let clock: Arc<dyn Clock> = Arc::new(global.clock.map_or_else(ScaledClock::real, ClockSpec::start));
    match &arguments.output {
        None => {
            let mut out = output::stdout().scrubbed();
            write(file, form, clock.as_ref(), &mut out)
                .and_then(|()| out.finish())
                .wrap_err("the export could not be written")?;
        }
        Some(path) => save(path, |out| write(file, form, clock.as_ref(), out))
            .wrap_err_with(|| format!("{} could not be written", path.display()))?,
    }
    Ok(Exit::Success)
}

fn redacted(file: &SessionFile) -> SessionFile {
    let mut redactor = Redactor::of(&file.facts);
    let facts = file.facts.iter().filter_map(|recorded| redactor.fact(recorded));
    let facts = facts.collect();
    SessionFile {
        root: redactor.stack(&file.root),
        name: file.name.as_deref().map(|name| redactor.text(name)),
        note: file.note.as_deref().map(|note| redactor.text(note)),
        pinned: file.pinned,
        facts,
    }
}

fn write(file: SessionFile, form: ExportFormat, clock: &dyn Clock, out: &mut impl Write) -> io::Result<()> {
    if form == ExportFormat::Json {
        return file.write(out);
    }
    let SessionFile {
        root, note, facts, ..
    } = file;
    if form == ExportFormat::Jsonl {
        let session = Session::replay(root, &facts);
        return story(&facts, &session, clock, out);
    }
    let session = Session::replay_owned(root, facts);
    let diagnosis = Diagnosis::of(&session);
    let page = if form == ExportFormat::Html {
        html::page(&session, &diagnosis, note.as_deref(), clock.now())
    } else {
        markdown::page(&session, &diagnosis, note.as_deref(), clock.now())
    };
    out.write_all(CleanText::of(&page).as_bytes())
}

fn story(
    facts: &[crate::domain::fact::Recorded],
    session: &Session,
    clock: &dyn Clock,
    out: &mut impl Write,
) -> io::Result<()> {
    let diagnosis = Diagnosis::of(session);
    for item in Stream::default().advance(facts, session, &diagnosis) {
        writeln!(out, "{}", item.json())?;
    }
    let outcome = diagnosis.judged().map(|attempt| attempt.outcome);
    let at = session.last_seen().unwrap_or_else(|| clock.now());
    writeln!(out, "{}", stream::end(outcome, at, Exit::of(outcome).code()))
}

/// Writes a file that only its owner may read, whole or not at all.
pub(super) fn save(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<fs::File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = (|| {
        let mut out = BufWriter::new(options.open(&unfinished)?);
        write(&mut out)?;
        out.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        fs::rename(&unfinished, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}
