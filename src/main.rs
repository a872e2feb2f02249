//! The `stacktrail` program: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use stacktrail::cli::args::Cli;
use stacktrail::cli::{self, Exit};

fn main() -> ExitCode {
    cli::report_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            cli::tell_usage(&error);
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
            cli::tell_error(&error);
            ExitCode::from(cli::exit_of(&error).code())
        }
    }
}
