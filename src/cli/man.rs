//! `stacktrail man`: the manual pages.

use std::path::PathBuf;

use clap::{Args, Command};
use color_eyre::eyre::{Result, WrapErr as _};

use crate::domain::read::text::CleanText;
use crate::shell::exit::Exit;
use crate::shell::output;

/// Arguments of `man`.
#[derive(Debug, Clone, Args)]
pub struct Man {
    /// Write a page for every command into this directory, instead of the first page to standard output
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Man, command: Command) -> Result<Exit> {
    match &arguments.dir {
        Some(directory) => {
            std::fs::create_dir_all(directory)
                .wrap_err_with(|| format!("{} cannot be made", directory.display()))?;
            clap_mangen::generate_to(command, directory)
                .wrap_err_with(|| format!("the pages cannot be written to {}", directory.display()))?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            let mut out = output::stdout();
            out.text(&CleanText::file(&String::from_utf8_lossy(&page)))?;
            out.flush()?;
        }
    }
    Ok(Exit::Success)
}
