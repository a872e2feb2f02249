//! `stacktrail export SESSION`: a session for another archive, for programs, or for people.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _};

use super::output_format::{self, OutputFormat};
use crate::archive::SessionFile;
use crate::clean;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::read::text::CleanText;
use crate::domain::session::Session;
use crate::ports::{Archive as _, Clock};
use crate::report::redact::{self, Redactor};
use crate::report::stream::{self, Stream};
use crate::report::{html, markdown, text};
use crate::shell::connecting;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output;
use crate::shell::output::progress::Progress;
use crate::shell::result_file;
use crate::shell::{shared_store, storage};

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = redact::PROMISE)]
pub struct Export {
    /// A stack's name or ARN, a session's own name, or the beginning of its id
    pub session: String,
    /// The form: text, json (the whole session, for `stacktrail import`), jsonl (its story, one object a line),
    /// markdown or html; without it FILE's ending decides, else json
    #[arg(long, value_name = "FORM", value_parser = to)]
    pub output: Option<To>,
    /// What `--output` was called before.
    #[arg(long, value_enum, value_name = "FORM", hide = true)]
    pub format: Option<OutputFormat>,
    /// Mask accounts, people and principals, addresses, hosts, buckets, keys and what looks like a secret
    #[arg(long)]
    pub redact: bool,
    /// Write to FILE instead of standard output (`-`)
    #[arg(short = 'o', value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// What `--output` names: a form; before it named the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// In this form.
    Format(OutputFormat),
    /// To this file.
    File(PathBuf),
}

fn to(text: &str) -> Result<To, String> {
    if let Some(form) = OutputFormat::named(text) {
        return Ok(To::Format(form));
    }
    if text.contains(['.', '/', '\\']) {
        return Ok(To::File(PathBuf::from(text)));
    }
    Err("the forms are text, json, jsonl, markdown and html; -o names a file".to_owned())
}

impl Export {
    /// The file, if one is to be written.
    fn file(&self) -> Option<&Path> {
        match (&self.file, &self.output) {
            (Some(file), _) | (None, Some(To::File(file))) => result_file::named(file),
            _ => None,
        }
    }

    fn form(&self) -> Result<OutputFormat, output_format::UnknownEnding> {
        let named = match self.output {
            Some(To::Format(form)) => Some(form),
            _ => self.format,
        };
        output_format::asked(named, self.file(), OutputFormat::Json)
    }
}

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &Export) -> Result<Exit> {
    let form = arguments.form()?;
    shared_store::bring(context, Some(&arguments.session)).await?;
    let progress = Progress::begin("reading the session");
    let archive = storage::archive_to_read(context)?;
    let root = archive.find(&arguments.session)?;
    let mut file = archive.export(&root)?;
    storage::tell_damage(&archive, Some(&root));
    if arguments.redact {
        progress.say(&format!("masking {}", root.name()));
        let whole = file.facts.len();
        file = redacted(&file);
        let lost = whole.saturating_sub(file.facts.len());
        if lost > 0 {
            // What cannot be masked does not leave, and nobody takes the rest for all.
            output::stderr().line(clean!(
                "stacktrail: {lost} of {whole} facts cannot be masked and are left out"
            ))?;
        }
    }
    progress.say(&format!("writing {}", root.name()));
    let clock: Arc<dyn Clock> = context.time();
    match arguments.file() {
        None => {
            let mut out = output::stdout().scrubbed();
            write(file, form, clock.as_ref(), &mut out)
                .and_then(|()| out.finish())
                .wrap_err("the export could not be written")?;
        }
        Some(path) => result_file::save(path, |out| write(file, form, clock.as_ref(), out))
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
        // Words of the person's own tell what no rule knows.
        name: None,
        note: None,
        pinned: file.pinned,
        facts,
    }
}

fn write(file: SessionFile, form: OutputFormat, clock: &dyn Clock, out: &mut impl Write) -> io::Result<()> {
    if form == OutputFormat::Json {
        return file.write(out);
    }
    let SessionFile {
        root, note, facts, ..
    } = file;
    if form == OutputFormat::Jsonl {
        let mut session = Session::replay(root, &facts);
        session.set_sources(connecting::catalog());
        return story(&facts, &session, clock, out);
    }
    let mut session = Session::replay_owned(root, facts);
    session.set_sources(connecting::catalog());
    let diagnosis = Diagnosis::of(&session);
    let page = match form {
        OutputFormat::Text => text::diagnosis(&session, &diagnosis, clock.now(), None),
        OutputFormat::Html => CleanText::of(&html::page(&session, &diagnosis, note.as_deref(), clock.now())),
        _ => CleanText::of(&markdown::page(
            &session,
            &diagnosis,
            note.as_deref(),
            clock.now(),
        )),
    };
    out.write_all(page.as_bytes())
}

fn story(
    facts: &[crate::domain::model::fact::Recorded],
    session: &Session,
    clock: &dyn Clock,
    out: &mut impl Write,
) -> io::Result<()> {
    let diagnosis = Diagnosis::of(session);
    for item in Stream::default().advance(facts, session, &diagnosis) {
        writeln!(out, "{}", item.json())?;
    }
    let judged = diagnosis.headline_attempt();
    let outcome = judged.map(|attempt| attempt.outcome);
    let exit = Exit::of_session(session, &diagnosis, judged);
    let at = session.last_seen().unwrap_or_else(|| clock.now());
    writeln!(out, "{}", stream::end(outcome, at, exit.code()))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Cli, Command};
    use super::*;

    fn read(line: &[&str]) -> Result<Export, String> {
        let line = ["stacktrail", "export", "shop"].iter().chain(line);
        match Cli::try_parse_from(line)
            .map_err(|error| error.to_string())?
            .command
        {
            Some(Command::Export(export)) => Ok(export),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn the_form_and_the_file_are_asked_for_as_everywhere_and_the_old_names_still_hold() {
        let asked = |line: &[&str]| {
            let export = read(line).unwrap();
            (export.form().ok(), export.file().map(Path::to_owned))
        };
        let file = |name: &str| Some(PathBuf::from(name));
        assert_eq!(asked(&[]), (Some(OutputFormat::Json), None));
        assert_eq!(
            asked(&["--output", "markdown"]),
            (Some(OutputFormat::Markdown), None)
        );
        assert_eq!(asked(&["--output", "md"]), (Some(OutputFormat::Markdown), None));
        assert_eq!(asked(&["-o", "x.txt"]), (Some(OutputFormat::Text), file("x.txt")));
        assert_eq!(asked(&["-o", "x.docx"]), (None, file("x.docx")));
        assert_eq!(asked(&["-o", "-"]), (Some(OutputFormat::Json), None));
        assert_eq!(
            asked(&["-o", "x.docx", "--output", "html"]),
            (Some(OutputFormat::Html), file("x.docx"))
        );
        // As it was written before.
        assert_eq!(asked(&["--format", "md"]), (Some(OutputFormat::Markdown), None));
        assert_eq!(
            asked(&["--output", "x.html"]),
            (Some(OutputFormat::Html), file("x.html"))
        );
        assert_eq!(
            asked(&["--format", "json", "--output", "dir/x"]),
            (Some(OutputFormat::Json), file("dir/x"))
        );
        let said = read(&["--output", "pdf"]).unwrap_err();
        assert!(said.contains("text, json, jsonl, markdown and html"), "{said}");
    }
}
