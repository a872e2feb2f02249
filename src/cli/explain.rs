//! `stacktrail explain`: a status reason, a record or an event listing, explained offline.

use std::io::{self, BufRead as _, Write as _};

use color_eyre::eyre::{Result, WrapErr as _};
use serde::Deserialize;
use serde_json::json;

use super::args::Explain;
use super::exit::Exit;
use crate::domain::reason::ReasonFacts;
use crate::domain::signature::Signatures;
use crate::report::diagnosis::Facts;
use crate::report::explain;

/// Runs the command.
pub(super) fn run(arguments: &Explain) -> Result<Exit> {
    let mut out = io::stdout().lock();
    if arguments.jsonl {
        for line in io::stdin().lock().lines() {
            let line = line.wrap_err("standard input could not be read")?;
            if line.trim().is_empty() {
                continue;
            }
            writeln!(out, "{}", answer(&line))?;
        }
        out.flush()?;
        return Ok(Exit::Success);
    }
    let text = match &arguments.text {
        Some(text) => text.clone(),
        None => io::read_to_string(io::stdin()).wrap_err("standard input could not be read")?,
    };
    write!(out, "{}", explain::text(&text))?;
    out.flush()?;
    Ok(Exit::Success)
}

/// One line of the many.
#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    id: serde_json::Value,
    reason: Option<String>,
    resource_type: Option<String>,
    status: Option<String>,
}

fn answer(line: &str) -> serde_json::Value {
    let asked: Asked = match serde_json::from_str(line) {
        Ok(asked) => asked,
        Err(error) => return json!({ "id": null, "error": format!("not an object with a reason: {error}") }),
    };
    let reason = asked.reason.as_deref().unwrap_or_default();
    let resource_type = asked.resource_type.as_deref();
    let facts = ReasonFacts::read(reason, resource_type, asked.status.as_deref());
    let signature = Signatures::builtin().find(reason, resource_type);
    json!({
        "id": asked.id,
        "facts": Facts::new(&facts),
        "signature": signature.map(|known| known.id.as_str()),
        "meaning": signature.map(|known| known.meaning.as_str()),
        "next_step": signature.map(explain::next_step),
    })
}
