//! The command line: its arguments, and one thin file a command, which hands a `Context` to the shell.
//!
//! The only module that may name all others.

pub mod args;
mod demo;
mod diagnose;
pub(crate) mod diff;
mod doctor;
mod explain;
pub(crate) mod export;
mod fleet;
pub(crate) mod global;
mod home;
pub(crate) mod import;
pub(crate) mod man;
mod open;
pub(crate) mod output_format;
pub(crate) mod policy;
mod record;
pub(crate) mod sessions;
pub(crate) mod settings;
mod store;
mod watch;

use std::io;

use crate::shell::output::progress;
use crate::shell::{log_file, open_hint, output};
use clap::{CommandFactory as _, Parser as _};
use color_eyre::eyre::{Result, eyre};

use args::{Cli, Command};

use crate::clean;
use crate::domain::model::fault::Fault;
use crate::domain::read::text::{CleanText, one_line};
pub use crate::shell::error::sentence;
pub use crate::shell::exit::Exit;

/// A job whose variable is empty must not end well without a stack.
const NO_STACK: &str =
    "no stack to watch; name one: stacktrail watch STACK (`stacktrail sessions` lists what is saved)";

/// Runs what the command line asks for.
///
/// # Errors
///
/// Whatever went wrong in a way that somebody has to mend, in words for them.
pub fn run(cli: Cli) -> Result<Exit> {
    if let Some(option) = cli.misplaced() {
        return Err(eyre!("{option} goes after the command"));
    }
    let Cli {
        global,
        watch,
        command,
    } = cli;
    let context = match &command {
        // What mends or needs no configuration must not fail for the sake of it.
        Some(
            Command::Config(_)
            | Command::Completions { .. }
            | Command::Doctor(_)
            | Command::Explain(_)
            | Command::Man(_),
        ) => global.context(),
        _ => settings::settled(&global)?,
    };
    if let Some(directory) = global.named_data_dir() {
        open_hint::lead_to(directory);
    }
    progress::tell_time_by(global.clock);
    progress::quiet(context.tells_in_lines());
    let _log = log_file::begin(&context);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let meant = meant(command.as_ref(), &watch.stacks);
    let exit = match command {
        None => runtime.block_on(watch::run(&context, watch)),
        Some(Command::Watch(watch)) if watch.stacks.is_empty() => Err(eyre!(NO_STACK)),
        Some(Command::Watch(watch)) => runtime.block_on(watch::run(&context, watch)),
        Some(Command::Open(arguments)) => runtime.block_on(open::run(&context, &arguments)),
        Some(Command::Demo(arguments)) => runtime.block_on(demo::run(&context, arguments)),
        Some(Command::Diagnose(arguments)) => runtime.block_on(diagnose::run(&context, &arguments)),
        Some(Command::Explain(arguments)) => explain::run(&arguments),
        Some(Command::Export(arguments)) => runtime.block_on(export::run(&context, &arguments)),
        Some(Command::Import(arguments)) => import::run(&context, &arguments),
        Some(Command::Diff(arguments)) => runtime.block_on(diff::run(&context, &arguments)),
        Some(Command::Policy(arguments)) => runtime.block_on(policy::run(&context, &arguments)),
        Some(Command::Record(arguments)) => runtime.block_on(record::run(&context, &arguments)),
        Some(Command::Sessions(arguments)) => runtime.block_on(sessions::run(&context, &arguments)),
        Some(Command::Store(arguments)) => runtime.block_on(store::run(&context, &arguments)),
        Some(Command::Fleet(arguments)) => runtime.block_on(fleet::run(&context, &arguments)),
        Some(Command::Config(arguments)) => settings::run(&global, &arguments),
        Some(Command::Doctor(arguments)) => runtime.block_on(doctor::run(&global, arguments)),
        Some(Command::Man(arguments)) => man::run(&arguments, Cli::command()),
        Some(Command::Completions { shell }) => args::completions(shell).map_err(Into::into),
    };
    let exit = match exit {
        Err(error) if is_unread(&error) => Ok(Exit::Success),
        exit => exit,
    };
    let exit = exit.map_err(|error| explained(error, context.profile.as_deref(), meant));
    // A call that hangs must not keep the program from leaving.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    exit
}

