//! The program's own log: a file, never the terminal. Names and counts only, no content of the account.

use std::fs::{DirBuilder, OpenOptions};

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

use super::args::Global;
use super::data;

/// The log starts anew beyond this size.
const LARGEST: u64 = 4 << 20;

/// Starts the log. A log that cannot be written is no reason not to run.
pub(super) fn begin(global: &Global) -> Option<WorkerGuard> {
    if global.log_level == "off" {
        return None;
    }
    let directory = data::state_directory(global)?;
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&directory).ok()?;
    let path = directory.join("stacktrail.log");
    let too_large = path.metadata().is_ok_and(|metadata| metadata.len() > LARGEST);
    let mut options = OpenOptions::new();
    options
        .create(true)
        .append(!too_large)
        .write(true)
        .truncate(too_large);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).ok()?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    // The SDK's own lines may hold requests; only ours are wanted.
    let filter = EnvFilter::try_new(format!("off,stacktrail={}", global.log_level)).ok()?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .try_init()
        .ok()?;
    Some(guard)
}
