//! The `stacktrail` program: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use stacktrail::cli;
use stacktrail::cli::args::Cli;

/// A session is a hundred thousand small texts, which are taken and given back at once.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::report_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(cli::tell_usage(&error).code()),
    };
    match cli::run(cli) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => {
            cli::tell_error(&error);
            ExitCode::from(cli::exit_of(&error).code())
        }
    }
}