/// The word that was taken for a stack, and the command that it was perhaps meant for.
fn meant(command: Option<&Command>, stacks: &[String]) -> Option<(String, String)> {
    let [typed] = stacks else { return None };
    let meant = args::command_meant(typed).filter(|_| command.is_none())?;
    Some((typed.clone(), meant))
}

/// With what may be behind it.
fn explained(
    error: color_eyre::Report,
    profile: Option<&str>,
    meant: Option<(String, String)>,
) -> color_eyre::Report {
    let error = match profile {
        Some(profile) if lacks_credentials(&error) => error.wrap_err(format!("profile {profile}")),
        _ => error,
    };
    match meant {
        Some((typed, command)) => error.wrap_err(format!(
            "`{typed}` was taken for a stack; `stacktrail {command}` is a command"
        )),
        None => error,
    }
}

/// Tells what went wrong.
pub fn tell_error(error: &color_eyre::Report) {
    // Nothing can be done where even that cannot be told.
    let _ = output::stderr().line(clean!("stacktrail: {}", sentence(error)));
}

/// Tells what is wrong with the command line, or the help that it asks for, and how the program ends then.
///
/// It holds what was typed. Clap's own colours stay where nothing in that has to be taken out.
pub fn tell_usage(error: &clap::Error) -> Exit {
    let said = error.to_string();
    let clean = CleanText::of(&said);
    let told = if clean.as_str() == said {
        error.print()
    } else if error.use_stderr() {
        // What was typed is told as if it had been typed without harm, so that it begins no line of its own.
        let typed = std::env::args_os().map(|argument| one_line(&argument.to_string_lossy()).to_string());
        let again = Cli::try_parse_from(typed).err();
        let again = again.map(|error| CleanText::of(&error.to_string()));
        output::stderr().text(&again.unwrap_or(clean))
    } else {
        output::stdout().text(&clean)
    };
    if error.use_stderr() {
        return Exit::Usage;
    }
    match told.and_then(|()| output::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            tell_error(&color_eyre::Report::from(error));
            Exit::Usage
        }
        Ok(()) | Err(_) => Exit::Success,
    }
}

/// From now on a panic asks for a report, in words that hold nothing raw.
pub fn report_panics() {
    let hooks = color_eyre::config::HookBuilder::new()
        .display_env_section(false)
        .panic_section("This is a mistake in stacktrail. What was recorded is safe; please report it.")
        .into_hooks();
    // Its hook for errors stays out: it would look up a backtrace for each, and an error here is a sentence.
    let (panicked, _) = hooks;
    std::panic::set_hook(Box::new(move |panic| {
        let report = panicked.panic_report(panic).to_string();
        let _ = output::stderr().text(&CleanText::of(&format!("{report}\n")));
    }));
}

/// Nobody reads standard output any more, as in `stacktrail demo --list | head -1`: no error of anybody's.
fn is_unread(error: &color_eyre::Report) -> bool {
    let broken = |cause: &(dyn std::error::Error + 'static)| {
        let plain = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        plain.or(json) == Some(io::ErrorKind::BrokenPipe)
    };
    error.chain().any(broken) && !error.chain().any(<dyn std::error::Error>::is::<Fault>)
}

fn lacks_credentials(error: &color_eyre::Report) -> bool {
    let mut faults = error
        .chain()
        .filter_map(<dyn std::error::Error>::downcast_ref::<Fault>);
    faults.any(|fault| fault.kind.needs_credentials())
}

/// How the program ends after an error.
pub fn exit_of(error: &color_eyre::Report) -> Exit {
    let unreadable = error.chain().any(<dyn std::error::Error>::is::<Fault>);
    if unreadable { Exit::Unreadable } else { Exit::Usage }
}
