//! A diagnosis in the form that was asked for, and the exit code that it calls for.

use std::borrow::Cow;
use std::io::{self, Write};

use chrono::{DateTime, Utc};
use color_eyre::eyre::{Result, WrapErr as _, eyre};

use super::super::args::Diagnose;
use super::super::output_format::OutputFormat;
use crate::app::{App, Watched};
use crate::domain::deployment::attempt::Attempt;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::fact::Recorded;
use crate::domain::read::text::CleanText;
use crate::domain::read::text::json::Json;
use crate::domain::session::Session;
use crate::report::diagnosis::Document;
use crate::report::stream::{self, Stream};
use crate::report::{html, markdown, text};
use crate::shell::exit::Exit;
use crate::shell::{output, paper, result_file};

/// What an opened session says.
pub(crate) fn write_saved(app: &App, now: DateTime<Utc>) -> Result<Exit> {
    let Some(watched) = app.watched.first() else {
        return Ok(Exit::Success);
    };
    let (session, diagnosis) = (&watched.session, &watched.diagnosis);
    let mut out = output::stdout();
    out.text(&text::diagnosis(session, diagnosis, now, paper::width()))?;
    out.flush()?;
    Ok(Exit::of_session(session, diagnosis, diagnosis.headline_attempt()))
}

/// What a diagnosis says, to standard output or a file.
pub(super) fn write(
    watched: &Watched,
    facts: &[Recorded],
    arguments: &Diagnose,
    now: DateTime<Utc>,
) -> Result<Exit> {
    let (session, all) = (&watched.session, &watched.diagnosis);
    let judged = match arguments.attempt {
        Some(number) => Some(named(session, all, number)?),
        None => all.headline_attempt(),
    };
    let format = arguments.format()?;
    let diagnosis = narrowed(all, arguments.attempt, format);
    let telling = DiagnosisOutput {
        session,
        diagnosis: &diagnosis,
        facts,
        exit: Exit::of_session(session, all, judged),
        judged,
        now,
    };
    match arguments.file() {
        None => {
            let mut out = output::stdout().scrubbed();
            telling.write(format, paper::width(), &mut out)?;
            out.finish()?;
        }
        Some(path) => result_file::save(path, |out| telling.write(format, None, out))
            .wrap_err_with(|| format!("{} could not be written", path.display()))?,
    }
    Ok(telling.exit)
}

fn named<'d>(session: &Session, diagnosis: &'d Diagnosis, number: u32) -> Result<&'d Attempt> {
    diagnosis.attempts.get(number).ok_or_else(|| {
        let (name, count) = (session.root().name(), diagnosis.attempts.list().len());
        match count {
            0 => eyre!("{name} has no attempt {number}: nothing is known of any"),
            1 => eyre!("{name} has no attempt {number}; it has one"),
            _ => eyre!("{name} has no attempt {number}; it has {count}"),
        }
    })
}

/// Only the failures of one attempt. Where none is named, what people read tells of the last that failed, and
/// what programs read tells of all.
fn narrowed(all: &Diagnosis, attempt: Option<u32>, format: OutputFormat) -> Cow<'_, Diagnosis> {
    let number = match (attempt, format) {
        (Some(number), _) => Some(number),
        (None, OutputFormat::Text) => last_failed(all),
        (None, _) => None,
    };
    let Some(number) = number else {
        return Cow::Borrowed(all);
    };
    let mut diagnosis = all.clone();
    diagnosis.asked = attempt;
    diagnosis
        .findings
        .retain(|finding| finding.failure.attempt == number);
    Cow::Owned(diagnosis)
}

/// The attempt that is judged if it failed, else the last of which something failed.
fn last_failed(diagnosis: &Diagnosis) -> Option<u32> {
    let has_failures = |number: u32| {
        let mut findings = diagnosis.findings.iter();
        findings.any(|finding| finding.failure.attempt == number)
    };
    let judged = diagnosis.headline_attempt().map(|attempt| attempt.number);
    let newest_first = diagnosis
        .attempts
        .list()
        .iter()
        .rev()
        .map(|attempt| attempt.number);
    judged
        .filter(|number| has_failures(*number))
        .or_else(|| newest_first.into_iter().find(|number| has_failures(*number)))
}

struct DiagnosisOutput<'a> {
    session: &'a Session,
    diagnosis: &'a Diagnosis,
    facts: &'a [Recorded],
    judged: Option<&'a Attempt>,
    exit: Exit,
    now: DateTime<Utc>,
}

impl DiagnosisOutput<'_> {
    fn write(&self, format: OutputFormat, width: Option<usize>, out: &mut impl Write) -> io::Result<()> {
        let Self {
            session,
            diagnosis,
            now,
            ..
        } = *self;
        match format {
            OutputFormat::Text => write!(out, "{}", text::diagnosis(session, diagnosis, now, width)),
            OutputFormat::Json => {
                let document = Json::pretty(&Document::new(session, diagnosis, now))?;
                writeln!(out, "{document}")
            }
            OutputFormat::Jsonl => self.story(out),
            OutputFormat::Markdown => write!(
                out,
                "{}",
                CleanText::of(&markdown::page(session, diagnosis, None, now))
            ),
            OutputFormat::Html => write!(
                out,
                "{}",
                CleanText::of(&html::page(session, diagnosis, None, now))
            ),
        }
    }

    /// One object a line, as `watch --output jsonl` tells it.
    fn story(&self, out: &mut impl Write) -> io::Result<()> {
        for item in Stream::default().advance(self.facts, self.session, self.diagnosis) {
            writeln!(out, "{}", item.json())?;
        }
        let outcome = self.judged.map(|attempt| attempt.outcome);
        writeln!(out, "{}", stream::end(outcome, self.now, self.exit.code()))
    }
}
