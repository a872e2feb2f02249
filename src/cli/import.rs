//! `stacktrail import FILE`: a session that another archive exported.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _};

use crate::archive;
use crate::domain::model::promise::NO_EVENT;
use crate::domain::read::text::one_line;
use crate::ports::Archive as _;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output;
use crate::shell::output::progress::Progress;
use crate::shell::{session_source, storage};

/// Arguments of `import`.
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// What `stacktrail export` wrote (json); `-` reads standard input
    pub file: PathBuf,
}

/// Runs the command.
pub(super) fn run(context: &Context, arguments: &Import) -> Result<Exit> {
    let path = &arguments.file;
    let source = session_source::bytes(path)?;
    let progress = Progress::begin(&format!("reading {}", path.display()));
    // Nothing is opened for writing before the whole file has been read and understood.
    let file = session_source::read(source)
        .wrap_err_with(|| format!("nothing was imported from {}", path.display()))?;
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
