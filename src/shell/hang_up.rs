//! The terminal goes away: the program ends as when it is asked to, unless it was started to go on (`nohup`).

use std::fs;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens to the hang-up from now on; to nothing where it was ignored from the beginning, which listening would undo.
///
/// # Errors
/// When the signal cannot be listened to.
pub(crate) fn hang_up() -> io::Result<Option<Signal>> {
    // Where the system does not tell, ending in order is better than being ended.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if ignores_hang_up(&status) {
        return Ok(None);
    }
    signal(SignalKind::hangup()).map(Some)
}

/// The first bit of the signals that are ignored, as Linux lists them.
fn ignores_hang_up(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hang_up_that_is_ignored_from_the_beginning_is_left_ignored() {
        assert!(ignores_hang_up("Name:\tx\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hang_up("Name:\tx\nSigIgn:\t0000000000001000\n"));
        assert!(!ignores_hang_up("SigBlk:\t0000000000000001\n"));
        assert!(!ignores_hang_up(""));
    }
}
