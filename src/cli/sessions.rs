//! `stacktrail sessions`: what is saved.

use std::io::{self, Write as _};

use color_eyre::eyre::Result;

use super::args::{Global, Sessions};
use super::data;
use super::exit::Exit;
use crate::ports::{Archive as _, SessionSummary};
use crate::report::diagnosis::rfc3339;

/// Runs the command.
pub(super) fn run(global: &Global, arguments: &Sessions) -> Result<Exit> {
    let sessions = data::archive_to_read(global)?.sessions()?;
    let mut out = io::stdout();
    if arguments.json {
        for session in &sessions {
            writeln!(out, "{}", json(session))?;
        }
    } else if sessions.is_empty() {
        writeln!(
            out,
            "No sessions yet. `stacktrail STACK` records one; `stacktrail demo` needs no account."
        )?;
    } else {
        for session in &sessions {
            writeln!(out, "{}", line(session))?;
        }
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// `stacktrail` alone: what can be opened.
#[expect(
    clippy::unused_async,
    reason = "the home screen will ask AWS for stacks in progress"
)]
pub(super) async fn home(global: &Global) -> Result<Exit> {
    run(global, &Sessions { json: false })
}

fn line(session: &SessionSummary) -> String {
    let root = &session.root;
    let uuid: String = root.uuid().chars().take(8).collect();
    format!(
        "{uuid}  {:<32} {:<28} {:<14} {:>7} events  last seen {}{}",
        root.name(),
        session.status.as_deref().unwrap_or("unknown"),
        root.region(),
        session.events,
        session.last_seen.format("%Y-%m-%d %H:%M"),
        if session.gone { "  gone from AWS" } else { "" }
    )
}

fn json(session: &SessionSummary) -> serde_json::Value {
    serde_json::json!({
        "stack_id": session.root,
        "name": session.root.name(),
        "region": session.root.region(),
        "account": session.root.account(),
        "status": session.status,
        "events": session.events,
        "first_seen": rfc3339(session.first_seen),
        "last_seen": rfc3339(session.last_seen),
        "gone": session.gone,
        "bytes": session.bytes,
    })
}
