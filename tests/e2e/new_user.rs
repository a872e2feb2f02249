//! Somebody opens the program for the first time, at 80x24, and has read nothing.

#![expect(clippy::unwrap_used, reason = "all of this is a test, its helpers included")]

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::support::program::saved_report;
use crate::support::pty::Pty;

const SMALL: (u16, u16) = (80, 24);

/// A home in which a deployment was recorded that failed.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let recording =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/recordings/denied-custom-resource.json");
    let imported = Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .arg("import")
        .arg(recording)
        .env_clear()
        .env("HOME", home.path())
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
    home
}

/// Failure found, cause read, record opened, report saved: four keys. Then the record is closed, and the program.
#[test]
fn from_nothing_to_the_report_in_four_keys() {
    let home = home();
    let mut pty = Pty::stacktrail(&[], home.path(), SMALL);
    pty.until_text("Demo");
    pty.press("\r"); // 1: open the only session
    pty.until("the cause", |screen| {
        screen.contains("was denied s3:CreateBucket")
    });
    pty.press("\r"); // 2: into the failure that is selected
    pty.press("\r"); // 3: the record that its cause rests on
    pty.until_text("CloudTrail record");
    pty.press("s"); // 4: a report
    pty.until_text("saved ");
    pty.press("qq"); // the record is closed, and out
    let (left, code) = pty.end();
    assert_eq!(code, 0, "{left}");
    assert!(left.contains("open it again: stacktrail open"), "{left}");
    let report = saved_report(home.path());
    assert!(report.contains("AccessDenied"), "{report}");
}

/// A newcomer is greeted until the first key, wherever that is pressed, and never again.
#[test]
fn newcomers_are_greeted_once() {
    let home = home();
    let mut pty = Pty::stacktrail(&[], home.path(), SMALL);
    pty.until_text("New here?");
    pty.press("\r");
    pty.until_text("1 Cause");
    pty.until("the usual hints", |screen| {
        screen.contains("next failure") && !screen.contains("New here?")
    });
    pty.press("q");
    assert_eq!(pty.end().1, 0);
    let mut pty = Pty::stacktrail(&["open"], home.path(), SMALL);
    pty.until("the usual hints", |screen| {
        screen.contains("next failure") && !screen.contains("New here?")
    });
    pty.press("q");
    assert_eq!(pty.end().1, 0);
}

/// To a session and back, another way, and out again; the terminal is given back.
#[test]
fn home_is_left_and_come_back_to() {
    let home = home();
    let mut pty = Pty::stacktrail(&[], home.path(), SMALL);
    pty.until_text("Stacks and sessions");
    pty.press("\r");
    pty.until_text("1 Cause");
    pty.press("H");
    pty.until_text("Stacks and sessions");
    pty.press("\u{1b}");
    pty.until_text("1 Cause");
    pty.press(":home\r");
    pty.until_text("Stacks and sessions");
    pty.press("RAccessDenied\r");
    pty.until_text("Where `AccessDenied` stands");
    pty.press("qqq");
    let (_, code) = pty.end();
    assert_eq!(code, 0);
}

/// Without a session there is a word on how to get one, and keys that say nothing harm nothing.
#[test]
fn an_empty_home_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::stacktrail(&[], home.path(), SMALL);
    pty.until_text("No sessions yet.");
    pty.press("\rjw/x\r");
    pty.press("?");
    pty.until_text("Moving about");
    pty.press("qqq");
    let (_, code) = pty.end();
    assert_eq!(code, 0);
}

/// From the start of the process to the first whole frame of a saved session.
#[test]
#[ignore = "a measurement: cargo test --release --test e2e new_user -- --ignored --nocapture"]
#[expect(clippy::disallowed_methods, reason = "a measurement is told")]
fn first_frame() {
    let home = home();
    let mut times: Vec<_> = (0..10)
        .map(|_| {
            let started = Instant::now();
            let mut pty = Pty::stacktrail(&["open"], home.path(), SMALL);
            pty.until_text("1 Cause");
            let took = started.elapsed();
            pty.press("q");
            assert_eq!(pty.end().1, 0);
            took
        })
        .collect();
    times.sort();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    writeln!(
        std::io::stderr(),
        "first frame of a saved session: median {median:?}, worst {worst:?}"
    )
    .unwrap();
}
