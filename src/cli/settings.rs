//! What is settled in files and variables, brought together with the flags; and `stacktrail config`.

use crate::cli::global::Global;
use crate::shell::context::Context;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use directories::ProjectDirs;
use thiserror::Error;

use crate::app::input::toml_source::Problem;
use crate::archive::Retention;
use crate::clean;
use crate::config::{
    Config, ConfigOverrides, KEYS, PruneLimits, SETTINGS, TEMPLATE, THEMES, TerminalSays, is_of_flag,
};
use crate::domain::read::text::one_line;
use crate::shell::exit::Exit;
use crate::shell::{output, private};

/// Arguments of `config`.
#[derive(Debug, Clone, Args)]
pub struct ConfigFile {
    /// What to do
    #[command(subcommand)]
    pub action: ConfigCommand,
}

/// What can be done with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Write a commented config.toml; one that exists is not touched
    Init,
    /// Print where the files are
    Path,
    /// Say what is wrong in config.toml, keys.toml and the theme
    Check,
}

/// The configuration is wrong; the first problem stands for all.
#[derive(Debug, Error)]
#[error("{first}{more}")]
struct Wrong {
    first: Problem,
    more: String,
}

impl Wrong {
    fn of(problems: Vec<Problem>) -> Option<Self> {
        let others = problems.len().saturating_sub(1);
        let first = problems.into_iter().next()?;
        let more = if others == 0 {
            String::new()
        } else {
            format!(" (and {others} more: `stacktrail config check` tells them all)")
        };
        Some(Self { first, more })
    }
}

/// The configuration directory: `--config-dir`, else the platform's.
fn directory(global: &Global) -> Result<PathBuf> {
    match &global.config_dir {
        Some(directory) => Ok(directory.clone()),
        None => ProjectDirs::from("", "", "stacktrail")
            .map(|project| project.config_dir().to_owned())
            .ok_or_else(|| {
                eyre!("there is no home directory to look for a configuration in; name one with --config-dir")
            }),
    }
}

fn asked(global: &Global) -> ConfigOverrides {
    let variable = |name| std::env::var(name).ok();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    ConfigOverrides {
        theme: global.look.theme.clone(),
        colourless: global.look.no_color || no_color,
        ascii: global.look.ascii,
        terminal: TerminalSays {
            colorterm: variable("COLORTERM"),
            term: variable("TERM"),
            colorfgbg: variable("COLORFGBG"),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"]
                .into_iter()
                .find_map(|name| variable(name).filter(|value| !value.is_empty())),
        },
    }
}

/// The global options with what is settled in files; flags and variables go before it. What is wrong in a file is told
/// and stands as if it were not there: nothing is left unrecorded over a colour.
///
/// # Errors
/// What is wrong on the command line.
pub(super) fn settled(global: &Global) -> Result<Context> {
    let Ok(directory) = directory(global) else {
        // Without a home there are no files; the data directory complains if it must.
        return Ok(global.context());
    };
    let (config, problems) = Config::read(&directory, &asked(global));
    let (of_flags, of_files): (Vec<_>, Vec<_>) = problems.into_iter().partition(is_of_flag);
    if let Some(wrong) = Wrong::of(of_flags) {
        return Err(wrong.into());
    }
    tell(&of_files, "it is left out");
    Ok(with(global, config))
}

/// The same where everything must be right.
///
/// # Errors
/// What is wrong in the files.
pub(super) fn checked(global: &Global) -> Result<Context> {
    let Ok(directory) = directory(global) else {
        return Ok(global.context());
    };
    match Config::load(&directory, &asked(global)).map_err(Wrong::of) {
        Err(Some(wrong)) => Err(wrong.into()),
        Err(None) => Ok(global.context()),
        Ok(config) => Ok(with(global, config)),
    }
}

fn tell(problems: &[Problem], what_is_done: &str) {
    for problem in problems {
        let words = one_line(&problem.to_string());
        // Where it cannot be said it is not worth stopping for.
        let _ = output::stderr().line(clean!("stacktrail: {words}; {what_is_done}"));
    }
}

fn with(global: &Global, config: Config) -> Context {
    let mut context = global.context();
    let settings = &config.settings;
    let silent = |names: &[&str]| names.iter().all(|name| std::env::var_os(name).is_none());
    if context.profile.is_none() && silent(&["AWS_PROFILE", "AWS_ACCESS_KEY_ID"]) {
        context.profile.clone_from(&settings.profile);
    }
    if context.region.is_none() && silent(&["AWS_REGION", "AWS_DEFAULT_REGION"]) {
        context.region.clone_from(&settings.region);
    }
    if context.data_dir.is_none() {
        context.data_dir.clone_from(&settings.data_dir);
    }
    if context.store.is_none() {
        context.store.clone_from(&settings.store);
    }
    context.engines = settings.engines.over(&context.engines);
    tell(&config.passed_over, "it is passed over");
    context.config = Arc::new(config);
    context
}

/// What pruning leaves where nothing is said.
pub(crate) fn retention(context: &Context) -> Retention {
    let PruneLimits {
        days,
        sessions,
        megabytes,
    } = context.config.settings.keep;
    Retention {
        longest: chrono::TimeDelta::try_days(i64::from(days)),
        most: usize::try_from(sessions).ok(),
        largest: Some(u64::from(megabytes) * 1_000_000),
    }
}

/// Runs the command.
pub(super) fn run(global: &Global, arguments: &ConfigFile) -> Result<Exit> {
    let directory = directory(global)?;
    match arguments.action {
        ConfigCommand::Init => init(&directory),
        ConfigCommand::Path => path(&directory),
        ConfigCommand::Check => check(global, &directory),
    }
}

fn init(directory: &Path) -> Result<Exit> {
    let path = directory.join(SETTINGS);
    private::directory(directory).wrap_err_with(|| format!("{} cannot be made", directory.display()))?;
    let opened = private::options().write(true).create_new(true).open(&path);
    match opened {
        Ok(mut file) => {
            file.write_all(TEMPLATE.as_bytes())?;
            output::stdout().line(clean!("wrote {}", path.display()))?;
            Ok(Exit::Success)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(eyre!("{} exists already and was not touched", path.display()))
        }
        Err(error) => Err(error).wrap_err_with(|| format!("{} cannot be written", path.display())),
    }
}

fn path(directory: &Path) -> Result<Exit> {
    let mut out = output::stdout();
    for (name, what) in [
        (SETTINGS, "settings"),
        (KEYS, "keys of your own"),
        (THEMES, "themes of your own"),
    ] {
        let path = directory.join(name);
        let there = if path.exists() { "" } else { ", does not exist" };
        out.line(clean!("{}  ({what}{there})", path.display()))?;
    }
    Ok(Exit::Success)
}

fn check(global: &Global, directory: &Path) -> Result<Exit> {
    let mut out = output::stdout();
    match Config::load(directory, &asked(global)) {
        Ok(config) if config.passed_over.is_empty() => {
            out.line(clean!("{}: nothing is wrong", directory.display()))?;
            Ok(Exit::Success)
        }
        Ok(config) => wrong(&mut out, &config.passed_over),
        Err(problems) => wrong(&mut out, &problems),
    }
}

fn wrong(out: &mut output::Output<impl Write>, problems: &[Problem]) -> Result<Exit> {
    for problem in problems {
        out.line(clean!("{problem}"))?;
    }
    Ok(Exit::Usage)
}
