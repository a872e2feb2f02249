//! The `stacktrail` program: parse, run, exit code.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use stacktrail::cli::args::Cli;
use stacktrail::cli::{self, Exit};

fn main() -> ExitCode {
    let _ = color_eyre::config::HookBuilder::default()
        .display_env_section(false)
        .panic_section("This is a mistake in stacktrail. What was recorded is safe; please report it.")
        .install();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                Exit::Usage.code()
            } else {
                Exit::Success.code()
            });
        }
    };
    match cli::run(cli) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "stacktrail: {}", cli::sentence(&error));
            ExitCode::from(cli::exit_of(&error).code())
        }
    }
}
