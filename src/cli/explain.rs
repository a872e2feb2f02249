//! `stacktrail explain`: a status reason, a record or an event listing, explained offline.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use color_eyre::eyre::{Result, WrapErr as _};
use serde_json::{Value, json};

use super::args::Explain;
use crate::clean;
use crate::cli::global::DocumentFormat;
use crate::domain::read::json_stream::Documents;
use crate::domain::read::reason::ReasonFacts;
use crate::domain::read::signature::Signatures;
use crate::domain::read::text::json::Json;
use crate::report::diagnosis::Facts;
use crate::report::explain;
use crate::shell::exit::Exit;
use crate::shell::{output, paper};

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
    let text = match &arguments.text {
        Some(text) if text != "-" => text.clone(),
        _ => standard_input()?,
    };
    if text.trim().is_empty() {
        output::stderr().line(clean!("stacktrail: {}", explain::NOTHING))?;
        return Ok(Exit::Usage);
    }
    let mut out = output::stdout();
    match arguments.output {
        DocumentFormat::Text => out.text(&explain::text(&text, paper::width()))?,
        DocumentFormat::Json => out.json(&Json::pretty(&explain::Explanation::of(&text))?)?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// All of standard input; bytes that are no text are shown as such rather than refused.
fn standard_input() -> Result<String> {
    if io::stdin().is_terminal() {
        output::stderr().line("Paste the text, then press Ctrl-D on a line of its own.")?;
    }
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .wrap_err("standard input could not be read")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
