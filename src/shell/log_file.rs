//! The program's own log: a file and the newest of it in memory, never the terminal. Names and counts only, no
//! content of the account.

use std::fs::File;
use std::path::Path;

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
    open(&directory)
}

fn open(directory: &Path) -> Option<File> {
    let path = directory.join("stacktrail.log");
    // Whoever can put a link there chooses no file of ours to be written and closed.
    if path.is_symlink() {
        return None;
    }
    let too_large = path.metadata().is_ok_and(|metadata| metadata.len() > LARGEST);
    let mut options = private::options();
    options
        .create(true)
        .append(!too_large)
        .write(true)
        .truncate(too_large);
    private::open(&path, &options).ok()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_link_in_the_place_of_the_log_is_left_alone_with_what_it_leads_to() {
        let directory = tempfile::tempdir().unwrap();
        let other = directory.path().join("other");
        fs::write(&other, "kept").unwrap();
        fs::set_permissions(&other, fs::Permissions::from_mode(0o644)).unwrap();
        symlink(&other, directory.path().join("stacktrail.log")).unwrap();
        assert!(open(directory.path()).is_none());
        assert_eq!(fs::read_to_string(&other).unwrap(), "kept");
        assert_eq!(fs::metadata(&other).unwrap().permissions().mode() & 0o777, 0o644);
        fs::remove_file(directory.path().join("stacktrail.log")).unwrap();
        assert!(open(directory.path()).is_some());
    }
}
