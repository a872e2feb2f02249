//! `stacktrail explain`: whatever somebody pastes, explained offline.

mod given;

use std::io::{self, BufRead as _, IsTerminal as _};

use color_eyre::eyre::{Result, WrapErr as _};
use serde_json::{Value, json};

use super::args::{Explain, ExplainFormat};
use crate::clean;
use crate::domain::read::json_stream::Documents;
use crate::domain::read::reason::ReasonFacts;
use crate::domain::read::signature::Signatures;
use crate::domain::read::text::json::Json;
use crate::report::diagnosis::Facts;
use crate::report::explain;
use crate::report::explain::{Explained, Heading};
use crate::shell::exit::Exit;
use crate::shell::intake::{Intake, IntakeError, Taken};
use crate::shell::output::Output;
use crate::shell::{intake, output, paper};
use given::{ExplainTarget, Input};

/// Runs the command.
pub(super) fn run(arguments: &Explain) -> Result<Exit> {
    if arguments.forms {
        let mut out = output::stdout();
        out.text(&explain::forms(paper::width()))?;
        out.flush()?;
        return Ok(Exit::Success);
    }
    if arguments.jsonl {
        return each_line();
    }
    match ExplainTarget::of(arguments) {
        // What a shell hands over is whole, other than what is piped in.
        ExplainTarget::Text(text) => one(&format!("{text}\n"), arguments.output),
        ExplainTarget::Inputs(places) => match places.as_slice() {
            [place] => alone(place, arguments.output),
            many => all(many, arguments.output),
        },
    }
}

/// The answer to a text that was given as it is.
fn one(text: &str, form: ExplainFormat) -> Result<Exit> {
    if text.trim().is_empty() {
        output::stderr().line(clean!("stacktrail: {}", explain::NOTHING))?;
        return Ok(Exit::Usage);
    }
    let mut out = output::stdout();
    tell(&mut out, Explained::Text(text), &Heading::default(), form)?;
    out.flush()?;
    Ok(Exit::Success)
}

/// The answer to what stands in one place.
fn alone(place: &Input, form: ExplainFormat) -> Result<Exit> {
    if *place == Input::StandardInput && io::stdin().is_terminal() {
        output::stderr().line(INVITATION)?;
        output::stderr().line(END_OF_INPUT)?;
    }
    let taken = match read(place) {
        Ok(taken) => taken,
        Err(error) => {
            output::stderr().line(clean!("stacktrail: {place} {error}"))?;
            return Ok(Exit::Usage);
        }
    };
    if is_empty(&taken.taken) {
        return one("", form);
    }
    let heading = Heading {
        file: None,
        notes: taken.notes,
    };
    let mut out = output::stdout();
    tell(&mut out, explained(&taken.taken), &heading, form)?;
    out.flush()?;
    Ok(judged(taken.damaged))
}

const INVITATION: &str = "Paste what failed: a status reason, an error, events, a record, a tool's log.";
#[cfg(not(windows))]
const END_OF_INPUT: &str = "End it with Ctrl-D on a line of its own; `explain --forms` lists what is read.";
#[cfg(windows)]
const END_OF_INPUT: &str =
    "End it with Ctrl-Z and Enter on a line of its own; `explain --forms` lists what is read.";

/// Every one is told by its name; one that cannot be read does not stop the others.
fn all(places: &[Input], form: ExplainFormat) -> Result<Exit> {
    let mut out = output::stdout();
    let (mut exit, mut told) = (Exit::Success, 0);
    for place in places {
        let taken = match read(place) {
            Ok(taken) if is_empty(&taken.taken) => {
                output::stderr().line(clean!("stacktrail: {place} is empty"))?;
                exit = exit.max(Exit::Usage);
                continue;
            }
            Ok(taken) => taken,
            Err(error) => {
                output::stderr().line(clean!("stacktrail: {place} {error}"))?;
                exit = exit.max(Exit::Usage);
                continue;
            }
        };
        exit = exit.max(judged(taken.damaged));
        between(&mut out, form, told)?;
        told += 1;
        let heading = Heading {
            file: Some(place.to_string()),
            notes: taken.notes,
        };
        tell(&mut out, explained(&taken.taken), &heading, form)?;
    }
    if form == ExplainFormat::Json {
        out.line(if told == 0 { "[]" } else { "]" })?;
    }
    out.flush()?;
    Ok(exit)
}

/// What goes before the next of many.
fn between(out: &mut Output<io::Stdout>, form: ExplainFormat, told: usize) -> io::Result<()> {
    match (form, told) {
        (ExplainFormat::Json, 0) => out.line("["),
        (ExplainFormat::Json, _) => out.line(","),
        (ExplainFormat::Jsonl, _) | (_, 0) => Ok(()),
        (ExplainFormat::Text | ExplainFormat::Markdown, _) => out.blank(),
    }
}

/// What could not be read to its end is not told in full.
fn judged(damaged: bool) -> Exit {
    if damaged { Exit::Unreadable } else { Exit::Success }
}

fn read(place: &Input) -> Result<Intake, IntakeError> {
    match place {
        Input::File(path) => intake::file(path),
        Input::StandardInput => intake::standard_input(),
    }
}

fn is_empty(taken: &Taken) -> bool {
    matches!(taken, Taken::Text(text) if text.trim_matches(['\u{feff}', '\0']).trim().is_empty())
}

fn explained(taken: &Taken) -> Explained<'_> {
    match taken {
        Taken::Text(text) => Explained::Text(text),
        Taken::Records { digest, cut } => Explained::Records(digest, *cut),
    }
}

fn tell(
    out: &mut Output<io::Stdout>,
    explained: Explained<'_>,
    heading: &Heading,
    form: ExplainFormat,
) -> Result<()> {
    match form {
        ExplainFormat::Text => out.text(&explained.text(heading, paper::width()))?,
        ExplainFormat::Markdown => out.text(&explained.markdown(heading))?,
        ExplainFormat::Json => out.json(&Json::pretty(&explained.document(heading))?)?,
        ExplainFormat::Jsonl => out.json(&Json::line(&explained.document(heading))?)?,
    }
    Ok(())
}

fn each_line() -> Result<Exit> {
    let (mut input, mut out) = (io::stdin().lock(), output::stdout());
    let mut bytes = Vec::new();
    while input
        .read_until(b'\n', &mut bytes)
        .wrap_err("standard input could not be read")?
        > 0
    {
        let line = String::from_utf8_lossy(&bytes);
        if !line.trim().is_empty() {
            out.json(&Json::from(&answer(&line)))?;
        }
        bytes.clear();
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// The answer to one line of the many.
fn answer(line: &str) -> Value {
    let asked = Documents::read(line).and_then(|documents| documents.values.into_iter().next());
    let Some(asked) = asked.filter(Value::is_object) else {
        return json!({ "id": null, "error": "not a JSON object with a `reason`" });
    };
    let text = |key: &str| asked.get(key).and_then(Value::as_str);
    let (reason, resource_type) = (text("reason").unwrap_or_default(), text("resource_type"));
    let facts = ReasonFacts::read(reason, resource_type, text("status"));
    let signature = Signatures::builtin().find(reason, resource_type);
    json!({
        "id": asked.get("id"),
        "facts": Facts::new(&facts),
        "signature": signature.map(|known| known.id.as_str()),
        "meaning": signature.map(|known| known.meaning.as_str()),
        "next_step": signature.map(explain::next_step),
    })
}
