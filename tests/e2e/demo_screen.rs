//! The whole story on a real terminal: the real program, the embedded endpoint, keys, quitting, reopening.

#![expect(
    clippy::expect_used,
    reason = "a test without a directory of its own has failed"
)]

use crate::support::pty::{Pty, Terminal, stacktrail};

/// What lies between the two header lines and the footer.
fn panes(contents: &str) -> Vec<String> {
    let lines: Vec<&str> = contents.lines().collect();
    let last = lines.len().saturating_sub(1);
    lines
        .get(2..last)
        .unwrap_or_default()
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Fast enough for a test, slow enough that a busy machine reads the log before the rollback takes it: seventeen
/// seconds of the story are six of the wall.
const SPEED: &str = "3";

fn the_demo_tells_its_story(size: (u16, u16)) {
    let home = tempfile::tempdir().expect("a directory");
    let data = home.path().join("data");
    let data = data.to_str().expect("a path in text");
    let mut live = Pty::stacktrail(&["demo", "--speed", SPEED, "--data-dir", data], home.path(), size);
    live.until_text("CREATE_IN_PROGRESS");
    live.until_text("Setup");
    // The failure, and a countdown to the trail's records.
    live.until("the failure", |screen| screen.contains("1 failed"));
    live.until_text("⏳");
    // What the function itself wrote, read before the rollback took its log.
    live.until("log lines", |screen| screen.contains("3 Logs 9"));
    // The trail record comes by itself and becomes the cause.
    live.until_text("s3:CreateBucket");
    live.until("the stack gone", |screen| screen.contains("deleted"));
    live.until("everything settled", |screen| screen.contains("✔ CloudTrail"));
    let shown = live.contents();
    assert!(
        shown.contains("denied s3:CreateBucket") && shown.contains("high"),
        "{shown}"
    );
    live.press("q");
    let (summary, code) = live.end();
    assert!(summary.contains("stacktrail open shop-prod"), "{summary}");
    assert_eq!(code, 1, "the deployment failed");

    // Offline it looks the same, byte for byte in the panes.
    let mut saved = Pty::stacktrail(&["open", "--data-dir", data], home.path(), size);
    let same = |screen: &str| panes(screen) == panes(&shown);
    saved.until(&format!("the same panes as in\n{shown}\n"), same);
    saved.press("3");
    saved.until_text("Setup failed due to");
    // In, and to the record that the cause rests on.
    saved.press("\r");
    saved.press("4");
    saved.until_text("AccessDenied");
    saved.press("q");
    assert_eq!(saved.end().1, 0);
}

#[test]
fn the_demo_tells_its_story_at_80_by_24() {
    the_demo_tells_its_story((80, 24));
}

#[test]
fn the_demo_tells_its_story_at_160_by_48() {
    the_demo_tells_its_story((160, 48));
}

#[test]
fn a_stack_that_fails_by_itself_is_explained_and_esc_does_not_quit() {
    let home = tempfile::tempdir().expect("a directory");
    let data = home.path().join("data");
    let data = data.to_str().expect("a path in text");
    let arguments = ["demo", "export-in-use", "--speed", SPEED, "--data-dir", data];
    let mut live = Pty::stacktrail(&arguments, home.path(), (80, 24));
    live.until_text("cannot be deleted");
    live.press("?");
    live.until_text("╭ Keys");
    live.press("\u{1b}");
    live.until("the help gone", |screen| !screen.contains("╭ Keys"));
    live.press("?");
    live.until_text("╭ Keys");
    live.press("?");
    live.until("the help gone", |screen| !screen.contains("╭ Keys"));
    live.until_text("UPDATE_ROLLBACK_COMPLETE ");
    live.press("qq");
    assert_eq!(live.end().1, 1);
}

/// The window is closed, or the connection lost: nobody is told anything, and nothing is left behind.
#[cfg(unix)]
#[test]
fn when_the_terminal_goes_away_it_ends_quietly() {
    let home = tempfile::tempdir().expect("a directory");
    let data = home.path().join("data").display().to_string();
    let command = stacktrail(&["demo", "clean-update", "--data-dir", &data], home.path());
    let Terminal {
        mut child,
        master,
        keyboard,
        bytes,
    } = Terminal::start(command, portable_pty::PtySize::default());
    let mut seen = Vec::new();
    // Until it draws.
    while !seen.windows(8).any(|part| part == b"\x1b[?1049h") || seen.len() < 2_000 {
        seen.extend(bytes.recv().expect("it draws"));
    }
    drop((bytes, keyboard, master));
    let status = child.wait().expect("it ends");
    assert_eq!(status.signal(), None, "{status}");
    assert!(matches!(status.exit_code(), 0 | 4 | 130), "{status}");
}

/// Who was killed has left the other screen as it was: the next program on it begins with an empty one.
#[cfg(unix)]
#[test]
fn what_a_killed_program_left_does_not_show_through() {
    let home = tempfile::tempdir().expect("a directory");
    let data = home.path().join("data").display().to_string();
    let command = stacktrail(&["demo", "clean-update", "--data-dir", &data], home.path());
    let mut terminal = Terminal::start(command, portable_pty::PtySize::default());
    let entering = b"\x1b[?1049h";
    let cleared = [entering, &b"\x1b[2J"[..]].concat();
    let mut seen = Vec::new();
    while !seen.windows(entering.len()).any(|part| part == entering) || seen.len() < 2_000 {
        seen.extend(terminal.bytes.recv().expect("it draws"));
    }
    terminal.child.kill().expect("it is killed");
    let all = String::from_utf8_lossy(&seen).into_owned();
    assert!(seen.windows(cleared.len()).any(|part| part == cleared), "{all:?}");
}
