//! The command line: one file a subcommand, and the wiring of everything else.
//!
//! The only module that may name all others.

pub mod args;
mod data;
mod demo;
mod diagnose;
pub mod diff;
mod exit;
mod explain;
pub mod export;
mod headless;
pub mod import;
mod live;
mod log_file;
mod open;
mod replay;
mod screen;
pub mod sessions;
mod watch;

use color_eyre::eyre::Result;

use args::{Cli, Command};
pub use exit::Exit;

/// Runs what the command line asks for.
///
/// # Errors
///
/// Whatever went wrong in a way that somebody has to mend, in words for them.
pub fn run(cli: Cli) -> Result<Exit> {
    let _log = log_file::begin(&cli.global);
    let Cli {
        global,
        watch,
        command,
    } = cli;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let exit = match command {
        None => runtime.block_on(watch::run(&global, watch)),
        Some(Command::Watch(watch)) => runtime.block_on(watch::run(&global, watch)),
        Some(Command::Open(arguments)) => runtime.block_on(open::run(&global, &arguments)),
        Some(Command::Demo(arguments)) => runtime.block_on(demo::run(&global, arguments)),
        Some(Command::Diagnose(arguments)) => runtime.block_on(diagnose::run(&global, &arguments)),
        Some(Command::Explain(arguments)) => explain::run(&arguments),
        Some(Command::Export(arguments)) => export::run(&global, &arguments),
        Some(Command::Import(arguments)) => import::run(&global, &arguments),
        Some(Command::Diff(arguments)) => diff::run(&global, &arguments),
        Some(Command::Sessions(arguments)) => sessions::run(&global, &arguments),
        Some(Command::Completions { shell }) => Ok(args::completions(shell)),
    };
    // A call that hangs must not keep the program from leaving.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    exit
}

/// An error as a sentence for people: what failed, on what, what to do now.
pub fn sentence(error: &color_eyre::Report) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = crate::domain::text::one_line(&cause.to_string());
        if !parts.iter().any(|known| known.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

/// How the program ends after an error.
pub fn exit_of(error: &color_eyre::Report) -> Exit {
    let unreadable = error
        .chain()
        .any(|cause| cause.is::<crate::domain::fault::Fault>());
    if unreadable { Exit::Unreadable } else { Exit::Usage }
}
