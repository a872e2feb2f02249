//! The program's own log: a file and the newest of it in memory, never the terminal. Names and counts only, no
//! content of the account.

use std::fs::File;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use crate::shell::context::Context;
use crate::shell::{private, storage};

/// The log starts anew beyond this size.
const LARGEST: u64 = 4 << 20;

/// Starts the log. A log that cannot be written is no reason not to run.
pub(crate) fn begin(context: &Context) -> Option<WorkerGuard> {
    let file = (context.log_level != "off").then(|| file(context)).flatten();
    // The SDK's own lines may hold requests; only ours are wanted.
    let ours = |level: &str| EnvFilter::try_new(format!("off,stacktrail={level}")).ok();
    let (mut layers, mut guard) = (Vec::new(), None);
    if let (Some(file), Some(filter)) = (file, ours(&context.log_level)) {
        let (writer, worker) = tracing_appender::non_blocking(file);
        let lines = tracing_subscriber::fmt::layer::<Registry>();
        let lines = lines.with_writer(writer).with_ansi(false);
        layers.push(lines.with_filter(filter).boxed());
        guard = Some(worker);
    }
    if let Some(filter) = ours("debug") {
        layers.push(context.log.clone().with_filter(filter).boxed());
    }
    tracing_subscriber::registry().with(layers).try_init().ok()?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "begins");
    guard
}

fn file(context: &Context) -> Option<File> {
    let directory = storage::state_directory(context)?;
    private::directory(&directory).ok()?;
    let path = directory.join("stacktrail.log");
    let too_large = path.metadata().is_ok_and(|metadata| metadata.len() > LARGEST);
    let mut options = private::options();
    options
        .create(true)
        .append(!too_large)
        .write(true)
        .truncate(too_large);
    private::open(&path, &options).ok()
}
