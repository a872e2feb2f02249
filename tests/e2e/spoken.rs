//! The program for ears: told in lines, typed in words, on a real terminal.

#![expect(clippy::unwrap_used, reason = "all of this is a test, its helpers included")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use crate::support::program::saved_report;
use crate::support::pty::{Terminal, size, stacktrail};

/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(30);
const SMALL: (u16, u16) = (80, 24);

/// A program that talks, and all that it has said.
struct Talk {
    terminal: Terminal,
    said: String,
    /// What was said before the last line was typed.
    before: usize,
}

impl Talk {
    fn start(arguments: &[&str], home: &Path) -> Self {
        Self {
            terminal: Terminal::start(stacktrail(arguments, home), size(SMALL)),
            said: String::new(),
            before: 0,
        }
    }

    fn tell(&mut self, line: &str) {
        self.before = self.said.len();
        self.terminal.press(&format!("{line}\n"));
    }

    /// Waits until it has said this since the last line was typed.
    fn until(&mut self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.unread().contains(words) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.terminal.bytes.recv_timeout(left) {
                Ok(bytes) => self.said.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    assert!(
                        self.unread().contains(words),
                        "{words} was never said:\n{}",
                        self.said
                    );
                }
            }
        }
    }

    fn unread(&self) -> &str {
        self.said.get(self.before..).unwrap_or_default()
    }
}

fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stacktrail"));
    command.env_clear().env("HOME", home).env("TZ", "UTC");
    command
}

/// A home in which a deployment was recorded that failed.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let recording =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/recordings/denied-custom-resource.json");
    let imported = program(home.path())
        .arg("import")
        .arg(recording)
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
    home
}

/// Failure found, cause heard, record opened, report saved, left: five lines, as five keys on the screen.
#[test]
fn from_nothing_to_the_report_in_five_lines() {
    let home = home();
    let mut talk = Talk::start(&["--screen-reader"], home.path());
    talk.until("Stacks and sessions: 1.");
    talk.until("1. shop-prod, Demo, rolled back");
    talk.until("Type a number");
    talk.tell("1");
    talk.until("Failure 1 of 1:");
    talk.until("failed: shop-prod, Setup, Custom::Setup");
    talk.until("was denied s3:CreateBucket");
    talk.until("1. ");
    talk.tell("1");
    talk.until("CloudTrail record");
    talk.until("AccessDenied");
    talk.tell("save report");
    talk.until("saved ");
    talk.tell("quit");
    talk.until("open it again: stacktrail open");
    let Talk { terminal, said, .. } = talk;
    let (rest, code) = terminal.end();
    assert_eq!(code, 0, "{rest}");
    // Nothing was painted: no sequence of the terminal, no frame, no second screen.
    assert!(!said.contains('\u{1b}'), "{said:?}");
    for frame in ["╭", "│", "─", "✘", "⏎"] {
        assert!(!said.contains(frame), "{frame}: {said}");
    }
    let report = saved_report(home.path());
    assert!(report.contains("AccessDenied"), "{report}");
}

#[test]
fn what_means_nothing_is_said_to_and_help_tells_all() {
    let home = home();
    let mut talk = Talk::start(&["--screen-reader", "open", "--offline"], home.path());
    talk.until("Failure 1 of 1:");
    talk.tell("frobnicate");
    talk.until("No command matches frobnicate");
    talk.tell("99");
    talk.until("nothing here has the number 99");
    talk.tell("help");
    talk.until("save report, or s: ");
    talk.tell("look actors");
    talk.until("ExecuteChangeSet");
    // By its key as well, and back.
    talk.tell("a");
    talk.until("Failure 1 of 1:");
    talk.tell("q");
    talk.until("open it again");
    assert_eq!(talk.terminal.end().1, 0);
}

/// The variable and the setting ask for the same; without any of them nothing changes: a screen is a screen, and what
/// is written to a pipe is the same with the flag as without it.
#[test]
fn it_is_asked_for_by_flag_variable_or_setting_and_changes_nothing_else() {
    let home = home();
    let settings = tempfile::tempdir().unwrap();
    fs::write(settings.path().join("config.toml"), "screen-reader = true\n").unwrap();
    let directory = settings.path().to_str().unwrap();
    let mut talk = Talk::start(&["--config-dir", directory, "open", "--offline"], home.path());
    talk.until("Failure 1 of 1:");
    talk.tell("q");
    assert_eq!(talk.terminal.end().1, 0);
    let mut screen = Talk::start(&["open", "--offline"], home.path());
    screen.until("\u{1b}[?1049h");
    screen.terminal.press("q");
    assert_eq!(screen.terminal.end().1, 0);
    for arguments in [
        &["sessions"][..],
        &["diagnose", "shop-prod", "--offline"],
        &["open", "shop-prod", "--offline"],
        &["export", "shop-prod", "--output", "markdown"],
    ] {
        let plain = program(home.path()).args(arguments).output().unwrap();
        let flagged = program(home.path())
            .args(arguments)
            .arg("--screen-reader")
            .output()
            .unwrap();
        let told = program(home.path())
            .args(arguments)
            .env("STACKTRAIL_SCREEN_READER", "1")
            .output()
            .unwrap();
        assert!(!plain.stdout.is_empty(), "{arguments:?}");
        assert_eq!(plain.stdout, flagged.stdout, "{arguments:?}");
        assert_eq!(plain.stdout, told.stdout, "{arguments:?}");
    }
}
